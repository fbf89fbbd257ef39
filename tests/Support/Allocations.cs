namespace SimSearch.Tests.Support;

/// <summary>Counts what a piece of work allocates on the managed heap.</summary>
public static class Allocations
{
    /// <summary>
    /// The fewest bytes that one of twenty runs allocated on this thread. What the work itself allocates comes in every run; what comes in some is the runtime's:
    /// a collection that another test caused counts the rest of this thread's allocation buffer (up to 8 KiB) as used, and empties array pools.
    /// </summary>
    /// <param name="work">Runs on the calling thread; run once more beforehand, to warm up.</param>
    public static long Least(Action work)
    {
        work();
        long least = long.MaxValue;
        for (int run = 0; run < 20 && least > 0; run++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            work();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }
        return least;
    }
}
