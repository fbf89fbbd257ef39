using SimSearch.Datasets;
using SimSearch.Indexing;

namespace SimSearch.Evaluation;

/// <summary>How the figures of a report came about.</summary>
/// <param name="LeaveOneOut">Whether every gallery item was a query against all others; else queries were given apart.</param>
/// <param name="ExcludeSameGroup">Whether items of the query's group were taken out of the gallery.</param>
/// <param name="Metric">What near meant.</param>
/// <param name="Exact">Whether the ranking is the exact one, over the whole gallery; else it is what an approximate index returned.</param>
/// <param name="Depth">How many ranks were looked at; relevant items beyond count as never retrieved.</param>
/// <param name="NoRelevant">What became of queries without a relevant item.</param>
/// <param name="Confidence">Share of the bootstrap means inside an interval.</param>
/// <param name="BootstrapSamples">Number of resamplings.</param>
/// <param name="Seed">Seed of the resampling.</param>
/// <param name="HubnessK">Neighbours per query in the count of hubs.</param>
public sealed record EvaluationProtocol(
    bool LeaveOneOut, bool ExcludeSameGroup, Metric Metric, bool Exact, int Depth, NoRelevant NoRelevant, double Confidence, int BootstrapSamples, int Seed, int HubnessK)
{
    /// <summary>Search settings of the approximate index, those asked for and the defaults of the others; empty when the ranking is exact.</summary>
    public IReadOnlyDictionary<string, double> Parameters { get; init; } = new Dictionary<string, double>();

    /// <summary>Whether any item has a group, so that excluding groups means something.</summary>
    public bool GroupsKnown { get; init; }

    /// <summary>One sentence for people.</summary>
    public override string ToString() =>
        $"{(LeaveOneOut ? "leave-one-out" : "queries against gallery")}, {Metric.Name()}, {(Exact ? "exact ranking of the whole gallery" : $"first {Depth} neighbours of the index{Settings()}")}" +
        $"{(ExcludeSameGroup ? GroupsKnown ? ", same group excluded" : ", no groups to exclude" : "")}, queries without relevant items {(NoRelevant == NoRelevant.CountAsZero ? "count as 0" : "left out")}, " +
        FormattableString.Invariant($"{Confidence * 100:0.#} % intervals from {BootstrapSamples} resamplings of the queries");

    private string Settings() => Parameters.Count == 0 ? "" : $" ({string.Join(", ", Parameters.Select(p => FormattableString.Invariant($"{p.Key}={p.Value}")))})";
}

/// <summary>The means over the queries of one class; see <see cref="RetrievalReport"/> for what each figure is.</summary>
/// <param name="Label">The class.</param>
/// <param name="Queries">How many queries went into the means.</param>
public sealed record ClassFigures(string Label, int Queries)
{
    /// <summary>Precision@k by k.</summary>
    public required IReadOnlyDictionary<int, double> Precision { get; init; }

    /// <summary>Recall@k by k.</summary>
    public required IReadOnlyDictionary<int, double> Recall { get; init; }

    /// <summary>Hit rate@k by k.</summary>
    public required IReadOnlyDictionary<int, double> HitRate { get; init; }

    /// <summary>nDCG@k by k.</summary>
    public required IReadOnlyDictionary<int, double> Ndcg { get; init; }

    /// <summary>kNN accuracy by k.</summary>
    public required IReadOnlyDictionary<int, double> KnnAccuracy { get; init; }

    /// <summary>Mean average precision.</summary>
    public required double Map { get; init; }

    /// <summary>MAP@R.</summary>
    public required double MapAtR { get; init; }

    /// <summary>R-precision.</summary>
    public required double RPrecision { get; init; }

    /// <summary>Mean reciprocal rank.</summary>
    public required double Mrr { get; init; }
}

/// <summary>
/// How good retrieval is: means over queries with bootstrap intervals. An item is relevant to a query when they share a label. Definitions:
/// <see cref="RetrievalMetrics"/>. Memory grows with queries * largest k.
/// </summary>
[TypeFormatterSource(typeof(NotebookFormatterSource<RetrievalReport>), PreferredMimeTypes = ["text/html", "text/plain"])]
public sealed partial class RetrievalReport
{
    internal RetrievalReport(QueryFigures figures) => this.figures = figures;

    private readonly QueryFigures figures;

    /// <summary>Queries that went into the means.</summary>
    public required int Queries { get; init; }

    /// <summary>Items in the gallery.</summary>
    public required long Gallery { get; init; }

    /// <summary>Queries, of those asked, that had no relevant item left in the gallery; see <see cref="EvaluationOptions.NoRelevant"/>.</summary>
    public required int QueriesWithoutRelevant { get; init; }

    /// <summary>Items without a label, which cannot be judged and were not asked.</summary>
    public required int UnlabelledQueries { get; init; }

    /// <summary>
    /// Queries given apart whose id is in the gallery too. Unless <see cref="EvaluationOptions.ExcludeSelf"/> was set they find themselves, and the figures
    /// flatter; 0 under leave-one-out.
    /// </summary>
    public required int QueriesInGallery { get; init; }

    /// <summary>Pairs of query and gallery item that the protocol left out (the query itself, its group).</summary>
    public required long ExcludedPairs { get; init; }

    /// <summary>How the figures came about.</summary>
    public required EvaluationProtocol Protocol { get; init; }

    /// <summary>Ranks at which the figures "@k" are read, ascending.</summary>
    public required IReadOnlyList<int> Ks { get; init; }

