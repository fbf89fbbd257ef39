using SimSearch.Tests.Support;

namespace SimSearch.Onnx.Tests;

public sealed class InnerOutputTests
{
    private static byte[] Chain() => TinyModel.Model(
    [
        TinyModel.Node("Neg", ["x"], ["inner"]), TinyModel.Node("Exp", ["inner"], ["y"]), TinyModel.Input("x", TinyModel.Float, 1, 3), TinyModel.Output("y", TinyModel.Float, 1, 3),
    ]);

    [Fact]
    public void A_value_within_the_graph_becomes_an_output_beside_the_declared_ones()
    {
        using var session = OnnxSession.FromBytes(InnerOutput.Add(Chain(), "inner"), OnnxSessionOptions.SingleThread);
        Assert.Equal(["y", "inner"], session.Outputs.Select(o => o.Name));
        Assert.Equal(OnnxElementType.Float, session.Outputs[1].ElementType);
        using var x = OnnxTensor.Of<float>([1, 2, 3], 1, 3);
        using var results = session.Run([("x", x)]);
        Assert.Equal([-1, -2, -3], results["inner"].Span<float>().ToArray());
        Assert.Equal(MathF.Exp(-2), results["y"].Span<float>()[1], 1e-6f);
    }

    [Fact]
    public void A_declared_output_stays_what_it_is() => Assert.Equal(Chain(), InnerOutput.Add(Chain(), "y"));

    [Fact]
    public void A_value_that_the_graph_does_not_give_is_refused_by_name()
    {
        Assert.Contains("nowhere", Assert.Throws<OnnxModelException>(() => OnnxSession.FromBytes(InnerOutput.Add(Chain(), "nowhere"), OnnxSessionOptions.SingleThread)).Message);
        Assert.Throws<OnnxModelException>(() => InnerOutput.Add("no model at all"u8, "y"));
    }

    [Fact]
    public void Long_names_are_written_with_their_length() =>
        Assert.Contains(new string('n', 300), Assert.Throws<OnnxModelException>(() => OnnxSession.FromBytes(InnerOutput.Add(Chain(), new string('n', 300)), OnnxSessionOptions.SingleThread)).Message);
}
