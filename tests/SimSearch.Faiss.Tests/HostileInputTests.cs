namespace SimSearch.Faiss.Tests;

public class HostileInputTests
{
    private const int D = 12;
    private static readonly float[] Gallery = Managed.Clustered(200, D, 1);

    public static TheoryData<float, int> BadNumbers()
    {
        var cases = new TheoryData<float, int>();
        foreach (float bad in new[] { float.NaN, -float.NaN, float.PositiveInfinity, float.NegativeInfinity })
            foreach (int at in new[] { 0, 1, 31, 100, 200 * D - 2, 200 * D - 1 }) // in the vectorised part and in its tail
                cases.Add(bad, at);
        return cases;
    }

    [Theory]
    [MemberData(nameof(BadNumbers))]
    public void Numbers_that_are_not_finite_are_refused_everywhere_and_leave_the_index_as_it_was(float bad, int at)
    {
        float[] vectors = [.. Gallery];
        vectors[at] = bad;
        using var index = FaissIndex.Create(D, "IVF4,Flat");
        string message = Assert.Throws<FaissVectorException>(() => index.Train(vectors)).Message;
        Assert.Contains($"{at / D} has", message);
        Assert.Contains($"component {at % D};", message);
        Assert.False(index.IsTrained);
        index.Train(Gallery);
        Assert.Throws<FaissVectorException>(() => index.Add(vectors));
        Assert.Throws<FaissVectorException>(() => index.AddWithIds(vectors, new long[200]));
        Assert.Equal(0, index.Count);
        index.Add(Gallery);
        Assert.Throws<FaissVectorException>(() => index.Search(vectors, 1));
        Assert.Throws<FaissVectorException>(() => index.RangeSearch(vectors, 1));
        Assert.Throws<FaissVectorException>(() => FaissKMeans.Run(vectors, D, 3));
    }

    [Fact]
    public void The_largest_finite_numbers_are_not_taken_for_infinite()
    {
        float[] values = [.. Enumerable.Repeat(float.MaxValue, 100), .. Enumerable.Repeat(float.MinValue, 100), .. Enumerable.Repeat(float.Epsilon, 100), 0, -0f];
        Assert.Equal(-1, Vectors.IndexOfNonFinite(values));
        for (int i = 0; i < values.Length; i++)
        {
            float[] spoilt = [.. values];
            spoilt[i] = float.PositiveInfinity;
            Assert.Equal(i, Vectors.IndexOfNonFinite(spoilt));
        }
        using var index = FaissIndex.Create(1, "Flat");
        index.Add(values); // squared distances overflow to infinity, which must not crash
        index.Search(values, 3);
    }

    [Fact]
    public void Spans_of_the_wrong_size_are_refused_before_native_code_sees_them()
    {
        using FaissIndex index = Factories.Filled("Flat", Gallery, D);
        Assert.Throws<ArgumentException>(() => index.Add(Gallery.AsSpan(0, D - 1)));
        Assert.Throws<ArgumentException>(() => index.Train(Gallery.AsSpan(0, D + 1)));
        Assert.Throws<ArgumentException>(() => index.Search(Gallery.AsSpan(0, D + 1), 1, new float[1], new long[1]));
        Assert.Throws<ArgumentException>(() => index.Search(Gallery.AsSpan(0, D), 3, new float[2], new long[3]));
        Assert.Throws<ArgumentException>(() => index.Search(Gallery.AsSpan(0, D), 3, new float[3], new long[2]));
        Assert.Throws<ArgumentException>(() => index.Search(Gallery.AsSpan(0, D), 3, new float[4], new long[3]));
        Assert.Throws<ArgumentOutOfRangeException>(() => index.Search(Gallery.AsSpan(0, D), 0, [], []));
        Assert.Throws<ArgumentOutOfRangeException>(() => index.Search(Gallery.AsSpan(0, D), -1, [], []));
        Assert.Throws<ArgumentException>(() => index.Search(Gallery, int.MaxValue, new float[5], new long[5]));
        index.Search([], 5, [], []);
        index.Add([]);
        Assert.Equal(200, index.Count);
    }

    [Fact]
    public void Use_before_training_is_refused()
    {
        foreach (string factory in new[] { "IVF4,Flat", "PQ4np", "SQ8", "PCA4,Flat", "OPQ4,PQ4np", "IVF4,PQ4x4fs", "IDMap,PQ4np", "HNSW16_SQ8" })
        {
            using var index = FaissIndex.Create(D, factory);
            Assert.False(index.IsTrained);
            Assert.Throws<FaissNotTrainedException>(() => { if (Factories.KeepsIds(factory)) index.AddWithIds(Gallery.AsSpan(0, D), [1]); else index.Add(Gallery); });
            Assert.Throws<FaissNotTrainedException>(() => index.Search(Gallery, 1));
            Assert.Throws<FaissNotTrainedException>(() => index.RangeSearch(Gallery, 1));
        }
    }

    [Theory]
    [MemberData(nameof(Factories.All), MemberType = typeof(Factories))]
    public void Too_few_training_vectors_are_refused_with_the_number_needed(string factory)
    {
        using var index = FaissIndex.Create(16, factory);
        if (index.FewestToTrain == 1) return;
        Assert.False(index.IsTrained);
        float[] few = Managed.Clustered((int)index.FewestToTrain - 1, 16, 1);
        Assert.Contains($"at least {index.FewestToTrain} ", Assert.Throws<FaissVectorException>(() => index.Train(few)).Message);
        Assert.Throws<FaissVectorException>(() => index.Train([]));
        index.Train(Managed.Clustered((int)index.FewestToTrain, 16, 1));
        Assert.True(index.IsTrained);
    }

    [Fact]
    public void An_index_that_holds_vectors_is_not_trained_again()
    {
        using FaissIndex index = Factories.Filled("IVF4,Flat", Gallery, D);
        Assert.Throws<FaissNotSupportedException>(() => index.Train(Gallery));
        Assert.Equal(200, index.Count);
    }

    [Theory]
    [InlineData("IVF4,Flat")]
    [InlineData("PQ4x4np")]
    [InlineData("HNSW8")]
    public void Vectors_that_are_all_the_same_are_no_trouble(string factory)
    {
        using FaissIndex index = Factories.Filled(factory, new float[100 * D], D);
        Assert.Equal(0, index.Search(new float[D], 1).Distances[0]);
    }

    [Fact]
    public void Use_after_dispose_is_an_ObjectDisposedException_everywhere()
    {
        FaissIndex index = Factories.Filled("Flat", Gallery, D);
        index.Dispose();
        index.Dispose();
        Action[] uses =
        [
            () => _ = index.Count, () => _ = index.IsTrained, () => _ = index.Parameters, () => index.Add(Gallery), () => index.Train(Gallery), () => index.Search(Gallery, 1),
            () => index.RangeSearch(Gallery, 1), () => index.Remove([1]), () => index.Reconstruct(1, new float[D]), () => index.SetParameter("nprobe", 1), () => index.Save(Path.GetTempFileName()), () => index.EnableReconstruct(),
        ];
        Assert.All(uses, use => Assert.Throws<ObjectDisposedException>(use));
        Assert.Equal(D, index.Dimension);
    }
}
