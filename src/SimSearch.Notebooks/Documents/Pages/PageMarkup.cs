using System.Text;

namespace SimSearch.Notebooks;

/// <summary>Text made safe for a page.</summary>
internal static class PageMarkup
{
    /// <summary>
    /// Encodes the five characters that markup gives a meaning to, for element content and quoted attribute values, and drops what XML does
    /// not allow (control characters, lone surrogates) and the marks that turn the writing direction around. Line breaks and tabs stay.
    /// </summary>
    public static string Encode(string? text)
    {
        if (string.IsNullOrEmpty(text)) return "";
        var encoded = new StringBuilder(text.Length + 16);
        Append(encoded, text);
        return encoded.ToString();
    }

    /// <summary>A relative address for an attribute; slashes between folders stay.</summary>
    public static string Address(string path) => Encode(string.Join('/', path.Split('/').Select(Uri.EscapeDataString)));

    /// <summary>Appends encoded text; see <see cref="Encode"/>.</summary>
    public static void Append(StringBuilder to, ReadOnlySpan<char> text)
    {
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            if (char.IsHighSurrogate(c) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
            {
                to.Append(c).Append(text[++i]);
                continue;
            }
            if ((char.IsControl(c) && c is not ('\n' or '\t')) || char.IsSurrogate(c) || IsHidden(c)) continue;
            _ = c switch
            {
                '&' => to.Append("&amp;"),
                '<' => to.Append("&lt;"),
                '>' => to.Append("&gt;"),
                '"' => to.Append("&quot;"),
                '\'' => to.Append("&#39;"),
                _ => to.Append(c),
            };
        }
    }

    private static bool IsHidden(char c) => c is '\uFFFE' or '\uFFFF' or (>= '\u202A' and <= '\u202E') or (>= '\u2066' and <= '\u2069');
}
