using SimSearch.Tests.Support;

namespace SimSearch.Onnx.Tests;

/// <summary>Every operator's gradient against finite differences and ONNX Runtime; see <see cref="GradientCheck"/> for the tolerances.</summary>
public sealed class GradientTests
{
    private static double[] Positive(GraphTensor t, Random r) => [.. Enumerable.Range(0, (int)t.Count).Select(_ => 0.5 + r.NextDouble())];

    public static TheoryData<string> Unary => [.. UnaryOperators.Keys];

    private static readonly Dictionary<string, Func<GraphBuilder, GraphTensor, GraphTensor>> UnaryOperators = new()
    {
        ["negate"] = (g, x) => -x,
        ["abs"] = (g, x) => g.Abs(x - 1),
        ["clip"] = (g, x) => g.Clip(x, 0.8, 1.2),
        ["power of 3"] = (g, x) => g.Pow(x - 1, 3),
        ["power of -0.5"] = (g, x) => g.Pow(x, -0.5),
        ["power of 1"] = (g, x) => g.Pow(x, 1),
        ["square"] = (g, x) => g.Square(x),
        ["exp"] = (g, x) => g.Exp(x),
        ["log"] = (g, x) => g.Log(x),
        ["sqrt"] = (g, x) => g.Sqrt(x),
        ["reciprocal"] = (g, x) => g.Reciprocal(x),
        ["tanh"] = (g, x) => g.Tanh(x),
        ["sigmoid"] = (g, x) => g.Sigmoid(x),
        ["erf"] = (g, x) => g.Erf(x),
        ["relu"] = (g, x) => g.Relu(x - 0.9),
        ["gelu"] = (g, x) => g.Gelu(x - 1),
        ["softmax"] = (g, x) => g.Softmax(x),
        ["softmax of axis 0"] = (g, x) => g.Softmax(x, 0),
        ["log-softmax"] = (g, x) => g.LogSoftmax(x),
        ["log-softmax of axis 1"] = (g, x) => g.LogSoftmax(x, 1),
        ["l2"] = (g, x) => g.L2Normalise(x),
        ["l2 of axis 1"] = (g, x) => g.L2Normalise(x, 1),
        ["scaled and shifted"] = (g, x) => (1 - x * 2 / 3 + 4) - 2,
        ["stopped"] = (g, x) => x * g.StopGradient(g.Constant(2) * g.Constant(3)),
        ["used three times"] = (g, x) => x * g.Exp(x) + x,
        ["sum"] = (g, x) => g.Sum(x, [0, 2]),
        ["sum kept"] = (g, x) => g.Sum(x, [-1], keep: true),
        ["sum of all"] = (g, x) => g.Square(g.Sum(x)),
        ["mean"] = (g, x) => g.Mean(x, [1]),
        ["mean of all"] = (g, x) => g.Square(g.Mean(x)),
        ["sum of squares"] = (g, x) => g.SumOfSquares(x, [0, 1]),
        ["sum of squares of no axis"] = (g, x) => g.SumOfSquares(x, []),
        ["sum of no axis"] = (g, x) => g.Sum(x, []),
        ["max"] = (g, x) => g.Max(x, [2]),
        ["max of two axes"] = (g, x) => g.Max(x, [0, 2], keep: true),
        ["min"] = (g, x) => g.Min(x, [1]),
        ["reshape"] = (g, x) => g.Reshape(x, 0, -1),
        ["transpose"] = (g, x) => g.Transpose(x, 2, 0, 1),
        ["slice"] = (g, x) => g.Slice(x, 1, -2, 3),
        ["pad"] = (g, x) => g.Pad(x, [0, 1, 2], [1, 0, 3], 7),
        ["concat"] = (g, x) => g.Concat(1, x, g.Square(x), x),
        ["concat of the last axis"] = (g, x) => g.Concat(-1, x, g.Square(x)),
        ["expand"] = (g, x) => g.Expand(g.Reshape(x, 2, 1, 3, 4), 2, 5, 3, 4),
    };

    [Theory]
    [MemberData(nameof(Unary))]
    public void An_operator_of_one_tensor(string name) => GradientCheck.Of(g => UnaryOperators[name](g, g.Input("x", [2, 3, 4])), fill: Positive);

    public static TheoryData<string, string, string> Binary
    {
        get
        {
            var data = new TheoryData<string, string, string>();
            foreach (string op in BinaryOperators.Keys)
                foreach (var (a, b) in new[] { ("2,3,4", "2,3,4"), ("2,3,4", "4"), ("3,1", "2,3,4"), ("2,1,4", "3,1"), ("", "2,3"), ("1,1", "4") }) data.Add(op, a, b);
            return data;
        }
    }

