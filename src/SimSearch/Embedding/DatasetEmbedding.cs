using System.Collections.Concurrent;
using System.Security.Cryptography;
using SimSearch.Datasets;

namespace SimSearch.Embedding;

/// <summary>Embeds data sets of sound files or images: all cores, memory for one file per thread beside the vectors, and a cache from run to run.</summary>
public static class DatasetEmbedding
{
    private const int MaxFailures = 5;

    /// <summary>Embeds every item of a data set; see <see cref="Run"/>.</summary>
    /// <param name="dataset">The items.</param>
    /// <param name="embedder">The embedder.</param>
    /// <param name="options">Threads, cache, what happens to unreadable items; null takes the defaults.</param>
    /// <param name="progress">Told about every item.</param>
    /// <param name="cancellation">Stops between two items; what is done stays in the cache.</param>
    public static Embeddings Embed(Dataset dataset, FileEmbedder embedder, EmbedOptions? options = null, IProgress<Progress>? progress = null, CancellationToken cancellation = default) =>
        Run(dataset, embedder, options, progress, cancellation).Embeddings;

    /// <summary>Embeds every item of a data set and tells what happened.</summary>
    /// <param name="dataset">The items; those with a start and duration are stretches of their file.</param>
    /// <param name="embedder">
    /// A fitted embedder makes comparable vectors. Of one that is not, the steps take their numbers from all items of this data set; the fitted embedder is in
    /// the result and in the embeddings' <c>embedder.json</c>.
    /// </param>
    /// <param name="options">Threads, cache, what happens to unreadable items; null takes the defaults.</param>
    /// <param name="progress">Told about every item, from any thread.</param>
    /// <param name="cancellation">Stops between two items; what is done stays in the cache.</param>
    /// <exception cref="SimSearchException">The data set is empty; items cannot be read and are not to be skipped (the first five are named); nothing is left; or there are too few items for a step.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static EmbedResult Run(Dataset dataset, FileEmbedder embedder, EmbedOptions? options = null, IProgress<Progress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        ArgumentNullException.ThrowIfNull(embedder);
        options ??= new EmbedOptions();
        options.Check();
        if (dataset.Count == 0) throw new SimSearchException($"data set '{dataset.Name}' has no items; there is nothing to embed");
        var messages = new List<string>();
        using var cache = options.CacheFolder is { } folder ? VectorCache.Open(folder, embedder.RawFingerprint, embedder.RawDimension, messages) : null;
        var job = new Job(dataset, embedder, cache, progress);
        using var raw = job.Run(options, cancellation, out var items);
        if (cache?.Failure is { } failure) messages.Add(failure);
        var fitted = embedder.Fit(raw);
        var embeddings = new Embeddings(fitted.Transform(raw), items, fitted.Name, fitted.Fingerprint, dataset.Root, fitted.ToJson());
        return new EmbedResult(embeddings, fitted, [.. job.Failures.OrderBy(f => f.Key).Select(f => new SkippedItem(dataset.Items[f.Key], f.Value))], job.FromCache, messages);
    }

    private sealed class Job(Dataset dataset, FileEmbedder embedder, VectorCache? cache, IProgress<Progress>? progress)
    {
        private readonly ConcurrentDictionary<string, Lazy<byte[]>> contentHashes = new(StringComparer.Ordinal);
        private long done, fromCache;

        /// <summary>Why an item could not be embedded, by its place in the data set.</summary>
        public ConcurrentDictionary<int, string> Failures { get; } = [];

        public long FromCache => fromCache;

        public VectorMatrix Run(EmbedOptions options, CancellationToken cancellation, out IReadOnlyList<Item> items)
        {
            var all = VectorMatrix.Allocate(dataset.Count, embedder.RawDimension);
            try
            {
                var parallel = new ParallelOptions { MaxDegreeOfParallelism = options.Threads, CancellationToken = cancellation };
                Errors.Unwrapped(() => Parallel.For(0, dataset.Count, parallel, (i, state) =>
                {
                    if (!EmbedOne(i, all.WritableRows(i, 1), cancellation) && !options.SkipUnreadable && Failures.Count >= MaxFailures) state.Stop();
                }));
                if (!Failures.IsEmpty && !options.SkipUnreadable) throw Unreadable();
                if (Failures.Count == dataset.Count) throw new SimSearchException($"none of the {dataset.Count} items of data set '{dataset.Name}' can be embedded; the first, '{dataset.Items[0].Id}': {Failures[0]}");
                items = Failures.IsEmpty ? dataset.Items : [.. dataset.Items.Where((_, i) => !Failures.ContainsKey(i))];
                return Failures.IsEmpty ? all : WithoutFailures(all);
            }
            catch
            {
                all.Dispose();
                throw;
            }
        }

        private bool EmbedOne(int index, Span<float> raw, CancellationToken cancellation)
        {
            var item = dataset.Items[index];
            bool isEmbedded = true;
            try
            {
                string path = dataset.PathOf(item);
                byte[]? key = cache is null ? null : VectorCache.KeyOf(ContentHash(path), item.Start, item.Duration);
                if (key is not null && cache!.TryGet(key, raw)) Interlocked.Increment(ref fromCache);
                else
                {
                    embedder.ExtractFile(path, item.Start, item.Duration, raw, cancellation);
                    if (key is not null) cache!.Add(key, raw);
                }
            }
            catch (Exception e) when (e is SimSearchException or IOException or UnauthorizedAccessException or ArgumentException)
            {
                Failures[index] = e.Message;
                isEmbedded = false;
            }
            progress?.Report(new Progress("embedding", Interlocked.Increment(ref done), dataset.Count, item.Id));
            return isEmbedded;
        }

        /// <summary>The hash of a file's bytes, read once however many stretches of the file there are.</summary>
        private byte[] ContentHash(string path) => contentHashes.GetOrAdd(path, p => new Lazy<byte[]>(() =>
        {
            using var stream = new FileStream(p, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, FileOptions.SequentialScan);
            return SHA256.HashData(stream);
        })).Value;

        private SimSearchException Unreadable()
        {
            var (first, reason) = Failures.MinBy(f => f.Key);
            string others = string.Join(", ", Failures.Keys.Order().Skip(1).Take(MaxFailures - 1).Select(i => $"'{dataset.Items[i].Id}'"));
            return new SimSearchException($"{(Failures.Count < MaxFailures ? Failures.Count : $"at least {MaxFailures}")} of the {dataset.Count} items of data set '{dataset.Name}' cannot be embedded: '{dataset.Items[first].Id}': {reason}{(others.Length > 0 ? $"; neither can {others}" : "")}\nmend them, or leave such items out with --skip-unreadable (in code EmbedOptions.SkipUnreadable)");
        }

        private VectorMatrix WithoutFailures(VectorMatrix all)
        {
            var left = VectorMatrix.Allocate(dataset.Count - Failures.Count, embedder.RawDimension);
            long row = 0;
            for (int i = 0; i < dataset.Count; i++)
                if (!Failures.ContainsKey(i)) all.Row(i).CopyTo(left.WritableRows(row++, 1));
            all.Dispose();
            return left;
        }
    }
}
