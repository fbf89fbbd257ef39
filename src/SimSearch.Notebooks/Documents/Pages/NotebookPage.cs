using System.Text;
using System.Text.Json.Nodes;

namespace SimSearch.Notebooks;

/// <summary>Something a reader should know about a run: its environment, a hash, a seed, a command.</summary>
/// <param name="Name">What it is: "SHA-256".</param>
/// <param name="Value">Its value.</param>
/// <param name="IsCode">Whether the value is a command or code; false by default.</param>
public sealed record NotebookFact(string Name, string Value, bool IsCode = false);

/// <summary>A link to another page of the same site.</summary>
/// <param name="Title">What it says.</param>
/// <param name="Address">Name of the file.</param>
public sealed record NotebookLink(string Title, string Address);

/// <summary>What a page says besides the notebook.</summary>
public sealed record NotebookPageOptions
{
    /// <summary>Title of the window; the notebook's first heading when null, or "Notebook".</summary>
    public string? Title { get; init; }

    /// <summary>What is said about the run, at the end of the page; empty by default.</summary>
    public IReadOnlyList<NotebookFact> Facts { get; init; } = [];

    /// <summary>The page that lists all; null by default.</summary>
    public NotebookLink? Index { get; init; }

    /// <summary>The page before; null by default.</summary>
    public NotebookLink? Previous { get; init; }

    /// <summary>The page after; null by default.</summary>
    public NotebookLink? Next { get; init; }

    /// <summary>Names of notebooks ("02-features.ipynb") that links in Markdown find as pages ("02-features.html") of the same folder; empty by default.</summary>
    public IReadOnlySet<string> Pages { get; init; } = new HashSet<string>();

    /// <summary>Why the run is not whole, at the top of the page; "" by default.</summary>
    public string Problem { get; init; } = "";

    /// <summary>The scripts of the site the page belongs to; null (the default) makes a page without any.</summary>
    public SiteScripts? Scripts { get; init; }
}

/// <summary>
/// A notebook as a page in one file. Nothing is run to make it and nothing of the notebook runs in it: the page has no scripts, or those of its site, loads
/// nothing from anywhere, and a content security policy forbids all else. Outputs are sanitised whoever made them; pictures and sounds are inside as data.
/// </summary>
public static class NotebookPage
{
    /// <summary>Writes the page of a notebook to a file, by rename.</summary>
    /// <param name="notebook">The notebook.</param>
    /// <param name="path">The file; its folder is created when missing.</param>
    /// <param name="options">What it says besides; defaults when null.</param>
    public static void Save(Notebook notebook, string path, NotebookPageOptions? options = null) => DocumentFile.WriteText(path, ToHtml(notebook, options));

    /// <summary>The page of a notebook.</summary>
    /// <param name="notebook">The notebook.</param>
    /// <param name="options">What it says besides; defaults when null.</param>
    public static string ToHtml(Notebook notebook, NotebookPageOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(notebook);
        options ??= new NotebookPageOptions();
        var headings = new List<PageHeading>();
        var ids = new HashSet<string>(StringComparer.Ordinal) { "main", "contents", "about" };
        var body = new StringBuilder();
        bool highlight = notebook.Language is "c#" or "csharp" or "";
        for (int i = 0; i < notebook.Cells.Count; i++) body.Append(Cell(notebook.Cells[i], i + 1, highlight, headings, ids, options.Pages)).Append('\n');
        if (headings.Count == 0 || headings[0].Level != 1) body.Insert(0, $"<h1>{PageMarkup.Encode(Title(notebook, options))}</h1>\n");
        body.Insert(0, Banner(notebook, options.Problem));
        body.Append(SiteHtml.Facts(options.Facts, "about", "About this run"));
        string around = Around(options);
        return SiteHtml.Page(Title(notebook, options), $"""
            {(around.Length > 0 ? $"<nav class=\"nb-top\" aria-label=\"Notebooks\">{around}</nav>" : "")}
            <div class="nb-frame">
            {Contents(headings)}
            <main id="main" tabindex="-1">
            {body}
            {(around.Length > 0 ? $"<nav class=\"nb-bottom\" aria-label=\"Notebooks, again\">{around}</nav>" : "")}
            </main>
            </div>
            """, options.Scripts);
    }

    /// <summary>The cells that ended in an error they were not tagged to have, numbered from 1.</summary>
    internal static IEnumerable<int> FailedCells(Notebook notebook) =>
        Enumerable.Range(0, notebook.Cells.Count).Where(i => !notebook.Cells[i].HasTag("raises-exception") && notebook.Cells[i].Outputs.Any(o => o is ErrorOutput)).Select(i => i + 1);

    internal static string Title(Notebook notebook, NotebookPageOptions options) => options.Title ?? (notebook.Title is { Length: > 0 } title ? title : "Notebook");

