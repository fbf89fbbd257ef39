using System.Numerics.Tensors;
using SimSearch.Embedding;
using SimSearch.Indexing;

namespace SimSearch.Evaluation;

/// <summary>The whole gallery in the order of nearness to one query at a time. Memory: a few numbers per gallery row for each thread.</summary>
internal sealed class Ranking(VectorMatrix gallery, Metric metric)
{
    private readonly ExactScorer scorer = new(gallery, metric);
    private readonly ulong[] order = new ulong[gallery.Rows];
    private float[] block = [];
    private int queries;

    /// <summary>Queries to score together: as many as keep the scores of one thread near 16 MB.</summary>
    public static int BlockSize(long rows) => (int)Math.Clamp((1 << 22) / Math.Max(rows, 1), 1, ExactScorer.QueryBlock);

    /// <summary>Scores a block of queries against all rows.</summary>
    public void Score(ReadOnlySpan<float> vectors, int firstQuery, CancellationToken cancellation)
    {
        queries = vectors.Length / gallery.Dimension;
        int rows = (int)gallery.Rows;
        if (block.Length < (long)queries * rows) block = new float[queries * rows];
        var prepared = scorer.Prepare(vectors);
        var tile = new float[queries * scorer.RowBlock];
        for (int start = 0; start < rows; start += scorer.RowBlock)
        {
            cancellation.ThrowIfCancellationRequested();
            int count = Math.Min(scorer.RowBlock, rows - start);
            scorer.Fill(prepared, firstQuery, start, count, tile);
            for (int q = 0; q < queries; q++) tile.AsSpan(q * count, count).CopyTo(block.AsSpan(q * rows + start));
        }
    }

    /// <summary>The rows that are not excluded, nearest first, equal scores by lower row; as packed (key, row), to be read with <see cref="RowOf"/> and <see cref="KeyOf"/>.</summary>
    /// <param name="query">Number in the block.</param>
    /// <param name="isExcluded">Rows to leave out.</param>
    public ReadOnlySpan<ulong> Sorted(int query, Func<long, bool> isExcluded)
    {
        int rows = (int)gallery.Rows, kept = 0;
        var keys = block.AsSpan(query * rows, rows);
        for (int row = 0; row < rows; row++)
            if (!isExcluded(row)) order[kept++] = Pack(keys[row], row);
        var result = order.AsSpan(0, kept);
        result.Sort();
        return result;
    }

    public static int RowOf(ulong packed) => (int)(uint)packed;

    public static float KeyOf(ulong packed)
    {
        uint bits = (uint)(packed >> 32);
        return BitConverter.UInt32BitsToSingle((bits & 0x8000_0000) != 0 ? bits & 0x7FFF_FFFF : ~bits);
    }

    // The bits of a float, turned so that they sort as unsigned numbers do; adding 0 makes -0 into 0. Sorting whole numbers is faster than
    // sorting pairs, and the row in the low half orders ties.
    private static ulong Pack(float key, int row)
    {
        uint bits = BitConverter.SingleToUInt32Bits(key + 0f);
        bits = (bits & 0x8000_0000) != 0 ? ~bits : bits | 0x8000_0000;
        return ((ulong)bits << 32) | (uint)row;
    }
}
