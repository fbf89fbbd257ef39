namespace SimSearch.Faiss.Tests;

public class IdTests
{
    private const int D = 8;
    private static readonly float[] Gallery = Managed.Clustered(300, D, 1);

    [Theory]
    [InlineData("IDMap,Flat")]
    [InlineData("IDMap2,Flat")]
    [InlineData("IDMap,SQ8")]
    [InlineData("IDMap,HNSW16")]
    [InlineData("IVF4,Flat")]
    [InlineData("PCA4,IVF4,Flat")]
    [InlineData("IDMap,IVF4,Flat,RFlat")]
    public void Ids_given_are_the_ids_found(string factory)
    {
        long[] ids = [.. Enumerable.Range(0, 300).Select(i => (1L << 40) + 7L * i)];
        using var index = FaissIndex.Create(D, factory);
        Assert.True(index.HasOwnIds);
        index.Train(Gallery);
        index.AddWithIds(Gallery, ids);
        var (found, _) = index.Search(Gallery, 1);
        Assert.True(found.Zip(ids).Count(p => p.First == p.Second) > 290);
    }

    [Theory]
    [InlineData("Flat")]
    [InlineData("HNSW16")]
    [InlineData("SQ8")]
    [InlineData("IVF4,Flat,RFlat")]
    public void Where_FAISS_numbers_the_vectors_ids_are_refused(string factory)
    {
        using var index = FaissIndex.Create(D, factory);
        index.Train(Gallery);
        Assert.False(index.HasOwnIds);
        Assert.Contains("IDMap", Assert.Throws<FaissNotSupportedException>(() => index.AddWithIds(Gallery.AsSpan(0, D), [5])).Message);
        Assert.Equal(0, index.Count);
    }

    [Fact]
    public void Ids_and_vectors_must_match_and_be_zero_or_larger()
    {
        using var index = FaissIndex.Create(D, "IDMap,Flat");
        Assert.Throws<ArgumentException>(() => index.AddWithIds(Gallery.AsSpan(0, 2 * D), [1]));
        Assert.Throws<ArgumentException>(() => index.AddWithIds(Gallery.AsSpan(0, D), [1, 2]));
        Assert.Contains("-1", Assert.Throws<ArgumentException>(() => index.AddWithIds(Gallery.AsSpan(0, 2 * D), [1, -1])).Message);
        Assert.Throws<FaissNotSupportedException>(() => index.Add(Gallery));
        Assert.Equal(0, index.Count);
    }

    [Theory]
    [InlineData("IDMap,Flat")]
    [InlineData("IDMap2,Flat")]
    [InlineData("IDMap,PQ4np")]
    [InlineData("IVF4,Flat")]
    [InlineData("IVF4,SQ8")]
    [InlineData("PCA4,IVF4,PQ2np")]
    public void What_was_removed_is_never_found_and_the_rest_keeps_its_ids(string factory)
    {
        using var index = FaissIndex.Create(D, factory);
        index.Train(Gallery);
        index.AddWithIds(Gallery, [.. Enumerable.Range(0, 300).Select(i => 10L * i)]);
        foreach (FaissParameter p in index.Parameters.Where(p => p.Name == "nprobe").ToArray()) index.SetParameter(p.Name, p.Maximum);
        long[] before = index.Search(Gallery, 1).Ids;
        long[] gone = [.. Enumerable.Range(0, 300).Where(i => i % 3 == 0).Select(i => 10L * i)];
        Assert.Equal(100, index.Remove([.. gone, 999_999, 10 * 0]));
        Assert.Equal(200, index.Count);
        long[] all = index.Search(Gallery, 300).Ids;
        Assert.Empty(all.Intersect(gone));
        Assert.Equal(200, all.Where(id => id >= 0).Distinct().Count());
        long[] after = index.Search(Gallery, 1).Ids;
        for (int i = 0; i < 300; i++)
            if (!gone.Contains(before[i])) Assert.Equal(before[i], after[i]);
        Assert.Equal(0, index.Remove(gone));
    }

