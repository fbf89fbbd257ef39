namespace SimSearch.Charts;

/// <summary>Puts a chart into HTML.</summary>
internal static class ChartHtml
{
    // Long enough for every curve and confusion table of a report; the rest is in the CSV.
    private const int MaxTableRows = 150;

    public static Html Figure(Chart chart, bool interactive)
    {
        var table = ChartTable.Of(chart);
        string[][] rows = [.. table.Rows.Take(MaxTableRows + 1)];
        Html more = rows.Length > MaxTableRows ? Html.Of($"<p>The first {MaxTableRows} rows; the CSV export has all of them.</p>") : Html.Empty;
        Html numbers = rows.Length == 0 || chart.Series.Any(s => s is HeatmapSeries { CellText.Count: 0, Values.Length: > MaxTableRows })
            ? Html.Empty
            : Html.Of($"<details class=\"ss-numbers\"><summary>Numbers</summary>{more}<div class=\"ss-scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Numbers of {chart.Title}\"><table><thead><tr>{Html.Join(table.Columns.Select(c => Html.Of($"<th scope=\"col\">{c}</th>")))}</tr></thead><tbody>{Html.Join(rows.Take(MaxTableRows).Select(Row))}</tbody></table></div></details>");
        Html caption = chart.Caption.Length > 0 ? Html.Of($"<figcaption>{chart.Caption}</figcaption>") : Html.Of($"<figcaption class=\"ss-hidden\" hidden>{chart.Title}</figcaption>");
        // The serialiser writes < as \u003C, so the data cannot end the script element; of type JSON, it is never run.
        Html data = interactive ? Html.Of($"<script type=\"application/json\" class=\"ss-plotly\">{Html.Trusted(chart.ToPlotlyJson())}</script>") : Html.Empty;
        return Html.Of($"<figure class=\"ss-figure\"><div class=\"ss-plot\">{Html.Trusted(chart.ToSvg())}</div>{caption}{numbers}{data}</figure>");
    }

    private static Html Row(string[] cells) => Html.Of($"<tr>{Html.Join(cells.Select(c => Html.Of($"<td>{c}</td>")))}</tr>");
}
