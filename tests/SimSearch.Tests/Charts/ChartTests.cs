using System.Globalization;
using System.Text.Json;
using System.Xml;
using System.Xml.Linq;
using SimSearch.Audio;
using SimSearch.Charts;

namespace SimSearch.Tests;

public class ChartTests
{
    public static TheoryData<string> Names => [.. SampleCharts.All().Select(c => c.Name)];

    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    private static Chart Sample(string name) => SampleCharts.All().Single(c => c.Name == name).Chart;

    [Theory, MemberData(nameof(Names))]
    public void Every_svg_is_well_formed_and_says_what_it_shows(string name)
    {
        var chart = Sample(name);
        var svg = XDocument.Parse(chart.ToSvg()).Root!;
        Assert.Equal(Svg + "svg", svg.Name);
        Assert.Equal("img", (string?)svg.Attribute("role"));
        Assert.Equal(Html.Clean(chart.Title), svg.Element(Svg + "title")!.Value);
        Assert.Contains(Html.Clean(chart.X.Label), svg.Element(Svg + "desc")!.Value);
        Assert.True(chart.ToSvg().Length < 400_000, $"{chart.ToSvg().Length} characters");
    }

    [Theory, MemberData(nameof(Names))]
    public void No_coordinate_is_missing_or_far_outside(string name)
    {
        var svg = XDocument.Parse(Sample(name).ToSvg());
        foreach (var attribute in svg.Descendants().Attributes())
        {
            if (attribute.Parent!.Name.LocalName == "svg" && attribute.Name.LocalName is "aria-label" or "font-family") continue;
            Assert.DoesNotContain("NaN", attribute.Value);
            Assert.DoesNotContain("Infinity", attribute.Value);
            Assert.DoesNotContain("∞", attribute.Value);
            if (attribute.Name.LocalName is "width" or "height") Assert.True(double.Parse(attribute.Value, CultureInfo.InvariantCulture) >= 0, $"{attribute.Parent.Name} {attribute}");
        }
    }

    [Theory, MemberData(nameof(Names))]
    public void Axis_titles_are_written_with_their_units(string name)
    {
        var chart = Sample(name);
        string[] texts = [.. XDocument.Parse(chart.ToSvg()).Descendants(Svg + "text").Select(Full)];
        Assert.Contains(Html.Clean(chart.X.Label), texts);
        Assert.Contains(Html.Clean(chart.Y.Label), texts);
        if (chart.X.Unit.Length > 0) Assert.EndsWith($"({chart.X.Unit})", chart.X.Label);

        // A shortened text keeps its whole in a title.
        static string Full(XElement text) => text.Element(Svg + "title")?.Value ?? text.Value;
    }

    [Theory, MemberData(nameof(Names))]
    public void The_same_chart_gives_the_same_bytes_in_every_culture(string name)
    {
        string[] first = Exports(name);
        var before = CultureInfo.CurrentCulture;
        try
        {
            CultureInfo.CurrentCulture = new CultureInfo("") { NumberFormat = { NumberDecimalSeparator = ",", NegativeSign = "−" } };
            Assert.Equal(first, Exports(name));
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }

        static string[] Exports(string name) => [Sample(name).ToSvg(), Sample(name).ToHtml(interactive: true).ToString(), Sample(name).ToPlotlyJson(), Sample(name).ToCsv()];
    }

    [Theory, MemberData(nameof(Names))]
    public void Plotly_figures_have_data_and_titled_axes(string name)
    {
        var chart = Sample(name);
        using var json = JsonDocument.Parse(chart.ToPlotlyJson());
        var data = json.RootElement.GetProperty("data");
        foreach (var trace in data.EnumerateArray()) Assert.Contains(trace.GetProperty("type").GetString(), (string[])["scatter", "bar", "heatmap"]);
        var layout = json.RootElement.GetProperty("layout");
        Assert.Equal(Html.EncodeText(chart.X.Label), layout.GetProperty("xaxis").GetProperty("title").GetProperty("text").GetString());
        Assert.Equal(Html.EncodeText(chart.Y.Label), layout.GetProperty("yaxis").GetProperty("title").GetProperty("text").GetString());
        Assert.DoesNotContain('<', chart.ToPlotlyJson());
    }

