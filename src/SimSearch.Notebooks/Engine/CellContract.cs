namespace SimSearch.Notebooks;

/// <summary>One thing a cell shows.</summary>
/// <param name="Data">Mime type to content; binary content (image/png) as base64.</param>
/// <param name="DisplayId">What a later update refers to, or null for a cell's result.</param>
/// <param name="IsUpdate">Replaces what was shown under <paramref name="DisplayId"/>.</param>
/// <param name="IsResult">The value of the cell's last expression.</param>
public sealed record CellDisplay(IReadOnlyDictionary<string, string> Data, string? DisplayId, bool IsUpdate, bool IsResult);

/// <summary>How a cell ended.</summary>
public enum CellStatus
{
    /// <summary>It ran to its end.</summary>
    Ok,

    /// <summary>It did not compile, threw, or was interrupted.</summary>
    Error,

    /// <summary>It was never started.</summary>
    Aborted,
}

/// <summary>What went wrong in a cell.</summary>
/// <param name="Name">The kind: an exception type's full name, <c>CompilationError</c>, <c>Interrupted</c>, ...</param>
/// <param name="Message">One sentence.</param>
/// <param name="Trace">Lines to show, plain text.</param>
public sealed record CellError(string Name, string Message, IReadOnlyList<string> Trace);

/// <summary>Where the output of a cell goes. Called in order, from any thread, never from two at once; also after the cell has ended, by the tasks it left running.</summary>
public interface ICellOutput
{
    /// <summary>Text on a stream.</summary>
    /// <param name="name">"stdout" or "stderr".</param>
    /// <param name="text">The text, not empty.</param>
    void Stream(string name, string text);

    /// <summary>Something to show.</summary>
    void Display(CellDisplay display);

    /// <summary>Removes what the cell has shown.</summary>
    /// <param name="wait">Only when the next output comes.</param>
    void Clear(bool wait);

    /// <summary>Asks the person at the notebook for a line; null when nobody can be asked.</summary>
    string? ReadLine(string prompt, bool password);
}

/// <summary>How a cell ended.</summary>
/// <param name="Status">Whether it worked.</param>
/// <param name="ExecutionCount">The cell's number, 1 for the first; a silent cell does not count.</param>
/// <param name="Error">What went wrong, or null.</param>
public sealed record CellResult(CellStatus Status, int ExecutionCount, CellError? Error);

/// <summary>What could stand at the cursor.</summary>
/// <param name="Start">Where the text that is replaced begins (UTF-16 offset into the cell).</param>
/// <param name="End">Where it ends.</param>
/// <param name="Items">The candidates, sorted.</param>
public sealed record Completions(int Start, int End, IReadOnlyList<CompletionItem> Items);

/// <summary>A candidate.</summary>
/// <param name="Text">What to insert.</param>
/// <param name="Kind">method, property, field, local, class, namespace, keyword, magic, file, ...</param>
public sealed record CompletionItem(string Text, string Kind);

/// <summary>Runs cells one after the other; knows nothing of any protocol.</summary>
public interface ICellEngine : IAsyncDisposable
{
    /// <summary>Runs a cell after those before it have ended. What goes wrong in the cell is in the result; nothing is thrown.</summary>
    /// <param name="code">The cell.</param>
    /// <param name="output">Where its output goes.</param>
    /// <param name="silent">Does not count and does not show its result.</param>
    /// <param name="cancellation">Interrupts this cell.</param>
    Task<CellResult> ExecuteAsync(string code, ICellOutput output, bool silent, CancellationToken cancellation);

    /// <summary>Stops the running cell, if any; returns at once.</summary>
    void Interrupt();

    /// <summary>What could stand at the cursor.</summary>
    /// <param name="code">The cell.</param>
    /// <param name="cursor">UTF-16 offset; clamped to the cell.</param>
    Completions Complete(string code, int cursor);

    /// <summary>What is known of the name at the cursor, by mime type; null when nothing is.</summary>
    /// <param name="code">The cell.</param>
    /// <param name="cursor">UTF-16 offset; clamped to the cell.</param>
    /// <param name="detail">0 for signature and summary, 1 for all of the documentation.</param>
    IReadOnlyDictionary<string, string>? Inspect(string code, int cursor, int detail);

    /// <summary>Whether a cell can be run as it stands: "complete", "incomplete" (with the indent of the next line) or "invalid".</summary>
    (string Status, string Indent) IsComplete(string code);
}
