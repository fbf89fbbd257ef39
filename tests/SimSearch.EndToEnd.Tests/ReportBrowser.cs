using Microsoft.Playwright;
using SimSearch.Tests.Support;

namespace SimSearch.Tests;

/// <summary>One headless Chromium for all tests of a class; the system's own, nothing is downloaded.</summary>
public sealed class ReportBrowser : IAsyncLifetime
{
    private static readonly string Chromium = Environment.GetEnvironmentVariable("SIMSEARCH_CHROMIUM") ?? "/usr/bin/chromium";

    private IPlaywright? playwright;
    private IBrowser? browser;

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        if (!File.Exists(Chromium)) return;
        playwright = await Playwright.CreateAsync();
        browser = await playwright.Chromium.LaunchAsync(new()
        {
            ExecutablePath = Chromium,
            Headless = true,
            Args =
            [
                "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
                "--autoplay-policy=no-user-gesture-required", "--mute-audio",
            ],
        });
    }

    /// <summary>Opens a page and listens to everything it says, asks for or is forbidden.</summary>
    public Task<OpenPage> Open(string path, bool scripts = true, bool dark = false, int width = 1200, bool print = false) => OpenAddress(new Uri(path).AbsoluteUri, scripts, dark, width, print);

    /// <summary>Opens what is served at an address.</summary>
    public async Task<OpenPage> OpenAddress(string address, bool scripts = true, bool dark = false, int width = 1200, bool print = false)
    {
        SharedData.SkipUnless(browser is not null, $"{Chromium} is absent: install the package chromium, or point SIMSEARCH_CHROMIUM to one");
        var context = await browser!.NewContextAsync(new() { JavaScriptEnabled = scripts, ColorScheme = dark ? ColorScheme.Dark : ColorScheme.Light, ViewportSize = new() { Width = width, Height = 900 } });
        var page = new OpenPage(await context.NewPageAsync());
        if (print) await page.Page.EmulateMediaAsync(new() { Media = Media.Print });
        await page.Page.GotoAsync(address);
        return page;
    }

    /// <summary>How much a text differs from its background, 1 to 21; 4.5 is what can be read (WCAG 2.2, 1.4.3).</summary>
    public static Task<double> Contrast(IPage page, string selector) => page.Locator(selector).First.EvaluateAsync<double>("""
        e => {
          const parse = c => { const p = c.match(/[\d.]+/g).map(Number); return p.length > 3 && p[3] === 0 ? null : p.slice(0, 3); };
          const luminance = c => { const [r, g, b] = c.map(v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
          const svg = e.closest('svg.ss-chart');
          let ground = svg ? parse(getComputedStyle(svg.querySelector('rect.s')).fill) : null;
          for (let p = e; !ground && p; p = p.parentElement) ground = parse(getComputedStyle(p).backgroundColor);
          const ink = luminance(parse(svg ? getComputedStyle(e).fill : getComputedStyle(e).color)), paper = luminance(ground ?? [255, 255, 255]);
          return (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
        }
        """);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (browser is not null) await browser.DisposeAsync();
        playwright?.Dispose();
    }
}

/// <summary>A page in the browser and what was heard of it.</summary>
public sealed class OpenPage : IAsyncDisposable
{
    private readonly List<string> complaints = [], requests = [];

    /// <summary>Listens from before the first byte is loaded.</summary>
    public OpenPage(IPage page)
    {
        Page = page;
        page.Console += (_, message) => complaints.Add($"{message.Type}: {message.Text}");
        page.PageError += (_, error) => complaints.Add($"error: {error}");
        page.Dialog += (_, dialog) => complaints.Add($"dialog: {dialog.Message}");
        page.Request += (_, request) => requests.Add(request.Url);
    }

    /// <summary>The page.</summary>
    public IPage Page { get; }

    /// <summary>Messages on the console, errors, dialogs; violations of the content security policy are console errors.</summary>
    public IReadOnlyList<string> Complaints => complaints;

    /// <summary>What was loaded that is not the page itself and not data inside it.</summary>
    public IEnumerable<string> RequestsElsewhere => requests.Skip(1).Where(url => !url.StartsWith("data:", StringComparison.Ordinal) && !url.StartsWith("blob:", StringComparison.Ordinal));

    /// <summary>Clicks with the mouse in the middle of a mark of a chart, and tells how far a sound then got, in seconds: 0 when nothing plays.</summary>
    public async Task<double> Heard(ILocator mark)
    {
        await mark.ScrollIntoViewIfNeededAsync();
        var box = (await mark.BoundingBoxAsync())!;
        await Page.Mouse.ClickAsync(box.X + box.Width / 2, box.Y + box.Height / 2);
        return await Page.EvaluateAsync<double>("""
            async () => {
              for (let i = 0; i < 200; i++) {
                const at = Math.max(0, ...[...document.querySelectorAll('audio')].filter(a => !a.paused || a.ended).map(a => a.currentTime));
                if (at > 0.02) return at;
                await new Promise(r => setTimeout(r, 50));
              }
              return 0;
            }
            """);
    }

    /// <summary>Goes to a file.</summary>
    public Task Go(string path) => Page.GotoAsync(new Uri(path).AbsoluteUri);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await Page.Context.CloseAsync();
}
