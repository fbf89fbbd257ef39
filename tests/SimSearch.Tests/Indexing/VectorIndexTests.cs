using SimSearch.Datasets;
using SimSearch.Embedding;
using SimSearch.Faiss;
using SimSearch.Indexing;
using SimSearch.Tests.Support;

namespace SimSearch.Tests;

/// <summary>Galleries for tests of indexes: clustered vectors whose item i has id "i{i}", label "c{i % 8}" and group "g{i % 5}".</summary>
internal static class Galleries
{
    public const int Dimension = 16;

    public static Embeddings Make(int rows, int seed = 1, int firstId = 0, string fingerprint = "f1", string embedder = "test-stats", string? json = null)
    {
        var random = new Random(seed);
        var values = new float[rows * Dimension];
        for (int i = 0; i < values.Length; i++)
            values[i] = (float)(Math.Sin(i / Dimension % 8 * 7 + i % Dimension) + 0.6 * (random.NextDouble() - 0.5));
        Item[] items = [.. Enumerable.Range(0, rows).Select(i => new Item { Id = $"i{firstId + i}", Source = $"{i}.wav", Labels = [$"c{i % 8}"], Group = $"g{i % 5}", Start = i * 0.5, Duration = 0.5 })];
        return new Embeddings(VectorMatrix.FromArray(values, Dimension), items, embedder, fingerprint, "/data", json);
    }

    public static VectorMatrix Rows(VectorMatrix vectors, params int[] rows) => VectorMatrix.FromArray([.. rows.SelectMany(row => vectors.Row(row).ToArray())], vectors.Dimension);

    public static void NeedFaiss() => SharedData.SkipUnless(FaissRuntime.IsAvailable(out string? reason), reason ?? "FAISS is absent");
}

public sealed class VectorIndexTests
{
    [Fact]
    public void An_exact_search_keeps_to_the_threads_it_is_given()
    {
        using var gallery = Galleries.Make(20_000);
        using var index = VectorIndex.Build(gallery, "Flat", Metric.L2);
        var threads = new System.Collections.Concurrent.ConcurrentDictionary<int, bool>();
        var options = new SearchOptions { Threads = 1, Exclude = (_, _) => { threads[Environment.CurrentManagedThreadId] = true; return false; } };
        using var queries = Galleries.Rows(gallery.Vectors, [.. Enumerable.Range(0, 100)]);
        var one = index.Search(queries, 5, options);
        Assert.Equal([Environment.CurrentManagedThreadId], threads.Keys);
        var all = index.Search(queries, 5);
        Assert.Equal(all.Rows.ToArray(), one.Rows.ToArray());
    }

    [Fact]
    public void Items_added_from_another_folder_keep_their_place()
    {
        using var gallery = Galleries.Make(3);
        using var index = VectorIndex.Build(gallery, "Flat", Metric.L2);
        string other = Path.GetFullPath("/elsewhere"), own = Path.GetFullPath("/own/b.wav");
        Item[] items = [new() { Id = "a", Source = "dog/a.wav" }, new() { Id = "b", Source = own }];
        using (var added = new Embeddings(VectorMatrix.Allocate(2, Galleries.Dimension), items, "test-stats", "f1", other)) index.Add(added);
        using (var added = new Embeddings(VectorMatrix.Allocate(1, Galleries.Dimension), [new() { Id = "c", Source = "c.wav" }], "test-stats", "f1", "/data")) index.Add(added);
        Assert.Equal([Path.Combine(other, "dog/a.wav").Replace('\\', '/'), own, "c.wav"], index.Items.Skip(3).Select(i => i.Source));
    }

    public static TheoryData<string> Factories => ["Flat", "IVF16,Flat", "HNSW16", "SQ8", "PQ8np", "IVF8,PQ8np", "IDMap,Flat", "PCA8,IVF8,Flat"];

