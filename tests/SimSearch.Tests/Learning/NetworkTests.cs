using SimSearch.Audio;
using SimSearch.Datasets;
using SimSearch.Embedding;
using SimSearch.Learning;
using SimSearch.Onnx;

namespace SimSearch.Tests;

/// <summary>The exported network against its definition in plain loops, and the way from a file to its vector against the way through memory.</summary>
public sealed class NetworkTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("simsearch-network-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    public static TheoryData<InputScaling, int, int, int> Kinds => new() { { InputScaling.Peak, 0, 0, 1 }, { InputScaling.BandMean, 0, 0, 1 }, { InputScaling.Peak, 1, 0, 1 }, { InputScaling.Peak, 0, 5, 2 } };

    [Theory, MemberData(nameof(Kinds))]
    public void The_exported_model_computes_what_the_definition_says(InputScaling scaling, int residuals, int head, int networks)
    {
        var options = LearningSets.Tiny with
        {
            Features = LearningSets.TinyFeatures with { Scaling = scaling }, Residuals = residuals, Head = head, Networks = networks, Channels = [4, 6, 8], Epochs = 3,
        };
        var store = LearningSets.Store(options.Features);
        using var learner = new MetricLearner(store, options);
        byte[] model = learner.Train();
        Assert.Equal(-1, model.AsSpan().IndexOf("projection"u8)); // what only the loss sees is cut off
        using var embedder = new ClipEmbedder(model, options.Features);
        Assert.Equal(options.VectorLength, embedder.Dimension);
        using var vectors = embedder.Embed(store, [0, 9, 31]);
        for (int row = 0; row < 3; row++)
        {
            int clip = new[] { 0, 9, 31 }[row], frames = store.Frames(clip);
            float[] input = store.Plain(clip).ToArray();
            float peak = input.Max() + 1e-12f;
            for (int i = 0; i < input.Length; i++) input[i] /= peak;
            InputScaler.Scale(input, store.Bands, scaling, new float[store.Bands]);
            double[] expected = [.. Enumerable.Range(1, networks).SelectMany(n => Slow(learner, n == 1 ? "" : $"network{n}.", options, input, frames, store.Bands)).Select(z => z / Math.Sqrt(networks))];
            for (int d = 0; d < expected.Length; d++) Assert.Equal(expected[d], vectors.Vectors.Row(row)[d], 1e-5);
        }
    }

    [Theory]
    [InlineData(true), InlineData(false)]
    public void A_saved_model_embeds_files_as_the_trained_network_embeds_memory(bool voice)
    {
        var features = voice ? FeatureOptions.Voice : LearningSets.TinyFeatures;
        var options = LearningSets.Tiny with { Features = features, Views = LearningSets.Tiny.Views with { Circular = !voice }, Epochs = 2 };
        var store = LearningSets.Store(features);
        using var learner = new MetricLearner(store, options);
        byte[] model = learner.Train();
        var embedder = LearnedModel.Save(Path.Combine(folder, "tiny-1.onnx"), model, options, "a test", "none");
        Assert.Equal(options.Dimension, embedder.Dimension);
        Assert.InRange(LearnedModel.LargestDifference(embedder, model, store, LearningSets.Small, 32), 0, 1e-5);
        // From one sample up, every clip has a vector of length 1.
        foreach (int samples in (int[])[1, 400, 5000, 400_000])
        {
            var vector = new float[embedder.Dimension];
            embedder.ExtractRaw(new AudioSignal([.. Enumerable.Range(0, samples).Select(i => (float)Math.Sin(i * 0.3))], embedder.SampleRate), vector);
            Assert.Equal(1, vector.Sum(v => (double)v * v), 1e-5);
        }
        using var embeddings = DatasetEmbedding.Embed(LearningSets.Small, AudioEmbedders.Create(Path.Combine(folder, "tiny-1.onnx")));
        Assert.Equal(LearningSets.Small.Count, (int)embeddings.Count);
    }

    [Fact]
    public void Names_that_a_model_cannot_have_are_refused()
    {
        foreach (string name in (string[])["model.bin", ".onnx", "Grosz.onnx", "a b.onnx", "x_y.onnx"]) Assert.Contains(name, Assert.Throws<SimSearchException>(() => LearnedModel.CheckName(name)).Message);
        LearnedModel.CheckName("some/where/a-1.onnx");
    }

    /// <summary>The network of the remarks of <see cref="EmbeddingNetwork"/>, in double precision, one loop a sum.</summary>
    private static double[] Slow(MetricLearner learner, string prefix, LearningOptions options, float[] input, int frames, int bands)
    {
        var x = new double[1, bands, frames];
        for (int t = 0; t < frames; t++)
            for (int b = 0; b < bands; b++) x[0, b, t] = input[t * bands + b];
        for (int i = 0; i < options.Channels.Count; i++)
        {
            x = Block(learner, $"{prefix}conv{i + 1}", x, i == 0 ? 5 : 3, i == 0 ? 2 : 1);
            if (i > 0 && i < options.Channels.Count - 1) x = Pool(x);
            if (i == 0 || i < options.Channels.Count - options.Residuals) continue;
            var more = Block(learner, $"{prefix}residual{i + 1}", x, 3, 1);
            for (int c = 0; c < x.GetLength(0); c++)
                for (int b = 0; b < x.GetLength(1); b++)
                    for (int t = 0; t < x.GetLength(2); t++) x[c, b, t] += more[c, b, t];
        }
        int channels = x.GetLength(0), height = x.GetLength(1), width = x.GetLength(2);
        var pooled = new List<double>();
        foreach (bool max in (bool[])[false, true])
            for (int c = 0; c < channels; c++)
                for (int b = 0; b < height; b++)
                {
                    double[] row = [.. Enumerable.Range(0, width).Select(t => x[c, b, t])];
                    pooled.Add(max ? row.Max() : row.Average());
                }
        float[] weight = learner.Parameter(prefix + "head.weight").ToArray(), bias = learner.Parameter(prefix + "head.bias").ToArray();
        double[] z = [.. Enumerable.Range(0, options.Dimension).Select(d => bias[d] + Enumerable.Range(0, pooled.Count).Sum(p => pooled[p] * weight[p * options.Dimension + d]))];
        double norm = Math.Sqrt(z.Sum(v => v * v));
        return [.. z.Select(v => v / norm)];
    }

    private static double[,,] Block(MetricLearner learner, string name, double[,,] x, int kernel, int stride)
    {
        float[] weight = learner.Parameter($"{name}.weight").ToArray(), gain = learner.Parameter($"{name}.gain").ToArray(), offset = learner.Parameter($"{name}.offset").ToArray();
        int inputs = x.GetLength(0), height = x.GetLength(1), width = x.GetLength(2), outputs = gain.Length, pad = kernel / 2;
        int newHeight = (height + 2 * pad - kernel) / stride + 1, newWidth = (width + 2 * pad - kernel) / stride + 1;
        var y = new double[outputs, newHeight, newWidth];
        double sum = 0, square = 0, count = (double)outputs * newHeight * newWidth;
        for (int o = 0; o < outputs; o++)
            for (int b = 0; b < newHeight; b++)
                for (int t = 0; t < newWidth; t++)
                {
                    double value = 0;
                    for (int c = 0; c < inputs; c++)
                        for (int i = 0; i < kernel; i++)
                            for (int j = 0; j < kernel; j++)
                            {
                                int at = b * stride + i - pad, when = t * stride + j - pad;
                                if (at >= 0 && at < height && when >= 0 && when < width) value += x[c, at, when] * weight[((o * inputs + c) * kernel + i) * kernel + j];
                            }
                    y[o, b, t] = value;
                    sum += value;
                }
        foreach (double value in y) square += (value - sum / count) * (value - sum / count);
        double scale = 1 / Math.Sqrt(square / count + 1e-5);
        for (int o = 0; o < outputs; o++)
            for (int b = 0; b < newHeight; b++)
                for (int t = 0; t < newWidth; t++) y[o, b, t] = Math.Max(0, (y[o, b, t] - sum / count) * scale * gain[o] + offset[o]);
        return y;
    }

    private static double[,,] Pool(double[,,] x)
    {
        var y = new double[x.GetLength(0), x.GetLength(1) / 2, x.GetLength(2) / 2];
        for (int c = 0; c < y.GetLength(0); c++)
            for (int b = 0; b < y.GetLength(1); b++)
                for (int t = 0; t < y.GetLength(2); t++)
                    y[c, b, t] = (x[c, 2 * b, 2 * t] + x[c, 2 * b + 1, 2 * t] + x[c, 2 * b, 2 * t + 1] + x[c, 2 * b + 1, 2 * t + 1]) / 4;
        return y;
    }
}
