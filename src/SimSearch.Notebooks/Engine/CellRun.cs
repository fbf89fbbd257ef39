namespace SimSearch.Notebooks;

/// <summary>One run of one cell: where its output goes and what stops it. The tasks a cell starts carry it along, also past the cell's end.</summary>
internal sealed class CellRun(CSharpEngine engine, int number, ICellOutput output)
{
    private static readonly AsyncLocal<CellRun?> Flowing = new();

    private readonly Lock gate = new();
    private readonly CancellationTokenSource stopping = new();
    private CellThread? thread;

    /// <summary>The cell this code belongs to, or null outside of any.</summary>
    public static CellRun? Current { get => Flowing.Value; set => Flowing.Value = value; }

    /// <summary>The engine that runs it.</summary>
    public CSharpEngine Engine { get; } = engine;

    /// <summary>The cell's number.</summary>
    public int Number { get; } = number;

    /// <summary>Its output.</summary>
    public CellOutputQueue Output { get; } = new(output);

    /// <summary>What the cell's own code looks at. Never the source that stops its thread: a callback of the user's may block in it.</summary>
    public CancellationTokenSource Cooperative { get; } = new();

    /// <summary>
    /// What libraries look at that know nothing of notebooks: they find it through <see cref="AppContext"/> (see <see cref="CSharpEngine"/>), and not the
    /// user's code, whose callbacks could hold it up.
    /// </summary>
    public CancellationTokenSource Ambient { get; } = new();

    /// <summary>Stops the engine's own work for the cell: compiling, restoring packages.</summary>
    public CancellationToken Stopping => stopping.Token;

    /// <summary>Whether somebody asked it to stop.</summary>
    public bool Interrupted => stopping.IsCancellationRequested;

    /// <summary>Asks it to stop.</summary>
    public void Interrupt()
    {
        lock (gate)
        {
            if (Interrupted) return;
            stopping.Cancel();
            StopPoint.Arm();
            thread?.Interrupt();
        }
        // On a thread of its own: what the cell's code has registered with its token runs here and may take its time, and the thread pool may be full of the cell's work.
        new Thread(() =>
        {
            Ambient.Cancel();
            try { Cooperative.Cancel(); }
            catch (AggregateException) { /* What the user's callbacks throw concerns nobody any more. */ }
        }) { IsBackground = true, Name = $"interrupt {Number}" }.Start();
    }

    /// <summary>Names the thread that runs the cell from now on.</summary>
    /// <exception cref="OperationCanceledException">The cell was to stop before.</exception>
    public void Attach(CellThread next)
    {
        lock (gate)
        {
            Stopping.ThrowIfCancellationRequested();
            thread = next;
        }
    }

    /// <summary>The cell this code belongs to.</summary>
    /// <exception cref="InvalidOperationException">It belongs to none.</exception>
    public static CellRun Require(string what) =>
        Current ?? throw new InvalidOperationException($"{what} works in a notebook's cell and in the tasks it starts, not here");

    /// <summary>Shows a value.</summary>
    /// <param name="value">Any value.</param>
    /// <param name="id">What updates refer to, or null for a result.</param>
    /// <param name="isUpdate">Replaces what is shown under the id.</param>
    /// <param name="mimeType">The only type wanted, or null for all there are.</param>
    public void Show(object? value, string? id, bool isUpdate = false, string? mimeType = null) =>
        Output.Display(new CellDisplay(Engine.Formatters.Format(value, mimeType), id, isUpdate, IsResult: id is null));
}
