using System.Text;
using System.Text.RegularExpressions;

namespace SimSearch.Notebooks;

/// <summary>
/// Makes foreign HTML and SVG harmless by writing it anew from an allow-list (<see cref="HtmlPolicy"/>): no scripts, no event handlers,
/// nothing that is loaded from elsewhere, no style that leaves its place. What comes out is well-formed: every attribute quoted, every text
/// encoded, every element closed, so that no parser can see a tag in it that was not allowed. Ids get a prefix and references follow them.
/// </summary>
internal sealed partial class HtmlSanitizer
{
    private const int MaxDepth = 200;

    private readonly string prefix, scope;
    private readonly Func<string, string?>? link, image;
    private readonly bool own;
    private readonly StringBuilder written = new();
    private readonly List<string> open = [];
    private int svgDepth, referencedDepth;
    private bool visible, rootOnly;

    private HtmlSanitizer(string prefix, string scope, Func<string, string?>? link, Func<string, string?>? image, bool own) =>
        (this.prefix, this.scope, this.link, this.image, this.own) = (prefix, scope, link, image, own);

    /// <summary>Sanitises a fragment.</summary>
    /// <param name="html">HTML, or SVG inside HTML.</param>
    /// <param name="prefix">What every id in the result starts with: letters, digits, - and _.</param>
    /// <param name="scope">Selector of the element the result will lie in; style sheets count below it only. "" leaves style sheets as they are inside a file of their own.</param>
    /// <param name="link">Maps the address of a link to a safe one, or null to leave it out; null keeps links within the fragment only.</param>
    /// <param name="image">Maps the address of a picture that is not data to data, or null to leave it out.</param>
    /// <param name="own">Whether this program made the markup from text, so that it may use the page's own classes (nb-...).</param>
    /// <returns>The safe markup, or "" when nothing in it can be seen.</returns>
    public static string Fragment(string html, string prefix, string scope, Func<string, string?>? link = null, Func<string, string?>? image = null, bool own = false)
    {
        var sanitizer = new HtmlSanitizer(prefix, scope, link, image, own);
        sanitizer.Run(html);
        return sanitizer.visible ? sanitizer.written.ToString() : "";
    }

    /// <summary>Sanitises an SVG document, so that it can stand in a file of its own.</summary>
    /// <param name="svg">The document.</param>
    /// <returns>Well-formed XML that starts with the svg element, or "" when there is none.</returns>
    public static string SvgDocument(string svg)
    {
        int start = svg.IndexOf("<svg", StringComparison.OrdinalIgnoreCase);
        if (start < 0) return "";
        var sanitizer = new HtmlSanitizer("", "", null, null, false) { rootOnly = true };
        sanitizer.Run(svg[start..]);
        string safe = sanitizer.written.ToString();
        return sanitizer.visible && safe.StartsWith("<svg ", StringComparison.Ordinal) ? safe : "";
    }

    private void Run(string html)
    {
        string? skipping = null;
        int skipDepth = 0;
        foreach (var token in HtmlTokenizer.Tokens(html))
        {
            // What follows the root of a document would not be XML.
            if (rootOnly && open.Count == 0 && written.Length > 0) return;
            if (skipping is not null)
            {
                if (token.Name == skipping && !token.IsClosed) skipDepth += token.IsEnd ? -1 : 1;
                if (skipDepth == 0) skipping = null;
            }
            else if (token.Name.Length == 0) Text(token.Text);
            else if (token.IsEnd) End(Name(token.Name));
            else if (token.Name == "style") Style(token.Text);
            else if (HtmlPolicy.Dropped.Contains(token.Name) && !(svgDepth > 0 && token.Name == "title"))
            {
                if (HtmlPolicy.DroppedVoid.Contains(token.Name) || (token.IsClosed && svgDepth > 0)) continue;
                (skipping, skipDepth) = (token.Name, 1);
            }
            else Start(token with { Name = Name(token.Name) });
        }
        while (open.Count > 0) Pop();
    }

    private static string Name(string name) => HtmlPolicy.Division.Contains(name) ? "div" : name;

