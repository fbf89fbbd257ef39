using System.Text;

namespace SimSearch.Notebooks;

/// <summary>What all pages have in common: head, style, policy.</summary>
internal static class SiteHtml
{
    /// <summary>Nothing is loaded, nothing runs; pictures and sounds are data; styles are inside.</summary>
    public const string Policy = "default-src 'none'; img-src data:; media-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

    private static readonly string Style = ReadStyle();

    /// <summary>A page around a body that is already safe.</summary>
    public static string Page(string title, string body) => $"""
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta http-equiv="Content-Security-Policy" content="{PageMarkup.Encode(Policy)}">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <meta name="referrer" content="no-referrer">
        <title>{PageMarkup.Encode(title)}</title>
        <style>{Style}</style>
        </head>
        <body>
        <a class="nb-skip" href="#main">Skip to the content</a>
        {body}
        </body>
        </html>

        """;

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

    /// <summary>Name of the page of a notebook file.</summary>
    public static string PageName(string file) => Path.ChangeExtension(file, ".html");

    private static string ReadStyle()
    {
        using var stream = typeof(SiteHtml).Assembly.GetManifestResourceStream("SimSearch.Notebooks.Pages.notebook.css")
            ?? throw new InvalidOperationException("resource notebook.css is missing from the assembly");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
