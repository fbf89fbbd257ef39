using System.Text;
using System.Text.RegularExpressions;

namespace SimSearch.Notebooks;

/// <summary>
/// Keeps of foreign style what paints and lays out, and nothing that loads, leaks or leaves its place: an allow-list of properties,
/// functions, selectors and media queries. Every selector is put below the element the output lies in, and every id gets its prefix.
/// </summary>
internal static partial class CssSanitizer
{
    private const int MaxLength = 200_000;

    /// <summary>The allowed declarations of a style attribute or rule, or "".</summary>
    /// <param name="css">Declarations.</param>
    /// <param name="prefix">What every id in the output starts with.</param>
    public static string Declarations(string css, string prefix)
    {
        if (css.Length > MaxLength) return "";
        var kept = new List<string>();
        foreach (string declaration in SplitOutside(Comment().Replace(css, " "), ';'))
        {
            int colon = declaration.IndexOf(':');
            if (colon <= 0) continue;
            string property = declaration[..colon].Trim(), value = declaration[(colon + 1)..].Trim();
            bool variable = CustomProperty().IsMatch(property);
            if (!variable) property = property.ToLowerInvariant();
            if (!variable && !HtmlPolicy.Styles.Contains(property)) continue;
            // What is fixed to the window could cover the page.
            if (property == "position" && value is not ("relative" or "absolute" or "static")) continue;
            if (Value(value, prefix) is { } safe) kept.Add($"{property}:{safe}");
        }
        return string.Join(';', kept);
    }

    /// <summary>A value without anything that loads or escapes, or null.</summary>
    /// <param name="value">The value of a property or of a presentation attribute.</param>
    /// <param name="prefix">What every id in the output starts with.</param>
    public static string? Value(string value, string prefix)
    {
        if (value.Length is 0 or > 2_000 || !PlainValue().IsMatch(value)) return null;
        int depth = 0;
        foreach (char c in value)
        {
            depth += c == '(' ? 1 : c == ')' ? -1 : 0;
            if (depth < 0) return null;
        }
        if (depth != 0 || value.Count(c => c == '"') % 2 != 0 || value.Count(c => c == '\'') % 2 != 0) return null;
        foreach (Match call in Function().Matches(value))
            if (call.Groups[1].Value.ToLowerInvariant() is var name && name.Length > 0 && name != "url" && !HtmlPolicy.StyleFunctions.Contains(name)) return null;
        int urls = UrlCall().Count(value);
        string rewritten = LocalUrl().Replace(value, match => $"url(#{prefix}{match.Groups[1].Value})");
        return LocalUrl().Count(value) == urls ? rewritten : null;
    }

    /// <summary>The allowed rules of a style sheet, each below <paramref name="scope"/>, or "".</summary>
    /// <param name="css">The sheet.</param>
    /// <param name="scope">Selector of the element the output lies in.</param>
    /// <param name="prefix">What every id in the output starts with.</param>
    public static string Sheet(string css, string scope, string prefix)
    {
        if (css.Length > MaxLength) return "";
        css = Comment().Replace(css.Replace("<![CDATA[", " ", StringComparison.Ordinal).Replace("]]>", " ", StringComparison.Ordinal)
            .Replace("<!--", " ", StringComparison.Ordinal).Replace("-->", " ", StringComparison.Ordinal), " ");
        var kept = new StringBuilder();
        Rules(css, scope, prefix, kept, nested: false);
        return kept.ToString();
    }

