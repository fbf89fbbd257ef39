using System.Text;

namespace SimSearch.Notebooks;

/// <summary>
/// The output of one cell on its way to the host: ordered, from any thread, handed over by one thread at a time and never by the cell's own,
/// which may be interrupted anywhere. Text is gathered for a moment, and a cell that writes faster than the host takes has to wait.
/// </summary>
/// <param name="output">The host.</param>
internal sealed class CellOutputQueue(ICellOutput output)
{
    private const int GatherMilliseconds = 20;
    private const int LingerMilliseconds = 500;
    private const int MostPendingCharacters = 1 << 20;

    private readonly Lock delivery = new();
    private readonly object gate = new();
    private readonly Queue<object> pending = new();
    private Text? last;
    private long characters, due;
    private bool scheduled, carried;

    /// <summary>Held while the queue is changed. Whoever aborts the cell's thread holds it too, so that no change is left half done.</summary>
    public object Undisturbed { get; } = new();

    /// <summary>Adds text to a stream; waits while too much is on its way.</summary>
    public void Write(string stream, string text)
    {
        if (text.Length == 0) return;
        lock (Undisturbed)
        {
            lock (gate)
            {
                if (last is null || last.Stream != stream) pending.Enqueue(last = new Text(stream));
                last.Content.Append(text);
                characters += text.Length;
                Schedule(characters > MostPendingCharacters / 2 ? 0 : GatherMilliseconds);
            }
        }
        lock (gate)
            while (characters > MostPendingCharacters) Monitor.Wait(gate);
    }

    /// <summary>Adds something to show.</summary>
    public void Display(CellDisplay display) => Add(display);

    /// <summary>Removes what was shown.</summary>
    public void Clear(bool wait) => Add(new Clearing(wait));

    /// <summary>Asks for a line, after everything written so far has been handed over.</summary>
    public string? ReadLine(string prompt, bool password, CancellationToken cancellation)
    {
        // On another thread, so that an interrupt does not hit the host's code; none of the pool's, which may be full of the cell's work.
        var answer = new TaskCompletionSource<string?>();
        new Thread(() =>
        {
            try
            {
                DeliverAll();
                answer.SetResult(output.ReadLine(prompt, password));
            }
            catch (Exception e) { answer.SetException(e); }
        }) { IsBackground = true, Name = "cell input" }.UnsafeStart();
        Task.WaitAny([answer.Task], cancellation);
        return answer.Task.GetAwaiter().GetResult();
    }

    /// <summary>Hands over everything written so far.</summary>
    public void Flush()
    {
        // What the host itself writes to the console is not the cell's.
        var caller = CellRun.Current;
        CellRun.Current = null;
        try { DeliverAll(); }
        finally { CellRun.Current = caller; }
    }

    private void DeliverAll()
    {
        lock (delivery)
        {
            while (true)
            {
                object next;
                lock (gate)
                {
                    if (!pending.TryDequeue(out next!)) break;
                    if (next == last) last = null;
                    if (next is Text taken) characters -= taken.Content.Length;
                    Monitor.PulseAll(gate);
                }
                try { Deliver(next); }
                catch (Exception) { /* A host that fails loses this piece; the cell and the rest of its output go on. */ }
            }
        }
    }

    private void Add(object piece)
    {
        lock (Undisturbed)
        {
            lock (gate)
            {
                pending.Enqueue(piece);
                last = null;
                Schedule(0);
            }
        }
    }

    private void Schedule(int milliseconds)
    {
        if (scheduled && milliseconds > 0) return;
        (scheduled, due) = (true, Environment.TickCount64 + milliseconds);
        Monitor.PulseAll(gate);
        if (carried) return;
        carried = true;
        new Thread(Carry) { IsBackground = true, Name = "cell output" }.UnsafeStart();
    }

    // The thread that hands over: it ends when there has been nothing for a while. None of the pool's, which may be full of the cell's work.
    private void Carry()
    {
        while (true)
        {
            lock (gate)
            {
                for (long end = Environment.TickCount64 + LingerMilliseconds; !scheduled || due > Environment.TickCount64;)
                {
                    long wait = (scheduled ? due : end) - Environment.TickCount64;
                    if (!scheduled && wait <= 0)
                    {
                        carried = false;
                        return;
                    }
                    Monitor.Wait(gate, (int)Math.Max(1, wait));
                }
                scheduled = false;
            }
            DeliverAll();
        }
    }

    private void Deliver(object piece)
    {
        switch (piece)
        {
            case Text text: output.Stream(text.Stream, text.Content.ToString()); break;
            case CellDisplay display: output.Display(display); break;
            case Clearing clearing: output.Clear(clearing.Wait); break;
        }
    }

    private sealed class Text(string stream)
    {
        public string Stream { get; } = stream;
        public StringBuilder Content { get; } = new();
    }

    private sealed record Clearing(bool Wait);
}
