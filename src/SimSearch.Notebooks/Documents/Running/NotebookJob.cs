using System.Text.Json;
using System.Text.Json.Serialization;

namespace SimSearch.Notebooks;

/// <summary>A notebook to be run in a process of its own.</summary>
/// <param name="Notebook">Full path of the notebook.</param>
/// <param name="Target">Full path of the file the executed notebook is written to, after every cell; may be the notebook itself.</param>
public sealed record NotebookJob(string Notebook, string Target)
{
    /// <summary>Longest time for one cell; null (the default) for no limit.</summary>
    public TimeSpan? CellTimeout { get; init; }

    /// <summary>Whether the cells after one that fails are run; false by default.</summary>
    public bool AllowErrors { get; init; }

    /// <summary>Name to value, for the cell tagged <c>parameters</c>; empty by default.</summary>
    public IReadOnlyDictionary<string, string> Parameters { get; init; } = new Dictionary<string, string>();

    /// <summary>
    /// Most bytes that the objects of the notebook's code may take; a cell above it fails with an OutOfMemoryException instead of bringing the machine down.
    /// Null (the default) takes three quarters of the memory.
    /// </summary>
    public long? MaxMemory { get; init; }
}

/// <summary>How far a notebook is that runs in a process of its own.</summary>
/// <param name="Number">The cell's number in the notebook, counted from 1.</param>
/// <param name="Id">The cell's id.</param>
/// <param name="Step">Which of the cells that run it is, counted from 1.</param>
/// <param name="Steps">How many cells run.</param>
/// <param name="Ended">Whether it has ended rather than started.</param>
/// <param name="Elapsed">The time it took; zero when it starts.</param>
public sealed record NotebookStep(int Number, string Id, int Step, int Steps, bool Ended, TimeSpan Elapsed);

/// <summary>What the two processes tell each other, a line each.</summary>
internal sealed record WorkerMessage
{
    /// <summary>Nothing prints this by accident.</summary>
    public const string Mark = "\u0001notebook ";

    public NotebookStep? Step { get; init; }

    public WorkerFailure[]? Failures { get; init; }

    public int CellsRun { get; init; }

    public int CellsToRun { get; init; }

    public double Seconds { get; init; }

    /// <summary>Why the run did not come to its end: a wish that cannot be fulfilled, a file that cannot be written.</summary>
    public string? Refusal { get; init; }

    public string ToLine() => Mark + JsonSerializer.Serialize(this, Format);

    /// <summary>The message in a line, or null; text that native code printed may stand before it.</summary>
    public static WorkerMessage? Parse(string line)
    {
        int at = line.IndexOf(Mark, StringComparison.Ordinal);
        if (at < 0) return null;
        try { return JsonSerializer.Deserialize<WorkerMessage>(line.AsSpan(at + Mark.Length), Format); }
        catch (JsonException) { return null; }
    }

    public static readonly JsonSerializerOptions Format = new() { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault };
}

/// <summary>A cell that failed, as it is told.</summary>
internal sealed record WorkerFailure(string Id, int Number, string Name, string Message, string[] Trace, bool EngineLost);
