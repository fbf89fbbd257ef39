using System.Globalization;
using SimSearch.Audio;
using SimSearch.Embedding;
using SimSearch.Storage;

namespace SimSearch.Learning;

/// <summary>Writes a trained network as a model that <see cref="OnnxEmbedder"/> uses: NAME.onnx, and NAME.model.json with the way from a sound to the network's input.</summary>
public static class LearnedModel
{
    /// <summary>Writes both files.</summary>
    /// <param name="path">NAME.onnx; NAME may hold lower-case letters, digits and hyphens.</param>
    /// <param name="model">What <see cref="MetricLearner.Train"/> gave.</param>
    /// <param name="options">What it was trained with.</param>
    /// <param name="description">What it was trained on, for people.</param>
    /// <param name="licence">The licence of the model: that of the sounds it was trained on may bind it.</param>
    /// <param name="learnedFrom">The files it was trained on, so that an evaluation can say when they come back; null leaves that open.</param>
    /// <returns>The embedder, checked.</returns>
    /// <exception cref="SimSearchException">The name does not fit, or the files cannot be used.</exception>
    public static OnnxEmbedder Save(string path, byte[] model, LearningOptions options, string description, string licence, LearnedFrom? learnedFrom = null)
    {
        CheckName(path);
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(options);
        string full = Path.GetFullPath(path), folder = Path.GetDirectoryName(full)!;
        Directory.CreateDirectory(folder);
        AtomicFile.Write(full, stream => stream.Write(model));
        var features = options.Features;
        var file = ModelFile.Of(full);
        var manifest = new ModelManifest
        {
            Name = Path.GetFileNameWithoutExtension(full),
            Description = description,
            Licence = licence,
            LearnedFrom = learnedFrom,
            SampleRate = features.Mel.Stft.SampleRate,
            Files = [file],
            Steps =
            [
                new CropStep { Rows = features.MaxSamples },
                new MelStep { Mel = features.Mel, UnitSum = true },
                features.Frames is { } frames ? new FitStep { Rows = frames, Floor = Placement.OutsideFloor } : new PadStep { Rows = features.MinFrames },
                new NetworkStep { File = file.Name, Input = MetricLearner.InputName, InputLayout = ["1", "rows", "columns"], Output = MetricLearner.OutputName, OutputLayout = ["1", "columns"] },
            ],
            Dimension = options.VectorLength,
        };
        manifest.WithGolden(folder).Save(full);
        return OnnxEmbedder.Load(full);
    }

    /// <summary>Refuses a path that a model cannot have.</summary>
    /// <exception cref="SimSearchException">The name does not fit.</exception>
    public static void CheckName(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        string name = Path.GetFileName(path);
        if (!name.EndsWith(".onnx", StringComparison.Ordinal) || name.Length == ".onnx".Length || name[..^5].AsSpan().IndexOfAnyExcept("abcdefghijklmnopqrstuvwxyz0123456789-") >= 0)
            throw new SimSearchException($"'{path}': a model's file is named NAME.onnx, with lower-case letters, digits and hyphens in NAME");
    }

    /// <summary>The largest difference between vectors of clips embedded from their files by the finished model and from memory by the network as it was trained.</summary>
    /// <param name="embedder">The finished model.</param>
    /// <param name="model">The network.</param>
    /// <param name="store">The clips.</param>
    /// <param name="dataset">Where their files are; the data set that the store was loaded from.</param>
    /// <param name="clips">How many clips to compare.</param>
    public static double LargestDifference(OnnxEmbedder embedder, byte[] model, MelPowerStore store, Datasets.Dataset dataset, int clips = 8)
    {
        ArgumentNullException.ThrowIfNull(embedder);
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(dataset);
        using var fromMemory = new ClipEmbedder(model, store.Options.Features);
        int[] chosen = [.. Enumerable.Range(0, Math.Min(clips, store.Count)).Select(i => (int)((long)i * store.Count / Math.Min(clips, store.Count)))];
        using var expected = fromMemory.Embed(store, chosen);
        double largest = 0;
        var vector = new float[embedder.Dimension];
        for (int i = 0; i < chosen.Length; i++)
        {
            var item = dataset.Items[chosen[i]];
            var signal = AudioFile.Load(dataset.PathOf(item), new() { SampleRate = embedder.SampleRate, Start = item.Start, Duration = Math.Min(item.Duration ?? double.MaxValue, store.Options.Features.MaxSeconds) });
            embedder.ExtractRaw(signal, vector);
            var row = expected.Vectors.Row(i);
            for (int d = 0; d < vector.Length; d++) largest = Math.Max(largest, Math.Abs(vector[d] - row[d]));
        }
        return largest;
    }
}
