using SimSearch.Datasets;
using SimSearch.Embedding;
using SimSearch.Indexing;

namespace SimSearch.Evaluation;

/// <summary>Measures an embedder on a split of a data set, from the files on.</summary>
public static class SplitEvaluator
{
    /// <summary>
    /// Embeds the training part, takes every number that steps need (means, deviations, principal components) from it alone, embeds the test part with the
    /// same numbers, and asks every test item for its neighbours among the training items, exactly. The figures are as honest as the split: nothing is left out here
    /// because both sides have it (see <see cref="LeakageCheck"/>).
    /// </summary>
    /// <param name="split">A split with the parts "train" (the gallery) and "test" (the queries).</param>
    /// <param name="embedder">The embedder; one that is fitted keeps its numbers.</param>
    /// <param name="metric">What near means; cosine by default.</param>
    /// <param name="options">The protocol; null for the defaults.</param>
    /// <param name="embedding">Threads, cache, unreadable items; null for the defaults.</param>
    /// <param name="progress">Hears of items and queries done.</param>
    /// <param name="cancellation">Stops between two items or blocks of queries.</param>
    /// <exception cref="SimSearchException">The split lacks a part, an item cannot be read, or no test item has a label.</exception>
    public static RetrievalReport Evaluate(
        DatasetSplit split, FileEmbedder embedder, Metric metric = Metric.Cosine, EvaluationOptions? options = null, EmbedOptions? embedding = null,
        IProgress<Progress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(split);
        ArgumentNullException.ThrowIfNull(embedder);
        var train = DatasetEmbedding.Run(split.Train, embedder, embedding, progress, cancellation);
        using var gallery = train.Embeddings;
        using var queries = DatasetEmbedding.Embed(split.Test, train.Embedder, embedding, progress, cancellation);
        return RetrievalEvaluator.Evaluate(gallery, queries, metric, options, progress, cancellation);
    }
}
