using System.Text.Json;
using SimSearch.Tests.Support;

namespace SimSearch.Onnx.Tests;

/// <summary>
/// Values and gradients that PyTorch computed in double precision (references/make_references.py): the slow twin must agree within 1e-9 of the largest number, ONNX Runtime in
/// Float within 5e-5, optimisers after ten steps within 1e-5.
/// </summary>
public sealed class ReferenceTests
{
    private static readonly Dictionary<string, Case> Stored = JsonSerializer.Deserialize<Dictionary<string, Case>>(
        File.ReadAllText(Path.Combine(SharedData.RepositoryRoot, "tests", "SimSearch.Onnx.Tests", "Graphs", "references", "gradients.json")), new JsonSerializerOptions(JsonSerializerDefaults.Web))!;

    private sealed record Case(long[][] Shapes, double Shift, double Value, double[][] Gradients);

    private static readonly Dictionary<string, Func<GraphBuilder, GraphTensor[], GraphTensor>> Builders = new()
    {
        ["conv 3x3"] = (g, x) => g.Conv(x[0], x[1]),
        ["conv stride 2 pad 1"] = (g, x) => g.Conv(x[0], x[1], 2, 1),
        ["conv 5x5 stride 2 pad 2"] = (g, x) => g.Conv(x[0], x[1], 2, 2),
        ["conv groups 2"] = (g, x) => g.Conv(x[0], x[1], 1, 1, 2),
        ["conv depthwise stride 3"] = (g, x) => g.Conv(x[0], x[1], 3, 0, 3),
        ["conv 1x1"] = (g, x) => g.Conv(x[0], x[1]),
        ["conv stride 2 dilation 2"] = (g, x) => g.Conv(x[0], x[1], 2, 2, dilation: 2),
        ["conv dilation 3 groups 2"] = (g, x) => g.Conv(x[0], x[1], 1, 1, 2, 3),
        ["conv over one axis"] = (g, x) => g.Conv(x[0], x[1], 2, 2, 2, 2),
        ["average pool over one axis"] = (g, x) => g.AveragePool(x[0], 3, 2, 1),
        ["max pool over one axis"] = (g, x) => g.MaxPool(x[0], 3, 2, 1),
        ["average pool 2"] = (g, x) => g.AveragePool(x[0], 2),
        ["average pool 2 with a remainder"] = (g, x) => g.AveragePool(x[0], 2),
        ["average pool 3 stride 2 pad 1"] = (g, x) => g.AveragePool(x[0], 3, 2, 1),
        ["average pool 3 stride 2 pad 1 counting zeros"] = (g, x) => g.AveragePool(x[0], 3, 2, 1, countPadding: true),
        ["max pool 3 stride 2 pad 1"] = (g, x) => g.MaxPool(x[0], 3, 2, 1),
        ["max over the last axis"] = (g, x) => g.Max(x[0], [2]),
        ["layer norm over channels and positions"] = (g, x) => g.LayerNorm(x[0], x[1], x[2]),
        ["group norm 2"] = (g, x) => g.GroupNorm(x[0], 2, x[1], x[2]),
        ["norm over the last axis"] = (g, x) => g.FeatureNorm(x[0], x[1], x[2]),
        ["filter-response norm"] = (g, x) => g.FilterResponseNorm(x[0], x[1], x[2]),
        ["clip"] = (g, x) => g.Clip(x[0], -0.5, 0.7),
        ["power of 2.5"] = (g, x) => g.Pow(x[0], 2.5),
        ["gelu"] = (g, x) => g.Gelu(x[0]),
        ["softmax"] = (g, x) => g.Softmax(x[0]),
        ["log-softmax"] = (g, x) => g.LogSoftmax(x[0]),
        ["unit length"] = (g, x) => g.L2Normalise(x[0]),
        ["look-up"] = (g, x) => g.Gather(x[0], g.StoreConstant(new long[] { 0, 4, 4, 1, 2, 0, 0, 4 }, [8], OnnxElementType.Int64)),
        ["look-up along axis 1"] = (g, x) => g.Gather(x[0], g.StoreConstant(new long[] { 4, 0, 4, 1, 1, 4 }, [2, 3], OnnxElementType.Int64), 1),
        ["linear"] = (g, x) => g.Gemm(x[0], x[1]) + x[2],
        ["stacked product"] = (g, x) => g.MatMul(x[0], x[1]),
        ["cross-entropy with soft labels"] = (g, x) => g.CrossEntropy(x[0], Labels(g)),
        ["supervised contrastive"] = (g, x) => g.SupervisedContrastive(g.L2Normalise(x[0]), Labels(g), 0.1),
        ["cosine softmax"] = (g, x) => g.CosineSoftmax(g.L2Normalise(x[0]), x[1], Labels(g)),
        ["margin softmax"] = (g, x) => g.CosineSoftmax(g.L2Normalise(x[0]), x[1], Labels(g), 8, 0.5),
        ["semi-hard triplets"] = (g, x) => g.TripletSemiHard(g.L2Normalise(x[0]), Labels(g), 0.3),
        ["NT-Xent"] = (g, x) => g.NormalisedTemperature(g.L2Normalise(x[0]), g.L2Normalise(x[1])),
        ["a whole network"] = (g, x) => Network(g, x),
    };

