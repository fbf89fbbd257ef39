using static SimSearch.Faiss.NativeMethods;

namespace SimSearch.Faiss;

public sealed unsafe partial class FaissIndex
{
    /// <summary>Finds the k nearest vectors of each query, nearest first.</summary>
    /// <param name="queries">[n x Dimension].</param>
    /// <param name="k">How many neighbours, 1 or more; may exceed <see cref="Count"/>.</param>
    /// <param name="distances">Receives [n x k]: squared L2 distances, ascending, or inner products, descending.</param>
    /// <param name="ids">Receives [n x k]; -1 (with the distance at the far end of the float range) where fewer than k were found.</param>
    /// <param name="cancellation">Looked at between blocks of queries and inside FAISS; after a cancellation the outputs hold the first blocks' results.</param>
    /// <remarks>An HNSW graph keeps at least k candidates whatever <c>efSearch</c> says; set <c>efSearch</c> to k or more so that such searches need not wait for each other.</remarks>
    /// <exception cref="ArgumentException">A span has the wrong length.</exception>
    /// <exception cref="ArgumentOutOfRangeException">k is smaller than 1.</exception>
    /// <exception cref="FaissNotTrainedException">The index must be trained first.</exception>
    /// <exception cref="FaissVectorException">A query is not finite.</exception>
    public void Search(ReadOnlySpan<float> queries, int k, Span<float> distances, Span<long> ids, CancellationToken cancellation = default)
    {
        long n = Vectors.Rows(queries, Dimension, nameof(queries));
        if (k < 1) throw new ArgumentOutOfRangeException(nameof(k), k, $"k={k} must be 1 or more");
        if (distances.Length != n * k) throw new ArgumentException($"distances has room for {distances.Length} numbers; {n} queries and k={k} need {n * k}", nameof(distances));
        if (ids.Length != n * k) throw new ArgumentException($"ids has room for {ids.Length} numbers; {n} queries and k={k} need {n * k}", nameof(ids));
        Vectors.RequireFinite(queries, Dimension, "query");
        if (n == 0) return;
        gate.EnterReadLock();
        try
        {
            ObjectDisposedException.ThrowIf(handle == 0, this);
            Info info = InfoOf(handle);
            RequireTrained(info, "searching");
            if (info.SearchCandidates == 0 || k <= info.SearchCandidates)
            {
                SearchBlocks(info, queries, n, k, distances, ids, cancellation);
                return;
            }
        }
        finally
        {
            gate.ExitReadLock();
        }
        SearchWidened(queries, n, k, distances, ids, cancellation);
    }

    // A graph search that keeps fewer candidates than it must return leaves places empty that have neighbours. The setting belongs to the
    // index, so for the length of such a search this call has the index to itself.
    private void SearchWidened(ReadOnlySpan<float> queries, long n, int k, Span<float> distances, Span<long> ids, CancellationToken cancellation)
    {
        gate.EnterWriteLock();
        try
        {
            ObjectDisposedException.ThrowIf(handle == 0, this);
            int number = ParametersOf(handle).FindIndex(p => p.Name == "efSearch");
            Info info = InfoOf(handle);
            ThrowOn(ssf_set_parameter(handle, number, Math.Max(info.SearchCandidates, Math.Min(k, Math.Max(info.Count, 1)))), "setting efSearch");
            try
            {
                SearchBlocks(info, queries, n, k, distances, ids, cancellation);
            }
            finally
            {
                ThrowOn(ssf_set_parameter(handle, number, info.SearchCandidates), "setting efSearch");
            }
        }
        finally
        {
            gate.ExitWriteLock();
        }
    }

