using System.Buffers.Binary;
using System.IO.Compression;

namespace SimSearch.Charts;

/// <summary>Writes images of up to 256 colours as PNG (ISO/IEC 15948): colour type 3, one byte a pixel, the last colour transparent.</summary>
internal static class PngImage
{
    /// <summary>Index of the transparent colour; the others are the colours of the map, in order.</summary>
    public const byte Transparent = 255;

    private static readonly uint[] CrcTable = [.. Enumerable.Range(0, 256).Select(n =>
    {
        uint c = (uint)n;
        for (int bit = 0; bit < 8; bit++) c = (c & 1) != 0 ? 0xEDB88320 ^ (c >> 1) : c >> 1;
        return c;
    })];

    /// <summary>The bytes of an image file.</summary>
    /// <param name="pixels">[height x width] colour indices, top row first.</param>
    /// <param name="width">Pixels per row, 1 or more.</param>
    /// <param name="height">Rows, 1 or more.</param>
    /// <param name="colours">Colours of indices 0 to 254, evenly spread over the map.</param>
    public static byte[] Encode(ReadOnlySpan<byte> pixels, int width, int height, ColourMap colours)
    {
        if (width < 1 || height < 1 || pixels.Length != (long)width * height)
            throw new ArgumentException($"{pixels.Length} pixels cannot be an image of {width} x {height}", nameof(pixels));
        using var file = new MemoryStream();
        file.Write([0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A]);

        Span<byte> header = stackalloc byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header[4..], height);
        header[8] = 8;
        header[9] = 3;
        header[10..].Clear();
        WriteChunk(file, "IHDR"u8, header);

        Span<byte> palette = stackalloc byte[768];
        for (int i = 0; i < Transparent; i++)
        {
            uint colour = colours.Colour(i / (double)(Transparent - 1));
            (palette[3 * i], palette[3 * i + 1], palette[3 * i + 2]) = ((byte)(colour >> 16), (byte)(colour >> 8), (byte)colour);
        }
        palette[765..].Clear();
        WriteChunk(file, "PLTE"u8, palette);

        Span<byte> alpha = stackalloc byte[256];
        alpha.Fill(255);
        alpha[Transparent] = 0;
        WriteChunk(file, "tRNS"u8, alpha);
        WriteChunk(file, "IDAT"u8, Compress(pixels, width, height));
        WriteChunk(file, "IEND"u8, []);
        return file.ToArray();
    }

    private static byte[] Compress(ReadOnlySpan<byte> pixels, int width, int height)
    {
        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.SmallestSize, leaveOpen: true))
            for (int row = 0; row < height; row++)
            {
                zlib.WriteByte(0); // filter "none": neighbouring indices of a palette are not differences of anything
                zlib.Write(pixels.Slice(row * width, width));
            }
        return packed.ToArray();
    }

    private static void WriteChunk(Stream file, ReadOnlySpan<byte> type, ReadOnlySpan<byte> data)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
        file.Write(number);
        file.Write(type);
        file.Write(data);
        BinaryPrimitives.WriteUInt32BigEndian(number, ~Crc(Crc(uint.MaxValue, type), data));
        file.Write(number);
    }

    private static uint Crc(uint crc, ReadOnlySpan<byte> data)
    {
        foreach (byte b in data) crc = CrcTable[(crc ^ b) & 255] ^ (crc >> 8);
        return crc;
    }
}
