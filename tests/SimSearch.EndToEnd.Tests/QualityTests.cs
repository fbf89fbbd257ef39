using System.Text.Json.Nodes;
using SimSearch.Tests.Support;

namespace SimSearch.EndToEnd.Tests;

/// <summary>The figures that README.md quotes, by the commands it quotes for them.</summary>
[Collection("the cache of vectors")]
public sealed class QualityTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    private static double Value(JsonNode figures, string name) => (double)figures[name]!["value"]!;

    private static double Precision(JsonNode figures, int k) => (double)figures["precision"]![k.ToString()]!["value"]!;

    [Fact]
    public void Esc10_with_the_fold_held_out_is_no_worse_than_the_same_features_by_librosa_and_scikit_learn()
    {
        Tool.Run("embed", SharedData.Data("audio/esc10"), "--embedder", "combined-stats", "--out", folder["e"]).Succeeded();
        Tool.Run("index", "build", folder["e"], "--out", folder["i"]).Succeeded();
        var figures = Tool.Run("evaluate", folder["i"], "--exclude-same-group", "--json").Succeeded().Json;
        Assert.Equal(400, (int)figures["queries"]!);
        Assert.InRange(Precision(figures, 1), 0.81, 0.95);
        Assert.InRange(Precision(figures, 10), 0.66, 0.95);
        Assert.InRange(Value(figures, "map"), 0.545, 0.95);
    }

    [Fact]
    public void A_network_trained_on_four_folds_of_esc10_finds_more_in_the_fifth_than_hand_crafted_features()
    {
        // Sixty epochs instead of the hundred and twenty of the README: a minute of one core.
        var figures = Tool.Run("train", SharedData.Data("audio/esc10"), "--evaluate", "groups", "--only", "2", "--epochs", "60", "--json").Succeeded().Json;
        Assert.Equal((80, 320), ((int)figures["folds"]![0]!["queries"]!, (int)figures["folds"]![0]!["gallery"]!));
        Assert.InRange((double)figures["precision_at_1"]!, 0.85, 0.99);
        Assert.InRange((double)figures["map"]!, 0.80, 0.99);
    }

    [Fact]
    public void Fsdd_finds_the_digit_in_the_official_split_and_across_speakers()
    {
        string fsdd = SharedData.Data("audio/fsdd");
        Tool.Run("embed", fsdd, "--split", "train", "--embedder", "mfcc-stats", "--out", folder["train"]).Succeeded();
        Tool.Run("embed", fsdd, "--split", "test", "--embedder-from", folder["train"], "--out", folder["test"]).Succeeded();
        Tool.Run("index", "build", folder["train"], "--out", folder["i"]).Succeeded();
        var official = Tool.Run("evaluate", folder["i"], "--queries", folder["test"], "--k", "1", "--json").Succeeded().Json;
        Assert.Equal(300, (int)official["queries"]!);
        Assert.InRange(Precision(official, 1), 0.985, 1);

        Tool.Run("embed", fsdd, "--embedder", "mfcc-stats", "--out", folder["all"]).Succeeded();
        Tool.Run("index", "build", folder["all"], "--out", folder["j"]).Succeeded();
        var speakers = Tool.Run("evaluate", folder["j"], "--exclude-same-group", "--k", "1", "--json").Succeeded().Json;
        Assert.Equal(3000, (int)speakers["queries"]!);
        Assert.InRange(Precision(speakers, 1), 0.59, 0.9);
    }
}
