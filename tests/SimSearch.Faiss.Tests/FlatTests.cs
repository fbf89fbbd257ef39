using SimSearch.Tests.Support;

namespace SimSearch.Faiss.Tests;

public class FlatTests
{
    public static TheoryData<int, int, int, FaissMetric> Cases()
    {
        var cases = new TheoryData<int, int, int, FaissMetric>();
        foreach (FaissMetric metric in Enum.GetValues<FaissMetric>())
            foreach (int d in new[] { 1, 2, 3, 7, 8, 15, 16, 17, 33, 64, 100, 129 })
                foreach (int q in new[] { 1, 5, 70 }) // one by one, a handful, and FAISS's matrix products
                    cases.Add(d, q, 200, metric);
        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Flat_finds_what_computing_and_sorting_everything_finds(int d, int q, int n, FaissMetric metric)
    {
        float[] gallery = Managed.Clustered(n, d, 1), queries = Managed.Clustered(q, d, 2);
        using var index = FaissIndex.Create(d, "Flat", metric);
        index.Add(gallery);
        const int k = 10;
        var (ids, distances) = index.Search(queries, k);
        var (_, expected) = Managed.Nearest(gallery, queries, d, k, metric);
        for (int i = 0; i < ids.Length; i++)
        {
            // Near ties may come in another order; the distance of what was found must still be the right one at every rank.
            double scale = 1e-4 * (1 + Math.Abs(expected[i]) + Managed.Score(queries.AsSpan(i / k * d, d), queries.AsSpan(i / k * d, d), FaissMetric.InnerProduct));
            Assert.Equal(expected[i], distances[i], scale);
            Assert.Equal(expected[i], Managed.Score(queries.AsSpan(i / k * d, d), gallery.AsSpan((int)ids[i] * d, d), metric), scale);
        }
    }

    [Fact]
    public void A_search_allocates_nothing()
    {
        using FaissIndex index = Factories.Filled("Flat", Managed.Clustered(50, 8, 1), 8);
        float[] query = Managed.Clustered(1, 8, 2), distances = new float[3];
        var ids = new long[3];
        Assert.InRange(Allocations.Least(() =>
        {
            for (int i = 0; i < 1000; i++) index.Search(query, 3, distances, ids);
        }), 0, 1000);
    }

    [Fact]
    public void More_neighbours_than_vectors_leaves_minus_one_at_the_end()
    {
        using var index = FaissIndex.Create(4, "Flat");
        index.Add([0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0]);
        var (ids, _) = index.Search([0.1f, 0, 0, 0], 5);
        Assert.Equal([0, 1, 2, -1, -1], ids);
    }
}
