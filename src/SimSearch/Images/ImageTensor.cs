namespace SimSearch.Images;

/// <summary>A decoded image: [height x width x 3] bytes, red, green, blue, rows from the top, in the sRGB values of the file (0 to 255).</summary>
[TypeFormatterSource(typeof(NotebookFormatterSource<ImageTensor>), PreferredMimeTypes = ["text/html", "text/plain"])]
public sealed class ImageTensor
{
    /// <summary>Numbers of a pixel: red, green and blue.</summary>
    public const int Channels = 3;

    /// <summary>Wraps pixels without copying them.</summary>
    /// <param name="pixels">[height x width x 3], row-major.</param>
    /// <param name="height">Rows, 1 or more.</param>
    /// <param name="width">Pixels of a row, 1 or more.</param>
    /// <exception cref="ArgumentException">The length is not height * width * 3.</exception>
    public ImageTensor(byte[] pixels, int height, int width)
    {
        ArgumentNullException.ThrowIfNull(pixels);
        if (height < 1 || width < 1) throw new ArgumentOutOfRangeException(nameof(height), $"an image of {height} x {width} pixels must have 1 x 1 or more");
        if (pixels.Length != (long)height * width * Channels) throw new ArgumentException($"{pixels.Length} bytes cannot be an image of {height} x {width} x {Channels}", nameof(pixels));
        (Pixels, Height, Width) = (pixels, height, width);
    }

    /// <summary>All values, [height x width x 3].</summary>
    public byte[] Pixels { get; }

    /// <summary>Rows.</summary>
    public int Height { get; }

    /// <summary>Pixels of a row.</summary>
    public int Width { get; }

    /// <summary>The values of one row, [width x 3], counted from the top.</summary>
    public ReadOnlySpan<byte> Row(int row)
    {
        if ((uint)row >= (uint)Height) throw new ArgumentOutOfRangeException(nameof(row), $"row {row} is outside 0 to {Height - 1}");
        return Pixels.AsSpan(row * Width * Channels, Width * Channels);
    }

    /// <summary>A piece of the image, copied.</summary>
    /// <param name="top">First row.</param>
    /// <param name="left">First pixel of each row.</param>
    /// <param name="height">Rows of the piece.</param>
    /// <param name="width">Pixels of its rows.</param>
    /// <exception cref="ArgumentOutOfRangeException">The piece reaches out of the image.</exception>
    public ImageTensor Crop(int top, int left, int height, int width)
    {
        if (top < 0 || left < 0 || height < 1 || width < 1 || top > Height - height || left > Width - width)
            throw new ArgumentOutOfRangeException(nameof(top), $"{height} x {width} pixels from row {top}, column {left} do not lie in an image of {Height} x {Width}");
        var pixels = new byte[height * width * Channels];
        for (int y = 0; y < height; y++) Row(top + y).Slice(left * Channels, width * Channels).CopyTo(pixels.AsSpan(y * width * Channels));
        return new ImageTensor(pixels, height, width);
    }

    /// <summary>Size in words: "480 x 640 pixels".</summary>
    public override string ToString() => $"{Height} x {Width} pixels";
}
