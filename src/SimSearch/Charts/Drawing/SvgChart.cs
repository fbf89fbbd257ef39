using static SimSearch.Charts.SvgText;

namespace SimSearch.Charts;

/// <summary>Draws a chart: works out the room for titles, legend and tick labels, then the frame; <see cref="SvgMarks"/> draws the data.</summary>
internal sealed class SvgChart
{
    private const double TitleSize = 15, SmallSize = 12, TickSize = 11, Edge = 14;

    private readonly Chart chart;
    private readonly List<string> title, subtitle;
    private readonly ChartLegend legend;
    private readonly HeatmapSeries? heatmap;
    private readonly bool colourBar;
    private readonly bool rotated;
    private readonly double left, top, width, height;
    private readonly AxisMapping x, y;
    private readonly IReadOnlyList<AxisTick> xTicks, yTicks, colourTicks = [];
    private readonly double yLabelRoom, xLabelRoom;
    private readonly IReadOnlyList<string> yTitle;

    public SvgChart(Chart chart)
    {
        this.chart = chart;
        heatmap = chart.Series.OfType<HeatmapSeries>().FirstOrDefault();
        colourBar = heatmap is { Name.Length: > 0, Values.Length: > 0 };
        title = TextLayout.Wrap(Html.Clean(chart.Title), TitleSize * 1.04, chart.Width - 2 * Edge, 2);
        subtitle = TextLayout.Wrap(Html.Clean(chart.Subtitle), SmallSize, chart.Width - 2 * Edge, 2);
        legend = new ChartLegend(chart.Legend ?? chart.Series.Count(s => s is not HeatmapSeries) > 1 ? chart.Series : [], chart.Width - 2 * Edge);

        // Marks at the edge must not be cut in half; a bare line may touch it.
        double padding = chart.Series.Any(s => s is PointSeries) ? 0.05 : chart.Series.Any(s => s is LineSeries { Markers: true }) ? 0.03 : 0;
        bool standing = chart.Series.Any(s => s is BarSeries or HistogramSeries);
        x = new AxisMapping(chart.X, DataExtent.X(chart), padding, padding);
        var extent = DataExtent.Y(chart);
        y = new AxisMapping(chart.Y, extent, heatmap is not null || (standing && extent.Low >= 0) ? 0 : 0.05, heatmap is null ? 0.05 : 0);

        top = Edge + 20 * title.Count + 16 * subtitle.Count + legend.Height + (title.Count + subtitle.Count + legend.Height > 0 ? 10 : 0);
        if (colourBar)
        {
            (double low, double high) = HeatmapImage.Range(heatmap!);
            colourTicks = AxisTicks.Linear(low, high, Math.Max(2, (chart.Height - (int)top - 50) / 48));
        }
        double right = Edge + (colourBar ? 14 + 16 + Math.Min(48, colourTicks.Max(t => TextLayout.Width(t.Label, TickSize))) + 20 : 6);
        yTicks = y.Ticks(chart.Y, Math.Max(2, (chart.Height - (int)top - 50) / 48));
        yLabelRoom = Math.Min(yTicks.Select(t => TextLayout.Width(Html.Clean(t.Label), TickSize)).DefaultIfEmpty(0).Max(), chart.Width * 0.25);
        // A low chart has no room for a long title on one line; what is below the plot takes about so much.
        yTitle = TextLayout.Wrap(Html.Clean(chart.Y.Label), SmallSize, chart.Height - top - 46 + 20, 2);
        left = Edge + 20 + 14 * (Math.Max(1, yTitle.Count) - 1) + yLabelRoom + 8;
        width = chart.Width - left - right;
        xTicks = x.Ticks(chart.X, Math.Max(2, (int)(width / 80)));
        double widest = xTicks.Select(t => TextLayout.Width(Html.Clean(t.Label), TickSize)).DefaultIfEmpty(0).Max();
        rotated = chart.X.Categories is { Count: > 1 } && widest > width / xTicks.Count - 6;
        // Rotated by 45 degrees a label needs about 0.71 of its width in height.
        xLabelRoom = rotated ? Math.Min(widest * 0.71 + 10, chart.Height * 0.24) : 14;
        height = Math.Max(20, chart.Height - top - xLabelRoom - 8 - 20 - Edge + 4);
        if (chart is { EqualScale: true, X.Categories: null, Y.Categories: null })
        {
            double unit = Math.Max((x.High - x.Low) / width, (y.High - y.Low) / height);
            (x, y) = (x.WithExtent(unit * width), y.WithExtent(unit * height));
            (xTicks, yTicks) = (x.Ticks(chart.X, Math.Max(2, (int)(width / 80))), y.Ticks(chart.Y, Math.Max(2, (chart.Height - (int)top - 50) / 48)));
        }
    }

