using System.Text.Json;
using SimSearch.Datasets;
using SimSearch.Embedding;
using SimSearch.Evaluation;
using SimSearch.Indexing;
using SimSearch.Tests.Support;

namespace SimSearch.Tests;

public sealed class RetrievalEvaluatorTests
{
    private static readonly EvaluationOptions NoBootstrap = new() { BootstrapSamples = 0 };

    private static Item ItemOf(int row, string? label, string? group = null) =>
        new() { Id = $"i{row}", Source = $"i{row}.wav", Labels = label is null ? [] : [label], Group = group };

    private static (VectorMatrix Vectors, Item[] Items) Clusters(int classes, int each, int seed, double spread = 0.8, int dimension = 6)
    {
        var random = new Random(seed);
        var values = new float[classes * each * dimension];
        for (int i = 0; i < values.Length; i++)
            values[i] = (float)((i % dimension == i / dimension % classes % dimension ? 1 : 0) + spread * (random.NextDouble() - 0.5) * 2);
        return (VectorMatrix.FromArray(values, dimension), [.. Enumerable.Range(0, classes * each).Select(row => ItemOf(row, $"c{row % classes}", $"g{row % 7}"))]);
    }

    /// <summary>The slow twin: for each query a plain sort of all scores and the metrics by definition.</summary>
    private static Dictionary<string, double> Slowly(VectorMatrix vectors, Item[] items, Metric metric, bool sameGroup)
    {
        var sums = new Dictionary<string, double>();
        void Add(string name, double value) => sums[name] = sums.GetValueOrDefault(name) + value / items.Length;
        for (int q = 0; q < items.Length; q++)
        {
            var scores = new float[items.Length];
            ExactSearch.Score(vectors, vectors.Row(q), metric, scores);
            int[] ranking = [.. Enumerable.Range(0, items.Length).Where(r => r != q && !(sameGroup && items[r].Group == items[q].Group))
                .OrderBy(r => metric == Metric.L2 ? scores[r] : -scores[r]).ThenBy(r => r)];
            int[] hits = RetrievalMetrics.HitRanks([.. ranking.Select(r => items[r].Label == items[q].Label)]);
            Add("map", RetrievalMetrics.AveragePrecision(hits, hits.Length));
            Add("map_at_r", RetrievalMetrics.AveragePrecisionAtR(hits, hits.Length));
            Add("r_precision", RetrievalMetrics.RPrecision(hits, hits.Length));
            Add("mrr", RetrievalMetrics.ReciprocalRank(hits));
            foreach (int k in (int[])[1, 5, 10])
            {
                Add($"precision@{k}", RetrievalMetrics.PrecisionAtK(hits, k));
                Add($"recall@{k}", RetrievalMetrics.RecallAtK(hits, hits.Length, k));
                Add($"hit_rate@{k}", RetrievalMetrics.HitRateAtK(hits, k));
                Add($"ndcg@{k}", RetrievalMetrics.NdcgAtK(hits, hits.Length, k));
                var votes = ranking.Take(k).Select((r, i) => (items[r].Label, i)).GroupBy(v => v.Label).OrderByDescending(g => g.Count()).ThenBy(g => g.Min(v => v.i));
                Add($"knn_accuracy@{k}", votes.First().Key == items[q].Label ? 1 : 0);
            }
        }
        return sums;
    }

    [Theory]
    [InlineData(Metric.L2, false)]
    [InlineData(Metric.Cosine, true)]
    [InlineData(Metric.InnerProduct, true)]
    public void The_fast_evaluation_equals_the_slow_twin(Metric metric, bool sameGroup)
    {
        var (vectors, items) = Clusters(4, 40, 1);
        var report = RetrievalEvaluator.Evaluate(vectors, items, null, null, metric, NoBootstrap with { ExcludeSameGroup = sameGroup });
        var json = JsonDocument.Parse(report.ToJson()).RootElement;
        foreach (var (name, value) in Slowly(vectors, items, metric, sameGroup))
        {
            string[] path = name.Split('@');
            var figure = path.Length == 1 ? json.GetProperty(path[0]) : json.GetProperty(path[0]).GetProperty(path[1]);
            Assert.Equal(value, figure.GetProperty("value").GetDouble(), 1e-12);
        }
    }

