using SimSearch.Datasets;
using SimSearch.Embedding;
using SimSearch.Faiss;

namespace SimSearch.Indexing;

/// <summary>
/// A gallery that can be searched: vectors, their items, and an index over them. Rows are numbered from 0 in the order of arrival; removing an
/// item moves those behind it up.
/// </summary>
/// <remarks>
/// <para>The factory string "Flat" means exact search by <see cref="ExactSearch"/>; every other string of FAISS is an index of FAISS, which may miss neighbours.
/// Cosine scales gallery, training vectors and queries to length 1 and uses the inner product; a vector of zeros stays zeros and has similarity 0 to everything.</para>
/// <para>FAISS's own defaults hold until a search says otherwise: an inverted file looks at one list (nprobe=1). Errors of FAISS arrive as
/// <see cref="IndexEngineException"/>, <see cref="VectorException"/> or <see cref="IndexFormatException"/>.</para>
/// <para>Any number of threads may search at once; what changes the index waits until it is alone.</para>
/// </remarks>
[TypeFormatterSource(typeof(NotebookFormatterSource<VectorIndex>), PreferredMimeTypes = ["text/html", "text/plain"])]
public sealed partial class VectorIndex : IDisposable
{
    private readonly ReaderWriterLockSlim gate = new();
    private readonly IndexOptions options;
    private Dictionary<string, int> rowOfId;
    private Item[] items;
    private VectorMatrix vectors;
    private FaissEngine? engine; // null when exact
    private readonly Lock saving = new();
    private bool disposed;
    private (string Folder, string ManifestSha256)? loadedFrom; // and what lay there then, or after its own last save to it

    private VectorIndex(VectorMatrix vectors, Item[] items, FaissEngine? engine, string factory, Metric metric, Provenance from, IndexOptions options, bool isReadOnly)
    {
        (this.vectors, this.items, this.engine, Factory, Metric, Origin, this.options, IsReadOnly) = (vectors, items, engine, factory, metric, from, options, isReadOnly);
        rowOfId = Numbered(items);
    }

    /// <summary>Where the vectors come from.</summary>
    internal sealed record Provenance(string EmbedderName, string Fingerprint, string? Root, string? EmbedderJson);

    internal Provenance Origin { get; }

    /// <summary>FAISS factory string: "Flat", "IVF64,PQ16np", "HNSW32", ...; a description in angle brackets when it was imported.</summary>
    public string Factory { get; }

    /// <summary>What near means.</summary>
    public Metric Metric { get; }

    /// <summary>Whether it was opened memory-mapped, and so cannot be changed.</summary>
    public bool IsReadOnly { get; }

    /// <summary>Whether every row is looked at, so that no neighbour is missed.</summary>
    public bool IsExact => engine is null;

    /// <summary>The vectors as they were given (not scaled), row by row. Do not dispose them; they go with the index.</summary>
    public VectorMatrix Vectors => vectors;

    /// <summary>The items, row by row.</summary>
    public IReadOnlyList<Item> Items => items;

    /// <summary>Number of items.</summary>
    public int Count => items.Length;

    /// <summary>Length of the vectors.</summary>
    public int Dimension => vectors.Dimension;

    /// <summary>The embedder of the vectors as JSON, or null when it is unknown.</summary>
    public string? EmbedderJson => Origin.EmbedderJson;

    /// <summary>Folder that sources of the items are relative to, or null.</summary>
    public string? Root => Origin.Root;

    /// <summary>What the index is, for people.</summary>
    public IndexInfo Info => Reading(() => new IndexInfo(
        Factory, Metric, items.Length, engine?.Dead ?? 0, Dimension, IsExact, IsReadOnly, Origin.EmbedderName, Origin.Fingerprint, Origin.Root,
        engine?.Faiss.Parameters.ToDictionary(p => p.Name, p => p.Value) ?? []));

