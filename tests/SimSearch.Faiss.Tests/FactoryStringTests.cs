namespace SimSearch.Faiss.Tests;

public class FactoryStringTests
{
    [Theory]
    [InlineData("")]
    [InlineData(",")]
    [InlineData("Flat,")]
    [InlineData(",Flat")]
    [InlineData("Flat,Flat")]
    [InlineData("flat")]
    [InlineData(" Flat")]
    [InlineData("Flat ")]
    [InlineData("Flat\0")]
    [InlineData("Flat\n")]
    [InlineData("Flät")]
    [InlineData("IVF0,Flat", "inverted lists")]
    [InlineData("IVF,Flat")]
    [InlineData("IVF-1,Flat")]
    [InlineData("IVF99999999999999999999,Flat", "too large")]
    [InlineData("IVF2147483648,Flat", "too large")]
    [InlineData("IVF100M,Flat", "inverted lists")]
    [InlineData("IVF16", "without a code")]
    [InlineData("IVF16,")]
    [InlineData("IVF16,HNSW32")]
    [InlineData("IVF16,LSH")]
    [InlineData("IVF16_HNSW0,Flat", "neighbours")]
    [InlineData("IVF16_HNSW1,Flat", "neighbours")]
    [InlineData("IVF16_NSG32,Flat")]
    [InlineData("IVF16(Flat),Flat")]
    [InlineData("HNSW0", "neighbours")]
    [InlineData("HNSW1", "neighbours")]
    [InlineData("HNSW100000", "neighbours")]
    [InlineData("HNSW32_PQ5", "multiple")]
    [InlineData("HNSW32_Flat2")]
    [InlineData("HNSW32_2x32,Flat")]
    [InlineData("NSG32")]
    [InlineData("PQ0", "multiple")]
    [InlineData("PQ5", "multiple")]
    [InlineData("PQ32", "multiple")]
    [InlineData("PQ8x99", "bits")]
    [InlineData("PQ8x0", "bits")]
    [InlineData("PQ8x12", "PQ8x12np")]
    [InlineData("PQ8x31np", "bits")]
    [InlineData("PQ")]
    [InlineData("PQnp")]
    [InlineData("PQ8NP")]
    [InlineData("PQ8x8x8")]
    [InlineData("PQ3x4fs", "multiple")]
    [InlineData("PQ8x4fs_0", "32 vectors")]
    [InlineData("PQ8x4fs_64", "32 vectors")]
    [InlineData("PQ8x4fsr", "IVF<n>,PQ8x4fsr")]
    [InlineData("PQ8x5fs")]
    [InlineData("IVF16,PQ8+8", "RFlat")]
    [InlineData("IVF16,PQ5np", "4 is")]
    [InlineData("SQ7")]
    [InlineData("SQ")]
    [InlineData("SQ16")]
    [InlineData("IMI2x0,Flat", "bits")]
    [InlineData("IMI2x16,Flat", "bits")]
    [InlineData("IMI3x4,Flat")]
    [InlineData("PCA", "without a number")]
    [InlineData("PCA8", "ends before")]
    [InlineData("PCA0,Flat", "dimensions")]
    [InlineData("PCA17,Flat", "dimensions")]
    [InlineData("PCA-3,Flat")]
    [InlineData("PCA8_4,Flat")]
    [InlineData("OPQ,PQ8np", "without a number")]
    [InlineData("OPQ0,PQ8np", "parts")]
    [InlineData("OPQ5,PQ8np", "parts")]
    [InlineData("OPQ4_32,PQ4np", "parts")]
    [InlineData("OPQ4_6,PQ4np", "parts")]
    [InlineData("OPQ4_8,PQ16np", "multiple")]
    [InlineData("Pad8,Flat", "fewer")]
    [InlineData("Pad999999,Flat", "fewer")]
    [InlineData("RR0,Flat", "dimensions")]
    [InlineData("ITQ17,LSH", "dimensions")]
    [InlineData("IDMap", "ends before")]
    [InlineData("IDMap,")]
    [InlineData("IDMap,IDMap,Flat")]
    [InlineData("IDMap3,Flat")]
    [InlineData("IDMap,IVF16,Flat", "write IVF16,Flat")]
    [InlineData("IDMap2,PCA8,IVF16,Flat", "write PCA8,IVF16,Flat")]
    [InlineData("Flat,IDMap")]
    [InlineData("Flat,RFlat,RFlat")]
    [InlineData("RFlat")]
    [InlineData("IVF16,Flat,Refine(LSH)", "refines")]
    [InlineData("IVF16,Flat,Refine(PQ8x4fs)", "refines")]
    [InlineData("IVF16,Flat,Refine(PQ8)", "refines")]
    [InlineData("IVF16,Flat,Refine()")]
    [InlineData("IVF16,Flat,Refine(Flat", "parentheses")]
    [InlineData("IVF16,Flat,Refine(Flat))", "parentheses")]
    [InlineData("((((((((((Flat", "parentheses")]
    [InlineData("RQ4x8")]
    [InlineData("LSQ4x8")]
    [InlineData("ZnLattice3x10_6")]
    [InlineData("Residual16,PQ8")]
    [InlineData("Flat; rm -rf /")]
    public void What_FAISS_would_misread_or_crash_on_is_refused_with_a_way_out(string factory, string says = "")
    {
        var error = Assert.Throws<FaissFactoryException>(() => FaissIndex.Create(16, factory));
        Assert.Contains(factory.Length == 0 ? "factory ''" : factory, error.Message);
        Assert.Contains(says, error.Message);
    }

    [Fact]
    public void A_very_long_string_is_refused_at_once()
    {
        Assert.Throws<FaissFactoryException>(() => FaissIndex.Create(16, string.Concat(Enumerable.Repeat("PCA8,", 100_000)) + "Flat"));
        Assert.Throws<FaissFactoryException>(() => FaissIndex.Create(16, new string('(', 100_000)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(int.MinValue)]
    [InlineData(65537)]
    [InlineData(int.MaxValue)]
    public void Impossible_dimensions_are_refused(int dimension) => Assert.Throws<ArgumentOutOfRangeException>(() => FaissIndex.Create(dimension, "Flat"));

    [Fact]
    public void Unknown_metrics_are_refused() => Assert.Throws<ArgumentOutOfRangeException>(() => FaissIndex.Create(4, "Flat", (FaissMetric)23));

    [Theory]
    [InlineData("LSH")]
    [InlineData("IMI2x3,Flat")]
    public void What_FAISS_offers_for_L2_only_says_so(string factory) =>
        Assert.Contains("L2 only", Assert.Throws<FaissFactoryException>(() => FaissIndex.Create(16, factory, FaissMetric.InnerProduct)).Message);

    [Theory]
    [MemberData(nameof(Factories.All), MemberType = typeof(Factories))]
    public void Everything_on_offer_is_made(string factory)
    {
        using var index = FaissIndex.Create(16, factory);
        Assert.Equal(16, index.Dimension);
        Assert.Equal(0, index.Count);
        Assert.NotEmpty(index.Kind);
    }
}
