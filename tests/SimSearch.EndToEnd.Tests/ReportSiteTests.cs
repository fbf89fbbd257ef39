using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using SimSearch.Charts;
using SimSearch.EndToEnd.Tests;
using SimSearch.Tests.Support;

namespace SimSearch.Tests;

/// <summary>The site of several notebooks in a browser: what it shows, and what a hostile notebook cannot do to it.</summary>
public sealed class ReportSiteTests(ReportBrowser browser, SampleSite sample) : IClassFixture<ReportBrowser>, IClassFixture<SampleSite>
{
    private string Page(string name) => Path.Combine(sample.Folder, "site", name);

    [Fact]
    public async Task Every_page_is_quiet_asks_for_nothing_and_its_links_lead_somewhere()
    {
        foreach (string name in (string[])["index.html", "00-chart.html", "01-hostile.html", "02-broken.html"])
        {
            await using var open = await browser.Open(Page(name));
            string[] links = await open.Page.EvaluateAsync<string[]>("[...document.querySelectorAll('a[href]')].map(a => a.getAttribute('href'))");
            Assert.Contains(links, l => l == "index.html");
            foreach (string link in links)
            {
                string[] parts = link.Split('#');
                string target = parts[0].Length == 0 ? Page(name) : Page(Uri.UnescapeDataString(parts[0]));
                Assert.True(File.Exists(target), $"{name} links to {link}");
                if (parts.Length > 1) Assert.Contains($"id=\"{parts[1]}\"", File.ReadAllText(target));
            }
            Assert.True(await open.Page.Locator("h1").First.IsVisibleAsync());
            Assert.Empty(open.Complaints);
            Assert.Empty(open.RequestsElsewhere);
        }
    }