    private void SearchBlocks(Info info, ReadOnlySpan<float> queries, long n, int k, Span<float> distances, Span<long> ids, CancellationToken cancellation)
    {
        if (info.Count == 0)
        {
            // Some kinds leave zeros.
            cancellation.ThrowIfCancellationRequested();
            distances.Fill(Metric == FaissMetric.L2 ? float.MaxValue : float.MinValue);
            ids.Fill(-1);
            return;
        }
        using var flag = new CancelFlag(cancellation);
        fixed (float* x = queries)
        fixed (float* d = distances)
        fixed (long* i = ids)
        {
            long block = SearchBlock(info);
            for (long from = 0, count; from < n; from += count)
            {
                flag.ThrowIfRaised();
                // The rest joins the last block: FAISS computes a handful of queries by another method, with other rounding.
                count = n - from < 2 * block ? n - from : block;
                int status = ssf_search(handle, count, x + from * Dimension, k, d + from * k, i + from * k, FaissRuntime.Threads, flag.Pointer);
                if (status != Ok) ThrowOn(status, $"searching {Kind}", cancellation); // the text is made only when needed: a call allocates nothing
            }
        }
    }

    /// <summary>Finds every vector within a radius of each query.</summary>
    /// <param name="queries">[n x Dimension].</param>
    /// <param name="radius">L2: squared distances below it are found. Inner product: products above it.</param>
    /// <param name="cancellation">Looked at between blocks of queries and inside FAISS.</param>
    /// <returns>Neighbours per query, unsorted.</returns>
    /// <exception cref="ArgumentException">The span has the wrong length, or the radius is NaN.</exception>
    /// <exception cref="FaissNotSupportedException">Older FAISS versions cannot search HNSW, PQ, SQ and fast-scan indexes by range.</exception>
    /// <exception cref="FaissNotTrainedException">The index must be trained first.</exception>
    /// <exception cref="FaissVectorException">A query is not finite.</exception>
    public FaissRangeResult RangeSearch(ReadOnlySpan<float> queries, float radius, CancellationToken cancellation = default)
    {
        long n = Vectors.Rows(queries, Dimension, nameof(queries));
        if (float.IsNaN(radius)) throw new ArgumentException("radius=NaN must be a number", nameof(radius));
        Vectors.RequireFinite(queries, Dimension, "query");
        var offsets = new long[n + 1];
        List<(long[] Ids, float[] Distances)> blocks = [];
        using var flag = new CancelFlag(cancellation);
        gate.EnterReadLock();
        try
        {
            ObjectDisposedException.ThrowIf(handle == 0, this);
            Info info = InfoOf(handle);
            RequireTrained(info, "searching");
            fixed (float* x = queries)
            {
                long block = SearchBlock(info);
                for (long from = 0, count; from < n; from += count)
                {
                    flag.ThrowIfRaised();
                    count = n - from < 2 * block ? n - from : block;
                    int status = ssf_range_search(handle, count, x + from * Dimension, radius, FaissRuntime.Threads, flag.Pointer, out nint result);
                    if (status == NotSupported) throw new FaissNotSupportedException($"{Kind} cannot search by range in FAISS {FaissRuntime.Version}; use Flat or IVF<n>,Flat");
                    ThrowOn(status, $"range search in {Kind}", cancellation);
                    blocks.Add(Take(result, offsets.AsSpan((int)from, (int)count + 1)));
                }
            }
        }
        finally
        {
            gate.ExitReadLock();
        }
        return blocks.Count == 1
            ? new FaissRangeResult(offsets, blocks[0].Ids, blocks[0].Distances)
            : new FaissRangeResult(offsets, [.. blocks.SelectMany(b => b.Ids)], [.. blocks.SelectMany(b => b.Distances)]);
    }

    // offsets[0] already holds the number of neighbours found before this block.
    private static (long[], float[]) Take(nint result, Span<long> offsets)
    {
        try
        {
            long before = offsets[0];
            fixed (long* o = offsets) ssf_range_counts(result, o);
            var ids = new long[offsets[^1]];
            var distances = new float[offsets[^1]];
            fixed (long* i = ids)
            fixed (float* d = distances) ssf_range_copy(result, i, d);
            foreach (ref long offset in offsets) offset += before;
            return (ids, distances);
        }
        finally
        {
            ssf_range_free(result);
        }
    }
}