    private void Text(string text)
    {
        int before = written.Length;
        PageMarkup.Append(written, text);
        // The words that describe a picture are not seen.
        if (!(open.Count > 0 && open[^1] is "title" or "desc")) visible |= !string.IsNullOrWhiteSpace(written.ToString(before, written.Length - before));
    }

    private void Start(HtmlToken tag)
    {
        bool svg = tag.Name == "svg" || svgDepth > 0;
        // Text only below these two: a browser reads what is in them as HTML again.
        if (open.Count >= MaxDepth || (open.Count > 0 && open[^1] is "title" or "desc")) return;
        if (svg ? !HtmlPolicy.Svg.ContainsKey(tag.Name) : !HtmlPolicy.Html.Contains(tag.Name)) return;
        if (tag.Name == "use" && referencedDepth > 0) return;
        if (tag.Name == "source" && !(open.Count > 0 && open[^1] is "audio" or "video")) return;
        string name = svg ? HtmlPolicy.Svg[tag.Name] : tag.Name;
        var attributes = new StringBuilder();
        if (tag.Name == "svg") attributes.Append(" xmlns=\"http://www.w3.org/2000/svg\"");
        var used = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (attribute, raw) in tag.Attributes)
        {
            // SVG 1 wrote references as xlink:href.
            string known = svg && attribute == "xlink:href" ? "href" : attribute;
            if ((svg ? Svg(tag.Name, known, raw) : Html(tag.Name, known, raw)) is not { } value) continue;
            string spelled = svg ? HtmlPolicy.SvgAttributes.GetValueOrDefault(known, known) : known;
            if (!used.Add(spelled)) continue;
            attributes.Append(' ').Append(spelled).Append("=\"");
            PageMarkup.Append(attributes, value);
            attributes.Append('"');
        }
        if (tag.Name is "img" or "audio" or "video" or "source" && !used.Contains("src"))
        {
            string alt = tag.Attributes.FirstOrDefault(a => a.Name == "alt").Value ?? "";
            if (tag.Name == "img") Text(alt.Length > 0 ? $"[{alt}]" : "[picture left out: it is not in the notebook]");
            if (tag.Name is "img" or "source") return;
        }
        if (tag.Name is "use" or "image" && !used.Contains("href")) return;
        if (tag.Name is "audio" or "video" && used.Add("controls")) attributes.Append(" controls=\"controls\"");
        if (tag.Name == "a" && used.Contains("href") && link is not null) attributes.Append(" rel=\"noopener noreferrer\"");
        visible |= tag.Name is "img" or "source" or "hr" or "progress" or "meter" || (tag.Name is "audio" or "video" && used.Contains("src"))
            || (svg && tag.Name is "path" or "rect" or "circle" or "ellipse" or "line" or "polyline" or "polygon" or "image" or "use");
        written.Append('<').Append(name).Append(attributes).Append('>');
        if (!svg && HtmlPolicy.Void.Contains(tag.Name)) return;
        open.Add(name);
        if (svg) svgDepth++;
        if (HtmlPolicy.SvgReferenced.Contains(tag.Name) && svg) referencedDepth++;
        if (svg && tag.IsClosed) Pop();
    }

    private void End(string tag)
    {
        string name = svgDepth > 0 ? HtmlPolicy.Svg.GetValueOrDefault(tag, "") : tag;
        int at = open.LastIndexOf(name);
        // Inside SVG an end tag closes nothing outside of it.
        if (at < 0 || (svgDepth > 0 && at < open.Count - svgDepth)) return;
        while (open.Count > at) Pop();
    }

    private void Pop()
    {
        string name = open[^1];
        open.RemoveAt(open.Count - 1);
        if (svgDepth > 0)
        {
            svgDepth--;
            if (HtmlPolicy.SvgReferenced.Contains(name.ToLowerInvariant())) referencedDepth--;
        }
        written.Append("</").Append(name).Append('>');
    }

    private void Style(string sheet)
    {
        string safe = CssSanitizer.Sheet(sheet, scope, prefix);
        if (safe.Length > 0) written.Append("<style>").Append(safe).Append("</style>");
    }

    private string? Html(string element, string attribute, string value)
    {
        if (IsAria(attribute)) return Aria(attribute, value);
        if (HtmlPolicy.ElementAttributes.Contains($"{element}.{attribute}"))
            return attribute switch
            {
                "data-plotly" => FigureData.Safe(value),
                "src" when element == "img" => MediaData(value, PictureData()) ?? (image?.Invoke(value) is { } data ? MediaData(data, PictureData()) : null),
                "src" => MediaData(value, SoundData()),
                "href" => Link(value),
                "controls" or "loop" or "open" or "reversed" => attribute,
                "headers" => Ids(value),
                _ => value,
            };
        return HtmlPolicy.Attributes.Contains(attribute) ? Common(attribute, value) : null;
    }

    private string? Svg(string element, string attribute, string value)
    {
        if (IsAria(attribute)) return Aria(attribute, value);
        if (!HtmlPolicy.SvgAttributes.ContainsKey(attribute)) return null;
        if (attribute == "href")
            return element == "image" ? MediaData(value, PictureData())
                : element is "a" or "use" or "lineargradient" or "radialgradient" or "pattern" && LocalId().IsMatch(value) ? $"#{prefix}{value.Trim()[1..]}" : null;
        // An id that use can refer to must not have a use below it.
        if (attribute == "id" && referencedDepth == 0 && !HtmlPolicy.SvgReferenced.Contains(element) && element is "svg" or "g" or "text") return null;
        if (attribute is "class" or "style" or "id" or "role" or "tabindex") return Common(attribute, value);
        return value.AsSpan().ContainsAny('(', '\\') ? CssSanitizer.Value(value, prefix) : value;
    }

    private string? Common(string attribute, string value) => attribute switch
    {
        "style" => CssSanitizer.Declarations(value, prefix) is { Length: > 0 } style ? style : null,
        "id" => SafeId().IsMatch(value) ? prefix + value : null,
        "class" => string.Join(' ', value.Split((char[])[' ', '\t', '\n', '\r', '\f'], StringSplitOptions.RemoveEmptyEntries).Where(c => own || !c.StartsWith("nb-", StringComparison.OrdinalIgnoreCase))) is { Length: > 0 } classes ? classes : null,
        // A positive index would take the focus before the page's own elements.
        "tabindex" => value.Trim() is "0" or "-1" ? value.Trim() : null,
        "hidden" => attribute,
        _ => value,
    };

    private static bool IsAria(string attribute) => AriaName().IsMatch(attribute);

    private string? Aria(string attribute, string value) => HtmlPolicy.IdLists.Contains(attribute) ? Ids(value) : value;

    private string? Ids(string value) => string.Join(' ', value.Split(' ', StringSplitOptions.RemoveEmptyEntries).Where(i => SafeId().IsMatch(i)).Select(i => prefix + i)) is { Length: > 0 } ids ? ids : null;

    private string? Link(string value) => link is not null ? link(value) : LocalId().IsMatch(value) ? $"#{prefix}{value.Trim()[1..]}" : null;

    private static string? MediaData(string value, Regex kind)
    {
        int comma = value.IndexOf(',');
        if (comma is < 0 or > 60 || !kind.IsMatch(value[..(comma + 1)])) return null;
        return value.AsSpan(comma + 1).ContainsAnyExcept("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/= \t\r\n") ? null : value;
    }

    [GeneratedRegex(@"\A\s*data:image/(?:png|jpeg|jpg|gif|webp|bmp|avif);base64,\z", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex PictureData();

    [GeneratedRegex(@"\A\s*data:(?:audio|video)/[a-z0-9-]+;base64,\z", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex SoundData();

    [GeneratedRegex(@"\A\s*#[a-zA-Z0-9_.-]{1,200}\s*\z", RegexOptions.CultureInvariant)]
    private static partial Regex LocalId();

    [GeneratedRegex(@"\A[a-zA-Z0-9_.-]{1,200}\z", RegexOptions.CultureInvariant)]
    private static partial Regex SafeId();

    [GeneratedRegex(@"\Aaria-[a-z]{1,30}\z", RegexOptions.CultureInvariant)]
    private static partial Regex AriaName();
}