    /// <summary>Builds an index. The vectors are copied, so the embeddings may be disposed afterwards.</summary>
    /// <param name="embeddings">The gallery; ids must be unique.</param>
    /// <param name="factory">FAISS factory string; default "Flat", exact search.</param>
    /// <param name="metric">What near means; default cosine.</param>
    /// <param name="options">Seed and threads; null for the defaults.</param>
    /// <param name="progress">Hears of training and of vectors added.</param>
    /// <param name="cancellation">Stops the build.</param>
    /// <exception cref="ItemIdException">An id is used twice.</exception>
    /// <exception cref="IndexEngineException">The factory string is wrong or does not fit the dimension, or FAISS is not installed.</exception>
    /// <exception cref="VectorException">There are too few vectors to train this kind of index.</exception>
    public static VectorIndex Build(
        Embeddings embeddings, string factory = "Flat", Metric metric = Metric.Cosine, IndexOptions? options = null, IProgress<Progress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(embeddings);
        ArgumentException.ThrowIfNullOrWhiteSpace(factory);
        metric.Name();
        options ??= new IndexOptions();
        var items = embeddings.Items.ToArray();
        Numbered(items);
        var copy = Copy(embeddings.Vectors, embeddings.Vectors.Rows);
        try
        {
            var engine = factory == "Flat" ? null : FaissEngine.Build(copy, factory, metric, options, progress, cancellation);
            var from = new Provenance(embeddings.EmbedderName, embeddings.Fingerprint, embeddings.Root, embeddings.EmbedderJson);
            return new VectorIndex(copy, items, engine, factory, metric, from, options, isReadOnly: false);
        }
        catch (Exception e)
        {
            copy.Dispose();
            if (e is FaissException faiss) throw Translated(faiss);
            throw;
        }
    }

    /// <summary>What should be known about how it was built: that there were few vectors to learn from. Null when there is nothing to say, and for an index that was loaded.</summary>
    public string? BuildNote => engine?.TrainingNote;

    /// <summary>The row of an id.</summary>
    /// <exception cref="ItemIdException">There is no such id.</exception>
    public int RowOf(string id) => rowOfId.TryGetValue(id, out int row)
        ? row
        : throw new ItemIdException($"id '{id}' is not in the index of {items.Length} items{(items.Length > 0 ? $"; an id there is for example '{items[0].Id}'" : "")}");

    /// <summary>Whether an id is in the index.</summary>
    public bool Contains(string id) => rowOfId.ContainsKey(id);

    /// <summary>Adds items behind those that are there.</summary>
    /// <param name="embeddings">Made by the same embedder; none of the ids may be in the index already. Sources below another root than the index's become absolute.</param>
    /// <param name="progress">Hears of vectors added.</param>
    /// <param name="cancellation">Stops before anything is added, not in the middle.</param>
    /// <exception cref="EmbedderMismatchException">The vectors were made by another embedder.</exception>
    /// <exception cref="ItemIdException">An id is there already; nothing was added.</exception>
    /// <exception cref="IndexEngineException">The index was opened memory-mapped.</exception>
    public void Add(Embeddings embeddings, IProgress<Progress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(embeddings);
        CheckEmbedder(embeddings);
        cancellation.ThrowIfCancellationRequested();
        Writing(() =>
        {
            CheckWritable("added to");
            foreach (var item in embeddings.Items)
                if (rowOfId.ContainsKey(item.Id)) throw new ItemIdException($"id '{item.Id}' is in the index already; remove it first, or give the new item another id");
            Item[] all = [.. items, .. embeddings.ItemsFrom(Root)];
            var numbers = Numbered(all);
            var grown = Copy(vectors, vectors.Rows + embeddings.Vectors.Rows);
            CopyRows(embeddings.Vectors, 0, grown, vectors.Rows, embeddings.Vectors.Rows);
            try
            {
                // Not cancellable from here on: FAISS would keep the part that was added.
                engine?.Add(grown, vectors.Rows, progress, CancellationToken.None);
            }
            catch
            {
                grown.Dispose();
                throw;
            }
            vectors.Dispose();
            (vectors, items, rowOfId) = (grown, all, numbers);
        });
    }

    /// <summary>
    /// Removes items. Exact indexes forget the vectors at once. In an index of FAISS they stay, are never found, and when more than a quarter of it is dead
    /// it is built anew from the vectors that are left (an imported index, or one with too few vectors left to train on, stays as it is).
    /// </summary>
    /// <param name="ids">Ids that are in the index; one named twice is removed once.</param>
    /// <exception cref="ItemIdException">An id is not there; nothing was removed.</exception>
    /// <exception cref="IndexEngineException">The index was opened memory-mapped.</exception>
    public void Remove(IEnumerable<string> ids)
    {
        ArgumentNullException.ThrowIfNull(ids);
        Writing(() =>
        {
            CheckWritable("removed from");
            var removed = ids.Select(RowOf).ToHashSet();
            if (removed.Count == 0) return;
            int[] kept = [.. Enumerable.Range(0, items.Length).Where(row => !removed.Contains(row))];
            var newRow = new long[items.Length];
            newRow.AsSpan().Fill(-1);
            var smaller = VectorMatrix.Allocate(kept.Length, Dimension);
            for (int row = 0; row < kept.Length; row++)
            {
                newRow[kept[row]] = row;
                CopyRows(vectors, kept[row], smaller, row, 1);
            }
            vectors.Dispose();
            (vectors, items) = (smaller, [.. kept.Select(row => items[row])]);
            rowOfId = Numbered(items);
            engine?.Renumber(newRow);
            if (engine is not null && engine.Dead * 4 > engine.Faiss.Count) Rebuild();
        });
    }

