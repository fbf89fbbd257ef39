using System.Buffers;
using System.Text;
using System.Text.Json;

namespace SimSearch.Charts;

/// <summary>
/// Writes a chart as a plotly.js figure (schema: https://plotly.com/javascript/reference/). Plotly reads simple HTML out of every text,
/// so texts are encoded; it shows them decoded.
/// </summary>
internal static class PlotlyFigure
{
    public static string Json(Chart chart)
    {
        var buffer = new ArrayBufferWriter<byte>(4096);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteStartArray("data");
            for (int i = 0; i < chart.Series.Count; i++) Trace(json, chart, i);
            json.WriteEndArray();
            Layout(json, chart);
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static void Trace(Utf8JsonWriter json, Chart chart, int index)
    {
        var series = chart.Series[index];
        string colour = Palette.Light[index % Palette.Light.Length];
        switch (series)
        {
            case LineSeries s:
                if (s.Lower.Count > 0) Area(json, s.Name, s.X, s.Lower, s.Upper, colour, 0.2, legend: false, group: $"s{index}");
                json.WriteStartObject();
                json.WriteString("type", "scatter");
                json.WriteString("mode", s.Markers ? "lines+markers" : "lines");
                Text(json, "name", s.Name);
                json.WriteString("legendgroup", $"s{index}");
                Numbers(json, "x", s.X);
                Numbers(json, "y", s.Y);
                json.WriteStartObject("line");
                json.WriteString("color", s.Quiet ? "#9da7b1" : colour);
                json.WriteString("dash", s.Quiet ? "solid" : Palette.PlotlyDashes[index % Palette.PlotlyDashes.Length]);
                if (s.Quiet) json.WriteNumber("width", 0.8);
                json.WriteEndObject();
                json.WriteEndObject();
                break;
            case PointSeries s:
                json.WriteStartObject();
                json.WriteString("type", "scatter");
                json.WriteString("mode", "markers");
                Text(json, "name", s.Name);
                Numbers(json, "x", s.X);
                Numbers(json, "y", s.Y);
                if (s.Labels.Count > 0)
                {
                    Texts(json, "text", s.Labels);
                    json.WriteString("hoverinfo", "text+name");
                }
                if (s.Targets.Count > 0) Targets(json, s.Targets);
                json.WriteStartObject("marker");
                json.WriteString("color", colour);
                json.WriteString("symbol", Palette.PlotlyShapes[index % Palette.PlotlyShapes.Length]);
                json.WriteEndObject();
                json.WriteEndObject();
                break;
            case BandSeries s:
                Area(json, s.Name, s.X, s.Lower, s.Upper, colour, 0.75, legend: true, group: $"s{index}");
                break;
            case BarSeries s:
                json.WriteStartObject();
                json.WriteString("type", "bar");
                Text(json, "name", s.Name);
                Numbers(json, "x", [.. Enumerable.Range(0, s.Values.Count).Select(i => (double)i)]);
                Numbers(json, "y", s.Values);
                if (s.Lower.Count > 0) ErrorBars(json, s);
                Colour(json, "marker", colour);
                json.WriteEndObject();
                break;
            case HistogramSeries s:
                json.WriteStartObject();
                json.WriteString("type", "bar");
                Text(json, "name", s.Name);
                Numbers(json, "x", [.. s.Counts.Select((_, i) => (s.Edges[i] + s.Edges[i + 1]) / 2)]);
                Numbers(json, "y", s.Counts);
                Numbers(json, "width", [.. s.Counts.Select((_, i) => s.Edges[i + 1] - s.Edges[i])]);
                Colour(json, "marker", colour);
                json.WriteEndObject();
                break;
            case HeatmapSeries s:
                Heatmap(json, s);
                break;
        }
    }

    /// <summary>The area between two curves: one trace per unbroken stretch, each a closed outline.</summary>
    private static void Area(Utf8JsonWriter json, string name, IReadOnlyList<double> x, IReadOnlyList<double> lower, IReadOnlyList<double> upper, string colour, double opacity, bool legend, string group)
    {
        int from = 0;
        while (from < x.Count)
        {
            int to = from;
            while (to < x.Count && double.IsFinite(x[to]) && double.IsFinite(lower[to]) && double.IsFinite(upper[to])) to++;
            if (to > from)
            {
                int[] round = [.. Enumerable.Range(from, to - from), .. Enumerable.Range(from, to - from).Reverse()];
                json.WriteStartObject();
                json.WriteString("type", "scatter");
                json.WriteString("mode", "lines");
                Text(json, "name", name);
                json.WriteString("legendgroup", group);
                json.WriteBoolean("showlegend", legend);
                legend = false;
                json.WriteString("hoverinfo", "skip");
                Numbers(json, "x", [.. round.Select(i => x[i])]);
                Numbers(json, "y", [.. round.Select((i, n) => n < to - from ? upper[i] : lower[i])]);
                json.WriteString("fill", "toself");
                json.WriteString("fillcolor", FormattableString.Invariant($"rgba({Convert.ToInt32(colour[1..3], 16)},{Convert.ToInt32(colour[3..5], 16)},{Convert.ToInt32(colour[5..7], 16)},{opacity})"));
                json.WriteStartObject("line");
                json.WriteString("color", colour);
                json.WriteNumber("width", 0);
                json.WriteEndObject();
                json.WriteEndObject();
            }
            from = to + 1;
        }
    }

    private static void ErrorBars(Utf8JsonWriter json, BarSeries s)
    {
        json.WriteStartObject("error_y");
        json.WriteString("type", "data");
        json.WriteBoolean("symmetric", false);
        Numbers(json, "array", [.. s.Upper.Select((u, i) => u - s.Values[i])]);
        Numbers(json, "arrayminus", [.. s.Lower.Select((l, i) => s.Values[i] - l)]);
        json.WriteEndObject();
    }

    private static void Heatmap(Utf8JsonWriter json, HeatmapSeries s)
    {
        json.WriteStartObject();
        json.WriteString("type", "heatmap");
        Numbers(json, "x", [.. Enumerable.Range(0, s.Columns).Select(i => Centre(i, s.XMin, s.XMax, s.Columns))]);
        Numbers(json, "y", [.. Enumerable.Range(0, s.Rows).Select(i => Centre(i, s.YMin, s.YMax, s.Rows))]);
        json.WriteStartArray("z");
        for (int row = 0; row < s.Rows; row++)
        {
            json.WriteStartArray();
            foreach (float value in s.Values.AsSpan(row * s.Columns, s.Columns))
                if (float.IsFinite(value)) json.WriteNumberValue(value);
                else json.WriteNullValue();
            json.WriteEndArray();
        }
        json.WriteEndArray();
        if (s.CellText.Count == s.Values.Length && s.Values.Length > 0)
        {
            json.WriteStartArray("text");
            for (int row = 0; row < s.Rows; row++)
            {
                json.WriteStartArray();
                for (int column = 0; column < s.Columns; column++) json.WriteStringValue(Html.EncodeText(s.CellText[row * s.Columns + column]));
                json.WriteEndArray();
            }
            json.WriteEndArray();
            json.WriteString("texttemplate", "%{text}");
        }
        (double low, double high) = HeatmapImage.Range(s);
        json.WriteNumber("zmin", low);
        json.WriteNumber("zmax", high);
        json.WriteStartArray("colorscale");
        for (int i = 0; i < s.Colours.StopCount; i++)
        {
            double at = i / (double)(s.Colours.StopCount - 1);
            json.WriteStartArray();
            json.WriteNumberValue(at);
            json.WriteStringValue(ColourMap.Css(s.Colours.Colour(at)));
            json.WriteEndArray();
        }
        json.WriteEndArray();
        json.WriteStartObject("colorbar");
        Title(json, s.Name);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void Layout(Utf8JsonWriter json, Chart chart)
    {
        json.WriteStartObject("layout");
        Title(json, chart.Title, chart.Subtitle);
        Axis(json, "xaxis", chart.X, down: false);
        Axis(json, "yaxis", chart.Y, down: chart.Y.Categories is not null, anchored: chart is { EqualScale: true, X.Categories: null, Y.Categories: null });
        json.WriteBoolean("showlegend", chart.Legend ?? chart.Series.Count(s => s is not HeatmapSeries) > 1);
        json.WriteString("barmode", chart.Series.Any(s => s is HistogramSeries) ? "overlay" : "group");
        json.WriteString("hovermode", "closest");
        json.WriteNumber("height", Math.Max(320, chart.Height));
        json.WriteEndObject();
    }

    private static void Axis(Utf8JsonWriter json, string name, ChartAxis axis, bool down, bool anchored = false)
    {
        json.WriteStartObject(name);
        json.WriteStartObject("title");
        Text(json, "text", axis.Label);
        json.WriteNumber("standoff", 12);
        json.WriteEndObject();
        json.WriteBoolean("automargin", true);
        if (anchored) json.WriteString("scaleanchor", "x");
        // Categories are numbers with names: two classes of one name stay two, and "1e3" stays a word.
        json.WriteString("type", axis.Scale == AxisScale.Logarithmic && axis.Categories is null ? "log" : "linear");
        if (axis.Categories is { } categories)
        {
            json.WriteBoolean("showgrid", false);
            json.WriteString("tickmode", "array");
            Numbers(json, "tickvals", [.. Enumerable.Range(0, categories.Count).Select(i => (double)i)]);
            Texts(json, "ticktext", categories);
            if (down) json.WriteString("autorange", "reversed");
        }
        else if (axis.Ticks is { } ticks)
        {
            json.WriteString("tickmode", "array");
            Numbers(json, "tickvals", [.. ticks.Select(t => t.Position)]);
            Texts(json, "ticktext", [.. ticks.Select(t => t.Label)]);
        }
        if (axis is { Categories: null, Min: { } min, Max: { } max } && double.IsFinite(min) && double.IsFinite(max) && (axis.Scale == AxisScale.Linear || min > 0))
            Numbers(json, "range", axis.Scale == AxisScale.Linear ? [min, max] : [Math.Log10(min), Math.Log10(max)]);
        json.WriteEndObject();
    }

    internal static void Title(Utf8JsonWriter json, string text, string subtitle = "")
    {
        json.WriteStartObject("title");
        Text(json, "text", text);
        if (subtitle.Length > 0)
        {
            json.WriteStartObject("subtitle");
            Text(json, "text", subtitle);
            json.WriteEndObject();
        }
        json.WriteEndObject();
    }

    private static void Colour(Utf8JsonWriter json, string name, string colour)
    {
        json.WriteStartObject(name);
        json.WriteString("color", colour);
        json.WriteEndObject();
    }

    private static double Centre(int i, double min, double max, int count) => min == 0 && max == count ? i : min + (i + 0.5) * (max - min) / count;

    internal static void Text(Utf8JsonWriter json, string name, string value) => json.WriteString(name, Html.EncodeText(value));

    internal static void Texts(Utf8JsonWriter json, string name, IReadOnlyList<string> values)
    {
        json.WriteStartArray(name);
        foreach (string value in values) json.WriteStringValue(Html.EncodeText(value));
        json.WriteEndArray();
    }

    internal static void Targets(Utf8JsonWriter json, IReadOnlyList<string?> targets)
    {
        json.WriteStartArray("customdata");
        foreach (string? target in targets) json.WriteStringValue(target);
        json.WriteEndArray();
    }

    private static void Numbers(Utf8JsonWriter json, string name, IReadOnlyList<double> values)
    {
        json.WriteStartArray(name);
        foreach (double value in values)
            if (double.IsFinite(value)) json.WriteNumberValue(value);
            else json.WriteNullValue();
        json.WriteEndArray();
    }
}