    [Theory]
    [InlineData("grocery_mnv2_1280 class leave-one-out cosine", "ann/grocery_mnv2_1280.fvecs", "images/grocery/images.csv", 1)]
    [InlineData("grocery coarse", "ann/grocery_mnv2_1280.fvecs", "images/grocery/images.csv", 3)]
    [InlineData("fsdd_oww96 digit leave-one-out cosine", "ann/fsdd_oww96.fvecs", "audio/fsdd/fsdd.csv", 1)]
    [InlineData("fsdd_oww96 speaker leave-one-out cosine", "ann/fsdd_oww96.fvecs", "audio/fsdd/fsdd.csv", 2)]
    [InlineData("fsdd_oww96 digit test(300)->train(2700) cosine", "ann/fsdd_oww96.fvecs", "audio/fsdd/fsdd.csv", 1, 4)]
    public void The_published_figures_of_real_embeddings_are_reproduced(string name, string file, string table, int labelColumn, int splitColumn = -1)
    {
        var golden = JsonDocument.Parse(File.ReadAllText(SharedData.Data("ann/embedding_metrics.json"))).RootElement.GetProperty(name);
        using var vectors = VectorMatrix.Open(SharedData.Data(file));
        string[][] rows = [.. File.ReadAllLines(SharedData.Data(table)).Skip(1).Select(line => line.Split(','))];
        Assert.Equal(rows.Length, vectors.Rows);
        Item[] items = [.. rows.Select((row, i) => ItemOf(i, row[labelColumn]))];
        var report = splitColumn < 0
            ? RetrievalEvaluator.Evaluate(vectors, items, null, null, Metric.Cosine, NoBootstrap)
            : RetrievalEvaluator.Evaluate(Part("train").Vectors, Part("train").Items, Part("test").Vectors, Part("test").Items, Metric.Cosine, NoBootstrap);
        foreach (var figure in golden.EnumerateObject())
            Assert.Equal(figure.Value.GetDouble(), figure.Name == "MAP" ? report.Map.Value : report.Precision[int.Parse(figure.Name[2..])].Value, 1e-4);

        (VectorMatrix Vectors, Item[] Items) Part(string split)
        {
            int[] of = [.. Enumerable.Range(0, rows.Length).Where(i => rows[i][splitColumn] == split)];
            return (VectorMatrix.FromArray([.. of.SelectMany(i => vectors.Row(i).ToArray())], vectors.Dimension), [.. of.Select(i => items[i])]);
        }
    }

    [Fact]
    public void The_order_of_the_gallery_does_not_matter()
    {
        var (vectors, items) = Clusters(3, 30, 2);
        int[] order = [.. Enumerable.Range(0, 90)];
        new Random(3).Shuffle(order);
        using var shuffled = VectorMatrix.FromArray([.. order.SelectMany(i => vectors.Row(i).ToArray())], vectors.Dimension);
        var first = RetrievalEvaluator.Evaluate(vectors, items, null, null, Metric.L2, NoBootstrap);
        var second = RetrievalEvaluator.Evaluate(shuffled, [.. order.Select(i => items[i])], null, null, Metric.L2, NoBootstrap);
        Assert.Equal(first.Map.Value, second.Map.Value, 1e-12);
        Assert.Equal(first.Ndcg[10].Value, second.Ndcg[10].Value, 1e-12);
        Assert.Equal(first.Hubness, second.Hubness, 1e-9);
        Assert.Equal(first.PerClass.Select(c => (c.Label, c.Queries)), second.PerClass.Select(c => (c.Label, c.Queries)));
    }

    [Fact]
    public void Clusters_far_apart_score_1()
    {
        var (vectors, items) = Clusters(4, 12, 4, spread: 0.05);
        var report = RetrievalEvaluator.Evaluate(vectors, items, null, null, Metric.L2);
        Assert.Equal(new Estimate(1, 1, 1), report.Map);
        Assert.Equal(1, report.Precision[10].Value);
        Assert.Equal(10.0 / 11, report.Recall[10].Value, 1e-12);
        Assert.Equal(1, report.KnnAccuracy[5].Value);
        Assert.All(report.PrecisionRecall, p => Assert.Equal(1, p.Precision, 1e-12));
        Assert.All(report.PrecisionByRank, p => Assert.Equal(1, p, 1e-12));
        Assert.Equal(4 * 12, report.Confusion().Total);
        Assert.Equal(1, report.Confusion().Accuracy);
        Assert.Equal(4 * 12, report.ExcludedPairs);
        Assert.Equal(1, report.Macro.Map, 1e-12);
    }

