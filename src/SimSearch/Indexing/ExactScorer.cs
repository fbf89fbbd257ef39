using System.Numerics.Tensors;
using SimSearch.Embedding;

namespace SimSearch.Indexing;

/// <summary>
/// Scores blocks of queries against blocks of a gallery as keys: lower is nearer, whatever the metric (L2 as it is, similarities negated).
/// One per thread; the gallery is shared.
/// </summary>
internal sealed class ExactScorer(VectorMatrix gallery, Metric metric)
{
    /// <summary>Queries that share one pass over the gallery.</summary>
    public const int QueryBlock = 32;

    private readonly int dimension = gallery.Dimension;
    private float[] unitRows = [], unitQueries = [];

    /// <summary>Rows that are scored at a time: a quarter of a megabyte of vectors, so that they stay in the cache for all queries of a block.</summary>
    public int RowBlock { get; } = Math.Clamp((1 << 16) / gallery.Dimension, 4, 1024) & ~3;

    /// <summary>The queries as the metric wants them: scaled to length 1 for cosine. Valid until the next call.</summary>
    public ReadOnlySpan<float> Prepare(ReadOnlySpan<float> queries) => metric == Metric.Cosine ? Unit(queries, ref unitQueries) : queries;

    /// <summary>Fills keys[q * count + r] for the rows from <paramref name="start"/> on.</summary>
    /// <param name="prepared">Queries out of <see cref="Prepare"/>, [q x dimension].</param>
    /// <param name="firstQuery">Number of the first query, for the message.</param>
    /// <param name="start">First row.</param>
    /// <param name="count">Rows, at most <see cref="RowBlock"/>.</param>
    /// <param name="keys">Receives [q x count].</param>
    /// <exception cref="VectorException">A key is not finite: a vector holds NaN or infinity, or values whose products overflow.</exception>
    public void Fill(ReadOnlySpan<float> prepared, long firstQuery, long start, int count, Span<float> keys)
    {
        var rows = gallery.RowRange(start, count);
        keys = keys[..(prepared.Length / dimension * count)];
        ScoreKernel.Fill(prepared, metric == Metric.Cosine ? Unit(rows, ref unitRows) : rows, dimension, metric == Metric.L2, keys);
        if (metric != Metric.L2) TensorPrimitives.Negate(keys, keys);
        if (TensorPrimitives.IsFiniteAll(keys)) return;
        for (int i = 0; i < keys.Length; i++)
            if (!float.IsFinite(keys[i]))
                throw new VectorException(
                    $"the score of query {firstQuery + i / count} and row {start + i % count} is {keys[i]}; vectors must be finite and below about 1e18, so look for NaN, infinity or huge values in them");
    }

    /// <summary>The score a key stands for; the same function turns a score into its key.</summary>
    public static float ScoreOf(float key, Metric metric) => metric == Metric.L2 ? key : -key;

    private ReadOnlySpan<float> Unit(ReadOnlySpan<float> vectors, ref float[] buffer)
    {
        if (buffer.Length < vectors.Length) buffer = new float[vectors.Length];
        for (int i = 0; i < vectors.Length; i += dimension) UnitVector.Write(vectors.Slice(i, dimension), buffer.AsSpan(i, dimension));
        return buffer.AsSpan(0, vectors.Length);
    }
}
