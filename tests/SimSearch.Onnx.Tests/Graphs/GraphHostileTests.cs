using SimSearch.Tests.Support;

namespace SimSearch.Onnx.Tests;

/// <summary>What cannot be built is refused while building, with the names of those concerned.</summary>
public sealed class GraphHostileTests
{
    private static readonly GraphBuilder G = new();

    private static string Refused(Action build) => Assert.Throws<OnnxGraphException>(build).Message;

    [Fact]
    public void Shapes_that_do_not_fit_are_named()
    {
        var g = new GraphBuilder();
        GraphTensor x = g.Input("pictures", [2, 3, 8, 8]), w = g.Input("filters", [4, 2, 3, 3]), v = g.Input("vector", [5]), m = g.Input("matrix", [6, 7]);
        string message = Refused(() => g.Conv(x, w));
        Assert.Contains("pictures", message);
        Assert.Contains("filters", message);
        Assert.Contains("3 channels", message);
        Assert.Contains("9", Refused(() => g.Conv(x, g.Input("large", [1, 3, 9, 9]))));
        Assert.Contains("stride 0", Refused(() => g.Conv(x, g.Input("w0", [1, 3, 3, 3]), stride: 0)));
        Assert.Contains("padding", Refused(() => g.Conv(x, g.Input("w1", [1, 3, 3, 3]), pad: -1)));
        Assert.Contains("groups=0", Refused(() => g.Conv(x, g.Input("w2", [1, 3, 3, 3]), groups: 0)));
        Assert.Contains("groups", Refused(() => g.Conv(x, g.Input("w3", [4, 1, 3, 3]), groups: 3)));
        Assert.Contains("dilation 0", Refused(() => g.Conv(x, g.Input("w4", [1, 3, 3, 3]), dilation: 0)));
        Assert.Contains("a window of 13", Refused(() => g.Conv(x, g.Input("w5", [1, 3, 3, 3]), pad: 1, dilation: 6)));
        Assert.Contains("three for an input of three", Refused(() => g.Conv(x, g.Input("w6", [1, 3, 3]))));
        Assert.Contains("it needs an input", Refused(() => g.Conv(g.Input("sound", [2, 3, 8]), g.Input("w7", [1, 3, 3, 3]))));
        foreach (double epsilon in new[] { 0, -1e-5, double.NaN, 1e-60 })
        {
            Assert.Contains("must be positive", Refused(() => g.L2Normalise(x, epsilon: epsilon)));
            Assert.Contains("must be positive", Refused(() => g.LayerNorm(x, g.Constant([1, 1, 1], [3]), g.Constant([0, 0, 0], [3]), epsilon)));
        }
        Assert.Contains("low=2", Refused(() => g.Clip(x, 2, 1)));
        Assert.Contains("exponent=0", Refused(() => g.Pow(x, 0)));
        Assert.Contains("broadcast", Refused(() => v.Graph.Add(v, m)));
        Assert.Contains("inner sizes 7 and 6", Refused(() => g.MatMul(m, m)));
        Assert.Contains("two axes", Refused(() => g.MatMul(m, v)));
        Assert.Contains("axis 2", Refused(() => g.Sum(m, [2])));
        Assert.Contains("twice", Refused(() => g.Sum(m, [1, -1])));
        Assert.Contains("42 elements", Refused(() => g.Reshape(m, 5, 9)));
        Assert.Contains("divide", Refused(() => g.Reshape(m, 5, -1)));
        Assert.Contains("only one", Refused(() => g.Reshape(m, -1, -1)));
        Assert.Contains("axis 2", Refused(() => g.Reshape(m, 6, 7, 0)));
        Assert.Contains("order", Refused(() => g.Transpose(m, 0, 0)));
        Assert.Contains("nothing is left", Refused(() => g.Slice(m, 0, 3, 3)));
        Assert.Contains("axis 1 differs", Refused(() => g.Concat(0, m, g.Input("other", [6, 8]))));
        Assert.Contains("at least one", Refused(() => g.Concat(0)));
        Assert.Contains("smaller than the window", Refused(() => g.AveragePool(x, 2, 2, pad: 2)));
        Assert.Contains("gain", Refused(() => g.LayerNorm(x, v, v)));
        Assert.Contains("2 groups", Refused(() => g.GroupNorm(x, 2, g.Input("gain", [3]), g.Input("offset", [3]))));
        Assert.Contains("[0, 1)", Refused(() => g.Dropout(x, 1)));
        Assert.Contains("stretch", Refused(() => g.Expand(m, 6, 14)));
    }

