using System.Text.Json;
using SimSearch.Embedding;
using SimSearch.Tests.Support;

namespace SimSearch.Tests;

/// <summary>
/// What the manifests of public audio models put before their networks, against numbers that numpy made from the models' public descriptions (references/front_ends.py), and the whole
/// way on toy networks that have the inputs and outputs of the real ones.
/// </summary>
public sealed class FrontEndTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("simsearch-front-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private static JsonElement Reference(string model) => JsonDocument.Parse(File.ReadAllText(Path.Combine(
        SharedData.RepositoryRoot, "tests", "SimSearch.Tests", "Embedding", "Models", "references", "front_ends.json"))).RootElement.GetProperty(model);

    private static float[] Sound(double seconds, int rate) => (ModelGolden.Sweep with { Seconds = seconds }).Samples(rate);

    [Theory]
    [InlineData("vggish", "vggish", 2.5)]
    [InlineData("clap-htsat-unfused", "clap", 3)]
    public void What_the_network_hears_is_what_its_authors_describe(string model, string reference, double seconds)
    {
        var manifest = ModelShelf.Find(model);
        var block = new ModelBlock();
        block.Begin(Sound(seconds, manifest.SampleRate));
        foreach (var step in manifest.Steps.TakeWhile(s => s is not NetworkStep)) step.Prepare(null!)(block);
        var expected = Reference(reference);
        Assert.Equal(expected.GetProperty("shape").Deserialize<int[]>()!, (int[])[block.Windows, block.Rows, block.Columns]);
        // VGGish's are natural logarithms, CLAP's decibels; samples are floats on our side, and silence is on the floor of both.
        double tolerance = reference == "clap" ? 2e-3 : 2e-4;
        foreach (var cell in expected.GetProperty("cells").EnumerateArray())
        {
            var (w, r, c) = (cell[0].GetInt32(), cell[1].GetInt32(), cell[2].GetInt32());
            Assert.Equal(cell[3].GetDouble(), block.Values[(w * block.Rows + r) * block.Columns + c], tolerance);
        }
        double[][] means = BandMeans(expected);
        for (int w = 0; w < block.Windows; w++)
            for (int c = 0; c < block.Columns; c++)
            {
                double sum = 0;
                for (int r = 0; r < block.Rows; r++) sum += block.Values[(w * block.Rows + r) * block.Columns + c];
                Assert.Equal(means[w][c], sum / block.Rows, tolerance);
            }
    }

    // The toy networks take the mean over frames and multiply it by a matrix, so the expected vectors follow from the means that numpy printed.
    [Fact]
    public void The_way_through_VGGish_on_a_toy_network()
    {
        var embedder = Toy("vggish", TinyModel.Model(
        [
            TinyModel.Node("ReduceMean", ["melspectrogram"], ["m"], TinyModel.IntsAttribute("axes", 2), TinyModel.IntAttribute("keepdims", 0)), TinyModel.Node("MatMul", ["m", "w"], ["embeddings"]),
            TinyModel.Weights("w", [64, 128], Matrix(64, 128)), TinyModel.Input("melspectrogram", TinyModel.Float, "batch", 64, 96), TinyModel.Output("embeddings", TinyModel.Float, "batch", 128),
        ]));
        double[][] means = BandMeans(Reference("vggish"));
        double[] expected = [.. Enumerable.Range(0, 128).Select(d => means.Average(window => Times(window, d)))];
        Near(expected, Embed(embedder, Sound(2.5, 16000)));
        // A click shorter than a patch is one patch, the rest of it silence.
        Assert.All(Embed(embedder, [1f]), v => Assert.True(float.IsFinite(v)));
    }

    [Fact]
    public void The_way_through_CLAP_on_a_toy_network()
    {
        var embedder = Toy("clap-htsat-unfused", TinyModel.Model(
        [
            TinyModel.Node("ReduceMean", ["input_features"], ["m"], TinyModel.IntsAttribute("axes", 1, 2), TinyModel.IntAttribute("keepdims", 0)), TinyModel.Node("MatMul", ["m", "w"], ["audio_embeds"]),
            TinyModel.Weights("w", [64, 512], Matrix(64, 512)), TinyModel.Input("input_features", TinyModel.Float, "batch", 1, 1001, 64), TinyModel.Output("audio_embeds", TinyModel.Float, "batch", 512),
        ]));
        double[] window = BandMeans(Reference("clap"))[0], expected = [.. Enumerable.Range(0, 512).Select(d => Times(window, d))];
        double length = Math.Sqrt(expected.Sum(v => v * v));
        float[] sound = Sound(3, 48000);
        Near([.. expected.Select(v => v / length)], Embed(embedder, sound));
        // 15 s are two windows; the second begins where the first is half over.
        float[] longer = Sound(15, 48000), first = Embed(embedder, longer.AsSpan(0, 480000)), second = Embed(embedder, longer.AsSpan(240000, 480000));
        double[] both = [.. first.Zip(second, (a, b) => (double)a + b)];
        length = Math.Sqrt(both.Sum(v => v * v));
        Near([.. both.Select(v => v / length)], Embed(embedder, longer));
    }

    [Fact]
    public void The_way_through_YAMNet_on_a_toy_network()
    {
        // Row i of the embeddings is sample 5,200 i times (1 .. 1024), three rows for the fewest samples that there may be; scores and spectrogram are there too and not asked for.
        byte[] network = TinyModel.Model(
        [
            TinyModel.Node("Slice", ["waveform", "from", "to", "axis", "step"], ["s"]), TinyModel.Node("Unsqueeze", ["s", "last"], ["column"]), TinyModel.Node("MatMul", ["column", "w"], ["output_1"]),
            TinyModel.Node("Identity", ["column"], ["output_0"]), TinyModel.Node("Neg", ["column"], ["output_2"]),
            TinyModel.Integers("from", 0), TinyModel.Integers("to", int.MaxValue), TinyModel.Integers("axis", 0), TinyModel.Integers("step", 5200), TinyModel.Integers("last", 1),
            TinyModel.Weights("w", [1, 1024], [.. Enumerable.Range(1, 1024).Select(i => (float)i)]), TinyModel.Input("waveform", TinyModel.Float, "n"),
            TinyModel.Output("output_0", TinyModel.Float, "m", 1), TinyModel.Output("output_1", TinyModel.Float, "m", 1024), TinyModel.Output("output_2", TinyModel.Float, "m", 1),
        ]);
        var embedder = Toy("yamnet", network);
        var sound = new float[20000];
        (sound[0], sound[5200], sound[10400], sound[15600]) = (0.5f, 0.25f, -0.125f, 0.375f);
        Near([.. Enumerable.Range(1, 1024).Select(i => 0.25 * i)], Embed(embedder, sound));
        Near([.. Enumerable.Range(1, 1024).Select(i => 0.5 / 3 * i)], Embed(embedder, [0.5f]));
    }

    private static float[] Matrix(int rows, int columns) => [.. Enumerable.Range(0, rows * columns).Select(i => Weight(i / columns, i % columns))];

    private static float Weight(int row, int column) => ((row * 7 + column * 3) % 11 - 5) / 64f;

    private static double Times(double[] row, int column) => Enumerable.Range(0, row.Length).Sum(r => row[r] * Weight(r, column));

    private static double[][] BandMeans(JsonElement reference) => [.. reference.GetProperty("band_means").EnumerateArray().Select(window => window.Deserialize<double[]>()!)];

    private OnnxEmbedder Toy(string model, byte[] network)
    {
        var manifest = ModelShelf.Find(model);
        string path = Path.Combine(folder, manifest.Files[0].Name);
        File.WriteAllBytes(path, network);
        return OnnxEmbedder.From(manifest with { Files = [ModelFile.Of(path)] }, folder);
    }

    private static float[] Embed(OnnxEmbedder embedder, ReadOnlySpan<float> samples)
    {
        var vector = new float[embedder.Dimension];
        embedder.ExtractRaw(new(samples.ToArray(), embedder.SampleRate), vector);
        return vector;
    }

    private static void Near(double[] expected, float[] actual)
    {
        double scale = expected.Max(Math.Abs);
        for (int i = 0; i < expected.Length; i++) Assert.Equal(expected[i], actual[i], 2e-4 * scale);
    }
}
