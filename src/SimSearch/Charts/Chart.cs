using SimSearch.Storage;

namespace SimSearch.Charts;

/// <summary>
/// A chart: what is shown, not how. It draws itself as an SVG that needs no script, no font and no network, and exports the same
/// numbers as a plotly.js figure and as CSV. The same chart always gives the same bytes. Change one with a <c>with</c> expression.
/// </summary>
[TypeFormatterSource(typeof(ChartFormatterSource), PreferredMimeTypes = ["text/html", "image/svg+xml", "text/plain"])]
public sealed partial record Chart
{
    /// <summary>Makes a chart from its parts; the factories (<see cref="Line"/>, <see cref="Scatter"/>, ...) are shorter.</summary>
    /// <param name="title">One line that says what is shown.</param>
    /// <param name="x">The horizontal axis.</param>
    /// <param name="y">The vertical axis.</param>
    /// <param name="series">What is drawn, first to last; may be empty.</param>
    /// <exception cref="ArgumentException">Bars without categories on the x axis, more bars than categories, or a heatmap that does not fit its categories.</exception>
    public Chart(string title, ChartAxis x, ChartAxis y, params IReadOnlyList<ChartSeries> series)
    {
        ArgumentNullException.ThrowIfNull(title);
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(y);
        foreach (var one in series)
        {
            if (one is BarSeries bars && bars.Values.Count != (x.Categories?.Count ?? throw new ArgumentException("bars need categories on the x axis; use a HistogramSeries for intervals of numbers", nameof(x))))
                throw new ArgumentException($"series '{one.Name}' has {bars.Values.Count} bars for {x.Categories.Count} categories; give one for each", nameof(series));
            if (one is HeatmapSeries map && ((x.Categories is { } cx && cx.Count != map.Columns) || (y.Categories is { } cy && cy.Count != map.Rows)))
                throw new ArgumentException($"a heatmap of {map.Rows} rows and {map.Columns} columns does not fit {y.Categories?.Count ?? map.Rows} and {x.Categories?.Count ?? map.Columns} categories", nameof(series));
        }
        (Title, X, Y, Series) = (title, x, y, [.. series]);
    }

    /// <summary>One line that says what is shown.</summary>
    public string Title { get; init; }

    /// <summary>A smaller line under the title: conditions, number of items; "" by default.</summary>
    public string Subtitle { get; init; } = "";

    /// <summary>A sentence below the chart in HTML: what to look for; "" by default.</summary>
    public string Caption { get; init; } = "";

    /// <summary>The horizontal axis.</summary>
    public ChartAxis X { get; init; }

    /// <summary>The vertical axis.</summary>
    public ChartAxis Y { get; init; }

    /// <summary>What is drawn, first to last.</summary>
    public IReadOnlyList<ChartSeries> Series { get; }

    /// <summary>Whether the legend is shown; null (the default) shows it for two series or more.</summary>
    public bool? Legend { get; init; }

    /// <summary>Whether a unit is as long on the vertical axis as on the horizontal one, as in a map; false by default. Only for axes of numbers.</summary>
    public bool EqualScale { get; init; }

    /// <summary>Width of the drawing in CSS pixels, 240 to 4000; 720 by default. It scales to the room there is.</summary>
    public int Width { get; init => field = Size(value, nameof(Width)); } = 720;

    /// <summary>Height of the drawing in CSS pixels, 120 to 4000; 400 by default.</summary>
    public int Height { get; init => field = Size(value, nameof(Height)); } = 400;

    /// <summary>The chart as an SVG document that can stand alone or be put into a page: title, description, text as text, dark and light.</summary>
    public string ToSvg() => new SvgChart(this).Draw();

    /// <summary>The chart as HTML: a figure with the SVG, the caption, and the numbers as a table to unfold.</summary>
    /// <param name="interactive">Whether to add the plotly.js figure as inert JSON, for a page that brings the script (see <see cref="HtmlPage"/>); false by default.</param>
    public Html ToHtml(bool interactive = false) => ChartHtml.Figure(this, interactive);

    /// <summary>
    /// The chart as a plotly.js figure, <c>{"data": [...], "layout": {...}}</c>, ready for <c>Plotly.newPlot</c>, Python's
    /// <c>plotly.io.from_json</c> or Plotly.NET. Numbers are complete; values that are not finite are null.
    /// </summary>
    public string ToPlotlyJson() => PlotlyFigure.Json(this);

    /// <summary>
    /// The numbers as CSV (RFC 4180, invariant numbers that read back exactly): one row a point, bar, interval or cell. Values that are not
    /// finite are empty; text that a spreadsheet would run as a formula gets an apostrophe in front.
    /// </summary>
    public string ToCsv() => ChartTable.Of(this).ToCsv();

    /// <summary>Writes <see cref="ToSvg"/> to a file, by rename.</summary>
    public void SaveSvg(string path) => AtomicFile.WriteText(path, ToSvg());

    /// <summary>Writes the chart as a page of its own, by rename.</summary>
    public void SaveHtml(string path) => AtomicFile.WriteText(path, new HtmlPage(Title) { Content = [ToHtml()] }.ToString());

    /// <summary>Writes <see cref="ToPlotlyJson"/> to a file, by rename.</summary>
    public void SavePlotlyJson(string path) => AtomicFile.WriteText(path, ToPlotlyJson());

    /// <summary>Writes <see cref="ToCsv"/> to a file, by rename.</summary>
    public void SaveCsv(string path) => AtomicFile.WriteText(path, ToCsv());

    /// <summary>The chart in words, for people who do not see it.</summary>
    public string Description
    {
        get
        {
            string what = Series.Count == 0 ? "Empty chart." : string.Join("; ", Series.Take(12).Select(Describe)) + (Series.Count > 12 ? $"; and {Series.Count - 12} more series." : ".");
            return $"{Y.Label} against {X.Label}. {what}";
        }
    }

    /// <summary>Title and description.</summary>
    public override string ToString() => $"{Title}. {Description}";

    private static string Describe(ChartSeries series) => series switch
    {
        LineSeries s => $"Line {s.Name} of {Points(s.X.Count)}, {Extent(s.Y)}",
        PointSeries s => $"{Points(s.X.Count)} {s.Name}",
        BandSeries s => $"Area {s.Name} from {AxisTicks.Short(Finite(s.Lower).DefaultIfEmpty(double.NaN).Min())} to {AxisTicks.Short(Finite(s.Upper).DefaultIfEmpty(double.NaN).Max())}",
        BarSeries s => $"{s.Values.Count} bars {s.Name}, {Extent(s.Values)}",
        HistogramSeries s => $"Histogram {s.Name} of {s.Counts.Count} intervals from {AxisTicks.Short(s.Edges[0])} to {AxisTicks.Short(s.Edges[^1])}",
        HeatmapSeries s => $"Grid of {s.Rows} rows and {s.Columns} columns of {s.Name}",
        _ => series.Name,
    };

    private static string Points(int count) => count == 1 ? "1 point" : $"{count} points";

    private static string Extent(IReadOnlyList<double> values)
    {
        double[] finite = [.. Finite(values)];
        return finite.Length == 0 ? "no values" : $"{AxisTicks.Short(finite.Min())} to {AxisTicks.Short(finite.Max())}";
    }

    private static IEnumerable<double> Finite(IEnumerable<double> values) => values.Where(double.IsFinite);

    private static int Size(int value, string name) => value >= (name == nameof(Width) ? 240 : 120) && value <= 4000
        ? value
        : throw new ArgumentOutOfRangeException(name, $"{name}={value} must be {(name == nameof(Width) ? 240 : 120)} to 4000 pixels");
}
