using System.Security.Cryptography;
using FsCheck;
using FsCheck.Fluent;
using SimSearch.Images;

namespace SimSearch.Tests.Images;

/// <summary>Resizing is Pillow's to the bit; the hashes are printed by references/pillow.py (Pillow 9.4.0).</summary>
public sealed class ImageResizerTests
{
    internal static ImageTensor Pattern(int height, int width)
    {
        var pixels = new byte[height * width * 3];
        uint state = 1;
        for (int y = 0, at = 0; y < height; y++)
            for (int x = 0; x < width; x++)
                for (int c = 0; c < 3; c++)
                {
                    state = state * 1664525 + 1013904223;
                    pixels[at++] = (byte)(((x / 5 + y / 4) & 1) != 0 ? (uint)((x * 7 + y * 3 + c * 40) % 256) : state >> 24);
                }
        return new ImageTensor(pixels, height, width);
    }

    internal static string Hash(ImageTensor image) => Convert.ToHexStringLower(SHA256.HashData(image.Pixels));

    [Theory]
    [InlineData(37, 53, 16, 24, ResizeFilter.Bilinear, "19152d59a31ad8319e181644ac228c9fda8a967eb7bfced2af3b125cb62f3bd3")]
    [InlineData(37, 53, 16, 24, ResizeFilter.Bicubic, "969d59ba22c49c2096aedfc21ad4995bdc9a3ccdb36449dc613b32ccacf25801")]
    [InlineData(37, 53, 80, 90, ResizeFilter.Bilinear, "8669d545fd13cdccc82b16cd123bf78c1c10fc37ebf3b3bcd69fe034b189195b")]
    [InlineData(37, 53, 80, 90, ResizeFilter.Bicubic, "7f2f441a38df82da70f68ae2d244dfc2d68cf4b34fb17f7de721aa8d0429de9c")]
    [InlineData(224, 300, 64, 64, ResizeFilter.Bilinear, "fddd66200d8bdd740c810185e9a6449db150fd9d5f73dcf02b86567ece734182")]
    [InlineData(224, 300, 64, 64, ResizeFilter.Bicubic, "8d7e497baa5277aa7ad37c64ceb3f91ebc8b07f833f1cb0609937eca0b4ea525")]
    [InlineData(5, 7, 5, 3, ResizeFilter.Bilinear, "e070e4a2d04028528a42a2cabb13f38f9a3f59c413605489a621b8e766877586")]
    [InlineData(5, 7, 5, 3, ResizeFilter.Bicubic, "d66849017e80f3453b767422beca8dbdf9da155f2f1242ca36405c880643be02")]
    [InlineData(5, 7, 9, 7, ResizeFilter.Bilinear, "75c31125802d822db50c5a00fe2d8c23ec0afc18664ef78d31aa4de32164a598")]
    [InlineData(5, 7, 9, 7, ResizeFilter.Bicubic, "483bfd216b2ae0ef2cbdfe56827de18c65d02d14db08ef06a2d7699f7634bd0d")]
    [InlineData(1, 1, 4, 4, ResizeFilter.Bilinear, "7e69e2dd3e36c500d38c22dea132fa6b87a374761986e6e5e2a0293cb103af80")]
    [InlineData(1, 1, 4, 4, ResizeFilter.Bicubic, "7e69e2dd3e36c500d38c22dea132fa6b87a374761986e6e5e2a0293cb103af80")]
    [InlineData(300, 7, 20, 20, ResizeFilter.Bilinear, "3e00c714dc173a254b62970cdb57ff5ac1a97d93f70f1e70265570e2e13a6652")]
    [InlineData(300, 7, 20, 20, ResizeFilter.Bicubic, "f1639ec699e284f236912f78c324498445da7c9c599844e8093985b2515914f4")]
    [InlineData(64, 64, 63, 65, ResizeFilter.Bilinear, "14ed75c925eab1bf512fdc740875410df90fc10a56ea1854e1b220531fd4e765")]
    [InlineData(64, 64, 63, 65, ResizeFilter.Bicubic, "17c3210f4d3341e584214ec1338a5244f58a8ac186e1daf6323e2b2e2378ed7b")]
    public void Resizing_agrees_with_Pillow_to_the_bit(int height, int width, int rows, int columns, ResizeFilter filter, string hash) =>
        Assert.Equal(hash, Hash(ImageResizer.Resize(Pattern(height, width), rows, columns, filter)));

    [Theory]
    [InlineData(60, 97, 32, 28, "2caa19d94fc05425a2356d0d769cc619084ba6660a429bf670e946095161691e")]
    [InlineData(97, 60, 32, 32, "833d4e846e66ec42712a1dc690884b39af33bda6a4f24f1ff973cd45f1216359")]
    [InlineData(50, 50, 40, 33, "8ec4afe55116be355e6526d17241279090be75779cf0ebf618780995fa503de0")]
    public void Shorter_side_and_middle_agree_with_torchvision(int height, int width, int side, int crop, string hash) =>
        Assert.Equal(hash, Hash(ImageResizer.CentreCrop(ImageResizer.ResizeShorterSide(Pattern(height, width), side), crop, crop)));

