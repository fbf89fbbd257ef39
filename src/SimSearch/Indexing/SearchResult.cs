using System.Globalization;
using System.Text;
using SimSearch.Datasets;
using SimSearch.Storage;

namespace SimSearch.Indexing;

/// <summary>One neighbour of a query.</summary>
/// <param name="Rank">1 for the nearest.</param>
/// <param name="Row">Its row in the gallery, from 0.</param>
/// <param name="Id">Its id; the row number as text when the gallery has no items.</param>
/// <param name="Score">Distance or similarity; see <see cref="Metric"/>.</param>
/// <param name="Item">What it is, or null when the gallery has no items.</param>
public sealed record Hit(int Rank, long Row, string Id, float Score, Item? Item);

/// <summary>The k nearest neighbours of n queries: [n x k] rows and scores, nearest first, equal scores by lower row.</summary>
[TypeFormatterSource(typeof(NotebookFormatterSource<SearchResult>), PreferredMimeTypes = ["text/html", "text/plain"])]
public sealed class SearchResult
{
    private const int LargestCount = 1 << 28;

    private readonly long[] rows;
    private readonly float[] scores;

    /// <summary>Wraps rows and scores without copying them.</summary>
    /// <param name="rows">[n x k] rows of the gallery; -1 where fewer than k were found (only at the end of a query's list).</param>
    /// <param name="scores">[n x k] scores; whatever stands beside a row of -1 is never shown.</param>
    /// <param name="k">Neighbours asked for, 1 or more.</param>
    /// <param name="metric">What the scores are.</param>
    /// <param name="items">The items of the gallery by row, or null when it has none.</param>
    /// <param name="queryNames">A name for each query, or null for their numbers.</param>
    public SearchResult(long[] rows, float[] scores, int k, Metric metric, IReadOnlyList<Item>? items = null, IReadOnlyList<string>? queryNames = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(k, 1);
        if (rows.Length != scores.Length || rows.Length % k != 0) throw new ArgumentException($"{rows.Length} rows and {scores.Length} scores are not both [n x {k}]", nameof(rows));
        if (queryNames is not null && queryNames.Count != rows.Length / k) throw new ArgumentException($"{queryNames.Count} names for {rows.Length / k} queries", nameof(queryNames));
        (this.rows, this.scores, K, Metric, Items, QueryNames) = (rows, scores, k, metric, items, queryNames);
    }

    /// <summary>Number of queries, n.</summary>
    public int Queries => rows.Length / K;

    /// <summary>Neighbours asked for per query.</summary>
    public int K { get; }

    /// <summary>What the scores are.</summary>
    public Metric Metric { get; }

    /// <summary>The items of the gallery by row, or null when it has none.</summary>
    public IReadOnlyList<Item>? Items { get; }

    /// <summary>A name for each query (an item id or a file), or null.</summary>
    public IReadOnlyList<string>? QueryNames { get; }

    /// <summary>The queries as items, when they are known; else null. Their labels say which hits are right.</summary>
    public IReadOnlyList<Item>? QueryItems
    {
        get;
        init => field = value is null || value.Count == Queries ? value : throw new ArgumentException($"{value.Count} items for {Queries} queries", nameof(QueryItems));
    }

    /// <summary>Folder that relative sources of <see cref="Items"/> and <see cref="QueryItems"/> start from; null when unknown.</summary>
    public string? Root { get; init; }

    /// <summary>All rows, [n x k]; -1 where there is no neighbour.</summary>
    public ReadOnlySpan<long> Rows => rows;

    /// <summary>All scores, [n x k].</summary>
    public ReadOnlySpan<float> Scores => scores;

    /// <summary>The rows found for one query, [k], nearest first, -1 at the end where fewer were found.</summary>
    public ReadOnlySpan<long> RowsOf(int query) => rows.AsSpan(query * K, K);

    /// <summary>The scores of one query, [k].</summary>
    public ReadOnlySpan<float> ScoresOf(int query) => scores.AsSpan(query * K, K);

    /// <summary>The name of a query: its id or file, or its number.</summary>
    public string NameOf(int query) => QueryNames?[query] ?? query.ToString(CultureInfo.InvariantCulture);

    /// <summary>The neighbours of one query, nearest first; fewer than k when fewer were found.</summary>
    /// <param name="query">0 to Queries - 1.</param>
    public IReadOnlyList<Hit> Hits(int query)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(query);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(query, Queries);
        var hits = new List<Hit>(K);
        for (int i = 0; i < K && RowsOf(query)[i] >= 0; i++) hits.Add(HitAt(i + 1, RowsOf(query)[i], ScoresOf(query)[i], Items));
        return hits;
    }

    /// <summary>
    /// The neighbours as CSV (RFC 4180, line feeds, a header): query, rank, id, score, label, start, duration. Start and duration are seconds,
    /// duration is empty for "to the end of the file"; scores are written so that reading gives the same float back. Where items have texts
    /// a last column has the whole text.
    /// </summary>
    public string ToCsv()
    {
        bool texts = Items?.Any(item => item.Text is not null) == true;
        var csv = new StringBuilder($"query,rank,id,score,label,start,duration{(texts ? ",text" : "")}\n");
        for (int query = 0; query < Queries; query++)
            foreach (var hit in Hits(query))
                csv.Append(Field(NameOf(query))).Append(',').Append(Number(hit.Rank)).Append(',').Append(Field(hit.Id)).Append(',').Append(Number(hit.Score)).Append(',')
                    .Append(Field(hit.Item?.Label ?? "")).Append(',').Append(hit.Item is null ? "" : Number(hit.Item.Start)).Append(',')
                    .Append(hit.Item?.Duration is { } duration ? Number(duration) : "").Append(texts ? "," + Field(hit.Item?.Text ?? "") : "").Append('\n');
        return csv.ToString();
    }

    /// <summary>Writes <see cref="ToCsv"/> to a file, by rename.</summary>
    public void SaveCsv(string path) => AtomicFile.WriteText(path, ToCsv());

    /// <summary>Writes the rows as a NumPy array, int64 [n x k], -1 where there is no neighbour; by rename.</summary>
    public void SaveNpy(string path) => Npy.Write<long>(path, rows, Queries, K);

    /// <summary>Refuses results so large that they would use up the memory (5 GB) before anything was found.</summary>
    internal static void CheckSize(long queries, int k)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(k, 1);
        if (queries > LargestCount / k) throw new ArgumentOutOfRangeException(nameof(k), $"{queries} queries x k={k} is more than {LargestCount} neighbours in one result; lower k or ask fewer queries at a time");
    }

    internal static Hit HitAt(int rank, long row, float score, IReadOnlyList<Item>? items)
    {
        var item = items?[(int)row];
        return new Hit(rank, row, item?.Id ?? Number(row), score, item);
    }

    private static string Number<T>(T value) where T : IFormattable => value.ToString(null, CultureInfo.InvariantCulture);

    private static string Field(string text) => text.AsSpan().IndexOfAny(",\"\r\n") < 0 ? text : $"\"{text.Replace("\"", "\"\"")}\"";
}
