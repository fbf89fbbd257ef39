namespace SimSearch.Charts;

/// <summary>Finds plotly.js on this machine: the smallest of its builds that draws every chart of this library.</summary>
public static class PlotlyScript
{
    /// <summary>
    /// The script that offers zoom and hover for the charts of a page. It finds plotly.js in the page, or fetches it from the file that the root element's
    /// <c>data-library</c> names when somebody wants to zoom.
    /// </summary>
    public static string Enhancement => PageAssets.PlayerScript + PageAssets.ChartScript;

    /// <summary>Style for charts and their buttons in a page that is not an <see cref="HtmlPage"/>, by the page's own variables (--accent, --line, --muted).</summary>
    public static string Style => PageAssets.ChartStyle;

    /// <summary>
    /// Reads plotly.js from the nearest <c>node_modules</c> folder at or above a folder, where <c>npm ci</c> puts it.
    /// </summary>
    /// <param name="startFolder">Where to begin; by default the folder of the program, then the current folder.</param>
    /// <returns>The source, or null where it is not installed: pages are then whole, without zoom and hover.</returns>
    public static string? Find(string? startFolder = null)
    {
        foreach (string start in startFolder is null ? [AppContext.BaseDirectory, Environment.CurrentDirectory] : new[] { startFolder })
            for (var folder = new DirectoryInfo(start); folder is not null; folder = folder.Parent)
            {
                string file = Path.Combine(folder.FullName, "node_modules", "plotly.js-cartesian-dist-min", "plotly-cartesian.min.js");
                if (File.Exists(file)) return File.ReadAllText(file);
            }
        return null;
    }
}
