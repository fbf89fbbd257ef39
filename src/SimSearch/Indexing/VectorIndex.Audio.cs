using System.Globalization;
using SimSearch.Datasets;
using SimSearch.Embedding;

namespace SimSearch.Indexing;

public sealed partial class VectorIndex
{
    /// <summary>Finds the k nearest items of files (sounds or images, as in the index), which are embedded whole with the index's own embedder.</summary>
    /// <param name="paths">The files; they name the queries in the result.</param>
    /// <param name="k">Neighbours per file, 1 or more.</param>
    /// <param name="options">Parameters and exclusions; null for none. Files have no group.</param>
    /// <param name="progress">Hears of files embedded, from any thread.</param>
    /// <param name="cancellation">Stops between two files, and between blocks of the search.</param>
    /// <exception cref="IndexEngineException">The index does not know its embedder: it was built from ready-made vectors.</exception>
    /// <exception cref="SimSearchException">A file cannot be read or holds nothing; the message names it.</exception>
    public SearchResult SearchFiles(IReadOnlyList<string> paths, int k, SearchOptions? options = null, IProgress<Progress>? progress = null, CancellationToken cancellation = default)
    {
        using var queries = EmbedFiles(Whole(paths), options?.Threads ?? 0, progress, cancellation);
        return Search(queries, k, options, cancellation);
    }

    /// <summary>Finds the k nearest items of a region of a sound file: a bark in a long recording, say.</summary>
    /// <param name="path">The sound file.</param>
    /// <param name="start">Where the region begins, in seconds; 0 or more.</param>
    /// <param name="duration">How long it is, in seconds, above 0; null means to the end of the file, and so does one that reaches beyond it.</param>
    /// <param name="k">Neighbours, 1 or more.</param>
    /// <param name="options">Parameters and exclusions; null for none. The region has no group; its id is the path with #start-end in seconds.</param>
    /// <param name="cancellation">Stops between blocks.</param>
    /// <exception cref="ArgumentOutOfRangeException">Start or duration is out of range.</exception>
    /// <exception cref="IndexEngineException">The index does not know its embedder: it was built from ready-made vectors.</exception>
    /// <exception cref="SimSearchException">The file cannot be read, or the region begins after its end.</exception>
    public SearchResult SearchRegion(string path, double start, double? duration, int k, SearchOptions? options = null, CancellationToken cancellation = default)
    {
        using var query = EmbedRegion(path, start, duration, cancellation);
        return Search(query, k, options, cancellation);
    }

    /// <summary>Embeds a region of a sound file with the index's own embedder; see <see cref="SearchRegion"/>.</summary>
    /// <param name="path">The sound file.</param>
    /// <param name="start">Where the region begins, in seconds; 0 or more.</param>
    /// <param name="duration">How long it is, in seconds, above 0; null means to the end of the file.</param>
    /// <param name="cancellation">Stops between blocks.</param>
    /// <exception cref="ArgumentOutOfRangeException">Start or duration is out of range.</exception>
    /// <exception cref="IndexEngineException">The index does not know its embedder: it was built from ready-made vectors.</exception>
    /// <exception cref="SimSearchException">The file cannot be read, or the region begins after its end.</exception>
    public Embeddings EmbedRegion(string path, double start, double? duration, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        if (!(start >= 0 && double.IsFinite(start))) throw new ArgumentOutOfRangeException(nameof(start), $"start={start} s must be 0 or more");
        if (duration is { } d && !(d > 0 && double.IsFinite(d))) throw new ArgumentOutOfRangeException(nameof(duration), $"duration={d} s must be above 0; null goes to the end of the file");
        string id = string.Create(CultureInfo.InvariantCulture, $"{path}#{start:0.00####}-{(duration is { } length ? (start + length).ToString("0.00####", CultureInfo.InvariantCulture) : "end")}");
        return EmbedFiles([new Item { Id = id, Source = path, Start = start, Duration = duration }], 1, null, cancellation);
    }

    /// <summary>Embeds files with the index's own embedder.</summary>
    /// <param name="paths">The files; each becomes an item whose id is the path as given.</param>
    /// <param name="progress">Hears of files done, from any thread.</param>
    /// <param name="cancellation">Stops between two files.</param>
    /// <exception cref="IndexEngineException">The index does not know its embedder: it was built from ready-made vectors.</exception>
    /// <exception cref="SimSearchException">A file cannot be read or holds nothing; the message names it.</exception>
    public Embeddings EmbedFiles(IReadOnlyList<string> paths, IProgress<Progress>? progress = null, CancellationToken cancellation = default) => EmbedFiles(Whole(paths), 0, progress, cancellation);

    private static Item[] Whole(IReadOnlyList<string> paths)
    {
        ArgumentNullException.ThrowIfNull(paths);
        return [.. paths.Select(path => new Item { Id = path, Source = path })];
    }

    private Embeddings EmbedFiles(Item[] files, int threads, IProgress<Progress>? progress, CancellationToken cancellation)
    {
        var embedder = OpenEmbedder();
        var queries = VectorMatrix.Allocate(files.Length, embedder.Dimension);
        long done = 0;
        try
        {
            Errors.Unwrapped(() => Parallel.For(0, files.Length, new ParallelOptions { MaxDegreeOfParallelism = threads > 0 ? threads : Environment.ProcessorCount, CancellationToken = cancellation }, i =>
            {
                string path = files[i].Source;
                try
                {
                    if (Directory.Exists(path)) throw new SimSearchException("is a folder; give files (a whole folder is embedded with 'embed')");
                    embedder.EmbedFile(path, files[i].Start, files[i].Duration, queries.WritableRows(i, 1), cancellation);
                }
                catch (SimSearchException e) when (!embedder.Accepts(path) && (Dataset.IsAudioFile(path) || Dataset.IsImageFile(path)))
                {
                    bool images = embedder is ImageEmbedder;
                    throw new SimSearchException($"{path}: the index holds {(images ? "images" : "sounds")} (embedder '{embedder.Name}'), and this is {(images ? "a sound" : "an image")}; give {(images ? "an image" : "a sound")}", e);
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException || (e is SimSearchException && !e.Message.Contains(path, StringComparison.Ordinal)))
                {
                    throw new SimSearchException($"{path}: {(e is FileNotFoundException or DirectoryNotFoundException ? "there is no such file" : e.Message)}", e);
                }
                progress?.Report(new Progress("embedding", Interlocked.Increment(ref done), files.Length, path));
            }));
            return new Embeddings(queries, [.. files.Select(file => file with { Source = Path.GetFullPath(file.Source) })], embedder.Name, embedder.Fingerprint, null, Origin.EmbedderJson);
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
    public FileEmbedder OpenEmbedder()
    {
        if (Origin.EmbedderJson is null || VectorTransform.IsTransform(Origin.EmbedderJson))
            throw new IndexEngineException($"the index was built from ready-made vectors ('{Origin.EmbedderName}') and cannot embed files; search by ids or by vectors from the same source");
        var embedder = FileEmbedder.FromJson(Origin.EmbedderJson, "the embedder of the index");
        if (embedder.Fingerprint != Origin.Fingerprint)
            throw new EmbedderMismatchException($"the index carries embedder '{embedder.Name}' ({embedder.Fingerprint}), but its vectors were made by '{Origin.EmbedderName}' ({Origin.Fingerprint}); build it again");
        return embedder;
    }
}