    [Fact]
    public void Row_numbers_move_up_when_a_row_is_removed()
    {
        using FaissIndex index = Factories.Filled("Flat", Gallery, D);
        Assert.Equal(1, index.Remove([10]));
        Assert.Equal([10L], index.Search(Gallery[(11 * D)..(12 * D)], 1).Ids);
    }

    [Theory]
    [InlineData("HNSW16")]
    [InlineData("IDMap,HNSW16")]
    [InlineData("IVF4,PQ4x4fs")] // FAISS would end the process
    [InlineData("PQ4x4fs")]
    [InlineData("IDMap,PQ4x4fs")]
    [InlineData("Flat,RFlat")]
    public void Kinds_that_cannot_remove_say_so(string factory)
    {
        using FaissIndex index = Factories.Filled(factory, Gallery, D);
        Assert.Throws<FaissNotSupportedException>(() => index.Remove([0, 3]));
        Assert.Equal(300, index.Count);
        Assert.Equal(0, index.Remove([]));
    }

    [Theory]
    [InlineData("Flat", 0)]
    [InlineData("HNSW16", 0)]
    [InlineData("IDMap2,Flat", 0)]
    [InlineData("L2norm,Flat", 10)]
    [InlineData("SQ8", 0.05)]
    [InlineData("SQfp16", 0.01)]
    [InlineData("Flat,RFlat", 0)]
    [InlineData("IDMap2,SQ8", 0.05)]
    public void A_stored_vector_comes_back(string factory, double tolerance)
    {
        using FaissIndex index = Factories.Filled(factory, Gallery, D);
        var vector = new float[D];
        int scale = Factories.KeepsIds(factory) ? 3 : 1;
        foreach (int row in new[] { 0, 17, 299 })
        {
            index.Reconstruct(row * scale, vector);
            for (int j = 0; j < D; j++) Assert.Equal(Gallery[row * D + j], vector[j], tolerance);
        }
        foreach (long id in new[] { -1L, 300 * scale, long.MaxValue, long.MinValue, int.MaxValue })
            Assert.Throws<ArgumentOutOfRangeException>(() => index.Reconstruct(id, vector));
        Assert.Throws<ArgumentException>(() => index.Reconstruct(0, new float[D - 1]));
        Assert.Throws<ArgumentException>(() => index.Reconstruct(0, new float[D + 1]));
    }

    [Fact]
    public void An_inverted_file_reconstructs_once_it_knows_where_ids_lie()
    {
        using var index = FaissIndex.Create(D, "IVF4,Flat");
        index.Train(Gallery);
        index.AddWithIds(Gallery, [.. Enumerable.Range(0, 300).Select(i => 5L * i)]);
        var vector = new float[D];
        Assert.Contains("EnableReconstruct", Assert.Throws<FaissNotSupportedException>(() => index.Reconstruct(5, vector)).Message);
        index.EnableReconstruct();
        index.Reconstruct(5, vector);
        Assert.Equal(Gallery[D..(2 * D)], vector);
        // The table follows later additions and removals.
        index.AddWithIds(Gallery.AsSpan(0, D), [1_000_001]);
        index.Reconstruct(1_000_001, vector);
        Assert.Equal(Gallery[..D], vector);
        Assert.Equal(1, index.Remove([5]));
        foreach (long id in new[] { 5L, -1, 1, long.MaxValue }) Assert.Throws<ArgumentOutOfRangeException>(() => index.Reconstruct(id, vector));
    }

    [Theory]
    [InlineData("IDMap,Flat", "IDMap2")]
    [InlineData("ITQ8,LSH", "undone")]
    public void Kinds_that_cannot_reconstruct_say_why(string factory, string says)
    {
        using FaissIndex index = Factories.Filled(factory, Gallery, D);
        Assert.Contains(says, Assert.Throws<FaissNotSupportedException>(() => index.Reconstruct(3, new float[D])).Message);
    }
}
