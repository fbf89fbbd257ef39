using System.Globalization;
using SimSearch.Evaluation;

namespace SimSearch.Charts;

public sealed partial record Chart
{
    /// <summary>A line chart, with bands where the series have them.</summary>
    public static Chart Line(string title, ChartAxis x, ChartAxis y, params IReadOnlyList<LineSeries> series) => new(title, x, y, [.. series]);

    /// <summary>A scatter plot. Up to 3,000 labelled points say what they are when the pointer rests on them; from there on points become dots.</summary>
    public static Chart Scatter(string title, ChartAxis x, ChartAxis y, params IReadOnlyList<PointSeries> series) => new(title, x, y, [.. series]);

    /// <summary>A bar chart: one bar of every series for each category, standing on zero.</summary>
    /// <param name="title">One line that says what is shown.</param>
    /// <param name="category">What the categories are: "Class".</param>
    /// <param name="categories">Their names, left to right.</param>
    /// <param name="y">The vertical axis.</param>
    /// <param name="series">One value per category each.</param>
    /// <exception cref="ArgumentException">A series has not one value per category.</exception>
    public static Chart Bar(string title, string category, IEnumerable<string> categories, ChartAxis y, params IReadOnlyList<BarSeries> series) =>
        new(title, new ChartAxis(category, "") { Categories = [.. categories] }, y, [.. series]);

    /// <summary>A grid of colours with a colour bar.</summary>
    public static Chart Heatmap(string title, ChartAxis x, ChartAxis y, HeatmapSeries grid) => new(title, x, y, grid);

    /// <summary>
    /// Precision against recall, both axes from 0 to 1: the higher and the further right, the better. One line per system, with its
    /// confidence band when given.
    /// </summary>
    /// <param name="title">One line that says what is shown.</param>
    /// <param name="curves">Recall as x and precision as y.</param>
    public static Chart PrecisionRecall(string title, params IReadOnlyList<LineSeries> curves) => new(
        title,
        new ChartAxis("Recall", "share of the relevant items found") { Min = -0.015, Max = 1.015, Ticks = Shares },
        new ChartAxis("Precision", "share of the found items relevant") { Min = 0, Max = 1.02, Ticks = Shares },
        [.. curves]);

    /// <summary>
    /// A confusion table: row = true class, column = class found. The colour is the share of its row, so that large classes do not
    /// outshine small ones; the number is the count.
    /// </summary>
    /// <param name="title">One line that says what is shown.</param>
    /// <param name="labels">Names of the classes, in the order of rows and columns.</param>
    /// <param name="counts">[classes x classes], row-major, finite and 0 or more.</param>
    /// <exception cref="ArgumentException">The length is not the square of the number of classes, or a count is negative or not finite.</exception>
    public static Chart Confusion(string title, IReadOnlyList<string> labels, IReadOnlyList<double> counts)
    {
        int n = labels.Count;
        if ((long)n * n != counts.Count) throw new ArgumentException($"{counts.Count} counts cannot be a table of {n} by {n} classes; give {(long)n * n}", nameof(counts));
        var shares = new float[counts.Count];
        var texts = new string[counts.Count];
        for (int row = 0; row < n; row++)
        {
            double sum = 0;
            for (int column = 0; column < n; column++)
            {
                double count = counts[row * n + column];
                if (!(count >= 0) || double.IsInfinity(count)) throw new ArgumentException($"count of row {row}, column {column} is {count}; counts must be finite and 0 or more", nameof(counts));
                sum += count;
            }
            for (int column = 0; column < n; column++)
            {
                double count = counts[row * n + column];
                shares[row * n + column] = sum > 0 ? (float)(count / sum) : 0;
                texts[row * n + column] = count == 0 ? "" : count.ToString("0.##", CultureInfo.InvariantCulture);
            }
        }
        var grid = new HeatmapSeries("Share of the true class", shares, n, n) { ColourMin = 0, ColourMax = 1, Colours = ColourMap.Accent, CellText = texts };
        return new(title, new ChartAxis("Class found", "") { Categories = [.. labels] }, new ChartAxis("True class", "") { Categories = [.. labels] }, grid)
        {
            Height = Math.Clamp(220 + 26 * n, 320, 900),
        };
    }

    /// <summary>A confusion table of counted cases; see the other overload.</summary>
    /// <param name="title">One line that says what is shown.</param>
    /// <param name="matrix">Classes and counts.</param>
    public static Chart Confusion(string title, ConfusionMatrix matrix)
    {
        ArgumentNullException.ThrowIfNull(matrix);
        int n = matrix.Labels.Count;
        return Confusion(title, matrix.Labels, [.. Enumerable.Range(0, n * n).Select(i => (double)matrix[i / n, i % n])]);
    }

    /// <summary>How often values fall into intervals of equal width.</summary>
    /// <param name="title">One line that says what is shown.</param>
    /// <param name="x">What is counted, with its unit.</param>
    /// <param name="values">The values; those that are not finite are left out, and the subtitle says how many.</param>
    /// <param name="bins">Number of intervals, 1 to 10,000; null follows the rule of Freedman and Diaconis (1981), between 5 and 100.</param>
    /// <exception cref="ArgumentOutOfRangeException">The number of intervals is out of range.</exception>
    public static Chart Histogram(string title, ChartAxis x, IEnumerable<double> values, int? bins = null)
    {
        if (bins is < 1 or > 10_000) throw new ArgumentOutOfRangeException(nameof(bins), $"bins={bins} must be 1 to 10000");
        double[] all = [.. values], finite = [.. all.Where(double.IsFinite)];
        var counts = new ChartAxis("Count", "");
        string left = finite.Length < all.Length ? $"{all.Length - finite.Length} of {all.Length} values are not finite and left out" : "";
        if (finite.Length == 0) return new Chart(title, x, counts) { Subtitle = left };
        Array.Sort(finite);
        (double low, double high) = (finite[0], finite[^1]);
        if (!(high - low > Math.Abs(low) * 1e-12)) (low, high) = low == 0 ? (-0.5, 0.5) : (low - Math.Abs(low) / 2, low + Math.Abs(low) / 2);
        int number = bins ?? FreedmanDiaconis(finite, high - low);
        double[] edges = [.. Enumerable.Range(0, number + 1).Select(i => low * (1 - i / (double)number) + high * (i / (double)number))], heights = new double[number];
        foreach (double value in finite) heights[Math.Clamp((int)((value / number - low / number) / (high / number - low / number) * number), 0, number - 1)]++;
        return new Chart(title, x, counts, new HistogramSeries("count", edges, heights)) { Subtitle = left };
    }

    private static readonly AxisTick[] Shares = [.. Enumerable.Range(0, 6).Select(i => new AxisTick(i / 5.0, AxisTicks.Number(i / 5.0, 0.2)))];

    private static int FreedmanDiaconis(double[] sorted, double range)
    {
        double spread = sorted[sorted.Length * 3 / 4] - sorted[sorted.Length / 4], width = 2 * spread / Math.Cbrt(sorted.Length);
        return width > 0 ? (int)Math.Clamp(Math.Ceiling(range / width), 5, 100) : 10;
    }
}
