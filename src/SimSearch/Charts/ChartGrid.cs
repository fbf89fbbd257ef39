using SimSearch.Storage;

namespace SimSearch.Charts;

/// <summary>Small charts side by side, to compare, with one legend for all of them: their series have the same names in the same order.</summary>
[TypeFormatterSource(typeof(NotebookFormatterSource<ChartGrid>), PreferredMimeTypes = ["text/html", "text/plain"])]
public sealed record ChartGrid
{
    private const int Edge = 14, Gap = 8;

    /// <summary>Puts charts together.</summary>
    /// <param name="title">One line that says what is compared.</param>
    /// <param name="charts">The charts, row by row; one or more, of equal size. Their own legends are not drawn.</param>
    /// <exception cref="ArgumentException">There is none, or they differ in size.</exception>
    public ChartGrid(string title, params IReadOnlyList<Chart> charts)
    {
        ArgumentNullException.ThrowIfNull(title);
        ArgumentNullException.ThrowIfNull(charts);
        if (charts.Count == 0) throw new ArgumentException("a grid of no charts shows nothing; give at least one", nameof(charts));
        if (charts.Any(c => c.Width != charts[0].Width || c.Height != charts[0].Height)) throw new ArgumentException("the charts of a grid must have the same width and height", nameof(charts));
        (Title, Charts) = (title, [.. charts.Select(c => c with { Legend = false })]);
    }

    /// <summary>One line that says what is compared.</summary>
    public string Title { get; init; }

    /// <summary>A sentence below in HTML: what to look for; "" by default.</summary>
    public string Caption { get; init; } = "";

    /// <summary>
    /// A plotly.js figure, <c>{"data": [...], "layout": {...}}</c>, that shows the same in one picture: a cloud of points of type scatter3d, of which the charts are views. Null (the default) where there is
    /// none. Pages of this library turn such a cloud themselves.
    /// </summary>
    public string? Figure { get; init; }

    /// <summary>The charts, row by row.</summary>
    public IReadOnlyList<Chart> Charts { get; }

    /// <summary>Charts in a row, 1 or more; 3 by default.</summary>
    public int Columns { get; init => field = value >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(value), $"Columns={value} must be 1 or more"); } = 3;

    /// <summary>All charts as one SVG document; see <see cref="Chart.ToSvg"/>.</summary>
    public string ToSvg()
    {
        int columns = Math.Min(Columns, Charts.Count), rows = (Charts.Count + columns - 1) / columns, wide = Charts[0].Width, high = Charts[0].Height;
        int width = 2 * Edge + columns * wide + (columns - 1) * Gap;
        var most = Charts.MaxBy(c => c.Series.Count)!.Series;
        var legend = new ChartLegend(most.Count > 1 ? most : [], width - 2 * Edge);
        var title = TextLayout.Wrap(Html.Clean(Title), 15.6, width - 2 * Edge, 2);
        double top = Edge + 20 * title.Count + legend.Height + 8;
        var svg = new SvgText();
        SvgChart.Begin(svg, Title, string.Join(" ", Charts.Select(InWords)), width, (int)top + rows * high + (rows - 1) * Gap + Edge, hasLinks: Charts.Any(c => c.Series.Any(s => s is PointSeries { Targets.Count: > 0 })));
        svg.Raw("<g class=\"i\" fill=\"#1f2328\" font-size=\"15\" font-weight=\"600\">");
        for (int i = 0; i < title.Count; i++) svg.Label(Edge, Edge + 13 + 20 * i, title[i], full: title[i].EndsWith('…') ? Title : "");
        svg.Raw("</g>");
        legend.Draw(svg, Edge, Edge + 20 * title.Count);
        for (int i = 0; i < Charts.Count; i++)
        {
            svg.Raw($"<g transform=\"translate({Edge + i % columns * (wide + Gap)} {SvgText.N(top + i / columns * (high + Gap))})\">");
            new SvgChart(Charts[i]).DrawInside(svg);
            svg.Raw("</g>");
        }
        return svg.Raw("</svg>").ToString();
    }

    /// <summary>The grid as HTML: a figure with the SVG and the caption.</summary>
    /// <param name="interactive">Whether to add <see cref="Figure"/> as inert JSON, for a page that brings the script (see <see cref="HtmlPage"/>); false by default.</param>
    public Html ToHtml(bool interactive = false) => Html.Of($"<figure class=\"ss-figure\"><div class=\"ss-plot\" tabindex=\"0\" role=\"group\" aria-label=\"{Title}\">{Html.Trusted(ToSvg())}</div>{(Caption.Length > 0 ? Html.Of($"<figcaption>{Caption}</figcaption>") : Html.Empty)}{(interactive && Figure is not null ? ChartHtml.Data(Figure) : Html.Empty)}</figure>");

    /// <summary>Writes <see cref="ToSvg"/> to a file, by rename.</summary>
    public void SaveSvg(string path) => AtomicFile.WriteText(path, ToSvg());

    /// <summary>Writes the grid as a page of its own, by rename.</summary>
    public void SaveHtml(string path) => AtomicFile.WriteText(path, new HtmlPage(Title) { Content = [ToHtml()] }.ToString());

    /// <summary>The title and the charts in words.</summary>
    public override string ToString() => string.Join('\n', Charts.Select(c => $"  {InWords(c)}").Prepend(Title));

    private static string InWords(Chart chart) => chart.Subtitle.Length > 0 ? $"{chart.Title} ({chart.Subtitle}). {chart.Description}" : chart.ToString();
}
