using SimSearch.Datasets;
using SimSearch.Text;

namespace SimSearch.Embedding;

/// <summary>What came of embedding a data set of texts.</summary>
/// <param name="Embeddings">Vectors and items, in the order of the data set.</param>
/// <param name="Embedder">The embedder that made them: embed queries with this one.</param>
/// <param name="Skipped">Items that were left out, in the order of the data set.</param>
public sealed record TextEmbedResult(Embeddings Embeddings, TextEmbedder Embedder, IReadOnlyList<SkippedItem> Skipped);

/// <summary>Embeds data sets of texts (<see cref="TextTable"/>) on all cores.</summary>
public static class TextEmbedding
{
    /// <summary>Embeds every item of a data set.</summary>
    /// <param name="dataset">The items, their texts in their metadata.</param>
    /// <param name="embedder">One that is not fitted is fitted on all texts of this data set first; the fitted one is in the result.</param>
    /// <param name="options">Threads, what happens to texts that hold nothing; null takes the defaults. The cache is not used.</param>
    /// <param name="progress">Told about every item, from any thread.</param>
    /// <param name="cancellation">Stops between two items.</param>
    /// <exception cref="SimSearchException">The data set is empty, or a text holds nothing to embed and is not to be skipped.</exception>
    public static TextEmbedResult Run(Dataset dataset, TextEmbedder embedder, EmbedOptions? options = null, IProgress<Progress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        ArgumentNullException.ThrowIfNull(embedder);
        options ??= new EmbedOptions();
        options.Check();
        if (dataset.Count == 0) throw new SimSearchException($"data set '{dataset.Name}' has no items; there is nothing to embed");
        const string reason = "the text is empty";
        bool IsEmpty(Item item) => string.IsNullOrWhiteSpace(TextTable.TextOf(item));
        Item[] empty = [.. dataset.Items.Where(IsEmpty)], items = [.. dataset.Items.Where(item => !IsEmpty(item))];
        if (empty.Length > 0 && (!options.SkipUnreadable || items.Length == 0))
            throw new SimSearchException($"{empty.Length} of the {dataset.Count} items of data set '{dataset.Name}' cannot be embedded: '{empty[0].Id}': {reason}\ngive them texts, or leave such items out with --skip-unreadable (in code EmbedOptions.SkipUnreadable)");
        var fitted = embedder.Fit([.. items.Select(TextTable.TextOf)], cancellation);
        var vectors = VectorMatrix.Allocate(items.Length, fitted.Dimension);
        try
        {
            long done = 0;
            Errors.Unwrapped(() => Parallel.For(0, items.Length, new ParallelOptions { MaxDegreeOfParallelism = options.Threads, CancellationToken = cancellation }, i =>
            {
                try { fitted.Embed([TextTable.TextOf(items[i])], vectors.WritableRows(i, 1), cancellation); }
                catch (SimSearchException e) when (e is not ModelException) { throw new SimSearchException($"'{items[i].Id}': {e.Message}", e); }
                progress?.Report(new Progress("embedding", Interlocked.Increment(ref done), items.Length, items[i].Id));
            }));
            return new(new Embeddings(vectors, items, fitted.Name, fitted.Fingerprint, dataset.Root, fitted.ToJson()), fitted, [.. empty.Select(item => new SkippedItem(item, reason))]);
        }
        catch
        {
            vectors.Dispose();
            throw;
        }
    }
}
