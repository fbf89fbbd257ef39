using System.Text.Json;
using SimSearch.Embedding;
using SimSearch.Evaluation;
using SimSearch.Indexing;

namespace SimSearch.Tests;

public sealed class IndexEvaluationTests
{
    private static readonly EvaluationOptions Quick = new() { BootstrapSamples = 20 };

    [Fact]
    public void A_flat_index_is_judged_as_its_embeddings_are()
    {
        using var gallery = Galleries.Make(200);
        using var index = VectorIndex.Build(gallery, "Flat", Metric.L2);
        var options = Quick with { ExcludeSameGroup = true };
        Assert.Equal(RetrievalEvaluator.Evaluate(gallery, null, Metric.L2, options).ToJson(), RetrievalEvaluator.Evaluate(index, null, options).ToJson());
        Assert.Null(RetrievalEvaluator.Evaluate(index, null, options).AnnRecall);
    }

    [Theory]
    [InlineData("IDMap,Flat", 1)]
    [InlineData("IVF16,Flat", 16)]
    public void An_index_that_misses_nothing_is_judged_as_exact_search_is(string factory, int nprobe)
    {
        Galleries.NeedFaiss();
        using var gallery = Galleries.Make(300);
        using var queries = Galleries.Make(50, seed: 2, firstId: 1000);
        using var index = VectorIndex.Build(gallery, factory, Metric.L2);
        var options = Quick with { ExcludeSameGroup = true };
        var thorough = factory.StartsWith("IVF") ? options with { Parameters = new Dictionary<string, double> { ["nprobe"] = nprobe } } : options;
        foreach (var asked in (Embeddings?[])[null, queries])
        {
            var exact = RetrievalEvaluator.Evaluate(gallery, asked, Metric.L2, options);
            var found = RetrievalEvaluator.Evaluate(index, asked, thorough);
            Assert.Equal(exact.Map.Value, found.Map.Value, 1e-6);
            Assert.Equal(exact.Precision[10].Value, found.Precision[10].Value, 1e-6);
            Assert.Equal(exact.KnnAccuracy[5].Value, found.KnnAccuracy[5].Value, 1e-6);
            Assert.Equal(exact.ExcludedPairs, found.ExcludedPairs);
            Assert.Equal(1, found.AnnRecall![10].Value, 1e-12);
        }
    }

    [Fact]
    public void A_k_far_beyond_the_gallery_is_measured_over_the_gallery()
    {
        Galleries.NeedFaiss();
        using var gallery = Galleries.Make(60);
        using var queries = Galleries.Make(3000, seed: 2, firstId: 1000);
        using var index = VectorIndex.Build(gallery, "IDMap,Flat", Metric.L2);
        // 3,000 lists of 100,000 places would be refused; there are only 60 neighbours to put into them.
        var report = RetrievalEvaluator.Evaluate(index, queries, Quick with { Ks = [1, 100_000] });
        Assert.Equal(1, report.AnnRecall![100_000].Value, 1e-12);
        Assert.Equal(60, report.Neighbours.K);
    }

    [Fact]
    public void Queries_from_another_folder_are_found_where_they_lie()
    {
        using var gallery = Galleries.Make(20);
        using var index = VectorIndex.Build(gallery, "Flat", Metric.L2);
        using var made = Galleries.Make(4, seed: 2, firstId: 1000);
        string root = Path.GetFullPath("/elsewhere");
        using var queries = new Embeddings(made.Vectors, made.Items, made.EmbedderName, made.Fingerprint, root);
        var report = RetrievalEvaluator.Evaluate(index, queries, Quick);
        Assert.Equal(made.Items.Select(i => $"{root}/{i.Source}".Replace('\\', '/')), report.QueryItems.Select(i => i.Source));
        Assert.Equal(gallery.Items[3].Source, index.Items[3].Source);
    }

    [Fact]
    public void An_index_that_misses_neighbours_has_less_ANN_recall_and_what_it_misses_counts_as_not_retrieved()
    {
        Galleries.NeedFaiss();
        using var gallery = Galleries.Make(2000);
        using var index = VectorIndex.Build(gallery, "IVF64,Flat", Metric.L2);
        var one = RetrievalEvaluator.Evaluate(index, null, Quick);
        var many = RetrievalEvaluator.Evaluate(index, null, Quick with { Parameters = new Dictionary<string, double> { ["nprobe"] = 64 } });
        Assert.True(one.AnnRecall![10].Value < 0.95 && one.AnnRecall[10].Value > 0.1);
        Assert.Equal(1, many.AnnRecall![10].Value, 1e-12);
        Assert.True(one.Map.Value < many.Map.Value);
        Assert.Equal((false, 1000), (one.Protocol.Exact, one.Protocol.Depth));
        // The slow twin of ANN recall, for a handful of queries (no equal distances here).
        using var some = Galleries.Rows(gallery.Vectors, 0, 50, 100);
        var exact = ExactSearch.Search(gallery.Vectors, some, 10, Metric.L2, new ExactSearchOptions { Exclude = (q, row) => row == q * 50 });
        for (int q = 0; q < 3; q++)
        {
            double expected = one.Neighbours.RowsOf(q * 50).ToArray().Intersect(exact.RowsOf(q).ToArray()).Count() / 10.0;
            Assert.Equal(expected, AnnRecall.AtK(gallery.Vectors, some.Row(q), Metric.L2, one.Neighbours.RowsOf(q * 50), exact.RowsOf(q), exact.ScoresOf(q), 10));
        }
    }