    [Theory]
    [InlineData(400, 1)]
    [InlineData(190, 2)]
    public void A_low_chart_says_what_its_vertical_axis_is_on_two_lines(int height, int lines)
    {
        var chart = Chart.Line("Low", new ChartAxis("Time", "s"), new ChartAxis("Frequency, mel scale", "Hz"), new LineSeries("a", [0, 1], [0, 8000])) with { Height = height };
        var texts = XElement.Parse(chart.ToSvg()).Descendants().Where(e => e.Name.LocalName == "text" && ((string?)e.Attribute("transform"))?.StartsWith("rotate(-90", StringComparison.Ordinal) == true).ToArray();
        Assert.Equal(lines, texts.Length);
        Assert.Equal("Frequency, mel scale (Hz)", string.Join(' ', texts.Select(t => t.Nodes().OfType<XText>().First().Value)));
    }

    [Fact]
    public void Charts_stand_side_by_side_narrow_enough_for_two()
    {
        var row = Chart.Beside(SampleCharts.Line(), SampleCharts.Line() with { Width = 300 });
        Assert.Equal([480, 300], row.Charts.Select(c => c.Width));
        Assert.All(row.Charts, chart => Assert.Contains(chart.ToSvg(), row.Markup().ToString()));
        Assert.Equal(2, row.ToString().Split('\n').Length);
        Assert.Throws<ArgumentException>(() => Chart.Beside());
    }

    [Fact]
    public void Distances_between_vectors_become_a_table()
    {
        var chart = Chart.Distances("D", ("a", [0, 0]), ("b", [3, 4]), ("c", [0, 1]));
        var grid = Assert.IsType<HeatmapSeries>(Assert.Single(chart.Series));
        Assert.Equal([0, 5, 1, 5, 0, MathF.Sqrt(18), 1, MathF.Sqrt(18), 0], grid.Values);
        Assert.Equal("5.00", grid.CellText[1]);
        Assert.Contains("'b'", Assert.Throws<ArgumentException>(() => Chart.Distances("D", ("a", [0, 0]), ("b", [3]))).Message);
        Assert.Throws<ArgumentException>(() => Chart.Distances("D", ("a", [float.NaN])));
        Assert.NotEmpty(Chart.Distances("D", ("a", [1f])).ToSvg());
        Assert.NotEmpty(Chart.Distances("D").ToSvg());
    }

    [Fact]
    public void Estimates_become_bars_with_their_intervals_on_a_scale_to_1()
    {
        var chart = Chart.Estimates("P", "Split", new ChartAxis("Precision at 1", ""), ("a", new(0.5, 0.4, 0.6)), ("b", new(0.8, 0.7, 0.9)));
        var bars = Assert.IsType<BarSeries>(Assert.Single(chart.Series));
        Assert.Equal([0.5, 0.8], bars.Values);
        Assert.Equal([0.4, 0.7], bars.Lower);
        Assert.Equal([0.6, 0.9], bars.Upper);
        Assert.Equal(["a", "b"], chart.X.Categories!);
        Assert.Equal(1, chart.Y.Max);
        Assert.Null(Chart.Estimates("P", "Split", new ChartAxis("Distance", ""), ("a", new(5, 4, 6))).Y.Max);
    }

