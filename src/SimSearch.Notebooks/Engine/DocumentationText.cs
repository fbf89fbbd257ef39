using System.Text;
using System.Text.RegularExpressions;
using System.Xml;
using System.Xml.Linq;

namespace SimSearch.Notebooks;

/// <summary>XML documentation as text to read.</summary>
internal static partial class DocumentationText
{
    /// <summary>The summary, and when all is wanted the parameters, result, exceptions and remarks.</summary>
    public static string Render(string xml, bool all)
    {
        if (xml.Length == 0) return "";
        XElement root;
        try { root = XElement.Parse(xml); }
        catch (XmlException) { return ""; }
        var parts = new List<string> { Text(root.Element("summary")) };
        if (all)
        {
            parts.Add(string.Join('\n', root.Elements("param").Select(p => $"{p.Attribute("name")?.Value}: {Text(p)}")));
            if (Text(root.Element("returns")) is { Length: > 0 } returns) parts.Add("Returns: " + returns);
            parts.Add(string.Join('\n', root.Elements("exception").Select(e => $"{Name(e.Attribute("cref")?.Value)}: {Text(e)}")));
            parts.Add(Text(root.Element("remarks")));
        }
        return string.Join("\n\n", parts.Where(p => p.Length > 0));
    }

    private static string Text(XElement? element)
    {
        if (element is null) return "";
        var text = new StringBuilder();
        foreach (var node in element.Nodes())
            _ = node switch
            {
                XText plain => text.Append(Spaces().Replace(plain.Value, " ")),
                XElement { Name.LocalName: "para" or "code" or "list" or "item" } block => text.Append('\n').Append(Text(block)).Append('\n'),
                XElement { IsEmpty: true } reference => text.Append(reference.Attribute("name")?.Value ?? reference.Attribute("langword")?.Value ?? Name(reference.Attribute("cref")?.Value)),
                XElement inline => text.Append(Text(inline)),
                _ => text,
            };
        return text.ToString().Trim();
    }

    // M:System.Math.Max(System.Int32,System.Int32) -> Math.Max
    private static string Name(string? reference)
    {
        if (reference is null) return "";
        var parts = reference[(reference.IndexOf(':') + 1)..].Split('(')[0].Split('`')[0].Split('.');
        return reference.StartsWith("T:", StringComparison.Ordinal) || parts.Length < 2 ? parts[^1] : $"{parts[^2]}.{parts[^1]}";
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();
}