    private static readonly Dictionary<string, Func<GraphBuilder, GraphTensor, GraphTensor, GraphTensor>> BinaryOperators = new()
    {
        ["+"] = (g, a, b) => a + b,
        ["-"] = (g, a, b) => a - b,
        ["*"] = (g, a, b) => a * b,
        ["/"] = (g, a, b) => a / b,
        ["maximum"] = (g, a, b) => g.Maximum(a, b),
        ["minimum"] = (g, a, b) => g.Minimum(a, b),
        ["where"] = (g, a, b) => g.Where(g.And(g.Greater(a, b), g.Not(g.Less(a, g.Constant(0.8)))), a, b * 2),
        ["where of equals"] = (g, a, b) => g.Where(g.Or(g.Equal(a, a), g.Less(a, b)), a * b, b),
    };

    [Theory]
    [MemberData(nameof(Binary))]
    public void An_operator_of_two_tensors_that_broadcast(string op, string a, string b) =>
        GradientCheck.Of(g => BinaryOperators[op](g, g.Input("a", Sizes(a)), g.Input("b", Sizes(b))), fill: Positive);

    [Theory]
    [InlineData("3,4", "4,5")]
    [InlineData("2,3,4", "4,5")]
    [InlineData("2,3,4", "2,4,5")]
    [InlineData("3,4", "2,4,5")]
    [InlineData("2,1,3,4", "5,4,2")]
    public void Matrix_products(string a, string b) => GradientCheck.Of(g => g.MatMul(g.Input("a", Sizes(a)), g.Input("b", Sizes(b))));

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void Products_of_transposed_matrices(bool ta, bool tb) =>
        GradientCheck.Of(g => g.Gemm(g.Input("a", ta ? [4, 3] : [3, 4]), g.Input("b", tb ? [5, 4] : [4, 5]), ta, tb));

    [Fact]
    public void A_matrix_times_itself() => GradientCheck.Of(g =>
    {
        var x = g.Input("x", [3, 4]);
        return g.Gemm(x, x, transposeB: true);
    });

    [Fact]
    public void Rows_that_are_looked_up_twice_add_up() => GradientCheck.Of(
        g => g.Gather(g.Input("table", [5, 3]), g.Input("rows", [2, 4], OnnxElementType.Int64)),
        fill: (t, r) => t.Type == OnnxElementType.Int64 ? [0, 4, 4, 1, 2, 0, 0, 4] : null);

    [Theory]
    [InlineData(0, "5,3,2", "2,2")]
    [InlineData(1, "3,5,2", "4")]
    [InlineData(-1, "3,2,5", "2,3")]
    [InlineData(2, "3,2,5", "")]
    [InlineData(0, "5", "4")]
    public void Parts_are_looked_up_along_any_axis(int axis, string table, string rows) => GradientCheck.Of(
        g =>
        {
            GraphTensor x = g.Input("table", Sizes(table)), i = g.Input("rows", Sizes(rows), OnnxElementType.Int64), y = g.Gather(x, i, axis);
            int at = axis < 0 ? axis + x.Rank : axis;
            Assert.Equal([.. x.Shape[..at], .. i.Shape, .. x.Shape[(at + 1)..]], y.Shape.ToArray());
            return y;
        },
        fill: (t, r) => t.Type == OnnxElementType.Int64 ? [.. Enumerable.Range(0, (int)t.Count).Select(_ => (double)r.Next(5))] : null);

    [Fact]
    public void A_look_up_takes_what_the_indices_name()
    {
        var g = new GraphBuilder();
        GraphTensor x = g.Input("x", [2, 3]), rows = g.Input("rows", [2], OnnxElementType.Int64);
        double[][] results = GraphRun.Run(g, new Dictionary<GraphTensor, double[]> { [x] = [1, 2, 3, 4, 5, 6], [rows] = [2, -3] }, [g.Gather(x, rows, axis: 1)]);
        Assert.Equal([3, 1, 6, 4], results[0]);
        Assert.Contains("axis 2", Assert.Throws<OnnxGraphException>(() => g.Gather(x, rows, axis: 2)).Message);
        foreach (double outside in new[] { 3.0, -4 }) Assert.Throws<OnnxRunException>(() => GraphRun.Run(g, new Dictionary<GraphTensor, double[]> { [x] = new double[6], [rows] = [0, outside] }, [g.Gather(x, rows, axis: 1)]));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(6)]
    public void Group_norm(int groups) => GradientCheck.Of(g => g.GroupNorm(g.Input("x", [2, 6, 3, 4]), groups, g.Input("gain", [6]), g.Input("offset", [6])));

