using static SimSearch.Charts.SvgText;

namespace SimSearch.Charts;

/// <summary>The keys of a chart's series in lines of text.</summary>
internal sealed class ChartLegend
{
    private const double TextSize = 12, RowHeight = 19;

    // Beyond five rows a legend hides the chart; the table and the exports name every series.
    private const int MaxRows = 5;

    private readonly IReadOnlyList<ChartSeries> series;
    private readonly List<List<(int Index, string Text, double Width)>> rows = [];

    /// <summary>Lays a legend out.</summary>
    /// <param name="series">The series; heatmaps and those without a name have no key.</param>
    /// <param name="room">Width there is.</param>
    public ChartLegend(IReadOnlyList<ChartSeries> series, double room)
    {
        this.series = series;
        double used = double.PositiveInfinity;
        for (int i = 0; i < series.Count; i++)
        {
            if (series[i] is HeatmapSeries || series[i].Name.Length == 0) continue;
            string text = TextLayout.Fit(Html.Clean(series[i].Name), TextSize, room / 2);
            double need = 34 + TextLayout.Width(text, TextSize);
            if (used + need > room)
            {
                if (rows.Count == MaxRows) break;
                rows.Add([]);
                used = 0;
            }
            rows[^1].Add((i, text, need));
            used += need;
        }
    }

    /// <summary>Height of all rows.</summary>
    public double Height => RowHeight * rows.Count;

    /// <summary>Draws it with its upper left corner at a place.</summary>
    public void Draw(SvgText svg, double left, double top)
    {
        svg.Raw("<g class=\"i\" fill=\"#1f2328\">");
        foreach (var row in rows)
        {
            double at = left;
            foreach (var (index, text, need) in row)
            {
                svg.Raw(SvgMarks.LegendKey(series[index], index, at, top + 11)).Label(at + 22, top + 15, text, full: series[index].Name);
                at += need;
            }
            top += RowHeight;
        }
        svg.Raw("</g>");
    }
}