    public string Draw()
    {
        var svg = new SvgText();
        Begin(svg, chart.Title, chart.Description, chart.Width, chart.Height, chart.Series.Any(s => s is PointSeries { Targets.Count: > 0 }));
        DrawInside(svg);
        return svg.Raw("</svg>").ToString();
    }

    /// <summary>The opening of a document with its words, its style and its background.</summary>
    /// <param name="svg">Where it goes.</param>
    /// <param name="title">One line that says what is shown.</param>
    /// <param name="description">The picture in words.</param>
    /// <param name="width">Width in CSS pixels.</param>
    /// <param name="height">Height in CSS pixels.</param>
    /// <param name="hasLinks">Whether there is something to click on inside, which an image has not.</param>
    public static void Begin(SvgText svg, string title, string description, int width, int height, bool hasLinks)
    {
        string titleText = title.Length > 0 ? title : "Chart";
        svg.Add($"<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"ss-chart\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" style=\"max-width:100%;height:auto\" role=\"{(hasLinks ? "group" : "img")}\" aria-label=\"{titleText}\" font-family=\"system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif\" font-size=\"12\">")
            .Add($"<title>{titleText}</title><desc>{description}</desc>")
            .Raw("<style>").Raw(Palette.Style).Raw("</style>")
            .Add($"<rect class=\"s\" fill=\"{Palette.LightSurface}\" width=\"{width}\" height=\"{height}\" rx=\"6\"/>");
    }

    /// <summary>Draws everything of the chart but the document around it.</summary>
    public void DrawInside(SvgText svg)
    {
        DrawHeadings(svg);
        DrawGrid(svg);
        new SvgMarks(chart, x, y, width, height).Draw(svg, left, top);
        DrawAxes(svg);
        if (colourBar) DrawColourBar(svg, heatmap!);
    }

    private void DrawHeadings(SvgText svg)
    {
        double line = Edge;
        svg.Raw("<g class=\"i\" fill=\"#1f2328\" font-size=\"15\" font-weight=\"600\">");
        foreach (string text in title)
        {
            svg.Label(Edge, line + 13, text, full: text.EndsWith('…') ? chart.Title : "");
            line += 20;
        }
        svg.Raw("</g><g class=\"m\" fill=\"#59636e\">");
        foreach (string text in subtitle)
        {
            svg.Label(Edge, line + 11, text, full: text.EndsWith('…') ? chart.Subtitle : "");
            line += 16;
        }
        svg.Raw("</g>");
        legend.Draw(svg, Edge, line);
    }

    private void DrawGrid(SvgText svg)
    {
        svg.Raw("<g class=\"g\" stroke=\"#d8dee4\" fill=\"none\">");
        if (heatmap is null)
        {
            foreach (var tick in yTicks) svg.Raw($"<path d=\"M{N(left)} {N(YPixel(tick.Position))}h{N(width)}\"/>");
            if (chart.X.Categories is null)
                foreach (var tick in xTicks) svg.Raw($"<path d=\"M{N(XPixel(tick.Position))} {N(top)}v{N(height)}\"/>");
        }
        svg.Raw("</g>");
    }

