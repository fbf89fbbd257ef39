using Microsoft.Playwright;
using SimSearch.Audio;
using SimSearch.Charts;
using SimSearch.Datasets;
using SimSearch.Embedding;
using SimSearch.Evaluation;
using SimSearch.Tests.Support;

namespace SimSearch.Tests;

/// <summary>A report of real (synthetic) sounds, as a browser shows it.</summary>
public sealed class ReportPageTests(ReportBrowser browser, SampleReport sample) : IClassFixture<ReportBrowser>, IClassFixture<SampleReport>
{
    private static readonly string[] Sections = ["data", "sounds", "map", "quality", "classes", "hubs", "listen", "reproduce"];

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Charts_and_pictures_are_visible_with_scripts_and_without(bool scripts)
    {
        await using var open = await browser.Open(sample.Path, scripts);
        foreach (string id in Sections)
            Assert.True(await open.Page.Locator($"section#{id} h2").IsVisibleAsync(), id);
        var charts = await open.Page.Locator(".ss-plot > svg").AllAsync();
        Assert.True(charts.Count >= 7, $"{charts.Count} charts");
        foreach (var chart in charts)
        {
            var box = await chart.BoundingBoxAsync();
            Assert.True(box is { Width: > 300, Height: > 100 }, await chart.GetAttributeAsync("aria-label"));
            Assert.NotEmpty((await chart.GetAttributeAsync("aria-label"))!);
        }
        int pictures = await open.Page.Locator("img.ss-image").CountAsync();
        Assert.Equal(SampleReport.Classes + SampleReport.Queries * (SampleReport.Hits + 1), pictures);
        Assert.Equal(pictures, await open.Page.Locator(".ss-sound audio[controls], .ss-hits audio[controls]").CountAsync());
        Assert.Equal(scripts && PlotlyScript.Find(SharedData.RepositoryRoot) is not null ? 5 : 0, await open.Page.Locator(".ss-zoom").CountAsync());
        Assert.Empty(open.Complaints);
        Assert.Empty(open.RequestsElsewhere);
    }

    [Fact]
    public async Task Pictures_are_decoded_and_have_words_beside_them()
    {
        await using var open = await browser.Open(sample.Path);
        string[] broken = await open.Page.EvaluateAsync<string[]>("[...document.images].filter(i => !i.complete || i.naturalWidth < 20 || !i.alt).map(i => i.outerHTML.slice(0, 80))");
        Assert.Empty(broken);
    }

    [Fact]
    public async Task The_switch_turns_the_page_and_its_charts_and_is_that_of_the_notebooks()
    {
        await using var open = await browser.Open(sample.Path);
        Task<string> Paper() => open.Page.EvaluateAsync<string>("getComputedStyle(document.body).backgroundColor");
        Task<string> Surface() => open.Page.Locator(".ss-plot svg rect.s").First.EvaluateAsync<string>("r => getComputedStyle(r).fill");
        Assert.Equal(("rgb(246, 248, 250)", "rgb(255, 255, 255)"), (await Paper(), await Surface()));
        await open.Page.Locator(".nb-theme").ClickAsync();
        Assert.Equal(("rgb(13, 17, 23)", "rgb(22, 27, 34)"), (await Paper(), await Surface()));
        foreach (string text in (string[])["h1", "td", ".ss-nav a", ".nb-theme", ".ss-plot svg g.m text"]) Assert.True(await ReportBrowser.Contrast(open.Page, text) >= 4.5, text);
        await open.Page.ReloadAsync();
        Assert.Equal("rgb(13, 17, 23)", await Paper()); // remembered
        Assert.Equal("Light", await open.Page.Locator(".nb-theme").InnerTextAsync());
        await open.Page.Locator(".nb-theme").ClickAsync();
        Assert.Equal("rgb(255, 255, 255)", await Surface());
        Assert.Empty(open.Complaints);
        string theme = File.ReadAllText(Path.Combine(SharedData.RepositoryRoot, "src/SimSearch.Notebooks/Documents/Pages/Assets/theme.css"));
        Assert.Contains(theme, File.ReadAllText(sample.Path));
    }

