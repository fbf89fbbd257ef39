using SimSearch.Datasets;
using SimSearch.Indexing;

namespace SimSearch.Evaluation;

internal sealed partial class EvaluationRun
{
    /// <summary>Means, intervals and tables of what has been ranked.</summary>
    /// <param name="exact">Whether the rankings were exact and complete.</param>
    /// <param name="depth">Ranks looked at.</param>
    /// <param name="annRecall">ANN recall [k][query] when the index was approximate.</param>
    /// <param name="parameters">Search settings of an approximate index.</param>
    public RetrievalReport Report(bool exact, int depth, double[][]? annRecall, IReadOnlyDictionary<string, double>? parameters = null)
    {
        int without = figures.Relevant.Count(r => r == 0);
        int[] counted = options.NoRelevant == NoRelevant.CountAsZero ? [.. Enumerable.Range(0, asked.Length)] : [.. Enumerable.Range(0, asked.Length).Where(q => figures.Relevant[q] > 0)];
        if (counted.Length == 0) throw new SimSearchException($"none of the {asked.Length} queries has a relevant item left in the gallery; look at the labels, or exclude fewer items");

        double[][] metrics =
        [
            .. figures.Precision, .. figures.Recall, .. figures.HitRate, .. figures.Ndcg, .. figures.KnnCorrect,
            figures.AveragePrecision, figures.AveragePrecisionAtR, figures.RPrecision, figures.ReciprocalRank,
            .. Enumerable.Range(0, PerQueryFigures.RecallLevels).Select(figures.PrecisionAtLevel), .. annRecall ?? [],
        ];
        var kept = metrics.Select(metric => counted.Select(q => metric[q]).ToArray()).ToArray();
        var estimates = Bootstrap.Estimates(kept, options.BootstrapSamples, options.Confidence, options.Seed, cancellation);
        var galleryIds = leaveOneOut ? [] : galleryItems.Select(item => item.Id).ToHashSet(StringComparer.Ordinal);
        int single = 5 * ks.Length;
        IReadOnlyDictionary<int, Estimate> At(int block) => ks.Select((k, i) => (k, i)).ToDictionary(p => p.k, p => estimates[block * ks.Length + p.i]);

        var items = counted.Select(q => queryItems[asked[q]]).ToArray();
        var classes = Classes(items, kept);
        return new RetrievalReport(figures.Keep(counted))
        {
            Queries = counted.Length,
            Gallery = gallery.Rows,
            QueriesWithoutRelevant = without,
            UnlabelledQueries = queryItems.Count - asked.Length,
            QueriesInGallery = asked.Count(q => galleryIds.Contains(queryItems[q].Id)),
            ExcludedPairs = excludedPairs,
            Protocol = new EvaluationProtocol(
                leaveOneOut, options.ExcludeSameGroup, metric, exact, depth, options.NoRelevant, options.Confidence, options.BootstrapSamples, options.Seed, options.HubnessK)
            {
                Parameters = parameters ?? new Dictionary<string, double>(),
                GroupsKnown = galleryItems.Any(item => item.Group is not null),
            },
            Ks = ks,
            Precision = At(0),
            Recall = At(1),
            HitRate = At(2),
            Ndcg = At(3),
            KnnAccuracy = At(4),
            Map = estimates[single],
            MapAtR = estimates[single + 1],
            RPrecision = estimates[single + 2],
            Mrr = estimates[single + 3],
            AnnRecall = annRecall is null ? null : ks.Select((k, i) => (k, i)).ToDictionary(p => p.k, p => estimates[single + 4 + PerQueryFigures.RecallLevels + p.i]),
            Hubness = HubnessOf(counted),
            PerClass = classes,
            Macro = Figures("macro", counted.Length, metric => classes.Average(metric), classes),
            PrecisionRecall = [.. Enumerable.Range(0, PerQueryFigures.RecallLevels).Select(level =>
                (level / (PerQueryFigures.RecallLevels - 1.0), counted.Average(q => figures.Interpolated[q * PerQueryFigures.RecallLevels + level])))],
            PrecisionRecallIntervals = estimates[(single + 4)..(single + 4 + PerQueryFigures.RecallLevels)],
            PrecisionByRank = PrecisionByRank(counted),
            QueryItems = items,
            Neighbours = Neighbours(counted, items),
        };
    }

    private List<ClassFigures> Classes(Item[] items, double[][] kept)
    {
        var byLabel = items.Select((item, q) => (Label: item.Label!, q)).GroupBy(p => p.Label, p => p.q, StringComparer.Ordinal).OrderBy(g => g.Key, StringComparer.Ordinal);
        return [.. byLabel.Select(members =>
        {
            int[] of = [.. members];
            double Mean(int metric) => of.Average(q => kept[metric][q]);
            IReadOnlyDictionary<int, double> At(int block) => ks.Select((k, i) => (k, i)).ToDictionary(p => p.k, p => Mean(block * ks.Length + p.i));
            int single = 5 * ks.Length;
            return new ClassFigures(members.Key, of.Length)
            {
                Precision = At(0), Recall = At(1), HitRate = At(2), Ndcg = At(3), KnnAccuracy = At(4),
                Map = Mean(single), MapAtR = Mean(single + 1), RPrecision = Mean(single + 2), Mrr = Mean(single + 3),
            };
        })];
    }

    private ClassFigures Figures(string name, int queries, Func<Func<ClassFigures, double>, double> mean, List<ClassFigures> classes)
    {
        IReadOnlyDictionary<int, double> At(Func<ClassFigures, IReadOnlyDictionary<int, double>> figure) => ks.ToDictionary(k => k, k => mean(c => figure(c)[k]));
        return new ClassFigures(name, queries)
        {
            Precision = At(c => c.Precision), Recall = At(c => c.Recall), HitRate = At(c => c.HitRate), Ndcg = At(c => c.Ndcg), KnnAccuracy = At(c => c.KnnAccuracy),
            Map = mean(c => c.Map), MapAtR = mean(c => c.MapAtR), RPrecision = mean(c => c.RPrecision), Mrr = mean(c => c.Mrr),
        };
    }

    private double[] PrecisionByRank(int[] counted)
    {
        var hits = new long[Width];
        foreach (int q in counted)
            for (int rank = 0; rank < Width; rank++)
                if (figures.IsHit[q * Width + rank]) hits[rank]++;
        var curve = new double[Math.Min(Width, ks[^1])];
        long sum = 0;
        for (int rank = 0; rank < curve.Length; rank++)
        {
            sum += hits[rank];
            curve[rank] = (double)sum / counted.Length / (rank + 1);
        }
        return curve;
    }

    private double HubnessOf(int[] counted)
    {
        var occurrences = new double[gallery.Rows];
        foreach (int q in counted)
            foreach (long row in figures.Rows.AsSpan(q * Width, Math.Min(Width, options.HubnessK)))
                if (row >= 0) occurrences[row]++;
        return Hubness.Skewness(occurrences);
    }

    private SearchResult Neighbours(int[] counted, Item[] items)
    {
        var rows = new long[counted.Length * Width];
        var scores = new float[rows.Length];
        for (int i = 0; i < counted.Length; i++)
        {
            figures.Rows.AsSpan(counted[i] * Width, Width).CopyTo(rows.AsSpan(i * Width));
            figures.Scores.AsSpan(counted[i] * Width, Width).CopyTo(scores.AsSpan(i * Width));
        }
        return new SearchResult(rows, scores, Width, metric, galleryItems, [.. items.Select(item => item.Id)]) { QueryItems = items };
    }
}
