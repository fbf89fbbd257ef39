using SimSearch.Audio;
using SimSearch.Embedding;
using SimSearch.Tests.Support;

namespace SimSearch.Tests;

/// <summary>Manifests for tests: a network of a few bytes, and the speech embedding of the shared data.</summary>
internal static class TestModels
{
    private static float[] Ramp(int count, float scale) => [.. Enumerable.Range(0, count).Select(i => scale * (i % 7 - 3))];

    /// <summary>y = x W over [n, frames * bands], W [8 x 3]: the smallest network that embeds.</summary>
    public static byte[] Network(int outputType = TinyModel.Float) => TinyModel.Model(
    [
        TinyModel.Node("MatMul", ["x", "w"], ["y"]), TinyModel.Weights("w", [8, 3], Ramp(24, 0.25f)),
        TinyModel.Input("x", TinyModel.Float, "n", "t", 8), TinyModel.Output("y", outputType, "n", "t", 3),
    ]);

    /// <summary>Eight mel bands at 8 kHz through <see cref="Network"/>, mean and maximum over time.</summary>
    public static ModelManifest Manifest(ModelFile file) => new()
    {
        Name = "tiny", Description = "A matrix.", Licence = "CC0", SampleRate = 8000, Files = [file], Dimension = 6,
        Steps =
        [
            new MelStep { Mel = new() { Stft = new() { SampleRate = 8000, FftLength = 256, HopLength = 128 }, Bands = 8, Norm = MelNorm.None }, UnitSum = true },
            new PeakStep(), new LogStep { Scale = new() { TopDb = 80 } }, new ScaleStep { Multiply = 0.05f, Add = 2 },
            new NetworkStep { File = file.Name, Input = "x", InputLayout = ["windows", "rows", "columns"], Output = "y", OutputLayout = ["windows", "rows", "columns"] },
            new PoolStep { Kinds = [PoolKind.Mean, PoolKind.Max] }, new UnitStep(),
        ],
    };

    /// <summary>Writes the tiny model and its manifest to a folder.</summary>
    /// <returns>The path of the model.</returns>
    public static string Write(string folder, Func<ModelManifest, ModelManifest>? change = null)
    {
        string path = Path.Combine(folder, "tiny.onnx");
        File.WriteAllBytes(path, Network());
        var manifest = Manifest(ModelFile.Of(path)).WithGolden(folder);
        (change?.Invoke(manifest) ?? manifest).Save(path);
        return path;
    }

    /// <summary>openWakeWord's two networks: spectrogram, then an embedding of every 76 frames; their mean.</summary>
    public static OnnxEmbedder OpenWakeWord()
    {
        string folder = SharedData.Data("models/openwakeword");
        ModelFile mel = ModelFile.Of(Path.Combine(folder, "melspectrogram.onnx")), embedding = ModelFile.Of(Path.Combine(folder, "embedding_model.onnx"));
        return OnnxEmbedder.From(new ModelManifest
        {
            Name = "openwakeword", Description = "Google's speech embedding, as openWakeWord ships it.", Licence = "tests only", SampleRate = 16000, Files = [mel, embedding], Dimension = 96,
            Steps =
            [
                new PadStep { Rows = 16000 }, new ScaleStep { Multiply = 32768 },
                new NetworkStep { File = mel.Name, Input = "input", InputLayout = ["windows", "rows"], Output = "output", OutputLayout = ["windows", "1", "rows", "columns"] },
                new ScaleStep { Multiply = 0.1f, Add = 2 }, new WindowsStep { Length = 76, Hop = 8 },
                new NetworkStep { File = embedding.Name, Input = "input_1", InputLayout = ["windows", "rows", "columns", "1"], Output = "conv2d_19", OutputLayout = ["windows", "1", "1", "columns"] },
                new PoolStep { Kinds = [PoolKind.Mean] },
            ],
        }, folder);
    }
}
