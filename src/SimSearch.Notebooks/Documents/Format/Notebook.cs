using System.Collections.Immutable;
using System.Text.Json.Nodes;

namespace SimSearch.Notebooks;

/// <summary>How much of a file is read before it is refused.</summary>
public sealed record NotebookLimits
{
    /// <summary>Largest file in bytes; 64 MiB by default.</summary>
    public long MaxBytes { get; init; } = 64 << 20;

    /// <summary>Deepest nesting of lists and objects; 100 by default.</summary>
    public int MaxDepth { get; init; } = 100;

    /// <summary>Most cells; 10,000 by default.</summary>
    public int MaxCells { get; init; } = 10_000;
}

/// <summary>
/// A Jupyter notebook (nbformat 4.5). Reading never runs anything. What this program does not know is kept; versions 4.0 to 4.4 are
/// raised to 4.5 by giving each cell an id made from its text, so that the same file always gets the same ids. Writing follows Jupyter to
/// the byte: sorted keys, one space of indentation, text as lists of lines, a line break at the end; the transient fields that Jupyter
/// drops on saving (<c>trusted</c>, <c>signature</c>, <c>orig_nbformat</c>) are dropped too.
/// </summary>
public sealed class Notebook
{
    /// <summary>Metadata: the kernel, the language, and what editors keep.</summary>
    public JsonObject Metadata { get; init; } = [];

    /// <summary>The cells, in order.</summary>
    public List<NotebookCell> Cells { get; init; } = [];

    /// <summary>Minor version of the format: 5, or the later one the file has.</summary>
    internal int Minor { get; init; } = 5;

    /// <summary>Fields of the file that this program does not know, kept as they were read.</summary>
    internal IReadOnlyDictionary<string, JsonNode?> Extra { get; init; } = ImmutableDictionary<string, JsonNode?>.Empty;

    /// <summary>The text of the first Markdown heading, without marks, or "" when there is none.</summary>
    public string Title => Cells.Where(c => c.Kind == NotebookCellKind.Markdown).SelectMany(c => MarkdownText.Headings(c.Source)).FirstOrDefault() ?? "";

    /// <summary>The language of its code, in lower case ("c#", "python"), or "" when the file does not say.</summary>
    public string Language => (Name(Metadata["language_info"], "name") ?? Name(Metadata["kernelspec"], "language") ?? "").ToLowerInvariant();

    /// <summary>Reads a notebook.</summary>
    /// <param name="path">The file.</param>
    /// <param name="limits">How much is read; defaults when null.</param>
    /// <exception cref="NotebookFormatException">The file is too large, not JSON, or not a notebook of version 4.</exception>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    public static Notebook Load(string path, NotebookLimits? limits = null)
    {
        limits ??= new NotebookLimits();
        byte[] bytes;
        using (var stream = File.OpenRead(path))
        {
            // A pipe or a device has no length to trust, so the limit is kept while reading too.
            if (stream.CanSeek && stream.Length > limits.MaxBytes) throw NotebookReader.TooLarge(stream.Length, limits, path);
            using var memory = new MemoryStream(stream.CanSeek ? (int)stream.Length : 0);
            var buffer = new byte[1 << 16];
            for (int read; (read = stream.Read(buffer)) > 0; memory.Write(buffer, 0, read))
                if (memory.Length + read > limits.MaxBytes) throw NotebookReader.TooLarge(memory.Length + read, limits, path);
            bytes = memory.ToArray();
        }
        return NotebookReader.Read(bytes, limits, path);
    }

    /// <summary>Reads a notebook from the bytes of a file.</summary>
    /// <param name="json">JSON in UTF-8.</param>
    /// <param name="limits">How much is read; defaults when null.</param>
    /// <exception cref="NotebookFormatException">As for <see cref="Load"/>.</exception>
    public static Notebook Parse(ReadOnlyMemory<byte> json, NotebookLimits? limits = null) => NotebookReader.Read(json, limits ?? new NotebookLimits(), "");

    /// <summary>Writes it to a file, by rename: a reader sees the old file or the new one, never a half.</summary>
    /// <param name="path">The file; its folder is created when missing.</param>
    public void Save(string path) => DocumentFile.Write(path, stream => NotebookWriter.Write(this, stream));

    /// <summary>The text of the file, as Jupyter writes it.</summary>
    public string ToJson()
    {
        using var memory = new MemoryStream();
        NotebookWriter.Write(this, memory);
        return System.Text.Encoding.UTF8.GetString(memory.GetBuffer(), 0, (int)memory.Length);
    }

    /// <summary>A copy: what is set, added or removed in one is not in the other. The outputs themselves are shared, and nothing here changes them.</summary>
    public Notebook Clone() => new() { Metadata = (JsonObject)Metadata.DeepClone(), Cells = [.. Cells.Select(c => c.Clone())], Minor = Minor, Extra = Extra };

    /// <summary>Removes outputs, execution counts and times of execution; text and other metadata stay.</summary>
    public void Strip()
    {
        foreach (var cell in Cells)
        {
            cell.Outputs = [];
            cell.ExecutionCount = null;
            cell.Metadata.Remove("execution");
        }
    }

    /// <summary>A new notebook for the kernel <c>.net-csharp</c>: a heading, a cell for parameters, and a cell that uses them.</summary>
    /// <param name="title">The heading; one line.</param>
    public static Notebook New(string title) => new()
    {
        Metadata = new JsonObject
        {
            ["kernelspec"] = new JsonObject { ["display_name"] = ".NET (C#)", ["language"] = "C#", ["name"] = ".net-csharp" },
            ["language_info"] = new JsonObject { ["file_extension"] = ".cs", ["mimetype"] = "text/x-csharp", ["name"] = "C#", ["pygments_lexer"] = "csharp" },
        },
        Cells =
        [
            new(NotebookCellKind.Markdown, "title", $"# {title.ReplaceLineEndings(" ").Trim()}\n\nWhat is asked, with which data, and what you will see."),
            new(NotebookCellKind.Code, "parameters", "// The values that --param can set.\nvar count = 10;\nvar seed = 42;") { Metadata = new JsonObject { ["tags"] = new JsonArray("parameters") } },
            new(NotebookCellKind.Code, "first-look", "var random = new Random(seed);\nvar numbers = Enumerable.Range(0, count).Select(_ => random.Next(100)).ToArray();\nnumbers"),
            new(NotebookCellKind.Markdown, "conclusion", "## What was found\n\nThe answer, and where it can be seen."),
        ],
    };

    private static string? Name(JsonNode? node, string property) =>
        node is JsonObject o && o[property] is JsonValue value && value.TryGetValue(out string? text) ? text : null;
}