    /// <summary>Frees the memory of vectors and index.</summary>
    public void Dispose()
    {
        gate.EnterWriteLock();
        try
        {
            disposed = true;
            engine?.Dispose();
            vectors.Dispose();
        }
        finally
        {
            gate.ExitWriteLock();
        }
    }

    private void Rebuild()
    {
        if (IsImported(Factory)) return;
        try
        {
            var fresh = FaissEngine.Build(vectors, Factory, Metric, options, null, CancellationToken.None);
            engine!.Dispose();
            engine = fresh;
        }
        catch (FaissVectorException)
        {
            // Too few vectors are left to train on; the old index still answers, without the removed ones.
        }
    }

    private static bool IsImported(string factory) => factory.StartsWith('<');

    private void CheckWritable(string what)
    {
        if (IsReadOnly) throw new IndexEngineException($"the index was opened memory-mapped and is read-only, so it cannot be {what}; open it without memory mapping");
    }

    internal void CheckEmbedder(Embeddings other)
    {
        if (other.Dimension == Dimension && other.Fingerprint == Origin.Fingerprint) return;
        throw new EmbedderMismatchException(
            $"these vectors were made by embedder '{other.EmbedderName}' (dimension {other.Dimension}, fingerprint {other.Fingerprint}), those of the index by '{Origin.EmbedderName}' " +
            $"(dimension {Dimension}, fingerprint {Origin.Fingerprint}); distances between them mean nothing, so embed with the index's own embedder");
    }

    private void CheckDimension(int dimension)
    {
        if (dimension == Dimension) return;
        string advice = Steps?.InputDimension == dimension ? "take them through the steps of the index first (embed --embedder-from INDEX, or Steps.Apply in code)" : "embed them with the same embedder";
        throw new VectorException($"the queries have {dimension} dimensions, the index has {Dimension} (embedder '{Origin.EmbedderName}'); {advice}");
    }

    private static Dictionary<string, int> Numbered(Item[] items)
    {
        var rows = new Dictionary<string, int>(items.Length, StringComparer.Ordinal);
        for (int row = 0; row < items.Length; row++)
            if (!rows.TryAdd(items[row].Id, row)) throw new ItemIdException($"id '{items[row].Id}' is used by rows {rows[items[row].Id]} and {row}; ids must be unique");
        return rows;
    }

    private static VectorMatrix Copy(VectorMatrix source, long rows)
    {
        var copy = VectorMatrix.Allocate(rows, source.Dimension);
        CopyRows(source, 0, copy, 0, Math.Min(rows, source.Rows));
        return copy;
    }

    private static void CopyRows(VectorMatrix source, long from, VectorMatrix target, long to, long count)
    {
        int step = Math.Max(1, (1 << 22) / source.Dimension);
        for (long done = 0; done < count; done += step)
        {
            int rows = (int)Math.Min(step, count - done);
            source.RowRange(from + done, rows).CopyTo(target.WritableRows(to + done, rows));
        }
    }

    private T Reading<T>(Func<T> action)
    {
        gate.EnterReadLock();
        try { return Guarded(action); }
        finally { gate.ExitReadLock(); }
    }

    private void Writing(Action action) => Writing(() => { action(); return 0; });

    private T Writing<T>(Func<T> action)
    {
        gate.EnterWriteLock();
        try { return Guarded(action); }
        finally { gate.ExitWriteLock(); }
    }

    private T Guarded<T>(Func<T> action)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        try { return action(); }
        catch (FaissException e) { throw Translated(e); }
    }

    private static SimSearchException Translated(FaissException e) => e switch
    {
        FaissVectorException => new VectorException(e.Message, e),
        FaissIndexFileException => new IndexFormatException(e.Message, e),
        _ => new IndexEngineException(e.Message, e),
    };
}
