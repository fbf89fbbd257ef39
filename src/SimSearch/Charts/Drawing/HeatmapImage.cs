namespace SimSearch.Charts;

/// <summary>Turns a grid of values into an image, however large the grid is.</summary>
internal static class HeatmapImage
{
    // More pixels than this cannot be told apart in a chart of about 700 x 400 points, even on a screen of double density.
    private const int MaxWidth = 1200, MaxHeight = 512;

    /// <summary>The smallest and largest finite value; (0, 1) when there is none.</summary>
    public static (double Min, double Max) Range(HeatmapSeries heatmap)
    {
        float min = float.PositiveInfinity, max = float.NegativeInfinity;
        foreach (float value in heatmap.Values)
            if (float.IsFinite(value)) (min, max) = (Math.Min(min, value), Math.Max(max, value));
        double low = heatmap.ColourMin ?? (min <= max ? min : 0), high = heatmap.ColourMax ?? (min <= max ? max : 1);
        return high > low ? (low, high) : (low, low + 1);
    }

    /// <summary>A PNG of the grid, the mean of the finite values of each block where the grid is finer than the image.</summary>
    /// <param name="heatmap">The grid, with at least one cell.</param>
    /// <param name="rowsDown">Whether row 0 is at the top.</param>
    public static byte[] Png(HeatmapSeries heatmap, bool rowsDown)
    {
        int width = Math.Min(heatmap.Columns, MaxWidth), height = Math.Min(heatmap.Rows, MaxHeight);
        (double min, double max) = Range(heatmap);
        var pixels = new byte[width * height];
        for (int y = 0; y < height; y++)
        {
            (int top, int bottom) = Block(rowsDown ? y : height - 1 - y, height, heatmap.Rows);
            for (int x = 0; x < width; x++)
            {
                (int left, int right) = Block(x, width, heatmap.Columns);
                double mean = BlockMean(heatmap, top, bottom, left, right);
                pixels[y * width + x] = double.IsNaN(mean)
                    ? PngImage.Transparent
                    : (byte)Math.Round(Math.Clamp((mean - min) / (max - min), 0, 1) * (PngImage.Transparent - 1));
            }
        }
        return PngImage.Encode(pixels, width, height, heatmap.Colours);
    }

    private static (int From, int To) Block(int index, int blocks, int length) => ((int)((long)index * length / blocks), (int)((index + 1L) * length / blocks));

    private static double BlockMean(HeatmapSeries heatmap, int top, int bottom, int left, int right)
    {
        double sum = 0;
        int count = 0;
        for (int row = top; row < bottom; row++)
            foreach (float value in heatmap.Values.AsSpan(row * heatmap.Columns + left, right - left))
                if (float.IsFinite(value))
                {
                    sum += value;
                    count++;
                }
        return count > 0 ? sum / count : double.NaN;
    }
}