    [Fact]
    public void Fast_and_slow_resizing_are_equal()
    {
        var sides = Gen.Choose(1, 40);
        Prop.ForAll(Gen.Four(sides).ToArbitrary(), Gen.Elements(ResizeFilter.Bilinear, ResizeFilter.Bicubic).ToArbitrary(), (sizes, filter) =>
        {
            var (height, width, rows, columns) = sizes;
            var image = Pattern(height, width);
            return Slow(image, rows, columns, filter).SequenceEqual(ImageResizer.Resize(image, rows, columns, filter).Pixels);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(200));
    }

    [Fact]
    public void One_colour_stays_that_colour_at_any_size()
    {
        byte[] pixels = [.. Enumerable.Range(0, 30 * 20).SelectMany(_ => new byte[] { 255, 0, 77 })];
        foreach (var filter in Enum.GetValues<ResizeFilter>())
            foreach (int side in (int[])[1, 7, 20, 30, 61])
                Assert.All(ImageResizer.Resize(new ImageTensor(pixels, 30, 20), side, side, filter).Pixels.Chunk(3), p => Assert.Equal([255, 0, 77], p));
    }

    [Fact]
    public void The_same_size_gives_the_same_image()
    {
        var image = Pattern(9, 11);
        Assert.Same(image, ImageResizer.Resize(image, 9, 11));
    }

    [Fact]
    public void Sizes_out_of_range_are_named()
    {
        var image = Pattern(4, 4);
        Assert.Contains("0 x 4", Assert.Throws<ArgumentOutOfRangeException>(() => ImageResizer.Resize(image, 0, 4)).Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => ImageResizer.Resize(image, 4, 65_537));
        Assert.Throws<ArgumentOutOfRangeException>(() => ImageResizer.Resize(Pattern(1, 65_536), 65_536, 65_536));
        Assert.Contains("1 x 5000 pixels, too long and thin", Assert.Throws<SimSearchException>(() => ImageResizer.ResizeShorterSide(Pattern(1, 5000), 60_000)).Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => ImageResizer.ResizeShorterSide(Pattern(1, 2), 1 << 17));
        Assert.Contains("5 x 4", Assert.Throws<ArgumentOutOfRangeException>(() => ImageResizer.CentreCrop(image, 5, 4)).Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => image.Crop(-1, 0, 2, 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => image.Crop(3, 0, int.MaxValue, 2));
    }

    /// <summary>Pillow's algorithm, pixel by pixel: weights in doubles, rounded to 22 binary digits, rows first.</summary>
    private static byte[] Slow(ImageTensor image, int rows, int columns, ResizeFilter filter)
    {
        var wide = columns == image.Width ? image.Pixels : Pass(image.Pixels, image.Height, image.Width, columns, (line, at, c) => (line * image.Width + at) * 3 + c, (line, at, c) => (line * columns + at) * 3 + c, filter);
        return rows == image.Height ? wide : Pass(wide, columns, image.Height, rows, (line, at, c) => (at * columns + line) * 3 + c, (line, at, c) => (at * columns + line) * 3 + c, filter);
    }

    private static byte[] Pass(byte[] from, int lines, int input, int output, Func<int, int, int, int> source, Func<int, int, int, int> target, ResizeFilter filter)
    {
        var to = new byte[lines * output * 3];
        double scale = (double)input / output, stretch = Math.Max(1, scale), support = (filter == ResizeFilter.Bilinear ? 1 : 2) * stretch;
        for (int o = 0; o < output; o++)
        {
            double centre = (o + 0.5) * scale;
            int first = Math.Max(0, (int)(centre - support + 0.5)), last = Math.Min(input, (int)(centre + support + 0.5));
            double[] weights = [.. Enumerable.Range(first, last - first).Select(i => Kernel((i - centre + 0.5) * (1 / stretch), filter))];
            double sum = weights.Aggregate(0.0, (a, b) => a + b);
            for (int line = 0; line < lines; line++)
                for (int c = 0; c < 3; c++)
                {
                    int total = 1 << 21;
                    for (int i = first; i < last; i++)
                    {
                        double weight = weights[i - first] / sum;
                        total += from[source(line, i, c)] * (int)(weight * (1 << 22) + (weight < 0 ? -0.5 : 0.5));
                    }
                    to[target(line, o, c)] = (byte)Math.Clamp(total >> 22, 0, 255);
                }
        }
        return to;
    }

    private static double Kernel(double x, ResizeFilter filter)
    {
        x = Math.Abs(x);
        if (filter == ResizeFilter.Bilinear) return x < 1 ? 1 - x : 0;
        const double a = -0.5;
        return x < 1 ? ((a + 2) * x - (a + 3)) * x * x + 1 : x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
    }
}
