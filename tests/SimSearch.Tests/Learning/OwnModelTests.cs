using SimSearch.Audio;
using SimSearch.Datasets;
using SimSearch.Embedding;
using SimSearch.Evaluation;
using SimSearch.Onnx;
using SimSearch.Tests.Support;

namespace SimSearch.Tests;

/// <summary>The model that comes with the program: that it is the one its manifest and card speak of, and does on new sounds what they say.</summary>
public sealed class OwnModelTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("simsearch-own-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void On_sounds_of_another_seed_it_ranks_far_better_than_hand_crafted_numbers()
    {
        var sounds = Dataset.Synthetic(folder, new() { ItemsPerClass = 6, Folds = 6, Seed = 4321, MaxSeconds = 2 });
        double Map(string embedder)
        {
            using var vectors = DatasetEmbedding.Embed(sounds, AudioEmbedders.Create(embedder));
            return RetrievalEvaluator.Evaluate(vectors, options: new() { ExcludeSameGroup = true, BootstrapSamples = 0 }).Map.Value;
        }
        double learned = Map("simsearch-synthetic"), handCrafted = Map("combined-stats");
        Assert.InRange(learned, 0.8, 0.97);
        Assert.InRange(learned - handCrafted, 0.1, 0.5);
    }

    [Fact]
    public void It_is_small_and_free_and_its_card_is_there()
    {
        string models = Path.Combine(SharedData.RepositoryRoot, "models");
        var manifest = ModelShelf.Find("simsearch-synthetic");
        Assert.Equal("MIT", manifest.Licence);
        Assert.InRange(manifest.Files[0].Bytes, 100_000, 4_000_000);
        Assert.NotNull(manifest.Golden);
        string card = File.ReadAllText(Path.Combine(models, "simsearch-synthetic.md"));
        foreach (string word in (string[])["seed", "licence", "ESC-10", "FSDD", "not good for"]) Assert.Contains(word, card);
        using var session = OnnxSession.FromFile(Path.Combine(models, manifest.Files[0].Name), sha256: manifest.Files[0].Sha256);
        Assert.Equal(manifest.Dimension, (int)session.Outputs[0].Shape[^1]);
    }
}
