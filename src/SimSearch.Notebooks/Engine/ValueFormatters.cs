using System.Collections.Concurrent;
using System.Globalization;
using System.Reflection;

namespace SimSearch.Notebooks;

/// <summary>
/// How values are shown, by mime type. First what the notebook registered, then what the value's type brings along by convention
/// (<c>TypeFormatterSourceAttribute</c>), then the ways built in.
/// </summary>
internal sealed class ValueFormatters
{
    private const int LongestText = 16_000;

    private readonly Lock gate = new();
    private readonly List<(Type Type, string MimeType, Action<object, TextWriter> Write)> registered = [];
    private readonly ConcurrentDictionary<Type, ConventionFormatters?> conventions = new();

    /// <summary>Registers a way to write values of a type; the latest registration for a value wins.</summary>
    public void Register(Type type, string mimeType, Action<object, TextWriter> write)
    {
        lock (gate)
        {
            registered.RemoveAll(r => r.Type == type && r.MimeType == mimeType);
            registered.Add((type, mimeType, write));
        }
    }

    /// <summary>Forgets what was registered.</summary>
    public void Reset()
    {
        lock (gate) registered.Clear();
    }

    /// <summary>A value by mime type, the preferred first; there is always one.</summary>
    /// <param name="value">Any value.</param>
    /// <param name="only">The only mime type wanted, or null for all there are.</param>
    public IReadOnlyDictionary<string, string> Format(object? value, string? only = null)
    {
        if (value is Content content) return new Dictionary<string, string> { [content.MimeType] = content.Text };
        var bundle = Custom(value);
        if (bundle.Count == 0 && value is byte[] bytes && Media.Recognise(bytes) is { } media) bundle[media.MimeType] = media.Content;
        if (bundle.Count == 0) value = ValueShape.Settle(value);
        // Whoever says only how a value reads as text does not want a table in its place.
        if (bundle.Count == 0 && HtmlText.Write(value, this) is { } html) bundle["text/html"] = html;
        if (!bundle.ContainsKey("text/plain")) bundle["text/plain"] = Cut(PlainText.Write(value, this));
        if (only is null) return bundle;
        return new Dictionary<string, string> { [only] = bundle.TryGetValue(only, out string? wanted) ? wanted : bundle["text/plain"] };
    }

    /// <summary>The HTML that somebody made for values of this type, or null: what may stand inside a table as it is.</summary>
    public string? CustomHtml(object? value) => value is Content { MimeType: "text/html" } content ? content.Text : Custom(value).GetValueOrDefault("text/html");

    /// <summary>The text that the notebook registered for values of this type, or null.</summary>
    public string? CustomText(object value) => FindRegistered(value).FirstOrDefault(r => r.MimeType == "text/plain").Write is { } write ? Write(value, write) : null;

    private Dictionary<string, string> Custom(object? value)
    {
        var bundle = new Dictionary<string, string>(StringComparer.Ordinal);
        if (value is null) return bundle;
        foreach (var (_, mimeType, write) in FindRegistered(value)) bundle.TryAdd(mimeType, Write(value, write));
        if (bundle.Count > 0) return bundle;
        conventions.GetOrAdd(value.GetType(), ConventionFormatters.Find)?.Write(value, bundle);
        return bundle;
    }

    private (Type Type, string MimeType, Action<object, TextWriter> Write)[] FindRegistered(object value)
    {
        lock (gate) return registered.Count == 0 ? [] : [.. registered.Where(r => r.Type.IsInstanceOfType(value)).Reverse()];
    }

    private static string Write(object value, Action<object, TextWriter> write)
    {
        var writer = new StringWriter(CultureInfo.InvariantCulture);
        write(value, writer);
        return writer.ToString();
    }

    private static string Cut(string text) =>
        text.Length <= LongestText ? text : string.Create(CultureInfo.InvariantCulture, $"{text.AsSpan(0, LongestText)} ... ({text.Length} characters in all)");
}

