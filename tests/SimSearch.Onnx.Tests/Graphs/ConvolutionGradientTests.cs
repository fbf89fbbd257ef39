using FsCheck;
using FsCheck.Fluent;

namespace SimSearch.Onnx.Tests;

/// <summary>Convolutions of drawn shapes, strides, paddings and groups.</summary>
public sealed class ConvolutionGradientTests
{
    private sealed record Case(int Batch, int Groups, int In, int Out, int Height, int Width, int KernelHeight, int KernelWidth, (int, int) Stride, (int, int, int, int) Pad, (int, int) Dilation);

    private static readonly Gen<Case> Cases =
        from batch in Gen.Choose(1, 3)
        from groups in Gen.Elements(1, 1, 2, 3)
        from input in Gen.Choose(1, 2)
        from output in Gen.Choose(1, 2)
        from kernel in Gen.Choose(1, 4).Two()
        from pad in Gen.Choose(0, 2).Four()
        from size in Gen.Choose(4, 8).Two()
        from stride in Gen.Choose(1, 3).Two()
        from dilation in Gen.Elements((1, 1), (1, 1), (2, 1), (1, 3), (2, 2))
        where (kernel.Item1 - 1) * dilation.Item1 < size.Item1 + pad.Item1 + pad.Item3 && (kernel.Item2 - 1) * dilation.Item2 < size.Item2 + pad.Item2 + pad.Item4
        select new Case(batch, groups, input, output, size.Item1, size.Item2, kernel.Item1, kernel.Item2, stride, pad, dilation);

    [Fact]
    public void Gradients_hold_for_any_shape() => Prop.ForAll(Cases.ToArbitrary(), c => GradientCheck.Of(g =>
        g.Conv(g.Input("x", [c.Batch, c.In * c.Groups, c.Height, c.Width]), g.Input("w", [c.Out * c.Groups, c.In, c.KernelHeight, c.KernelWidth]), c.Stride, c.Pad, c.Groups, c.Dilation)))
        .Check(Config.QuickThrowOnFailure.WithMaxTest(60).WithReplay(7, 11));

    [Theory]
    [InlineData(0, 1, 2, 0, 2)]
    [InlineData(2, 0, 1, 1, 1)]
    [InlineData(4, 1, 0, 2, 2)]
    public void Padding_that_differs_from_side_to_side(int top, int left, int bottom, int right, int dilation) => GradientCheck.Of(g =>
        g.Conv(g.Input("x", [2, 2, 5, 6]), g.Input("w", [4, 1, 3, 2]), (1, 1), (top, left, bottom, right), 2, (dilation, 1)));

    [Theory]
    [InlineData(1, 1, 1, 9, 3, 1, 1, 1)]
    [InlineData(2, 4, 4, 9, 3, 2, 1, 2)]
    [InlineData(1, 2, 1, 1, 1, 1, 2, 1)]
    [InlineData(2, 3, 3, 12, 2, 5, 0, 4)]
    public void A_convolution_and_pooling_over_one_axis(int batch, int channels, int groups, int length, int kernel, int stride, int pad, int dilation) => GradientCheck.Of(g =>
    {
        var h = g.ConvLayer(g.Input("x", [batch, channels, length]), 2 * groups, kernel, stride, pad, groups, bias: true, dilation);
        return g.Concat(2, h, g.MaxPool(g.Square(h), 1), h[2] > 1 ? g.AveragePool(h, 2, 1, 1) : h);
    });

    [Fact]
    public void Over_one_axis_is_over_two_with_a_height_of_1()
    {
        var g = new GraphBuilder(OnnxElementType.Double);
        GraphTensor x = g.Input("x", [2, 4, 11]), w = g.Input("w", [6, 2, 3]);
        GraphTensor one = g.MaxPool(g.Conv(x, w, stride: 2, pad: 2, groups: 2, dilation: 2), 3, 2, 1);
        GraphTensor two = g.MaxPool(g.Conv(g.Reshape(x, 2, 4, 1, 11), g.Reshape(w, 6, 2, 1, 3), (1, 2), (0, 2, 0, 2), 2, (1, 2)), (1, 3), (1, 2), (0, 1));
        Assert.Equal([2L, 6, 3], one.Shape.ToArray());
        var random = new Random(2);
        var results = new SlowTwin(g).Run(new Dictionary<GraphTensor, double[]> { [x] = GradientCheck.Normal(random, x.Count), [w] = GradientCheck.Normal(random, w.Count) }, one, two);
        Assert.Equal(results[1].Values, results[0].Values);
    }

    [Fact]
    public void A_depthwise_convolution_with_bias_and_activation() => GradientCheck.Of(g => g.Gelu(g.ConvLayer(g.Input("x", [2, 4, 5, 6]), 4, 3, stride: 2, pad: 1, groups: 4, bias: true)));
}
