using SimSearch.Audio;
using SimSearch.Datasets;
using SimSearch.Embedding;

namespace SimSearch.Indexing;

public sealed partial class VectorIndex
{
    /// <summary>Finds the k nearest items of sound files, which are embedded whole with the index's own embedder.</summary>
    /// <param name="paths">Sound files; they name the queries in the result.</param>
    /// <param name="k">Neighbours per file, 1 or more.</param>
    /// <param name="options">Parameters and exclusions; null for none. Files have no group.</param>
    /// <param name="progress">Hears of files embedded, from any thread.</param>
    /// <param name="cancellation">Stops between two files, and between blocks of the search.</param>
    /// <exception cref="IndexEngineException">The index does not know its embedder: it was built from ready-made vectors.</exception>
    /// <exception cref="SimSearchException">A file cannot be read or holds nothing; the message names it.</exception>
    public SearchResult SearchFiles(IReadOnlyList<string> paths, int k, SearchOptions? options = null, IProgress<Progress>? progress = null, CancellationToken cancellation = default)
    {
        using var queries = EmbedFiles(paths, options?.Threads ?? 0, progress, cancellation);
        return Search(queries, k, options, cancellation);
    }

    /// <summary>Embeds sound files with the index's own embedder.</summary>
    /// <param name="paths">Sound files; each becomes an item whose id is the path as given.</param>
    /// <param name="progress">Hears of files done, from any thread.</param>
    /// <param name="cancellation">Stops between two files.</param>
    /// <exception cref="IndexEngineException">The index does not know its embedder: it was built from ready-made vectors.</exception>
    /// <exception cref="SimSearchException">A file cannot be read or holds nothing; the message names it.</exception>
    public Embeddings EmbedFiles(IReadOnlyList<string> paths, IProgress<Progress>? progress = null, CancellationToken cancellation = default) => EmbedFiles(paths, 0, progress, cancellation);

    private Embeddings EmbedFiles(IReadOnlyList<string> paths, int threads, IProgress<Progress>? progress, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(paths);
        var embedder = OpenEmbedder();
        var queries = VectorMatrix.Allocate(paths.Count, embedder.Dimension);
        long done = 0;
        try
        {
            Errors.Unwrapped(() => Parallel.For(0, paths.Count, new ParallelOptions { MaxDegreeOfParallelism = threads > 0 ? threads : Environment.ProcessorCount, CancellationToken = cancellation }, i =>
            {
                try
                {
                    if (Directory.Exists(paths[i])) throw new SimSearchException("is a folder; give sound files (a whole folder is embedded with 'embed')");
                    embedder.Embed([AudioFile.Load(paths[i], embedder.LoadOptions(), cancellation)], queries.WritableRows(i, 1), cancellation);
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException || (e is SimSearchException && !e.Message.Contains(paths[i], StringComparison.Ordinal)))
                {
                    throw new SimSearchException($"{paths[i]}: {e.Message}", e);
                }
                progress?.Report(new Progress("embedding", Interlocked.Increment(ref done), paths.Count, paths[i]));
            }));
            return new Embeddings(queries, [.. paths.Select(path => new Item { Id = path, Source = Path.GetFullPath(path) })], embedder.Name, embedder.Fingerprint, null, Origin.EmbedderJson);
        }
        catch
        {
            queries.Dispose();
            throw;
        }
    }

    /// <summary>The embedder that made the vectors of the index, with all its numbers.</summary>
    /// <exception cref="IndexEngineException">The index does not know its embedder: it was built from ready-made vectors.</exception>
    /// <exception cref="EmbedderMismatchException">The embedder in the index is not the one its vectors were made by.</exception>
    public AudioEmbedder OpenEmbedder()
    {
        if (Origin.EmbedderJson is null)
            throw new IndexEngineException($"the index was built from ready-made vectors ('{Origin.EmbedderName}') and cannot embed files; search by ids or by vectors from the same source");
        var embedder = AudioEmbedder.FromJson(Origin.EmbedderJson, "the embedder of the index");
        if (embedder.Fingerprint != Origin.Fingerprint)
            throw new EmbedderMismatchException($"the index carries embedder '{embedder.Name}' ({embedder.Fingerprint}), but its vectors were made by '{Origin.EmbedderName}' ({Origin.Fingerprint}); build it again");
        return embedder;
    }
}
