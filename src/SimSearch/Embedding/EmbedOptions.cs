using SimSearch.Datasets;

namespace SimSearch.Embedding;

/// <summary>How a data set is embedded.</summary>
public sealed record EmbedOptions
{
    /// <summary>Files worked on at the same time, 1 or more; default all cores. The result does not depend on it.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>
    /// Folder in which vectors are kept from run to run, so that the next one embeds only what is new or changed, also after this one was
    /// killed; null, the default, keeps nothing. It may be deleted at any time and is never shrunk.
    /// </summary>
    public string? CacheFolder { get; init; }

    /// <summary>
    /// What happens to items that cannot be read: false, the default, stops with an error that names the first few; true leaves them out
    /// and lists them in <see cref="EmbedResult.Skipped"/>.
    /// </summary>
    public bool SkipUnreadable { get; init; }

    internal void Check()
    {
        if (Threads < 1) throw new ArgumentOutOfRangeException(nameof(Threads), $"threads={Threads} must be 1 or more");
    }
}

/// <summary>An item that was left out.</summary>
/// <param name="Item">The item.</param>
/// <param name="Reason">Why, for people.</param>
public sealed record SkippedItem(Item Item, string Reason);

/// <summary>What came of embedding a data set.</summary>
/// <param name="Embeddings">Vectors and items, in the order of the data set.</param>
/// <param name="Embedder">The embedder that made them, with all its numbers: embed queries with this one.</param>
/// <param name="Skipped">Items that were left out, in the order of the data set.</param>
/// <param name="FromCache">How many vectors were not computed because the cache had them.</param>
/// <param name="Messages">What people should know (a damaged cache, say), one sentence each.</param>
public sealed record EmbedResult(Embeddings Embeddings, FileEmbedder Embedder, IReadOnlyList<SkippedItem> Skipped, long FromCache, IReadOnlyList<string> Messages);
