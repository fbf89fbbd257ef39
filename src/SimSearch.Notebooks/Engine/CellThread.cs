namespace SimSearch.Notebooks;

/// <summary>
/// The thread of a running cell. What is awaited comes back to it, so that the whole cell can be stopped: its token first, then
/// <see cref="Thread.Interrupt"/> for what sleeps and waits, then an abort for what computes, and when even that does not help
/// (native code, or other threads it waits for) the cell is given up.
/// </summary>
internal sealed class CellThread
{
    private static readonly TimeSpan UntilInterrupt = TimeSpan.FromMilliseconds(150);
    private static readonly TimeSpan UntilAbort = TimeSpan.FromMilliseconds(150);
    private const int StackBytes = 16 << 20;

    private readonly CancellationTokenSource abort = new();
    private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource abandoned = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TimeSpan patience;
    private readonly CellOutputQueue output;
    private readonly Pump pump;
    private readonly Thread thread;
    private Exception? error;
    private int interrupted;

    /// <summary>Prepares a thread.</summary>
    /// <param name="run">The cell.</param>
    /// <param name="body">What it runs.</param>
    /// <param name="patience">How long it may take to end once it is aborted.</param>
    public CellThread(CellRun run, Func<Task> body, TimeSpan patience)
    {
        (this.patience, output) = (patience, run.Output);
        thread = new Thread(() => Main(run, body), StackBytes) { IsBackground = true, Name = $"cell {run.Number}" };
        pump = new Pump(thread);
    }

    /// <summary>Runs the body to its end; an error is its exception, or <see cref="AbandonedException"/>.</summary>
    public Exception? Run()
    {
        thread.Start();
        return Task.WaitAny(ended.Task, abandoned.Task) == 0 ? error : new AbandonedException();
    }

    /// <summary>Starts down the ladder; the token is the caller's first rung.</summary>
    public void Interrupt()
    {
        // A thread of its own: a cell that keeps the whole thread pool busy is to be stopped like any other.
        if (Interlocked.Exchange(ref interrupted, 1) == 0) Background(Descend, "interrupt");
    }

    private void Descend()
    {
        if (ended.Task.Wait(UntilInterrupt)) return;
        pump.Stop();
        thread.Interrupt();
        if (ended.Task.Wait(UntilAbort)) return;
        lock (output.Undisturbed)
        {
            Background(abort.Cancel, "abort"); // blocks until the thread is at a point where it can be aborted
            if (!ended.Task.Wait(patience)) abandoned.TrySetResult();
        }
    }

    private static void Background(ThreadStart work, string name) => new Thread(work) { IsBackground = true, Name = name }.Start();

    private void Main(CellRun run, Func<Task> body)
    {
        CellRun.Current = run;
        SynchronizationContext.SetSynchronizationContext(pump);
        try
        {
#pragma warning disable SYSLIB0046 // Meant for exactly this: code that a person runs interactively and wants to stop.
            System.Runtime.ControlledExecution.Run(() =>
            {
                try { pump.Run(body); }
                catch (Exception e) { error = e; }
            }, abort.Token);
#pragma warning restore SYSLIB0046
        }
        catch (Exception e) { error = e; }
        finally { ended.TrySetResult(); }
    }

    /// <summary>The cell did not stop.</summary>
    public sealed class AbandonedException() : Exception("the cell did not stop and was given up; it may go on in the background until the kernel is restarted");

    // Runs what is awaited on the cell's thread. While that thread is blocked on a task itself (task.Result in a cell), continuations would wait
    // for it for ever, so they then go to the thread pool.
    private sealed class Pump(Thread thread) : SynchronizationContext
    {
        private const int RescueMilliseconds = 15;

        private readonly object gate = new();
        private readonly Queue<(SendOrPostCallback Callback, object? State)> queue = new();
        private bool idle;
        private bool closed;
        private bool rescuing;

        public override SynchronizationContext CreateCopy() => this;

        public override void Post(SendOrPostCallback d, object? state)
        {
            lock (gate)
            {
                if (!closed)
                {
                    queue.Enqueue((d, state));
                    Monitor.PulseAll(gate);
                    if (!idle && !rescuing)
                    {
                        rescuing = true;
                        _ = Task.Run(RescueAsync);
                    }
                    return;
                }
            }
            ThreadPool.QueueUserWorkItem(_ => d(state));
        }

        public void Run(Func<Task> body)
        {
            try
            {
                var task = body();
                task.ContinueWith(_ => Stop(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
                while (Take(out var callback, out object? state)) callback(state);
                if (!task.IsCompleted) throw new OperationCanceledException();
                task.GetAwaiter().GetResult();
            }
            finally
            {
                Stop();
                lock (gate)
                    while (queue.TryDequeue(out var left)) ThreadPool.QueueUserWorkItem(_ => left.Callback(left.State));
            }
        }

        public void Stop()
        {
            lock (gate)
            {
                closed = true;
                Monitor.PulseAll(gate);
            }
        }

        private bool Take(out SendOrPostCallback callback, out object? state)
        {
            lock (gate)
            {
                idle = true;
                try
                {
                    while (queue.Count == 0 && !closed) Monitor.Wait(gate);
                }
                finally { idle = false; }
                (callback, state) = queue.TryDequeue(out var next) ? next : default;
                return callback is not null;
            }
        }

        private async Task RescueAsync()
        {
            while (true)
            {
                await Task.Delay(RescueMilliseconds);
                lock (gate)
                {
                    if (queue.Count == 0 || closed)
                    {
                        rescuing = false;
                        return;
                    }
                    if (idle || (thread.ThreadState & ThreadState.WaitSleepJoin) == 0) continue;
                    while (queue.TryDequeue(out var stuck)) ThreadPool.QueueUserWorkItem(_ => stuck.Callback(stuck.State));
                }
            }
        }
    }
}
