namespace SimSearch.Notebooks;

/// <summary>One thing a cell shows: mime type to content, plus how it relates to what was shown before.</summary>
/// <param name="Data">Mime type to content; binary content in base64.</param>
/// <param name="DisplayId">The name later updates use, or null.</param>
/// <param name="IsUpdate">Whether it replaces what was shown under <paramref name="DisplayId"/>.</param>
/// <param name="IsResult">Whether it is the value of the cell's last expression.</param>
public sealed record CellDisplay(IReadOnlyDictionary<string, string> Data, string? DisplayId, bool IsUpdate, bool IsResult);

/// <summary>How a cell ended.</summary>
public enum CellStatus
{
    /// <summary>It ran to its end.</summary>
    Ok,
    /// <summary>It did not compile, or threw.</summary>
    Error,
    /// <summary>It was interrupted.</summary>
    Aborted,
}

/// <summary>The error that ended a cell.</summary>
/// <param name="Name">Type of the exception, or the compiler's code.</param>
/// <param name="Message">What went wrong.</param>
/// <param name="Trace">Lines for the reader, cut to the user's cells.</param>
public sealed record CellError(string Name, string Message, IReadOnlyList<string> Trace);

/// <summary>Where the output of a running cell goes; called in order, from any thread.</summary>
public interface ICellOutput
{
    /// <summary>Takes text written to a stream, "stdout" or "stderr".</summary>
    void Stream(string name, string text);

    /// <summary>Takes something shown, or an update of it.</summary>
    void Display(CellDisplay display);

    /// <summary>Removes what the cell has shown; with <paramref name="wait"/> not before the next output.</summary>
    void Clear(bool wait);

    /// <summary>Asks the person for a line; null when there is nobody to ask.</summary>
    string? ReadLine(string prompt, bool password);
}

/// <summary>What became of a cell.</summary>
/// <param name="Status">How it ended.</param>
/// <param name="ExecutionCount">Its number.</param>
/// <param name="Error">The error, when it ended in one.</param>
public sealed record CellResult(CellStatus Status, int ExecutionCount, CellError? Error);

/// <summary>Completions for the text from <paramref name="Start"/> to <paramref name="End"/>.</summary>
/// <param name="Start">Where the replaced text starts.</param>
/// <param name="End">Where it ends.</param>
/// <param name="Items">What can stand there.</param>
public sealed record Completions(int Start, int End, IReadOnlyList<CompletionItem> Items);

/// <summary>One completion.</summary>
/// <param name="Text">The text to insert.</param>
/// <param name="Kind">What it is: method, property, keyword and so on.</param>
public sealed record CompletionItem(string Text, string Kind);

/// <summary>Runs cells one after the other and keeps their state.</summary>
public interface ICellEngine : IAsyncDisposable
{
    /// <summary>Runs a cell. Errors of the cell are in the result, not thrown.</summary>
    Task<CellResult> ExecuteAsync(string code, ICellOutput output, bool silent, CancellationToken cancellation);

    /// <summary>Stops the running cell, if there is one; state is kept.</summary>
    void Interrupt();

    /// <summary>What can stand at the cursor.</summary>
    Completions Complete(string code, int cursor);

    /// <summary>What is at the cursor, as a mime bundle; null when nothing is known.</summary>
    IReadOnlyDictionary<string, string>? Inspect(string code, int cursor, int detail);

    /// <summary>Whether the code is "complete", "incomplete" or "invalid", and the indentation of the next line.</summary>
    (string Status, string Indent) IsComplete(string code);
}