    public static TheoryData<string, Metric> FactoriesAndMetrics
    {
        get
        {
            var data = new TheoryData<string, Metric>();
            foreach (string factory in (string[])["Flat", "IDMap,Flat", "IVF16,Flat", "HNSW32"])
                foreach (var metric in Enum.GetValues<Metric>()) data.Add(factory, metric);
            return data;
        }
    }

    /// <summary>Parameters under which the kinds of index tested here find nearly everything.</summary>
    private static SearchOptions Thorough(string factory) => factory.Contains("IVF") ? new() { Parameters = new Dictionary<string, double> { ["nprobe"] = factory.Contains("IVF16") ? 16 : 8 } }
        : factory.Contains("HNSW") ? new() { Parameters = new Dictionary<string, double> { ["efSearch"] = 400 } } : new();

    private static double Overlap(SearchResult a, SearchResult b) =>
        Enumerable.Range(0, a.Queries).Average(q => a.RowsOf(q).ToArray().Intersect(b.RowsOf(q).ToArray().Where(r => r >= 0)).Count() / (double)b.Hits(q).Count);

    [Theory]
    [MemberData(nameof(FactoriesAndMetrics))]
    public void Every_lossless_index_agrees_with_exact_search(string factory, Metric metric)
    {
        Galleries.NeedFaiss();
        using var gallery = Galleries.Make(700);
        using var queries = Galleries.Make(40, seed: 2);
        using var index = VectorIndex.Build(gallery, factory, metric);
        var expected = ExactSearch.Search(gallery.Vectors, queries.Vectors, 10, metric);
        var found = index.Search(queries, 10, Thorough(factory));
        Assert.True(Overlap(found, expected) > (factory.Contains("HNSW") && metric == Metric.InnerProduct ? 0.9 : 0.995), $"{factory} {metric}: {Overlap(found, expected)}");
        for (int q = 0; q < 40; q++) Assert.Equal(expected.ScoresOf(q)[0], found.ScoresOf(q)[0], 1e-4 * Math.Max(1, Math.Abs(expected.ScoresOf(q)[0])));
        Assert.Equal("i" + found.RowsOf(3)[0], found.Hits(3)[0].Id);
        Assert.Equal("i3", found.NameOf(3));
    }

    [Theory]
    [MemberData(nameof(Factories))]
    public void Removed_items_are_never_found_and_lists_stay_full(string factory)
    {
        Galleries.NeedFaiss();
        using var gallery = Galleries.Make(600);
        using var index = VectorIndex.Build(gallery, factory, Metric.Cosine);
        string[] doomed = [.. Enumerable.Range(0, 600).Where(i => i % 6 == 0).Select(i => $"i{i}")];
        index.Remove(doomed);
        Assert.Equal(500, index.Count);
        Assert.False(index.Contains("i6"));
        Assert.Throws<ItemIdException>(() => index.SearchById(["i6"], 1));
        var result = index.SearchById(["i1", "i599"], 20, Thorough(factory));
        for (int q = 0; q < 2; q++)
        {
            Assert.Equal(20, result.Hits(q).Count);
            Assert.All(result.Hits(q), hit => Assert.NotEqual(0, int.Parse(hit.Id[1..]) % 6));
            Assert.All(result.Hits(q), hit => Assert.Equal(index.RowOf(hit.Id), hit.Row));
        }
        // What is left is what an index of the rest would say.
        using var rest = Galleries.Rows(gallery.Vectors, [.. Enumerable.Range(0, 600).Where(i => i % 6 != 0)]);
        using var queries = Galleries.Rows(gallery.Vectors, 1, 599);
        if (!factory.Contains("PQ") && !factory.Contains("PCA")) Assert.True(Overlap(result, ExactSearch.Search(rest, queries, 20, Metric.Cosine)) > 0.9);
    }

