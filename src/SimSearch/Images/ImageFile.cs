namespace SimSearch.Images;

/// <summary>
/// Reads image files through libvips: JPEG, PNG, GIF and WebP (first frame) and TIFF (first page). What a file is, its bytes decide, not its name. Thread-safe.
/// </summary>
/// <remarks>
/// Everything becomes upright 8-bit red, green and blue. The EXIF orientation is applied. Grey is repeated; palettes are looked up; 16 bits are rounded to 8; CMYK becomes RGB by the plain formula
/// that Pillow uses, colour profiles are not looked at; transparent pixels are laid over white (Pillow's <c>convert("RGB")</c> drops the transparency instead and shows whatever colour lies below). A file that
/// was cut off or is damaged is an error, never half an image. Size is checked before the data are decoded (<see cref="ImageLimits"/>). Only the loaders of the formats above are ever
/// called, and libvips' untrusted ones are blocked. Pixels agree with Pillow 9.4 to the bit over the test images of every format (with npm's libvips; other builds may decode JPEG by other arithmetic, a level apart).
/// Every failure that the file's content causes is an <see cref="ImageFormatException"/>; a missing or forbidden file is the usual <see cref="IOException"/>.
/// </remarks>
public static class ImageFile
{
    /// <summary>The version of libvips in use, or null when it is not installed and no image can be read; see <see cref="IsAvailable"/>.</summary>
    public static string? NativeLibrary => VipsLibrary.Instance?.Version;

    /// <summary>The file libvips was loaded from, or null.</summary>
    public static string? LibraryPath => VipsLibrary.Instance?.Path;

    /// <summary>The formats that can be read here; none without libvips.</summary>
    public static IReadOnlyList<ImageFormat> Formats => VipsLibrary.Instance is { } vips ? [.. Enum.GetValues<ImageFormat>().Where(f => ImageFormats.Loader(f) is { } loader && vips.Has(loader))] : [];

    /// <summary>Whether images can be read here.</summary>
    /// <param name="reason">When not: why, with the command that mends it. Otherwise null.</param>
    public static bool IsAvailable([System.Diagnostics.CodeAnalysis.NotNullWhen(false)] out string? reason)
    {
        reason = VipsLibrary.Failure;
        return reason is null;
    }

    /// <summary>Reads an image.</summary>
    /// <param name="path">The file.</param>
    /// <param name="limits">What is refused; null takes <see cref="ImageLimits.Default"/>.</param>
    /// <exception cref="ImageFormatException">It cannot be read as an image, or goes beyond a limit, or libvips is not installed.</exception>
    /// <exception cref="IOException">It cannot be opened.</exception>
    public static ImageTensor Load(string path, ImageLimits? limits = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        limits ??= ImageLimits.Default;
        try { return Decode(Bytes(path, limits), limits); }
        catch (ImageFormatException e) when (e.Error != ImageFormatError.LibraryMissing) { throw new ImageFormatException(e.Error, $"'{path}' {e.Message}", e); }
    }

    /// <summary>Reads an image from the bytes of a file.</summary>
    /// <param name="file">The bytes.</param>
    /// <param name="limits">What is refused; null takes <see cref="ImageLimits.Default"/>.</param>
    /// <exception cref="ImageFormatException">As <see cref="Load"/>.</exception>
    public static ImageTensor Decode(byte[] file, ImageLimits? limits = null)
    {
        ArgumentNullException.ThrowIfNull(file);
        limits ??= ImageLimits.Default;
        DemandSize(file.Length, limits);
        var format = ImageFormats.Of(file);
        if (format == ImageFormat.Unknown)
            throw new ImageFormatException(ImageFormatError.NotImage, file.Length == 0 ? "is empty; there is no image in it" : $"is not an image of a known format (its {file.Length} bytes begin with {Convert.ToHexString(file.AsSpan(0, Math.Min(8, file.Length)))}); known are {Known}");
        if (ImageFormats.Loader(format) is null) throw new ImageFormatException(ImageFormatError.Unsupported, $"is a {format} file, which is not read; convert it to PNG");
        return PixelConverter.ToRgb(VipsCodec.Decode(file, format, limits));
    }

    /// <summary>The image as the bytes of a JPEG file.</summary>
    /// <param name="image">The image.</param>
    /// <param name="quality">1 to 100; default 80.</param>
    /// <exception cref="ImageFormatException">libvips is not installed, or a side is longer than JPEG files can have (about 65,500 pixels).</exception>
    public static byte[] ToJpeg(ImageTensor image, int quality = 80)
    {
        ArgumentNullException.ThrowIfNull(image);
        if (quality is < 1 or > 100) throw new ArgumentOutOfRangeException(nameof(quality), $"quality={quality} must be 1 to 100");
        return VipsCodec.EncodeJpeg(image, quality);
    }

    private static byte[] Bytes(string path, ImageLimits limits)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, FileOptions.SequentialScan);
        if (!stream.CanSeek) throw new ImageFormatException(ImageFormatError.NotImage, "is a pipe or a device and no file; write what comes out of it to a file first");
        DemandSize(stream.Length, limits);
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    private static void DemandSize(long bytes, ImageLimits limits)
    {
        limits.Check();
        if (bytes > Math.Min(limits.MaxFileBytes, Array.MaxLength)) throw new ImageFormatException(ImageFormatError.LimitExceeded, $"has {bytes} bytes, more than the {Math.Min(limits.MaxFileBytes, Array.MaxLength)} allowed; make it smaller, or raise ImageLimits.MaxFileBytes");
    }

    private static string Known => string.Join(", ", Enum.GetValues<ImageFormat>().Where(f => ImageFormats.Loader(f) is not null));
}