    [Fact]
    public void Plotly_carries_the_numbers_and_leaves_gaps_empty()
    {
        using var json = JsonDocument.Parse(SampleCharts.Line().ToPlotlyJson());
        var line = json.RootElement.GetProperty("data").EnumerateArray().First(t => t.GetProperty("mode").GetString() == "lines" && !t.TryGetProperty("fill", out _));
        double?[] y = [.. line.GetProperty("y").EnumerateArray().Select(v => v.ValueKind == JsonValueKind.Null ? (double?)null : v.GetDouble())];
        Assert.Equal([1.0, 2.0, null, 4.0, null], y);

        using var bars = JsonDocument.Parse(SampleCharts.Bars().ToPlotlyJson());
        var error = bars.RootElement.GetProperty("data")[0].GetProperty("error_y");
        Assert.Equal(0.1, error.GetProperty("array")[0].GetDouble(), 9);
        Assert.Equal(0.1, error.GetProperty("arrayminus")[1].GetDouble(), 9);
    }

    [Fact]
    public void Csv_has_units_in_its_heading_and_numbers_that_read_back_exactly()
    {
        var chart = Chart.Line("t", new ChartAxis("Time", "s"), new ChartAxis("Level", "dB"), new LineSeries("a, \"b\"", [0.1, 1.0 / 3], [double.NaN, -2.5e-300]));
        Assert.Equal($"Series,Time (s),Level (dB)\n\"a, \"\"b\"\"\",0.1,\n\"a, \"\"b\"\"\",{(1.0 / 3).ToString("R", CultureInfo.InvariantCulture)},-2.5E-300\n", chart.ToCsv());
    }

    [Fact]
    public void Csv_cells_are_never_formulas()
    {
        foreach (string cell in SampleCharts.OfHostileTexts().ToCsv().Split('\n').SelectMany(line => line.Split(',')))
            Assert.False(cell.TrimStart('"').StartsWith('='), cell);
    }

