namespace SimSearch.Faiss.Tests;

public class ApproximateTests
{
    private const int D = 32, N = 4000, Q = 50, K = 10;

    // 64 clusters in 32 dimensions; floors lie some points below what each kind reaches here.
    [Theory]
    [InlineData("SQ8", 0.95)]
    [InlineData("SQfp16", 0.99)]
    [InlineData("SQ4", 0.70)]
    [InlineData("PQ16np", 0.60)]
    [InlineData("PQ16x4fs,RFlat", 0.30)]
    [InlineData("IVF32,Flat", 0.95, "nprobe", 8)]
    [InlineData("IVF32,Flat", 0.9999, "nprobe", 32)]
    [InlineData("IVF32_HNSW8,Flat", 0.9999, "nprobe", 32)]
    [InlineData("IVF32,SQ8", 0.95, "nprobe", 32)]
    [InlineData("IVF32,PQ16np", 0.60, "nprobe", 32)]
    [InlineData("IVF32,PQ16np,RFlat", 0.95, "k_factor_rf", 20, "nprobe", 32)]
    [InlineData("HNSW32", 0.97, "efSearch", 128)]
    [InlineData("HNSW16_SQ8", 0.93, "efSearch", 128)]
    [InlineData("OPQ4,PQ4np", 0.20)]
    [InlineData("PCA16,Flat", 0.30)]
    public void Approximate_search_finds_at_least_this_share_of_the_true_neighbours(string factory, double floor, params object[] parameters)
    {
        float[] gallery = Managed.Clustered(N, D, 1, clusters: 64, spread: 0.7), queries = Managed.Clustered(Q, D, 2, clusters: 64, spread: 0.7);
        foreach (FaissMetric metric in Enum.GetValues<FaissMetric>())
        {
            // By inner product a transform that centres its input finds other neighbours than the plain vectors have; that is not a question of recall.
            if (metric == FaissMetric.InnerProduct && factory.StartsWith("PCA")) continue;
            using FaissIndex index = Factories.Filled(factory, gallery, D, metric);
            for (int i = 0; i < parameters.Length; i += 2) index.SetParameter((string)parameters[i], Convert.ToDouble(parameters[i + 1]));
            double recall = Managed.Recall(index.Search(queries, K).Ids, Managed.Nearest(gallery, queries, D, K, metric).Ids, K);
            Assert.True(recall >= floor, $"{factory} by {metric}: recall {recall:F3} is below {floor}");
        }
    }

    [Fact]
    public void More_lists_visited_never_lose_neighbours()
    {
        float[] gallery = Managed.Clustered(N, D, 1, clusters: 64, spread: 0.7), queries = Managed.Clustered(Q, D, 2, clusters: 64, spread: 0.7);
        long[] truth = Managed.Nearest(gallery, queries, D, K, FaissMetric.L2).Ids;
        using FaissIndex index = Factories.Filled("IVF64,Flat", gallery, D);
        double last = 0;
        foreach (int nprobe in new[] { 1, 2, 4, 8, 16, 32, 64 })
        {
            index.SetParameter("nprobe", nprobe);
            double recall = Managed.Recall(index.Search(queries, K).Ids, truth, K);
            Assert.True(recall >= last, $"nprobe={nprobe}: {recall} after {last}");
            last = recall;
        }
        Assert.True(last > 0.9999);
    }

    [Theory]
    [InlineData("HNSW16")]
    [InlineData("IDMap,HNSW16")]
    public void A_graph_returns_k_neighbours_although_it_keeps_fewer_candidates(string factory)
    {
        float[] gallery = Managed.Clustered(1000, D, 1), queries = Managed.Clustered(20, D, 2);
        using FaissIndex index = Factories.Filled(factory, gallery, D);
        double before = index.Parameters.Single(p => p.Name == "efSearch").Value;
        Assert.True(before < 200);
        long[] ids = index.Search(queries, 200).Ids;
        Assert.DoesNotContain(-1, ids);
        if (!Factories.KeepsIds(factory)) Assert.True(Managed.Recall(ids, Managed.Nearest(gallery, queries, D, 200, FaissMetric.L2).Ids, 200) > 0.95);
        Assert.Equal(before, index.Parameters.Single(p => p.Name == "efSearch").Value);
    }

    [Theory]
    [MemberData(nameof(Factories.All), MemberType = typeof(Factories))]
    public void Every_kind_can_be_trained_filled_and_searched_and_finds_the_query_itself(string factory)
    {
        const int d = 16, n = 600;
        float[] gallery = Managed.Clustered(n, d, 1);
        using FaissIndex index = Factories.Filled(factory, gallery, d);
        Assert.Equal(n, index.Count);
        Assert.True(index.IsTrained);
        foreach (FaissParameter p in index.Parameters.Where(p => p.Name == "nprobe").ToArray()) index.SetParameter(p.Name, p.Maximum);
        long[] ids = index.Search(gallery, 50).Ids;
        int scale = Factories.KeepsIds(factory) ? 3 : 1;
        double self = Enumerable.Range(0, n).Average(i => ids.AsSpan(i * 50, 50).Contains((long)i * scale) ? 1.0 : 0.0);
        // One bit for each of 8 to 16 directions is all that LSH and PQ8x1 keep.
        double floor = factory.Contains("LSH") || factory.Contains("x1np") ? 0.6 : factory.Contains("x4fs") || factory.Contains("8,Flat") ? 0.85 : 0.95;
        Assert.True(self >= floor, $"{factory} found {self:P0} of its own vectors among 50");
        Assert.All(ids, id => Assert.InRange(id, -1, (n - 1) * scale));
    }
}
