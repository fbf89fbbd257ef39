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
    private readonly double[] queryScales = new double[QueryBlock];
    private readonly double[] rowScales = new double[RowsPerBlock(gallery.Dimension)];

    /// <summary>Rows that are scored at a time: a quarter of a megabyte of vectors, so that they stay in the cache for all queries of a block.</summary>
    public int RowBlock => rowScales.Length;

    /// <summary>Fills keys[q * count + r] for the rows from <paramref name="start"/> on.</summary>
    /// <param name="queries">[q x dimension], at most <see cref="QueryBlock"/>.</param>
    /// <param name="firstQuery">Number of the first query, for the message.</param>
    /// <param name="start">First row.</param>
    /// <param name="count">Rows, at most <see cref="RowBlock"/>.</param>
    /// <param name="keys">Receives [q x count].</param>
    /// <exception cref="VectorException">A score is no finite float: a vector holds NaN, infinity or huge values.</exception>
    public void Fill(ReadOnlySpan<float> queries, long firstQuery, long start, int count, Span<double> keys)
    {
        var rows = gallery.RowRange(start, count);
        int queryCount = queries.Length / dimension;
        keys = keys[..(queryCount * count)];
        ScoreKernel.Fill(queries, rows, dimension, metric == Metric.L2, keys);
        if (metric == Metric.InnerProduct) TensorPrimitives.Negate(keys, keys);
        if (metric == Metric.Cosine)
        {
            Scales(queries, queryScales);
            Scales(rows, rowScales);
            for (int q = 0; q < queryCount; q++)
            {
                var line = keys.Slice(q * count, count);
                TensorPrimitives.Multiply(line, rowScales.AsSpan(0, count), line);
                TensorPrimitives.Multiply(line, -queryScales[q], line);
            }
        }
        if (keys.IsEmpty || TensorPrimitives.MaxMagnitude(keys) <= float.MaxValue) return;
        for (int i = 0; i < keys.Length; i++)
            if (!(Math.Abs(keys[i]) <= float.MaxValue))
                throw new VectorException(
                    $"the score of query {firstQuery + i / count} and row {start + i % count} is {keys[i]}; look for NaN, infinity or huge values in the two vectors, which must be finite and for L2 and inner product below about 1e18");
    }

    /// <summary>The score a key stands for.</summary>
    public static float ScoreOf(double key, Metric metric) => (float)(metric == Metric.L2 ? key : -key);

    /// <summary>1 / length of each vector; 0 for a vector of zeros, which has no direction.</summary>
    private void Scales(ReadOnlySpan<float> vectors, Span<double> scales)
    {
        for (int i = 0; i < vectors.Length / dimension; i++)
        {
            double squares = ScoreKernel.SquaredNorm(vectors.Slice(i * dimension, dimension));
            scales[i] = squares == 0 ? 0 : 1 / Math.Sqrt(squares);
        }
    }

    private static int RowsPerBlock(int dimension) => Math.Clamp((1 << 16) / dimension, 4, 1024) & ~3;
}
