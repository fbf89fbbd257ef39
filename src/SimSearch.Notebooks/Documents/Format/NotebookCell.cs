using System.Collections.Immutable;
using System.Text.Json.Nodes;

namespace SimSearch.Notebooks;

/// <summary>What a cell holds.</summary>
public enum NotebookCellKind
{
    /// <summary>Code, with outputs.</summary>
    Code,
    /// <summary>Text in Markdown.</summary>
    Markdown,
    /// <summary>Text for a converter; shown as it is.</summary>
    Raw,
}

/// <summary>A cell of a notebook.</summary>
/// <param name="kind">What it holds.</param>
/// <param name="id">Its name in the notebook: 1 to 64 of A-Z, a-z, 0-9, - and _.</param>
/// <param name="source">Its text; "" by default.</param>
public sealed class NotebookCell(NotebookCellKind kind, string id, string source = "")
{
    /// <summary>What it holds.</summary>
    public NotebookCellKind Kind { get; } = kind;

    /// <summary>Its name, unique in the notebook and the same after every run.</summary>
    public string Id { get; } = IsId(id) ? id : throw new ArgumentException($"cell id '{id}' must be 1 to 64 of A-Z, a-z, 0-9, - and _", nameof(id));

    /// <summary>Its text.</summary>
    public string Source { get; set; } = source;

    /// <summary>Metadata: tags and what editors keep.</summary>
    public JsonObject Metadata { get; init; } = [];

    /// <summary>Number of the run that made the outputs; null when it has not run.</summary>
    public int? ExecutionCount { get; set; }

    /// <summary>What it has shown; always empty for Markdown and raw cells.</summary>
    public IReadOnlyList<NotebookOutput> Outputs { get; set; } = [];

    /// <summary>Files inside a Markdown or raw cell: name to mime type to content; null when there are none.</summary>
    public JsonObject? Attachments { get; init; }

    /// <summary>Fields of the file that this program does not know, kept as they were read.</summary>
    internal IReadOnlyDictionary<string, JsonNode?> Extra { get; init; } = ImmutableDictionary<string, JsonNode?>.Empty;

    /// <summary>The tags, in order; a tag that is not text is passed over.</summary>
    public IEnumerable<string> Tags
    {
        get
        {
            if (Metadata["tags"] is not JsonArray tags) yield break;
            foreach (var tag in tags)
                if (tag is JsonValue value && value.TryGetValue(out string? text)) yield return text;
        }
    }

    /// <summary>Whether it has a tag.</summary>
    public bool HasTag(string tag) => Tags.Contains(tag, StringComparer.Ordinal);

    /// <summary>A copy that shares only the outputs, which nothing here changes.</summary>
    internal NotebookCell Clone() => new(Kind, Id, Source)
    {
        Metadata = (JsonObject)Metadata.DeepClone(), ExecutionCount = ExecutionCount, Outputs = [.. Outputs], Attachments = (JsonObject?)Attachments?.DeepClone(), Extra = Extra,
    };

    internal static bool IsId(string id) => id.Length is > 0 and <= 64 && id.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');
}
