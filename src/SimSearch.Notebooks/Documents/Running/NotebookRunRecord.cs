using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace SimSearch.Notebooks;

/// <summary>
/// What is known of a run besides the executed notebook, which holds nothing of the time and the machine: kept in a file beside it, "NAME.run.json".
/// </summary>
public sealed record NotebookRunRecord
{
    /// <summary>SHA-256 of the notebook without outputs; see <see cref="SourceHash"/>.</summary>
    public required string Source { get; init; }

    /// <summary>SHA-256 of all that the outputs depend on: the source, the parameters, the library, the data. A run with the same key need not be repeated.</summary>
    public required string Key { get; init; }

    /// <summary>SHA-256 of the executed notebook's file.</summary>
    public required string Executed { get; init; }

    /// <summary>Parameters that were set from outside.</summary>
    public IReadOnlyDictionary<string, string> Parameters { get; init; } = new Dictionary<string, string>();

    /// <summary>Why the run is not whole; "" when all cells ran and none failed.</summary>
    public string Problem { get; init; } = "";

    /// <summary>How many cells were run.</summary>
    public int CellsRun { get; init; }

    /// <summary>How many would have run without a failure.</summary>
    public int CellsToRun { get; init; }

    /// <summary>The time of all cells together, in seconds.</summary>
    public double Seconds { get; init; }

    /// <summary>When it ended.</summary>
    public DateTime Finished { get; init; }

    /// <summary>Machine and versions it ran on, name and value.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>The data it ran on, with a hash where there is one; "" when unknown.</summary>
    public string Data { get; init; } = "";

    private static readonly JsonSerializerOptions Format = new() { WriteIndented = true, RespectRequiredConstructorParameters = true };

    /// <summary>The file of a notebook's record.</summary>
    public static string PathFor(string notebook) => Path.ChangeExtension(notebook, ".run.json");

    /// <summary>SHA-256 of a notebook without outputs, counts and times.</summary>
    public static string SourceHash(Notebook notebook)
    {
        var copy = notebook.Clone();
        copy.Strip();
        return Hash(Encoding.UTF8.GetBytes(copy.ToJson()));
    }

    /// <summary>SHA-256 of some bytes, in lower-case hexadecimal.</summary>
    public static string Hash(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    /// <summary>The record beside an executed notebook; null when there is none, or it is of another state of the file, or damaged.</summary>
    /// <param name="notebook">The executed notebook.</param>
    public static NotebookRunRecord? Of(string notebook)
    {
        try
        {
            string path = PathFor(notebook);
            if (!File.Exists(path) || !File.Exists(notebook) || new FileInfo(path).Length > 1 << 20) return null;
            var record = JsonSerializer.Deserialize<NotebookRunRecord>(File.ReadAllText(path), Format);
            return record is { Executed: not null, Parameters: not null, Environment: not null, Problem: not null, Data: not null, Seconds: >= 0 and < 1e9 } && record.Executed == Hash(File.ReadAllBytes(notebook)) ? record : null;
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            return null; // it is made again by the next run
        }
    }

    /// <summary>Writes it beside an executed notebook, by rename.</summary>
    public void Save(string notebook) => DocumentFile.WriteText(PathFor(notebook), JsonSerializer.Serialize(this, Format) + "\n");
}
