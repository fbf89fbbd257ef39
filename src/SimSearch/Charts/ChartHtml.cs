namespace SimSearch.Charts;

/// <summary>Puts a chart into HTML.</summary>
internal static class ChartHtml
{
    // Long enough for every curve of a report; the rest is in the CSV. Pictures of thousands of values (spectrograms, waveforms) have none:
    // nobody reads their numbers one by one, and the description says what they span.
    private const int MaxRows = 150, MaxCells = 2500;

    // With more a notebook would soon be larger than what hosts show of one.
    private const int MostFigureChars = 24_000;

    /// <summary>The chart as a notebook shows it: with its plotly.js figure as data, which does nothing until a page that knows it offers to zoom.</summary>
    /// <param name="chart">The chart.</param>
    /// <param name="bare">Without caption and numbers.</param>
    public static Html InNotebook(Chart chart, bool bare = false) =>
        WithFigure(bare ? Html.Of($"<figure class=\"ss-figure\">{Picture(chart)}</figure>") : Figure(chart, interactive: false), chart.ToPlotlyJson());

    /// <summary>The same for charts side by side.</summary>
    public static Html InNotebook(ChartGrid grid) => grid.Figure is { } json ? WithFigure(grid.ToHtml(), json) : grid.ToHtml();

    private static Html WithFigure(Html figure, string json) =>
        json.Length > MostFigureChars ? figure : Html.Of($"<figure data-plotly=\"{json}\"{Html.Trusted(figure.ToString()["<figure".Length..])}");

    /// <summary>A plotly.js figure as data of a page.</summary>
    // The serialiser writes < as \u003C, so the data cannot end the script element; of type JSON, it is never run.
    public static Html Data(string json) => Html.Of($"<script type=\"application/json\" class=\"ss-plotly\">{Html.Trusted(json)}</script>");

    public static Html Figure(Chart chart, bool interactive)
    {
        Html caption = chart.Caption.Length > 0 ? Html.Of($"<figcaption>{chart.Caption}</figcaption>") : Html.Of($"<figcaption class=\"ss-hidden\" hidden>{chart.Title}</figcaption>");
        Html data = interactive ? Data(chart.ToPlotlyJson()) : Html.Empty;
        return Html.Of($"<figure class=\"ss-figure\">{Picture(chart)}{caption}{Numbers(chart)}{data}</figure>");
    }

    private static Html Picture(Chart chart) => Html.Of($"<div class=\"ss-plot\" tabindex=\"0\" role=\"group\" aria-label=\"{chart.Title}\">{Html.Trusted(chart.ToSvg())}</div>");

    private static Html Numbers(Chart chart)
    {
        if (chart is { X.Categories: { } across, Y.Categories: { } down, Series: [HeatmapSeries grid] })
            return grid.Values.Length is 0 or > MaxCells ? Html.Empty : Table(chart, "", [$"{chart.Y.Label} \\ {chart.X.Label}", .. across], down.Select((name, row) => (string[])[name, .. Enumerable.Range(row * grid.Columns, grid.Columns).Select(i => Cell(grid, i))]));
        var table = ChartTable.Of(chart);
        string[][] rows = [.. table.Rows.Take(MaxRows + 1)];
        if (rows.Length == 0 || (rows.Length > MaxRows && chart.Series.All(s => s is BandSeries or HeatmapSeries))) return Html.Empty;
        return Table(chart, rows.Length > MaxRows ? $"The first {MaxRows} rows; the CSV export has all of them." : "", table.Columns, rows.Take(MaxRows));
    }

    private static Html Table(Chart chart, string note, IEnumerable<string> columns, IEnumerable<string[]> rows) => Html.Of($"""
        <details class="ss-numbers"><summary>Numbers</summary>{(note.Length > 0 ? Html.Of($"<p>{note}</p>") : Html.Empty)}<div class="ss-scroll" tabindex="0" role="region" aria-label="Numbers of {chart.Title}"><table><thead><tr>{Html.Join(columns.Select(c => Html.Of($"<th scope=\"col\">{c}</th>")))}</tr></thead><tbody>{Html.Join(rows.Select(Row))}</tbody></table></div></details>
        """);

    private static string Cell(HeatmapSeries grid, int i) => grid.CellText.Count > 0 ? grid.CellText[i] : float.IsFinite(grid.Values[i]) ? AxisTicks.Short(grid.Values[i]) : "";

    private static Html Row(string[] cells) => Html.Of($"<tr>{Html.Join(cells.Select((c, i) => i == 0 ? Html.Of($"<th scope=\"row\">{c}</th>") : Html.Of($"<td>{c}</td>")))}</tr>");
}
