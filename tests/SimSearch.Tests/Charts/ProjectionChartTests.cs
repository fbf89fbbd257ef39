using System.Text.Json;
using System.Xml.Linq;
using SimSearch.Audio;
using SimSearch.Charts;
using SimSearch.Datasets;
using SimSearch.Embedding;

namespace SimSearch.Tests;

public sealed class ProjectionChartTests : IDisposable
{
    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";
    private readonly string folder = Directory.CreateTempSubdirectory("simsearch-projection-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private Embeddings Clouds(int points, int classes, bool withSounds = false)
    {
        if (withSounds)
            for (int i = 0; i < points; i++) WavWriter.Write(Path.Combine(folder, $"{i}.wav"), new AudioSignal([.. Enumerable.Range(0, 4000).Select(t => MathF.Sin(t * (0.1f + 0.01f * i)) * 0.5f)], 8000));
        Item[] items = [.. Enumerable.Range(0, points).Select(i => new Item { Id = $"item {i}", Source = $"{i}.wav", Labels = [$"class {i % classes:D2}"] })];
        return new Embeddings(TsneTests.Clouds(points, 8, classes), items, "clouds", "f", folder);
    }

    [Fact]
    public void The_title_tells_how_far_to_trust_it()
    {
        using var embeddings = Clouds(60, 3);
        foreach (var projection in (Projection[])[Projection.Pca(embeddings), Projection.Tsne(embeddings, new TsneOptions { Iterations = 250 })])
        {
            var chart = Chart.Projection(projection);
            string figures = FormattableString.Invariant($"trustworthiness {projection.Trustworthiness:0.000}, continuity {projection.Continuity:0.000} (k = 10)");
            Assert.Contains(figures, chart.Title);
            Assert.Contains(projection.Method, chart.Title);
            Assert.Contains(figures, string.Concat(XElement.Parse(chart.ToSvg()).Descendants(Svg + "text").Select(t => t.Value + " ")));
            Assert.Equal(["class 00", "class 01", "class 02"], chart.Series.Select(s => s.Name));
            Assert.Equal(60, chart.Series.OfType<PointSeries>().Sum(s => s.X.Count));
            using var figure = JsonDocument.Parse(chart.ToPlotlyJson());
            Assert.Equal("x", figure.RootElement.GetProperty("layout").GetProperty("yaxis").GetProperty("scaleanchor").GetString());
        }
    }

    [Fact]
    public void A_unit_is_as_long_upwards_as_sideways()
    {
        // The corners of a square of 10 by 10, and one point to the left.
        var chart = Chart.Scatter("Square", new ChartAxis("x", ""), new ChartAxis("y", ""), new PointSeries("p", [0, 10, 0, 10, -5], [0, 0, 10, 10, 5], ["a", "b", "c", "d", "e"])) with { EqualScale = true, Width = 900, Height = 300 };
        (double X, double Y)[] at = [.. XElement.Parse(chart.ToSvg()).Descendants(Svg + "path").Where(p => p.Element(Svg + "title") is not null).Select(p => p.Attribute("d")!.Value[1..].Split('m')[0].Split(' ')).Select(p => (double.Parse(p[0], System.Globalization.CultureInfo.InvariantCulture), double.Parse(p[1], System.Globalization.CultureInfo.InvariantCulture)))];
        Assert.Equal(5, at.Length);
        Assert.Equal(at[1].X - at[0].X, at[0].Y - at[2].Y, 0.3);
        Assert.True(at[0].Y - at[2].Y > 50);
    }

    [Fact]
    public void Classes_beyond_a_dozen_are_named_among_their_points_without_overlap()
    {
        using var embeddings = Clouds(400, 40);
        var chart = Chart.Projection(Projection.Tsne(embeddings, new TsneOptions { Iterations = 250 }));
        var names = XElement.Parse(chart.ToSvg()).Descendants(Svg + "g").Single(g => (string?)g.Attribute("paint-order") == "stroke").Elements(Svg + "text").ToArray();
        Assert.InRange(names.Length, 35, 40);
        double[][] places = [.. names.Select(n => (double[])[(double)n.Attribute("x")!, (double)n.Attribute("y")!])];
        for (int i = 0; i < places.Length; i++)
            for (int j = 0; j < i; j++) Assert.True(Math.Abs(places[i][1] - places[j][1]) >= 14.9 || Math.Abs(places[i][0] - places[j][0]) > 40);
        using var few = Clouds(60, 3);
        Assert.DoesNotContain("paint-order", Chart.Projection(Projection.Pca(few)).ToSvg());
    }

    [Fact]
    public void Points_with_sounds_are_links_to_their_players()
    {
        using var embeddings = Clouds(24, 3, withSounds: true);
        using var html = new StringWriter();
        Shown(Projection.Pca(embeddings), "text/html", html);
        var output = XElement.Parse(html.ToString().Replace(" controls ", " ", StringComparison.Ordinal));
        var links = output.Descendants(Svg + "a").ToArray();
        Assert.Equal(16, links.Length);
        Assert.Equal(3, links.Select(l => l.Attribute("aria-label")!.Value[..13]).Distinct().Count());
        foreach (var link in links)
        {
            string id = link.Attribute("href")!.Value[1..];
            var player = output.Descendants("li").Single(l => (string?)l.Attribute("id") == id);
            Assert.Single(player.Descendants("audio"));
            Assert.Contains(player.Element("span")!.Value, link.Attribute("aria-label")!.Value);
        }
        Assert.Equal("group", output.Descendants(Svg + "svg").First().Attribute("role")!.Value);
        Assert.InRange(html.ToString().Length, 1, 300_000);
    }

    [Fact]
    public void Large_projections_and_those_without_sounds_show_themselves_too()
    {
        using var embeddings = Clouds(2500, 20);
        using var html = new StringWriter();
        Shown(Projection.Pca(embeddings), "text/html", html);
        var output = XElement.Parse(html.ToString().Replace(" controls ", " ", StringComparison.Ordinal));
        Assert.Empty(output.Descendants("audio"));
        Assert.NotEmpty(output.Descendants(Svg + "svg"));
        Assert.InRange(html.ToString().Length, 1, 300_000);
        using var text = new StringWriter();
        Shown(Projection.Pca(embeddings, dimensions: 3), "text/plain", text);
        Assert.StartsWith("PCA of 2500 items: trustworthiness 0.", text.ToString());
    }

    [Fact]
    public void Three_dimensions_are_three_views_and_one_cloud()
    {
        using var embeddings = Clouds(30, 3, withSounds: true);
        var projection = Projection.Pca(embeddings, dimensions: 3);
        string?[] targets = [.. Enumerable.Range(0, 30).Select(i => i % 2 == 0 ? $"p-{i}" : null)];
        var grid = Chart.ProjectionViews(projection, targets: targets);
        Assert.Equal(3, grid.Charts.Count);
        Assert.Contains(FormattableString.Invariant($"trustworthiness {projection.Trustworthiness:0.000}, continuity {projection.Continuity:0.000}"), grid.Title);
        // Each pair of axes once.
        Assert.Equal(3, grid.Charts.Select(c => string.Join(' ', new[] { c.X.Label, c.Y.Label }.Order(StringComparer.Ordinal))).Distinct().Count());
        Assert.Equal(45, XElement.Parse(grid.ToSvg()).Descendants(Svg + "a").Count());
        using var figure = JsonDocument.Parse(grid.Figure!);
        var traces = figure.RootElement.GetProperty("data").EnumerateArray().ToArray();
        Assert.Equal(["scatter3d", "scatter3d", "scatter3d"], traces.Select(t => t.GetProperty("type").GetString()));
        for (int axis = 0; axis < 3; axis++)
        {
            float[] drawn = [.. traces.SelectMany(t => t.GetProperty("xyz"[axis].ToString()).EnumerateArray()).Select(v => v.GetSingle()).Order()];
            Assert.Equal([.. Enumerable.Range(0, 30).Select(row => projection.Points.Row(row)[axis]).Order()], drawn);
        }
        Assert.Equal(15, traces.SelectMany(t => t.GetProperty("customdata").EnumerateArray()).Count(v => v.ValueKind == JsonValueKind.String));
        Assert.Equal(3, figure.RootElement.GetProperty("layout").GetProperty("scene").EnumerateObject().Count(p => p.Name.EndsWith("axis", StringComparison.Ordinal)));

        using var html = new StringWriter();
        Shown(projection, "text/html", html);
        Assert.Contains("scatter3d", html.ToString());
        Assert.Contains("<audio", html.ToString());
        Assert.Throws<ArgumentException>(() => Chart.ProjectionViews(Projection.Pca(embeddings)));
        // The picture that turns has the shapes of the legend beside it.
        Assert.All(Palette.Shapes, shape => Assert.Contains($"'{shape}'", PageAssets.PlayerScript));
    }

    [Fact]
    public void Frames_share_axes_and_colours_and_do_not_spin()
    {
        using var embeddings = Clouds(90, 3);
        var first = Projection.Pca(embeddings);
        var turned = VectorMatrix.FromArray([.. Enumerable.Range(0, 90).SelectMany(i => (float[])[first.Points.Row(i)[1] + 5, -first.Points.Row(i)[0]])], 2);
        var grid = Chart.Projections("Epochs", [("epoch 0", first), ("epoch 1", Projection.Of(embeddings, turned, "PCA")), ("epoch 2", first)], columns: 2);
        Assert.Equal(3, grid.Charts.Count);
        var points = grid.Charts.Select(c => c.Series.OfType<PointSeries>().SelectMany(s => s.X.Concat(s.Y)).ToArray()).ToArray();
        foreach (var other in points)
            for (int i = 0; i < other.Length; i++) Assert.Equal(points[0][i], other[i], 1e-3);
        Assert.Single(grid.Charts.Select(c => (c.X.Min, c.X.Max, c.Y.Min, c.Y.Max)).Distinct());
        var svg = XElement.Parse(grid.ToSvg());
        string words = string.Concat(svg.Descendants(Svg + "text").Select(t => t.Value + "|"));
        Assert.Contains("epoch 1|", words);
        Assert.Equal(3, words.Split("trustworthiness").Length - 1);
        Assert.Equal(3, words.Split("class 0").Length - 1); // one legend
        Assert.Contains("trustworthiness", grid.ToString());
        Assert.Throws<ArgumentException>(() => Chart.Projections("x", []));
        Assert.Throws<ArgumentException>(() => new ChartGrid("x", SampleCharts.Line(), SampleCharts.Line() with { Height = 300 }));
        using var others = Clouds(60, 3);
        Assert.Throws<SimSearchException>(() => Chart.Projections("x", [("a", first), ("b", Projection.Pca(others))]));
    }

    private static void Shown(Projection projection, string mimeType, TextWriter writer) =>
        Assert.True(new NotebookFormatterSource<Projection>().CreateTypeFormatters().Cast<NotebookFormatterSource<Projection>.Formatter>().Single(f => f.MimeType == mimeType).Format(projection, writer));

    [Fact]
    public void Targets_must_be_as_many_as_points()
    {
        using var embeddings = Clouds(10, 2);
        var projection = Projection.Pca(embeddings);
        Assert.Contains("2 targets for 10 points", Assert.Throws<ArgumentException>(() => Chart.Projection(projection, targets: ["a", "b"])).Message);
        Assert.Contains("Targets has 1 values", Assert.Throws<ArgumentException>(() => new PointSeries("p", [1, 2], [1, 2]) { Targets = ["a"] }).Message);
    }
}