    [Fact]
    public void A_shallow_look_counts_what_lies_deeper_as_not_retrieved()
    {
        Galleries.NeedFaiss();
        using var gallery = Galleries.Make(400);
        using var index = VectorIndex.Build(gallery, "IDMap,Flat", Metric.L2);
        var deep = RetrievalEvaluator.Evaluate(index, null, Quick);
        var shallow = RetrievalEvaluator.Evaluate(index, null, Quick with { Depth = 10 });
        Assert.Equal(10, shallow.Protocol.Depth);
        Assert.Equal(deep.Precision[10].Value, shallow.Precision[10].Value, 1e-12);
        Assert.True(shallow.Map.Value <= 10.0 / 49 + 1e-12 && shallow.Map.Value < deep.Map.Value);
    }

    [Fact]
    public void Rows_at_equal_distance_may_stand_for_each_other()
    {
        using var gallery = VectorMatrix.FromArray([1, 1, 1, 1, 5], 1);
        float[] query = [0];
        Assert.Equal(1, AnnRecall.AtK(gallery, query, Metric.L2, [3, 2], [0, 1], [1, 1], 2));
        Assert.Equal(0.5, AnnRecall.AtK(gallery, query, Metric.L2, [3, 4], [0, 1], [1, 1], 2));
        Assert.Equal(0.5, AnnRecall.AtK(gallery, query, Metric.L2, [3, -1], [0, 1], [1, 1], 2));
        Assert.Equal(1, AnnRecall.AtK(gallery, query, Metric.L2, [], [-1, -1], [0, 0], 2));
    }

    [Fact]
    public void Wrong_questions_are_refused()
    {
        using var gallery = Galleries.Make(40);
        using var other = Galleries.Make(4, fingerprint: "f2");
        using var index = VectorIndex.Build(gallery);
        Assert.Throws<EmbedderMismatchException>(() => RetrievalEvaluator.Evaluate(index, other));
        Assert.Throws<EmbedderMismatchException>(() => RetrievalEvaluator.Evaluate(gallery, other));
        Assert.Throws<IndexEngineException>(() => RetrievalEvaluator.Evaluate(index, null, new EvaluationOptions { Parameters = new Dictionary<string, double> { ["nprobe"] = 2 } }));
        Assert.Throws<ArgumentException>(() => RetrievalEvaluator.Evaluate(index, null, new EvaluationOptions { Ks = [0] }));
        Assert.Throws<ArgumentException>(() => RetrievalEvaluator.Evaluate(index, null, new EvaluationOptions { Ks = [] }));
        Assert.Throws<ArgumentException>(() => RetrievalEvaluator.Evaluate(index, null, new EvaluationOptions { Depth = 0 }));
    }

    [Fact]
    public void The_JSON_has_the_shape_that_was_promised()
    {
        using var gallery = Galleries.Make(80);
        using var index = VectorIndex.Build(gallery);
        var json = JsonDocument.Parse(RetrievalEvaluator.Evaluate(index, null, Quick).ToJson()).RootElement;
        Assert.Equal(80, json.GetProperty("queries").GetInt32());
        foreach (string name in (string[])["precision", "recall", "hit_rate", "ndcg", "knn_accuracy"])
            foreach (string k in (string[])["1", "5", "10"]) AssertEstimate(json.GetProperty(name).GetProperty(k));
        foreach (string name in (string[])["map", "map_at_r", "r_precision", "mrr"]) AssertEstimate(json.GetProperty(name));
        Assert.Equal(JsonValueKind.Number, json.GetProperty("hubness").ValueKind);
        Assert.Equal(8, json.GetProperty("per_class").EnumerateObject().Count());
        Assert.Equal(10, json.GetProperty("per_class").GetProperty("c0").GetProperty("queries").GetInt32());

        static void AssertEstimate(JsonElement e)
        {
            double value = e.GetProperty("value").GetDouble();
            Assert.InRange(value, e.GetProperty("low").GetDouble() - 0.05, e.GetProperty("high").GetDouble() + 0.05);
        }
    }
}
