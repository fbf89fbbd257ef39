using System.Collections.Immutable;
using System.Text.Json.Nodes;

namespace SimSearch.Notebooks;

/// <summary>One output of a code cell.</summary>
public abstract record NotebookOutput
{
    private protected NotebookOutput() { }

    /// <summary>Fields of the file that this program does not know, kept as they were read.</summary>
    internal IReadOnlyDictionary<string, JsonNode?> Extra { get; init; } = ImmutableDictionary<string, JsonNode?>.Empty;
}

/// <summary>Text a cell wrote to a stream.</summary>
/// <param name="Name">"stdout" or "stderr".</param>
/// <param name="Text">The text, with its line breaks.</param>
public sealed record StreamOutput(string Name, string Text) : NotebookOutput;

/// <summary>Something a cell showed, in one or more forms.</summary>
/// <param name="Data">Mime type to content: a string, or any JSON for the JSON types.</param>
/// <param name="IsResult">Whether it is the value of the cell's last expression.</param>
public sealed record DisplayOutput(IReadOnlyDictionary<string, JsonNode?> Data, bool IsResult) : NotebookOutput
{
    /// <summary>Metadata of the output, by mime type; empty by default.</summary>
    public JsonObject Metadata { get; init; } = [];

    /// <summary>Number of the cell, for a result.</summary>
    public int? ExecutionCount { get; init; }

    /// <summary>The content of a mime type as text, or null when it is absent or not text.</summary>
    public string? Text(string mimeType) => Data.GetValueOrDefault(mimeType) is JsonValue value && value.TryGetValue(out string? text) ? text : null;
}

/// <summary>The error a cell ended in.</summary>
/// <param name="Name">Type of the exception.</param>
/// <param name="Message">Its message.</param>
/// <param name="Trace">Lines for the reader; may have terminal colours.</param>
public sealed record ErrorOutput(string Name, string Message, IReadOnlyList<string> Trace) : NotebookOutput;

/// <summary>An output of a kind this program does not know; it is kept, and not shown.</summary>
/// <param name="Kind">The file's name for the kind.</param>
public sealed record UnknownOutput(string Kind) : NotebookOutput;