    [Fact]
    public async Task A_click_on_a_point_of_the_map_is_heard()
    {
        await using var open = await browser.Open(sample.Path);
        Assert.True(await open.Heard(open.Page.Locator("section#map .ss-plot a[href]").Nth(4)) > 0);
        Assert.Equal(1, await open.Page.Locator("section#map a.ss-playing").CountAsync());
        Assert.Empty(open.Complaints);
    }

    [Fact]
    public async Task Sounds_play_one_at_a_time()
    {
        await using var open = await browser.Open(sample.Path);
        var played = await open.Page.EvaluateAsync<double[]>("""
            async () => {
              const [first, second] = document.querySelectorAll('audio');
              await first.play();
              for (let i = 0; i < 100 && !(first.currentTime > 0.05); i++) await new Promise(r => setTimeout(r, 50));
              const at = first.currentTime, ready = first.readyState, length = first.duration;
              await second.play();
              await new Promise(r => setTimeout(r, 100));
              return [at, ready, length, first.paused ? 1 : 0, second.paused ? 1 : 0];
            }
            """);
        Assert.True(played[0] > 0.05, $"the sound stands at {played[0]} s");
        Assert.True(played[1] >= 3, $"readyState {played[1]}");
        Assert.InRange(played[2], 1.0, 3.01);
        Assert.Equal(1, played[3]);
        Assert.Equal(0, played[4]);
        Assert.Empty(open.Complaints);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Every_chart_can_be_zoomed_with_plotly_and_put_back(bool dark)
    {
        SharedData.SkipUnless(PlotlyScript.Find(SharedData.RepositoryRoot) is not null, "plotly.js is not installed: run npm ci");
        await using var open = await browser.Open(sample.Path, dark: dark);
        foreach (var button in await open.Page.Locator(".ss-zoom").AllAsync())
        {
            await button.ClickAsync();
            var figure = open.Page.Locator(".ss-figure", new() { Has = open.Page.Locator(".ss-zoom[aria-pressed=true]") });
            await figure.Locator(".ss-live .main-svg").First.WaitForAsync();
            Assert.False(await figure.Locator(".ss-plot").IsVisibleAsync());
            int[] drawn = await figure.Locator(".ss-live").EvaluateAsync<int[]>("d => [d._fullData.length, d._fullData.filter(t => t.visible === true).length, JSON.parse(d.closest('.ss-figure').querySelector('.ss-plotly').textContent).data.length, d.querySelectorAll('.trace, .points path, .bars path, .hm image').length]");
            Assert.Equal(drawn[2], drawn[0]);
            Assert.Equal(drawn[2], drawn[1]);
            Assert.True(drawn[3] > 0, "plotly drew nothing");
            await button.ClickAsync();
        }
        Assert.Equal(0, await open.Page.Locator(".ss-zoom[aria-pressed=true]").CountAsync());
        Assert.Empty(open.Complaints);
        Assert.Empty(open.RequestsElsewhere);
    }

    [Theory]
    [InlineData(390)]
    [InlineData(768)]
    [InlineData(1600)]
    public async Task The_page_does_not_scroll_sideways(int width)
    {
        await using var open = await browser.Open(sample.Path, width: width);
        Assert.Equal(width, await open.Page.EvaluateAsync<int>("document.documentElement.scrollWidth"));
    }

    [Fact]
    public async Task Light_and_dark_pages_are_both_readable()
    {
        await using var light = await browser.Open(sample.Path);
        await using var dark = await browser.Open(sample.Path, dark: true);
        foreach (string text in (string[])["body", "figcaption", ".ss-facts dt", ".ss-facts dd", ".ss-is-wrong .ss-verdict", ".ss-is-right .ss-verdict", "td", ".ss-id", ".ss-nav a", ".ss-plot svg g.i text", ".ss-plot svg g.m text"])
        {
            Assert.True(await ReportBrowser.Contrast(light.Page, text) >= 4.5, $"{text} in light: {await ReportBrowser.Contrast(light.Page, text):F2}");
            Assert.True(await ReportBrowser.Contrast(dark.Page, text) >= 4.5, $"{text} in dark: {await ReportBrowser.Contrast(dark.Page, text):F2}");
        }
        byte[] day = await light.Page.ScreenshotAsync(new() { Path = System.IO.Path.Combine(sample.Folder, "light.png") }), night = await dark.Page.ScreenshotAsync(new() { Path = System.IO.Path.Combine(sample.Folder, "dark.png") });
        Assert.NotEqual(day, night);
    }

    [Fact]
    public async Task Print_is_light_and_leaves_out_what_paper_cannot_do()
    {
        await using var open = await browser.Open(sample.Path, dark: true, print: true);
        Assert.False(await open.Page.Locator(".ss-nav").IsVisibleAsync());
        Assert.False(await open.Page.Locator("audio").First.IsVisibleAsync());
        Assert.Equal("rgb(255, 255, 255)", await open.Page.Locator(".ss-plot > svg > rect").First.EvaluateAsync<string>("r => getComputedStyle(r).fill"));
        Assert.Equal("rgb(255, 255, 255)", await open.Page.EvaluateAsync<string>("getComputedStyle(document.body).backgroundColor"));
    }

    [Fact]
    public void The_page_stays_below_its_limit() => Assert.InRange(new FileInfo(sample.Path).Length, 100_000, 12_000_000);
}

/// <summary>A report of a small synthetic set, made once.</summary>
public sealed class SampleReport : IDisposable
{
    /// <summary>Sizes of the sample.</summary>
    public const int Classes = 5, Queries = 4, Hits = 3;

