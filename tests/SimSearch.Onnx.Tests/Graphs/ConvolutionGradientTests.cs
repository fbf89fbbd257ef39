using FsCheck;
using FsCheck.Fluent;

namespace SimSearch.Onnx.Tests;

/// <summary>Convolutions of drawn shapes, strides, paddings and groups.</summary>
public sealed class ConvolutionGradientTests
{
    private sealed record Case(int Batch, int Groups, int In, int Out, int Height, int Width, int KernelHeight, int KernelWidth, (int, int) Stride, (int, int, int, int) Pad);

    private static readonly Gen<Case> Cases =
        from batch in Gen.Choose(1, 3)
        from groups in Gen.Elements(1, 1, 2, 3)
        from input in Gen.Choose(1, 2)
        from output in Gen.Choose(1, 2)
        from kernel in Gen.Choose(1, 4).Two()
        from pad in Gen.Choose(0, 2).Four()
        from size in Gen.Choose(4, 8).Two()
        from stride in Gen.Choose(1, 3).Two()
        select new Case(batch, groups, input, output, size.Item1, size.Item2, kernel.Item1, kernel.Item2, stride, pad);

    [Fact]
    public void Gradients_hold_for_any_shape() => Prop.ForAll(Cases.ToArbitrary(), c => GradientCheck.Of(g =>
        g.Conv(g.Input("x", [c.Batch, c.In * c.Groups, c.Height, c.Width]), g.Input("w", [c.Out * c.Groups, c.In, c.KernelHeight, c.KernelWidth]), c.Stride, c.Pad, c.Groups)))
        .Check(Config.QuickThrowOnFailure.WithMaxTest(40).WithReplay(7, 11));

    [Fact]
    public void A_depthwise_convolution_with_bias_and_activation() => GradientCheck.Of(g => g.Gelu(g.ConvLayer(g.Input("x", [2, 4, 5, 6]), 4, 3, stride: 2, pad: 1, groups: 4, bias: true)));
}