    private void DrawAxes(SvgText svg)
    {
        double bottom = top + height;
        svg.Raw($"<path class=\"x\" stroke=\"#59636e\" fill=\"none\" d=\"M{N(left)} {N(top)}V{N(bottom)}H{N(left + width)}\"/>");
        svg.Raw("<g class=\"m\" fill=\"#59636e\" font-size=\"11\">");
        // With more categories than lines of text fit, every second or third is written; all are in the table.
        int step = chart.Y.Categories is null ? 1 : Math.Max(1, (int)Math.Ceiling(yTicks.Count * 12.0 / height));
        for (int i = 0; i < yTicks.Count; i += step)
            svg.Label(left - 7, YPixel(yTicks[i].Position) + 4, TextLayout.Fit(Html.Clean(yTicks[i].Label), TickSize, yLabelRoom + 1), "end", yTicks[i].Label);
        step = rotated ? Math.Max(1, (int)Math.Ceiling(xTicks.Count * 13.0 / width)) : 1;
        for (int i = 0; i < xTicks.Count; i += step)
        {
            double at = XPixel(xTicks[i].Position);
            if (rotated)
                svg.Label(at + 4, bottom + 12, TextLayout.Fit(Html.Clean(xTicks[i].Label), TickSize, Math.Min((xLabelRoom - 8) / 0.71, (at - 4) * 1.41)), "end", xTicks[i].Label, $" transform=\"rotate(-45 {N(at + 4)} {N(bottom + 12)})\"");
            else
                svg.Label(at, bottom + 16, TextLayout.Fit(Html.Clean(xTicks[i].Label), TickSize, chart.X.Categories is null ? 100 : width / xTicks.Count - 2), "middle", xTicks[i].Label);
        }
        svg.Raw("</g><g class=\"i\" fill=\"#1f2328\">");
        svg.Label(left + width / 2, chart.Height - Edge + 2, TextLayout.Fit(Html.Clean(chart.X.Label), SmallSize, width + left - 2 * Edge), "middle", chart.X.Label);
        double middle = top + height / 2;
        for (int i = 0; i < yTitle.Count; i++)
            svg.Label(Edge + 10 + 14 * i, middle, TextLayout.Fit(yTitle[i], SmallSize, height + 20), "middle", yTitle.Count > 1 ? yTitle[i] : chart.Y.Label, $" transform=\"rotate(-90 {N(Edge + 10 + 14 * i)} {N(middle)})\"");
        svg.Raw("</g>");
    }

    private void DrawColourBar(SvgText svg, HeatmapSeries map)
    {
        (double low, double high) = HeatmapImage.Range(map);
        double at = left + width + 14;
        const int steps = 48;
        svg.Raw("<g shape-rendering=\"crispEdges\">");
        for (int i = 0; i < steps; i++)
            svg.Raw($"<rect x=\"{N(at)}\" y=\"{N(top + height * i / steps)}\" width=\"12\" height=\"{N(height / steps)}\" {SvgMarks.CellFill(map.Colours, 1 - (i + 0.5) / steps)}/>");
        svg.Raw("</g><g class=\"m\" fill=\"#59636e\" font-size=\"11\">");
        foreach (var tick in colourTicks)
            svg.Label(at + 16, top + height * (1 - (tick.Position - low) / (high - low)) + 4, TextLayout.Fit(tick.Label, TickSize, 48));
        svg.Raw("</g><g class=\"i\" fill=\"#1f2328\">");
        double middle = top + height / 2, edge = chart.Width - Edge;
        svg.Label(edge, middle, TextLayout.Fit(Html.Clean(map.Name), SmallSize, height + 20), "middle", map.Name, $" transform=\"rotate(-90 {N(edge)} {N(middle)})\"");
        svg.Raw("</g>");
    }

    private double XPixel(double value) => left + x.Position(value) * width;

    private double YPixel(double value) => top + height - SvgMarks.YShare(chart, y, value) * height;
}
