namespace SimSearch.Notebooks;

/// <summary>
/// A cell that is interrupted may leave work in the thread pool that waits for ever, and everything asynchronous that comes later would stand behind it.
/// </summary>
internal static class PoolRelief
{
    private const int ProbeMilliseconds = 100, FirstThreads = 64, MostThreads = 2048;

    /// <summary>Gives the pool threads until it gets to what is asked of it now; the work that is left keeps those it has.</summary>
    /// <returns>False when there is more such work than threads can be had for.</returns>
    public static bool Unblock()
    {
        using var reached = new ManualResetEventSlim();
        ThreadPool.UnsafeQueueUserWorkItem(static reached => Set(reached), reached, preferLocal: false);
        if (reached.Wait(ProbeMilliseconds)) return true;
        ThreadPool.GetMinThreads(out int workers, out int ports);
        try
        {
            for (int more = ThreadPool.ThreadCount + FirstThreads; more <= MostThreads; more += more / 2)
            {
                ThreadPool.SetMinThreads(more, ports);
                if (reached.Wait(ProbeMilliseconds)) return true;
            }
            return false;
        }
        finally { ThreadPool.SetMinThreads(workers, ports); }
    }

    private static void Set(ManualResetEventSlim reached)
    {
        try { reached.Set(); }
        catch (ObjectDisposedException) { /* too late: it was given up */ }
    }
}
