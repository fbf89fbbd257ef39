using System.Text;

namespace SimSearch.Notebooks;

/// <summary>A notebook of a site.</summary>
/// <param name="FileName">Name of the notebook's file, without a folder: "00-start-here.ipynb"; its page is "00-start-here.html".</param>
/// <param name="Notebook">The notebook.</param>
public sealed record NotebookSitePage(string FileName, Notebook Notebook)
{
    /// <summary>What is said about its run: hash, seeds, the command that reproduces it; empty by default.</summary>
    public IReadOnlyList<NotebookFact> Facts { get; init; } = [];

    /// <summary>How long its run took; null (the default) when unknown, and then the times in the cells are taken if they have any.</summary>
    public TimeSpan? Duration { get; init; }

    /// <summary>Why the run is not whole, for the index and the top of the page; "" by default.</summary>
    public string Problem { get; init; } = "";
}

/// <summary>A page made by somebody else that the index of a site links to.</summary>
/// <param name="Title">What it is called.</param>
/// <param name="Address">Its file, relative to the site's folder.</param>
/// <param name="About">A sentence on what it shows.</param>
public sealed record NotebookSiteLink(string Title, string Address, string About);

/// <summary>
/// Several notebooks as one site of static pages: an index with titles, what each is about, its first chart and whether it succeeded, and a page for each
/// with links to the ones before and after. Nothing of a notebook is run to make it or by opening it.
/// </summary>
/// <param name="title">Heading of the index.</param>
/// <param name="pages">The notebooks, in order.</param>
public sealed class NotebookSite(string title, IReadOnlyList<NotebookSitePage> pages)
{
    /// <summary>A sentence or two under the heading; "" by default.</summary>
    public string Lead { get; init; } = "";

    /// <summary>What is said about all runs: environment, versions, command; empty by default.</summary>
    public IReadOnlyList<NotebookFact> Facts { get; init; } = [];

    /// <summary>Pages made by others, shown before the notebooks; empty by default.</summary>
    public IReadOnlyList<NotebookSiteLink> Links { get; init; } = [];

    /// <summary>What the pages get besides their own script; nothing by default.</summary>
    public SiteScripts Scripts { get; init; } = new();

    /// <summary>Writes the pages and index.html into a folder, each by rename, the index last. Other files there stay, but for libraries of earlier sites.</summary>
    /// <param name="folder">The folder; created when missing.</param>
    /// <returns>Full path of index.html.</returns>
    /// <exception cref="ArgumentException">A file name has a folder in it, or two pages would have the same name (the index is one of them).</exception>
    public string Save(string folder)
    {
        var names = new HashSet<string>(Links.Select(l => l.Address), StringComparer.OrdinalIgnoreCase) { "index.html" };
        foreach (var page in pages)
        {
            if (page.FileName.AsSpan().ContainsAny('/', '\\') || page.FileName is "" or "." or "..") throw new ArgumentException($"'{page.FileName}' must be the name of a file, without a folder");
            if (!names.Add(SiteHtml.PageName(page.FileName))) throw new ArgumentException($"two pages would be called '{SiteHtml.PageName(page.FileName)}'; rename '{page.FileName}'");
        }
        if (Scripts is { Library: { } source, LibraryFile: { } file })
        {
            DocumentFile.WriteText(Path.Combine(folder, file), source);
            foreach (string old in Directory.EnumerateFiles(folder, "library-????????????.js").Where(f => Path.GetFileName(f) != file)) File.Delete(old);
        }
        var known = pages.Select(p => p.FileName).ToHashSet(StringComparer.Ordinal);
        for (int i = 0; i < pages.Count; i++)
            NotebookPage.Save(pages[i].Notebook, Path.Combine(folder, SiteHtml.PageName(pages[i].FileName)), new NotebookPageOptions
            {
                Title = TitleOf(pages[i]), Facts = pages[i].Facts, Problem = pages[i].Problem, Pages = known, Index = new NotebookLink(title, "index.html"), Scripts = Scripts,
                Previous = i > 0 ? LinkTo(pages[i - 1]) : null, Next = i + 1 < pages.Count ? LinkTo(pages[i + 1]) : null,
            });
        string index = Path.GetFullPath(Path.Combine(folder, "index.html"));
        DocumentFile.WriteText(index, Index());
        return index;
    }

