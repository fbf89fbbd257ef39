namespace SimSearch.Faiss.Tests;

public sealed class FileTests : IDisposable
{
    private const int D = 16;
    private static readonly float[] Gallery = Managed.Clustered(400, D, 1), Queries = Managed.Clustered(20, D, 2);
    private readonly string folder = Directory.CreateTempSubdirectory("simsearch-faiss-test-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private string FileOf(string name) => Path.Combine(folder, name);

    [Theory]
    [MemberData(nameof(Factories.All), MemberType = typeof(Factories))]
    public void A_saved_index_answers_as_the_one_in_memory(string factory)
    {
        using FaissIndex index = Factories.Filled(factory, Gallery, D);
        string file = FileOf("a.faiss"), hash = index.Save(file);
        Assert.Matches("^[0-9a-f]{64}$", hash);
        foreach (bool map in new[] { false, true })
        {
            using FaissIndex loaded = FaissIndex.Load(file, new FaissLoadOptions { ExpectedSha256 = hash, MemoryMap = map });
            Assert.Equal((index.Dimension, index.Count, index.IsTrained, index.Metric, index.Kind), (loaded.Dimension, loaded.Count, loaded.IsTrained, loaded.Metric, loaded.Kind));
            Assert.Equal(index.Search(Queries, 7).Ids, loaded.Search(Queries, 7).Ids);
            Assert.Equal(index.Search(Queries, 7).Distances, loaded.Search(Queries, 7).Distances);
            if (map) continue;
            Assert.Equal(hash, loaded.Save(FileOf("b.faiss"))); // saving what was loaded writes the same bytes
        }
        using FaissIndex tried = FaissIndex.Load(file);
        Assert.Equal(index.Search(Queries, 7).Ids, tried.Search(Queries, 7).Ids);
        Assert.Empty(Directory.GetFiles(folder, ".*")); // no temporary file is left behind
    }

    [Fact]
    public void Empty_and_untrained_indexes_can_be_saved_too()
    {
        foreach (string factory in Factories.All().Select(row => row.Data))
        {
            using var index = FaissIndex.Create(D, factory);
            string hash = index.Save(FileOf("empty"));
            using FaissIndex loaded = FaissIndex.Load(FileOf("empty"), new FaissLoadOptions { ExpectedSha256 = hash });
            Assert.Equal((0, index.IsTrained), (loaded.Count, loaded.IsTrained));
            if (loaded.IsTrained) Assert.All(loaded.Search(Queries, 3).Ids, id => Assert.Equal(-1, id));
        }
    }

    [Fact]
    public void A_mapped_index_is_read_only_and_refuses_what_would_end_the_process()
    {
        using FaissIndex index = Factories.Filled("IVF8,Flat", Gallery, D);
        string hash = index.Save(FileOf("a"));
        using FaissIndex mapped = FaissIndex.Load(FileOf("a"), new FaissLoadOptions { ExpectedSha256 = hash, MemoryMap = true });
        Assert.True(mapped.IsMemoryMapped);
        Assert.False(index.IsMemoryMapped);
        Assert.Throws<FaissNotSupportedException>(() => mapped.Add(Gallery));
        Assert.Throws<FaissNotSupportedException>(() => mapped.AddWithIds(Gallery.AsSpan(0, D), [1]));
        Assert.Throws<FaissNotSupportedException>(() => mapped.Remove([1]));
        Assert.Contains("copy", Assert.Throws<FaissNotSupportedException>(() => mapped.Save(FileOf("b"))).Message);
        Assert.False(File.Exists(FileOf("b")));
        mapped.SetParameter("nprobe", 8);
        index.SetParameter("nprobe", 8);
        Assert.Equal(index.Search(Queries, 5).Ids, mapped.Search(Queries, 5).Ids);
        Assert.NotEmpty(mapped.RangeSearch(Queries, 1e6f).Ids);
    }

    [Fact]
    public void A_flipped_byte_or_a_missing_end_is_never_served()
    {
        using FaissIndex index = Factories.Filled("IVF2,Flat", Gallery[..(20 * D)], D);
        string file = FileOf("a"), hash = index.Save(file);
        var options = new FaissLoadOptions { ExpectedSha256 = hash };
        byte[] good = File.ReadAllBytes(file);
        for (int at = 0; at < good.Length; at++)
        {
            byte[] bad = [.. good];
            bad[at] ^= (byte)(1 << (at % 8));
            File.WriteAllBytes(file, bad);
            Assert.Throws<FaissIndexFileException>(() => FaissIndex.Load(file, options));
        }
        for (int length = 0; length < good.Length; length++)
        {
            File.WriteAllBytes(file, good[..length]);
            Assert.Throws<FaissIndexFileException>(() => FaissIndex.Load(file, options));
        }
        File.WriteAllBytes(file, [.. good, 0]);
        Assert.Throws<FaissIndexFileException>(() => FaissIndex.Load(file, options));
        File.WriteAllBytes(file, good);
        using FaissIndex whole = FaissIndex.Load(file, new FaissLoadOptions { ExpectedSha256 = hash.ToUpperInvariant() });
        Assert.Equal(20, whole.Count);
    }

    [Theory]
    [InlineData("HNSW4")]
    [InlineData("IDMap2,Flat")]
    [InlineData("IVF2,PQ2x4np")]
    [InlineData("PCA4,IVF2,SQ8")]
    [InlineData("PQ4x4fs,RFlat")]
    public void Without_a_checksum_a_damaged_file_gives_an_error_or_an_index_that_can_be_searched(string factory)
    {
        using FaissIndex index = Factories.Filled(factory, Gallery[..(300 * D)], D);
        string file = FileOf("a");
        index.Save(file);
        byte[] good = File.ReadAllBytes(file);
        var random = new Random(5);
        int refused = 0, tries = 40;
        for (int i = 0; i < tries; i++)
        {
            byte[] bad = [.. good];
            // Headers and the ends of sections are where sizes stand; hit the first bytes as often as all others.
            int at = i % 2 == 0 ? random.Next(Math.Min(200, bad.Length)) : random.Next(bad.Length);
            if (i % 5 == 4) bad = bad[..at];
            else bad[at] = (byte)(i % 3 == 0 ? 0xFF : bad[at] ^ (1 << random.Next(8)));
            File.WriteAllBytes(file, bad);
            try
            {
                using FaissIndex loaded = FaissIndex.Load(file);
                if (loaded.IsTrained && loaded.Dimension == D) loaded.Search(Queries, 5);
            }
            catch (FaissException)
            {
                refused++;
            }
        }
        Assert.InRange(refused, tries / 5, tries);
    }

    [Theory]
    [InlineData("")]
    [InlineData("I")]
    [InlineData("IxFI")]
    [InlineData("IwFl")]
    [InlineData("this is a text file, not an index, and FAISS says so when it reads the first four letters of it")]
    [InlineData("IxFI\u0010\0\0\0\u007f\u007f\u007f\u007f\u007f\u007f\u007f\u007f\u007f\u007f\u007f\u007f\u007f\u007f\u007f\u007f\u007f\u007f\u007f\u007f\u0001\u0001\0\0\0\u007f\u007f\u007f\u007f\u007f\u007f\u007f\u007f")]
    public void What_is_not_an_index_is_a_typed_error_checksum_or_not(string content)
    {
        File.WriteAllText(FileOf("x"), content);
        string hash = Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(FileOf("x"))));
        Assert.Throws<FaissIndexFileException>(() => FaissIndex.Load(FileOf("x")));
        Assert.Throws<FaissIndexFileException>(() => FaissIndex.Load(FileOf("x"), new FaissLoadOptions { ExpectedSha256 = hash }));
    }

    [Fact]
    public void Missing_files_folders_and_targets_are_typed_errors_and_harm_nothing()
    {
        Assert.Throws<FaissIndexFileException>(() => FaissIndex.Load(FileOf("absent")));
        Assert.Throws<FaissIndexFileException>(() => FaissIndex.Load(folder));
        using FaissIndex index = Factories.Filled("Flat", Gallery, D);
        File.WriteAllText(FileOf("plain"), "a file");
        Assert.Throws<FaissIndexFileException>(() => index.Save(Path.Combine(FileOf("plain"), "below")));
        Assert.Equal("a file", File.ReadAllText(FileOf("plain")));
        Directory.CreateDirectory(FileOf("taken"));
        Assert.Throws<FaissIndexFileException>(() => index.Save(FileOf("taken")));
        Assert.Empty(Directory.GetFiles(folder, ".*"));
        index.Save(Path.Combine(folder, "new", "deep", "naïve name %s.faiss"));
        using FaissIndex loaded = FaissIndex.Load(Path.Combine(folder, "new", "deep", "naïve name %s.faiss"));
        Assert.Equal(400, loaded.Count);
    }

    [Fact]
    public void A_replaced_file_is_replaced_whole()
    {
        using FaissIndex large = Factories.Filled("Flat", Gallery, D), small = Factories.Filled("Flat", Gallery[..D], D);
        large.Save(FileOf("a"));
        string hash = small.Save(FileOf("a"));
        using FaissIndex loaded = FaissIndex.Load(FileOf("a"), new FaissLoadOptions { ExpectedSha256 = hash });
        Assert.Equal(1, loaded.Count);
    }
}