/// <summary>
/// The formatters that a type brings along, found by name and shape so that no assembly has to know another: an attribute class named
/// <c>TypeFormatterSourceAttribute</c> with <c>FormatterSourceType</c> and <c>PreferredMimeTypes</c>; that source's <c>CreateTypeFormatters()</c>; their
/// <c>MimeType</c> and <c>Format(object, TextWriter)</c>. Without preferred types only <c>text/html</c> is made.
/// </summary>
internal sealed class ConventionFormatters
{
    private readonly List<(string MimeType, object Formatter, MethodInfo Format)> formatters = [];

    /// <summary>What a type brings along, or null.</summary>
    public static ConventionFormatters? Find(Type type)
    {
        object? attribute = type.GetCustomAttributes(inherit: true).FirstOrDefault(a => a.GetType().Name == "TypeFormatterSourceAttribute");
        if (attribute is null || Property(attribute, "FormatterSourceType") is not Type sourceType) return null;
        if (sourceType.GetConstructor(Type.EmptyTypes) is not { } constructor || sourceType.GetMethod("CreateTypeFormatters", Type.EmptyTypes) is not { } create) return null;
        if (create.Invoke(constructor.Invoke(null), null) is not System.Collections.IEnumerable made) return null;
        var found = new Dictionary<string, (object, MethodInfo)>(StringComparer.Ordinal);
        foreach (object? formatter in made)
            if (formatter is not null && Property(formatter, "MimeType") is string mimeType && formatter.GetType().GetMethod("Format", [typeof(object), typeof(TextWriter)]) is { } format)
                found.TryAdd(mimeType, (formatter, format));
        var result = new ConventionFormatters();
        string[] wanted = Property(attribute, "PreferredMimeTypes") is IEnumerable<string> preferred && preferred.Any() ? [.. preferred] : ["text/html"];
        foreach (string mimeType in wanted)
            if (found.TryGetValue(mimeType, out var formatter)) result.formatters.Add((mimeType, formatter.Item1, formatter.Item2));
        return result;
    }

    /// <summary>Writes a value in every type there is a formatter for, the preferred first.</summary>
    public void Write(object value, Dictionary<string, string> bundle)
    {
        foreach (var (mimeType, formatter, format) in formatters)
        {
            var writer = new StringWriter(CultureInfo.InvariantCulture);
            if (format.Invoke(formatter, BindingFlags.DoNotWrapExceptions, null, [value, writer], null) is true) bundle.TryAdd(mimeType, writer.ToString());
        }
    }

    private static object? Property(object target, string name) => target.GetType().GetProperty(name)?.GetValue(target);
}

/// <summary>Pictures and sound in a byte array, known by how they begin.</summary>
internal static class Media
{
    /// <summary>What the bytes are and how a notebook carries them, or null.</summary>
    public static (string MimeType, string Content)? Recognise(byte[] bytes)
    {
        string? image = Starts([0x89, .. "PNG\r\n"u8]) ? "image/png" : Starts([0xFF, 0xD8, 0xFF]) ? "image/jpeg" : Starts("GIF8"u8) ? "image/gif"
            : Starts("RIFF"u8) && At(8, "WEBP"u8) ? "image/webp" : null;
        if (image is not null) return (image, Convert.ToBase64String(bytes));
        string? audio = Starts("RIFF"u8) && At(8, "WAVE"u8) ? "audio/wav" : Starts("fLaC"u8) ? "audio/flac" : Starts("OggS"u8) ? "audio/ogg" : Starts("ID3"u8) ? "audio/mpeg" : null;
        return audio is null ? null : ("text/html", $"<audio controls preload=\"metadata\" src=\"data:{audio};base64,{Convert.ToBase64String(bytes)}\"></audio>");

        bool Starts(ReadOnlySpan<byte> mark) => At(0, mark);
        bool At(int place, ReadOnlySpan<byte> mark) => bytes.Length >= place + mark.Length && bytes.AsSpan(place, mark.Length).SequenceEqual(mark);
    }
}
