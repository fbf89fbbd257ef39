using System.Security.Cryptography;
using SimSearch.Datasets;
using SimSearch.Embedding;
using SimSearch.Indexing;
using SimSearch.Storage;

namespace SimSearch.Tests;

public sealed class IndexBundleTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("simsearch-index-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private string At(string name) => Path.Combine(folder, name);

    private static Embeddings Small(int rows) => new(
        VectorMatrix.FromArray([.. Enumerable.Range(0, rows * 2).Select(i => (float)Math.Cos(i * i))], 2),
        [.. Enumerable.Range(0, rows).Select(i => new Item { Id = $"i{i}", Source = $"{i}.wav", Labels = [$"c{i % 2}"] })], "test", "f", "/data", "{\"name\":\"test\"}\n");

    [Theory]
    [InlineData("Flat", false)]
    [InlineData("Flat", true)]
    [InlineData("IVF16,Flat", false)]
    [InlineData("IVF16,Flat", true)]
    [InlineData("HNSW16", false)]
    [InlineData("HNSW16", true)]
    [InlineData("IVF8,PQ8np", true)]
    public void What_is_saved_answers_the_same_when_opened(string factory, bool memoryMap)
    {
        Galleries.NeedFaiss();
        using var gallery = Galleries.Make(500, json: "{}");
        using var queries = Galleries.Make(20, seed: 3);
        using var index = VectorIndex.Build(gallery, factory);
        index.Remove(["i5", "i77"]);
        index.Save(At("index"));
        using var opened = VectorIndex.Load(At("index"), memoryMap);
        var expected = index.Search(queries, 7);
        var found = opened.Search(queries, 7);
        Assert.Equal(expected.Rows, found.Rows);
        Assert.Equal(expected.Scores, found.Scores);
        Assert.Equal(index.Info with { IsReadOnly = memoryMap, Parameters = null! }, opened.Info with { Parameters = null! });
        Assert.Equal(index.Info.Parameters, opened.Info.Parameters);
        Assert.Equal(index.Items.Select(i => (i.Id, i.Label, i.Group, i.Start, i.Duration)), opened.Items.Select(i => (i.Id, i.Label, i.Group, i.Start, i.Duration)));
        Assert.Equal("{}", opened.EmbedderJson);
        Assert.Equal(index.Vectors.RowRange(0, 498), opened.Vectors.RowRange(0, 498));
        if (!memoryMap) return;
        Assert.Throws<IndexEngineException>(() => opened.Remove(["i1"]));
        Assert.Throws<IndexEngineException>(() => opened.Add(queries));
        Assert.Throws<IndexEngineException>(() => opened.Save(At("other")));
    }

    [Fact]
    public void What_another_program_added_meanwhile_is_not_overwritten()
    {
        using var gallery = Small(4);
        using (var built = VectorIndex.Build(gallery)) built.Save(At("index"));
        using var first = VectorIndex.Load(At("index"));
        using var second = VectorIndex.Load(At("index"));
        first.Remove(["i0"]);
        first.Save(At("index"));
        second.Remove(["i1"]);
        Assert.Contains("another program", Assert.Throws<SimSearchException>(() => second.Save(At("index"))).Message);
        first.Remove(["i2"]); // its own saves are no change by another
        first.Save(At("index"));
        second.Save(At("copy"));
        using var now = VectorIndex.Load(At("index"));
        Assert.Equal(["i1", "i3"], now.Items.Select(i => i.Id));
    }

    [Fact]
    public void Of_many_that_change_an_index_at_once_each_either_succeeds_or_says_that_it_did_not()
    {
        using var gallery = Small(60);
        using (var built = VectorIndex.Build(gallery)) built.Save(At("index"));
        var removed = new System.Collections.Concurrent.ConcurrentBag<string>();
        Parallel.For(0, 24, new ParallelOptions { MaxDegreeOfParallelism = 6 }, i =>
        {
            using var index = VectorIndex.Load(At("index"));
            index.Remove([$"i{i}"]);
            try { index.Save(At("index")); }
            catch (SimSearchException) { return; }
            removed.Add($"i{i}");
        });
        using var now = VectorIndex.Load(At("index"));
        Assert.NotEmpty(removed);
        Assert.Equal(gallery.Items.Select(i => i.Id).Except(removed), now.Items.Select(i => i.Id));
        Assert.Equal([At("index")], Directory.GetFileSystemEntries(folder));
    }

    [Fact]
    public void Few_vectors_to_learn_from_are_said_once_and_in_our_own_words()
    {
        Galleries.NeedFaiss();
        using var gallery = Galleries.Make(500);
        using var few = VectorIndex.Build(gallery, "IVF100,Flat");
        Assert.Contains("500 vectors are few for what IVF100,Flat learns from them: 3900", few.BuildNote);
        foreach (string factory in (string[])["Flat", "IVF8,Flat", "HNSW16", "SQ8"])
        {
            using var enough = VectorIndex.Build(gallery, factory);
            Assert.Null(enough.BuildNote);
        }
    }

    [Fact]
    public void An_opened_index_goes_on_where_it_was()
    {
        Galleries.NeedFaiss();
        using var gallery = Galleries.Make(300);
        using var more = Galleries.Make(40, seed: 4, firstId: 900);
        using (var index = VectorIndex.Build(gallery, "HNSW16"))
        {
            index.Remove(["i0", "i299"]);
            index.Save(At("index"));
        }
        using (var index = VectorIndex.Load(At("index")))
        {
            index.Add(more);
            index.Remove(["i900"]);
            index.Save(At("index"));
        }
        using (var index = VectorIndex.Load(At("index")))
        {
            Assert.Equal((337, 3), (index.Count, index.Info.Removed));
            Assert.Equal("i939", index.SearchById(["i939"], 1).Hits(0)[0].Id);
            index.Remove([.. Enumerable.Range(1, 200).Select(i => $"i{i}")]);
            Assert.Equal(0, index.Info.Removed);
            index.Save(At("index"));
        }
        using (var index = VectorIndex.Load(At("index"))) Assert.Equal(137, index.Count);
        // No map of labels is left after the rebuild, and no other folder beside the index.
        Assert.Equal(["index.faiss", "items.csv", "manifest.json", "vectors.npy"], Directory.GetFiles(At("index")).Select(path => Path.GetFileName(path)).Order());
        Assert.Single(Directory.GetFileSystemEntries(folder));
    }

    [Theory]
    [InlineData("Flat")]
    [InlineData("IVF2,Flat")]
    public void Every_flipped_byte_is_refused(string factory)
    {
        Galleries.NeedFaiss();
        using var gallery = Small(8);
        using var index = VectorIndex.Build(gallery, factory, Metric.L2);
        if (factory != "Flat") index.Remove(["i3"]);
        index.Save(At("index"));
        VectorIndex.Load(At("index")).Dispose();
        int tried = 0;
        foreach (string path in Directory.GetFiles(At("index")))
        {
            byte[] good = File.ReadAllBytes(path);
            for (int at = 0; at < good.Length; at++)
                foreach (byte mask in (byte[])[1, 0x20, 0x80])
                {
                    byte[] bad = [.. good];
                    bad[at] ^= mask;
                    File.WriteAllBytes(path, bad);
                    AssertRefused(path, $"byte {at} ^ {mask}");
                    tried++;
                }
            File.WriteAllBytes(path, good);
        }
        VectorIndex.Load(At("index")).Dispose();
        Assert.True(tried > 3000);
    }

    [Theory]
    [InlineData("Flat")]
    [InlineData("IVF2,Flat")]
    public void Every_truncation_and_every_missing_file_is_refused(string factory)
    {
        Galleries.NeedFaiss();
        using var gallery = Small(8);
        using var index = VectorIndex.Build(gallery, factory, Metric.L2);
        if (factory != "Flat") index.Remove(["i3"]);
        index.Save(At("index"));
        foreach (string path in Directory.GetFiles(At("index")))
        {
            byte[] good = File.ReadAllBytes(path);
            for (int length = 0; length < good.Length; length++)
            {
                File.WriteAllBytes(path, good[..length]);
                AssertRefused(path, $"{length} bytes");
            }
            File.WriteAllBytes(path, [.. good, (byte)'\n']);
            AssertRefused(path, "one byte more");
            File.Delete(path);
            AssertRefused(path, "missing");
            File.WriteAllBytes(path, good);
        }
        VectorIndex.Load(At("index")).Dispose();
    }

    private void AssertRefused(string path, string what)
    {
        try
        {
            VectorIndex.Load(At("index")).Dispose();
            Assert.Fail($"{Path.GetFileName(path)}, {what}: was accepted");
        }
        catch (IndexFormatException e)
        {
            Assert.Contains("index", e.Message);
        }
    }

    [Fact]
    public void Files_that_do_not_belong_together_are_refused_although_their_checksums_fit()
    {
        Galleries.NeedFaiss();
        using var gallery = Small(8);
        using var fewer = Small(7);
        using var index = VectorIndex.Build(gallery, "IVF2,Flat", Metric.L2);
        using var other = VectorIndex.Build(fewer, "IVF2,Flat", Metric.L2);
        other.Save(At("other"));
        foreach (string file in (string[])["vectors.npy", "items.csv", "index.faiss"])
        {
            index.Save(At("index"));
            File.Copy(Path.Combine(At("other"), file), Path.Combine(At("index"), file), overwrite: true);
            Resign();
            AssertRefused(file, "of another index");
        }
        index.Save(At("index"));
        foreach (long[] rows in (long[][])[[0, 1, 2, 3, 4, 5, 6, 6], [0, 1, 2, 3, 4, 5, 6, 8], [0, 1, 2, 3, 4, 5, 6, -1], [0, 1, 2, 3, 4, 5, 6, 7, -1]])
        {
            Npy.Write<long>(Path.Combine(At("index"), "rows.npy"), rows, rows.Length);
            Resign();
            AssertRefused("rows.npy", string.Join(",", rows));
        }
        index.Save(At("index"));
        Npy.Write<float>(Path.Combine(At("index"), "vectors.npy"), [.. Enumerable.Repeat(float.NaN, 16)], 8, 2);
        Resign();
        AssertRefused("vectors.npy", "NaN");
    }

    /// <summary>Writes a manifest whose checksums fit the files that are there, as a forger would.</summary>
    private void Resign()
    {
        string path = Path.Combine(At("index"), "manifest.json");
        var manifest = IndexManifest.Parse(File.ReadAllText(path), path);
        var files = Directory.GetFiles(At("index")).Where(f => f != path).Order().Select(f => new IndexManifest.Entry(Path.GetFileName(f), new FileInfo(f).Length, Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(f)))));
        File.WriteAllText(path, (manifest with { Files = [.. files] }).ToText());
    }

    [Theory]
    [InlineData("../vectors.npy")]
    [InlineData("/etc/passwd")]
    [InlineData("manifest.json")]
    [InlineData("other.bin")]
    public void A_manifest_that_names_foreign_files_is_refused(string name)
    {
        using var gallery = Small(4);
        using var index = VectorIndex.Build(gallery);
        index.Save(At("index"));
        string path = Path.Combine(At("index"), "manifest.json");
        var manifest = IndexManifest.Parse(File.ReadAllText(path), path);
        File.WriteAllText(path, (manifest with { Files = [.. manifest.Files, new IndexManifest.Entry(name, 1, "00")] }).ToText());
        AssertRefused(path, name);
    }

    [Fact]
    public void A_folder_of_other_things_is_neither_opened_nor_replaced()
    {
        using var gallery = Small(4);
        using var index = VectorIndex.Build(gallery);
        Directory.CreateDirectory(At("mine"));
        File.WriteAllText(Path.Combine(At("mine"), "thesis.doc"), "years of work");
        Assert.Contains("thesis.doc", Assert.Throws<SimSearchException>(() => index.Save(At("mine"))).Message);
        Assert.Equal("years of work", File.ReadAllText(Path.Combine(At("mine"), "thesis.doc")));
        Assert.Throws<IndexFormatException>(() => VectorIndex.Load(At("mine")));
        Assert.Throws<IndexFormatException>(() => VectorIndex.Load(At("nowhere")));
    }

    [Fact]
    public void A_save_that_fails_leaves_the_old_index_and_nothing_beside_it()
    {
        using var gallery = Small(4);
        using (var index = VectorIndex.Build(gallery)) index.Save(At("index"));
        using var more = Small(6);
        var broken = VectorIndex.Build(more);
        broken.Vectors.Dispose(); // so that writing fails in the middle
        Assert.Throws<ObjectDisposedException>(() => broken.Save(At("index")));
        using var old = VectorIndex.Load(At("index"));
        Assert.Equal(4, old.Count);
        Assert.Single(Directory.GetFileSystemEntries(folder));
    }

    [Theory]
    [InlineData("Flat", 0)]
    [InlineData("IVF16,Flat", 0)]
    [InlineData("IVF8,PQ8np", 0)]
    [InlineData("PCA8,IVF8,SQ8", 0)]
    [InlineData("HNSW16", 1)]
    public void The_same_seed_gives_the_same_files_byte_for_byte(string factory, int threads)
    {
        Galleries.NeedFaiss();
        using var gallery = Galleries.Make(700);
        var options = new IndexOptions { Seed = 5, Threads = threads, TrainingRows = 600 };
        foreach (string name in (string[])["a", "b"])
        {
            using var index = VectorIndex.Build(gallery, factory, Metric.Cosine, options);
            index.Save(At(name));
        }
        foreach (string path in Directory.GetFiles(At("a")))
            Assert.Equal(File.ReadAllBytes(path), File.ReadAllBytes(Path.Combine(At("b"), Path.GetFileName(path))));
        if (factory != "IVF16,Flat") return;
        using var otherSeed = VectorIndex.Build(gallery, factory, Metric.Cosine, options with { Seed = 6 });
        otherSeed.Save(At("b"));
        Assert.NotEqual(File.ReadAllBytes(At("a/index.faiss")), File.ReadAllBytes(At("b/index.faiss")));
    }

    [Theory]
    [InlineData("Flat", Metric.Cosine)]
    [InlineData("IVF16,Flat", Metric.L2)]
    [InlineData("HNSW16", Metric.InnerProduct)]
    [InlineData("SQ8", Metric.L2)]
    public void An_exported_index_comes_back_with_the_same_neighbours(string factory, Metric metric)
    {
        Galleries.NeedFaiss();
        using var gallery = Galleries.Make(400);
        using var queries = Galleries.Make(15, seed: 6);
        using var index = VectorIndex.Build(gallery, factory, metric);
        index.Remove(["i2", "i3"]);
        index.ExportFaiss(At("x.faiss"));
        using var bare = VectorIndex.ImportFaiss(At("x.faiss"), null, metric);
        Assert.Equal(("397", metric), (bare.Items[^1].Id, bare.Metric));
        // The removal made a new index with other clusters of the same vectors: searched thoroughly, both find the same.
        var thorough = factory.StartsWith("IVF") ? new SearchOptions { Parameters = new Dictionary<string, double> { ["nprobe"] = 16 } } : null;
        var expected = index.Search(queries, 5, thorough);
        var found = bare.Search(queries.Vectors, 5, thorough);
        for (int q = 0; q < 15; q++)
        {
            int same = expected.RowsOf(q).ToArray().Intersect(found.RowsOf(q).ToArray()).Count();
            Assert.True(same >= 4, $"query {q}: {same} of 5 neighbours are the same");
        }
        bare.Save(At("bundle"));
        using var opened = VectorIndex.Load(At("bundle"));
        Assert.Equal(found.Rows, opened.Search(queries.Vectors, 5, thorough).Rows);
        // Given the embeddings, items and embedder come along; those of something else are refused.
        using var rest = new Embeddings(Galleries.Rows(gallery.Vectors, [0, 1, .. Enumerable.Range(4, 396)]), [.. gallery.Items.Where((_, i) => i is not (2 or 3))], "test-stats", "f1");
        using var named = VectorIndex.ImportFaiss(At("x.faiss"), rest, metric);
        Assert.Equal("i399", named.Items[^1].Id);
        Assert.Equal(expected.Scores[0], named.Search(queries, 5, thorough).Scores[0], 0.05);
        Assert.Throws<VectorException>(() => VectorIndex.ImportFaiss(At("x.faiss"), gallery, metric));
        Assert.Throws<IndexEngineException>(() => VectorIndex.ImportFaiss(At("x.faiss"), null, metric == Metric.L2 ? Metric.Cosine : Metric.L2));
    }

    [Fact]
    public void What_is_no_FAISS_file_is_refused()
    {
        Galleries.NeedFaiss();
        File.WriteAllText(At("x.faiss"), "not an index");
        Assert.Throws<IndexFormatException>(() => VectorIndex.ImportFaiss(At("x.faiss")));
        Assert.Throws<IndexFormatException>(() => VectorIndex.ImportFaiss(At("absent.faiss")));
    }
}
