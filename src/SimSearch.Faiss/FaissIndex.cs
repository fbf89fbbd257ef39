using System.Runtime.InteropServices;
using static SimSearch.Faiss.NativeMethods;

namespace SimSearch.Faiss;

/// <summary>
/// A FAISS index: made from a factory string, trained, filled, searched, saved. Vectors are contiguous float32, row-major, [n x dimension].
/// </summary>
/// <remarks>
/// Any number of threads may search at once; what changes the index (train, add, remove, set a parameter, dispose) waits until it is alone.
/// Long calls look at their cancellation token between blocks of vectors and inside FAISS's own loops. NaN and infinity are refused everywhere.
/// The factory strings on offer are in <see cref="FactoryString"/>. Write <c>PQ16np</c> rather than <c>PQ16</c>: without <c>np</c> FAISS
/// trains polysemous codes, which takes minutes instead of seconds and only pays with the <c>ht</c> parameter set.
/// </remarks>
public sealed unsafe partial class FaissIndex : IDisposable
{
    private readonly ReaderWriterLockSlim gate = new();
    private readonly bool learns; // untrained when made or loaded: Train has something to do
    private nint handle;

    private FaissIndex(nint handle)
    {
        this.handle = handle;
        ssf_get_info(handle, out Info info);
        Dimension = info.Dimension;
        Metric = (FaissMetric)info.Metric;
        learns = info.Trained == 0;
        const int capacity = 1024;
        byte* text = stackalloc byte[capacity];
        ssf_describe(handle, text, capacity);
        Kind = Marshal.PtrToStringUTF8((nint)text) ?? "";
        IsMemoryMapped = info.Traits.HasFlag(Traits.Mapped);
    }

    /// <summary>Frees an index that nobody disposed of.</summary>
    ~FaissIndex()
    {
        if (handle != 0) ssf_free(handle);
    }

    /// <summary>Makes an empty index.</summary>
    /// <param name="dimension">Components of a vector, 1 to 65,536.</param>
    /// <param name="factory">What to build, in FAISS's own notation: <c>Flat</c>, <c>IVF256,PQ16np</c>, <c>HNSW32</c>, <c>IDMap,Flat</c> ...</param>
    /// <param name="metric">How near two vectors are; default L2.</param>
    /// <exception cref="ArgumentOutOfRangeException">The dimension is outside its range or the metric is none of the two.</exception>
    /// <exception cref="FaissFactoryException">The factory string is not one of those on offer, or does not fit the dimension or metric.</exception>
    /// <exception cref="FaissNotInstalledException">There is no FAISS here.</exception>
    public static FaissIndex Create(int dimension, string factory, FaissMetric metric = FaissMetric.L2)
    {
        FactoryString.Validate(factory, dimension, metric);
        NativeLoader.EnsureLoaded();
        // The id map is put around by the shim: FAISS's factory would read IDMap,X,RFlat as a refinement of an id map, which cannot be filled.
        int idMap = factory.StartsWith("IDMap2,", StringComparison.Ordinal) ? 2 : factory.StartsWith("IDMap,", StringComparison.Ordinal) ? 1 : 0;
        int status = ssf_create(dimension, idMap == 0 ? factory : factory[(factory.IndexOf(',') + 1)..], (int)metric, idMap, out nint made);
        if (status is FaissError or NotSupported or OtherError)
            throw new FaissFactoryException($"factory '{factory}' was refused by FAISS {FaissRuntime.Version} for dimension {dimension}: {Brief(ErrorMessage())}");
        ThrowOn(status, $"making '{factory}'");
        return new FaissIndex(made);
    }

    /// <summary>Components of a vector.</summary>
    public int Dimension { get; }

    /// <summary>How near two vectors are.</summary>
    public FaissMetric Metric { get; }

    /// <summary>What the index is made of, for people: "IVFFlat(nlist=64)", "IDMap > HNSWFlat".</summary>
    public string Kind { get; }