    [Theory]
    [MemberData(nameof(Factories))]
    public void Items_added_after_a_removal_are_found_under_their_own_ids(string factory)
    {
        Galleries.NeedFaiss();
        using var gallery = Galleries.Make(600);
        using var more = Galleries.Make(30, seed: 9, firstId: 5000);
        using var index = VectorIndex.Build(gallery, factory, Metric.L2);
        index.Remove([.. Enumerable.Range(100, 20).Select(i => $"i{i}")]);
        index.Add(more);
        Assert.Equal(610, index.Count);
        Assert.Equal(580, index.RowOf("i5000"));
        index.Remove(["i5001"]);
        using var queries = Galleries.Rows(more.Vectors, 0, 29);
        var result = index.Search(queries, 5, Thorough(factory));
        Assert.Contains("i5000", result.Hits(0).Select(hit => hit.Id));
        Assert.Contains("i5029", result.Hits(1).Select(hit => hit.Id));
        // A removed id may come back as another item.
        using var again = Galleries.Make(1, seed: 33, firstId: 5001);
        index.Add(again);
        Assert.Contains("i5001", index.Search(again, 5, Thorough(factory)).Hits(0).Select(hit => hit.Id));
    }

    [Theory]
    [InlineData("HNSW16")]
    [InlineData("IVF16,Flat")]
    public void Many_removals_build_the_index_anew(string factory)
    {
        Galleries.NeedFaiss();
        using var gallery = Galleries.Make(400);
        using var index = VectorIndex.Build(gallery, factory);
        index.Remove([.. Enumerable.Range(0, 100).Select(i => $"i{i}")]);
        Assert.Equal(100, index.Info.Removed);
        index.Remove(["i100"]);
        Assert.Equal((0, 299), (index.Info.Removed, index.Info.Count));
        Assert.Equal("i399", index.SearchById(["i399"], 1, Thorough(factory)).Hits(0)[0].Id);
        // IVF16 cannot be trained on fewer than 16 vectors: the old lists go on answering.
        index.Remove([.. Enumerable.Range(101, 296).Select(i => $"i{i}")]);
        Assert.Equal(3, index.Count);
        Assert.Equal(3, index.SearchById(["i399"], 10, Thorough(factory)).Hits(0).Count);
        index.Remove([.. index.Items.Select(item => item.Id).ToArray()]);
        Assert.Equal(0, index.Count);
        using var query = Galleries.Make(1);
        Assert.Empty(index.Search(query, 3).Hits(0));
    }

    [Theory]
    [MemberData(nameof(Factories))]
    public void Exclusions_leave_full_lists_of_allowed_items(string factory)
    {
        Galleries.NeedFaiss();
        using var gallery = Galleries.Make(600);
        using var index = VectorIndex.Build(gallery, factory);
        string[] ids = ["i0", "i17", "i599"];
        var options = Thorough(factory) with { ExcludeSameGroup = true, ExcludeSelf = true, Exclude = (_, item) => item.Label != "c1" };
        var result = index.SearchById(ids, 12, options);
        for (int q = 0; q < 3; q++)
        {
            Assert.Equal(12, result.Hits(q).Count);
            Assert.All(result.Hits(q), hit => Assert.Equal("c1", hit.Item!.Label));
            Assert.All(result.Hits(q), hit => Assert.NotEqual(index.Items[index.RowOf(ids[q])].Group, hit.Item!.Group));
        }
        Assert.Throws<ArgumentException>(() => index.Search(gallery.Vectors, 1, new SearchOptions { ExcludeSelf = true }));
    }

    [Fact]
    public void An_item_finds_itself_first_unless_excluded()
    {
        using var gallery = Galleries.Make(50);
        using var index = VectorIndex.Build(gallery);
        Assert.Equal("i7", index.SearchById(["i7"], 1).Hits(0)[0].Id);
        Assert.DoesNotContain("i7", index.SearchById(["i7"], 49, new SearchOptions { ExcludeSelf = true }).Hits(0).Select(hit => hit.Id));
    }

