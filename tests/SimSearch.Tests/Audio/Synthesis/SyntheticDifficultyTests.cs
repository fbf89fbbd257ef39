using SimSearch.Audio;
using SimSearch.Datasets;
using SimSearch.Embedding;
using SimSearch.Evaluation;
using SimSearch.Indexing;

namespace SimSearch.Tests;

/// <summary>The default set is worth measuring on: not solved by hand-made features, not hopeless, and better features do better.</summary>
public sealed class SyntheticDifficultyTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("simsearch-difficulty-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Across_rooms_a_single_family_finds_much_the_combination_more_and_nothing_all()
    {
        var set = Dataset.Synthetic(folder);
        double PrecisionAt1(string embedder)
        {
            using var embeddings = DatasetEmbedding.Embed(set, AudioEmbedders.Create(embedder));
            return RetrievalEvaluator.Evaluate(embeddings, null, Metric.Cosine, new EvaluationOptions { Ks = [1], ExcludeSelf = true, ExcludeSameGroup = true, BootstrapSamples = 10 }).Precision[1].Value;
        }
        double mfcc = PrecisionAt1("mfcc-stats"), combined = PrecisionAt1("combined-stats");
        Assert.InRange(mfcc, 0.6, 0.9);
        Assert.InRange(combined, mfcc + 0.03, 0.97);
        Assert.InRange(PrecisionAt1("chroma-stats"), 0.1, 0.6);
    }
}
