using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace SimSearch.Embedding;

/// <summary>One text for one meaning: JSON with sorted keys, no spaces and shortest round-trip numbers, and its hash.</summary>
internal static class Canonical
{
    /// <summary>The canonical text of a JSON value.</summary>
    public static string Text(JsonNode? node) => Sorted(node)?.ToJsonString() ?? "null";

    /// <summary>Lower-case hex SHA-256 of the canonical text.</summary>
    public static string Hash(JsonNode? node) => Sha256(Text(node));

    /// <summary>Lower-case hex SHA-256 of text as UTF-8.</summary>
    public static string Sha256(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    /// <summary>Lower-case hex SHA-256 of a file's bytes.</summary>
    public static string Sha256OfFile(string path)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, FileOptions.SequentialScan);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }

    /// <summary>Parses JSON from outside; the error names where it came from.</summary>
    /// <exception cref="SimSearchException">The text is not one JSON object, or has a field twice, at any depth.</exception>
    public static JsonObject ParseObject(string json, string what)
    {
        try
        {
            return JsonNode.Parse(json, documentOptions: new() { AllowDuplicateProperties = false }) as JsonObject ?? throw new SimSearchException($"{what}: must be a JSON object");
        }
        catch (Exception e) when (e is JsonException or ArgumentException)
        {
            throw new SimSearchException($"{what}: is not valid JSON: {e.Message}", e);
        }
    }

    private static JsonNode? Sorted(JsonNode? node) => node switch
    {
        JsonObject o => new JsonObject(o.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => KeyValuePair.Create(p.Key, Sorted(p.Value)))),
        JsonArray a => new JsonArray([.. a.Select(Sorted)]),
        _ => node?.DeepClone(),
    };
}
