using SimSearch.Audio;
using SimSearch.Datasets;
using SimSearch.Embedding;
using SimSearch.Evaluation;
using SimSearch.Indexing;

namespace SimSearch.Tests;

public sealed class SplitEvaluatorTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("simsearch-split").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private Dataset Sounds() => Dataset.Synthetic(Path.Combine(folder, "sounds"), new SyntheticOptions { ItemsPerClass = 4, MinSeconds = 0.5, MaxSeconds = 0.6, Classes = ["bell", "rain", "siren", "wind"] });

    [Fact]
    public void The_figures_are_those_of_embedding_both_parts_with_numbers_of_the_training_part()
    {
        var split = Sounds().Split(new SplitOptions { Parts = [new("train", 0.5), new("test", 0.5)] });
        var options = new EvaluationOptions { BootstrapSamples = 0 };
        var report = SplitEvaluator.Evaluate(split, AudioEmbedders.Create("mfcc-stats"), Metric.L2, options);

        var train = DatasetEmbedding.Run(split.Train, AudioEmbedders.Create("mfcc-stats"));
        using var gallery = train.Embeddings;
        using var queries = DatasetEmbedding.Embed(split.Test, train.Embedder);
        var expected = RetrievalEvaluator.Evaluate(gallery, queries, Metric.L2, options);
        Assert.Equal((8, 8L), (report.Queries, report.Gallery));
        Assert.Equal(Metric.L2, report.Protocol.Metric);
        Assert.Equal(expected.Map.Value, report.Map.Value, 1e-12);
        Assert.Equal(expected.Precision[1].Value, report.Precision[1].Value, 1e-12);
        Assert.Equal(0, report.QueriesInGallery);
    }

    [Fact]
    public void Segments_of_one_recording_on_both_sides_flatter()
    {
        var pieces = Sounds().Segment(0.25, 0.5);
        var leaking = SplitEvaluator.Evaluate(pieces.Split(new SplitOptions { ByGroup = false }), AudioEmbedders.Create("mfcc-stats"));
        var honest = SplitEvaluator.Evaluate(pieces.Split(), AudioEmbedders.Create("mfcc-stats"));
        Assert.True(leaking.Precision[1].Value > honest.Precision[1].Value, $"leaking {leaking.Precision[1].Value}, honest {honest.Precision[1].Value}");
    }

    [Fact]
    public void A_split_without_test_part_is_named()
    {
        var split = Sounds().Split(new SplitOptions { Parts = [new("train", 0.5), new("check", 0.5)] });
        Assert.Contains("test", Assert.Throws<SimSearchException>(() => SplitEvaluator.Evaluate(split, AudioEmbedders.Create("mfcc-stats"))).Message);
    }
}
