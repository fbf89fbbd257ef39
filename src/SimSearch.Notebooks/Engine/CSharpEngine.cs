using System.Diagnostics;
using System.Globalization;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace SimSearch.Notebooks;

/// <summary>
/// Runs C# cells. Each sees what those before it declared, also when they failed or were interrupted. Cells run one at a time, on a thread
/// of their own; the tasks they start keep writing to them.
/// </summary>
/// <remarks>
/// Namespaces, and extension classes with the types declared beside them, are compiled as a library: they are seen by all later cells, but do
/// not themselves see the variables and types of earlier ones. Declaring one of its types again replaces a library; cells that used the old one
/// are forgotten, since their values are of types that are no more, and have to be run again.
/// </remarks>
public sealed class CSharpEngine : ICellEngine
{
    private static readonly string[] DefaultImports =
    [
        "System", "System.Collections.Generic", "System.IO", "System.Linq", "System.Text", "System.Threading", "System.Threading.Tasks",
        "SimSearch.Notebooks", "SimSearch.Notebooks.CellFunctions",
    ];

    /// <summary>
    /// Under this name <see cref="AppContext"/> holds a <c>Func&lt;CancellationToken&gt;</c>: the token of the cell that the calling code belongs to. Libraries with long
    /// native calls look at it, so that an interrupt ends a call that was given no token.
    /// </summary>
    internal const string AmbientToken = "Ambient.CancellationToken";

    private const int MostRounds = 4;
    private const int EngineStackBytes = 16 << 20;

    private readonly SemaphoreSlim turn = new(1, 1);
    private readonly ReferenceSet references = new();
    private readonly string[] imports;
    private readonly SubmissionChain chain;
    private readonly LibraryCells libraries;
    private readonly CodeInsight insight;
    private volatile CellRun? running;
    private volatile bool disposed;
    private int count;

    /// <summary>Makes an engine without any state.</summary>
    /// <param name="imports">Namespaces that cells see besides the usual ones; they must be in assemblies given as <paramref name="assemblies"/>.</param>
    /// <param name="assemblies">Files of assemblies that cells can use without <c>#r</c>.</param>
    public CSharpEngine(IEnumerable<string>? imports = null, IEnumerable<string>? assemblies = null)
    {
        ConsoleRouter.Install();
        AppContext.SetData(AmbientToken, (Func<CancellationToken>)(() => CellRun.Current?.Ambient.Token ?? CancellationToken.None));
        this.imports = [.. DefaultImports, .. imports ?? []];
        foreach (string assembly in assemblies ?? []) references.Add(assembly, _ => { });
        chain = new SubmissionChain(references, this.imports);
        libraries = new LibraryCells(references, chain, this.imports);
        insight = new CodeInsight(chain);
    }

    /// <summary>How long an interrupted cell may take to end before it is given up: with the gentler means before, about 3 s.</summary>
    internal TimeSpan Patience { get; init; } = TimeSpan.FromMilliseconds(2700);

    /// <summary>How values are shown.</summary>
    internal ValueFormatters Formatters { get; } = new();

    /// <inheritdoc/>
    public Task<CellResult> ExecuteAsync(string code, ICellOutput output, bool silent, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(code);
        ArgumentNullException.ThrowIfNull(output);
        // The place in the queue is taken here and now: cells run in the order of the calls.
        var place = turn.WaitAsync(cancellation);
        var ended = new TaskCompletionSource<CellResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        // A thread of its own: the pool may be full of what a cell has left there. With room for the compiler, which goes down by recursion.
        new Thread(() =>
        {
            try { ended.SetResult(ExecuteInTurn(place, code, output, silent, cancellation)); }
            catch (Exception e) { ended.SetException(e); }
        }, EngineStackBytes) { IsBackground = true, Name = "cells" }.UnsafeStart();
        return ended.Task;
    }

    /// <inheritdoc/>
    public void Interrupt() => running?.Interrupt();

    /// <inheritdoc/>
    public Completions Complete(string code, int cursor)
    {
        cursor = Math.Clamp(cursor, 0, code.Length);
        try { return insight.Complete(code, cursor); }
        catch (Exception e) when (IsTooDeep(e)) { return new Completions(cursor, cursor, []); }
    }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string>? Inspect(string code, int cursor, int detail)
    {
        try { return insight.Inspect(code, Math.Clamp(cursor, 0, code.Length), detail); }
        catch (Exception e) when (IsTooDeep(e)) { return null; }
    }

    /// <inheritdoc/>
    public (string Status, string Indent) IsComplete(string code)
    {
        try { return CodeInsight.IsComplete(code); }
        catch (Exception e) when (IsTooDeep(e)) { return ("invalid", ""); }
    }

    /// <summary>Does once what makes a first cell slow, without leaving a trace; worth doing while nobody waits.</summary>
    public void WarmUp()
    {
        var spare = new SubmissionChain(references, imports);
        var (run, keep) = spare.Load(spare.Compile("var x = Enumerable.Range(0, 3).Select(i => i + 1).ToArray(); x", "warm-up"), CancellationToken.None);
        run().GetAwaiter().GetResult();
        keep();
        new CodeInsight(spare).Complete("x.", 2);
        Formatters.Format(new[] { new { Name = "a", Value = 1 } });
    }

    /// <summary>Interrupts what runs; cells that wait are not started.</summary>
    public async ValueTask DisposeAsync()
    {
        if (disposed) return;
        disposed = true;
        Interrupt();
        await turn.WaitAsync();
        turn.Release();
    }

