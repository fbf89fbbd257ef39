using System.Text;
using System.Text.Json;

namespace SimSearch.Notebooks;

/// <summary>
/// The process that runs one notebook for <see cref="NotebookProcess"/>: reads the job from its standard input, tells on its standard output how far it is, and
/// stops when its input ends, because then nobody waits for it any more.
/// </summary>
public static class NotebookWorker
{
    /// <summary>Does the job; to be called first thing in the process, and to be followed by its end.</summary>
    /// <param name="makeEngine">Makes the engine that runs the code.</param>
    /// <returns>The exit code: 0 when the notebook came to an end, with or without failing cells, which the messages tell.</returns>
    public static int Serve(Func<ICellEngine> makeEngine)
    {
        var input = new StreamReader(Console.OpenStandardInput(), Encoding.UTF8);
        var output = new StreamWriter(Console.OpenStandardOutput(), new UTF8Encoding(false)) { AutoFlush = true, NewLine = "\n" };
        if (input.ReadLine() is not { } line || JsonSerializer.Deserialize<NotebookJob>(line, WorkerMessage.Format) is not { } job) return 2;
        using var stop = new CancellationTokenSource();
        new Thread(() => StopWhenAlone(input, stop)) { IsBackground = true, Name = "waiting for the end of input" }.Start();
        try
        {
            var run = RunAsync(job, makeEngine, message => output.WriteLine("\n" + message.ToLine()), stop.Token).GetAwaiter().GetResult();
            output.WriteLine("\n" + new WorkerMessage
            {
                CellsRun = run.CellsRun, CellsToRun = run.CellsToRun, Seconds = run.Elapsed.TotalSeconds,
                Failures = [.. run.Failures.Select(f => new WorkerFailure(f.Cell.Id, f.Number, f.Error.Name, f.Error.Message, [.. f.Error.Trace], f.EngineLost))],
            }.ToLine());
            return 0;
        }
        catch (OperationCanceledException)
        {
            return 1;
        }
        catch (Exception e) when (e is NotebookException or IOException or UnauthorizedAccessException)
        {
            output.WriteLine("\n" + new WorkerMessage { Refusal = e.Message }.ToLine());
            return 1;
        }
    }

    private static async Task<NotebookRun> RunAsync(NotebookJob job, Func<ICellEngine> makeEngine, Action<WorkerMessage> tell, CancellationToken cancellation)
    {
        var notebook = Notebook.Load(job.Notebook);
        // Relative paths in a notebook start at the notebook, as in Jupyter.
        Directory.SetCurrentDirectory(Path.GetDirectoryName(job.Notebook)!);
        // Not disposed of: that would wait for a cell that did not stop, and the process ends anyway.
        var engine = makeEngine();
        return await NotebookRunner.RunAsync(notebook, engine, new NotebookRunOptions
        {
            CellTimeout = job.CellTimeout, AllowErrors = job.AllowErrors, Parameters = job.Parameters, SaveTo = job.Target,
            Progress = cell => tell(new WorkerMessage { Step = new NotebookStep(cell.Number, cell.Cell.Id, cell.Step, cell.Steps, cell.Result is not null, cell.Elapsed) }),
        }, cancellation).ConfigureAwait(false);
    }

    private static void StopWhenAlone(StreamReader input, CancellationTokenSource stop)
    {
        while (input.ReadLine() is not null)
        {
        }
        try { stop.Cancel(); }
        catch (ObjectDisposedException) { /* it has ended by itself */ }
    }
}
