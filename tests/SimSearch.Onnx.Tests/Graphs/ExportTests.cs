using SimSearch.Tests.Support;

namespace SimSearch.Onnx.Tests;

/// <summary>An exported model answers as the network did while it trained, for any batch and any length.</summary>
public sealed class ExportTests
{
    private const int Batch = 6, Bands = 16, Frames = 32, Classes = 3;

    public ExportTests()
    {
        if (!OnnxRuntime.IsAvailable(out string? reason)) SharedData.SkipUnless(false, reason);
    }

    private static readonly ExportOptions Open = new() { Open = [("x", 0, "batch"), ("x", 3, "frames")], Metadata = [("purpose", "test")] };

    private static (TrainingGraph Training, GraphTensor Embedding) Trained()
    {
        var g = new GraphBuilder();
        var (z, loss) = RecipeNetwork.Build(g, Batch, Bands, Frames, Classes, width: 4, dimension: 16);
        var training = TrainingGraph.Compile(g, loss, new() { Seed = 1, AverageDecay = 0.9 });
        var random = new Random(2);
        for (int i = 0; i < Batch; i++) training.Input("labels")[i * Classes + i % Classes] = 1;
        for (int step = 0; step < 5; step++)
        {
            foreach (ref float v in training.Input("x")) v = (float)(random.NextDouble() * 4 - 2);
            training.Step(0.01);
        }
        return (training, z);
    }

    private static float[] Run(byte[] model, float[] x, params long[] shape)
    {
        using var session = OnnxSession.FromBytes(model, OnnxSessionOptions.SingleThread);
        using var input = OnnxTensor.Of<float>(x, shape);
        using var results = session.Run([("x", input)]);
        return results["embedding"].Span<float>().ToArray();
    }

    /// <summary>The same network built anew for another batch and length, with the same weights, in double precision.</summary>
    private static double[] Twin(TrainingGraph training, bool average, float[] x, int batch, int frames)
    {
        var g = new GraphBuilder(OnnxElementType.Double);
        var z = RecipeNetwork.Embed(g, batch, Bands, frames, width: 4, dropout: 0, dimension: 16);
        var feeds = g.Parameters.ToDictionary(p => p.Tensor, p => Array.ConvertAll(training.Parameter(p.Name, average).ToArray(), v => (double)v));
        feeds[g.Inputs[0]] = Array.ConvertAll(x, v => (double)v);
        return new SlowTwin(g).Run(feeds, z)[0].Values;
    }

    [Theory]
    [InlineData(6, 32, true)]
    [InlineData(6, 32, false)]
    [InlineData(1, 32, true)]
    [InlineData(2, 45, true)]
    [InlineData(1, 87, false)]
    public void Outputs_are_those_of_the_network_at_any_batch_and_length(int batch, int frames, bool average)
    {
        var (training, z) = Trained();
        using (training)
        {
            float[] x = [.. GradientCheck.Normal(new Random(8), batch * Bands * frames).Select(v => (float)v)];
            float[] actual = Run(training.Export(z, Open with { Average = average }), x, batch, 1, Bands, frames);
            double[] expected = Twin(training, average, x, batch, frames);
            Assert.Equal(expected.Length, actual.Length);
            for (int i = 0; i < expected.Length; i++) Assert.Equal(expected[i], actual[i], 1e-5);
        }
    }

    [Fact]
    public void A_network_over_one_axis_takes_any_batch_and_length()
    {
        static GraphTensor Network(GraphBuilder g, int batch, int length)
        {
            GraphTensor h = g.Input("x", [batch, 3, length]), table = g.Parameter("bands", [5, 4], Initialiser.Normal(1));
            using (g.Scope("first")) h = g.MaxPool(g.Relu(g.LayerNormLayer(g.ConvLayer(h, 4, 3, stride: 2, pad: 2, dilation: 2))), 3, 2, 1);
            using (g.Scope("second")) h = g.Clip(g.AveragePool(g.ConvLayer(h, 5, 2, bias: true), 2), -0.9, 0.9);
            return g.LinearLayer(g.Mean(h, [2]), 4, "head") * g.Reshape(g.Gather(table, g.StoreConstant(new long[] { 1 }, [1], OnnxElementType.Int64)), 1, 4);
        }
        var g = new GraphBuilder();
        var z = Network(g, 2, 31);
        using var training = TrainingGraph.Compile(g, g.Mean(g.Square(z)), new() { Seed = 3 });
        byte[] model = training.Export(z, new() { Open = [("x", 0, "batch"), ("x", 2, "length")] });
        foreach (var (batch, length) in new[] { (2, 31), (1, 24), (5, 60) })
        {
            float[] x = [.. GradientCheck.Normal(new Random(8), batch * 3 * length).Select(v => (float)v)];
            var twin = new GraphBuilder(OnnxElementType.Double);
            var output = Network(twin, batch, length);
            var feeds = twin.Parameters.ToDictionary(p => p.Tensor, p => Array.ConvertAll(training.Parameter(p.Name).ToArray(), v => (double)v));
            feeds[twin.Inputs[0]] = Array.ConvertAll(x, v => (double)v);
            double[] expected = new SlowTwin(twin).Run(feeds, output)[0].Values;
            float[] actual = Run(model, x, batch, 3, length);
            Assert.Equal(expected.Length, actual.Length);
            for (int i = 0; i < expected.Length; i++) Assert.Equal(expected[i], actual[i], 1e-5);
        }
    }