    [Fact]
    public void Vectors_of_another_embedder_are_refused_with_both_named()
    {
        using var gallery = Galleries.Make(20);
        using var other = Galleries.Make(5, firstId: 100, fingerprint: "f2", embedder: "other-stats");
        using var index = VectorIndex.Build(gallery);
        foreach (var act in (Action[])[() => index.Search(other, 1), () => index.Add(other)])
        {
            var error = Assert.Throws<EmbedderMismatchException>(act);
            foreach (string part in (string[])["other-stats", "f2", "test-stats", "f1"]) Assert.Contains(part, error.Message);
        }
        Assert.Equal(20, index.Count);
        using var narrow = VectorMatrix.FromArray([1, 2, 3], 3);
        Assert.Contains("3 dimensions", Assert.Throws<VectorException>(() => index.Search(narrow, 1)).Message);
    }

    [Fact]
    public void Ids_must_be_unique_and_known()
    {
        using var gallery = Galleries.Make(20);
        using var twice = new Embeddings(gallery.Vectors, [.. gallery.Items.Skip(1), gallery.Items[5]], "test-stats", "f1");
        Assert.Contains("'i5'", Assert.Throws<ItemIdException>(() => VectorIndex.Build(twice)).Message);
        using var index = VectorIndex.Build(gallery);
        Assert.Throws<ItemIdException>(() => index.Add(gallery));
        Assert.Throws<ItemIdException>(() => index.Remove(["i1", "nobody"]));
        Assert.Equal(20, index.Count);
        index.Remove(["i1", "i1"]);
        Assert.Equal(19, index.Count);
    }

    [Theory]
    [InlineData("IVF16,Flat")]
    [InlineData("HNSW16")]
    public void Parameters_hold_for_one_search_only(string factory)
    {
        Galleries.NeedFaiss();
        using var gallery = Galleries.Make(500);
        using var index = VectorIndex.Build(gallery, factory);
        var before = index.Info.Parameters;
        index.SearchById(["i1"], 3, Thorough(factory));
        Assert.Equal(before, index.Info.Parameters);
        var error = Assert.Throws<IndexEngineException>(() => index.SearchById(["i1"], 3, new SearchOptions { Parameters = new Dictionary<string, double> { ["nonsense"] = 1 } }));
        Assert.Contains("nonsense", error.Message);
        Assert.Throws<IndexEngineException>(() => index.SearchById(["i1"], 3, new SearchOptions { Parameters = new Dictionary<string, double> { [before.Keys.First()] = -4 } }));
        Assert.Equal(before, index.Info.Parameters);
        using var exact = VectorIndex.Build(gallery);
        Assert.Contains("Flat", Assert.Throws<IndexEngineException>(() => exact.SearchById(["i1"], 3, Thorough(factory))).Message);
    }

    [Theory]
    [InlineData("Flat")]
    [InlineData("IVF16,Flat")]
    public void Range_search_finds_all_within_the_radius_in_order(string factory)
    {
        Galleries.NeedFaiss();
        using var gallery = Galleries.Make(300);
        using var queries = Galleries.Make(4, seed: 5);
        foreach (var (metric, radius) in new[] { (Metric.L2, 3f), (Metric.Cosine, 0.9f) })
        {
            using var index = VectorIndex.Build(gallery, factory, metric);
            index.Remove(["i3"]);
            var found = index.RangeSearch(queries.Vectors, radius, Thorough(factory));
            var scores = new float[300];
            for (int q = 0; q < 4; q++)
            {
                ExactSearch.Score(gallery.Vectors, queries.Vectors.Row(q), metric, scores);
                var expected = Enumerable.Range(0, 300).Where(r => r != 3 && (metric == Metric.L2 ? scores[r] < radius : scores[r] > radius)).OrderBy(r => metric == Metric.L2 ? scores[r] : -scores[r]);
                Assert.NotEmpty(expected);
                Assert.Equal(expected.Select(r => $"i{r}").Order(), found[q].Select(hit => hit.Id).Order());
                Assert.Equal(Enumerable.Range(1, found[q].Count), found[q].Select(hit => hit.Rank));
                for (int i = 1; i < found[q].Count; i++) Assert.True(metric == Metric.L2 ? found[q][i - 1].Score <= found[q][i].Score : found[q][i - 1].Score >= found[q][i].Score);
            }
        }
    }