    public static TheoryData<string> Names => [.. Builders.Keys];

    private static GraphTensor Labels(GraphBuilder g) => g.Constant([0.7, 0.3, 0, 1, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 1, 1, 0, 0], [6, 3]);

    private static GraphTensor Network(GraphBuilder g, GraphTensor[] x)
    {
        var h = g.Relu(g.LayerNorm(g.Conv(x[0], x[1], 2, 2), x[2], x[3]));
        h = g.AveragePool(g.Relu(g.LayerNorm(g.Conv(h, x[4], 1, 1), x[5], x[6])), 2);
        h = g.Reshape(h, 0, h[1] * h[2], -1);
        var z = g.L2Normalise(g.Gemm(g.Concat(1, g.Mean(h, [2]), g.Max(h, [2])), x[7]) + x[8]);
        return g.SupervisedContrastive(z, Labels(g), 0.1) + g.CosineSoftmax(z, x[9], Labels(g));
    }

    private static double[] Values(long count, int seed, double shift = 0, double scale = 1) =>
        [.. Enumerable.Range(0, (int)count).Select(i => scale * (Math.Sin(0.61 * i + seed) + 0.5 * Math.Cos(0.17 * i * i + 2 * seed)) + shift)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Gradients_are_those_of_another_framework(string name)
    {
        if (!OnnxRuntime.IsAvailable(out string? reason)) SharedData.SkipUnless(false, reason);
        var stored = Stored[name];
        foreach (var type in new[] { OnnxElementType.Double, OnnxElementType.Float })
        {
            var g = new GraphBuilder(type);
            GraphTensor[] x = [.. stored.Shapes.Select((s, i) => g.Input($"x{i}", s))];
            var y = Builders[name](g, x);
            var loss = y.Rank == 0 ? y : g.Sum(y * g.Constant(Values(y.Count, 100), y.Shape));
            var feeds = x.Select((t, i) => (t, i)).ToDictionary(p => p.t, p => Values(p.t.Count, p.i, stored.Shift));
            GraphTensor[] outputs = [loss, .. g.Gradients(loss, x)];
            double[][] actual = type == OnnxElementType.Double ? [.. new SlowTwin(g).Run(feeds, outputs).Select(r => r.Values)] : GraphRun.Run(g, feeds, outputs);
            double tolerance = type == OnnxElementType.Double ? 1e-9 : 5e-5;
            Assert.Equal(stored.Value, actual[0][0], tolerance * Math.Max(1, Math.Abs(stored.Value)));
            for (int k = 0; k < x.Length; k++)
            {
                Assert.Equal(stored.Gradients[k].Length, actual[k + 1].Length);
                double scale = Math.Max(1, stored.Gradients[k].Max(Math.Abs));
                for (int i = 0; i < actual[k + 1].Length; i++) Assert.Equal(stored.Gradients[k][i], actual[k + 1][i], tolerance * scale);
            }
        }
    }

    [Theory]
    [InlineData("AdamW")]
    [InlineData("AdamW, clipped")]
    [InlineData("momentum")]
    [InlineData("Nesterov")]
    public void Ten_steps_end_where_those_of_another_framework_end(string name)
    {
        if (!OnnxRuntime.IsAvailable(out string? reason)) SharedData.SkipUnless(false, reason);
        var g = new GraphBuilder();
        GraphTensor decayed = g.Parameter("decayed", [4], Initialiser.Constant(0)), plain = g.Parameter("plain", [2], Initialiser.Constant(0), decay: false);
        var loss = g.Sum(g.Square(g.Concat(0, decayed, plain) - g.Constant(Values(6, 3, 0, 2), [6])) * g.Constant(Values(6, 4, 2), [6])) * 0.5;
        bool adam = name.StartsWith("AdamW", StringComparison.Ordinal);
        using var training = TrainingGraph.Compile(g, loss, new()
        {
            Optimiser = adam ? new AdamW(0.9, 0.99, 1e-8, 0.1) : new Sgd(0.9, name == "Nesterov", 0.1),
            ClipNorm = name.EndsWith("clipped", StringComparison.Ordinal) ? 0.5 : 0,
        });
        double[] start = [.. Values(4, 1), .. Values(2, 2)];
        for (int i = 0; i < 6; i++) training.State("parameters")[i] = (float)start[i];
        for (int i = 0; i < 10; i++) training.Step(adam ? 0.05 : 0.02);
        for (int i = 0; i < 6; i++) Assert.Equal(Stored[name].Gradients[0][i], training.State("parameters")[i], 1e-5);
    }
}
