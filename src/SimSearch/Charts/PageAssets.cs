namespace SimSearch.Charts;

/// <summary>The style and the scripts that pages carry, read from the files beside this one.</summary>
internal static class PageAssets
{
    /// <summary>The style sheet of a page: the theme that pages of notebooks have too, what is a page's own, and its charts under the switch.</summary>
    public static readonly string Style = Read("theme.css") + Read("page.css") + Palette.Switched;

    /// <summary>The switch between light and dark.</summary>
    public static readonly string ThemeScript = Read("theme.js");

    /// <summary>Lets one sound play at a time, and turns clouds of points.</summary>
    public static readonly string PlayerScript = Read("player.js") + Read("space.js");

    /// <summary>Offers zoom and hover for charts that carry a plotly.js figure.</summary>
    public static readonly string ChartScript = Read("charts.js");

    /// <summary>Style of charts in pages of others.</summary>
    public static readonly string ChartStyle = Read("site.css");

    private static string Read(string name)
    {
        using var stream = typeof(PageAssets).Assembly.GetManifestResourceStream($"SimSearch.Charts.{name}")
            ?? throw new InvalidOperationException($"resource {name} is missing from the assembly");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