    private static void Rules(string css, string scope, string prefix, StringBuilder kept, bool nested)
    {
        for (int at = 0; at < css.Length;)
        {
            int open = css.IndexOf('{', at), semicolon = css.IndexOf(';', at);
            if (open < 0) return;
            // A statement such as @import ends without a block.
            if (semicolon >= 0 && semicolon < open)
            {
                at = semicolon + 1;
                continue;
            }
            int close = BlockEnd(css, open);
            if (close < 0) return;
            string head = css[at..open].Trim(), body = css[(open + 1)..close];
            at = close + 1;
            if (head.StartsWith('@'))
            {
                if (nested || head.Length > 200 || !Media().IsMatch(head)) continue;
                var inner = new StringBuilder();
                Rules(body, scope, prefix, inner, nested: true);
                if (inner.Length == 0) continue;
                head = Spaces().Replace(head, " ");
                if (scope.Length > 0 && ColourScheme().Match(head) is { Success: true } scheme) Themed(body, head, scheme, scope, prefix, kept);
                else kept.Append(head).Append('{').Append(inner).Append('}');
                continue;
            }
            string[] selectors = [.. head.Split(',').Select(s => s.Trim())];
            if (body.Contains('{') || !selectors.All(IsSelector)) continue;
            string declarations = Declarations(body, prefix);
            if (declarations.Length > 0)
                kept.AppendJoin(',', selectors.Select(s => $"{scope} {IdSelector().Replace(Spaces().Replace(s, " "), m => $"#{prefix}{m.Groups[1].Value}")}")).Append('{').Append(declarations).Append('}');
        }
    }

    /// <summary>
    /// Rules for one colour scheme hold when the reader's system asks for it, unless the page's own switch (data-theme on the root) says
    /// otherwise, and when the switch asks for it.
    /// </summary>
    private static void Themed(string body, string head, Match scheme, string scope, string prefix, StringBuilder kept)
    {
        string wanted = scheme.Groups[1].Value, other = wanted == "dark" ? "light" : "dark";
        string[] conditions = [.. And().Split(head["@media".Length..].Trim()).Where(part => !ColourScheme().IsMatch(part))];
        kept.Append(head).Append('{');
        Rules(body, $":root:not([data-theme={other}]) {scope}", prefix, kept, nested: true);
        kept.Append("}@media ").Append(conditions.Length == 0 ? "all" : string.Join(" and ", conditions)).Append('{');
        Rules(body, $":root[data-theme={wanted}] {scope}", prefix, kept, nested: true);
        kept.Append('}');
    }

    private static bool IsSelector(string selector) =>
        selector.Length <= 500 && Combinator().Split(selector).All(part => part.Length > 0 && Compound().IsMatch(part));

    private static int BlockEnd(string css, int open)
    {
        int depth = 0;
        for (int i = open; i < css.Length; i++)
        {
            depth += css[i] == '{' ? 1 : css[i] == '}' ? -1 : 0;
            if (depth == 0) return i;
        }
        return -1;
    }

    private static IEnumerable<string> SplitOutside(string text, char separator)
    {
        int start = 0;
        char quote = '\0';
        for (int i = 0; i < text.Length; i++)
        {
            if (quote != '\0') quote = text[i] == quote ? '\0' : quote;
            else if (text[i] is '"' or '\'') quote = text[i];
            else if (text[i] == separator)
            {
                yield return text[start..i];
                start = i + 1;
            }
        }
        yield return text[start..];
    }

    [GeneratedRegex(@"/\*[\s\S]*?(?:\*/|$)", RegexOptions.CultureInvariant)]
    private static partial Regex Comment();

    [GeneratedRegex(@"\A--[a-zA-Z0-9_-]{1,64}\z", RegexOptions.CultureInvariant)]
    private static partial Regex CustomProperty();

    // No backslash (escapes), no <, @, {, }, ;, : and no line breaks inside: what is left cannot end its declaration.
    [GeneratedRegex(@"\A[a-zA-Z0-9 \t\r\n#%.,()+*/'""!_-]*\z", RegexOptions.CultureInvariant)]
    private static partial Regex PlainValue();

    [GeneratedRegex(@"([a-zA-Z0-9_-]*)\s*\(", RegexOptions.CultureInvariant)]
    private static partial Regex Function();

    [GeneratedRegex(@"url\s*\(", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex UrlCall();

    [GeneratedRegex(@"url\(\s*[""']?#([a-zA-Z0-9_.-]+)[""']?\s*\)", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex LocalUrl();

    [GeneratedRegex(@"\A@media\s+(?:(?:only\s+)?(?:screen|print|all)(?:\s+and\s+)?)?(?:\(\s*(?:prefers-color-scheme\s*:\s*(?:dark|light)|prefers-reduced-motion\s*:\s*[a-z-]+|(?:min|max)-(?:width|height)\s*:\s*[0-9.]+[a-z]+)\s*\)(?:\s+and\s+(?=\())?)*\z", RegexOptions.CultureInvariant)]
    private static partial Regex Media();

    [GeneratedRegex(@"\(\s*prefers-color-scheme\s*:\s*(dark|light)\s*\)", RegexOptions.CultureInvariant)]
    private static partial Regex ColourScheme();

    [GeneratedRegex(@"\s+and\s+", RegexOptions.CultureInvariant)]
    private static partial Regex And();

    [GeneratedRegex(@"\A(?:[a-zA-Z][a-zA-Z0-9-]*|\*)?(?:[.#][a-zA-Z_-][a-zA-Z0-9_-]*|:(?:hover|first-child|last-child|nth-child\((?:even|odd|[0-9n+-]+)\)))*\z", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Compound();

    [GeneratedRegex(@"\s*[>+~]\s*|\s+", RegexOptions.CultureInvariant)]
    private static partial Regex Combinator();

    [GeneratedRegex(@"#([a-zA-Z_-][a-zA-Z0-9_-]*)", RegexOptions.CultureInvariant)]
    private static partial Regex IdSelector();

    [GeneratedRegex(@"\s+", RegexOptions.CultureInvariant)]
    private static partial Regex Spaces();
}
