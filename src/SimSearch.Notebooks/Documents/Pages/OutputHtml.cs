using System.Text;
using System.Text.Json;

namespace SimSearch.Notebooks;

/// <summary>Makes HTML of the outputs of a cell: of each display the richest form that can be shown without running anything.</summary>
internal static class OutputHtml
{
    /// <summary>HTML of an output, or "" when there is nothing to show.</summary>
    /// <param name="output">The output.</param>
    /// <param name="id">An id for it, unique in the page.</param>
    public static string Of(NotebookOutput output, string id) => output switch
    {
        StreamOutput stream => $"<pre class=\"nb-stream{(stream.Name == "stderr" ? " nb-stderr" : "")}\" tabindex=\"0\">{PageMarkup.Encode(AnsiText.Plain(stream.Text))}</pre>",
        ErrorOutput error => Error(error),
        DisplayOutput display => Display(display, id),
        _ => "",
    };

    private static string Error(ErrorOutput error)
    {
        string trace = string.Join('\n', error.Trace.Select(AnsiText.Plain)).Trim('\n');
        string heading = $"<p><strong>{PageMarkup.Encode(error.Name)}</strong>: {PageMarkup.Encode(AnsiText.Plain(error.Message))}</p>";
        return $"<div class=\"nb-error\" role=\"note\" aria-label=\"Error\">{heading}{(trace.Length > 0 ? $"<pre tabindex=\"0\">{PageMarkup.Encode(trace)}</pre>" : "")}</div>";
    }

    private static string Display(DisplayOutput display, string id)
    {
        foreach (var form in Forms)
            if (form(display, id) is { Length: > 0 } html) return html;
        return display.Data.Count == 0 ? "" : $"<p class=\"nb-left-out\">An output that needs a program to be seen is left out ({PageMarkup.Encode(string.Join(", ", display.Data.Keys.Order(StringComparer.Ordinal)))}).</p>";
    }

    /// <summary>The forms from rich to plain; the order is Jupyter's.</summary>
    private static readonly Func<DisplayOutput, string, string>[] Forms =
    [
        (d, id) => d.Text("text/html") is { } html && HtmlSanitizer.Fragment(html, $"{id}-", $"#{id}") is { Length: > 0 } safe ? $"<div class=\"nb-html\" id=\"{id}\">{safe}</div>" : "",
        (d, _) => d.Text("image/svg+xml") is { } svg && HtmlSanitizer.SvgDocument(svg) is { Length: > 0 } safe ? Picture("svg+xml", Convert.ToBase64String(Encoding.UTF8.GetBytes(safe)), d) : "",
        (d, _) => Picture(d, "png"), (d, _) => Picture(d, "jpeg"), (d, _) => Picture(d, "webp"), (d, _) => Picture(d, "gif"),
        (d, id) => d.Text("text/markdown") is { Length: > 0 } markdown
            ? $"<div class=\"nb-html nb-markdown\" id=\"{id}\">{HtmlSanitizer.Fragment(MarkdownText.ToHtml(markdown, [], []), $"{id}-", $"#{id}", own: true)}</div>" : "",
        (d, _) => Plain(d.Text("text/plain")), (d, _) => Plain(d.Text("text/latex")),
        (d, _) => d.Data.GetValueOrDefault("application/json") is { } json ? Plain(json.ToJsonString(Indented)) : "",
    ];

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    private static string Plain(string? text) => string.IsNullOrEmpty(text) ? "" : $"<pre class=\"nb-plain\" tabindex=\"0\">{PageMarkup.Encode(AnsiText.Plain(text))}</pre>";

    /// <summary>A picture of a display as an img element, or "" when it has none of the kind.</summary>
    internal static string Picture(DisplayOutput display, string kind)
    {
        string? data = display.Text($"image/{kind}")?.ReplaceLineEndings("").Trim();
        return data is { Length: > 0 } && !data.AsSpan().ContainsAnyExcept("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=") ? Picture(kind, data, display) : "";
    }

    private static string Picture(string kind, string base64, DisplayOutput display)
    {
        string words = display.Text("text/plain") is { Length: > 0 and <= 300 } text ? text : "Output of the cell";
        return $"<img class=\"nb-picture\" alt=\"{PageMarkup.Encode(words)}\" src=\"data:image/{kind};base64,{base64}\">";
    }
}
