using SimSearch.Datasets;
using SimSearch.Embedding;

namespace SimSearch.Indexing;

public sealed partial class VectorIndex
{
    /// <summary>Finds the k nearest items of texts, which are embedded with the index's own embedder.</summary>
    /// <param name="texts">The texts, each different; they name the queries in the result.</param>
    /// <param name="k">Neighbours per text, 1 or more.</param>
    /// <param name="options">Parameters and exclusions; null for none. Texts have no group.</param>
    /// <param name="cancellation">Stops between two texts, and between blocks of the search.</param>
    /// <exception cref="IndexEngineException">The index does not know its embedder: it was built from ready-made vectors.</exception>
    /// <exception cref="SimSearchException">The index is not one of texts, or a text is empty.</exception>
    public SearchResult SearchTexts(IReadOnlyList<string> texts, int k, SearchOptions? options = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(texts);
        if (Origin.EmbedderJson is null || VectorTransform.IsTransform(Origin.EmbedderJson)) throw new IndexEngineException($"the index was built from ready-made vectors ('{Origin.EmbedderName}') and cannot embed texts; search by ids or by vectors from the same source");
        var embedder = TextEmbedder.FromJson(Origin.EmbedderJson, "the embedder of the index");
        if (embedder.Fingerprint != Origin.Fingerprint)
            throw new EmbedderMismatchException($"the index carries embedder '{embedder.Name}' ({embedder.Fingerprint}), but its vectors were made by '{Origin.EmbedderName}' ({Origin.Fingerprint}); build it again");
        var vectors = VectorMatrix.Allocate(texts.Count, embedder.Dimension);
        try { embedder.Embed(texts, vectors.WritableRows(0, texts.Count), cancellation); }
        catch
        {
            vectors.Dispose();
            throw;
        }
        using var queries = new Embeddings(vectors, [.. texts.Select(text => new Item { Id = text, Source = "" })], embedder.Name, embedder.Fingerprint, null, Origin.EmbedderJson);
        return Search(queries, k, options, cancellation);
    }
}
