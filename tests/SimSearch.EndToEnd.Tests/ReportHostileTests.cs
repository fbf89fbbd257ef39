using SimSearch.Charts;
using SimSearch.Tests.Support;

namespace SimSearch.Tests;

/// <summary>Names of files and classes are other people's data: in a browser they must stay text.</summary>
public sealed class ReportHostileTests(ReportBrowser browser) : IClassFixture<ReportBrowser>
{
    private static readonly string[] Hostile =
    [
        "<script>window.hit=1</script>", "\"><img src=x onerror=\"window.hit=1\">", "' onload='window.hit=1", "</svg><script>window.hit=1</script>", "</script><script>window.hit=1</script>",
        "</title><script>window.hit=1</script>", "<!--<script>", "]]><script>window.hit=1</script>", "<a href=\"javascript:window.hit=1\">x</a>", "</style><style>*{display:none}</style>",
        "<svg onload=window.hit=1>", "<iframe srcdoc=\"<script>parent.hit=1</script>\">", "<math><mi xlink:href=\"javascript:window.hit=1\">", "<b onmouseover=window.hit=1>b</b>", "\u202Egnp", "${window.hit=1}", "%{x}<extra></extra>", "&lt;script&gt;",
        "<meta http-equiv=refresh content=\"0;url=http://example.invalid\">", "<base href=http://example.invalid>", "<link rel=stylesheet href=http://example.invalid/x.css>", "<form action=http://example.invalid><button>go</button></form>",
    ];

    [Fact]
    public async Task No_text_becomes_markup_or_runs_even_in_plotly()
    {
        double[] values = [.. Hostile.Select((_, i) => (double)i)];
        string all = string.Join(' ', Hostile);
        Chart[] charts =
        [
            Chart.Scatter(all, new ChartAxis(Hostile[0], Hostile[1]), new ChartAxis(Hostile[4], Hostile[8]), [.. Hostile.Select(h => new PointSeries(h, values, values, Hostile))]) with { Subtitle = all, Caption = all, Height = 900 },
            Chart.Bar(Hostile[10], Hostile[11], Hostile, new ChartAxis(Hostile[12], Hostile[13]), new BarSeries(Hostile[2], values)),
            Chart.Confusion(Hostile[3], Hostile, [.. Enumerable.Range(0, Hostile.Length * Hostile.Length).Select(i => (double)(i % 5))]),
            Chart.Heatmap(Hostile[5], new ChartAxis(Hostile[6], ""), new ChartAxis(Hostile[7], "") { Ticks = [new AxisTick(1, Hostile[9])] }, new HeatmapSeries(Hostile[8], [1, 2, 3, 4], 2, 2)),
        ];
        string folder = Directory.CreateTempSubdirectory("simsearch-hostile").FullName;
        try
        {
            string path = Path.Combine(folder, "index.html");
            string? plotly = PlotlyScript.Find(SharedData.RepositoryRoot);
            new HtmlPage(all)
            {
                Lead = all, Plotly = plotly, Content = [.. charts.Select(c => c.ToHtml(interactive: true))],
                Sections = [.. Hostile.Select((h, i) => new PageSection($"s{i}", h, Html.Of($"<p title=\"{h}\">{h}</p>")))],
            }.Save(path);
            await using var open = await browser.Open(path);
            foreach (var button in await open.Page.Locator(".ss-zoom").AllAsync()) await button.ClickAsync();
            await open.Page.WaitForTimeoutAsync(500);

            Assert.Null(await open.Page.EvaluateAsync<int?>("window.hit ?? null"));
            Assert.Equal(plotly is null ? 2 : 4, await open.Page.Locator("script:not([type])").CountAsync());
            Assert.Equal(0, await open.Page.Locator("img, iframe, math, form, base, link, object, embed, [onload], [onerror], [onmouseover], meta[http-equiv=refresh], a[href^='javascript']").CountAsync());
            Assert.True(await open.Page.Locator("h1").IsVisibleAsync());
            string title = await open.Page.TitleAsync();
            Assert.Contains("<script>window.hit=1</script>", title);
            // What cannot be seen is dropped; the rest reads as it was given.
            string[] lines = await open.Page.EvaluateAsync<string[]>("[...document.querySelectorAll('section p')].map(p => p.textContent)");
            Assert.Equal(Hostile.Select(h => h.Replace("\u202E", "", StringComparison.Ordinal)), lines);
            Assert.Empty(open.Complaints);
            Assert.Empty(open.RequestsElsewhere);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Theory]
    [InlineData(false, "rgb(255, 255, 255)")]
    [InlineData(true, "rgb(22, 27, 34)")]
    public async Task An_svg_file_alone_follows_the_colour_scheme(bool dark, string surface)
    {
        string folder = Directory.CreateTempSubdirectory("simsearch-svg").FullName;
        try
        {
            string path = Path.Combine(folder, "chart.svg");
            Chart.Line("Alone", new ChartAxis("Time", "s"), new ChartAxis("Level", "dB"), new LineSeries("a", [0, 1], [0, 1])).SaveSvg(path);
            await using var open = await browser.Open(path, dark: dark);
            Assert.Equal(surface, await open.Page.EvaluateAsync<string>("getComputedStyle(document.querySelector('rect.s')).fill"));
            Assert.Empty(open.Complaints);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
