namespace SimSearch;

/// <summary>
/// Makes the formatters of a type that shows itself in notebooks; see <see cref="TypeFormatterSourceAttribute"/>. How it looks is said from above, by the
/// folder that draws, so that a type need not know who draws it.
/// </summary>
/// <typeparam name="T">The type.</typeparam>
internal sealed class NotebookFormatterSource<T> where T : class
{
    private static Func<T, string>? html, text;

    /// <summary>Says how values look; called once, when the library is loaded.</summary>
    /// <param name="asHtml">HTML that needs nothing from outside itself.</param>
    /// <param name="asText">Plain text.</param>
    public static void Use(Func<T, string> asHtml, Func<T, string> asText) => (html, text) = (asHtml, asText);

    // Called by name.
    public IEnumerable<object> CreateTypeFormatters() => html is null || text is null
        ? throw new InvalidOperationException($"nobody has said how a {typeof(T).Name} looks in a notebook")
        : [new Formatter("text/html", html), new Formatter("text/plain", text)];

    /// <summary>Writes a value as one mime type.</summary>
    public sealed class Formatter(string mimeType, Func<T, string> write)
    {
        /// <summary>What is written.</summary>
        public string MimeType { get; } = mimeType;

        /// <summary>Writes a value; false for anything else.</summary>
        public bool Format(object value, TextWriter writer)
        {
            if (value is not T one) return false;
            writer.Write(write(one));
            return true;
        }
    }
}