    [Fact]
    public async Task A_hostile_notebook_runs_loads_and_covers_nothing()
    {
        await using var open = await browser.Open(Page("01-hostile.html"));
        foreach (var button in await open.Page.Locator(".ss-zoom").AllAsync()) await button.ClickAsync();
        await open.Page.WaitForTimeoutAsync(300);
        Assert.Null(await open.Page.EvaluateAsync<int?>("window.hit ?? null"));
        Assert.Equal(0, await open.Page.Locator("main script, iframe, object, embed, form, base, link, [onload], [onerror], [onclick], a[href^=javascript]").CountAsync());
        Assert.Equal("Hostile", await open.Page.Locator("h1").First.InnerTextAsync());
        string top = await open.Page.EvaluateAsync<string>("document.elementFromPoint(innerWidth / 2, 15)?.closest('nav')?.className ?? ''");
        Assert.Equal("nb-top", top);
        Assert.Empty(open.Complaints);
        Assert.DoesNotContain(open.RequestsElsewhere, url => !url.StartsWith("file:", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_policy_holds_where_markup_got_in_all_the_same()
    {
        string page = File.ReadAllText(Page("00-chart.html")), path = Page("injected.html");
        File.WriteAllText(path, page.Replace("<main", "<script>window.hit=1</script><script src=\"data:text/javascript,window.hit=1\"></script><script src=\"evil.js\"></script><img src=x onerror=\"window.hit=1\"><svg onload=\"window.hit=1\"></svg><a id=evil href=\"javascript:window.hit=1\">e</a><main"));
        File.WriteAllText(Page("evil.js"), "window.hit=1");
        try
        {
            await using var open = await browser.Open(path);
            await open.Page.EvaluateAsync("document.getElementById('evil').click()");
            await open.Page.WaitForTimeoutAsync(200);
            Assert.Null(await open.Page.EvaluateAsync<int?>("window.hit ?? null"));
            Assert.Equal(7, open.Complaints.Count(c => c.Contains("Content Security Policy", StringComparison.Ordinal)));
            // The page's own scripts are not hindered by it.
            Assert.Equal(1, await open.Page.Locator(".nb-theme").CountAsync());
        }
        finally
        {
            File.Delete(path);
            File.Delete(Page("evil.js"));
        }
    }

    [Fact]
    public async Task A_chart_is_zoomed_with_the_library_beside_the_page_and_follows_the_switch_of_colours()
    {
        SharedData.SkipUnless(PlotlyScript.Find(SharedData.RepositoryRoot) is not null, "plotly.js is not installed: run npm ci");
        await using var open = await browser.Open(Page("00-chart.html"));
        Task<string> Paper() => open.Page.EvaluateAsync<string>("getComputedStyle(document.body).backgroundColor");
        Task<string> Surface() => open.Page.Locator(".ss-plot svg rect.s").First.EvaluateAsync<string>("r => getComputedStyle(r).fill");
        string light = await Paper(), lightSurface = await Surface();
        await open.Page.Locator(".ss-zoom").First.ClickAsync();
        await open.Page.Locator(".ss-live .main-svg").First.WaitForAsync();
        Assert.Equal(2, await open.Page.Locator(".ss-live").First.EvaluateAsync<int>("d => d._fullData.length"));
        Assert.Equal("rgb(0, 101, 168)", await open.Page.Locator(".ss-live .js-line").First.EvaluateAsync<string>("l => getComputedStyle(l).stroke"));

        await open.Page.Locator(".nb-theme").ClickAsync();
        Assert.NotEqual(light, await Paper());
        Assert.NotEqual(lightSurface, await Surface());
        await Assertions.Expect(open.Page.Locator(".ss-live .js-line").First).ToHaveCSSAsync("stroke", "rgb(86, 168, 232)");
        await open.Page.Locator(".ss-zoom").First.ClickAsync();
        Assert.True(await open.Page.Locator(".ss-plot").First.IsVisibleAsync());
        // The choice goes along to the next page.
        await open.Go(Page("index.html"));
        Assert.NotEqual(light, await Paper());
        Assert.Empty(open.Complaints);
        Assert.All(open.RequestsElsewhere, url => Assert.StartsWith("file://", url));
    }

    [Theory]
    [InlineData("index.html", 390)]
    [InlineData("00-chart.html", 390)]
    [InlineData("00-chart.html", 1600)]
    public async Task A_page_does_not_scroll_sideways(string name, int width)
    {
        await using var open = await browser.Open(Page(name), width: width);
        Assert.Equal(width, await open.Page.EvaluateAsync<int>("document.documentElement.scrollWidth"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Light_and_dark_are_readable(bool dark)
    {
        await using var index = await browser.Open(Page("index.html"), dark: dark);
        foreach (string text in (string[])["h1", ".nb-lead", ".nb-cards h2 a", ".nb-cards p", ".nb-good", ".nb-bad", ".nb-theme", ".nb-facts th", ".nb-facts code"]) await Readable(index, text);
        await using var chapter = await browser.Open(Page("00-chart.html"), dark: dark);
        foreach (string text in (string[])["h1", ".nb-code", ".nb-k", ".nb-s", ".nb-count", ".nb-stream", ".ss-zoom", ".nb-next", ".nb-index", ".nb-contents a"]) await Readable(chapter, text);

        async Task Readable(OpenPage open, string text)
        {
            double contrast = await ReportBrowser.Contrast(open.Page, text);
            Assert.True(contrast >= 4.5, $"{text} {(dark ? "dark" : "light")}: {contrast:F2}");
        }
    }

    [Fact]
    public async Task Keys_reach_the_content_the_links_and_the_switch()
    {
        await using var open = await browser.Open(Page("00-chart.html"));
        Task<string> Focused() => open.Page.EvaluateAsync<string>("document.activeElement.className || document.activeElement.id");
        var reached = new List<string>();
        for (int i = 0; i < 6; i++)
        {
            await open.Page.Keyboard.PressAsync("Tab");
            reached.Add(await Focused());
        }
        Assert.Equal("nb-skip", reached[0]);
        Assert.Contains("nb-index", reached);
        Assert.Contains("nb-next", reached);
        Assert.Contains("nb-theme", reached);
        await open.Page.Locator(".nb-skip").FocusAsync();
        Assert.True((await open.Page.Locator(".nb-skip").BoundingBoxAsync())!.X >= 0);
        await open.Page.Keyboard.PressAsync("Enter");
        Assert.Equal("main", await Focused());
        await open.Page.Locator(".ss-zoom").First.FocusAsync();
        await open.Page.Keyboard.PressAsync("Space");
        await open.Page.Locator(".ss-zoom[aria-pressed=true]").First.WaitForAsync();
        Assert.Empty(open.Complaints);
    }

    [Fact]
    public async Task Sounds_play_and_without_scripts_all_can_be_read()
    {
        await using var open = await browser.Open(Page("00-chart.html"));
        double at = await open.Page.EvaluateAsync<double>("async () => { const a = document.querySelector('audio'); await a.play(); for (let i = 0; i < 100 && !(a.currentTime > 0.02); i++) await new Promise(r => setTimeout(r, 30)); return a.currentTime; }");
        Assert.True(at > 0.02, $"the sound stands at {at} s");
        Assert.Empty(open.Complaints);

        await using var still = await browser.Open(Page("00-chart.html"), scripts: false);
        Assert.True(await still.Page.Locator(".ss-plot svg").First.IsVisibleAsync());
        Assert.Equal(0, await still.Page.Locator("button").CountAsync());
    }

    [Fact]
    public async Task Paper_gets_no_navigation_and_light_colours()
    {
        await using var open = await browser.Open(Page("00-chart.html"), dark: true, print: true);
        Assert.False(await open.Page.Locator(".nb-top").IsVisibleAsync());
        Assert.False(await open.Page.Locator(".ss-zoom").First.IsVisibleAsync());
        Assert.False(await open.Page.Locator("audio").First.IsVisibleAsync());
        Assert.Equal("rgb(255, 255, 255)", await open.Page.EvaluateAsync<string>("getComputedStyle(document.body).backgroundColor"));
        Assert.Equal("rgb(255, 255, 255)", await open.Page.Locator(".ss-plot svg rect.s").First.EvaluateAsync<string>("r => getComputedStyle(r).fill"));
    }

    [Fact]
    public void The_report_said_which_notebook_failed_and_how_to_repeat_each()
    {
        Assert.Equal(1, sample.Report.ExitCode);
        Assert.Contains("02-broken.ipynb", sample.Report.Errors);
        string[] states = [.. sample.Report.Json["notebooks"]!.AsArray().Select(n => (string)n!["status"]!)];
        Assert.Equal(["ran", "failed", "failed"], states);
        string page = File.ReadAllText(Page("00-chart.html"));
        Assert.Matches("executed notebook, SHA-256</th><td><code>[0-9a-f]{64}</code>", page);
        Assert.Matches("simsearch notebook run [^<]*00-chart.ipynb --out executed --param seed=7", page);
        Assert.Contains("seed = 7", page);
        Assert.Contains("of 4 cells in", page);
        Assert.Contains("FAISS", File.ReadAllText(Page("index.html")));
    }
}

/// <summary>A site of three notebooks, made once by the tool: one with a chart and a sound, a hostile one, and one that is none.</summary>
public sealed class SampleSite : IDisposable
{
    private const string Figure = "{&quot;data&quot;:[{&quot;type&quot;:&quot;scatter&quot;,&quot;name&quot;:&quot;&lt;img src=x onerror=window.hit=1&gt;&quot;,&quot;x&quot;:[1,2],&quot;y&quot;:[1,2]}],&quot;layout&quot;:{&quot;title&quot;:{&quot;text&quot;:&quot;&lt;a href='javascript:window.hit=1'&gt;t&lt;/a&gt;&quot;},&quot;images&quot;:[{&quot;source&quot;:&quot;https://evil.invalid/a.png&quot;}]}}";

    private static readonly string[] Hostile =
    [
        "<script>window.hit=1</script>", "<img src=x onerror='window.hit=1'>", "<svg onload='window.hit=1'><path d='M0 0h9'/></svg>", "<div style='position:fixed;inset:0;background:red;z-index:9999'>cover</div>",
        "<a href='javascript:window.hit=1'>a</a>", "<iframe srcdoc='<script>parent.hit=1</script>'></iframe>", "<form action='https://evil.invalid'><button>b</button></form>", "<html data-library='https://evil.invalid/x.js' data-theme='dark'>h",
        "<base href='https://evil.invalid/'>", "<link rel=stylesheet href='https://evil.invalid/a.css'>", "<style>body{display:none}h1{display:none}.nb-top{display:none}@import url(https://evil.invalid)</style>s", "<img src='https://evil.invalid/a.png'>",
        "<a id=Plotly>p</a><a id=library>l</a>", $"<figure class='ss-figure' data-plotly=\"{Figure}\"><div class='ss-plot'><svg width='300' height='200' viewBox='0 0 300 200'><path d='M0 0h9'/></svg></div></figure>",
        "<figure class='ss-figure'><div class='ss-plot'><svg viewBox='0 0 300 200'><path d='M0 0h9'/></svg></div><script type='application/json' class='ss-plotly'>{\"data\":[],\"layout\":{\"images\":[{\"source\":\"https://evil.invalid/b.png\"}]}}</script></figure>",
    ];

    /// <summary>Makes it.</summary>
    public SampleSite()
    {
        Folder = Directory.CreateTempSubdirectory("simsearch-site").FullName;
        string notebooks = Directory.CreateDirectory(Path.Combine(Folder, "notebooks")).FullName;
        Write(Path.Combine(notebooks, "00-chart.ipynb"), "# Charts\n\nAbout charts. [next](01-hostile.ipynb)\n\n## One\n\n## Two",
            Code("p", "int seed = 1;", [], "parameters"),
            Code("chart", "using SimSearch.Charts;\nConsole.WriteLine(\"a line\");\nChart.Line(\"Two lines\", new ChartAxis(\"x\", \"\"), new ChartAxis(\"y\", \"\"), new LineSeries(\"a\", [1, 2, 3], [1, 4, seed]), new LineSeries(\"b\", [1, 2, 3], [2, 2, 1]))", []),
            Code("sound", "using SimSearch.Audio;\nnew AudioSignal(Enumerable.Range(0, 22050).Select(i => 0.3f * MathF.Sin(i * 0.1f)).ToArray(), 22050)", []));
        Write(Path.Combine(notebooks, "01-hostile.ipynb"), "# Hostile\n\n<script>window.hit=1</script>",
            [Code("ok", "HTML(File.ReadAllText(\"hostile.html\"))", []), .. Hostile.Select((h, i) => Code($"h{i}", $"HTML(File.ReadAllLines(\"hostile.html\")[{i}])", [])), Code("bad", "throw new Exception(\"<img src=x onerror=window.hit=1>\");", [])]);
        File.WriteAllLines(Path.Combine(notebooks, "hostile.html"), Hostile);
        File.WriteAllText(Path.Combine(notebooks, "02-broken.ipynb"), "{\"cells\": [");
        Report = Tool.Run("report", notebooks, "--out", Path.Combine(Folder, "site"), "--execute", "--param", "seed=7", "--json");
    }

    /// <summary>Where everything lies; removed afterwards.</summary>
    public string Folder { get; }

    /// <summary>What the tool said.</summary>
    public ToolResult Report { get; }

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(Folder, recursive: true);

    private static JsonObject Code(string id, string source, JsonArray outputs, params string[] tags) => new()
    {
        ["cell_type"] = "code", ["id"] = id, ["source"] = source, ["execution_count"] = null, ["outputs"] = outputs, ["metadata"] = new JsonObject { ["tags"] = new JsonArray([.. tags.Select(t => (JsonNode)t)]) },
    };

    private static void Write(string path, string text, params JsonObject[] cells) => File.WriteAllText(path, new JsonObject
    {
        ["nbformat"] = 4, ["nbformat_minor"] = 5, ["metadata"] = new JsonObject { ["kernelspec"] = new JsonObject { ["name"] = "simsearch", ["display_name"] = "C#", ["language"] = "C#" } },
        ["cells"] = new JsonArray([new JsonObject { ["cell_type"] = "markdown", ["id"] = "text", ["metadata"] = new JsonObject(), ["source"] = text }, .. cells]),
    }.ToJsonString());
}