    /// <summary>Mean precision@k by k.</summary>
    public required IReadOnlyDictionary<int, Estimate> Precision { get; init; }

    /// <summary>Mean recall@k by k.</summary>
    public required IReadOnlyDictionary<int, Estimate> Recall { get; init; }

    /// <summary>Share of queries with a relevant item in the first k, by k.</summary>
    public required IReadOnlyDictionary<int, Estimate> HitRate { get; init; }

    /// <summary>Mean nDCG@k by k.</summary>
    public required IReadOnlyDictionary<int, Estimate> Ndcg { get; init; }

    /// <summary>
    /// Share of queries whose first label wins the vote of the first labels of its k nearest, by k; of labels with equally many votes the one whose member
    /// is nearest wins.
    /// </summary>
    public required IReadOnlyDictionary<int, Estimate> KnnAccuracy { get; init; }

    /// <summary>Mean average precision.</summary>
    public required Estimate Map { get; init; }

    /// <summary>MAP@R.</summary>
    public required Estimate MapAtR { get; init; }

    /// <summary>R-precision.</summary>
    public required Estimate RPrecision { get; init; }

    /// <summary>Mean reciprocal rank.</summary>
    public required Estimate Mrr { get; init; }

    /// <summary>
    /// Hubness: skewness of N_k over the gallery, N_k being how often an item is among the k nearest of a query (Radovanovic, Nanopoulos and Ivanovic 2010);
    /// near 0 for none, above about 1.5 a few items crowd the lists. 0 when all N_k are equal.
    /// </summary>
    public required double Hubness { get; init; }

    /// <summary>
    /// ANN recall@k by k: the share of the exact k nearest that the index returned (a row at the same distance as the exact k-th counts). It measures the
    /// index, not the embedding. Null when the ranking is exact.
    /// </summary>
    public required IReadOnlyDictionary<int, Estimate>? AnnRecall { get; init; }

    /// <summary>The figures of each class (first label of the query), by name.</summary>
    public required IReadOnlyList<ClassFigures> PerClass { get; init; }

    /// <summary>The plain mean over the classes, each weighing the same.</summary>
    public required ClassFigures Macro { get; init; }

    /// <summary>Mean interpolated precision at recall 0, 0.1, ..., 1, for a precision/recall curve.</summary>
    public required IReadOnlyList<(double Recall, double Precision)> PrecisionRecall { get; init; }

    /// <summary>The points of <see cref="PrecisionRecall"/> with their intervals; entry i is recall i / 10.</summary>
    public required IReadOnlyList<Estimate> PrecisionRecallIntervals { get; init; }

    /// <summary>Mean precision at every rank from 1 to the largest k (or the size of the gallery), for a precision@k curve; entry 0 is rank 1.</summary>
    public required IReadOnlyList<double> PrecisionByRank { get; init; }

    /// <summary>The query items that went into the means, in order; query q of all lists here is entry q.</summary>
    public required IReadOnlyList<Item> QueryItems { get; init; }

    /// <summary>The nearest neighbours of every query under the protocol, [queries x largest of the ks and <see cref="EvaluationOptions.HubnessK"/>] (no wider than the gallery).</summary>
    public required SearchResult Neighbours { get; init; }

    /// <summary>Average precision of each query.</summary>
    public IReadOnlyList<double> AveragePrecisions => figures.AveragePrecision;

    /// <summary>Reciprocal rank of each query.</summary>
    public IReadOnlyList<double> ReciprocalRanks => figures.ReciprocalRank;

    /// <summary>Number of relevant items of each query (R).</summary>
    public IReadOnlyList<int> RelevantCounts => figures.Relevant;

    /// <summary>How often each gallery item is among the <see cref="EvaluationOptions.HubnessK"/> nearest of a query, [gallery]; what <see cref="Hubness"/> is computed from.</summary>
    public double[] Occurrences()
    {
        var occurrences = new double[Gallery];
        for (int query = 0; query < Queries; query++)
            foreach (long row in Neighbours.RowsOf(query)[..Math.Min(Protocol.HubnessK, Neighbours.K)])
                if (row >= 0) occurrences[row]++;
        return occurrences;
    }

    /// <summary>Whether a neighbour is relevant to a query, that is, shares a label with it.</summary>
    /// <param name="query">0 to Queries - 1.</param>
    /// <param name="hit">One of its neighbours.</param>
    public bool IsRelevant(int query, Hit hit) => hit.Item is not null && hit.Item.Labels.Intersect(QueryItems[query].Labels, StringComparer.Ordinal).Any();

    /// <summary>The confusion table of neighbours: how often a query of one class had a neighbour of another among its k nearest (first labels).</summary>
    /// <param name="k">1 or more, looked at as far as <see cref="Neighbours"/> go; 1 is the confusion of nearest-neighbour classification.</param>
    public ConfusionMatrix Confusion(int k = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(k, 1);
        var labels = QueryItems.Concat(Neighbours.Items!).Select(item => item.Label).OfType<string>().Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToArray();
        var numbers = labels.Select((label, i) => (label, i)).ToDictionary(p => p.label, p => p.i, StringComparer.Ordinal);
        var counts = new long[labels.Length, labels.Length];
        for (int query = 0; query < Queries; query++)
            foreach (var hit in Neighbours.Hits(query).Take(k))
                if (hit.Item?.Label is { } label) counts[numbers[QueryItems[query].Label!], numbers[label]]++;
        return new ConfusionMatrix(labels, counts);
    }
}