    [Fact]
    public void Axes_of_no_size_are_refused()
    {
        Assert.Contains("1 or more", Refused(() => G.Input("empty", [0, 3])));
        Assert.Contains("1 or more", Refused(() => G.Parameter("none", [2, -3], Initialiser.Constant(0))));
    }

    [Fact]
    public void Types_are_kept_apart()
    {
        var g = new GraphBuilder();
        GraphTensor x = g.Input("x", [3]), i = g.Input("i", [3], OnnxElementType.Int64), b = g.Greater(x, g.Constant(0));
        Assert.Contains("types differ", Refused(() => _ = x + i));
        Assert.Contains("Bool", Refused(() => g.And(x, x)));
        Assert.Contains("condition", Refused(() => g.Where(x, x, x)));
        Assert.Contains("truth values", Refused(() => _ = b + b));
        Assert.Contains("Int64", Refused(() => g.Gather(x, x)));
        Assert.Contains("cast", Refused(() => g.Exp(i)));
        Assert.Contains("Float or Double", Refused(() => _ = new GraphBuilder(OnnxElementType.Int32)));
        Assert.Contains("Float or Int64", Refused(() => g.Input("mask", [3], OnnxElementType.Bool)));
        Assert.Equal(OnnxElementType.Float, g.Number(b).Type);
    }

    [Fact]
    public void Names_are_used_once()
    {
        var g = new GraphBuilder();
        g.Input("x", [1]);
        Assert.Contains("'x'", Refused(() => g.Parameter("x", [1], Initialiser.Constant(0))));
        Assert.Contains("name", Refused(() => g.Input(" ", [1])));
        using (g.Scope("inner")) Assert.Equal("inner.x", g.Input("x", [1]).Name);
        // Names of our own making give way to those already there.
        g.Input("add_0", [1]);
        var sum = g.Inputs[0] + g.Inputs[1];
        Assert.Equal(g.Nodes.Count, g.Nodes.Select(n => n.Output.Name).Append("add_0").Distinct().Count() - 1);
        Assert.NotEqual("add_0", sum.Name);
    }

    [Fact]
    public void Tensors_of_two_graphs_do_not_mix()
    {
        GraphTensor a = new GraphBuilder().Input("a", [1]), b = new GraphBuilder().Input("b", [1]);
        Assert.Contains("another GraphBuilder", Refused(() => _ = a + b));
    }

    [Fact]
    public void A_parameter_that_the_loss_does_not_see_is_named()
    {
        var g = new GraphBuilder();
        var used = g.Parameter("used", [2], Initialiser.Constant(1));
        g.Parameter("forgotten", [2], Initialiser.Constant(1));
        string message = Refused(() => TrainingGraph.Compile(g, g.Sum(used)));
        Assert.Contains("'forgotten'", message);
        Assert.DoesNotContain("'used'", message);
    }

    [Fact]
    public void Losses_that_are_none_are_refused()
    {
        var g = new GraphBuilder();
        var w = g.Parameter("w", [2], Initialiser.Constant(1));
        Assert.Contains("one element", Refused(() => g.Gradients(w * 2, w)));
        Assert.Contains("Float", Refused(() => g.Gradients(g.Greater(g.Sum(w), g.Constant(0)), w)));
        Assert.Contains("no parameters", Refused(() => TrainingGraph.Compile(new GraphBuilder(), new GraphBuilder().Constant(1))));
        var d = new GraphBuilder(OnnxElementType.Double);
        Assert.Contains("Double", Refused(() => TrainingGraph.Compile(d, d.Sum(d.Parameter("w", [2], Initialiser.Constant(1))))));
    }

