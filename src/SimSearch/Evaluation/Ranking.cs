using SimSearch.Embedding;
using SimSearch.Indexing;

namespace SimSearch.Evaluation;

/// <summary>The whole gallery in the order of nearness to one query at a time. Memory: a few numbers per gallery row for each thread.</summary>
internal sealed class Ranking(VectorMatrix gallery, Metric metric)
{
    private readonly ExactScorer scorer = new(gallery, metric);
    private readonly double[] keys = new double[gallery.Rows];
    private readonly int[] rows = new int[gallery.Rows];
    private double[] block = [];

    /// <summary>Queries to score together: as many as keep the scores of one thread near 16 MB.</summary>
    public static int BlockSize(long rows) => (int)Math.Clamp((1 << 21) / Math.Max(rows, 1), 1, ExactScorer.QueryBlock);

    /// <summary>Scores a block of queries against all rows.</summary>
    public void Score(ReadOnlySpan<float> queries, int firstQuery, CancellationToken cancellation)
    {
        int count = queries.Length / gallery.Dimension, rowCount = rows.Length;
        if (block.Length < (long)count * rowCount) block = new double[count * rowCount];
        var tile = new double[count * scorer.RowBlock];
        for (int start = 0; start < rowCount; start += scorer.RowBlock)
        {
            cancellation.ThrowIfCancellationRequested();
            int size = Math.Min(scorer.RowBlock, rowCount - start);
            scorer.Fill(queries, firstQuery, start, size, tile);
            for (int q = 0; q < count; q++) tile.AsSpan(q * size, size).CopyTo(block.AsSpan(q * rowCount + start));
        }
    }

    /// <summary>The rows that are not excluded, nearest first, equal scores by lower row. Valid until the next call.</summary>
    /// <param name="query">Number in the block.</param>
    /// <param name="isExcluded">Rows to leave out.</param>
    /// <param name="sortedKeys">Receives their keys; lower is nearer.</param>
    public ReadOnlySpan<int> Sorted(int query, Func<long, bool> isExcluded, out ReadOnlySpan<double> sortedKeys)
    {
        int kept = 0;
        var all = block.AsSpan(query * rows.Length, rows.Length);
        for (int row = 0; row < all.Length; row++)
            if (!isExcluded(row)) (keys[kept], rows[kept++]) = (all[row], row);
        Array.Sort(keys, rows, 0, kept);
        // The sort is not stable, so that rows of one score are put in order afterwards; they are few.
        for (int from = 0, to; from < kept; from = to)
        {
            for (to = from + 1; to < kept && keys[to] == keys[from]; to++) { }
            if (to - from > 1) Array.Sort(rows, from, to - from);
        }
        sortedKeys = keys.AsSpan(0, kept);
        return rows.AsSpan(0, kept);
    }
}
