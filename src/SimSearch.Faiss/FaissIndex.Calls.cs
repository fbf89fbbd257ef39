using static SimSearch.Faiss.NativeMethods;

namespace SimSearch.Faiss;

// How calls reach the native index: under the lock, in blocks, and with statuses turned into exceptions.
public sealed unsafe partial class FaissIndex
{
    // Blocks depend on sizes only, never on timing or threads, so the same call always computes the same bits.
    private const double OperationsPerBlock = 8e9;
    private const long SmallestSearchBlock = 64, LargestSearchBlock = 16384, LargestAddBlock = 65536, GraphAddBlock = 2048;

    private T Read<T>(Func<nint, T> call)
    {
        gate.EnterReadLock();
        try
        {
            ObjectDisposedException.ThrowIf(handle == 0, this);
            return call(handle);
        }
        finally
        {
            gate.ExitReadLock();
        }
    }

    private T Write<T>(Func<nint, T> call)
    {
        gate.EnterWriteLock();
        try
        {
            ObjectDisposedException.ThrowIf(handle == 0, this);
            return call(handle);
        }
        finally
        {
            gate.ExitWriteLock();
        }
    }

    private static Info InfoOf(nint handle)
    {
        ssf_get_info(handle, out Info info);
        return info;
    }

    private void RequireTrained(Info info, string doing)
    {
        if (info.Trained == 0) throw new FaissNotTrainedException($"{Kind} must be trained before {doing}; call Train with vectors like those to come");
    }

    private static long SearchBlock(Info info) =>
        Math.Clamp((long)(OperationsPerBlock / Math.Max(1.0, (double)info.Count * info.Dimension)), SmallestSearchBlock, LargestSearchBlock);

    private static long AddBlock(Info info) => info.Traits.HasFlag(Traits.Graph) ? GraphAddBlock : LargestAddBlock;

    /// <summary>FAISS's message without the function signature, file and line it begins with.</summary>
    internal static string Brief(string message)
    {
        const string mark = ": Error";
        int at = message.IndexOf(mark, StringComparison.Ordinal);
        return at >= 0 ? message[(at + 2)..].Trim() : message.Trim();
    }

    internal static void ThrowOn(int status, string doing, CancellationToken cancellation = default)
    {
        switch (status)
        {
            case Ok: return;
            case Interrupted: throw new OperationCanceledException($"{doing} was cancelled", cancellation);
            case OutOfMemory: throw new FaissException($"{doing} ran out of memory; use a smaller index (IVF<n>,PQ<M>np or SQ8), fewer vectors, or memory-map it", new OutOfMemoryException());
            case NotSupported: throw new FaissNotSupportedException($"{doing}: {Brief(ErrorMessage())}");
            default: throw new FaissException($"{doing} failed: {Brief(ErrorMessage())}");
        }
    }
}