    [Fact]
    public void Queries_without_relevant_items_follow_the_convention_asked_for()
    {
        using var vectors = VectorMatrix.FromArray([0, 1, 2, 3, 10], 1);
        Item[] items = [ItemOf(0, "a"), ItemOf(1, "a"), ItemOf(2, "b"), ItemOf(3, "b"), ItemOf(4, "lonely")];
        var zero = RetrievalEvaluator.Evaluate(vectors, items, null, null, Metric.L2, NoBootstrap);
        var left = RetrievalEvaluator.Evaluate(vectors, items, null, null, Metric.L2, NoBootstrap with { NoRelevant = NoRelevant.LeaveOut });
        Assert.Equal((5, 1, 4, 1), (zero.Queries, zero.QueriesWithoutRelevant, left.Queries, left.QueriesWithoutRelevant));
        Assert.Contains(zero.Warnings, w => w.StartsWith("1 of the queries", StringComparison.Ordinal));
        Assert.DoesNotContain(left.Warnings, w => w.Contains("of the queries", StringComparison.Ordinal));
        Assert.Equal(zero.Map.Value * 5, left.Map.Value * 4, 1e-12);
        Assert.Equal(["a", "b", "lonely"], zero.PerClass.Select(c => c.Label));
        Assert.Equal(["a", "b"], left.PerClass.Select(c => c.Label));
    }

    [Fact]
    public void Items_without_a_label_are_found_but_not_asked()
    {
        using var vectors = VectorMatrix.FromArray([0, 0.1f, 0.2f, 5], 1);
        Item[] items = [ItemOf(0, "a"), ItemOf(1, null), ItemOf(2, "a"), ItemOf(3, "b")];
        var report = RetrievalEvaluator.Evaluate(vectors, items, null, null, Metric.L2, NoBootstrap);
        Assert.Equal((3, 1), (report.Queries, report.UnlabelledQueries));
        Assert.Equal(1, report.Neighbours.RowsOf(0)[0]);
        Assert.Equal((0.5 + 0.5) / 3, report.Mrr.Value, 1e-12);
        Assert.Throws<SimSearchException>(() => RetrievalEvaluator.Evaluate(vectors, [.. items.Select((_, i) => ItemOf(i, null))], null, null, Metric.L2));
    }

    [Fact]
    public void Any_shared_label_makes_an_item_relevant()
    {
        using var vectors = VectorMatrix.FromArray([0, 1, 2], 1);
        Item[] items = [ItemOf(0, "a") with { Labels = ["a", "x"] }, ItemOf(1, "b") with { Labels = ["b", "x"] }, ItemOf(2, "c")];
        var report = RetrievalEvaluator.Evaluate(vectors, items, null, null, Metric.L2, NoBootstrap);
        Assert.Equal([1, 1, 0], report.RelevantCounts);
        Assert.True(report.IsRelevant(0, report.Neighbours.Hits(0)[0]));
        Assert.False(report.IsRelevant(0, report.Neighbours.Hits(0)[1]));
    }

    [Fact]
    public void The_same_group_is_taken_out_of_the_gallery()
    {
        var (vectors, items) = Clusters(3, 30, 5);
        var report = RetrievalEvaluator.Evaluate(vectors, items, null, null, Metric.L2, NoBootstrap with { ExcludeSameGroup = true });
        for (int q = 0; q < report.Queries; q++)
        {
            Assert.Equal(10, report.Neighbours.Hits(q).Count);
            Assert.All(report.Neighbours.Hits(q), hit => Assert.NotEqual(report.QueryItems[q].Group, hit.Item!.Group));
        }
        Assert.Equal(items.Sum(a => items.Count(b => a.Group == b.Group)), report.ExcludedPairs);
    }

