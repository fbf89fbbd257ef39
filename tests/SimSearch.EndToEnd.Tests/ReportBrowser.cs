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
    public async Task<OpenPage> Open(string path, bool scripts = true, bool dark = false, int width = 1200, bool print = false)
    {
        SharedData.SkipUnless(browser is not null, $"{Chromium} is absent: install the package chromium, or point SIMSEARCH_CHROMIUM to one");
        var context = await browser!.NewContextAsync(new() { JavaScriptEnabled = scripts, ColorScheme = dark ? ColorScheme.Dark : ColorScheme.Light, ViewportSize = new() { Width = width, Height = 900 } });
        var page = new OpenPage(await context.NewPageAsync());
        if (print) await page.Page.EmulateMediaAsync(new() { Media = Media.Print });
        await page.Go(path);
        return page;
    }

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

    /// <summary>Goes to a file.</summary>
    public Task Go(string path) => Page.GotoAsync(new Uri(path).AbsoluteUri);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await Page.Context.CloseAsync();
}