    [Theory]
    [InlineData("1,1,1", 1)]
    [InlineData("1,4,1", 2)]
    [InlineData("3,2,1,1", 1)]
    [InlineData("1,2,5,1", 1)]
    public void Norms_of_the_smallest_shapes(string shape, int groups)
    {
        long channels = Sizes(shape)[1];
        GradientCheck.Of(g => g.GroupNorm(g.Input("x", Sizes(shape)), groups, g.Input("gain", [channels]), g.Input("offset", [channels])));
        GradientCheck.Of(g => g.FilterResponseNorm(g.Input("x", Sizes(shape)), g.Input("gain", [channels]), g.Input("offset", [channels])));
    }

    [Fact]
    public void Layer_norm_of_one_spatial_axis() => GradientCheck.Of(g => g.LayerNorm(g.Input("x", [3, 4, 5]), g.Input("gain", [4]), g.Input("offset", [4])));

    [Fact]
    public void Filter_response_norm() => GradientCheck.Of(g => g.FilterResponseNorm(g.Input("x", [2, 3, 4, 5]), g.Input("gain", [3]), g.Input("offset", [3])));

    [Fact]
    public void Norm_over_the_last_axis() => GradientCheck.Of(g => g.FeatureNorm(g.Input("x", [2, 3, 5]), g.Input("gain", [5]), g.Input("offset", [5])));

    [Theory]
    [InlineData(2, 2, 0, 6, 8, false)]
    [InlineData(2, 2, 0, 7, 5, false)]
    [InlineData(2, 2, 0, 7, 6, false)]
    [InlineData(3, 2, 1, 7, 6, false)]
    [InlineData(3, 2, 1, 7, 6, true)]
    [InlineData(3, 1, 1, 5, 4, false)]
    [InlineData(2, 3, 0, 8, 7, true)]
    public void Pooling(int kernel, int stride, int pad, int height, int width, bool countPadding)
    {
        GradientCheck.Of(g => g.AveragePool(g.Input("x", [2, 3, height, width]), kernel, stride, pad, countPadding));
        GradientCheck.Of(g => g.MaxPool(g.Input("x", [2, 3, height, width]), kernel, stride, pad));
    }

    [Fact]
    public void Pooling_over_one_axis() => GradientCheck.Of(g => g.AveragePool(g.Input("x", [2, 3, 4, 9]), (1, 3), (1, 2), (0, 1)));

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void Padding_takes_no_gradient_of_a_maximum(double level)
    {
        if (!OnnxRuntime.IsAvailable(out string? reason)) SharedData.SkipUnless(false, reason);
        var g = new GraphBuilder();
        var x = g.Input("x", [1, 1, 3, 3]);
        var loss = g.Sum(g.MaxPool(x, 3, 2, 1));
        var feeds = new Dictionary<GraphTensor, double[]> { [x] = [.. Enumerable.Repeat(level, 9)] };
        GraphTensor[] outputs = [loss, .. g.Gradients(loss, x)];
        foreach (double[][] results in (double[][][])[GraphRun.Run(g, feeds, outputs), [.. new SlowTwin(g).Run(feeds, outputs).Select(r => r.Values)]])
        {
            Assert.Equal(4 * level, results[0][0], 1e-6);
            Assert.Equal(4, results[1].Sum(), 1e-6);
        }
    }

    [Fact]
    public void Elements_that_share_the_maximum_share_the_gradient()
    {
        var g = new GraphBuilder();
        var x = g.Input("x", [1, 1, 2, 2]);
        GraphTensor[] gradients = [.. g.Gradients(g.Sum(g.MaxPool(x, 2)), x), .. g.Gradients(g.Sum(g.Max(x, [2, 3])), x)];
        Assert.All(new SlowTwin(g).Run(new Dictionary<GraphTensor, double[]> { [x] = [5, 1, 5, 5] }, gradients), d => Assert.Equal([1.0 / 3, 0, 1.0 / 3, 1.0 / 3], d.Values));
    }

    private static long[] Sizes(string text) => text.Length == 0 ? [] : [.. text.Split(',').Select(long.Parse)];
}