    [Fact]
    public void A_query_finds_itself_unless_it_is_excluded()
    {
        var (vectors, items) = Clusters(3, 10, 6);
        var found = RetrievalEvaluator.Evaluate(vectors, items, vectors, items, Metric.L2, NoBootstrap);
        var excluded = RetrievalEvaluator.Evaluate(vectors, items, vectors, items, Metric.L2, NoBootstrap with { ExcludeSelf = true });
        var leaveOneOut = RetrievalEvaluator.Evaluate(vectors, items, null, null, Metric.L2, NoBootstrap);
        Assert.Equal(1, found.Precision[1].Value);
        Assert.Equal((30, 0), (found.QueriesInGallery, leaveOneOut.QueriesInGallery));
        Assert.Equal(leaveOneOut.Map, excluded.Map);
        Assert.Equal(leaveOneOut.Neighbours.Rows, excluded.Neighbours.Rows);
    }

    [Fact]
    public void A_k_beyond_the_gallery_costs_nothing_and_means_what_it_says()
    {
        var (vectors, items) = Clusters(2, 4, 6);
        var report = RetrievalEvaluator.Evaluate(vectors, items, null, null, Metric.L2, NoBootstrap with { Ks = [1, 1_000_000_000], HubnessK = 500 });
        Assert.Equal(8, report.Neighbours.K);
        Assert.Equal(3e-9, report.Precision[1_000_000_000].Value, 1e-15);
        Assert.Equal(1, report.Recall[1_000_000_000].Value, 1e-12);
        Assert.Equal(8 * 7, report.Confusion(50).Total);
        Assert.Equal(8, report.PrecisionByRank.Count);
    }

    [Fact]
    public void Ties_in_a_vote_go_to_the_nearest()
    {
        Assert.Equal(2, KnnVote.Winner([2, 1, 1, 2]));
        Assert.Equal(1, KnnVote.Winner([2, 1, 1]));
        Assert.Equal(3, KnnVote.Winner([-1, 3]));
        Assert.Equal(-1, KnnVote.Winner([]));
    }

    [Fact]
    public void Hubness_is_the_skewness_of_the_counts()
    {
        // scipy.stats.skew([0, 0, 0, 0, 10]) = 1.5; symmetric counts have none.
        Assert.Equal(1.5, Hubness.Skewness([0, 0, 0, 0, 10]), 1e-12);
        Assert.Equal(0, Hubness.Skewness([1, 2, 3]), 1e-12);
        Assert.Equal(0, Hubness.Skewness([4, 4, 4]));
        // The point in the middle of a star is everybody's neighbour: N_1 is 4 for the middle, 1 for the first arm, 0 for the others.
        using var star = VectorMatrix.FromArray([0, 0, 9, 0, -9, 0, 0, 9, 0, -9], 2);
        Item[] items = [.. Enumerable.Range(0, 5).Select(i => ItemOf(i, "a"))];
        Assert.Equal(Hubness.Skewness([4, 1, 0, 0, 0]), RetrievalEvaluator.Evaluate(star, items, null, null, Metric.L2, NoBootstrap with { HubnessK = 1 }).Hubness, 1e-12);
    }

    [Fact]
    public void Memory_grows_with_queries_times_k_not_with_queries_times_rows()
    {
        var (vectors, items) = Clusters(10, 2000, 7);
        var (queries, asked) = Clusters(10, 100, 8);
        // One thread, so that everything is allocated by this one, whatever else is being tested.
        var options = NoBootstrap with { Threads = 1 };
        long Allocated()
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            Assert.Equal(1000, RetrievalEvaluator.Evaluate(vectors, items, queries, asked, Metric.L2, options).Queries);
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
        Allocated();
        Assert.InRange(Allocated(), 20000 * 32 * 8, 40_000_000); // the ranks of all pairs alone would be 1000 * 20000 * 8 = 160,000,000
    }

    [Fact]
    public void Cancelling_stops_it_and_progress_reaches_the_end()
    {
        var (vectors, items) = Clusters(3, 30, 9);
        Assert.ThrowsAny<OperationCanceledException>(() => RetrievalEvaluator.Evaluate(vectors, items, null, null, Metric.L2, NoBootstrap, null, new CancellationToken(canceled: true)));
        var seen = new List<Progress>();
        RetrievalEvaluator.Evaluate(vectors, items, null, null, Metric.L2, NoBootstrap, new Direct(p => { lock (seen) seen.Add(p); }));
        Assert.Equal(90, seen.Max(p => p.Done));
        Assert.All(seen, p => Assert.Equal(90, p.Total));
    }

    private sealed class Direct(Action<Progress> report) : IProgress<Progress>
    {
        public void Report(Progress value) => report(value);
    }
}
