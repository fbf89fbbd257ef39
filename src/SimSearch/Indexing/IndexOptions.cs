using SimSearch.Datasets;

namespace SimSearch.Indexing;

/// <summary>How an index is built.</summary>
public sealed record IndexOptions
{
    /// <summary>Seed of the choice of training vectors, where there are more than <see cref="TrainingRows"/>. The same seed gives the same index, byte for byte; HNSW graphs only with one thread.</summary>
    public int Seed { get; init; }

    /// <summary>Threads to build with; 0 (the default) means all cores.</summary>
    public int Threads { get; init; }

    /// <summary>Most vectors to train on; default 1,000,000. FAISS itself uses no more than 256 per cluster.</summary>
    public int TrainingRows { get; init; } = 1_000_000;
}

/// <summary>How an index is searched.</summary>
public sealed record SearchOptions
{
    /// <summary>Settings of the index for this search only, by FAISS's names: nprobe (IVF), efSearch (HNSW), ... See <see cref="IndexInfo.Parameters"/>.</summary>
    public IReadOnlyDictionary<string, double> Parameters { get; init; } = new Dictionary<string, double>();

    /// <summary>Says which items a query must not find: called with (query number, item), true leaves the item out. It must be safe on several threads.</summary>
    public Func<long, Item, bool>? Exclude { get; init; }

    /// <summary>Leaves out items of the query's own group; needs queries that are items (embeddings or ids). Default false.</summary>
    public bool ExcludeSameGroup { get; init; }

    /// <summary>Leaves out the item with the query's own id; needs queries that are items (embeddings or ids). Default false: an item finds itself.</summary>
    public bool ExcludeSelf { get; init; }

    /// <summary>Threads of an exact search and of embedding sound files; 0 (the default) means all cores. An index of FAISS uses <see cref="Faiss.FaissRuntime.Threads"/>.</summary>
    public int Threads { get; init; }
}

/// <summary>What an index is.</summary>
/// <param name="Factory">FAISS factory string it was built from; for an imported index FAISS's description in angle brackets.</param>
/// <param name="Metric">What near means.</param>
/// <param name="Count">Items that can be found.</param>
/// <param name="Removed">Vectors that were removed but still lie in the FAISS index, until it is built anew.</param>
/// <param name="Dimension">Length of the vectors.</param>
/// <param name="IsExact">Whether every row is looked at (factory "Flat").</param>
/// <param name="IsReadOnly">Whether it was opened memory-mapped, and so cannot be changed.</param>
/// <param name="EmbedderName">Embedder of the vectors.</param>
/// <param name="Fingerprint">Its fingerprint.</param>
/// <param name="Root">Folder that sources of the items are relative to, or null.</param>
/// <param name="Parameters">Search settings and their present values; empty for "Flat".</param>
public sealed record IndexInfo(
    string Factory, Metric Metric, long Count, long Removed, int Dimension, bool IsExact, bool IsReadOnly, string EmbedderName, string Fingerprint, string? Root,
    IReadOnlyDictionary<string, double> Parameters);
