using System.Numerics.Tensors;
using SimSearch.Embedding;

namespace SimSearch.Indexing;

/// <summary>How an exact search is done.</summary>
public sealed record ExactSearchOptions
{
    /// <summary>Says which gallery rows a query must not find: called with (query number, row), true leaves the row out. It must be safe on several threads.</summary>
    public Func<long, long, bool>? Exclude { get; init; }

    /// <summary>Threads to use; 0 (the default) means all cores.</summary>
    public int Threads { get; init; }
}

/// <summary>
/// Exact nearest neighbours by looking at every row: the truth that indexes are measured against, and the right choice for small data.
/// Memory grows with queries * k. Scores are summed in double in one fixed order, rounded to float32 only at the end, and equal ones are ordered by
/// lower row; so the order is the true one, and depends on neither threads nor batches.
/// </summary>
public static class ExactSearch
{
    private const int ScanChunk = 64;

    /// <summary>Neighbours that the lists of all parts may hold together (1 GiB): with huge k, sharing out the gallery costs more memory than it saves time.</summary>
    private const int LargestParts = 1 << 26;

    /// <summary>Finds the k nearest rows of every query.</summary>
    /// <param name="gallery">[m x d], finite values.</param>
    /// <param name="queries">[n x d], finite values.</param>
    /// <param name="k">Neighbours per query, 1 or more; when the gallery has fewer, the rest of a list is row -1.</param>
    /// <param name="metric">What near means.</param>
    /// <param name="options">Exclusions and threads; null for the defaults.</param>
    /// <param name="cancellation">Stops the search between two blocks.</param>
    /// <returns>[n x k] rows and scores without items.</returns>
    /// <exception cref="ArgumentOutOfRangeException">k is less than 1, or n * k is more than 2^28.</exception>
    /// <exception cref="VectorException">The dimensions differ, or a score is not finite.</exception>
    public static SearchResult Search(
        VectorMatrix gallery, VectorMatrix queries, int k, Metric metric, ExactSearchOptions? options = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(gallery);
        ArgumentNullException.ThrowIfNull(queries);
        SearchResult.CheckSize(queries.Rows, k);
        CheckDimensions(gallery, queries);
        options ??= new ExactSearchOptions();

        int n = (int)queries.Rows;
        var rows = new long[n * k];
        var keys = new double[n * k];
        int threads = options.Threads > 0 ? options.Threads : Environment.ProcessorCount;
        int blocks = (n + ExactScorer.QueryBlock - 1) / ExactScorer.QueryBlock;
        // Few queries: the gallery is shared out instead, each part has its own lists, and they are merged.
        int parts = blocks == 0 || blocks >= threads ? 1 : (int)Math.Clamp(Math.Min(gallery.Rows / 4096, LargestParts / rows.Length), 1, threads);
        var partRows = parts == 1 ? null : new long[parts][];
        var partKeys = parts == 1 ? null : new double[parts][];
        for (int part = 0; part < parts && partRows is not null; part++) (partRows[part], partKeys![part]) = (new long[n * k], new double[n * k]);

        var parallel = new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = cancellation };
        Errors.Unwrapped(() => Parallel.For(0, blocks * parts, parallel, () => new Worker(gallery, metric), (task, _, worker) =>
        {
            int block = task / parts, part = task % parts, firstQuery = block * ExactScorer.QueryBlock;
            var range = (Start: gallery.Rows * part / parts, End: gallery.Rows * (part + 1) / parts);
            worker.Search(queries, firstQuery, range.Start, range.End, k, options.Exclude, partKeys?[part] ?? keys, partRows?[part] ?? rows, cancellation);
            return worker;
        }, _ => { }));
        if (partRows is not null)
            for (int query = 0; query < n; query++) Merge(partKeys!, partRows, keys, rows, query * k, k);
        var scores = new float[keys.Length];
        for (int i = 0; i < keys.Length; i++) scores[i] = ExactScorer.ScoreOf(keys[i], metric);
        return new SearchResult(rows, scores, k, metric);
    }

    /// <summary>The scores of some queries against every row, in row order: the full picture, when it is wanted.</summary>
    /// <param name="gallery">[m x d], finite values.</param>
    /// <param name="queries">[q x d], finite values.</param>
    /// <param name="metric">What near means.</param>
    /// <param name="scores">Receives [q x m].</param>
    /// <exception cref="ArgumentException">The span is shorter than q * m.</exception>
    /// <exception cref="VectorException">A score is not finite, or <paramref name="queries"/> is not whole vectors.</exception>
    public static void Score(VectorMatrix gallery, ReadOnlySpan<float> queries, Metric metric, Span<float> scores)
    {
        ArgumentNullException.ThrowIfNull(gallery);
        if (queries.Length % gallery.Dimension != 0) throw new VectorException($"{queries.Length} values are not whole vectors of dimension {gallery.Dimension}");
        int count = queries.Length / gallery.Dimension;
        if (scores.Length < count * gallery.Rows) throw new ArgumentException($"{scores.Length} scores cannot hold {count} x {gallery.Rows}", nameof(scores));
        var scorer = new ExactScorer(gallery, metric);
        var keys = new double[scorer.RowBlock];
        int rowCount = (int)gallery.Rows;
        for (int query = 0; query < count; query++)
            for (int start = 0; start < rowCount; start += scorer.RowBlock)
            {
                int block = Math.Min(scorer.RowBlock, rowCount - start);
                scorer.Fill(queries.Slice(query * gallery.Dimension, gallery.Dimension), query, start, block, keys);
                for (int i = 0; i < block; i++) scores[query * rowCount + start + i] = ExactScorer.ScoreOf(keys[i], metric);
            }
    }

    /// <summary>The score of one query and one row, to the last bit as <see cref="Search"/> gives it.</summary>
    internal static float Score(VectorMatrix gallery, ReadOnlySpan<float> query, long row, Metric metric)
    {
        var scorer = new ExactScorer(gallery, metric);
        Span<double> key = stackalloc double[1];
        scorer.Fill(query, 0, row, 1, key);
        return ExactScorer.ScoreOf(key[0], metric);
    }

    /// <summary>Every row nearer than a radius (L2: below it; similarities: above it), nearest first.</summary>
    internal static (long Row, float Score)[][] WithinRadius(
        VectorMatrix gallery, VectorMatrix queries, float radius, Metric metric, Func<long, long, bool>? exclude, CancellationToken cancellation)
    {
        CheckDimensions(gallery, queries);
        var found = new (long, float)[queries.Rows][];
        var scores = new float[gallery.Rows];
        for (long query = 0; query < queries.Rows; query++)
        {
            cancellation.ThrowIfCancellationRequested();
            Score(gallery, queries.Row(query), metric, scores);
            var hits = new List<(long Row, float Score)>();
            for (int row = 0; row < scores.Length; row++)
                if ((metric == Metric.L2 ? scores[row] < radius : scores[row] > radius) && exclude?.Invoke(query, row) != true) hits.Add((row, scores[row]));
            found[query] = [.. hits.OrderBy(hit => metric == Metric.L2 ? hit.Score : -hit.Score).ThenBy(hit => hit.Row)];
        }
        return found;
    }

    /// <summary>What one thread needs, over and over.</summary>
    private sealed class Worker(VectorMatrix gallery, Metric metric)
    {
        private readonly ExactScorer scorer = new(gallery, metric);
        private readonly int[] held = new int[ExactScorer.QueryBlock];
        private double[] scores = [];

        public void Search(VectorMatrix queries, int firstQuery, long from, long to, int k, Func<long, long, bool>? exclude, double[] keys, long[] rows, CancellationToken cancellation)
        {
            int count = (int)Math.Min(ExactScorer.QueryBlock, queries.Rows - firstQuery);
            var asked = queries.RowRange(firstQuery, count);
            Array.Clear(held);
            if (scores.Length < count * scorer.RowBlock) scores = new double[count * scorer.RowBlock];
            for (long start = from; start < to; start += scorer.RowBlock)
            {
                cancellation.ThrowIfCancellationRequested();
                int block = (int)Math.Min(scorer.RowBlock, to - start);
                scorer.Fill(asked, firstQuery, start, block, scores);
                for (int q = 0; q < count; q++)
                {
                    int list = (firstQuery + q) * k;
                    var top = new TopK(keys.AsSpan(list, k), rows.AsSpan(list, k), held[q]);
                    Scan(scores.AsSpan(q * block, block), start, firstQuery + q, exclude, ref top);
                    held[q] = top.Count;
                }
            }
            for (int q = 0; q < count; q++)
            {
                int list = (firstQuery + q) * k;
                new TopK(keys.AsSpan(list, k), rows.AsSpan(list, k), held[q]).Sort();
            }
        }
    }

    private static void Scan(ReadOnlySpan<double> scores, long firstRow, long query, Func<long, long, bool>? exclude, ref TopK top)
    {
        for (int start = 0; start < scores.Length; start += ScanChunk)
        {
            var chunk = scores.Slice(start, Math.Min(ScanChunk, scores.Length - start));
            if (!top.MayEnter(TensorPrimitives.Min(chunk))) continue;
            for (int i = 0; i < chunk.Length; i++)
                if (top.MayEnter(chunk[i]) && (exclude is null || !exclude(query, firstRow + start + i))) top.Offer(chunk[i], firstRow + start + i);
        }
    }

    private static void Merge(double[][] partKeys, long[][] partRows, double[] keys, long[] rows, int list, int k)
    {
        var top = new TopK(keys.AsSpan(list, k), rows.AsSpan(list, k));
        for (int part = 0; part < partRows.Length; part++)
            for (int i = list; i < list + k && partRows[part][i] >= 0; i++) top.Offer(partKeys[part][i], partRows[part][i]);
        top.Sort();
    }

    private static void CheckDimensions(VectorMatrix gallery, VectorMatrix queries)
    {
        if (gallery.Dimension != queries.Dimension)
            throw new VectorException($"the queries have {queries.Dimension} dimensions, the gallery has {gallery.Dimension}; embed both with the same embedder");
    }
}