    /// <summary>Whether the inverted lists are read from the file as they are needed; such an index is read-only.</summary>
    public bool IsMemoryMapped { get; }

    /// <summary>How many vectors it holds.</summary>
    public long Count => Read(static h => InfoOf(h).Count);

    /// <summary>Whether vectors can be added. Flat, HNSW and SQfp16 need no training and are trained from the start.</summary>
    public bool IsTrained => Read(static h => InfoOf(h).Trained != 0);

    /// <summary>Whether <see cref="AddWithIds"/> and <see cref="Remove"/> use the caller's ids rather than row numbers: id maps and inverted files.</summary>
    public bool HasOwnIds => Read(static h => InfoOf(h).Traits.HasFlag(Traits.OwnIds));

    /// <summary>Whether it has inverted lists, so that <see cref="Lists"/> and <see cref="EnableReconstruct"/> apply.</summary>
    public bool HasLists => Read(static h => InfoOf(h).Traits.HasFlag(Traits.InvertedFile));

    /// <summary>The fewest vectors <see cref="Train"/> accepts; give it 39 or more times as many for good clusters. 1 where nothing is learnt.</summary>
    public long FewestToTrain => Read(static h => InfoOf(h).FewestToTrain);

    /// <summary>Learns the index's clusters and codes from vectors like those to come; a no-op where nothing is learnt.</summary>
    /// <param name="vectors">[n x Dimension]; at least as many as there are clusters, better 39 or more for each.</param>
    /// <param name="cancellation">Looked at in every k-means iteration (not while polysemous codes are trained); a cancelled index is untrained.</param>
    /// <exception cref="FaissVectorException">A vector is not finite, or there are fewer than the index's clusters.</exception>
    /// <exception cref="FaissNotSupportedException">The index already holds vectors: they would be coded by clusters that no longer exist.</exception>
    public void Train(ReadOnlySpan<float> vectors, CancellationToken cancellation = default)
    {
        long n = Vectors.Rows(vectors, Dimension, nameof(vectors));
        if (n == 0) throw new FaissVectorException("training needs vectors and got none");
        Vectors.RequireFinite(vectors, Dimension, "training vector");
        cancellation.ThrowIfCancellationRequested();
        using var flag = new CancelFlag(cancellation);
        int* cancel = flag.Pointer;
        fixed (float* x = vectors)
        {
            float* xp = x;
            Write(h =>
            {
                Info info = InfoOf(h);
                if (!learns) return 0;
                if (info.Count > 0) throw new FaissNotSupportedException($"the index already holds {info.Count} vectors and cannot be trained again; make a new one");
                if (n < info.FewestToTrain)
                    throw new FaissVectorException($"{n} training vectors are too few for {Kind}, which needs at least {info.FewestToTrain} (better {39 * info.FewestToTrain}); give more, or choose fewer clusters (IVF<n>) or shorter codes");
                ThrowOn(ssf_train(h, n, xp, FaissRuntime.Threads, cancel), $"training {Kind}", cancellation);
                return 0;
            });
        }
    }

    /// <summary>Adds vectors; their ids are the row numbers, counted on from <see cref="Count"/>.</summary>
    /// <param name="vectors">[n x Dimension]; none is allowed.</param>
    /// <param name="cancellation">Looked at between blocks of vectors; after a cancellation <see cref="Count"/> tells how many were added.</param>
    /// <exception cref="FaissNotTrainedException">The index must be trained first.</exception>
    /// <exception cref="FaissVectorException">A vector is not finite; none was added.</exception>
    /// <exception cref="FaissNotSupportedException">The index is memory-mapped.</exception>
    public void Add(ReadOnlySpan<float> vectors, CancellationToken cancellation = default) => AddCore(vectors, default, hasIds: false, cancellation);

