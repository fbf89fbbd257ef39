using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace SimSearch.Notebooks;

/// <summary>
/// Runs a notebook in a process of its own, so that nothing of it is left for the next one, and a cell that ends the process (<c>Environment.Exit</c>, a stack
/// overflow, a fault in native code) is a failed cell like any other: what ran before it is kept, and the file says which it was.
/// </summary>
public static class NotebookProcess
{
    private const int MostStderr = 1 << 16;

    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(30), EndGrace = TimeSpan.FromSeconds(5), LastWords = TimeSpan.FromSeconds(1);

    /// <summary>Runs a notebook.</summary>
    /// <param name="job">What to run.</param>
    /// <param name="worker">Starts a process that calls <see cref="NotebookWorker.Serve"/>; file name, arguments and environment are used.</param>
    /// <param name="progress">Told when a cell starts and ends; null for nobody. Called before the run goes on.</param>
    /// <param name="cancellation">Ends the process; what ran is in the file.</param>
    /// <returns>The run; a failing cell is in it and not thrown.</returns>
    /// <exception cref="NotebookException">The notebook cannot be read or saved, a parameter does not fit, or the process did not come to the first cell.</exception>
    /// <exception cref="OperationCanceledException">The run was cancelled.</exception>
    public static async Task<NotebookRun> RunAsync(NotebookJob job, ProcessStartInfo worker, Action<NotebookStep>? progress = null, CancellationToken cancellation = default)
    {
        cancellation.ThrowIfCancellationRequested();
        using var process = Process.Start(Prepared(worker, job))!;
        var errors = TailAsync(process.StandardError);
        WorkerMessage? end = null;
        NotebookStep? last = null;
        bool hung = false;
        try
        {
            await process.StandardInput.WriteLineAsync(JsonSerializer.Serialize(job, WorkerMessage.Format)).ConfigureAwait(false);
            await process.StandardInput.FlushAsync(CancellationToken.None).ConfigureAwait(false);
            var exited = process.WaitForExitAsync(CancellationToken.None);
            while (end is null)
            {
                using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
                // The worker stops a cell by itself; only one that cannot is stopped from here.
                if (job.CellTimeout is { } limit) patience.CancelAfter(limit + Grace);
                string? line;
                try
                {
                    var reading = process.StandardOutput.ReadLineAsync(patience.Token).AsTask();
                    // A process that the notebook started may keep the output open after the worker has ended.
                    if (await Task.WhenAny(reading, exited).ConfigureAwait(false) == exited) await Task.WhenAny(reading, Task.Delay(LastWords, CancellationToken.None)).ConfigureAwait(false);
                    if (exited.IsCompleted && !reading.IsCompleted) break;
                    line = await reading.ConfigureAwait(false);
                }
                catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
                {
                    hung = true;
                    break;
                }
                if (line is null) break;
                if (WorkerMessage.Parse(line) is not { } message) continue;
                if (message.Step is { } step) progress?.Invoke(last = step);
                else end = message;
            }
        }
        catch (IOException)
        {
            // The process ended before it had read its job; its exit code says more.
        }
        finally
        {
            await EndAsync(process, atOnce: hung).ConfigureAwait(false);
        }
        cancellation.ThrowIfCancellationRequested();
        if (end?.Refusal is { } refusal) throw new NotebookException(refusal);
        var (how, trace) = end is null ? Describe(process.ExitCode, await SaidAsync(errors).ConfigureAwait(false), hung) : ("", []);
        if (end is null) RemoveLeftovers(job.Target);
        if (end is null && last is null) throw new NotebookException($"{how} before the first cell{string.Concat(trace.Select(line => $"\n  {line}"))}");
        var notebook = Notebook.Load(job.Target);
        if (end is not null)
        {
            var failures = end.Failures?.Select(f => new CellFailure(CellOf(notebook, f.Id, f.Number), f.Number, new CellError(f.Name, f.Message, f.Trace), f.EngineLost)) ?? [];
            return new NotebookRun(notebook, [.. failures], end.CellsRun, end.CellsToRun, TimeSpan.FromSeconds(end.Seconds));
        }
        return Crashed(job, notebook, last!, new CellError("ProcessEnded", how, trace));
    }

    private static NotebookRun Crashed(NotebookJob job, Notebook notebook, NotebookStep last, CellError error)
    {
        var cell = CellOf(notebook, last.Id, last.Number);
        // A cell may have been through when what it left behind ended the process.
        if (last.Ended) error = error with { Message = $"{error.Message}, after the cell had ended" };
        cell.Outputs = [.. cell.Outputs, new ErrorOutput(error.Name, error.Message, error.Trace)];
        notebook.Save(job.Target);
        return new NotebookRun(notebook, [new CellFailure(cell, last.Number, error, EngineLost: true)], last.Step, last.Steps, TimeSpan.Zero);
    }

