using SimSearch.Datasets;
using SimSearch.Embedding;
using SimSearch.Evaluation;
using SimSearch.Indexing;
using SimSearch.Tests.Support;

namespace SimSearch.Tests;

/// <summary>What the hand-crafted embedders are worth on real sounds. The floors are those of the same features by librosa and scikit-learn.</summary>
public sealed class RetrievalFloorTests
{
    private static RetrievalReport LeaveGroupOut(Embeddings embeddings) =>
        RetrievalEvaluator.Evaluate(embeddings, null, Metric.Cosine, new EvaluationOptions { ExcludeSameGroup = true, BootstrapSamples = 0 });

    private static void AtLeast(double floor, double value, string what)
    {
        TestContext.Current.TestOutputHelper?.WriteLine($"{what}: {value:F4} (floor {floor})");
        Assert.True(value >= floor, $"{what} is {value:F4}, below {floor}");
    }

    [Fact]
    public void ESC10_with_same_fold_items_excluded()
    {
        using var embeddings = DatasetEmbedding.Embed(EscDataset.LoadEsc10(SharedData.Data("audio/esc10")), AudioEmbedders.Create("combined-stats"));
        var combined = LeaveGroupOut(embeddings);
        Assert.Equal(400, combined.Queries);
        AtLeast(0.81, combined.Precision[1].Value, "combined-stats P@1");
        AtLeast(0.66, combined.Precision[10].Value, "combined-stats P@10");
        AtLeast(0.545, combined.Map.Value, "combined-stats MAP");
        // Each family stands in the combination by itself, scaled to length 1, which its cosines do not see.
        int start = 0;
        foreach (var (name, floor) in (ReadOnlySpan<(string, double)>)[("mfcc-stats", 0.70), ("log-mel-stats", 0.65), ("spectral-stats", 0.69)])
        {
            int dimension = AudioEmbedders.Create(name).Dimension;
            var part = VectorMatrix.Allocate(embeddings.Count, dimension);
            for (long row = 0; row < part.Rows; row++) embeddings.Vectors.Row(row).Slice(start, dimension).CopyTo(part.WritableRows(row, 1));
            using var family = new Embeddings(part, embeddings.Items, name, "part");
            AtLeast(floor, LeaveGroupOut(family).Precision[1].Value, $"{name} P@1");
            start += dimension;
        }
        Assert.Equal(embeddings.Dimension, start);
    }

    [Fact]
    public void FSDD_official_split_and_leaving_the_speaker_out()
    {
        string cache = Directory.CreateTempSubdirectory("simsearch-fsdd-").FullName;
        try
        {
            var options = new EmbedOptions { CacheFolder = cache };
            var all = FsddDataset.Load(SharedData.Data("audio/fsdd"));
            using var everything = DatasetEmbedding.Embed(all, AudioEmbedders.Create("mfcc-stats"), options);
            var speakers = LeaveGroupOut(everything);
            Assert.Equal(3000, speakers.Queries);
            AtLeast(0.59, speakers.Precision[1].Value, "mfcc-stats, leave one speaker out, P@1");

            // The official split, as it is used: the gallery is embedded first, the queries by the embedder that came with it.
            using var gallery = DatasetEmbedding.Embed(all.Where(i => i.Split == "train"), AudioEmbedders.Create("mfcc-stats"), options);
            using var queries = DatasetEmbedding.Embed(all.Where(i => i.Split == "test"), AudioEmbedder.FromJson(gallery.EmbedderJson!), options);
            var official = RetrievalEvaluator.Evaluate(gallery, queries, Metric.Cosine, new EvaluationOptions { BootstrapSamples = 0 });
            Assert.Equal((300, 2700L), (official.Queries, official.Gallery));
            AtLeast(0.985, official.Precision[1].Value, "mfcc-stats, official split, P@1");
            AtLeast(0.92, official.Precision[10].Value, "mfcc-stats, official split, P@10");
        }
        finally
        {
            Directory.Delete(cache, recursive: true);
        }
    }
}
