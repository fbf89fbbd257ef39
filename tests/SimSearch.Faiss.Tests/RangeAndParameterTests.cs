namespace SimSearch.Faiss.Tests;

public class RangeAndParameterTests
{
    private const int D = 12;
    private static readonly float[] Gallery = Managed.Clustered(500, D, 1), Queries = Managed.Clustered(25, D, 2);

    [Theory]
    [InlineData("Flat", FaissMetric.L2, 4f)]
    [InlineData("Flat", FaissMetric.InnerProduct, 8f)]
    [InlineData("IVF8,Flat", FaissMetric.L2, 4f)]
    [InlineData("IVF8,Flat", FaissMetric.InnerProduct, 8f)]
    public void A_range_search_finds_exactly_what_lies_within(string factory, FaissMetric metric, float radius)
    {
        using FaissIndex index = Factories.Filled(factory, Gallery, D, metric);
        if (index.Parameters.Count > 0) index.SetParameter("nprobe", 8);
        FaissRangeResult found = index.RangeSearch(Queries, radius);
        Assert.Equal(26, found.Offsets.Length);
        Assert.Equal(0, found.Offsets[0]);
        int some = 0;
        for (int q = 0; q < 25; q++)
        {
            var scores = Enumerable.Range(0, 500).ToDictionary(j => (long)j, j => Managed.Score(Queries.AsSpan(q * D, D), Gallery.AsSpan(j * D, D), metric));
            long[] ids = found.Ids[(int)found.Offsets[q]..(int)found.Offsets[q + 1]];
            bool Inside(double score, double slack) => metric == FaissMetric.L2 ? score < radius - slack : score > radius + slack;
            Assert.All(ids, id => Assert.True(Inside(scores[id], -1e-4)));
            Assert.Empty(scores.Where(s => Inside(s.Value, 1e-4)).Select(s => s.Key).Except(ids));
            Assert.Equal(ids.Length, ids.Distinct().Count());
            some += ids.Length;
        }
        Assert.InRange(some, 25, 25 * 499);
        Assert.Equal(some, found.Distances.Length);
    }

    [Fact]
    public void Extreme_radii_find_nothing_everything_or_are_refused()
    {
        using FaissIndex index = Factories.Filled("Flat", Gallery, D);
        Assert.Empty(index.RangeSearch(Queries, -1).Ids);
        Assert.Equal(25 * 500, index.RangeSearch(Queries, float.PositiveInfinity).Ids.Length);
        Assert.Equal([0L], index.RangeSearch([], 1).Offsets);
        Assert.Throws<ArgumentException>(() => index.RangeSearch(Queries, float.NaN));
        Assert.Throws<ArgumentException>(() => index.RangeSearch(Queries.AsSpan(1), 1));
    }

    [Fact]
    public void Blocks_of_a_large_range_search_are_joined_in_order()
    {
        float[] few = Managed.Clustered(10, 2, 1), many = Managed.Clustered(40_000, 2, 2);
        using FaissIndex index = Factories.Filled("Flat", few, 2);
        FaissRangeResult all = index.RangeSearch(many, 0.5f);
        foreach (int q in new[] { 0, 16_383, 16_384, 16_385, 32_768, 39_999 })
        {
            FaissRangeResult one = index.RangeSearch(many.AsSpan(q * 2, 2), 0.5f);
            Assert.Equal(one.Ids.Order(), all.Ids[(int)all.Offsets[q]..(int)all.Offsets[q + 1]].Order());
        }
        Assert.Equal(all.Ids.Length, all.Offsets[^1]);
    }

    [Theory]
    [InlineData("HNSW16")]
    [InlineData("SQ8")]
    [InlineData("PQ4np")]
    [InlineData("PQ4x4fs")]
    [InlineData("IVF8,PQ4x4fs")]
    [InlineData("LSH")]
    [InlineData("Flat,RFlat")]
    public void Kinds_that_cannot_search_by_range_say_so_or_can(string factory)
    {
        using FaissIndex index = Factories.Filled(factory, Gallery, D);
        try
        {
            Assert.NotEmpty(index.RangeSearch(Queries, 1e6f).Ids); // newer FAISS versions can
        }
        catch (FaissNotSupportedException error)
        {
            Assert.Contains("use Flat", error.Message);
        }
    }

    [Fact]
    public void Parameters_are_listed_read_and_written()
    {
        using FaissIndex index = Factories.Filled("IVF8_HNSW8,Flat", Gallery, D);
        Assert.Equal(["nprobe", "max_codes", "quantizer_efSearch", "quantizer_efConstruction"], index.Parameters.Select(p => p.Name));
        index.SetParameter("nprobe", 5);
        FaissParameter nprobe = index.Parameters[0];
        Assert.Equal((5, 1, 8), (nprobe.Value, nprobe.Minimum, nprobe.Maximum));
        index.SetParameter("quantizer_efSearch", 3);
        index.SetParameter("nprobe", 8); // a graph must keep as many candidates as lists are wanted
        Assert.Equal(8, index.Parameters.Single(p => p.Name == "quantizer_efSearch").Value);
    }

    [Theory]
    [InlineData("IVF8,Flat", "nprobe", 0)]
    [InlineData("IVF8,Flat", "nprobe", -1)]
    [InlineData("IVF8,Flat", "nprobe", 9)]
    [InlineData("IVF8,Flat", "nprobe", 1.5)]
    [InlineData("IVF8,Flat", "nprobe", double.NaN)]
    [InlineData("IVF8,Flat", "nprobe", double.PositiveInfinity)]
    [InlineData("IVF8,Flat", "max_codes", -1)]
    [InlineData("IVF8,Flat", "efSearch", 10)]
    [InlineData("IVF8,Flat", "NPROBE", 2)]
    [InlineData("IVF8,Flat", "", 2)]
    [InlineData("HNSW16", "efSearch", 0)]
    [InlineData("HNSW16", "nprobe", 1)]
    [InlineData("HNSW16", "efConstruction", 0)]
    [InlineData("Flat,RFlat", "k_factor_rf", 0.5)]
    [InlineData("Flat,RFlat", "k_factor_rf", 1e9)]
    [InlineData("Flat", "nprobe", 1)]
    public void Parameters_that_are_unknown_or_out_of_range_are_refused_and_nothing_changes(string factory, string name, double value)
    {
        using FaissIndex index = Factories.Filled(factory, Gallery, D);
        FaissParameter[] before = [.. index.Parameters];
        string message = Assert.Throws<FaissParameterException>(() => index.SetParameter(name, value)).Message;
        if (!before.Any(p => p.Name == name)) Assert.All(before, p => Assert.Contains(p.Name, message));
        Assert.Equal(before, index.Parameters);
    }
}
