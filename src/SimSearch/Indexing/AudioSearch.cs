using SimSearch.Audio;
using SimSearch.Datasets;
using SimSearch.Embedding;

namespace SimSearch.Indexing;

/// <summary>Search by sound: the query is embedded with the index's own embedder.</summary>
public static class AudioSearch
{
    /// <summary>The embedder that made the vectors of an index.</summary>
    public static AudioEmbedder EmbedderOf(VectorIndex index) => AudioEmbedder.FromJson(index.EmbedderJson
        ?? throw new SimSearchException("the index was built from ready-made vectors: there is no embedder for sounds; search it with vectors or with ids"), "embedder.json");

    /// <summary>Finds the k nearest items of sound files.</summary>
    public static SearchResult SearchFiles(this VectorIndex index, IReadOnlyList<string> paths, int k, SearchOptions? options = null, CancellationToken cancellation = default)
    {
        using var embeddings = DatasetEmbedding.Embed(Dataset.FromFiles(paths), EmbedderOf(index), cancellation: cancellation);
        return index.Search(embeddings, k, options, cancellation);
    }
}
