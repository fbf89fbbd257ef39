using System.Text.Json;
using System.Text.Json.Nodes;
using SimSearch.Embedding;

namespace SimSearch.Indexing;

/// <summary>
/// What a bundle holds, with the size and SHA-256 of each file, and a SHA-256 over itself. There is one spelling of each manifest: whatever differs
/// from it by a byte is refused.
/// </summary>
internal sealed record IndexManifest(string Factory, Metric Metric, int Dimension, long Count, string EmbedderName, string Fingerprint, string? Root, IReadOnlyList<IndexManifest.Entry> Files)
{
    private const string Format = "simsearch-index";
    private const int Version = 1;
    public const int LargestBytes = 1 << 20;

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, NewLine = "\n" };

    /// <summary>One file of the bundle.</summary>
    public sealed record Entry(string Name, long Bytes, string Sha256);

    public string ToText()
    {
        var json = new JsonObject
        {
            ["format"] = Format,
            ["version"] = Version,
            ["factory"] = Factory,
            ["metric"] = Metric.Name(),
            ["dimension"] = Dimension,
            ["count"] = Count,
            ["embedder"] = EmbedderName,
            ["fingerprint"] = Fingerprint,
            ["root"] = Root,
            ["files"] = new JsonArray([.. Files.Select(file => (JsonNode)new JsonObject { ["name"] = file.Name, ["bytes"] = file.Bytes, ["sha256"] = file.Sha256 })]),
        };
        json["sha256"] = Canonical.Sha256(json.ToJsonString(Indented));
        return json.ToJsonString(Indented) + "\n";
    }

    /// <exception cref="IndexFormatException">Not a manifest of this version, or changed since it was written.</exception>
    public static IndexManifest Parse(string text, string path)
    {
        try
        {
            var json = JsonNode.Parse(text) as JsonObject ?? throw new IndexFormatException($"{path}: is not an index manifest (no JSON object); build the index again");
            if ((string?)json["format"] != Format) throw new IndexFormatException($"{path}: format must be '{Format}', is '{json["format"]}'; this is no index, or it is damaged");
            if ((int?)json["version"] != Version) throw new IndexFormatException($"{path}: version {json["version"]} is not {Version}, the one this program reads; use the program that wrote it, or build the index again");
            var manifest = new IndexManifest(
                json["factory"]!.GetValue<string>(),
                MetricExtensions.Parse(json["metric"]!.GetValue<string>()) ?? throw new FormatException("unknown metric"),
                json["dimension"]!.GetValue<int>(), json["count"]!.GetValue<long>(),
                json["embedder"]!.GetValue<string>(), json["fingerprint"]!.GetValue<string>(), (string?)json["root"],
                [.. json["files"]!.AsArray().Select(file => new Entry(file!["name"]!.GetValue<string>(), file["bytes"]!.GetValue<long>(), file["sha256"]!.GetValue<string>()))]);
            if (manifest.ToText() != text) throw new IndexFormatException($"{path}: has changed since it was written (its checksum differs); restore it from a copy or build the index again");
            return manifest;
        }
        catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException or NullReferenceException or OverflowException or ArgumentException)
        {
            throw new IndexFormatException($"{path}: is not a complete index manifest ({e.Message}); restore it from a copy or build the index again", e);
        }
    }
}