    [Fact]
    public void Sizes_beyond_memory_are_refused_before_anything_is_allocated()
    {
        Assert.Contains("2^40", Refused(() => G.Input("huge", [1L << 31, 1L << 31])));
        var g = new GraphBuilder();
        var (_, loss) = RecipeNetwork.Build(g, 4096, 128, 8192, 10);
        var error = Assert.Throws<OnnxMemoryException>(() => TrainingGraph.Compile(g, loss));
        foreach (string part in (string[])["MB at once", "gradient.", "batch"]) Assert.Contains(part, error.Message);
        Assert.InRange(error.Allowed, 1, error.Estimate.Peak - 1);
    }

    [Fact]
    public void Windows_too_large_for_a_gradient_are_refused()
    {
        var g = new GraphBuilder();
        var x = g.Input("x", [1, 1, 40_000, 40_000]);
        Assert.Contains("30000 x 30000", Refused(() => g.Gradients(g.Sum(g.MaxPool(x, 30_000)), x)));
        var w = g.Parameter("w", [1, 1, 128, 128], Initialiser.Constant(0));
        Assert.Contains("Max and Mean", Refused(() => g.Gradients(g.Sum(g.Conv(x, w)), w)));
    }

    [Fact]
    public void A_graph_is_compiled_once_and_its_options_are_checked()
    {
        if (!OnnxRuntime.IsAvailable(out string? reason)) SharedData.SkipUnless(false, reason);
        var g = new GraphBuilder();
        var loss = g.Sum(g.Square(g.Parameter("w", [2], Initialiser.Constant(1))));
        foreach (var wrong in new TrainingOptions[] { new() { ClipNorm = -1 }, new() { ClipNorm = double.NaN }, new() { AverageDecay = 1 }, new() { MaximumBytes = -1 }, new() { Optimiser = new AdamW(1) }, new() { Optimiser = new AdamW(Epsilon: 0) }, new() { Optimiser = new AdamW(WeightDecay: double.NaN) }, new() { Optimiser = new Sgd(-0.1) }, new() { Optimiser = new Sgd(WeightDecay: double.PositiveInfinity) } })
            Refused(() => TrainingGraph.Compile(g, loss, wrong));
        using var training = TrainingGraph.Compile(g, loss);
        Assert.Contains("compiled already", Refused(() => TrainingGraph.Compile(g, loss)));
        Assert.Contains("'x'", Refused(() => training.Input("x")));
        Assert.Contains("'v'", Refused(() => training.Parameter("v")));
        Assert.Contains("'moment'", Refused(() => training.State("moment")));
        Assert.Contains("'m'", Refused(() => training.Metric("m")));
        foreach (double rate in new[] { -1, double.NaN, double.PositiveInfinity }) Assert.Throws<ArgumentOutOfRangeException>(() => training.Step(rate));
        Assert.Throws<ArgumentOutOfRangeException>(() => training.Resume(-1));
    }

    [Fact]
    public void A_prediction_of_memory_counts_what_lives_at_the_same_time()
    {
        var g = new GraphBuilder();
        var x = g.Input("x", [1000]);
        var y = x;
        // A chain needs two tensors at a time beside the input, however long it is; a reshape is no copy.
        for (int i = 0; i < 20; i++) y = g.Reshape(g.Exp(y), 10, 100);
        Assert.Equal(3 * 4000 + 16, MemoryEstimate.Of(g.Nodes, [y]).Peak);
        // A sum of all of them needs all.
        var all = Enumerable.Range(0, 20).Select(_ => g.Exp(x)).ToArray();
        Assert.InRange(MemoryEstimate.Of(g.Nodes, [g.Concat(0, all)]).Peak, 41 * 4000, 44 * 4000);
    }
}