    // Source nested deeper than the parser or the compiler can follow.
    private static bool IsTooDeep(Exception error) => error is CellException or InsufficientExecutionStackException;

    private CellResult ExecuteInTurn(Task place, string code, ICellOutput output, bool silent, CancellationToken cancellation)
    {
        try { place.GetAwaiter().GetResult(); }
        catch (OperationCanceledException) { return new CellResult(CellStatus.Aborted, count, null); }
        try
        {
            if (disposed || cancellation.IsCancellationRequested) return new CellResult(CellStatus.Aborted, count, null);
            var run = new CellRun(this, silent ? count : ++count, output);
            running = run;
            StopPoint.Begin();
            using var interruption = cancellation.Register(run.Interrupt);
            var error = Run(code, run, silent);
            running = null;
            if (run.Interrupted) Relieve(run);
            run.Output.Flush();
            return new CellResult(error is null ? CellStatus.Ok : CellStatus.Error, run.Number, error);
        }
        finally { turn.Release(); }
    }

    // Not before the answer: whoever waits for it waits for the cell, and not for what it has left behind.
    private static void Relieve(CellRun run) => new Thread(() =>
    {
        if (!PoolRelief.Unblock()) run.Output.Write("stderr", "The cell has left so many tasks waiting that later ones may not get a turn; restart the kernel.\n");
    }) { IsBackground = true, Name = "pool relief" }.UnsafeStart();

    private CellError? Run(string code, CellRun run, bool silent)
    {
        try
        {
            string folder = Directory.GetCurrentDirectory();
            var source = CellSource.Parse(code, folder);
            foreach (string file in PackageRestorer.RestoreAsync(source.Packages, folder, PackageRestorer.DefaultCache, run.Stopping).GetAwaiter().GetResult()) references.Add(file, Note);
            foreach (string reference in source.References) references.Add(reference, Note);
            if (references.TakeChange()) chain.Rebase(dropBroken: false);
            var watch = Stopwatch.StartNew();
            foreach (var segment in source.Segments) RunSegment(segment, run, silent);
            if (source.Timed) run.Show(string.Create(CultureInfo.InvariantCulture, $"Wall time: {watch.Elapsed.TotalMilliseconds:0.0} ms"), Guid.NewGuid().ToString("N"));
            return null;
        }
        catch (Exception e) { return CellErrors.Describe(e, code, run.Interrupted); }

        void Note(string text) => run.Output.Write("stderr", text);
    }

    private void RunSegment(CellSegment segment, CellRun run, bool silent)
    {
        string? own = Guid.NewGuid().ToString("N");
        switch (segment.Kind)
        {
            case "markdown": run.Show(new Content(segment.Text, "text/markdown"), own); return;
            case "html": run.Show(new Content(segment.Text, "text/html"), own); return;
            case "lsmagic": run.Show(CellSource.Magics.Select(m => new { Magic = "#!" + m.Key, Does = m.Value }).ToArray(), own); return;
            case "whos": OnThread(run, () => Task.FromResult<object?>(Variables.Describe(chain)), v => run.Show(v, own)); return;
        }
        string path = $"Cell [{run.Number}]";
        string? script = libraries.Take(segment.Text, path, run.Stopping);
        if (script is null) return;
        var (compilation, body, keep) = Compile(script, path, run.Stopping);
        libraries.Remember(compilation);
        bool hasResult = !silent && HasResult(compilation, path);
        try
        {
            OnThread(run, body, value =>
            {
                if (hasResult && value is not DisplayedValue) run.Show(value, id: null);
            });
        }
        finally { keep(); }
    }

    private (CSharpCompilation Compilation, Func<Task<object?>> Body, Action Keep) Compile(string script, string path, CancellationToken cancellation)
    {
        for (int round = 0; ; round++)
        {
            var compilation = chain.Compile(script, path);
            try
            {
                var (body, keep) = chain.Load(compilation, cancellation);
                return (compilation, body, keep);
            }
            catch (CompilationFailedException e) when (round < MostRounds && references.AddMissing(compilation, e.Errors))
            {
                // A type came from an assembly that nobody has named; those of the framework and beside what was referenced are added as needed.
                chain.Rebase(dropBroken: false);
                references.TakeChange();
            }
            catch (CompilationFailedException e) when (e.Errors.Any(error => error.Location.SourceTree is { } tree && tree.FilePath != path))
            {
                CompilationFailedException.ThrowIfAny(chain.Compile(script, path, asWritten: true).GetDiagnostics(cancellation));
                throw;
            }
        }
    }

    // Formatting runs the cell's code too (ToString, lazy sequences), so it happens where it can be interrupted.
    private void OnThread(CellRun run, Func<Task<object?>> body, Action<object?> show)
    {
        var thread = new CellThread(run, async () => show(await body()), Patience);
        run.Attach(thread);
        var error = thread.Run();
        if (error is not null) System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(error);
    }

    private static bool HasResult(CSharpCompilation compilation, string path)
    {
        var tree = compilation.SyntaxTrees.First(t => t.FilePath == path);
        return tree.GetCompilationUnitRoot().Members.LastOrDefault() is GlobalStatementSyntax { Statement: ExpressionStatementSyntax { SemicolonToken.IsMissing: true } last }
            && compilation.GetSemanticModel(tree).GetTypeInfo(last.Expression).Type is { SpecialType: not SpecialType.System_Void };
    }
}