    /// <summary>Adds vectors under ids of the caller's choice. Two vectors may share an id.</summary>
    /// <param name="vectors">[n x Dimension].</param>
    /// <param name="ids">[n], each zero or larger: -1 means "no neighbour" in a result.</param>
    /// <param name="cancellation">Looked at between blocks of vectors.</param>
    /// <exception cref="ArgumentException">The number of ids is not the number of vectors, or an id is negative.</exception>
    /// <exception cref="FaissNotSupportedException">Only inverted files and id maps keep ids: put <c>IDMap,</c> before the factory string.</exception>
    /// <exception cref="FaissNotTrainedException">The index must be trained first.</exception>
    /// <exception cref="FaissVectorException">A vector is not finite; none was added.</exception>
    public void AddWithIds(ReadOnlySpan<float> vectors, ReadOnlySpan<long> ids, CancellationToken cancellation = default)
    {
        if (ids.Length != Vectors.Rows(vectors, Dimension, nameof(vectors)))
            throw new ArgumentException($"{ids.Length} ids were given for {vectors.Length / Dimension} vectors; give one for each", nameof(ids));
        int negative = ids.IndexOfAnyExceptInRange(0, long.MaxValue);
        if (negative >= 0) throw new ArgumentException($"id {ids[negative]} at {negative} is negative; ids must be 0 or larger, -1 stands for 'no neighbour'", nameof(ids));
        AddCore(vectors, ids, hasIds: true, cancellation);
    }

    private void AddCore(ReadOnlySpan<float> vectors, ReadOnlySpan<long> ids, bool hasIds, CancellationToken cancellation)
    {
        long n = Vectors.Rows(vectors, Dimension, nameof(vectors));
        Vectors.RequireFinite(vectors, Dimension, "vector");
        using var flag = new CancelFlag(cancellation);
        int* cancel = flag.Pointer;
        fixed (float* x = vectors)
        fixed (long* i = ids)
        {
            float* xp = x;
            long* ip = i;
            Write(h =>
            {
                Info info = InfoOf(h);
                RequireTrained(info, "adding");
                // FAISS throws from inside a parallel region here, which ends the process.
                if (info.Traits.HasFlag(Traits.Mapped)) throw new FaissNotSupportedException("the index is memory-mapped and read-only; load it without MemoryMap to add to it");
                if (hasIds && !info.Traits.HasFlag(Traits.OwnIds))
                    throw new FaissNotSupportedException($"{Kind} numbers its vectors itself; put 'IDMap,' before the factory string to add with ids");
                if (!hasIds && info.Traits.HasFlag(Traits.IdMap))
                    throw new FaissNotSupportedException($"{Kind} keeps the caller's ids; use AddWithIds");
                long block = AddBlock(info);
                for (long from = 0; from < n; from += block)
                {
                    flag.ThrowIfRaised();
                    int status = ssf_add(h, Math.Min(block, n - from), xp + from * Dimension, hasIds ? ip + from : null, FaissRuntime.Threads, cancel);
                    ThrowOn(status, $"adding to {Kind}", cancellation);
                }
                return 0;
            });
        }
    }

    /// <summary>Takes vectors out by id.</summary>
    /// <param name="ids">Ids that are not there are passed over.</param>
    /// <returns>How many vectors were removed.</returns>
    /// <remarks>Where ids are row numbers (Flat, PQ, SQ without an id map), those behind a removed vector move up by one, as in FAISS.</remarks>
    /// <exception cref="FaissNotSupportedException">HNSW graphs, refined and fast-scan indexes cannot remove, nor can a memory-mapped one.</exception>
    public long Remove(ReadOnlySpan<long> ids)
    {
        if (ids.IsEmpty) return 0;
        fixed (long* i = ids)
        {
            long* ip = i;
            int n = ids.Length;
            return Write(h =>
            {
                Info info = InfoOf(h);
                // Both end the process in FAISS instead of raising an error.
                if (info.Traits.HasFlag(Traits.Mapped)) throw new FaissNotSupportedException("the index is memory-mapped and read-only; load it without MemoryMap to remove from it");
                if (info.Traits.HasFlag(Traits.FastScan)) throw new FaissNotSupportedException($"{Kind} cannot remove vectors; use PQ<M>np instead of PQ<M>x4fs, or build again without them");
                // FAISS numbers on inside the lists but closes the gap in the map: every later hit would carry another vector's id.
                if (info.Traits.HasFlag(Traits.IdMap | Traits.InvertedFile))
                    throw new FaissNotSupportedException($"{Kind} loses track of its ids when vectors are removed; build it without IDMap, an inverted file keeps ids itself");
                int status = ssf_remove(h, n, ip, out long removed);
                if (status == NotSupported) throw new FaissNotSupportedException($"{Kind} cannot remove vectors; keep a list of removed ids beside it, or build again without them");
                ThrowOn(status, $"removing from {Kind}");
                return removed;
            });
        }
    }

