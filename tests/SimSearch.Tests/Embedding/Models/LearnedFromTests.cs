using System.Security.Cryptography;
using System.Text.Json.Nodes;
using SimSearch.Audio;
using SimSearch.Datasets;
using SimSearch.Embedding;
using SimSearch.Evaluation;
using SimSearch.Indexing;

namespace SimSearch.Tests;

public sealed class LearnedFromTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("simsearch-learned-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private string Write(string name, string text)
    {
        string path = Path.Combine(folder, name);
        File.WriteAllText(path, text);
        return path;
    }

    private static Item Item(string source) => new() { Id = source, Source = source };

    [Fact]
    public void Files_are_known_again_by_their_bytes_whatever_their_name()
    {
        var learned = LearnedFrom.Of([Write("a", "one"), Write("b", "two"), Path.Combine(folder, "a"), Write("copy-of-b", "two")]);
        Assert.Equal((2, true), (learned.Sounds, learned.IsWhole));
        byte[][] hashes = [.. ((string[])["one", "two"]).Select(text => SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(text))[..6]).OrderBy(Convert.ToHexString, StringComparer.Ordinal)];
        Assert.Equal(Convert.ToBase64String([.. hashes.SelectMany(h => h)]), learned.Hashes);

        Write("moved", "one");
        Write("changed", "one.");
        Assert.Equal(3, learned.CountIn([Item("moved"), Item("changed"), Item("b"), Item("gone"), Item("moved")], folder));
        Assert.Equal(1, learned.CountIn([Item(Path.Combine(folder, "b"))], null));
        if (OperatingSystem.IsLinux()) Assert.Equal(1, learned.CountIn([Item("b"), Item("/proc/self/mem")], folder)); // there, and cannot be read
        Assert.Throws<ArgumentException>(() => LearnedFrom.Of([]));
        Assert.Throws<FileNotFoundException>(() => LearnedFrom.Of([Path.Combine(folder, "gone")]));
        Assert.Throws<OperationCanceledException>(() => LearnedFrom.Of([Path.Combine(folder, "a")], new CancellationToken(true)));
    }

    [Fact]
    public void Of_very_many_files_the_smallest_hashes_are_kept()
    {
        string[] files = [.. Enumerable.Range(0, 16_500).Select(i => Write($"{i}", $"{i}"))];
        var learned = LearnedFrom.Of(files);
        Assert.Equal((16_500, false, 16_384 * 6 / 3 * 4), (learned.Sounds, learned.IsWhole, learned.Hashes.Length));
        learned.Check();
        Assert.Equal(16_384, learned.CountIn([.. files.Select(Item)], null));
    }

    [Fact]
    public void Damaged_lists_are_refused()
    {
        var manifest = TestModels.Manifest(new() { Name = "tiny.onnx", Bytes = 1, Sha256 = new string('a', 64) }) with { LearnedFrom = LearnedFrom.Of([Write("a", "one"), Write("b", "two")]) };
        var json = JsonNode.Parse(manifest.ToJson())!.AsObject();
        Assert.Equal(manifest.LearnedFrom, ModelManifest.Parse(json.ToJsonString()).LearnedFrom);
        string hashes = manifest.LearnedFrom.Hashes, swapped = Convert.ToBase64String([.. Convert.FromBase64String(hashes)[6..], .. Convert.FromBase64String(hashes)[..6]]);
        foreach (var (sounds, text) in ((JsonNode?, JsonNode?)[])[(0, hashes), (-1, ""), (1, hashes), (3, hashes), (int.MaxValue, hashes), (2, ""), (2, hashes[..^1]), (2, "!" + hashes[1..]), (2, swapped), (2, null), ("2", hashes), (2.5, hashes)])
        {
            json["learned_from"] = new JsonObject { ["sounds"] = sounds?.DeepClone(), ["hashes"] = text?.DeepClone() };
            Assert.Contains("not a valid model manifest", Assert.Throws<ModelException>(() => ModelManifest.Parse(json.ToJsonString())).Message);
        }
    }

    [Fact]
    public void An_evaluation_says_how_many_queries_the_model_has_heard()
    {
        var items = new List<Item>();
        for (int i = 0; i < 6; i++)
        {
            string name = $"{i}.wav";
            WavWriter.Write(Path.Combine(folder, name), new AudioSignal([.. Enumerable.Range(0, 4000).Select(t => (float)(0.5 * Math.Sin(0.1 * (i + 1) * t)))], 8000));
            items.Add(new Item { Id = name, Source = name, Labels = [i % 2 == 0 ? "even" : "odd"] });
        }
        var dataset = new Dataset("tones", folder, items);
        string[] heard = [.. items.Take(4).Select(dataset.PathOf)];
        string model = TestModels.Write(folder, m => m with { LearnedFrom = LearnedFrom.Of(heard) });
        using var embeddings = DatasetEmbedding.Embed(dataset, OnnxEmbedder.Load(model));
        const string warning = "4 of the 6 queries are files that model 'tiny' was trained on";
        Assert.Contains(RetrievalEvaluator.Evaluate(embeddings).Warnings, w => w.StartsWith(warning, StringComparison.Ordinal));
        using var index = VectorIndex.Build(embeddings);
        var report = RetrievalEvaluator.Evaluate(index);
        Assert.Contains(report.Warnings, w => w.StartsWith(warning, StringComparison.Ordinal));
        Assert.Contains(warning, report.ToJson());
        // Queries apart: those count, not what lies in the index.
        using var unheard = embeddings.Subset([4, 5]);
        using var gallery = embeddings.Subset([0, 1, 2, 3]);
        Assert.DoesNotContain(RetrievalEvaluator.Evaluate(gallery, unheard).Warnings, w => w.Contains("trained on", StringComparison.Ordinal));
        // A model that does not say what it learned from gives no warning.
        using var silent = DatasetEmbedding.Embed(dataset, OnnxEmbedder.Load(TestModels.Write(folder)));
        Assert.DoesNotContain(RetrievalEvaluator.Evaluate(silent).Warnings, w => w.Contains("trained on", StringComparison.Ordinal));
    }
}