    [Fact]
    public void Outputs_are_those_of_the_training_graph_itself()
    {
        // The embedding as a metric of a step is the training graph's own; without dropout both graphs must agree.
        var g = new GraphBuilder();
        var (z, loss) = RecipeNetwork.Build(g, Batch, Bands, Frames, Classes, width: 4, dropout: 0, dimension: 16);
        (string, GraphTensor)[] entries = [.. Enumerable.Range(0, 16).Select(i => ($"z{i}", g.Slice(g.Slice(z, 0, 2, 3), 1, i, i + 1)))];
        using var training = TrainingGraph.Compile(g, loss, new() { Metrics = entries });
        float[] x = [.. GradientCheck.Normal(new Random(8), Batch * Bands * Frames).Select(v => (float)v)];
        x.CopyTo(training.Input("x"));
        for (int i = 0; i < Batch; i++) training.Input("labels")[i * Classes + i % Classes] = 1;
        byte[] model = training.Export(z, Open);
        training.Step(0.01);
        float[] exported = Run(model, x, Batch, 1, Bands, Frames);
        for (int i = 0; i < 16; i++) Assert.Equal(training.Metric($"z{i}"), exported[2 * 16 + i], 1e-5f);
    }

    [Fact]
    public void A_model_names_its_open_axes_and_holds_only_what_the_embedding_needs()
    {
        var (training, z) = Trained();
        using (training)
        {
            byte[] model = training.Export(z, Open);
            Assert.Equal(model, training.Export(z, Open));
            using var session = OnnxSession.FromBytes(model);
            var input = Assert.Single(session.Inputs);
            var output = Assert.Single(session.Outputs);
            Assert.Equal(["batch", "", "", "frames"], input.Symbols);
            Assert.Equal([-1L, 1, 16, -1], input.Shape);
            Assert.Equal(("embedding", "batch"), (output.Name, output.Symbols[0]));
            Assert.Equal([-1L, 16], output.Shape);
            Assert.Equal("test", session.Metadata.Custom["purpose"]);
            // The class vectors and the state stay behind.
            Assert.True(model.Length < 4 * (training.ParameterCount - Classes * 16) + 20_000, $"{model.Length} bytes");
            Assert.NotEqual(model, training.Export(z, Open with { Average = false }));
        }
    }

    [Fact]
    public void An_axis_that_the_network_fixes_cannot_stay_open()
    {
        var g = new GraphBuilder();
        var x = g.Input("x", [4, 6]);
        var w = g.Parameter("w", [6, 2], Initialiser.Normal(1));
        GraphTensor whole = g.Reshape(g.Gemm(x, w), 8), stretched = g.Expand(g.Mean(x, [0], keep: true), 4, 6);
        byte[] Export(GraphTensor y, string input = "x", int axis = 0, string symbol = "batch") => g.Export(y, p => new float[p.Tensor.Count], new() { Open = [(input, axis, symbol)] });
        Assert.Contains("'batch'", Assert.Throws<OnnxGraphException>(() => Export(whole)).Message);
        Assert.Contains("with 7 instead of 6", Assert.Throws<OnnxGraphException>(() => Export(g.Reshape(x, 0, -1, 2), axis: 1)).Message);
        Assert.Contains("Gemm", Assert.Throws<OnnxGraphException>(() => Export(g.Gemm(x, w), axis: 1)).Message);
        Assert.Contains("'y'", Assert.Throws<OnnxGraphException>(() => Export(whole, "y")).Message);
        Assert.Contains("axis 2", Assert.Throws<OnnxGraphException>(() => Export(whole, axis: 2)).Message);
        Assert.Contains("name", Assert.Throws<OnnxGraphException>(() => Export(whole, symbol: " ")).Message);
        Assert.NotEmpty(Export(stretched));
        byte[] Named(ExportOptions options) => g.Export(whole, p => new float[p.Tensor.Count], options);
        Assert.Contains("'w'", Assert.Throws<OnnxGraphException>(() => Named(new() { OutputName = "w" })).Message);
        Assert.Contains("name", Assert.Throws<OnnxGraphException>(() => Named(new() { OutputName = "" })).Message);
        Assert.Contains("'k'", Assert.Throws<OnnxGraphException>(() => Named(new() { Metadata = [("k", "1"), ("k", "2")] })).Message);
    }

    [Fact]
    public void Weights_that_are_not_numbers_are_not_exported()
    {
        var (training, z) = Trained();
        using (training)
        {
            training.Parameter("head.bias", average: true)[3] = float.NaN;
            Assert.Contains("head.bias", Assert.Throws<OnnxGraphException>(() => training.Export(z, Open)).Message);
            Assert.NotEmpty(training.Export(z, Open with { Average = false }));
            Assert.Contains("average", Assert.Throws<OnnxGraphException>(() => training.Resume(2)).Message);
        }
    }
}