    /// <summary>Reads one stored vector back; from a compressed index that is an approximation.</summary>
    /// <param name="id">The id or row number.</param>
    /// <param name="vector">Receives [Dimension].</param>
    /// <exception cref="ArgumentException"><paramref name="vector"/> has another length.</exception>
    /// <exception cref="ArgumentOutOfRangeException">No vector has this id.</exception>
    /// <exception cref="FaissNotSupportedException">The index cannot: an <c>IDMap</c> (use <c>IDMap2</c>), an inverted file without <see cref="EnableReconstruct"/>.</exception>
    public void Reconstruct(long id, Span<float> vector)
    {
        if (vector.Length != Dimension) throw new ArgumentException($"vector has room for {vector.Length} numbers; it must be {Dimension}", nameof(vector));
        fixed (float* x = vector)
        {
            float* xp = x;
            Read(h =>
            {
                Info info = InfoOf(h);
                // FAISS reads past its arrays for an id out of range, wherever it does not look ids up.
                if (id < 0 || (!info.Traits.HasFlag(Traits.ReconstructChecksId) && id >= info.Count))
                    throw new ArgumentOutOfRangeException(nameof(id), id, $"id={id} is not in the index, which holds {info.Count} vectors");
                if (info.Traits.HasFlag(Traits.NeedsDirectMap))
                    throw new FaissNotSupportedException($"{Kind} does not know where an id lies; call EnableReconstruct() first");
                int status = ssf_reconstruct(h, id, xp);
                if (status == NotSupported) throw new FaissNotSupportedException(info.Traits.HasFlag(Traits.IdMap)
                        ? $"{Kind} does not know where an id lies; write IDMap2 instead of IDMap"
                        : $"{Kind} cannot give vectors back: one of its transforms cannot be undone");
                if (status == FaissError && ErrorMessage().Contains("not found")) throw new ArgumentOutOfRangeException(nameof(id), id, $"id={id} is not in the index");
                ThrowOn(status, $"reconstructing from {Kind}");
                return 0;
            });
        }
    }

    /// <summary>Gives an inverted file a table of where each id lies (about 50 bytes a vector), which <see cref="Reconstruct"/> needs. It is saved with the index.</summary>
    /// <exception cref="FaissNotSupportedException">The index has no inverted lists; the others need no table.</exception>
    public void EnableReconstruct() => Write(h =>
    {
        if (!InfoOf(h).Traits.HasFlag(Traits.InvertedFile)) throw new FaissNotSupportedException($"{Kind} has no inverted lists and needs no table of ids");
        ThrowOn(ssf_enable_direct_map(h), "making the table of ids");
        return 0;
    });

    /// <summary>Frees the native memory; waits for searches under way. Every later call throws <see cref="ObjectDisposedException"/>.</summary>
    public void Dispose()
    {
        gate.EnterWriteLock();
        try
        {
            if (handle != 0) ssf_free(handle);
            handle = 0;
            GC.SuppressFinalize(this);
        }
        finally
        {
            gate.ExitWriteLock();
        }
    }
}
