using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace SimSearch.Images;

/// <summary>Makes images larger or smaller exactly as Pillow's <c>Image.resize</c> does, to the last bit (tests hold it to stored results of Pillow 9.4).</summary>
public static class ImageResizer
{
    private const int Half = 1 << (ResizeWeights.Precision - 1), Channels = ImageTensor.Channels, MaxSide = 1 << 16;

    /// <summary>Brings an image to a size; its proportions may change.</summary>
    /// <param name="image">The image.</param>
    /// <param name="height">Rows of the result, 1 to 65,536.</param>
    /// <param name="width">Pixels of its rows, 1 to 65,536.</param>
    /// <param name="filter">How pixels are weighed; both are antialiased.</param>
    /// <returns>A new image, or the same where it has that size already.</returns>
    /// <remarks>First along the rows, rounded to whole levels and held within 0 to 255, then along the columns. What does not change in size is not touched.</remarks>
    public static ImageTensor Resize(ImageTensor image, int height, int width, ResizeFilter filter = ResizeFilter.Bilinear)
    {
        ArgumentNullException.ThrowIfNull(image);
        if (height is < 1 or > MaxSide || width is < 1 or > MaxSide) throw new ArgumentOutOfRangeException(nameof(height), $"{height} x {width} pixels must be 1 to {MaxSide} a side");
        if ((long)image.Height * width * Channels > Array.MaxLength || (long)height * width * Channels > Array.MaxLength) throw new ArgumentOutOfRangeException(nameof(height), $"{height} x {width} pixels of an image of {image} need more memory than one array can have");
        var result = image;
        if (width != image.Width) result = AlongRows(result, new ResizeWeights(image.Width, width, filter));
        if (height != image.Height) result = AlongColumns(result, new ResizeWeights(image.Height, height, filter));
        return result;
    }

    /// <summary>Brings the shorter side to a length and keeps the proportions, as torchvision's <c>Resize(n)</c> does: the longer side is cut to whole pixels.</summary>
    /// <param name="image">The image.</param>
    /// <param name="side">The shorter side, 1 to 65,536.</param>
    /// <param name="filter">How pixels are weighed.</param>
    /// <exception cref="SimSearchException">The image is so long and thin that the longer side would have more than 65,536 pixels.</exception>
    public static ImageTensor ResizeShorterSide(ImageTensor image, int side, ResizeFilter filter = ResizeFilter.Bilinear)
    {
        ArgumentNullException.ThrowIfNull(image);
        long longer = (long)side * Math.Max(image.Height, image.Width) / Math.Min(image.Height, image.Width);
        if (side <= MaxSide && longer > MaxSide) throw new SimSearchException($"the image has {image}, too long and thin: with a shorter side of {side} the longer one would have {longer} pixels, more than {MaxSide}; cut it to the part that matters");
        return image.Height <= image.Width ? Resize(image, side, (int)longer, filter) : Resize(image, (int)longer, side, filter);
    }

    /// <summary>The middle of an image, as torchvision's <c>CenterCrop</c> takes it: of an odd rest, half is rounded to the even number.</summary>
    /// <param name="image">The image; at least as large as the piece.</param>
    /// <param name="height">Rows of the piece.</param>
    /// <param name="width">Pixels of its rows.</param>
    /// <exception cref="ArgumentOutOfRangeException">The image is smaller.</exception>
    public static ImageTensor CentreCrop(ImageTensor image, int height, int width)
    {
        ArgumentNullException.ThrowIfNull(image);
        static int Offset(int whole, int part) => (int)Math.Round((whole - part) / 2.0, MidpointRounding.ToEven);
        return image.Crop(Offset(image.Height, height), Offset(image.Width, width), height, width);
    }

    private static ImageTensor AlongRows(ImageTensor image, ResizeWeights weights)
    {
        int width = weights.Outputs;
        var pixels = new byte[image.Height * width * Channels];
        // A pixel is read as four bytes; behind the last one stands one more that counts for nothing.
        var row = new byte[image.Width * Channels + 1];
        for (int y = 0; y < image.Height; y++)
        {
            image.Row(y).CopyTo(row);
            ref byte start = ref MemoryMarshal.GetArrayDataReference(row);
            var to = pixels.AsSpan(y * width * Channels, width * Channels);
            for (int x = 0; x < width; x++)
            {
                ref byte at = ref Unsafe.Add(ref start, weights.First(x) * Channels);
                var sum = Vector128.Create(Half);
                foreach (int weight in weights.Of(x))
                {
                    sum += Widen(ref at) * weight;
                    at = ref Unsafe.Add(ref at, Channels);
                }
                sum = Vector128.Clamp(sum >> ResizeWeights.Precision, Vector128<int>.Zero, Vector128.Create(255));
                (to[3 * x], to[3 * x + 1], to[3 * x + 2]) = ((byte)sum[0], (byte)sum[1], (byte)sum[2]);
            }
        }
        return new ImageTensor(pixels, image.Height, width);
    }

    private static ImageTensor AlongColumns(ImageTensor image, ResizeWeights weights)
    {
        int stride = image.Width * Channels;
        var pixels = new byte[weights.Outputs * stride];
        var sums = new int[stride];
        for (int y = 0; y < weights.Outputs; y++)
        {
            sums.AsSpan().Fill(Half);
            var own = weights.Of(y);
            for (int k = 0; k < own.Length; k++) AddRow(image.Pixels.AsSpan((weights.First(y) + k) * stride, stride), own[k], sums);
            var to = pixels.AsSpan(y * stride, stride);
            for (int i = 0; i < stride; i++) to[i] = (byte)Math.Clamp(sums[i] >> ResizeWeights.Precision, 0, 255);
        }
        return new ImageTensor(pixels, weights.Outputs, image.Width);
    }

    private static void AddRow(ReadOnlySpan<byte> row, int weight, Span<int> sums)
    {
        ref byte from = ref MemoryMarshal.GetReference(row);
        ref int to = ref MemoryMarshal.GetReference(sums);
        int i = 0;
        for (; i <= row.Length - Vector128<byte>.Count; i += Vector128<byte>.Count)
        {
            var (low, high) = Vector256.Widen(Vector256.WidenLower(Vector128.LoadUnsafe(ref from, (nuint)i).ToVector256Unsafe()));
            (low.AsInt32() * weight + Vector256.LoadUnsafe(ref to, (nuint)i)).StoreUnsafe(ref to, (nuint)i);
            (high.AsInt32() * weight + Vector256.LoadUnsafe(ref to, (nuint)(i + 8))).StoreUnsafe(ref to, (nuint)(i + 8));
        }
        for (; i < row.Length; i++) sums[i] += row[i] * weight;
    }

    private static Vector128<int> Widen(ref byte pixel) => Vector128.WidenLower(Vector128.WidenLower(Vector128.CreateScalarUnsafe(Unsafe.ReadUnaligned<uint>(ref pixel)).AsByte())).AsInt32();
}