    /// <summary>Makes the sounds, their vectors (mean and deviation of MFCCs), the figures and the page.</summary>
    public SampleReport()
    {
        Folder = Directory.CreateTempSubdirectory("simsearch-report").FullName;
        var data = Dataset.Synthetic(System.IO.Path.Combine(Folder, "data"), new SyntheticOptions { ItemsPerClass = 4, Classes = ["bell", "birds", "clock", "rain", "siren"] });
        float[] vectors = [.. data.Items.SelectMany(item => Statistics(AudioFeatures.Mfcc(data.Load(item))))];
        using var embeddings = new Embeddings(VectorMatrix.FromArray(vectors, 40), data.Items, "mfcc-stats", Embeddings.UnknownFingerprint(40), data.Root);
        Path = System.IO.Path.Combine(Folder, "index.html");
        new SearchReport
        {
            Title = "Sample report", Dataset = data, Figures = RetrievalEvaluator.Evaluate(embeddings, options: new EvaluationOptions { Ks = [1, 3], BootstrapSamples = 100 }), Embedder = "mfcc-stats",
            Queries = Queries, Hits = Hits, Command = "./run", Licence = "MIT", Environment = [("Seed", "1")], Plotly = PlotlyScript.Find(SharedData.RepositoryRoot),
            Projection = Projection.Pca(embeddings),
        }.Save(Path);
    }

    /// <summary>Where everything lies; removed afterwards.</summary>
    public string Folder { get; }

    /// <summary>The page.</summary>
    public string Path { get; }

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(Folder, recursive: true);

    private static IEnumerable<float> Statistics(FeatureMatrix feature)
    {
        for (int bin = 0; bin < feature.Bins; bin++)
        {
            double[] values = [.. Enumerable.Range(0, feature.Frames).Select(frame => (double)feature.Frame(frame)[bin])];
            double mean = values.Average();
            yield return (float)mean;
            yield return (float)Math.Sqrt(values.Average(v => (v - mean) * (v - mean)));
        }
    }
}
