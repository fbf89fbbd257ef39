using System.Numerics.Tensors;
using SimSearch.Images;

namespace SimSearch.Tests.Images;

/// <summary>Colours and edges: published values, what must not matter, and slow twins.</summary>
public sealed class FeatureTests
{
    // L*a*b* of the sRGB primaries under D65, as in Bruce Lindbloom's tables.
    [Theory]
    [InlineData(255, 255, 255, 100, 0, 0)]
    [InlineData(0, 0, 0, 0, 0, 0)]
    [InlineData(255, 0, 0, 53.24, 80.09, 67.20)]
    [InlineData(0, 255, 0, 87.73, -86.18, 83.18)]
    [InlineData(0, 0, 255, 32.30, 79.19, -107.86)]
    [InlineData(128, 128, 128, 53.59, 0, 0)]
    public void Colours_are_where_the_tables_have_them(byte red, byte green, byte blue, double l, double a, double b)
    {
        var lab = LabColour.Of(red, green, blue);
        Assert.Equal(l, lab.L, 0.02);
        Assert.Equal(a, lab.A, 0.02);
        Assert.Equal(b, lab.B, 0.02);
    }

    [Theory]
    [InlineData(8, 16, 1)]
    [InlineData(3, 5, 3)]
    [InlineData(1, 1, 2)]
    public void A_colour_histogram_is_that_of_its_slow_twin_and_has_length_1_in_each_part(int lightness, int chroma, int grid)
    {
        var image = ImageResizerTests.Pattern(31, 23);
        var histogram = new ColourHistogram(lightness, chroma, grid);
        var counts = new float[histogram.Length];
        histogram.Compute(image, counts);

        var twin = new double[grid, grid, lightness, chroma, chroma];
        var pixels = new double[grid, grid];
        for (int y = 0; y < 31; y++)
            for (int x = 0; x < 23; x++)
            {
                var (l, a, b) = LabColour.Of(image.Pixels[(y * 23 + x) * 3], image.Pixels[(y * 23 + x) * 3 + 1], image.Pixels[(y * 23 + x) * 3 + 2]);
                pixels[y * grid / 31, x * grid / 23]++;
                for (int i = 0; i < lightness; i++)
                    for (int j = 0; j < chroma; j++)
                        for (int k = 0; k < chroma; k++)
                            twin[y * grid / 31, x * grid / 23, i, j, k] += Tent(l / 100, i, lightness) * Tent((a + 80) / 160, j, chroma) * Tent((b + 80) / 160, k, chroma);
            }
        int at = 0, part = lightness * chroma * chroma;
        foreach (double sum in twin)
        {
            int p = at / part;
            Assert.Equal(Math.Sqrt(sum / pixels[p / grid, p % grid]), counts[at++], 1e-4);
        }
        for (int p = 0; p < counts.Length; p += part) Assert.Equal(1, TensorPrimitives.Norm<float>(counts.AsSpan(p, part)), 1e-4f);

        static double Tent(double value, int bin, int bins) => Math.Max(0, 1 - Math.Abs(Math.Clamp(value * bins - 0.5, 0, bins - 1) - bin));
    }

    [Fact]
    public void Where_a_colour_lies_does_not_matter_to_the_histogram_of_the_whole()
    {
        var image = ImageResizerTests.Pattern(20, 30);
        byte[][] shuffled = [.. image.Pixels.Chunk(3)];
        new Random(1).Shuffle(shuffled);
        float[] one = new float[2048], other = new float[2048];
        new ColourHistogram(8, 16, 1).Compute(image, one);
        new ColourHistogram(8, 16, 1).Compute(new ImageTensor([.. shuffled.SelectMany(p => p)], 20, 30), other);
        for (int i = 0; i < one.Length; i++) Assert.Equal(one[i], other[i], 1e-3f);
    }

