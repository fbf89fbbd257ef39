using System.Runtime.InteropServices;

namespace SimSearch.Images;

/// <summary>Raw pixels to upright red, green and blue.</summary>
internal static class PixelConverter
{
    /// <summary>Converts, and turns as the file's orientation asks.</summary>
    public static ImageTensor ToRgb(RawPixels raw)
    {
        byte[] narrow = raw.IsWide ? Narrow(raw.Data) : raw.Data;
        byte[] rgb = raw is { Bands: 3, IsCmyk: false } ? narrow : Convert(narrow, raw.Bands, raw.IsCmyk);
        return Upright(new ImageTensor(rgb, raw.Height, raw.Width), raw.Orientation);
    }

    /// <summary>16 bit to 8, to the nearest: round(v / 257).</summary>
    private static byte[] Narrow(ReadOnlySpan<byte> data)
    {
        var wide = MemoryMarshal.Cast<byte, ushort>(data); // libvips gives them in the machine's own order
        var narrow = new byte[wide.Length];
        for (int i = 0; i < wide.Length; i++) narrow[i] = (byte)((wide[i] * 255 + 32767) / 65535);
        return narrow;
    }

    private static byte[] Convert(ReadOnlySpan<byte> data, int bands, bool cmyk)
    {
        int colours = cmyk ? 4 : bands <= 2 ? 1 : 3, pixels = data.Length / bands;
        if (bands < colours) throw new ImageFormatException(ImageFormatError.Unsupported, $"has {bands} bands where CMYK has four; convert it to an RGB image");
        bool hasAlpha = bands > colours;
        var rgb = new byte[pixels * 3];
        for (int i = 0; i < pixels; i++)
        {
            var from = data.Slice(i * bands, bands);
            var to = rgb.AsSpan(i * 3, 3);
            if (cmyk)
                for (int c = 0; c < 3; c++) to[c] = Ink(from[c], from[3]);
            else if (colours == 1) to.Fill(from[0]);
            else from[..3].CopyTo(to);
            if (hasAlpha)
                for (int c = 0; c < 3; c++) to[c] = OverWhite(to[c], from[colours]);
        }
        return rgb;
    }

    /// <summary>255 - k - c * (255 - k) / 255, not below 0: what Pillow does, without colour profiles.</summary>
    private static byte Ink(int ink, int black) => (byte)Math.Max(0, 255 - black - Product(ink, 255 - black));

    private static byte OverWhite(int colour, int alpha) => (byte)(Product(colour, alpha) + 255 - alpha);

    /// <summary>a * b / 255, to the nearest.</summary>
    private static int Product(int a, int b) => (a * b + 127) / 255;

    /// <summary>EXIF orientation 1 to 8; anything else counts as 1.</summary>
    internal static ImageTensor Upright(ImageTensor image, int orientation)
    {
        if (orientation is < 2 or > 8) return image;
        int height = image.Height, width = image.Width;
        bool turned = orientation >= 5;
        int rows = turned ? width : height, columns = turned ? height : width;
        var pixels = new byte[image.Pixels.Length];
        for (int y = 0, at = 0; y < rows; y++)
            for (int x = 0; x < columns; x++, at += 3)
            {
                var (row, column) = orientation switch
                {
                    2 => (y, width - 1 - x),
                    3 => (height - 1 - y, width - 1 - x),
                    4 => (height - 1 - y, x),
                    5 => (x, y),
                    6 => (height - 1 - x, y),
                    7 => (height - 1 - x, width - 1 - y),
                    _ => (x, width - 1 - y),
                };
                image.Pixels.AsSpan((row * width + column) * 3, 3).CopyTo(pixels.AsSpan(at));
            }
        return new ImageTensor(pixels, rows, columns);
    }
}
