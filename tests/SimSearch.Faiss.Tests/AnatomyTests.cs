namespace SimSearch.Faiss.Tests;

/// <summary>What an index says it is made of agrees with what it finds.</summary>
public class AnatomyTests
{
    private const int D = 16, N = 600;
    private static readonly float[] Gallery = Managed.Clustered(N, D, 3);
    private static readonly float[] Queries = Managed.Clustered(20, D, 4);

    [Theory]
    [InlineData("IVF8,Flat")]
    [InlineData("IVF8,PQ4np")]
    [InlineData("IVF8_HNSW8,Flat")]
    [InlineData("IVF8,PQ4x4fs")]
    [InlineData("IMI2x2,Flat")]
    public void Every_vector_is_in_one_list_and_a_search_of_one_list_finds_just_its_vectors(string factory)
    {
        using var index = Factories.Filled(factory, Gallery, D);
        var lists = index.Lists();
        Assert.Equal(Enumerable.Range(0, N).Select(i => (long)i), lists.Ids.SelectMany(ids => ids).Order());
        Assert.Equal(lists.Ids.Count * D, lists.Centroids.Length);
        var (found, _) = index.Search(Queries, N); // nprobe is 1
        for (int q = 0; q < Queries.Length / D; q++)
        {
            int nearest = Enumerable.Range(0, lists.Ids.Count).MinBy(l => Managed.Score(Queries.AsSpan(q * D, D), lists.Centroids.AsSpan(l * D, D), FaissMetric.L2));
            long[] kept = [.. found.AsSpan(q * N, N).ToArray().Where(id => id >= 0).Order()];
            Assert.Equal(lists.Ids[nearest].Order(), kept);
        }
    }

    [Fact]
    public void Behind_a_transform_cells_are_in_its_space()
    {
        using var index = Factories.Filled("PCA4,IVF8,Flat", Gallery, D);
        var lists = index.Lists();
        Assert.Equal(8 * 4, lists.Centroids.Length);
        Assert.All(lists.Centroids, value => Assert.True(float.IsFinite(value)));
    }

    [Fact]
    public void Imbalance_is_1_for_equal_lists_and_the_number_of_lists_when_one_holds_all()
    {
        Assert.Equal(1, new FaissLists([], [[1, 2], [3, 4]]).Imbalance);
        Assert.Equal(4, new FaissLists([], [[1, 2, 3], [], [], []]).Imbalance);
        Assert.Equal(1, new FaissLists([], [[], []]).Imbalance);
    }

    [Fact]
    public void Links_of_a_graph_lead_to_nodes_that_are_as_high_and_the_entry_point_is_the_highest()
    {
        using var index = Factories.Filled("HNSW8", Gallery, D);
        var graph = index.Graph();
        Assert.Equal(N, graph.Heights.Count);
        Assert.Equal(graph.Layers, graph.Heights[(int)graph.EntryPoint]);
        Assert.InRange(graph.Layers, 2, 10);
        for (int node = 0; node < N; node++)
        {
            Assert.Equal(graph.Heights[node], graph.Neighbours[node].Count);
            for (int layer = 0; layer < graph.Heights[node]; layer++)
                Assert.All(graph.Neighbours[node][layer], other => Assert.True(other != node && graph.Heights[(int)other] > layer));
            Assert.InRange(graph.Neighbours[node][0].Length, 1, 16);
        }
    }

    [Fact]
    public void The_way_through_a_graph_never_leads_away_and_ends_where_no_neighbour_is_nearer()
    {
        using var index = Factories.Filled("HNSW16", Gallery, D);
        var graph = index.Graph();
        var (exact, _) = Managed.Nearest(Gallery, Queries, D, 1, FaissMetric.L2);
        int right = 0;
        for (int q = 0; q < Queries.Length / D; q++)
        {
            double To(long node) => Managed.Score(Queries.AsSpan(q * D, D), Gallery.AsSpan((int)node * D, D), FaissMetric.L2);
            var (steps, distances) = graph.Walk(To);
            Assert.Equal((graph.Layers - 1, graph.EntryPoint), steps[0]);
            Assert.Equal(0, steps[^1].Layer);
            for (int i = 1; i < steps.Count; i++) Assert.True(To(steps[i].Node) <= To(steps[i - 1].Node));
            Assert.All(graph.Neighbours[(int)steps[^1].Node][0], other => Assert.True(To(other) >= To(steps[^1].Node)));
            Assert.InRange(distances, steps.Select(s => s.Node).Distinct().Count(), N);
            if (steps[^1].Node == exact[q]) right++;
        }
        Assert.InRange(right, 5, 20);
    }

    [Fact]
    public void An_empty_graph_has_no_way()
    {
        using var index = FaissIndex.Create(D, "HNSW8");
        var graph = index.Graph();
        Assert.Equal((-1, 0, 0), (graph.EntryPoint, graph.Layers, graph.Heights.Count));
        Assert.Equal(0, graph.Walk(_ => throw new InvalidOperationException()).Distances);
    }

    [Fact]
    public void A_code_book_gives_back_what_the_index_gives_back()
    {
        using var index = Factories.Filled("PQ4x6np", Gallery, D);
        var book = index.Codebook();
        Assert.Equal((4, 64, 4, D * 64), (book.Parts, book.Entries, book.Length, book.Values.Length));
        var stored = new float[D];
        for (int row = 0; row < 50; row++)
        {
            index.Reconstruct(row, stored);
            Assert.Equal(stored, book.Decode(book.Encode(Gallery.AsSpan(row * D, D))));
        }
        Assert.Throws<ArgumentException>(() => book.Encode(new float[D - 1]));
        Assert.Throws<ArgumentException>(() => book.Decode(new int[3]));
        Assert.Throws<ArgumentOutOfRangeException>(() => { book.Decode([0, 0, 0, 64]); });
        Assert.Throws<ArgumentOutOfRangeException>(() => { book.Entry(-1, 0); });
    }

    [Theory]
    [MemberData(nameof(Factories.All), MemberType = typeof(Factories))]
    public void Its_size_is_that_of_its_file(string factory)
    {
        using var index = Factories.Filled(factory, Gallery, D);
        string path = Path.Combine(Path.GetTempPath(), $"simsearch-size-{Guid.NewGuid():N}.faiss");
        try
        {
            index.Save(path);
            Assert.Equal(new FileInfo(path).Length, index.SizeInBytes);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Theory]
    [MemberData(nameof(Factories.All), MemberType = typeof(Factories))]
    public void What_an_index_has_not_is_said_and_never_read(string factory)
    {
        using var filled = Factories.Filled(factory, Gallery, D);
        using var empty = FaissIndex.Create(D, factory);
        foreach (var index in (FaissIndex[])[filled, empty])
            foreach (Func<object> look in (Func<object>[])[index.Lists, index.Graph, index.Codebook])
                try
                {
                    Assert.NotNull(look());
                }
                catch (FaissException e)
                {
                    Assert.True(e is FaissNotSupportedException or FaissNotTrainedException, e.Message);
                }
        Assert.Equal(factory.Contains("IVF") || factory.Contains("IMI"), Has(filled.Lists));
        Assert.Equal(factory.Contains("HNSW") && !factory.Contains("_HNSW"), Has(filled.Graph));
    }

    private static bool Has(Func<object> look)
    {
        try { return look() is not null; }
        catch (FaissNotSupportedException) { return false; }
    }
}
