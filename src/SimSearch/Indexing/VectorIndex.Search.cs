using SimSearch.Datasets;
using SimSearch.Embedding;

namespace SimSearch.Indexing;

public sealed partial class VectorIndex
{
    /// <summary>Finds the k nearest items of bare vectors. Nothing says which embedder made them: that is the caller's care.</summary>
    /// <param name="queries">[n x d].</param>
    /// <param name="k">Neighbours per query, 1 or more; lists are shorter (row -1) when the index finds fewer.</param>
    /// <param name="options">Parameters and exclusions; null for none.</param>
    /// <param name="cancellation">Stops between blocks of queries.</param>
    /// <exception cref="ArgumentOutOfRangeException">k is less than 1, or n * k is more than 2^28.</exception>
    /// <exception cref="VectorException">The dimension differs, or a query is not finite.</exception>
    /// <exception cref="IndexEngineException">A parameter is unknown to this kind of index, or out of range.</exception>
    /// <exception cref="ArgumentException">Options ask for the query's group or id, which bare vectors have not.</exception>
    public SearchResult Search(VectorMatrix queries, int k, SearchOptions? options = null, CancellationToken cancellation = default) =>
        Search(queries, null, k, options ?? new SearchOptions(), cancellation);

    /// <summary>Finds the k nearest items of embeddings.</summary>
    /// <param name="queries">Made by the embedder of the index.</param>
    /// <param name="k">Neighbours per query, 1 or more.</param>
    /// <param name="options">Parameters and exclusions; null for none.</param>
    /// <param name="cancellation">Stops between blocks of queries.</param>
    /// <exception cref="EmbedderMismatchException">The queries were made by another embedder; the message names both.</exception>
    public SearchResult Search(Embeddings queries, int k, SearchOptions? options = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(queries);
        CheckEmbedder(queries);
        return Search(queries.Vectors, queries.ItemsFrom(Root), k, options ?? new SearchOptions(), cancellation);
    }

    /// <summary>Finds the k nearest items of items in the index. An item finds itself first, unless <see cref="SearchOptions.ExcludeSelf"/> is set.</summary>
    /// <param name="ids">Ids that are in the index.</param>
    /// <param name="k">Neighbours per query, 1 or more.</param>
    /// <param name="options">Parameters and exclusions; null for none.</param>
    /// <param name="cancellation">Stops between blocks of queries.</param>
    /// <exception cref="ItemIdException">An id is not there.</exception>
    public SearchResult SearchById(IReadOnlyList<string> ids, int k, SearchOptions? options = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(ids);
        var (queries, asked) = Reading(() =>
        {
            var matrix = VectorMatrix.Allocate(ids.Count, Dimension);
            int[] rows = [.. ids.Select(RowOf)];
            for (int i = 0; i < rows.Length; i++) CopyRows(vectors, rows[i], matrix, i, 1);
            return (matrix, rows.Select(row => items[row]).ToArray());
        });
        using (queries) return Search(queries, asked, k, options ?? new SearchOptions(), cancellation);
    }

    /// <summary>Finds every item within a radius, nearest first.</summary>
    /// <param name="queries">[n x d].</param>
    /// <param name="radius">L2: squared distances below it. Inner product and cosine: similarities above it. Not NaN.</param>
    /// <param name="options">Parameters and exclusions; null for none.</param>
    /// <param name="cancellation">Stops between blocks of queries.</param>
    /// <returns>The hits of each query.</returns>
    /// <exception cref="IndexEngineException">FAISS 1.7 cannot search HNSW, PQ and SQ by radius.</exception>
    public IReadOnlyList<IReadOnlyList<Hit>> RangeSearch(VectorMatrix queries, float radius, SearchOptions? options = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(queries);
        CheckDimension(queries.Dimension);
        if (float.IsNaN(radius)) throw new ArgumentException("radius=NaN must be a number", nameof(radius));
        options ??= new SearchOptions();
        return WithParameters(options.Parameters, () =>
        {
            var exclude = Exclusion(null, options);
            var found = engine is not null ? engine.RangeSearch(queries, radius, exclude, cancellation) : ExactSearch.WithinRadius(vectors, queries, radius, Metric, exclude, cancellation);
            return found.Select(hits => (IReadOnlyList<Hit>)[.. hits.Select((hit, i) => SearchResult.HitAt(i + 1, hit.Row, hit.Score, items))]).ToArray();
        });
    }

    private SearchResult Search(VectorMatrix queries, IReadOnlyList<Item>? asked, int k, SearchOptions options, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(queries);
        SearchResult.CheckSize(queries.Rows, k);
        CheckDimension(queries.Dimension);
        return WithParameters(options.Parameters, () =>
        {
            var (rows, scores) = Nearest(queries, k, Exclusion(asked, options), options.Threads, cancellation);
            return new SearchResult(rows, scores, k, Metric, items, asked is null ? null : [.. asked.Select(item => item.Id)]) { QueryItems = asked, Root = Root };
        });
    }

    /// <summary>The neighbours as bare rows and scores, with exclusion by row; parameters are as they stand.</summary>
    private (long[] Rows, float[] Scores) Nearest(VectorMatrix queries, int k, Func<long, long, bool>? exclude, int threads, CancellationToken cancellation)
    {
        if (engine is not null) return engine.Search(queries, k, exclude, cancellation);
        var result = ExactSearch.Search(vectors, queries, k, Metric, new ExactSearchOptions { Exclude = exclude, Threads = threads }, cancellation);
        return (result.Rows.ToArray(), result.Scores.ToArray());
    }

    /// <summary>The same for the evaluation, with parameters.</summary>
    internal (long[] Rows, float[] Scores) Nearest(VectorMatrix queries, int k, Func<long, long, bool>? exclude, IReadOnlyDictionary<string, double> parameters, CancellationToken cancellation) =>
        WithParameters(parameters, () => Nearest(queries, k, exclude, threads: 0, cancellation));

    private Func<long, long, bool>? Exclusion(IReadOnlyList<Item>? asked, SearchOptions options)
    {
        if (asked is null && (options.ExcludeSameGroup || options.ExcludeSelf))
            throw new ArgumentException("bare vectors have neither group nor id; give the queries as embeddings or ids to exclude by them", nameof(options));
        if (options is { Exclude: null, ExcludeSameGroup: false, ExcludeSelf: false }) return null;
        var gallery = items;
        return (query, row) =>
        {
            var item = gallery[row];
            return (options.ExcludeSelf && item.Id == asked![(int)query].Id)
                || (options.ExcludeSameGroup && item.Group is not null && item.Group == asked![(int)query].Group)
                || options.Exclude?.Invoke(query, item) == true;
        };
    }

    /// <summary>Runs a search with parameters set for it alone; without any, searches run side by side.</summary>
    private T WithParameters<T>(IReadOnlyDictionary<string, double> parameters, Func<T> search)
    {
        if (parameters.Count == 0) return Reading(search);
        return Writing(() =>
        {
            if (engine is null) throw new IndexEngineException($"parameter '{parameters.Keys.First()}' is not one of Flat, which is exact and has none; leave it out");
            var before = engine.Faiss.Parameters;
            try
            {
                foreach (var (name, value) in parameters) engine.Faiss.SetParameter(name, value);
                return search();
            }
            finally
            {
                foreach (var parameter in before)
                    if (parameters.ContainsKey(parameter.Name)) engine.Faiss.SetParameter(parameter.Name, parameter.Value);
            }
        });
    }
}
