using System.Text;

namespace SimSearch.Notebooks;

/// <summary>A notebook of a site.</summary>
/// <param name="FileName">Name of the notebook's file, without a folder: "00-start-here.ipynb"; its page is "00-start-here.html".</param>
/// <param name="Notebook">The notebook.</param>
public sealed record NotebookSitePage(string FileName, Notebook Notebook)
{
    /// <summary>What is said about its run: hash, seeds, the command that reproduces it; empty by default.</summary>
    public IReadOnlyList<NotebookFact> Facts { get; init; } = [];
}

/// <summary>
/// Several notebooks as one site of static pages: an index with titles, what each is about and whether it succeeded, and a page for each
/// with links to the ones before and after. Nothing is run to make it.
/// </summary>
/// <param name="title">Heading of the index.</param>
/// <param name="pages">The notebooks, in order.</param>
public sealed class NotebookSite(string title, IReadOnlyList<NotebookSitePage> pages)
{
    /// <summary>A sentence or two under the heading; "" by default.</summary>
    public string Lead { get; init; } = "";

    /// <summary>What is said about all runs: environment, versions, command; empty by default.</summary>
    public IReadOnlyList<NotebookFact> Facts { get; init; } = [];

    /// <summary>Writes the pages and index.html into a folder, each by rename, the index last. Other files there stay.</summary>
    /// <param name="folder">The folder; created when missing.</param>
    /// <returns>Full path of index.html.</returns>
    /// <exception cref="ArgumentException">A file name has a folder in it, or two pages would have the same name (the index is one of them).</exception>
    public string Save(string folder)
    {
        var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase) { "index.html" };
        foreach (var page in pages)
        {
            if (page.FileName.AsSpan().ContainsAny('/', '\\') || page.FileName is "" or "." or "..") throw new ArgumentException($"'{page.FileName}' must be the name of a file, without a folder");
            if (!names.Add(SiteHtml.PageName(page.FileName))) throw new ArgumentException($"two pages would be called '{SiteHtml.PageName(page.FileName)}'; rename '{page.FileName}'");
        }
        var known = pages.Select(p => p.FileName).ToHashSet(StringComparer.Ordinal);
        for (int i = 0; i < pages.Count; i++)
            NotebookPage.Save(pages[i].Notebook, Path.Combine(folder, SiteHtml.PageName(pages[i].FileName)), new NotebookPageOptions
            {
                Title = TitleOf(pages[i]), Facts = pages[i].Facts, Pages = known, Index = new NotebookLink(title, "index.html"),
                Previous = i > 0 ? LinkTo(pages[i - 1]) : null, Next = i + 1 < pages.Count ? LinkTo(pages[i + 1]) : null,
            });
        string index = Path.GetFullPath(Path.Combine(folder, "index.html"));
        DocumentFile.WriteText(index, Index());
        return index;
    }

    private string Index()
    {
        var cards = new StringBuilder();
        foreach (var page in pages)
        {
            int failed = NotebookPage.FailedCells(page.Notebook).Count();
            var code = page.Notebook.Cells.Where(c => c.Kind == NotebookCellKind.Code && !string.IsNullOrWhiteSpace(c.Source)).ToList();
            int ran = code.Count(c => c.ExecutionCount is not null);
            string state = failed > 0 ? $"<span class=\"nb-bad\">{failed} {(failed == 1 ? "cell" : "cells")} failed</span>"
                : ran == code.Count ? $"<span class=\"nb-good\">{ran} cells ran</span>" : $"<span>{ran} of {code.Count} cells ran</span>";
            string about = page.Notebook.Cells.Where(c => c.Kind == NotebookCellKind.Markdown).Select(c => MarkdownText.FirstParagraph(c.Source)).FirstOrDefault(t => t.Length > 0) ?? "";
            cards.Append($"<li><h2><a href=\"{PageMarkup.Encode(Uri.EscapeDataString(SiteHtml.PageName(page.FileName)))}\">{PageMarkup.Encode(TitleOf(page))}</a></h2>")
                .Append($"<p>{PageMarkup.Encode(about)}</p><p class=\"nb-state\"><code>{PageMarkup.Encode(page.FileName)}</code> {state}</p></li>\n");
        }
        return SiteHtml.Page(title, $"""
            <div class="nb-frame">
            <main id="main" tabindex="-1">
            <h1>{PageMarkup.Encode(title)}</h1>
            {(Lead.Length > 0 ? $"<p class=\"nb-lead\">{PageMarkup.Encode(Lead)}</p>" : "")}
            <ol class="nb-cards">
            {cards}</ol>
            {SiteHtml.Facts(Facts, "about", "How this was made")}
            </main>
            </div>
            """);
    }

    private static NotebookLink LinkTo(NotebookSitePage page) => new(TitleOf(page), SiteHtml.PageName(page.FileName));

    private static string TitleOf(NotebookSitePage page) => page.Notebook.Title is { Length: > 0 } heading ? heading : Path.GetFileNameWithoutExtension(page.FileName);
}
