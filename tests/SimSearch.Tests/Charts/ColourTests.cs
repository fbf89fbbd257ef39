using System.Globalization;
using System.IO.Compression;
using System.Buffers.Binary;
using SimSearch.Charts;

namespace SimSearch.Tests;

public class ColourTests
{
    [Fact]
    public void Lightness_grows_evenly_along_a_colour_map()
    {
        foreach (var map in (ColourMap[])[ColourMap.Viridis, ColourMap.Magma])
        {
            double[] lightness = [.. Enumerable.Range(0, 101).Select(i => Lightness(map.Colour(i / 100.0)))];
            double whole = lightness[^1] - lightness[0];
            Assert.True(whole > 70, $"{map.Name} spans {whole}");
            for (int i = 10; i <= 100; i += 10)
                Assert.InRange(lightness[i] - lightness[i - 10], whole / 10 * 0.5, whole / 10 * 1.6);
        }
    }

    [Fact]
    public void Colours_outside_the_range_are_those_of_its_ends()
    {
        Assert.Equal(0x440154u, ColourMap.Viridis.Colour(-5));
        Assert.Equal(0xfde725u, ColourMap.Viridis.Colour(5));
        Assert.Equal(0x440154u, ColourMap.Viridis.Colour(double.NaN));
        // matplotlib's own value in the middle of viridis.
        Assert.InRange((int)(ColourMap.Viridis.Colour(0.5) >> 8 & 255), 0x91 - 6, 0x91 + 6);
    }

    [Fact]
    public void Series_colours_stand_out_from_both_backgrounds()
    {
        foreach (string colour in Palette.Light) Assert.True(Contrast(colour, Palette.LightSurface) >= 3, $"{colour}: {Contrast(colour, Palette.LightSurface)}");
        foreach (string colour in Palette.Dark) Assert.True(Contrast(colour, Palette.DarkSurface) >= 3, $"{colour}: {Contrast(colour, Palette.DarkSurface)}");
        Assert.Equal(Palette.Light.Length, Palette.Dark.Length);
        Assert.Equal(Palette.Shapes.Length, Palette.PlotlyShapes.Length);
        Assert.Equal(Palette.Dashes.Length, Palette.PlotlyDashes.Length);
    }

    [Fact]
    public void Dark_variables_apply_on_screens_only_so_that_print_stays_light() =>
        Assert.Contains("@media screen and (prefers-color-scheme:dark)", Palette.Style);

    [Theory]
    [InlineData(1, 1)]
    [InlineData(7, 3)]
    [InlineData(300, 200)]
    public void Png_decodes_to_the_pixels_it_was_made_of(int width, int height)
    {
        byte[] pixels = [.. Enumerable.Range(0, width * height).Select(i => (byte)(i * 7))];
        byte[] png = PngImage.Encode(pixels, width, height, ColourMap.Magma);
        Assert.Equal([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A], png[..8]);
        var chunks = new Dictionary<string, byte[]>();
        for (int at = 8; at < png.Length;)
        {
            int length = BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(at));
            Assert.Equal(SlowCrc(png.AsSpan(at + 4, length + 4)), BinaryPrimitives.ReadUInt32BigEndian(png.AsSpan(at + 8 + length)));
            chunks.Add(System.Text.Encoding.ASCII.GetString(png, at + 4, 4), png.AsSpan(at + 8, length).ToArray());
            at += 12 + length;
        }
        Assert.Equal(["IHDR", "PLTE", "tRNS", "IDAT", "IEND"], chunks.Keys);
        using var data = new MemoryStream();
        using (var zlib = new ZLibStream(new MemoryStream(chunks["IDAT"]), CompressionMode.Decompress)) zlib.CopyTo(data);
        byte[] rows = data.ToArray();
        Assert.Equal((width + 1) * height, rows.Length);
        for (int row = 0; row < height; row++)
            Assert.Equal(pixels.AsSpan(row * width, width), rows.AsSpan(row * (width + 1) + 1, width));
        Assert.Equal(0, chunks["tRNS"][PngImage.Transparent]);
    }

    [Fact]
    public void A_heatmap_larger_than_its_image_is_averaged_and_nothing_is_lost_at_the_edges()
    {
        float[] values = new float[5000 * 3000];
        values.AsSpan(0, 5000).Fill(float.NaN);
        byte[] png = HeatmapImage.Png(new HeatmapSeries("v", values, 3000, 5000), rowsDown: true);
        Assert.Equal(1200, BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(16)));
        Assert.Equal(512, BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(20)));
    }

    private static uint SlowCrc(ReadOnlySpan<byte> data)
    {
        uint crc = uint.MaxValue;
        foreach (byte b in data)
            for (int bit = 0; bit < 8; bit++)
            {
                uint carry = (crc ^ (uint)(b >> bit)) & 1;
                crc = (crc >> 1) ^ (carry * 0xEDB88320);
            }
        return ~crc;
    }

    private static double Luminance(uint colour)
    {
        double Channel(int shift) { double c = ((colour >> shift) & 255) / 255.0; return c <= 0.04045 ? c / 12.92 : Math.Pow((c + 0.055) / 1.055, 2.4); }
        return 0.2126 * Channel(16) + 0.7152 * Channel(8) + 0.0722 * Channel(0);
    }

    private static double Lightness(uint colour) => Luminance(colour) is var y && y > 0.008856 ? 116 * Math.Cbrt(y) - 16 : 903.3 * Luminance(colour);

    private static double Contrast(string a, string b)
    {
        double[] sides = [.. new[] { a, b }.Select(c => Luminance(uint.Parse(c[1..], NumberStyles.HexNumber, CultureInfo.InvariantCulture))).Order()];
        return (sides[1] + 0.05) / (sides[0] + 0.05);
    }
}
