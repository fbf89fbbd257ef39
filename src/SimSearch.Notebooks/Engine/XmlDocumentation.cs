using System.Collections.Concurrent;
using System.Globalization;
using System.Xml;
using Microsoft.CodeAnalysis;

namespace SimSearch.Notebooks;

/// <summary>
/// The XML documentation of an assembly: the file beside it, or for the framework the files of its reference pack, when it is installed.
/// Read when asked, one member at a time.
/// </summary>
internal sealed class XmlDocumentation(string assembly) : DocumentationProvider
{
    private static readonly Lazy<string[]> FrameworkFiles = new(FindFrameworkFiles);
    private static readonly ConcurrentDictionary<string, string?> Found = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is XmlDocumentation other && other.Assembly == Assembly;

    /// <inheritdoc/>
    public override int GetHashCode() => Assembly.GetHashCode(StringComparison.Ordinal);

    private string Assembly => assembly;

    /// <inheritdoc/>
    protected override string? GetDocumentationForSymbol(string documentationMemberID, CultureInfo preferredCulture, CancellationToken cancellationToken) =>
        Found.GetOrAdd(assembly + "|" + documentationMemberID, _ => Files(documentationMemberID).Select(f => Read(f, documentationMemberID)).FirstOrDefault(d => d is not null));

    private IEnumerable<string> Files(string member)
    {
        string beside = Path.ChangeExtension(assembly, ".xml");
        if (File.Exists(beside)) return [beside];
        if (Path.GetDirectoryName(assembly) != Path.GetDirectoryName(typeof(object).Assembly.Location)) return [];
        // The pack sorts types into other files than the runtime does: first the one named like the assembly or the namespace, then the rest.
        string name = Path.GetFileNameWithoutExtension(assembly);
        return FrameworkFiles.Value.OrderByDescending(f => Path.GetFileNameWithoutExtension(f) is var file && file == name ? int.MaxValue
            : file == "System.Runtime" ? 7 : member.AsSpan(2).StartsWith(file) ? file.Length : 0);
    }

    private static string? Read(string file, string member)
    {
        try
        {
            using var reader = XmlReader.Create(file, new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null, IgnoreWhitespace = false });
            while (reader.ReadToFollowing("member"))
                if (reader.GetAttribute("name") == member) return reader.ReadOuterXml();
        }
        catch (Exception e) when (e is XmlException or IOException or UnauthorizedAccessException) { /* A file that can't be read documents nothing. */ }
        return null;
    }

    private static string[] FindFrameworkFiles()
    {
        // .../shared/Microsoft.NETCore.App/10.0.1 has its documentation in .../packs/Microsoft.NETCore.App.Ref/10.0.*/ref/net10.0
        string runtime = Path.GetDirectoryName(typeof(object).Assembly.Location)!;
        string pack = Path.GetFullPath(Path.Combine(runtime, "..", "..", "..", "packs", "Microsoft.NETCore.App.Ref"));
        string version = $"{Environment.Version.Major}.{Environment.Version.Minor}";
        if (!Directory.Exists(pack)) return [];
        return Directory.GetDirectories(pack, version + ".*").Order(StringComparer.Ordinal).Select(d => Path.Combine(d, "ref", "net" + version))
            .Where(Directory.Exists).Take(1).SelectMany(d => Directory.GetFiles(d, "*.xml")).Order(StringComparer.Ordinal).ToArray();
    }
}
