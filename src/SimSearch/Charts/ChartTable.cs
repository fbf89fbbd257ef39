using System.Globalization;
using System.Text;

namespace SimSearch.Charts;

/// <summary>The numbers of a chart as a table: for people who do not see the picture, and for CSV.</summary>
/// <param name="Columns">Headings, with units.</param>
/// <param name="Rows">The rows, made one by one; numbers that are not finite are empty.</param>
internal sealed record ChartTable(IReadOnlyList<string> Columns, IEnumerable<string[]> Rows)
{
    public static ChartTable Of(Chart chart)
    {
        bool bands = chart.Series.Any(s => s is LineSeries { Lower.Count: > 0 } or BarSeries { Lower.Count: > 0 } or BandSeries);
        bool labels = chart.Series.Any(s => s is PointSeries { Labels.Count: > 0 });
        bool grid = chart.Series.Any(s => s is HeatmapSeries), histogram = chart.Series.Any(s => s is HistogramSeries);
        List<string> columns = histogram ? ["Series", $"{chart.X.Label} from", $"{chart.X.Label} to", chart.Y.Label] : ["Series", chart.X.Label, chart.Y.Label];
        if (grid) columns.Add("Value");
        if (bands) columns.AddRange(["Lower", "Upper"]);
        if (labels) columns.Add("Label");
        return new ChartTable(columns, chart.Series.SelectMany(s => RowsOf(chart, s)).Select(row => row.Length == columns.Count ? row : [.. row, .. Enumerable.Repeat("", Math.Max(0, columns.Count - row.Length))]));
    }

    /// <summary>RFC 4180 with "\n" at line ends. Cells that a spreadsheet would take for a formula get a leading apostrophe.</summary>
    public string ToCsv()
    {
        var csv = new StringBuilder();
        foreach (var row in Rows.Prepend([.. Columns])) csv.AppendJoin(',', row.Select(Cell)).Append('\n');
        return csv.ToString();
    }

    private static IEnumerable<string[]> RowsOf(Chart chart, ChartSeries series) => series switch
    {
        LineSeries s => s.X.Select((x, i) => s.Lower.Count > 0 ? new[] { s.Name, Number(x), Number(s.Y[i]), Number(s.Lower[i]), Number(s.Upper[i]) } : [s.Name, Number(x), Number(s.Y[i])]),
        PointSeries s => s.X.Select((x, i) => s.Labels.Count > 0 ? new[] { s.Name, Number(x), Number(s.Y[i]), s.Labels[i] } : [s.Name, Number(x), Number(s.Y[i])]),
        BandSeries s => s.X.Select((x, i) => new[] { s.Name, Number(x), "", Number(s.Lower[i]), Number(s.Upper[i]) }),
        BarSeries s => s.Values.Select((v, i) => s.Lower.Count > 0 ? new[] { s.Name, chart.X.Categories![i], Number(v), Number(s.Lower[i]), Number(s.Upper[i]) } : [s.Name, chart.X.Categories![i], Number(v)]),
        HistogramSeries s => s.Counts.Select((v, i) => new[] { s.Name, Number(s.Edges[i]), Number(s.Edges[i + 1]), Number(v) }),
        HeatmapSeries s => s.Values.Select((v, i) => new[] { s.Name, Place(chart.X, i % s.Columns, s.XMin, s.XMax, s.Columns), Place(chart.Y, i / s.Columns, s.YMin, s.YMax, s.Rows), Text(s, v, i) }),
        _ => [],
    };

    private static string Text(HeatmapSeries s, float value, int i) => float.IsFinite(value) ? value.ToString("R", CultureInfo.InvariantCulture) : "";

    private static string Place(ChartAxis axis, int i, double min, double max, int count) => axis.Categories?[i] ?? Number(min + (i + 0.5) * (max - min) / count);

    private static string Number(double value) => double.IsFinite(value) ? value.ToString("R", CultureInfo.InvariantCulture) : "";

    private static string Cell(string text)
    {
        string clean = Html.Clean(text);
        if (clean.Length > 0 && clean[0] is '=' or '+' or '-' or '@' && !double.TryParse(clean, NumberStyles.Float, CultureInfo.InvariantCulture, out _)) clean = "'" + clean;
        return clean.AsSpan().IndexOfAny(",\"\n") >= 0 ? $"\"{clean.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : clean;
    }
}