    private string Index()
    {
        var cards = new StringBuilder();
        foreach (var link in Links)
            cards.Append($"<li class=\"nb-wide\"><h2><a href=\"{PageMarkup.Address(link.Address)}\">{PageMarkup.Encode(link.Title)}</a></h2><p>{PageMarkup.Encode(link.About)}</p></li>\n");
        for (int i = 0; i < pages.Count; i++)
        {
            var page = pages[i];
            string about = page.Notebook.Cells.Where(c => c.Kind == NotebookCellKind.Markdown).Select(c => MarkdownText.FirstParagraph(c.Source)).FirstOrDefault(t => t.Length > 0) ?? "";
            string picture = Thumbnail.Of(page.Notebook, $"thumb-{i + 1}");
            cards.Append($"<li>{picture}<h2><a href=\"{PageMarkup.Address(SiteHtml.PageName(page.FileName))}\">{PageMarkup.Encode(TitleOf(page))}</a></h2>")
                .Append($"<p>{PageMarkup.Encode(about)}</p>{(page.Problem.Length > 0 ? $"<p class=\"nb-bad\">{PageMarkup.Encode(page.Problem)}</p>" : "")}")
                .Append($"<p class=\"nb-state\"><code>{PageMarkup.Encode(page.FileName)}</code> {State(page)}</p></li>\n");
        }
        return SiteHtml.Page(title, $"""
            <nav class="nb-top" aria-label="Site"><a class="nb-index" href="index.html" aria-current="page">Contents</a>{(pages.Count > 0 ? $"<a class=\"nb-next\" href=\"{PageMarkup.Address(SiteHtml.PageName(pages[0].FileName))}\">{PageMarkup.Encode(TitleOf(pages[0]))} \u2192</a>" : "")}</nav>
            <div class="nb-frame">
            <main id="main" tabindex="-1">
            <h1>{PageMarkup.Encode(title)}</h1>
            {(Lead.Length > 0 ? $"<p class=\"nb-lead\">{PageMarkup.Encode(Lead)}</p>" : "")}
            <ol class="nb-cards">
            {cards}</ol>
            {SiteHtml.Facts(Facts, "about", "How this was made")}
            </main>
            </div>
            """, Scripts);
    }

    private static string State(NotebookSitePage page)
    {
        int failed = NotebookPage.FailedCells(page.Notebook).Count();
        var code = page.Notebook.Cells.Where(c => c.Kind == NotebookCellKind.Code && !string.IsNullOrWhiteSpace(c.Source)).ToList();
        int ran = code.Count(c => c.ExecutionCount is not null);
        string state = failed > 0 ? $"<span class=\"nb-bad\">{failed} {(failed == 1 ? "cell" : "cells")} failed</span>"
            : page.Problem.Length > 0 ? $"<span class=\"nb-bad\">{ran} of {code.Count} cells ran</span>"
            : ran == code.Count ? $"<span class=\"nb-good\">\u2713 {ran} {(ran == 1 ? "cell" : "cells")} ran</span>" : $"<span>{ran} of {code.Count} cells ran</span>";
        return (page.Duration ?? RecordedTime(page.Notebook)) is { } time ? $"{state} <span>{PageMarkup.Encode(SiteHtml.Duration(time))}</span>" : state;
    }

    // What claims to have run longer has a wrong time, and a sum of such has no end.
    private static readonly TimeSpan LongestCell = TimeSpan.FromDays(30);

    /// <summary>The times of the cells together, as Jupyter writes them into their metadata; null when there is none.</summary>
    private static TimeSpan? RecordedTime(Notebook notebook)
    {
        TimeSpan sum = default;
        bool any = false;
        foreach (var cell in notebook.Cells)
            if (cell.Metadata["execution"] is System.Text.Json.Nodes.JsonObject times && Time(times["iopub.execute_input"]) is { } start && Time(times["shell.execute_reply"]) is { } end && end >= start && end - start < LongestCell)
            {
                sum += end - start;
                any = true;
            }
        return any ? sum : null;

        static DateTime? Time(System.Text.Json.Nodes.JsonNode? node) =>
            node is System.Text.Json.Nodes.JsonValue value && value.TryGetValue(out string? text)
            && DateTime.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, System.Globalization.DateTimeStyles.RoundtripKind, out var time) ? time : null;
    }

    private static NotebookLink LinkTo(NotebookSitePage page) => new(TitleOf(page), SiteHtml.PageName(page.FileName));

    private static string TitleOf(NotebookSitePage page) => page.Notebook.Title is { Length: > 0 } heading ? heading : Path.GetFileNameWithoutExtension(page.FileName);
}
