using SimSearch.Audio;
using SimSearch.Datasets;
using SimSearch.Learning;

namespace SimSearch.Tests;

/// <summary>Small sets of sounds to learn from, made once.</summary>
public static class LearningSets
{
    private static readonly Lazy<Dataset> Made = new(() =>
    {
        string folder = Directory.CreateTempSubdirectory("simsearch-learning-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
        return Dataset.Synthetic(folder, new SyntheticOptions { ItemsPerClass = 8, MinSeconds = 0.6, MaxSeconds = 1.2, SampleRate = 16000, Classes = ["bell", "engine", "birds", "rain"] });
    });

    /// <summary>32 sounds of 4 classes in 4 rooms, about a second each.</summary>
    public static Dataset Small => Made.Value;

    /// <summary>The power of those sounds, in 3 filter banks.</summary>
    public static MelPowerStore Store(FeatureOptions? features = null, int copies = 0) =>
        MelPowerStore.Load(Small, new() { Features = features ?? FeatureOptions.Environment, Warps = 3, Copies = copies, Threads = 2 });

    /// <summary>Few, wide bands at a low rate: little to compute.</summary>
    public static FeatureOptions TinyFeatures { get; } = FeatureOptions.Environment with
    {
        Mel = FeatureOptions.Environment.Mel with { Stft = new() { SampleRate = 8000, FftLength = 256, HopLength = 256 }, Bands = 24, MinFrequency = 60, MaxFrequency = 4000 },
    };

    /// <summary>A training of a network of a thousand numbers on <see cref="Small"/>: milliseconds an epoch.</summary>
    public static LearningOptions Tiny { get; } = LearningOptions.Environment with
    {
        Features = TinyFeatures, Views = ViewOptions.Environment with { Frames = 24 }, Warps = 3, Channels = [4, 8], Dimension = 8, Epochs = 20, ClassesPerBatch = 4, UnlabelledBatch = 16,
    };

    /// <summary>The class of each of those sounds, 0 to 3.</summary>
    public static int[] Labels => [.. Small.Items.Select(i => Small.Labels.ToList().IndexOf(i.Label!))];
}