    [Fact]
    public void An_edge_histogram_is_that_of_its_slow_twin()
    {
        var image = ImageResizerTests.Pattern(33, 26);
        var histogram = new EdgeHistogram(5, 9);
        var edges = new float[histogram.Length];
        histogram.Compute(image, edges);

        // Every pixel gives to every cell and direction what the tents over their middles let through.
        var cells = new double[5, 5, 9];
        for (int y = 0; y < 33; y++)
            for (int x = 0; x < 26; x++)
            {
                double Level(int row, int column, int c) => Math.Sqrt(image.Pixels[(Math.Clamp(row, 0, 32) * 26 + Math.Clamp(column, 0, 25)) * 3 + c] / 255.0);
                var (dx, dy) = Enumerable.Range(0, 3).Select(c => (X: Level(y, x + 1, c) - Level(y, x - 1, c), Y: Level(y + 1, x, c) - Level(y - 1, x, c))).MaxBy(g => (float)(g.X * g.X + g.Y * g.Y));
                double turn = Math.Atan2(dy, dx) / Math.PI * 9 % 9, strength = Math.Sqrt(dx * dx + dy * dy) * 25 / (33 * 26);
                if (turn < 0) turn += 9;
                for (int cy = 0; cy < 5; cy++)
                    for (int cx = 0; cx < 5; cx++)
                        for (int d = 0; d < 9; d++)
                        {
                            double away = Math.Abs(turn - d);
                            cells[cy, cx, d] += strength * Math.Max(0, 1 - Math.Min(away, 9 - away)) * Tent((y + 0.5) * 5 / 33 - 0.5, cy) * Tent((x + 0.5) * 5 / 26 - 0.5, cx);
                        }
            }
        int at = 0;
        for (int by = 0; by < 4; by++)
            for (int bx = 0; bx < 4; bx++)
            {
                double[] block = [.. Enumerable.Range(0, 36).Select(i => cells[by + i / 18, bx + i / 9 % 2, i % 9])];
                block = Unit([.. Unit(block).Select(v => Math.Min(v, 0.2))]);
                foreach (double value in block) Assert.Equal(value, edges[at++], 2e-4);
            }

        static double Tent(double value, int cell) => Math.Max(0, 1 - Math.Abs(Math.Clamp(value, 0, 4) - cell));
        static double[] Unit(double[] block) => [.. block.Select(v => v / Math.Sqrt(block.Sum(b => b * b) + 1e-4))];
    }

    [Fact]
    public void Edges_know_their_direction_and_no_contrast_leaves_nothing()
    {
        float[] upright = Edges((_, x) => x / 4 % 2 * 200), level = Edges((y, _) => y / 4 % 2 * 200), grey = Edges((_, _) => 90);
        Assert.All(grey, v => Assert.Equal(0, v));
        for (int i = 0; i < upright.Length; i++)
        {
            // A gradient along the rows has direction 0; along the columns a quarter turn.
            if (i % 4 != 0) Assert.Equal(0, upright[i], 1e-6f);
            if (i % 4 != 2) Assert.Equal(0, level[i], 1e-6f);
        }
        Assert.True(upright[0] > 0.3 && level[2] > 0.3);

        static float[] Edges(Func<int, int, int> levelAt)
        {
            byte[] pixels = [.. Enumerable.Range(0, 32 * 32 * 3).Select(i => (byte)levelAt(i / 96, i / 3 % 32))];
            var histogram = new EdgeHistogram(4, 4);
            var edges = new float[histogram.Length];
            histogram.Compute(new ImageTensor(pixels, 32, 32), edges);
            return edges;
        }
    }

    [Fact]
    public void Values_out_of_range_are_named()
    {
        var small = ImageResizerTests.Pattern(3, 3);
        Assert.Contains("33", Assert.Throws<ArgumentException>(() => new ColourHistogram(33, 4, 1).Compute(small, [])).Message);
        Assert.Contains("65", Assert.Throws<ArgumentException>(() => new EdgeHistogram(65, 9).Compute(small, [])).Message);
        Assert.Contains("3 x 3", Assert.Throws<SimSearchException>(() => new EdgeHistogram(4, 4).Compute(small, new float[new EdgeHistogram(4, 4).Length])).Message);
        Assert.Contains("3 x 3", Assert.Throws<SimSearchException>(() => new ColourHistogram(1, 1, 4).Compute(small, new float[16])).Message);
        Assert.Throws<ArgumentException>(() => new ColourHistogram(1, 1, 1).Compute(small, new float[2]));
        Assert.Throws<ArgumentException>(() => new ImageTensor(new byte[5], 1, 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ImageTensor([], 0, 0));
    }
}
