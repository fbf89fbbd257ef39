namespace SimSearch.Notebooks;

/// <summary>How a notebook is run.</summary>
public sealed record NotebookRunOptions
{
    /// <summary>Longest time for one cell; null (the default) for no limit. A cell above it is interrupted and counts as failed.</summary>
    public TimeSpan? CellTimeout { get; init; }

    /// <summary>How long an interrupted cell has to stop before the run is given up and the engine counts as lost; 10 s by default.</summary>
    public TimeSpan StopTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Whether the cells after one that fails are run; false by default. A cell tagged <c>raises-exception</c> may always fail.</summary>
    public bool AllowErrors { get; init; }

    /// <summary>Name to value, for the cell tagged <c>parameters</c>; see <see cref="NotebookParameters"/>. Empty by default.</summary>
    public IReadOnlyDictionary<string, string> Parameters { get; init; } = new Dictionary<string, string>();

    /// <summary>
    /// Most characters a cell may show, all outputs together; 32 Mi by default. More is left out with a note in its place, so that a runaway
    /// loop cannot fill the memory or make a file that nobody can open.
    /// </summary>
    public int MaxOutputChars { get; init; } = 32 << 20;

    /// <summary>
    /// Most bytes the outputs of the whole notebook may take in the file; 48 MiB by default, so that what is written can be read again (<see cref="NotebookLimits.MaxBytes"/>).
    /// </summary>
    public long MaxOutputBytes { get; init; } = 48 << 20;

    /// <summary>Whether the times of execution are written into the metadata of cells; false by default, so that equal runs make equal files.</summary>
    public bool RecordTimes { get; init; }

    /// <summary>A file to save to after every cell, so that what ran is kept even when a cell ends the process; null (the default) for none.</summary>
    public string? SaveTo { get; init; }

    /// <summary>Is told when a cell starts and ends; null by default. It is called before the run goes on.</summary>
    public Action<CellProgress>? Progress { get; init; }

    /// <summary>Answers a cell that reads from the console, from its prompt; null (the default) when there is nobody to ask, and the cell reads the end of its input.</summary>
    public Func<string, string?>? Input { get; init; }
}

/// <summary>How far a run is.</summary>
/// <param name="Cell">The cell.</param>
/// <param name="Number">Its number in the notebook, counted from 1.</param>
/// <param name="Step">Which of the cells that run it is, counted from 1.</param>
/// <param name="Steps">How many cells run.</param>
/// <param name="Result">How it ended; null when it starts.</param>
/// <param name="Elapsed">The time it took; zero when it starts.</param>
public sealed record CellProgress(NotebookCell Cell, int Number, int Step, int Steps, CellResult? Result, TimeSpan Elapsed);

/// <summary>A cell that failed.</summary>
/// <param name="Cell">The cell.</param>
/// <param name="Number">Its number in the notebook, counted from 1.</param>
/// <param name="Error">What went wrong.</param>
/// <param name="EngineLost">Whether the cell could not be stopped, so that nothing more can run in this engine.</param>
public sealed record CellFailure(NotebookCell Cell, int Number, CellError Error, bool EngineLost)
{
    /// <summary>The cell, the error and the trace, as text for a terminal.</summary>
    public override string ToString() => $"cell {Number} ('{Cell.Id}') failed: {Error.Name}: {AnsiText.Plain(Error.Message)}"
        + string.Concat(Error.Trace.Select(AnsiText.Plain).Where(line => line.Length > 0).Select(line => $"\n  {line}"));
}

/// <summary>What a run made.</summary>
/// <param name="Notebook">The notebook with the outputs of the cells that ran.</param>
/// <param name="Failures">The cells that failed, in order; those that may fail (tag <c>raises-exception</c>) are not among them.</param>
/// <param name="CellsRun">How many cells were run.</param>
/// <param name="CellsToRun">How many would have run without a failure.</param>
/// <param name="Elapsed">The time of all cells together.</param>
public sealed record NotebookRun(Notebook Notebook, IReadOnlyList<CellFailure> Failures, int CellsRun, int CellsToRun, TimeSpan Elapsed)
{
    /// <summary>Whether all cells ran and none failed.</summary>
    public bool Succeeded => Failures.Count == 0 && CellsRun == CellsToRun;
}
