using System.Globalization;
using System.Text;
using static SimSearch.Charts.SvgText;

namespace SimSearch.Charts;

/// <summary>Draws the data of a chart inside its frame. Coordinates start at the upper left corner of the frame, which clips what lies outside.</summary>
internal sealed class SvgMarks(Chart chart, AxisMapping x, AxisMapping y, double width, double height)
{
    // Above this a point has no label of its own and is drawn as a dot of one path.
    private const int MaxSeparatePoints = 3000;
    private const int MaxCells = 2500;

    /// <summary>Where a value lies from the bottom (0) to the top (1): categories count from the top, as in a table.</summary>
    public static double YShare(Chart chart, AxisMapping y, double value) => chart.Y.Categories is null ? y.Position(value) : 1 - y.Position(value);

    /// <summary>The fill of a heatmap cell at a share of the colour range.</summary>
    public static string CellFill(ColourMap colours, double share) => colours == ColourMap.Accent
        ? $"class=\"f0\" fill=\"{Palette.Light[0]}\" fill-opacity=\"{Math.Round(share, 3).ToString(CultureInfo.InvariantCulture)}\""
        : $"fill=\"{ColourMap.Css(colours.Colour(share))}\"";

    /// <summary>The mark of a series in the legend, 18 units wide.</summary>
    public static string LegendKey(ChartSeries series, int index, double left, double middle) => series switch
    {
        LineSeries { Quiet: true } => $"<path {QuietStroke} fill=\"none\" d=\"M{N(left)} {N(middle)}h18\"/>",
        LineSeries line => $"<path {Stroke(index)} fill=\"none\" stroke-width=\"2\" d=\"M{N(left)} {N(middle)}h18\"/>{(line.Markers ? $"<path {Fill(index)} d=\"M{N(left + 9)} {N(middle)}{Shape(index)}\"/>" : "")}",
        PointSeries => $"<path {Fill(index)} d=\"M{N(left + 9)} {N(middle)}{Shape(index)}\"/>",
        _ => $"<rect {Fill(index)} x=\"{N(left + 3)}\" y=\"{N(middle - 5)}\" width=\"12\" height=\"10\"/>",
    };

    public void Draw(SvgText svg, double left, double top)
    {
        svg.Raw($"<svg x=\"{N(left)}\" y=\"{N(top)}\" width=\"{N(width)}\" height=\"{N(height)}\" overflow=\"hidden\">");
        bool any = false;
        int barSeries = chart.Series.Count(s => s is BarSeries), bar = 0;
        foreach (int i in Enumerable.Range(0, chart.Series.Count).OrderBy(i => chart.Series[i] switch { HeatmapSeries => 0, LineSeries { Quiet: true } => 1, _ => 2 }))
            any |= chart.Series[i] switch
            {
                LineSeries s => Line(svg, s, i),
                PointSeries s => Points(svg, s, i),
                BandSeries s => Band(svg, s.X, s.Lower, s.Upper, i, 0.75),
                BarSeries s => Bars(svg, s, i, bar++, barSeries),
                HistogramSeries s => Histogram(svg, s, i),
                HeatmapSeries s => Heatmap(svg, s),
                _ => false,
            };
        Names(svg);
        svg.Raw("</svg>");
        if (!any) svg.Raw("<g class=\"m\" fill=\"#59636e\">").Label(left + width / 2, top + height / 2 + 4, "no data", "middle").Raw("</g>");
    }

    private bool Line(SvgText svg, LineSeries line, int index)
    {
        bool any = line.Lower.Count > 0 && Band(svg, line.X, line.Lower, line.Upper, index, 0.2);
        var path = new StringBuilder();
        var marks = new StringBuilder();
        foreach (var run in Runs(line.X, line.Y))
        {
            any = true;
            var points = PathThinning.Thin(run, width);
            // A point without neighbours would be an invisible line.
            bool alone = points.Count == 1;
            if (!alone)
                for (int i = 0; i < points.Count; i++) path.Append(i == 0 ? 'M' : 'L').Append(N(points[i].X)).Append(' ').Append(N(points[i].Y));
            if (alone || line.Markers)
                foreach (var (px, py) in points) marks.Append('M').Append(N(px)).Append(' ').Append(N(py)).Append(Shape(index));
        }
        if (path.Length > 0) svg.Raw($"<path {(line.Quiet ? QuietStroke : $"{Stroke(index)} stroke-width=\"2\"")} fill=\"none\" stroke-linejoin=\"round\" d=\"{path}\"/>");
        if (marks.Length > 0) svg.Raw($"<path {Fill(index)} d=\"{marks}\"/>");
        return any;
    }

    private bool Points(SvgText svg, PointSeries points, int index)
    {
        var all = new StringBuilder();
        var seen = new HashSet<(int, int)>();
        bool separate = points.Labels.Count > 0 && chart.Series.OfType<PointSeries>().Sum(s => s.X.Count) <= MaxSeparatePoints, any = false;
        var marks = new SvgText();
        for (int i = 0; i < points.X.Count; i++)
        {
            if (Place(points.X[i], points.Y[i]) is not { } at) continue;
            any = true;
            string start = $"M{N(at.X)} {N(at.Y)}";
            string label = points.Labels.Count > 0 ? points.Labels[i] : points.Name;
            if (points.Targets.Count > 0 && points.Targets[i] is { } target)
                marks.Add($"<a href=\"#{target}\" aria-label=\"Play {label}\"><path d=\"{start}{Shape(index)}\"><title>{label}</title></path></a>");
            else if (separate) marks.Add($"<path d=\"{start}{Shape(index)}\"><title>{label}</title></path>");
            else if (points.X.Count <= MaxSeparatePoints) all.Append(start).Append(Shape(index));
            // Of many points that fall on the same pixel one is drawn.
            else if (seen.Add(((int)at.X, (int)at.Y))) all.Append(CultureInfo.InvariantCulture, $"M{(int)at.X} {(int)at.Y}h0");
        }
        string separated = marks.ToString();
        if (all.Length == 0) { }
        else if (points.X.Count <= MaxSeparatePoints) svg.Raw($"<path {Fill(index)} fill-opacity=\"0.8\" d=\"{all}\"/>");
        else svg.Raw($"<path class=\"k{index % Palette.Light.Length}\" stroke=\"{Palette.Light[index % Palette.Light.Length]}\" stroke-width=\"3\" stroke-linecap=\"round\" stroke-opacity=\"0.6\" d=\"{all}\"/>");
        if (separated.Length > 0) svg.Raw($"<g {Fill(index)} fill-opacity=\"0.8\">").Raw(separated).Raw("</g>");
        return any;
    }

    /// <summary>Names of classes among their points, over all marks and clear of each other; one that finds no room is left to the legend.</summary>
    private void Names(SvgText svg)
    {
        const double size = 12, high = 15;
        var taken = new List<(double Left, double Top, double Right)>();
        var names = new SvgText();
        foreach (var series in chart.Series.OfType<PointSeries>().Where(s => s.NameInChart && s.Name.Length > 0))
        {
            (double X, double Y)[] places = [.. Enumerable.Range(0, series.X.Count).Select(i => Place(series.X[i], series.Y[i])).OfType<(double, double)>()];
            if (places.Length == 0) continue;
            // Where most of its like are near; of thousands of points a few hundred say where that is.
            int step = Math.Max(1, places.Length / 300);
            (double X, double Y)[] sample = [.. places.Where((_, i) => i % step == 0)];
            double reach = Math.Max(width, height) * 0.05;
            var at = sample.MaxBy(p => sample.Count(q => Math.Abs(q.X - p.X) < reach && Math.Abs(q.Y - p.Y) < reach));
            string text = TextLayout.Fit(Html.Clean(series.Name), size, width / 4);
            double half = TextLayout.Width(text, size) / 2, middle = Math.Clamp(at.X, half + 2, Math.Max(half + 2, width - half - 2));
            foreach (double shift in (double[])[-high, high, 0, -2 * high, 2 * high, -3 * high, 3 * high])
            {
                double top = at.Y + shift - high / 2;
                if (top < 0 || top + high > height || taken.Any(t => t.Left < middle + half && t.Right > middle - half && Math.Abs(t.Top - top) < high)) continue;
                taken.Add((middle - half, top, middle + half));
                names.Label(middle, top + high - 4, text, "middle", series.Name);
                break;
            }
        }
        if (taken.Count > 0)
            svg.Raw($"<g class=\"i h\" fill=\"#1f2328\" stroke=\"{Palette.LightSurface}\" stroke-width=\"3\" stroke-linejoin=\"round\" paint-order=\"stroke\" font-weight=\"600\" font-size=\"{N(size)}\" pointer-events=\"none\">").Raw(names.ToString()).Raw("</g>");
    }

    private bool Band(SvgText svg, IReadOnlyList<double> xs, IReadOnlyList<double> lower, IReadOnlyList<double> upper, int index, double opacity)
    {
        var path = new StringBuilder();
        foreach (var run in Runs(xs, lower, upper))
        {
            for (int i = 0; i < run.Count; i++) path.Append(i == 0 ? 'M' : 'L').Append(N(run[i].X)).Append(' ').Append(N(Math.Min(run[i].Upper, run[i].Lower - 0.5)));
            for (int i = run.Count - 1; i >= 0; i--) path.Append('L').Append(N(run[i].X)).Append(' ').Append(N(run[i].Lower));
            path.Append('Z');
        }
        if (path.Length > 0) svg.Raw($"<path {Fill(index)} fill-opacity=\"{opacity.ToString(CultureInfo.InvariantCulture)}\" d=\"{path}\"/>");
        return path.Length > 0;
    }

    private bool Bars(SvgText svg, BarSeries bars, int index, int position, int seriesCount)
    {
        double room = width / Math.Max(1, bars.Values.Count), barWidth = room * 0.76 / seriesCount;
        var errors = new StringBuilder();
        bool any = false;
        svg.Raw($"<g {Fill(index)}>");
        for (int i = 0; i < bars.Values.Count; i++)
        {
            double left = i * room + room * 0.12 + position * barWidth;
            if (Place(i, bars.Values[i]) is not { } at) continue;
            any = true;
            double zero = PixelY(0) is { } z && double.IsFinite(z) ? Math.Clamp(z, 0, height) : height;
            svg.Add($"<rect x=\"{N(left)}\" y=\"{N(Math.Min(at.Y, zero))}\" width=\"{N(Math.Max(0.5, barWidth - 1))}\" height=\"{N(Math.Abs(at.Y - zero))}\"><title>{chart.X.Categories![i]}: {bars.Name} {AxisTicks.Short(bars.Values[i])} {chart.Y.Unit}</title></rect>");
            if (bars.Lower.Count > 0 && Place(i, bars.Lower[i]) is { } low && Place(i, bars.Upper[i]) is { } high)
            {
                double middle = left + barWidth / 2, cap = Math.Min(4, barWidth / 4);
                errors.Append($"M{N(middle)} {N(low.Y)}V{N(high.Y)}M{N(middle - cap)} {N(low.Y)}h{N(2 * cap)}M{N(middle - cap)} {N(high.Y)}h{N(2 * cap)}");
            }
        }
        svg.Raw("</g>");
        if (errors.Length > 0) svg.Raw($"<path class=\"e\" stroke=\"#1f2328\" stroke-width=\"1.2\" fill=\"none\" d=\"{errors}\"/>");
        return any;
    }

    private bool Histogram(SvgText svg, HistogramSeries bars, int index)
    {
        var path = new StringBuilder();
        for (int i = 0; i < bars.Counts.Count; i++)
            if (Place(bars.Edges[i], bars.Counts[i]) is { } from && Place(bars.Edges[i + 1], bars.Counts[i]) is { } to)
                path.Append($"M{N(from.X + 0.5)} {N(PixelY(0))}V{N(from.Y)}H{N(Math.Max(from.X + 1, to.X - 0.5))}V{N(PixelY(0))}Z");
        double opacity = chart.Series.Count > 1 ? 0.6 : 1;
        if (path.Length > 0) svg.Raw($"<path {Fill(index)} fill-opacity=\"{opacity.ToString(CultureInfo.InvariantCulture)}\" d=\"{path}\"/>");
        return path.Length > 0;
    }

    private bool Heatmap(SvgText svg, HeatmapSeries map)
    {
        if (map.Values.Length == 0) return false;
        bool categories = chart.X.Categories is not null, down = chart.Y.Categories is not null;
        double left = categories ? 0 : x.Position(map.XMin) * width, right = categories ? width : x.Position(map.XMax) * width;
        double upper = down ? 0 : PixelY(map.YMax), lower = down ? height : PixelY(map.YMin);
        if (map.Values.Length <= MaxCells && (categories || map.Colours == ColourMap.Accent)) Cells(svg, map, left, upper, right - left, lower - upper, down);
        else
            svg.Raw($"<image x=\"{N(left)}\" y=\"{N(upper)}\" width=\"{N(right - left)}\" height=\"{N(lower - upper)}\" preserveAspectRatio=\"none\"{(categories ? " image-rendering=\"pixelated\"" : "")} href=\"data:image/png;base64,{Convert.ToBase64String(HeatmapImage.Png(map, down))}\"/>");
        return true;
    }

    private void Cells(SvgText svg, HeatmapSeries map, double left, double top, double wide, double high, bool down)
    {
        (double min, double max) = HeatmapImage.Range(map);
        double cellWidth = wide / map.Columns, cellHeight = high / map.Rows, size = Math.Min(12, cellHeight * 0.6);
        bool texts = map.CellText.Count == map.Values.Length && size >= 6;
        var labels = new SvgText();
        for (int row = 0; row < map.Rows; row++)
            for (int column = 0; column < map.Columns; column++)
            {
                int i = row * map.Columns + column;
                if (!float.IsFinite(map.Values[i])) continue;
                double share = Math.Clamp((map.Values[i] - min) / (max - min), 0, 1), x0 = left + column * cellWidth, y0 = top + (down ? row : map.Rows - 1 - row) * cellHeight;
                svg.Add($"<rect x=\"{N(x0)}\" y=\"{N(y0)}\" width=\"{N(cellWidth - 0.6)}\" height=\"{N(cellHeight - 0.6)}\" ").Raw(CellFill(map.Colours, share)).Raw(">")
                    .Add($"<title>{chart.Y.Categories?[row] ?? $"row {row}"}, {chart.X.Categories?[column] ?? $"column {column}"}: {(map.CellText.Count > 0 ? map.CellText[i] : AxisTicks.Short(map.Values[i]))}</title></rect>");
                if (!texts || TextLayout.Width(map.CellText[i], size) > cellWidth - 2) continue;
                // Text turns to the background's colour where the cell is nearly full; at 0.72 both colours read about equally well, on white and on dark.
                bool strong = map.Colours == ColourMap.Accent ? share > 0.72 : share < 0.6;
                string ink = map.Colours != ColourMap.Accent ? $"fill=\"{(strong ? "#ffffff" : "#000000")}\"" : strong ? $"class=\"s\" fill=\"{Palette.LightSurface}\"" : "class=\"i\" fill=\"#1f2328\"";
                labels.Label(x0 + cellWidth / 2, y0 + cellHeight / 2 + size * 0.36, map.CellText[i], "middle", extra: $" {ink} font-size=\"{N(size)}\"");
            }
        svg.Raw("<g pointer-events=\"none\" font-weight=\"600\">").Raw(labels.ToString()).Raw("</g>");
    }

    private double PixelY(double value) => height - YShare(chart, y, value) * height;

    private (double X, double Y)? Place(double vx, double vy)
    {
        if (!double.IsFinite(vx) || !double.IsFinite(vy)) return null;
        double px = x.Position(vx) * width, py = PixelY(vy);
        return double.IsFinite(px) && double.IsFinite(py) ? (px, py) : null;
    }

    private IEnumerable<List<(double X, double Y)>> Runs(IReadOnlyList<double> xs, IReadOnlyList<double> ys)
    {
        var run = new List<(double, double)>();
        for (int i = 0; i < xs.Count; i++)
        {
            if (Place(xs[i], ys[i]) is { } at) run.Add(at);
            else if (run.Count > 0)
            {
                yield return run;
                run = [];
            }
        }
        if (run.Count > 0) yield return run;
    }

    private IEnumerable<List<(double X, double Lower, double Upper)>> Runs(IReadOnlyList<double> xs, IReadOnlyList<double> lower, IReadOnlyList<double> upper)
    {
        var run = new List<(double, double, double)>();
        for (int i = 0; i < xs.Count; i++)
        {
            if (Place(xs[i], lower[i]) is { } low && Place(xs[i], upper[i]) is { } high) run.Add((low.X, low.Y, high.Y));
            else if (run.Count > 0)
            {
                yield return PathThinning.Thin(run, width);
                run = [];
            }
        }
        if (run.Count > 0) yield return PathThinning.Thin(run, width);
    }

    private const string QuietStroke = "class=\"x\" stroke=\"#59636e\" stroke-width=\"0.8\" stroke-opacity=\"0.6\"";

    private static string Fill(int index) => $"class=\"f{index % Palette.Light.Length}\" fill=\"{Palette.Light[index % Palette.Light.Length]}\"";

    private static string Stroke(int index)
    {
        string dash = Palette.Dashes[index % Palette.Dashes.Length];
        return $"class=\"k{index % Palette.Light.Length}\" stroke=\"{Palette.Light[index % Palette.Light.Length]}\"{(dash.Length > 0 ? $" stroke-dasharray=\"{dash}\"" : "")}";
    }

    private static string Shape(int index) => Palette.Shapes[index % Palette.Shapes.Length];
}
