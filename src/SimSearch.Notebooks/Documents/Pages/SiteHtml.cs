using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace SimSearch.Notebooks;

/// <summary>What all pages have in common: head, style, policy.</summary>
internal static class SiteHtml
{
    /// <summary>Nothing is loaded, nothing runs; pictures and sounds are data; styles are inside.</summary>
    public const string Policy = "default-src 'none'; img-src data:; media-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

    private static readonly string Style = Read("theme.css") + Read("notebook.css"), Script = Read("theme.js") + Read("site.js");

    /// <summary>A page around a body that is already safe.</summary>
    /// <param name="title">Title of the window.</param>
    /// <param name="body">The body.</param>
    /// <param name="scripts">The scripts of a site, or null for a page without any.</param>
    public static string Page(string title, string body, SiteScripts? scripts = null)
    {
        // The first decides on the colours before anything is drawn; the other finds the page whole.
        string[] sources = scripts is null ? [] : [.. new[] { Script, scripts.Script }.Where(s => s.Length > 0).Select(Checked)];
        return $"""
            <!DOCTYPE html>
            <html lang="en"{(scripts?.LibraryFile is { } library ? $" data-library=\"{library}\"" : "")}>
            <head>
            <meta charset="utf-8">
            <meta http-equiv="Content-Security-Policy" content="{PageMarkup.Encode(PolicyFor(sources, scripts?.Library is not null))}">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <meta name="referrer" content="no-referrer">
            <title>{PageMarkup.Encode(title)}</title>
            <style>{Style}{scripts?.Style}</style>
            {string.Concat(sources.Take(1).Select(Element))}</head>
            <body>
            <a class="nb-skip" href="#main">Skip to the content</a>
            {body}
            {string.Concat(sources.Skip(1).Select(Element))}</body>
            </html>

            """;
    }

    /// <summary>Scripts run by their hash alone; what one of them loads may run too, and nothing else.</summary>
    private static string PolicyFor(string[] scripts, bool loads) => scripts.Length == 0 ? Policy
        : $"{Policy}; script-src {string.Join(' ', scripts.Select(s => $"'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(s)))}'"))}{(loads ? " 'strict-dynamic'" : "")}";

    private static string Element(string script) => $"<script>{script}</script>\n";

    private static string Checked(string script)
    {
        // Browsers read every line end as "\n" before they hash a script.
        string text = script.ReplaceLineEndings("\n");
        return text.Contains("</script", StringComparison.OrdinalIgnoreCase) || text.Contains("<!--", StringComparison.Ordinal)
            ? throw new ArgumentException("a script contains '</script' or '<!--', which would end it inside a page") : text;
    }

    /// <summary>A table of facts with a heading, or "" when there are none.</summary>
    public static string Facts(IReadOnlyList<NotebookFact> facts, string id, string heading)
    {
        if (facts.Count == 0) return "";
        var rows = new StringBuilder();
        foreach (var fact in facts)
            rows.Append("<tr><th scope=\"row\">").Append(PageMarkup.Encode(fact.Name)).Append("</th><td>")
                .Append(fact.IsCode ? $"<code>{PageMarkup.Encode(fact.Value)}</code>" : PageMarkup.Encode(fact.Value)).Append("</td></tr>");
        return $"<section class=\"nb-facts\" id=\"{id}\"><h2>{PageMarkup.Encode(heading)}</h2><div class=\"nb-scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{PageMarkup.Encode(heading)}\"><table><tbody>{rows}</tbody></table></div></section>";
    }

    /// <summary>A time for people: "0.4 s", "12 s", "3 min 5 s".</summary>
    public static string Duration(TimeSpan time) => time.TotalSeconds switch
    {
        < 9.95 => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.0} s"),
        < 99.5 => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0} s"),
        _ => $"{(int)time.TotalMinutes} min {time.Seconds} s",
    };

    /// <summary>Name of the page of a notebook file.</summary>
    public static string PageName(string file) => Path.ChangeExtension(file, ".html");

    private static string Read(string name)
    {
        using var stream = typeof(SiteHtml).Assembly.GetManifestResourceStream($"SimSearch.Notebooks.Pages.{name}")
            ?? throw new InvalidOperationException($"resource {name} is missing from the assembly");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