    [Fact]
    public void Errors_of_FAISS_arrive_as_ours()
    {
        Galleries.NeedFaiss();
        using var gallery = Galleries.Make(20);
        Assert.Throws<IndexEngineException>(() => VectorIndex.Build(gallery, "IVF0,Flat"));
        Assert.Throws<IndexEngineException>(() => VectorIndex.Build(gallery, "PQ7np"));
        Assert.Throws<VectorException>(() => VectorIndex.Build(gallery, "IVF64,Flat"));
        using var hnsw = VectorIndex.Build(gallery, "HNSW8");
        using var bad = VectorMatrix.FromArray([.. Enumerable.Repeat(float.NaN, Galleries.Dimension)], Galleries.Dimension);
        Assert.Throws<VectorException>(() => hnsw.Search(bad, 1));
        Assert.ThrowsAny<OperationCanceledException>(() => VectorIndex.Build(gallery, "HNSW8", cancellation: new CancellationToken(canceled: true)));
    }

    [Fact]
    public void The_index_outlives_the_embeddings_it_was_built_from()
    {
        var gallery = Galleries.Make(50);
        using var index = VectorIndex.Build(gallery);
        gallery.Vectors.WritableRows(0, 50).Clear();
        gallery.Dispose();
        Assert.Equal("i49", index.SearchById(["i49"], 1).Hits(0)[0].Id);
        index.Dispose();
        Assert.Throws<ObjectDisposedException>(() => index.SearchById(["i49"], 1));
    }

    [Fact]
    public void Searches_and_changes_from_many_threads_do_not_disturb_each_other()
    {
        Galleries.NeedFaiss();
        using var gallery = Galleries.Make(400);
        using var index = VectorIndex.Build(gallery, "IVF8,Flat");
        Parallel.For(0, 60, i =>
        {
            if (i % 10 == 3)
            {
                using var more = Galleries.Make(3, seed: i, firstId: 1000 + 10 * i);
                index.Add(more);
                index.Remove([$"i{1000 + 10 * i}"]);
            }
            else
            {
                var hits = index.SearchById([$"i{i}"], 4, i % 2 == 0 ? Thorough("IVF8") : null).Hits(0);
                Assert.Equal($"i{i}", hits[0].Id);
            }
        });
        Assert.Equal(400 + 6 * 2, index.Count);
    }

    [Fact]
    public void Mnist_neighbours_by_FAISS_are_those_of_exact_search()
    {
        Galleries.NeedFaiss();
        using var vectors = VectorMatrix.Open(SharedData.Data("ann/mnist784_base.bvecs"));
        using var queries = VectorMatrix.Open(SharedData.Data("ann/mnist784_query.bvecs"));
        var distances = Ivecs.Read(SharedData.Data("ann/mnist784_groundtruth_l2_distances.ivecs"));
        Item[] items = [.. Enumerable.Range(0, (int)vectors.Rows).Select(i => new Item { Id = $"{i}", Source = $"{i}" })];
        using var gallery = new Embeddings(vectors, items, "pixels", "p");
        using var index = VectorIndex.Build(gallery, "IDMap,Flat", Metric.L2);
        var found = index.Search(queries, 100);
        for (int q = 0; q < queries.Rows; q++)
            for (int i = 0; i < 100; i++) Assert.Equal(distances[q][i], found.ScoresOf(q)[i], 1e-4 * distances[q][i] + 64);
    }
}