    [Fact]
    public void Points_stay_where_their_values_say()
    {
        var chart = Chart.Scatter("", new ChartAxis("x", "m") { Min = 0, Max = 10 }, new ChartAxis("y", "m") { Min = 0, Max = 10 }, new PointSeries("p", [0, 5, 10], [10, 5, 0], ["a", "b", "c"]));
        var frame = XDocument.Parse(chart.ToSvg()).Root!.Element(Svg + "svg")!;
        (double width, double height) = ((double)frame.Attribute("width")!, (double)frame.Attribute("height")!);
        double[][] starts = [.. frame.Descendants(Svg + "path").Select(p => ((string)p.Attribute("d")!)[1..].Split('m')[0].Split(' ').Select(v => double.Parse(v, CultureInfo.InvariantCulture)).ToArray())];
        Assert.Equal(3, starts.Length);
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal(width * i / 2, starts[i][0], 0.1);
            Assert.Equal(height * i / 2, starts[i][1], 0.1);
        }
    }

    [Fact]
    public void Bars_stand_on_zero_and_their_heights_are_proportional()
    {
        var chart = Chart.Bar("", "Class", ["a", "b"], new ChartAxis("Count", "items"), new BarSeries("n", [50, 100]));
        double[] heights = [.. XDocument.Parse(chart.ToSvg()).Root!.Element(Svg + "svg")!.Descendants(Svg + "rect").Select(r => (double)r.Attribute("height")!)];
        Assert.Equal(2, heights[1] / heights[0], 0.01);
    }

    [Fact]
    public void A_gap_breaks_the_line()
    {
        var chart = Chart.Line("", new ChartAxis("x", "s"), new ChartAxis("y", "s"), new LineSeries("l", [0, 1, 2, 3, 4], [0, 1, double.NaN, 3, 4]));
        string path = (string)XDocument.Parse(chart.ToSvg()).Root!.Element(Svg + "svg")!.Element(Svg + "path")!.Attribute("d")!;
        Assert.Equal(2, path.Count(c => c == 'M'));
        Assert.Equal(2, path.Count(c => c == 'L'));
    }

    [Fact]
    public void A_long_line_is_thinned_and_keeps_its_peaks()
    {
        double[] y = new double[200_000];
        y[123_456] = 1;
        y[33_333] = -1;
        var chart = Chart.Line("", new ChartAxis("x", "s"), new ChartAxis("y", "s") { Min = -1, Max = 1 }, new LineSeries("l", Enumerable.Range(0, y.Length).Select(i => (double)i), y));
        var frame = XDocument.Parse(chart.ToSvg()).Root!.Element(Svg + "svg")!;
        string path = (string)frame.Element(Svg + "path")!.Attribute("d")!;
        Assert.True(path.Length < 60_000, $"{path.Length}");
        double[] heights = [.. path.Split('M', 'L').Skip(1).Select(p => double.Parse(p.Split(' ')[1], CultureInfo.InvariantCulture))];
        Assert.Equal(0, heights.Min(), 0.1);
        Assert.Equal((double)frame.Attribute("height")!, heights.Max(), 0.1);
    }

    [Fact]
    public void The_waveform_keeps_a_click_of_one_sample()
    {
        float[] samples = new float[1_000_000];
        samples[654_321] = 0.75f;
        var band = Assert.IsType<BandSeries>(Assert.Single(Chart.Waveform(new AudioSignal(samples, 44100)).Series));
        Assert.Equal(0.75, band.Upper.Max(), 6);
        Assert.Equal(654_321 / 44100.0, band.X[band.Upper.ToList().IndexOf(band.Upper.Max())], 0.02);
    }

    [Fact]
    public void A_spectrogram_puts_a_tone_at_its_frequency_and_time()
    {
        // One bright cell: bin 100 of 1025 in frame 30 of 40.
        float[] values = new float[40 * 1025];
        values[30 * 1025 + 100] = 1;
        var chart = Chart.Spectrogram(new FeatureMatrix("power", values, 1025, 22050, 512));
        var map = Assert.IsType<HeatmapSeries>(Assert.Single(chart.Series));
        int brightest = Array.IndexOf(map.Values, map.Values.Max());
        double hertz = map.YMin + (brightest / map.Columns + 0.5) * (map.YMax - map.YMin) / map.Rows, seconds = map.XMin + (brightest % map.Columns + 0.5) * (map.XMax - map.XMin) / map.Columns;
        Assert.Equal(100 * 22050 / 2048.0, hertz, 1e-6);
        Assert.Equal(30 * 512 / 22050.0, seconds, 1e-9);
        Assert.Equal(0, map.Values[brightest]);
        Assert.Equal("Frequency (Hz)", chart.Y.Label);
        Assert.Equal("Time (s)", chart.X.Label);
    }

    [Fact]
    public void Mel_axis_marks_lie_between_the_bands_that_surround_them()
    {
        double[] centres = [.. Enumerable.Range(0, 40).Select(i => 50 + 100.0 * i)];
        var chart = Chart.Spectrogram(SampleCharts.Feature("mel", 10, 40), melFrequencies: centres);
        var mark = chart.Y.Ticks!.Single(t => t.Label == "1000");
        Assert.Equal(9.5, mark.Position, 9);
        Assert.Throws<ArgumentException>(() => Chart.Spectrogram(SampleCharts.Feature("mel", 10, 40), melFrequencies: [1, 2]));
    }

    [Fact]
    public void Histogram_counts_every_finite_value_once()
    {
        var chart = Chart.Histogram("h", new ChartAxis("v", "m"), [1, 1, 2, 5, 5, double.NaN, double.PositiveInfinity], bins: 4);
        var bars = Assert.IsType<HistogramSeries>(Assert.Single(chart.Series));
        Assert.Equal([2, 1, 0, 2], bars.Counts);
        Assert.Equal([1, 2, 3, 4, 5], bars.Edges);
        Assert.Contains("2 of 7", chart.Subtitle);
    }

    [Fact]
    public void Confusion_colours_are_shares_of_the_row()
    {
        var map = Assert.IsType<HeatmapSeries>(Assert.Single(SampleCharts.Confusion().Series));
        Assert.Equal([0.9f, 0.1f, 0f, 1f], map.Values);
        Assert.Equal(["9", "1", "", "5"], map.CellText);
    }

    [Fact]
    public void Wrong_shapes_are_refused_with_the_numbers_that_do_not_fit()
    {
        Assert.Contains("2 values where 1", Assert.Throws<ArgumentException>(() => new LineSeries("l", [1], [1, 2])).Message);
        Assert.Contains("both", Assert.Throws<ArgumentException>(() => new LineSeries("l", [1], [1], lower: [0])).Message);
        Assert.Contains("4 by 4", Assert.Throws<ArgumentException>(() => Chart.Confusion("c", ["a", "b", "c", "d"], [1])).Message);
        Assert.Contains("-1", Assert.Throws<ArgumentException>(() => Chart.Confusion("c", ["a"], [-1])).Message);
        Assert.Contains("5 values cannot fill 2 rows of 3", Assert.Throws<ArgumentException>(() => new HeatmapSeries("h", new float[5], 2, 3)).Message);
        Assert.Contains("edge 1", Assert.Throws<ArgumentException>(() => new HistogramSeries("h", [1, 1], [1])).Message);
        Assert.Contains("1 bars for 2", Assert.Throws<ArgumentException>(() => Chart.Bar("b", "c", ["x", "y"], new ChartAxis("y", ""), new BarSeries("s", [1]))).Message);
        Assert.Contains("Width=10", Assert.Throws<ArgumentOutOfRangeException>(() => SampleCharts.Line() with { Width = 10 }).Message);
    }

    [Fact]
    public void Files_are_what_the_exports_say()
    {
        string folder = Directory.CreateTempSubdirectory("simsearch-charts").FullName;
        try
        {
            var chart = SampleCharts.Line();
            chart.SaveSvg(Path.Combine(folder, "c.svg"));
            chart.SaveCsv(Path.Combine(folder, "c.csv"));
            chart.SavePlotlyJson(Path.Combine(folder, "c.json"));
            chart.SaveHtml(Path.Combine(folder, "c.html"));
            Assert.Equal(chart.ToSvg(), File.ReadAllText(Path.Combine(folder, "c.svg")));
            Assert.Equal(chart.ToCsv(), File.ReadAllText(Path.Combine(folder, "c.csv")));
            Assert.Equal(chart.ToPlotlyJson(), File.ReadAllText(Path.Combine(folder, "c.json")));
            Assert.Contains(chart.ToSvg(), File.ReadAllText(Path.Combine(folder, "c.html")));
            Assert.Equal(4, Directory.GetFiles(folder).Length);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void The_structure_of_three_charts_is_as_agreed()
    {
        // A change of layout shows here as a changed count or order; positions are held by the tests above.
        Assert.Equal("title desc style rect g[text] g[text] g[path,text,path,path,text] g[path,path,path,path,path,path,path,path,path] svg[path,path,path,path,path] path g[text,text,text,text,text,text,text,text,text] g[text,text]", Outline(SampleCharts.Line()));
        Assert.Equal("title desc style rect g[text] g[] g[rect,text,rect,text] g[path,path,path,path,path] svg[g,path,g] path g[text,text,text,text,text,text,text,text] g[text,text]", Outline(SampleCharts.Bars()));
        Assert.Equal("title desc style rect g[text] g[] g[] g[] svg[image] path g[text,text,text,text,text,text,text,text,text,text,text,text] g[text,text] g[rect] g[text,text,text,text] g[text]",
            Outline(Sample("log-mel")).Replace(string.Join(',', Enumerable.Repeat("rect", 48)), "rect"));

        static string Outline(Chart chart) => string.Join(' ', XDocument.Parse(chart.ToSvg()).Root!.Elements().Select(e =>
            e.Name.LocalName + (e.Name.LocalName is "g" or "svg" ? $"[{string.Join(',', e.Elements().Select(c => c.Name.LocalName))}]" : "")));
    }
}
