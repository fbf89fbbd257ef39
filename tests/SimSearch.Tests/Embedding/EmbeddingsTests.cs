using System.Text.Json.Nodes;
using SimSearch.Datasets;
using SimSearch.Embedding;
using SimSearch.Storage;
using SimSearch.Tests.Support;

namespace SimSearch.Tests;

public sealed class EmbeddingsTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("simsearch-embeddings-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private string At(string name) => Path.Combine(folder, name);

    private static readonly Item[] Items =
    [
        new() { Id = "dog/1", Source = "dog/1.wav", Labels = ["dog", "indoor|loud", @"back\slash"], Group = "fold 1", Split = "train", Start = 0.1, Duration = 1.0 / 3, Metadata = new Dictionary<string, string> { ["author"] = "Ann, \"the\" ear", ["note"] = "two\nlines" } },
        new() { Id = "# dog,2", Source = "/abs/dog 2.wav", Labels = ["dög"], Start = 1e-12, Metadata = new Dictionary<string, string> { ["note"] = " spaced " } },
        new() { Id = "=1+1", Source = "x.wav" },
    ];

    private static Embeddings Sample() => new(VectorMatrix.FromArray([1f, 2f, 3f, 4f, 5f, 6f], 2), Items, "mfcc-stats", "abc123", "/data/set", """{"name":"mfcc-stats"}""");

    private static void AssertSameItems(IReadOnlyList<Item> expected, IReadOnlyList<Item> actual)
    {
        Assert.Equal(expected.Count, actual.Count);
        foreach (var (e, a) in expected.Zip(actual))
        {
            Assert.Equal((e.Id, e.Source, e.Group, e.Split, e.Start, e.Duration), (a.Id, a.Source, a.Group, a.Split, a.Start, a.Duration));
            Assert.Equal(e.Labels, a.Labels);
            Assert.Equal(e.Metadata.OrderBy(p => p.Key), a.Metadata.OrderBy(p => p.Key));
        }
    }

    [Fact]
    public void Rows_made_by_hand_become_embeddings()
    {
        Item[] items = [new() { Id = "a", Source = "a.wav" }, new() { Id = "b", Source = "b.wav" }];
        using var embeddings = Embeddings.FromRows(items, [[1, 2, 3], [4, 5, 6]], "root");
        Assert.Equal((2L, 3, "root", Embeddings.UnknownFingerprint(3)), (embeddings.Count, embeddings.Dimension, embeddings.Root, embeddings.Fingerprint));
        Assert.Equal([4, 5, 6], embeddings.Vectors.Row(1).ToArray());
        Assert.Contains("row 1", Assert.Throws<SimSearchException>(() => Embeddings.FromRows(items, [[1, 2], [1]])).Message);
        Assert.Throws<SimSearchException>(() => Embeddings.FromRows(items, [[1, 2]]));
        Assert.Throws<SimSearchException>(() => Embeddings.FromRows(items, [[1], [float.NaN]]));
        Assert.Throws<SimSearchException>(() => Embeddings.FromRows(items, []));
        Assert.Throws<SimSearchException>(() => Embeddings.FromRows(items, [[], []]));
    }

    [Fact]
    public void A_subset_has_the_rows_asked_for_in_that_order()
    {
        using var all = new Embeddings(VectorMatrix.FromArray([1, 2, 3, 4, 5, 6], 2), [.. Enumerable.Range(0, 3).Select(i => new SimSearch.Datasets.Item { Id = $"{i}", Source = "s" })], "e", "f");
        using var some = all.Subset([2, 0]);
        Assert.Equal([5f, 6f, 1f, 2f], some.Vectors.Row(0).ToArray().Concat(some.Vectors.Row(1).ToArray()));
        Assert.Equal(["2", "0"], some.Items.Select(i => i.Id));
        Assert.Equal(("e", "f"), (some.EmbedderName, some.Fingerprint));
        Assert.Throws<ArgumentOutOfRangeException>(() => all.Subset([3]));
        Assert.Throws<ArgumentOutOfRangeException>(() => all.Subset([-1]));
    }

    [Fact]
    public void Saved_embeddings_come_back_as_they_were()
    {
        using (var saved = Sample()) saved.Save(At("e"));
        using var loaded = Embeddings.Load(At("e"));
        Assert.True(loaded.Vectors.IsMapped);
        Assert.Equal([1f, 2f, 3f, 4f, 5f, 6f], loaded.Vectors.RowRange(0, 3).ToArray());
        Assert.Equal(("mfcc-stats", "abc123", "/data/set", """{"name":"mfcc-stats"}"""), (loaded.EmbedderName, loaded.Fingerprint, loaded.Root, loaded.EmbedderJson));
        AssertSameItems(Items, loaded.Items);
    }

    [Fact]
    public void The_same_embeddings_are_saved_as_the_same_bytes()
    {
        using var e = Sample();
        e.Save(At("a"));
        e.Save(At("b"));
        foreach (string file in Directory.GetFiles(At("a"))) Assert.Equal(File.ReadAllBytes(file), File.ReadAllBytes(Path.Combine(At("b"), Path.GetFileName(file))));
    }

    [Fact]
    public void Embeddings_can_be_saved_over_the_folder_they_are_mapped_from()
    {
        using (var first = Sample()) first.Save(At("e"));
        using (var mapped = Embeddings.Load(At("e"))) mapped.Save(At("e"));
        using var again = Embeddings.Load(At("e"));
        Assert.Equal([5f, 6f], again.Vectors.Row(2).ToArray());
    }

    [Fact]
    public void A_flipped_byte_and_a_missing_file_are_never_served()
    {
        using (var saved = Sample()) saved.Save(At("e"));
        foreach (string file in Directory.GetFiles(At("e")))
        {
            byte[] bytes = File.ReadAllBytes(file);
            bool isManifest = file.EndsWith("embeddings.json", StringComparison.Ordinal);
            for (int i = 0; i < bytes.Length && !isManifest; i++)
            {
                bytes[i] ^= 0x10;
                File.WriteAllBytes(file, bytes);
                Assert.Throws<SimSearchException>(() => Embeddings.Load(At("e")));
                bytes[i] ^= 0x10;
            }
            File.Delete(file);
            Assert.Throws<SimSearchException>(() => Embeddings.Load(At("e")));
            File.WriteAllBytes(file, bytes);
        }
        Embeddings.Load(At("e")).Dispose();
    }

    [Fact]
    public void A_manifest_cut_or_changed_anywhere_is_a_clear_error_or_harmless()
    {
        using (var saved = Sample()) saved.Save(At("e"));
        string manifest = Path.Combine(At("e"), "embeddings.json");
        string text = File.ReadAllText(manifest);
        for (int length = 0; length < text.TrimEnd().Length; length++)
        {
            File.WriteAllText(manifest, text[..length]);
            Assert.Throws<SimSearchException>(() => Embeddings.Load(At("e")));
        }
        foreach (string key in (string[])["format", "embedder", "fingerprint", "count", "dimension", "sha256"])
            foreach (JsonNode? value in (JsonNode?[])[null, -7, "x", new JsonArray(), new JsonObject()])
            {
                var changed = JsonNode.Parse(text)!.AsObject();
                changed[key] = value;
                if (key is "embedder" or "fingerprint" && value is JsonValue v && v.TryGetValue(out string? _)) continue; // another name is a name
                File.WriteAllText(manifest, changed.ToJsonString());
                Assert.Throws<SimSearchException>(() => Embeddings.Load(At("e")));
            }
    }

    [Fact]
    public void Vectors_and_items_must_belong_together()
    {
        Assert.Contains("one item per vector", Assert.Throws<SimSearchException>(() => new Embeddings(VectorMatrix.Allocate(2, 2), Items, "n", "f")).Message);
        var error = Assert.Throws<SimSearchException>(() => new Embeddings(VectorMatrix.FromArray([1f, 2f, float.NaN], 1), Items, "n", "f"));
        Assert.Contains("=1+1", error.Message);
    }

    [Fact]
    public void Ready_made_vectors_take_their_labels_from_a_table()
    {
        string vectors = SharedData.Data("ann/fsdd_oww96.fvecs"), table = SharedData.Data("audio/fsdd/fsdd.csv");
        using var e = Embeddings.FromVectors(vectors, table, labelColumn: "digit", groupColumn: "speaker", idColumn: "filename");
        Assert.Equal((3000L, 96, Embeddings.UnknownEmbedder), (e.Count, e.Dimension, e.EmbedderName));
        Assert.Equal(10, e.Items.Select(i => i.Label).Distinct().Count());
        Assert.Equal(6, e.Items.Select(i => i.Group).Distinct().Count());
        Assert.Contains(e.Items[0].Metadata["split"], new[] { "train", "test" });
        Assert.Equal(Embeddings.UnknownFingerprint(96), e.Fingerprint);
    }

    [Fact]
    public void Ready_made_vectors_without_a_table_are_numbered()
    {
        VecsWriter.Write<float>(At("v.fvecs"), [1f, 2f, 3f], 1);
        using var e = Embeddings.FromVectors(At("v.fvecs"));
        Assert.Equal(["row-00000000", "row-00000001", "row-00000002"], e.Items.Select(i => i.Id));
    }

    [Theory]
    [InlineData("label\na\nb\n", "2 lines for 3 vectors")]
    [InlineData("label\na\nb\nc\nd\n", "more lines")]
    [InlineData("id,label\nx,a\nx,b\ny,c\n", "used twice")]
    [InlineData("id,label\nx,a\ny\nz,c\n", "is not a row that can be read")]
    [InlineData("label\n\"a\nb\nc\n", "is not a row that can be read")]
    [InlineData("label,label\na,b\n", "two columns named")]
    [InlineData("", "empty")]
    public void A_table_that_does_not_fit_is_refused(string table, string expected)
    {
        VecsWriter.Write<float>(At("v.fvecs"), [1f, 2f, 3f], 1);
        File.WriteAllText(At("t.csv"), table);
        var error = Assert.Throws<SimSearchException>(() => Embeddings.FromVectors(At("v.fvecs"), At("t.csv")));
        Assert.Contains(expected, error.Message);
        Assert.Contains("t.csv", error.Message);
    }

    [Fact]
    public void A_column_that_is_not_there_is_named_with_those_that_are()
    {
        VecsWriter.Write<float>(At("v.fvecs"), [1f], 1);
        File.WriteAllText(At("t.csv"), "name\na\n");
        Assert.Contains("'kind'; the columns are name", Assert.Throws<SimSearchException>(() => Embeddings.FromVectors(At("v.fvecs"), At("t.csv"), labelColumn: "kind")).Message);
    }

    [Theory]
    [InlineData("id,source,start\na,b,-1\n", "0 or more")]
    [InlineData("id,source,start\na,b,NaN\n", "0 or more")]
    [InlineData("id,source,duration\na,b,1e999\n", "0 or more")]
    [InlineData("id,source\n,b\n", "empty or used twice")]
    [InlineData("name\na\n", "must include id and source")]
    public void A_hostile_item_table_is_refused(string table, string expected)
    {
        File.WriteAllText(At("items.csv"), table);
        Assert.Contains(expected, Assert.Throws<SimSearchException>(() => ItemsCsv.Read(At("items.csv"))).Message);
    }
}
