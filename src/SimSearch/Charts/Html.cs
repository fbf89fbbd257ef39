using System.Buffers;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace SimSearch.Charts;

/// <summary>
/// A piece of HTML or SVG that is safe to put into a page. The only way to make one from data is to encode it: the holes of an
/// interpolated string are encoded, its literal text is taken as markup, and pieces of <see cref="Html"/> are inserted as they are.
/// <code>Html item = Html.Of($"&lt;li title=\"{fileName}\"&gt;{label}&lt;/li&gt;");</code>
/// </summary>
public readonly struct Html
{
    private readonly string? markup;

    private Html(string markup) => this.markup = markup;

    /// <summary>No markup at all.</summary>
    public static Html Empty => default;

    /// <summary>Whether there is nothing in it.</summary>
    public bool IsEmpty => string.IsNullOrEmpty(markup);

    /// <summary>Markup from an interpolated string: literals as they are, holes encoded (numbers in the invariant culture).</summary>
    /// <param name="text">The interpolated string; write attribute values in double quotes.</param>
    public static Html Of(ref Interpolation text) => new(text.ToString());

    /// <summary>Text made safe for element content and for quoted attribute values; see <see cref="EncodeText"/>.</summary>
    public static Html Text(string? text) => new(EncodeText(text));

    /// <summary>Pieces one after the other, a line break between them.</summary>
    public static Html Join(IEnumerable<Html> pieces) => new(string.Join('\n', pieces.Where(p => !p.IsEmpty)));

    /// <summary>Wraps markup this library has written itself; never data.</summary>
    internal static Html Trusted(string markup) => new(markup);

    /// <summary>The markup.</summary>
    public override string ToString() => markup ?? "";

    /// <summary>
    /// Encodes the five characters that markup gives a meaning to, and drops what XML does not allow or what could hide text: control
    /// characters (a tab or line break becomes a space), lone surrogates, U+FFFE and U+FFFF, and the marks that turn the writing direction around.
    /// </summary>
    /// <param name="text">Any text; null counts as empty.</param>
    public static string EncodeText(string? text)
    {
        string clean = Clean(text);
        if (clean.AsSpan().IndexOfAny(Meaningful) < 0) return clean;
        var encoded = new StringBuilder(clean.Length + 32);
        foreach (char c in clean)
            _ = c switch
            {
                '&' => encoded.Append("&amp;"),
                '<' => encoded.Append("&lt;"),
                '>' => encoded.Append("&gt;"),
                '"' => encoded.Append("&quot;"),
                '\'' => encoded.Append("&#39;"),
                _ => encoded.Append(c),
            };
        return encoded.ToString();
    }

    /// <summary>The text without the characters that <see cref="EncodeText"/> drops, not encoded.</summary>
    internal static string Clean(string? text)
    {
        if (string.IsNullOrEmpty(text)) return "";
        StringBuilder? clean = null;
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            bool pair = char.IsHighSurrogate(c) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]);
            char replacement = c is '\t' or '\n' or '\r' ? ' ' : c;
            bool keep = pair || !(char.IsControl(replacement) || char.IsSurrogate(c) || IsHidden(c));
            if (clean is null && (!keep || replacement != c)) clean = new StringBuilder(text, 0, i, text.Length);
            if (keep) clean?.Append(replacement);
            if (!pair) continue;
            i++;
            clean?.Append(text[i]);
        }
        return clean?.ToString() ?? text;
    }

    private static readonly SearchValues<char> Meaningful = SearchValues.Create("&<>\"'");

    private static bool IsHidden(char c) => c is '\uFFFE' or '\uFFFF' or (>= '\u202A' and <= '\u202E') or (>= '\u2066' and <= '\u2069');

    /// <summary>Collects the parts of an interpolated string; the compiler makes it for <see cref="Of"/>.</summary>
    [InterpolatedStringHandler]
    public ref struct Interpolation
    {
        private readonly StringBuilder text;

        /// <summary>Starts with room for the literals.</summary>
        public Interpolation(int literalLength, int formattedCount) => text = new StringBuilder(literalLength + 16 * formattedCount);

        /// <summary>Adds markup from the source code.</summary>
        public readonly void AppendLiteral(string markup) => text.Append(markup);

        /// <summary>Adds markup that is already safe.</summary>
        public readonly void AppendFormatted(Html markup) => text.Append(markup.markup);

        /// <summary>Adds text, encoded.</summary>
        public readonly void AppendFormatted(string? value) => text.Append(EncodeText(value));

        /// <summary>Adds a value, formatted in the invariant culture and encoded.</summary>
        public readonly void AppendFormatted<T>(T value, string? format = null) =>
            text.Append(EncodeText(value is IFormattable f ? f.ToString(format, CultureInfo.InvariantCulture) : value?.ToString()));

        /// <inheritdoc/>
        public override readonly string ToString() => text.ToString();
    }
}
