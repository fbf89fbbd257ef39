namespace SimSearch.Images;

/// <summary>The kind of an image file, by its first bytes.</summary>
public enum ImageFormat
{
    /// <summary>None of the others.</summary>
    Unknown,

    /// <summary>JPEG.</summary>
    Jpeg,

    /// <summary>PNG.</summary>
    Png,

    /// <summary>GIF; the first frame is read.</summary>
    Gif,

    /// <summary>WebP; the first frame is read.</summary>
    WebP,

    /// <summary>TIFF; the first page is read.</summary>
    Tiff,

    /// <summary>Windows bitmap.</summary>
    Bmp,
}

/// <summary>Tells formats by their first bytes; names of files are not trusted.</summary>
internal static class ImageFormats
{
    public static ImageFormat Of(ReadOnlySpan<byte> file) =>
        file.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8, 0xFF]) ? ImageFormat.Jpeg
        : file.StartsWith((ReadOnlySpan<byte>)[0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A]) ? ImageFormat.Png
        : file.StartsWith("GIF87a"u8) || file.StartsWith("GIF89a"u8) ? ImageFormat.Gif
        : file.Length >= 12 && file.StartsWith("RIFF"u8) && file[8..].StartsWith("WEBP"u8) ? ImageFormat.WebP
        : file.StartsWith("II*\0"u8) || file.StartsWith("MM\0*"u8) || file.StartsWith("II+\0"u8) || file.StartsWith("MM\0+"u8) ? ImageFormat.Tiff
        : file.StartsWith("BM"u8) ? ImageFormat.Bmp
        : ImageFormat.Unknown;

    /// <summary>The operation of libvips that reads a format; null where it has none that is safe with files from anywhere.</summary>
    public static string? Loader(ImageFormat format) => format switch
    {
        ImageFormat.Jpeg => "jpegload_buffer", ImageFormat.Png => "pngload_buffer", ImageFormat.Gif => "gifload_buffer", ImageFormat.WebP => "webpload_buffer", ImageFormat.Tiff => "tiffload_buffer", _ => null,
    };
}
