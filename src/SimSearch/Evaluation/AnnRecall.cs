using SimSearch.Embedding;
using SimSearch.Indexing;

namespace SimSearch.Evaluation;

/// <summary>
/// ANN recall: what an approximate index finds of the exact nearest neighbours. It measures the index only and says nothing about whether neighbours
/// are relevant.
/// </summary>
public static class AnnRecall
{
    /// <summary>
    /// The share of the exact k nearest that were found. A found row counts when its exact score is at least as good as that of the exact k-th, so that
    /// rows at equal distance may stand for each other (as in ann-benchmarks). 1 when there is nothing to find.
    /// </summary>
    /// <param name="gallery">[m x d].</param>
    /// <param name="query">[d].</param>
    /// <param name="metric">What near means.</param>
    /// <param name="found">Rows the index returned, nearest first; -1 for none.</param>
    /// <param name="exactRows">Rows of exact search, at least k or all there are, then -1.</param>
    /// <param name="exactScores">Their scores, as <see cref="ExactSearch"/> gives them.</param>
    /// <param name="k">1 or more.</param>
    public static double AtK(VectorMatrix gallery, ReadOnlySpan<float> query, Metric metric, ReadOnlySpan<long> found, ReadOnlySpan<long> exactRows, ReadOnlySpan<float> exactScores, int k)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(k, 1);
        int there = Math.Min(k, exactRows.IndexOf(-1L) is >= 0 and var end ? end : exactRows.Length);
        if (there == 0) return 1;
        float worst = exactScores[there - 1];
        int right = 0;
        for (int i = 0; i < Math.Min(k, found.Length) && found[i] >= 0; i++)
        {
            if (exactRows[..there].Contains(found[i])) right++;
            else
            {
                float score = ExactSearch.Score(gallery, query, found[i], metric);
                if (metric == Metric.L2 ? score <= worst : score >= worst) right++;
            }
        }
        return Math.Min(right, there) / (double)there;
    }
}