    private static string Cell(NotebookCell cell, int number, bool highlight, List<PageHeading> headings, HashSet<string> ids, IReadOnlySet<string> pages)
    {
        string id = $"cell-{number}";
        switch (cell.Kind)
        {
            case NotebookCellKind.Markdown:
                string html = MarkdownText.ToHtml(cell.Source, headings, ids);
                return $"<section class=\"nb-markdown\" id=\"{id}\">{HtmlSanitizer.Fragment(html, "", $"#{id}", link => Link(link, pages), image => Attachment(image, cell.Attachments), own: true)}</section>";
            case NotebookCellKind.Raw:
                return $"<section class=\"nb-raw\" id=\"{id}\"><pre tabindex=\"0\">{PageMarkup.Encode(cell.Source)}</pre></section>";
        }
        if (string.IsNullOrWhiteSpace(cell.Source) && cell.Outputs.Count == 0) return "";
        string count = cell.ExecutionCount is { } n ? $"[{n}]" : "[ ]";
        string tag = NotebookParameters.IsInjected(cell) ? "<p class=\"nb-tag\">parameters of this run</p>" : cell.HasTag("parameters") ? "<p class=\"nb-tag\">parameters</p>" : "";
        string code = highlight ? CSharpHighlighter.ToHtml(cell.Source) : PageMarkup.Encode(cell.Source);
        var outputs = new StringBuilder();
        for (int i = 0; i < cell.Outputs.Count; i++)
            if (OutputHtml.Of(cell.Outputs[i], $"{id}-out-{i + 1}") is { Length: > 0 } output) outputs.Append("<div class=\"nb-output\">").Append(output).Append("</div>");
        string prompt = $"<a class=\"nb-count\" href=\"#{id}\" aria-label=\"Cell {number}\">{count}</a>";
        string source = string.IsNullOrWhiteSpace(cell.Source) ? "" : $"<pre class=\"nb-code\" tabindex=\"0\"><code>{code}</code></pre>";
        return $"<section class=\"nb-cell\" id=\"{id}\">{prompt}<div class=\"nb-body\">{tag}{source}{outputs}</div></section>";
    }

    private static string Banner(Notebook notebook, string problem)
    {
        int[] failed = [.. FailedCells(notebook)];
        if (failed.Length == 0) return problem.Length == 0 ? "" : $"<p class=\"nb-banner\" role=\"status\">{PageMarkup.Encode(problem)}</p>\n";
        string cells = string.Join(", ", failed.Select(n => $"<a href=\"#cell-{n}\">cell {n}</a>"));
        return $"<p class=\"nb-banner\" role=\"status\"><strong>Not all cells succeeded:</strong> {cells}.{(problem.Length > 0 ? " " + PageMarkup.Encode(problem) : "")}</p>\n";
    }

    private static string Contents(List<PageHeading> headings)
    {
        PageHeading[] shown = [.. headings.Where(h => h.Level is 2 or 3)];
        if (shown.Length < 2) return "";
        string items = string.Concat(shown.Select(h => $"<li class=\"nb-level-{h.Level}\"><a href=\"#{h.Id}\">{PageMarkup.Encode(h.Text)}</a></li>"));
        return $"<nav class=\"nb-contents\" id=\"contents\" aria-label=\"On this page\"><details open><summary>On this page</summary><ul>{items}</ul></details></nav>";
    }

    private static string Around(NotebookPageOptions options) => string.Concat(
        Arrow(options.Previous, "nb-previous", "\u2190 ", ""), Arrow(options.Index, "nb-index", "", ""), Arrow(options.Next, "nb-next", "", " \u2192"));

    private static string Arrow(NotebookLink? link, string style, string before, string after) =>
        link is null ? "" : $"<a class=\"{style}\" href=\"{PageMarkup.Address(link.Address)}\">{before}{PageMarkup.Encode(link.Title)}{after}</a>";

    /// <summary>Links of a text are followed only by a click: the web, mail, this page, and files beside it.</summary>
    private static string? Link(string address, IReadOnlySet<string> pages)
    {
        string trimmed = address.Trim();
        if (trimmed.Any(c => char.IsControl(c) || c == '\\') || trimmed.StartsWith("//", StringComparison.Ordinal)) return null;
        int hash = trimmed.IndexOf('#');
        string file = Uri.UnescapeDataString((hash < 0 ? trimmed : trimmed[..hash]).Replace("./", "", StringComparison.Ordinal));
        if (pages.Contains(file)) return Uri.EscapeDataString(SiteHtml.PageName(file)) + (hash < 0 ? "" : trimmed[hash..]);
        int colon = trimmed.IndexOf(':');
        return colon < 0 || trimmed[..colon].ToLowerInvariant() is "http" or "https" or "mailto" || trimmed[0] == '#' ? trimmed : null;
    }

    private static string? Attachment(string address, JsonObject? attachments)
    {
        if (attachments is null || !address.StartsWith("attachment:", StringComparison.Ordinal)) return null;
        if (attachments[Uri.UnescapeDataString(address["attachment:".Length..])] is not JsonObject bundle) return null;
        foreach (var (mime, content) in bundle)
            if (content is JsonValue value && value.TryGetValue(out string? data)) return $"data:{mime};base64,{data.ReplaceLineEndings("")}";
        return null;
    }
}
