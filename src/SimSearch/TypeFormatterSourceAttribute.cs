namespace SimSearch;

/// <summary>
/// Names the class that makes formatters for a type. Notebook kernels (.NET Interactive's among them) look for an attribute of this name,
/// whatever its namespace, so a type shows itself in them without a reference to any of their packages.
/// </summary>
/// <param name="formatterSourceType">
/// A class with a public constructor without parameters and a public method <c>CreateTypeFormatters()</c> that returns objects with
/// <c>string MimeType { get; }</c> and <c>bool Format(object, TextWriter)</c>.
/// </param>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Struct)]
internal sealed class TypeFormatterSourceAttribute(Type formatterSourceType) : Attribute
{
    /// <summary>The class that makes the formatters.</summary>
    public Type FormatterSourceType { get; } = formatterSourceType;

    /// <summary>Mime types in the order a kernel is to send them. Each must have a formatter: a kernel may look for one that is missing without end.</summary>
    public string[] PreferredMimeTypes { get; set; } = [];
}