    private static NotebookCell CellOf(Notebook notebook, string id, int number) =>
        notebook.Cells.FirstOrDefault(c => c.Id == id) ?? notebook.Cells.ElementAtOrDefault(number - 1) ?? new NotebookCell(NotebookCellKind.Code, id);

    private static ProcessStartInfo Prepared(ProcessStartInfo worker, NotebookJob job)
    {
        var start = new ProcessStartInfo(worker.FileName)
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false, CreateNoWindow = true,
            StandardInputEncoding = new UTF8Encoding(false), StandardOutputEncoding = Encoding.UTF8, StandardErrorEncoding = Encoding.UTF8,
        };
        foreach (string argument in worker.ArgumentList) start.ArgumentList.Add(argument);
        foreach (var (name, value) in worker.Environment) start.Environment[name] = value;
        long memory = job.MaxMemory ?? GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4 * 3;
        if (job.MaxMemory is not null || !start.Environment.ContainsKey("DOTNET_GCHeapHardLimit")) start.Environment["DOTNET_GCHeapHardLimit"] = memory.ToString("X", CultureInfo.InvariantCulture);
        // A crash is to end the process now and not after a dump of gigabytes.
        start.Environment["DOTNET_DbgEnableMiniDump"] = "0";
        return start;
    }

    /// <summary>The end of its input tells the process to stop; one that does not is killed with all it has started.</summary>
    private static async Task EndAsync(Process process, bool atOnce)
    {
        try { process.StandardInput.Close(); }
        catch (IOException) { /* it is gone */ }
        using var patience = new CancellationTokenSource(atOnce ? TimeSpan.Zero : EndGrace);
        try { await process.WaitForExitAsync(patience.Token).ConfigureAwait(false); }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            process.WaitForExit();
        }
    }

    private static (string How, string[] Trace) Describe(int exitCode, string stderr, bool hung)
    {
        string[] lines = [.. stderr.Split('\n').Select(l => AnsiText.Plain(l).TrimEnd('\r')).Where(l => l.Trim().Length > 0)];
        int cause = Array.FindIndex(lines, l => Causes.Any(c => l.StartsWith(c, StringComparison.OrdinalIgnoreCase)));
        string[] trace = cause >= 0 ? lines[cause..Math.Min(lines.Length, cause + 8)] : lines[^Math.Min(lines.Length, 5)..];
        if (hung) return ("the cell ran longer than its limit and could not be stopped, so the process was ended", []);
        string why = (cause >= 0 ? lines[cause] : "").StartsWith("Stack overflow", StringComparison.OrdinalIgnoreCase) ? "a stack overflow" : exitCode switch
        {
            0 => "Environment.Exit, or the like",
            134 => "aborted",
            139 or -1073741819 => "a fault in native code or unsafe code: memory that is not there",
            137 => "killed, by somebody or because the machine had no memory left",
            143 => "told to stop from outside",
            -1073741571 => "a stack overflow",
            _ => "Environment.Exit, or a fault",
        };
        return (string.Create(CultureInfo.InvariantCulture, $"the process ended with exit code {exitCode} ({why})"), trace);
    }

    private static readonly string[] Causes = ["Stack overflow", "Process terminated", "Unhandled exception", "Fatal error", "Out of memory", "Assertion"];

    private static async Task<string> SaidAsync(Task<string> errors) =>
        await Task.WhenAny(errors, Task.Delay(LastWords)).ConfigureAwait(false) == errors ? await errors.ConfigureAwait(false) : "";

    private static async Task<string> TailAsync(StreamReader reader)
    {
        var text = new StringBuilder();
        var buffer = new char[4096];
        for (int read; (read = await reader.ReadAsync(buffer).ConfigureAwait(false)) > 0;)
        {
            text.Append(buffer, 0, read);
            if (text.Length > 2 * MostStderr) text.Remove(0, text.Length - MostStderr);
        }
        return text.ToString();
    }

    /// <summary>A process that ends while it writes leaves the half of a file beside the whole one.</summary>
    private static void RemoveLeftovers(string target)
    {
        if (Path.GetDirectoryName(target) is not { } folder || !Directory.Exists(folder)) return;
        foreach (string half in Directory.EnumerateFiles(folder, $".{Path.GetFileName(target)}.*.tmp")) File.Delete(half);
    }
}
