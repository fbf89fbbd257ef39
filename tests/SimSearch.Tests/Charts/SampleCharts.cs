using SimSearch.Audio;
using SimSearch.Charts;

namespace SimSearch.Tests;

/// <summary>One chart of every kind, with gaps and hard names, for tests that hold for all of them.</summary>
internal static class SampleCharts
{
    private static readonly ChartAxis Time = new("Time", "s"), Level = new("Level", "dB");

    /// <summary>Texts that break out of markup, attributes, scripts, styles, CSV or the reading direction where they are not encoded.</summary>
    public static readonly string[] Hostile =
    [
        "<script>document.title='pwned'</script>", "\"><img src=x onerror=\"document.title='pwned'\">", "' onload='document.title=1", "</svg><script>pwned()</script>",
        "</script><script>pwned()</script>", "</title><script>pwned()</script>", "<!--<script>", "]]><script>pwned()</script>", "javascript:pwned()", "<a href=\"javascript:pwned()\">x</a>",
        "&lt;b&gt; &amp;amp; &#x3c;", "</style><style>*{display:none}", "=HYPERLINK(\"http://example.invalid\")", "\u0000\u0001\u001b[31m", "\u202Egnp.exe", "\uD800 lone", "a\r\nb\tc", "$x^2$ %{x}", "\uFFFE\uFFFF", "</details></table>",
    ];

    public static Chart Line() => Chart.Line("Line", Time, Level,
        new LineSeries("a", [0, 1, 2, 3, 4], [1, 2, double.NaN, 4, double.PositiveInfinity], [0, 1, 2, double.NaN, 3], [2, 3, 4, 5, 6]),
        new LineSeries("b", [0, 4], [3, 1]) { Markers = true }) with { Subtitle = "two lines", Caption = "Look at the gap." };

    public static Chart Bars() => Chart.Bar("Bars", "Class", ["dog", "cat", "cow"], new ChartAxis("Precision at 10", "share"),
        new BarSeries("new", [0.5, 0.7, double.NaN], [0.4, 0.6, 0.1], [0.6, 0.8, 0.2]), new BarSeries("old", [-0.1, 0.2, 0.3]));

    public static Chart Confusion() => Chart.Confusion("Confusion", ["a", "b"], [9, 1, 0, 5]);

    public static FeatureMatrix Feature(string kind, int frames, int bins) =>
        new(kind, [.. Enumerable.Range(0, frames * bins).Select(i => kind == "log-mel" ? -80f + i % 80 : 1e-6f + i % 97)], bins, 22050, 512);

    public static IEnumerable<(string Name, Chart Chart)> All()
    {
        double[] many = [.. Enumerable.Range(0, 20_000).Select(i => Math.Sin(i * 0.37) * i)];
        yield return ("line", Line());
        yield return ("log", Chart.Line("Log", new ChartAxis("Time", "µs") { Scale = AxisScale.Logarithmic }, Level, new LineSeries("", [0, 0.01, 100, -5, 1e6], [1, 2, 3, 4, 5])));
        yield return ("scatter", Chart.Scatter("Scatter", new ChartAxis("First component", "standard deviations"), new ChartAxis("Second component", "standard deviations"),
            new PointSeries("dog", [1, 2, double.NaN], [1, double.NegativeInfinity, 3], ["d1", "d2", "d3"]), new PointSeries("cat", [0], [0], ["c1"])));
        yield return ("many points", Chart.Scatter("Many", Time, Level, new PointSeries("p", many, many.Reverse())));
        yield return ("long line", Chart.Line("Long", Time, Level, new LineSeries("p", many.Select((_, i) => (double)i), many)));
        yield return ("bars", Bars());
        yield return ("histogram", Chart.Histogram("Histogram", new ChartAxis("Occurrences", "items"), many.Append(double.NaN)));
        yield return ("confusion", Confusion());
        yield return ("heatmap", Chart.Heatmap("Heatmap", Time, new ChartAxis("Bin", "number"), new HeatmapSeries("Level (dB)", [1, float.NaN, 3, 4, 5, float.PositiveInfinity], 2, 3)));
        yield return ("waveform", Chart.Waveform(new AudioSignal([.. many.Select((_, i) => MathF.Sin(i * 0.1f) * (i % 7 == 0 ? float.NaN : 1f))], 8000, 2)));
        foreach (string kind in (string[])["power", "mel", "log-mel", "mfcc", "chroma", "centroid"])
            yield return (kind, Chart.Spectrogram(Feature(kind, 50, kind == "chroma" ? 12 : kind == "centroid" ? 1 : 40), kind));
        yield return ("precision and recall", Chart.PrecisionRecall("Precision and recall", new LineSeries("x", [0, 0.5, 1], [1, 0.8, 0.3])));
        yield return ("quiet line", new Chart("Quiet", Time, Level, new PointSeries("p", [0, 1], [1, 0]), new LineSeries("q", [0, 1, double.NaN, 0, 1], [0, 1, double.NaN, 1, 0]) { Quiet = true }));
        yield return ("empty", Chart.Line("Empty", Time, Level));
        yield return ("no values", Chart.Line("No values", Time, Level, new LineSeries("n", [double.NaN], [1])));
        yield return ("one point", Chart.Line("One", Time, Level, new LineSeries("one", [3], [1e9])));
        yield return ("huge", Chart.Scatter("Huge", Time, Level, new PointSeries("h", [-1.7e308, 1.7e308, 1e-320], [1.7e308, -1.7e308, 5e-324])));
        yield return ("empty waveform", Chart.Waveform(new AudioSignal([], 8000)));
        yield return ("empty spectrogram", Chart.Spectrogram(new FeatureMatrix("log-mel", [], 40, 22050, 512)));
        yield return ("no classes", Chart.Confusion("None", [], []));
        yield return ("hostile", OfHostileTexts());
    }

    public static Chart OfHostileTexts()
    {
        var x = new ChartAxis(Hostile[0], Hostile[1]) { Categories = Hostile };
        double[] ones = [.. Hostile.Select((_, i) => (double)i)];
        return new Chart(string.Join(' ', Hostile), x, new ChartAxis(Hostile[3], Hostile[4]), [.. Hostile.Select(h => new BarSeries(h, ones)), new PointSeries(Hostile[5], ones, ones, Hostile)]) { Subtitle = Hostile[6], Caption = string.Join(' ', Hostile), Height = 900 };
    }
}
