using System.Text.Json.Nodes;
using SimSearch.Audio;
using SimSearch.Datasets;
using SimSearch.Embedding;
using SimSearch.Indexing;
using SimSearch.Tests.Support;

namespace SimSearch.Tests;

public sealed class OnnxEmbedderTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("simsearch-model-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private static AudioSignal Tone(double hertz, double seconds = 0.5, int rate = 8000) =>
        new([.. Enumerable.Range(0, (int)(seconds * rate)).Select(i => (float)(0.5 * Math.Sin(2 * Math.PI * hertz * i / rate)))], rate);

    private static float[] Embed(AudioEmbedder embedder, params AudioSignal[] signals)
    {
        var vectors = new float[signals.Length * embedder.Dimension];
        embedder.Embed(signals, vectors);
        return vectors;
    }

    [Fact]
    public void The_steps_do_what_the_slow_twin_does()
    {
        var embedder = OnnxEmbedder.Load(TestModels.Write(folder));
        var signal = Tone(700);
        // The twin: librosa-like mel power with weights of sum 1, the peak to 1, decibels, scale, matrix, mean and maximum, length 1.
        var mel = new MelOptions { Stft = new() { SampleRate = 8000, FftLength = 256, HopLength = 128 }, Bands = 8, Norm = MelNorm.None };
        var power = AudioFeatures.Power(signal, mel.Stft);
        float[] dense = new MelFilterbank(mel).ToDense();
        var bands = new double[power.Frames, 8];
        double peak = 0;
        for (int t = 0; t < power.Frames; t++)
            for (int b = 0; b < 8; b++)
            {
                double sum = 0, weights = 0;
                for (int k = 0; k < 129; k++) (sum, weights) = (sum + dense[b * 129 + k] * power.Values[t * 129 + k], weights + dense[b * 129 + k]);
                bands[t, b] = sum / weights;
                peak = Math.Max(peak, bands[t, b]);
            }
        var y = new double[6];
        y.AsSpan(3).Fill(double.NegativeInfinity);
        for (int t = 0; t < power.Frames; t++)
            for (int d = 0; d < 3; d++)
            {
                double sum = 0;
                for (int b = 0; b < 8; b++) sum += (Math.Max(-80, 10 * Math.Log10(Math.Max(1e-10, bands[t, b] / (peak + 1e-12)))) * 0.05 + 2) * 0.25 * ((b * 3 + d) % 7 - 3);
                y[d] += sum / power.Frames;
                y[3 + d] = Math.Max(y[3 + d], sum);
            }
        double norm = Math.Sqrt(y.Sum(v => v * v));
        float[] vector = Embed(embedder, signal);
        for (int i = 0; i < 6; i++) Assert.Equal(y[i] / norm, vector[i], 1e-4);
    }

    [Fact]
    public void Vectors_do_not_depend_on_company_threads_or_what_was_embedded_before()
    {
        var embedder = OnnxEmbedder.Load(TestModels.Write(folder));
        AudioSignal[] signals = [.. Enumerable.Range(0, 16).Select(i => Tone(200 + 150 * i, 0.1 + 0.05 * (i % 5)))];
        float[] together = Embed(embedder, signals);
        for (int i = 0; i < signals.Length; i++) Assert.Equal(Embed(embedder, signals[i]), together[(6 * i)..(6 * i + 6)]);
        Assert.True(embedder.IsFitted);
    }

    [Fact]
    public void Silence_one_sample_and_other_rates_give_finite_vectors()
    {
        var embedder = OnnxEmbedder.Load(TestModels.Write(folder));
        foreach (var signal in (AudioSignal[])[new(new float[4000], 8000), new(new float[1], 8000), Tone(440, 0.5, 44100)])
            Assert.All(Embed(embedder, signal), v => Assert.True(float.IsFinite(v)));
        Assert.Throws<SimSearchException>(() => Embed(embedder, new AudioSignal([], 8000)));
        Assert.Throws<SimSearchException>(() => Embed(embedder, new AudioSignal([float.NaN, 0], 8000)));
    }

    [Fact]
    public void The_fingerprint_is_that_of_manifest_and_network()
    {
        var embedder = OnnxEmbedder.Load(TestModels.Write(folder));
        Assert.Equal(embedder.Fingerprint, OnnxEmbedder.Load(Path.Combine(folder, "tiny.model.json")).Fingerprint);
        string other = Directory.CreateDirectory(Path.Combine(folder, "other")).FullName;
        Assert.NotEqual(embedder.RawFingerprint, OnnxEmbedder.Load(TestModels.Write(other, m => m with { Steps = [new PadStep { Rows = 4000 }, .. m.Steps] })).RawFingerprint);
        // Moving the model changes nothing.
        string moved = Directory.CreateDirectory(Path.Combine(folder, "moved")).FullName;
        foreach (string file in (string[])["tiny.onnx", "tiny.model.json"]) File.Copy(Path.Combine(folder, file), Path.Combine(moved, file));
        Assert.Equal(embedder.Fingerprint, OnnxEmbedder.Load(Path.Combine(moved, "tiny.onnx")).Fingerprint);
    }

    [Fact]
    public void An_index_remembers_its_model_and_asks_for_it_by_hash()
    {
        string model = TestModels.Write(folder), sounds = Directory.CreateDirectory(Path.Combine(folder, "sounds")).FullName, bundle = Path.Combine(folder, "index");
        var items = new List<Item>();
        for (int i = 0; i < 6; i++)
        {
            WavWriter.Write(Path.Combine(sounds, $"{i}.wav"), Tone(300 + 400 * i));
            items.Add(new Item { Id = $"{i}", Source = $"{i}.wav", Labels = [$"{i}"] });
        }
        using (var embeddings = DatasetEmbedding.Embed(new Dataset("tones", sounds, items), OnnxEmbedder.Load(model)))
        {
            embeddings.Save(Path.Combine(folder, "embeddings"));
            using var built = VectorIndex.Build(embeddings);
            built.Save(bundle);
        }
        using (var index = VectorIndex.Load(bundle))
        {
            Assert.Equal("3", index.SearchFiles([Path.Combine(sounds, "3.wav")], 1).Hits(0)[0].Id);
            Assert.Equal("tiny", index.OpenEmbedder().Name);
        }
        Assert.Equal(OnnxEmbedder.Load(model).Fingerprint, AudioEmbedders.Load(Path.Combine(folder, "embeddings", "embedder.json")).Fingerprint);

        // Gone, or changed: the error says what to look for.
        string hash = ModelFile.Of(model).Sha256;
        byte[] bytes = File.ReadAllBytes(model);
        File.Delete(model);
        using (var index = VectorIndex.Load(bundle)) Assert.Contains(hash, Assert.Throws<SimSearchException>(() => index.OpenEmbedder()).Message);
        bytes[^20] ^= 1;
        File.WriteAllBytes(model, bytes);
        using (var index = VectorIndex.Load(bundle)) Assert.Contains("SHA-256", Assert.Throws<SimSearchException>(() => index.OpenEmbedder()).Message);
    }

    [Fact]
    public void Steps_can_follow_a_model()
    {
        var embedder = OnnxEmbedder.Load(TestModels.Write(folder)).With(new PcaRecipe(2));
        Assert.False(embedder.IsFitted);
        using var raw = VectorMatrix.FromArray(Embed(OnnxEmbedder.Load(Path.Combine(folder, "tiny.onnx")), [.. Enumerable.Range(1, 9).Select(i => Tone(300 * i))]), 6);
        var fitted = embedder.Fit(raw);
        Assert.Equal(2, Embed(AudioEmbedder.FromJson(fitted.ToJson()), Tone(500)).Length);
    }

    [Fact]
    public void A_manifest_whose_golden_vector_does_not_come_out_is_refused()
    {
        string path = TestModels.Write(folder, m => m with { Golden = m.Golden! with { Vector = [.. m.Golden.Vector.Select((v, i) => i == 3 ? v + 0.1f : v)] } });
        Assert.Contains("value 3 of the golden vector", Assert.Throws<ModelException>(() => OnnxEmbedder.Load(path)).Message);
        // The same for preprocessing that is not the one it was described with.
        path = TestModels.Write(folder, m => m with { Steps = [.. m.Steps.Where(s => s is not PeakStep)] });
        Assert.Contains("does not compute what its manifest promises", Assert.Throws<ModelException>(() => OnnxEmbedder.Load(path)).Message);
    }

    [Fact]
    public void Wrong_files_are_named()
    {
        Assert.Contains("there is no such model", Assert.Throws<ModelException>(() => AudioEmbedders.Create(Path.Combine(folder, "none.onnx"))).Message);
        string path = TestModels.Write(folder);
        File.Move(Path.Combine(folder, "tiny.model.json"), Path.Combine(folder, "kept.json"));
        Assert.Contains("has no manifest", Assert.Throws<ModelException>(() => OnnxEmbedder.Load(path)).Message);
        File.Move(Path.Combine(folder, "kept.json"), Path.Combine(folder, "tiny.model.json"));
        byte[] bytes = File.ReadAllBytes(path);
        File.WriteAllBytes(path, bytes[..^1]);
        Assert.Contains($"{bytes.Length - 1} bytes, its manifest says {bytes.Length}", Assert.Throws<ModelException>(() => OnnxEmbedder.Load(path)).Message);
        // The wrong network behind a right manifest.
        File.WriteAllBytes(path, TestModels.Network());
        var manifest = ModelManifest.Load(path);
        Refused(manifest with { Steps = [.. manifest.Steps.Select(s => s is NetworkStep n ? n with { Output = "z" } : s)] }, "has no output 'z'");
        Refused(manifest with { Steps = [.. manifest.Steps.Select(s => s is NetworkStep n ? n with { Input = "z" } : s)] }, "its input must be 'z'");
        Refused(manifest with { Steps = [.. manifest.Steps.Select(s => s is NetworkStep n ? n with { OutputLayout = ["windows", "columns"] } : s)] }, "does not fit output_layout");
        Refused(manifest with { Steps = [.. manifest.Steps.Select(s => s is NetworkStep n ? n with { InputLayout = ["windows", "columns", "rows"] } : s)] }, "was given");
        Refused(manifest with { Steps = [.. manifest.Steps.Where(s => s is not PoolStep)] }, "its steps end with");
        File.WriteAllText(path, "this is not a model");
        Assert.Contains("tiny.onnx", Assert.Throws<ModelException>(() => OnnxEmbedder.From(manifest with { Files = [ModelFile.Of(path)] }, folder)).Message);
    }

    private void Refused(ModelManifest manifest, string part) => Assert.Contains(part, Assert.Throws<ModelException>(() => OnnxEmbedder.From(manifest, folder)).Message);

    [Fact]
    public void A_network_of_NaN_is_refused()
    {
        string path = Path.Combine(folder, "tiny.onnx");
        File.WriteAllBytes(path, TinyModel.Model([TinyModel.Node("MatMul", ["x", "w"], ["y"]), TinyModel.Weights("w", [8, 3], [.. Enumerable.Repeat(float.NaN, 24)]),
            TinyModel.Input("x", TinyModel.Float, "n", "t", 8), TinyModel.Output("y", TinyModel.Float, "n", "t", 3)]));
        Assert.Contains("NaN", Assert.Throws<ModelException>(() => TestModels.Manifest(ModelFile.Of(path)).WithGolden(folder)).Message);
    }
}
