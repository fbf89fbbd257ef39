using System.Net;

namespace SimSearch.Notebooks;

/// <summary>A piece of HTML: text (Name is ""), a start tag or an end tag.</summary>
/// <param name="Name">Name of the tag, in lower case.</param>
/// <param name="Text">Decoded text; for a <c>style</c> start tag, the sheet inside it.</param>
/// <param name="IsEnd">Whether it is an end tag.</param>
/// <param name="IsClosed">Whether the tag ends in "/>".</param>
/// <param name="Attributes">Names in lower case with decoded values; the first of a name counts.</param>
internal readonly record struct HtmlToken(string Name, string Text, bool IsEnd, bool IsClosed, IReadOnlyList<(string Name, string Value)> Attributes);

/// <summary>
/// Cuts HTML into text and tags, near enough to what browsers do. Nothing relies on reading as a browser does: the sanitiser writes all of
/// it anew, so that a wrong cut can lose something but never let something through.
/// </summary>
internal static class HtmlTokenizer
{
    private const int MaxAttributes = 100;

    /// <summary>Elements whose content is not markup.</summary>
    private static readonly string[] RawText = ["script", "style", "xmp", "iframe", "noembed", "noframes", "textarea", "plaintext", "noscript"];

    public static IEnumerable<HtmlToken> Tokens(string html)
    {
        int at = 0;
        while (at < html.Length)
        {
            int tag = html.IndexOf('<', at);
            if (tag < 0) tag = html.Length;
            if (tag > at) yield return Text(html[at..tag]);
            if (tag == html.Length) yield break;
            char next = tag + 1 < html.Length ? html[tag + 1] : '\0';
            bool end = next == '/';
            int name = end ? tag + 2 : tag + 1;
            if (next is '!' or '?' || (end && !(name < html.Length && char.IsAsciiLetter(html[name]))))
            {
                at = SkipDeclaration(html, tag);
                continue;
            }
            if (!(name < html.Length && char.IsAsciiLetter(html[name])))
            {
                yield return Text("<");
                at = tag + 1;
                continue;
            }
            (var token, at) = Tag(html, name, end);
            // A tag without its end is no tag.
            if (at < 0) yield break;
            if (!end && RawText.Contains(token.Name))
            {
                int close = Close(html, token.Name, at);
                token = token with { Text = html[at..close] };
                at = close;
            }
            yield return token;
        }
    }

    private static HtmlToken Text(string raw) => new("", WebUtility.HtmlDecode(raw), false, false, []);

    private static int SkipDeclaration(string html, int at)
    {
        if (html.AsSpan(at).StartsWith("<!--"))
        {
            int body = at + 4;
            // Browsers end a comment at "<!-->" and "<!--->" too.
            if (html.AsSpan(body).StartsWith(">")) return body + 1;
            if (html.AsSpan(body).StartsWith("->")) return body + 2;
            int close = html.IndexOf("--", body, StringComparison.Ordinal);
            while (close >= 0)
            {
                if (html.AsSpan(close).StartsWith("-->")) return close + 3;
                if (html.AsSpan(close).StartsWith("--!>")) return close + 4;
                close = html.IndexOf("--", close + 1, StringComparison.Ordinal);
            }
            return html.Length;
        }
        // CDATA is dropped with what is in it: where it counts (a style sheet in an SVG file) it is read as raw text.
        string mark = html.AsSpan(at).StartsWith("<![CDATA[") ? "]]>" : ">";
        int end = html.IndexOf(mark, at, StringComparison.Ordinal);
        return end < 0 ? html.Length : end + mark.Length;
    }

    private static (HtmlToken Token, int At) Tag(string html, int start, bool end)
    {
        int at = start;
        while (at < html.Length && !IsSpace(html[at]) && html[at] is not ('/' or '>')) at++;
        string name = html[start..at].ToLowerInvariant();
        var attributes = new List<(string, string)>();
        while (at < html.Length)
        {
            while (at < html.Length && (IsSpace(html[at]) || html[at] == '/') && !(html[at] == '/' && at + 1 < html.Length && html[at + 1] == '>')) at++;
            if (at >= html.Length) break;
            if (html[at] == '>') return (new HtmlToken(name, "", end, false, attributes), at + 1);
            if (html[at] == '/') return (new HtmlToken(name, "", end, true, attributes), at + 2);
            int from = at++;
            while (at < html.Length && !IsSpace(html[at]) && html[at] is not ('/' or '>' or '=')) at++;
            string attribute = html[from..at].ToLowerInvariant(), value = "";
            int equals = at;
            while (equals < html.Length && IsSpace(html[equals])) equals++;
            if (equals < html.Length && html[equals] == '=')
            {
                at = equals + 1;
                while (at < html.Length && IsSpace(html[at])) at++;
                if (at >= html.Length) break;
                if (html[at] is '"' or '\'')
                {
                    int close = html.IndexOf(html[at], at + 1);
                    if (close < 0) break;
                    value = html[(at + 1)..close];
                    at = close + 1;
                }
                else
                {
                    from = at;
                    while (at < html.Length && !IsSpace(html[at]) && html[at] != '>') at++;
                    value = html[from..at];
                }
            }
            if (!end && attributes.Count < MaxAttributes && attributes.All(a => a.Item1 != attribute)) attributes.Add((attribute, WebUtility.HtmlDecode(value)));
        }
        return (default, -1);
    }

    private static int Close(string html, string name, int at)
    {
        if (name == "plaintext") return html.Length;
        for (int close = html.IndexOf("</", at, StringComparison.Ordinal); close >= 0; close = html.IndexOf("</", close + 2, StringComparison.Ordinal))
        {
            var rest = html.AsSpan(close + 2);
            if (rest.StartsWith(name, StringComparison.OrdinalIgnoreCase) && (rest.Length == name.Length || IsSpace(rest[name.Length]) || rest[name.Length] is '/' or '>')) return close;
        }
        return html.Length;
    }

    private static bool IsSpace(char c) => c is ' ' or '\t' or '\n' or '\r' or '\f';
}
