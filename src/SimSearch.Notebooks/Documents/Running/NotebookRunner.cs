using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;

namespace SimSearch.Notebooks;

/// <summary>
/// Runs the code cells of a notebook in order and collects what they show. Cells tagged <c>skip-execution</c> and cells without text are
/// passed over. The same notebook, engine and parameters make the same file: nothing of the time or the machine is written.
/// </summary>
public static class NotebookRunner
{
    /// <summary>Runs a notebook; the one given stays as it is.</summary>
    /// <param name="notebook">The notebook.</param>
    /// <param name="engine">Runs the code; it is not disposed of.</param>
    /// <param name="options">How; defaults when null.</param>
    /// <param name="cancellation">Interrupts the running cell and ends the run; what ran is in the file of <see cref="NotebookRunOptions.SaveTo"/>.</param>
    /// <returns>The run; a failing cell is in it and not thrown.</returns>
    /// <exception cref="NotebookParameterException">A parameter is unknown or its value does not fit; nothing was run.</exception>
    /// <exception cref="NotebookException">The notebook cannot be saved to <see cref="NotebookRunOptions.SaveTo"/>.</exception>
    /// <exception cref="OperationCanceledException">The run was cancelled.</exception>
    public static async Task<NotebookRun> RunAsync(Notebook notebook, ICellEngine engine, NotebookRunOptions? options = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(notebook);
        ArgumentNullException.ThrowIfNull(engine);
        options ??= new NotebookRunOptions();
        var run = NotebookParameters.Inject(notebook, options.Parameters);
        run.Strip();
        NotebookCell[] cells = [.. run.Cells.Where(c => c.Kind == NotebookCellKind.Code && !string.IsNullOrWhiteSpace(c.Source) && !c.HasTag("skip-execution"))];
        var outputs = new RunOutputs(options.MaxOutputChars, options.Input, options.MaxOutputBytes);
        var failures = new List<CellFailure>();
        var total = TimeSpan.Zero;
        int done = 0;
        if (options.SaveTo is { } first) Save(run, first, "before the first cell");
        foreach (var cell in cells)
        {
            cancellation.ThrowIfCancellationRequested();
            int number = run.Cells.IndexOf(cell) + 1;
            options.Progress?.Invoke(new CellProgress(cell, number, done + 1, cells.Length, null, TimeSpan.Zero));
            var started = DateTime.UtcNow;
            long clock = Stopwatch.GetTimestamp();
            var output = outputs.Open(cell);
            (CellResult result, bool lost) = await ExecuteAsync(cell, engine, output, options, cancellation).ConfigureAwait(false);
            var elapsed = Stopwatch.GetElapsedTime(clock);
            total += elapsed;
            done++;
            cell.ExecutionCount = result.ExecutionCount > 0 ? result.ExecutionCount : null;
            CellError? error = result.Status == CellStatus.Ok ? null : result.Error ?? new CellError("Interrupted", "the cell was interrupted", []);
            output.Finish(cell.ExecutionCount, error);
            if (options.RecordTimes)
                cell.Metadata["execution"] = new JsonObject { ["iopub.execute_input"] = Iso(started), ["shell.execute_reply"] = Iso(started + elapsed) };
            outputs.Store();
            if (options.SaveTo is { } path) Save(run, path, $"after cell {number}");
            options.Progress?.Invoke(new CellProgress(cell, number, done, cells.Length, result, elapsed));
            cancellation.ThrowIfCancellationRequested();
            if (error is null || (cell.HasTag("raises-exception") && !lost)) continue;
            failures.Add(new CellFailure(cell, number, error, lost));
            if (lost || !options.AllowErrors) break;
        }
        // Background work may have written to earlier cells since.
        outputs.Close();
        if (options.SaveTo is { } last) Save(run, last, "after the last cell");
        return new NotebookRun(run, failures, done, cells.Length, total);
    }

    /// <summary>A disk that is full or a folder that nobody may write to ends the run; the file keeps what was saved before.</summary>
    private static void Save(Notebook run, string path, string when)
    {
        try { run.Save(path); }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new NotebookException($"the notebook cannot be saved {when}: {e.Message}; {(File.Exists(path) ? $"'{path}' is as it was saved before" : "nothing was written")}", e);
        }
    }

    private static async Task<(CellResult Result, bool Lost)> ExecuteAsync(NotebookCell cell, ICellEngine engine, ICellOutput output, NotebookRunOptions options, CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        // On another thread: an engine may run the code before it returns its task.
        var running = Task.Run(() => engine.ExecuteAsync(cell.Source, output, false, stop.Token), CancellationToken.None);
        await EndAsync(running, options.CellTimeout ?? Timeout.InfiniteTimeSpan, cancellation).ConfigureAwait(false);
        if (running.IsCompleted && !cancellation.IsCancellationRequested) return Outcome(running);

        engine.Interrupt();
        await stop.CancelAsync().ConfigureAwait(false);
        await EndAsync(running, options.StopTimeout, CancellationToken.None).ConfigureAwait(false);
        cancellation.ThrowIfCancellationRequested();
        string message = string.Create(CultureInfo.InvariantCulture, $"the cell ran longer than {options.CellTimeout?.TotalSeconds:0.###} s; raise the limit or make it do less");
        if (!running.IsCompleted)
            return (new CellResult(CellStatus.Aborted, 0, new CellError("CellTimeout", message + "; it did not stop when it was interrupted, so no more cells can run", [])), true);
        var (result, lost) = Outcome(running);
        return (result with { Status = CellStatus.Aborted, Error = new CellError("CellTimeout", message, []) }, lost);
    }

    /// <summary>Waits until a task has ended, in whichever way, or the time is over.</summary>
    private static async Task EndAsync(Task task, TimeSpan limit, CancellationToken cancellation) =>
        await task.WaitAsync(limit, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    /// <summary>An engine reports the errors of cells; one that throws has failed itself, unless it was told to stop.</summary>
    private static (CellResult Result, bool Lost) Outcome(Task<CellResult> ended) => ended switch
    {
        { IsCompletedSuccessfully: true } => (ended.Result, false),
        { IsCanceled: true } => (new CellResult(CellStatus.Aborted, 0, null), false),
        _ => (new CellResult(CellStatus.Error, 0, new CellError(ended.Exception!.InnerException!.GetType().Name, $"the engine failed: {ended.Exception.InnerException.Message}", [])), true),
    };

    private static string Iso(DateTime time) => time.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);
}
