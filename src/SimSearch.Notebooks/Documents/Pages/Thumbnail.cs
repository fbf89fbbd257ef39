using System.Globalization;
using System.Text.RegularExpressions;

namespace SimSearch.Notebooks;

/// <summary>The first chart or picture of a notebook, for its card in an index.</summary>
internal static partial class Thumbnail
{
    // Smaller ones are bars in tables and icons; larger ones would make an index of many megabytes.
    private const int SmallestWidth = 200, MostChars = 150_000;

    /// <summary>Markup of the picture, hidden from readers that cannot see it, or "" when the notebook shows none.</summary>
    /// <param name="notebook">The notebook.</param>
    /// <param name="id">An id for it, unique in the page.</param>
    public static string Of(Notebook notebook, string id)
    {
        foreach (var display in notebook.Cells.SelectMany(c => c.Outputs).OfType<DisplayOutput>())
        {
            string picture = Chart(display.Text("text/html"), id) ?? Chart(display.Text("image/svg+xml"), id) ?? OutputHtml.Picture(display, "png");
            if (picture.Length is > 0 and < MostChars) return $"<div class=\"nb-thumb\" id=\"{id}\" aria-hidden=\"true\">{picture}</div>";
        }
        return "";
    }

    private static string? Chart(string? html, string id)
    {
        if (html is null || !html.Contains("<svg", StringComparison.OrdinalIgnoreCase)) return null;
        string safe = HtmlSanitizer.Fragment(html, $"{id}-", $"#{id}");
        for (var start = Start().Match(safe); start.Success; start = start.NextMatch())
        {
            if (Width().Match(start.Value) is not { Success: true } width || !double.TryParse(width.Groups[1].ValueSpan, CultureInfo.InvariantCulture, out double pixels) || pixels < SmallestWidth) continue;
            int end = End(safe, start.Index);
            if (end - start.Index < MostChars) return safe[start.Index..end];
        }
        return null;
    }

    // The sanitiser's markup is well-formed, and no attribute or text in it has a bare <.
    private static int End(string markup, int from)
    {
        int depth = 0;
        for (var tag = Tag().Match(markup, from); tag.Success; tag = tag.NextMatch())
            if ((depth += tag.ValueSpan[1] == '/' ? -1 : 1) == 0) return tag.Index + tag.Length;
        return markup.Length;
    }

    [GeneratedRegex("<svg [^>]*>", RegexOptions.CultureInvariant)]
    private static partial Regex Start();

    [GeneratedRegex("<svg |</svg>", RegexOptions.CultureInvariant)]
    private static partial Regex Tag();

    [GeneratedRegex("\\bviewBox=\"[0-9.-]+[ ,]+[0-9.-]+[ ,]+([0-9.]+)", RegexOptions.CultureInvariant)]
    private static partial Regex Width();
}
