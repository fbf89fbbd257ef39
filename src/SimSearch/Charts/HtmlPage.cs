using System.Security.Cryptography;
using System.Text;
using SimSearch.Storage;

namespace SimSearch.Charts;

/// <summary>A part of a page with a heading and an entry in the navigation.</summary>
/// <param name="Id">Anchor, lower-case letters, digits and hyphens: "per-class".</param>
/// <param name="Heading">The heading.</param>
/// <param name="Content">What is below it.</param>
public sealed record PageSection(string Id, string Heading, params IReadOnlyList<Html> Content)
{
    /// <summary>Short name in the navigation; the heading by default.</summary>
    public string Short { get; init; } = Heading;
}

/// <summary>
/// A page in one file: it loads nothing from anywhere, and a content security policy forbids it to. Pictures and sounds are inside as
/// data, scripts run only if their SHA-256 is in the policy, so that no text in the page can become one. The page is whole without scripts.
/// </summary>
/// <param name="title">Title of the window and first heading.</param>
public sealed class HtmlPage(string title)
{
    /// <summary>A sentence or two under the first heading; "" by default.</summary>
    public string Lead { get; init; } = "";

    /// <summary>The page that this one is a part of, relative to it ("index.html"): the navigation begins with a link to it. Null (the default) for a page of its own.</summary>
    public string? Contents { get; init; }

    /// <summary>What comes before the sections.</summary>
    public IReadOnlyList<Html> Content { get; init; } = [];

    /// <summary>The sections, in order; two or more make a navigation.</summary>
    public IReadOnlyList<PageSection> Sections { get; init; } = [];

    /// <summary>
    /// The source of plotly.js, to put into the page so that charts with data for it (<see cref="Chart.ToHtml"/>) can be zoomed;
    /// null (the default) leaves it out. See <see cref="PlotlyScript.Find"/>.
    /// </summary>
    public string? Plotly { get; init; }

    /// <summary>Writes the page to a file, by rename.</summary>
    public void Save(string path) => AtomicFile.WriteText(path, ToString());

    /// <summary>The whole page.</summary>
    /// <exception cref="ArgumentException">An anchor is not made of lower-case letters, digits and hyphens, or plotly.js contains the end of a script element.</exception>
    public override string ToString()
    {
        foreach (var section in Sections)
            if (section.Id.Length == 0 || section.Id.Any(c => !(char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-')))
                throw new ArgumentException($"section id '{section.Id}' must be lower-case letters, digits and hyphens");
        // Browsers read every line end as "\n" before they hash a script.
        string[] scripts = [.. (Plotly is null ? [PageAssets.ThemeScript, PageAssets.PlayerScript] : new[] { PageAssets.ThemeScript, PageAssets.PlayerScript, Plotly, PageAssets.ChartScript })
            .Select(s => s.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n'))];
        if (scripts.Any(s => s.Contains("</script", StringComparison.OrdinalIgnoreCase) || s.Contains("<!--", StringComparison.Ordinal)))
            throw new ArgumentException("the script contains '</script' or '<!--', which would end it inside a page; use a build of plotly.js without", nameof(Plotly));
        string policy = "default-src 'none'; img-src data:; media-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; script-src "
            + string.Join(' ', scripts.Select(s => $"'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(s)))}'"));
        return Html.Of($"""
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta http-equiv="Content-Security-Policy" content="{policy}">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <meta name="referrer" content="no-referrer">
            <title>{title}</title>
            <style>{Html.Trusted(PageAssets.Style)}</style>
            {Html.Join(scripts.Take(1).Select(Script))}
            </head>
            <body>
            <a class="ss-skip" href="#main">Skip to the content</a>
            {Navigation()}
            <header class="ss-head"><h1>{title}</h1>{(Lead.Length > 0 ? Html.Of($"<p class=\"ss-lead\">{Lead}</p>") : Html.Empty)}</header>
            <main id="main">
            {Html.Join(Content)}
            {Html.Join(Sections.Select(s => Html.Of($"<section id=\"{s.Id}\"><h2>{s.Heading}</h2>{Html.Join(s.Content)}</section>")))}
            </main>
            {Html.Join(scripts.Skip(1).Select(Script))}
            </body>
            </html>

            """).ToString();
    }

    // The first script decides on the colours before anything is drawn, the others find the page whole.
    private static Html Script(string source) => Html.Of($"<script>{Html.Trusted(source)}</script>");

    private Html Navigation() => Sections.Count < 2
        ? Html.Empty
        : Html.Of($"<nav class=\"ss-nav\" aria-label=\"Sections\"><ul>{(Contents is null ? Html.Empty : Html.Of($"<li><a href=\"{Contents}\">← Contents</a></li>"))}{Html.Join(Sections.Select(s => Html.Of($"<li><a href=\"#{s.Id}\">{s.Short}</a></li>")))}</ul></nav>");
}
