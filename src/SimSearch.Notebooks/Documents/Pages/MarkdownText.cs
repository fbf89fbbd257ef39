using System.Text;
using System.Text.RegularExpressions;
using Markdig;
using Markdig.Renderers;
using Markdig.Renderers.Html;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;

namespace SimSearch.Notebooks;

/// <summary>A heading of a page.</summary>
internal readonly record struct PageHeading(int Level, string Id, string Text);

/// <summary>
/// Makes HTML of the Markdown in a cell. Raw HTML in it is shown as text, except for a folded part: <c>&lt;details&gt;</c>,
/// <c>&lt;summary&gt;...&lt;/summary&gt;</c> and <c>&lt;/details&gt;</c>, each on a line of its own. The result still has to pass the sanitiser.
/// </summary>
internal static partial class MarkdownText
{
    private static readonly MarkdownPipeline Pipeline = new MarkdownPipelineBuilder().DisableHtml().UsePipeTables().UseAutoLinks().UseEmphasisExtras().UseMathematics().Build();

    /// <summary>The plain text of the headings, in order.</summary>
    public static IEnumerable<string> Headings(string markdown) => Parse(markdown).Descendants<HeadingBlock>().Select(h => Plain(h.Inline)).Where(t => t.Length > 0);

    /// <summary>The plain text of the first paragraph without a bold label in front of it ("**The question.** ..."), or "".</summary>
    public static string FirstParagraph(string markdown) => Parse(markdown).OfType<ParagraphBlock>().Select(WithoutLabel).FirstOrDefault(t => t.Length > 0) ?? "";

    private static string WithoutLabel(ParagraphBlock paragraph)
    {
        string whole = Plain(paragraph.Inline);
        if (paragraph.Inline?.FirstChild is not EmphasisInline { DelimiterCount: 2 } label) return whole;
        string rest = whole[Plain(label).Length..].TrimStart();
        return rest.Length > 0 ? rest : whole;
    }

    /// <summary>HTML of a cell; its headings get ids and are added to the list.</summary>
    /// <param name="markdown">The source.</param>
    /// <param name="headings">Receives the headings; ids are unique in it.</param>
    /// <param name="ids">The ids that are taken.</param>
    public static string ToHtml(string markdown, List<PageHeading> headings, HashSet<string> ids)
    {
        var html = new StringBuilder();
        int depth = 0;
        foreach (var (fold, text) in Parts(markdown))
        {
            if (fold == Fold.Open)
            {
                html.Append("<details>");
                depth++;
            }
            else if (fold == Fold.Summary && depth > 0) html.Append("<summary>").Append(PageMarkup.Encode(text)).Append("</summary>");
            else if (fold == Fold.Close && depth > 0)
            {
                html.Append("</details>");
                depth--;
            }
            else if (fold == Fold.None) Render(text, html, headings, ids);
        }
        for (; depth > 0; depth--) html.Append("</details>");
        return html.ToString();
    }

    private static void Render(string markdown, StringBuilder html, List<PageHeading> headings, HashSet<string> ids)
    {
        var document = Parse(markdown);
        foreach (var heading in document.Descendants<HeadingBlock>())
        {
            string text = Plain(heading.Inline), slug = Slug(text), id = slug;
            for (int i = 2; !ids.Add(id); i++) id = $"{slug}-{i}";
            heading.GetAttributes().Id = id;
            if (text.Length > 0) headings.Add(new PageHeading(heading.Level, id, text));
        }
        using var writer = new StringWriter { NewLine = "\n" };
        var renderer = new HtmlRenderer(writer);
        Pipeline.Setup(renderer);
        renderer.ObjectRenderers.ReplaceOrAdd<CodeBlockRenderer>(new ColouredCode());
        renderer.Render(document);
        html.Append(writer);
    }

    /// <summary>Colours blocks of code that say they are C#.</summary>
    private sealed class ColouredCode : CodeBlockRenderer
    {
        protected override void Write(HtmlRenderer renderer, CodeBlock block)
        {
            if (block is FencedCodeBlock { Info: { } language } && language.ToLowerInvariant() is "csharp" or "cs" or "c#")
                renderer.Write("<pre><code>").Write(CSharpHighlighter.ToHtml(block.Lines.ToString())).Write("</code></pre>");
            else base.Write(renderer, block);
        }
    }

    /// <summary>Markdig refuses text that is nested too deeply; such text is shown as it is.</summary>
    private static MarkdownDocument Parse(string markdown)
    {
        try
        {
            return Markdown.Parse(markdown, Pipeline);
        }
        catch (ArgumentException)
        {
            return Markdown.Parse($"    {markdown.ReplaceLineEndings("\n    ")}", Pipeline);
        }
    }

    private static string Plain(ContainerInline? inline)
    {
        if (inline is null) return "";
        var text = new StringBuilder();
        foreach (var part in inline.Descendants())
            _ = part switch
            {
                LiteralInline literal => text.Append(literal.Content.AsSpan()),
                CodeInline code => text.Append(code.Content),
                LineBreakInline => text.Append(' '),
                HtmlEntityInline entity => text.Append(entity.Transcoded.AsSpan()),
                _ => text,
            };
        return text.ToString().Trim();
    }

    private static string Slug(string text)
    {
        var slug = new StringBuilder();
        foreach (char c in text.ToLowerInvariant())
            if (char.IsAsciiLetterOrDigit(c)) slug.Append(c);
            else if (slug.Length > 0 && slug[^1] != '-') slug.Append('-');
        string trimmed = slug.ToString(0, Math.Min(slug.Length, 60)).Trim('-');
        // Names that begin so are the cells'.
        return trimmed.Length == 0 ? "heading" : trimmed.StartsWith("cell-", StringComparison.Ordinal) ? $"the-{trimmed}" : trimmed;
    }

    private enum Fold { None, Open, Summary, Close }

    private static IEnumerable<(Fold Fold, string Text)> Parts(string markdown)
    {
        var text = new StringBuilder();
        string fence = "";
        foreach (string line in markdown.ReplaceLineEndings("\n").Split('\n'))
        {
            string trimmed = line.Trim();
            if (fence.Length > 0) fence = trimmed.StartsWith(fence, StringComparison.Ordinal) ? "" : fence;
            else if (trimmed.StartsWith("```", StringComparison.Ordinal) || trimmed.StartsWith("~~~", StringComparison.Ordinal)) fence = trimmed[..3];
            var (fold, inner) = fence.Length > 0 ? (Fold.None, "") : trimmed.ToLowerInvariant() switch
            {
                "<details>" => (Fold.Open, ""),
                "</details>" => (Fold.Close, ""),
                _ when Summary().Match(trimmed) is { Success: true } match => (Fold.Summary, match.Groups[1].Value),
                _ => (Fold.None, ""),
            };
            if (fold == Fold.None)
            {
                text.Append(line).Append('\n');
                continue;
            }
            yield return (Fold.None, text.ToString());
            text.Clear();
            yield return (fold, inner);
        }
        yield return (Fold.None, text.ToString());
    }

    [GeneratedRegex(@"\A<summary>([^<]*)</summary>\z", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex Summary();
}
