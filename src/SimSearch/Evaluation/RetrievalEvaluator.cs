using SimSearch.Datasets;
using SimSearch.Embedding;
using SimSearch.Indexing;

namespace SimSearch.Evaluation;

/// <summary>Measures how well neighbours share labels.</summary>
public static class RetrievalEvaluator
{
    /// <summary>How many neighbours an approximate index is asked for when the options do not say.</summary>
    public const int DefaultDepth = 1000;

    /// <summary>
    /// Evaluates an index. "Flat" ranks the whole gallery exactly. Any other index is judged by what it returns up to <see cref="EvaluationOptions.Depth"/>: relevant
    /// items beyond that, or that it misses, count as never retrieved, and ANN recall against exact search is reported apart.
    /// </summary>
    /// <param name="index">What is searched; items with labels.</param>
    /// <param name="queries">What is asked, made by the index's embedder; null means leave-one-out: every item of the index against all others.</param>
    /// <param name="options">The protocol; null for the defaults.</param>
    /// <param name="progress">Hears of queries done.</param>
    /// <param name="cancellation">Stops between two blocks.</param>
    /// <exception cref="EmbedderMismatchException">The queries were made by another embedder.</exception>
    /// <exception cref="SimSearchException">No query has a label, or the vectors do not fit together.</exception>
    public static RetrievalReport Evaluate(
        VectorIndex index, Embeddings? queries = null, EvaluationOptions? options = null, IProgress<Progress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(index);
        options ??= new EvaluationOptions();
        if (queries is not null) index.CheckEmbedder(queries);
        if (index.IsExact && options.Parameters.Count > 0)
            throw new IndexEngineException($"parameter '{options.Parameters.Keys.First()}' is not one of Flat, which is exact and has none; leave it out");
        var queryItems = queries?.ItemsFrom(index.Root); // a report plays queries and hits from one root
        string? learned = LearnedFrom.Warning(index.EmbedderJson, queryItems ?? index.Items, index.Root, cancellation);
        if (index.IsExact)
        {
            var exact = Evaluate(index.Vectors, index.Items, queries?.Vectors, queryItems, index.Metric, options, progress, cancellation);
            exact.Learned = learned;
            return exact;
        }
        var run = new EvaluationRun(index.Vectors, index.Items, queries?.Vectors, queryItems, index.Metric, options, progress, cancellation);
        int depth = Math.Min(Math.Max(options.Depth ?? DefaultDepth, run.Width), index.Count);
        var annRecall = run.RankByIndex(index, depth);
        var parameters = new SortedDictionary<string, double>(index.Info.Parameters.ToDictionary(), StringComparer.Ordinal);
        foreach (var (name, value) in options.Parameters) parameters[name] = value;
        var report = run.Report(exact: false, depth, annRecall, parameters);
        report.Learned = learned;
        return report;
    }

    /// <summary>Evaluates exact search over embeddings.</summary>
    /// <param name="gallery">What is searched; items with labels.</param>
    /// <param name="queries">What is asked; null means leave-one-out: every gallery item against all others.</param>
    /// <param name="metric">What near means.</param>
    /// <param name="options">The protocol; null for the defaults.</param>
    /// <param name="progress">Hears of queries done.</param>
    /// <param name="cancellation">Stops between two blocks.</param>
    /// <exception cref="EmbedderMismatchException">Gallery and queries were made by different embedders.</exception>
    /// <exception cref="SimSearchException">No query has a label, or the vectors do not fit together.</exception>
    public static RetrievalReport Evaluate(
        Embeddings gallery, Embeddings? queries = null, Metric metric = Metric.Cosine, EvaluationOptions? options = null,
        IProgress<Progress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(gallery);
        if (queries is not null && queries.Fingerprint != gallery.Fingerprint)
            throw new EmbedderMismatchException(
                $"the queries were made by embedder '{queries.EmbedderName}' ({queries.Fingerprint}), the gallery by '{gallery.EmbedderName}' ({gallery.Fingerprint}); embed both with the same one");
        var report = Evaluate(gallery.Vectors, gallery.Items, queries?.Vectors, queries?.Items, metric, options, progress, cancellation);
        report.Learned = LearnedFrom.Warning(gallery.EmbedderJson, (queries ?? gallery).Items, (queries ?? gallery).Root, cancellation);
        return report;
    }

    /// <summary>Evaluates exact search over bare vectors with items; see the other overload.</summary>
    /// <param name="gallery">[m x d].</param>
    /// <param name="galleryItems">m items.</param>
    /// <param name="queries">[n x d], or null for leave-one-out.</param>
    /// <param name="queryItems">n items; null exactly when <paramref name="queries"/> is.</param>
    /// <param name="metric">What near means.</param>
    /// <param name="options">The protocol; null for the defaults.</param>
    /// <param name="progress">Hears of queries done.</param>
    /// <param name="cancellation">Stops between two blocks.</param>
    public static RetrievalReport Evaluate(
        VectorMatrix gallery, IReadOnlyList<Item> galleryItems, VectorMatrix? queries, IReadOnlyList<Item>? queryItems, Metric metric,
        EvaluationOptions? options = null, IProgress<Progress>? progress = null, CancellationToken cancellation = default)
    {
        var run = new EvaluationRun(gallery, galleryItems, queries, queryItems, metric, options ?? new EvaluationOptions(), progress, cancellation);
        run.RankExactly();
        return run.Report(exact: true, (int)Math.Min(gallery.Rows, int.MaxValue), annRecall: null);
    }
}
