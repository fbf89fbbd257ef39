using SimSearch.Tests.Support;
using static SimSearch.Tests.Support.TinyModel;

namespace SimSearch.Onnx.Tests;

/// <summary>Models that are well-formed files and want something that no honest model wants. Whatever comes of them is an error of this library, or a run, never the end of the process.</summary>
public sealed class HostileGraphTests
{
    private static readonly byte[][] Ends = [Input("x", TinyModel.Float, 3), Output("y", TinyModel.Float, 3)];

    private static string Refused(byte[] model) => Assert.Throws<OnnxModelException>(() => OnnxSession.FromBytes(model, OnnxSessionOptions.SingleThread).Dispose()).Message;

    private static byte[] Relu(params byte[][] more) => Model([Node("Relu", ["x"], ["y"]), .. Ends, .. more]);

    [Fact]
    public void Functions_that_stand_for_a_billion_nodes_are_counted_and_not_written_out()
    {
        // Each calls the next twice: 2^20 nodes in a file of two kilobytes. ONNX Runtime writes them all out, for hours.
        byte[][] laughs = [Opset("me"), .. Enumerable.Range(0, 20).Select(k => Function("me", $"F{k}", ("me", $"F{k + 1}", "a", "c"), ("me", $"F{k + 1}", "c", "b"))), Function("me", "F20", ("", "Relu", "a", "b"))];
        byte[] model = Model([Custom("me", "F0", ["x"], ["y"]), .. Ends], more: laughs);
        Assert.InRange(model.Length, 1, 4000);
        Assert.Contains("written out, have more than 1000000 nodes", Refused(model));
        // The same a few times is a model like others.
        byte[][] some = [Opset("me"), Function("me", "F0", ("me", "F1", "a", "c"), ("me", "F1", "c", "b")), Function("me", "F1", ("", "Relu", "a", "b"))];
        using var session = OnnxSession.FromBytes(Model([Custom("me", "F0", ["x"], ["y"]), .. Ends], more: some), OnnxSessionOptions.SingleThread);
        using var x = OnnxTensor.Of<float>([-1, 0, 2], 3);
        using var results = session.Run([("x", x)]);
        Assert.Equal([0, 0, 2], results["y"].Span<float>().ToArray());
    }

    [Fact]
    public void Functions_that_call_themselves_are_refused()
    {
        Assert.Contains("in a circle (me.F)", Refused(Model([Custom("me", "F", ["x"], ["y"]), .. Ends], more: [Opset("me"), Function("me", "F", ("me", "F", "a", "b"))])));
        Assert.Contains("in a circle", Refused(Model([Custom("me", "F", ["x"], ["y"]), .. Ends], more: [Opset("me"), Function("me", "F", ("me", "G", "a", "b")), Function("me", "G", ("me", "F", "a", "b"))])));
        // Also when nothing calls them.
        Assert.Contains("in a circle", Refused(Model([Node("Relu", ["x"], ["y"]), .. Ends], more: [Opset("me"), Function("me", "F", ("me", "F", "a", "b"))])));
    }

    [Fact]
    public void An_output_that_is_declared_twice_is_refused_by_name() => Assert.Contains("output 'y' twice", Refused(Relu(Output("y", TinyModel.Float, 3))));

    [Fact]
    public void Operators_from_elsewhere_are_unknown_and_named()
    {
        Assert.Contains("Evil", Refused(Model([Custom("com.evil", "Evil", ["x"], ["y"]), .. Ends], more: [Opset("com.evil")])));
        Assert.Contains("Evil", Refused(Model([Custom("com.evil", "Evil", ["x"], ["y"]), .. Ends])));
        Assert.Contains("Relu", Refused(Model([Node("Relu", ["x"], ["y"]), .. Ends], opset: 0)));
        Assert.Contains("Relu", Refused(Model([Node("Relu", ["x"], ["y"]), .. Ends], opset: -1)));
    }

    [Fact]
    public void Names_types_and_branches_that_contradict_each_other_are_refused()
    {
        byte[][] contradictions =
        [
            Model([Node("Relu", ["x"], ["y"]), Node("Neg", ["x"], ["y"]), .. Ends]), Relu(Input("x", TinyModel.Float, 3)), Model([Node("Relu", [""], ["y"]), .. Ends]), Model([.. Ends]),
            Model([Node("Relu", ["x"], ["y"]), Input("x", 99, 3), Output("y", 99, 3)]), Model([Node("Relu", ["x"], ["y"]), Input("x", TinyModel.Float, [.. Enumerable.Repeat((object)1, 65)]), Output("y", TinyModel.Float, "n")]),
            Model([Node("If", ["c"], ["y"]), Input("c", 9), Output("y", TinyModel.Float, 3)]),
            Model([Node("If", ["c"], ["y"], GraphAttribute("then_branch", Node("Relu", ["x"], ["q"]), Output("q", TinyModel.Float, 3)),
                GraphAttribute("else_branch", Node("Cast", ["x"], ["r"], IntAttribute("to", TinyModel.Int64)), Output("r", TinyModel.Int64, 3))), Input("c", 9), .. Ends]),
            Model([TinyModel.Bytes(1, TinyModel.Bytes(1, [0xff, 0xfe]), Text(2, "y"), Text(4, "Relu")), .. Ends]),
            Model([Node("Identity", ["x"], ["y"]), TinyModel.Bytes(15, TinyModel.Bytes(1, Number(1, 1), Number(2, 1), Text(8, "s"), TinyModel.Bytes(9, new byte[4])), TinyModel.Bytes(2, Number(1, 1), Number(2, 7), TinyModel.Bytes(9, new byte[8])), Number(3, 1L << 40)), .. Ends]),
        ];
        foreach (byte[] model in contradictions) Assert.NotEmpty(Refused(model));
    }

    [Fact]
    public void Sizes_that_only_the_run_finds_out_are_errors_of_the_run()
    {
        // 2^62 by a product of constants; 2^40 of padding; a picture of 10^12 points; by attributes that no inspection of shapes sees.
        byte[][] bombs =
        [
            Model([Node("Mul", ["a", "a"], ["s"]), Node("Expand", ["x", "s"], ["y"]), Integers("a", 1L << 31), Input("x", TinyModel.Float, 1), Output("y", TinyModel.Float, "n")]),
            Model([Node("Conv", ["x", "w"], ["y"], IntsAttribute("pads", 1L << 40, 1L << 40)), Weights("w", [1, 1, 1], [1]), Input("x", TinyModel.Float, 1, 1, 3), Output("y", TinyModel.Float, 1, 1, "n")]),
            Model([Node("Pad", ["x", "p"], ["y"]), Integers("p", 0, 1L << 60), Input("x", TinyModel.Float, 1), Output("y", TinyModel.Float, "n")]),
            Model([Node("Resize", ["x", "", "s"], ["y"]), Weights("s", [4], [1, 1, 1e9f, 1e9f]), Input("x", TinyModel.Float, 1, 1, 1, 1), Output("y", TinyModel.Float, 1, 1, "n", "m")]),
        ];
        foreach (byte[] model in bombs)
        {
            using var session = OnnxSession.FromBytes(model, OnnxSessionOptions.SingleThread);
            using var x = OnnxTensor.Create<float>([.. session.Inputs[0].Shape]);
            Assert.NotEmpty(Assert.Throws<OnnxRunException>(() => session.Run([("x", x)])).Message);
        }
    }

    [Fact]
    public void Odd_but_harmless_models_load()
    {
        // Nothing to give, a weight that is an input too, a description of a megabyte, a dimension below zero (that is: open).
        foreach (byte[] model in (byte[][])[Model([Node("Relu", ["x"], ["y"]), Input("x", TinyModel.Float, 3)]), Model([Node("Mul", ["x", "w"], ["y"]), Weights("w", [3], [1, 1, 1]), Input("w", TinyModel.Float, 3), .. Ends]),
            Relu(Text(10, new string('d', 1_000_000))), Model([Node("Relu", ["x"], ["y"]), Input("x", TinyModel.Float, -5), Output("y", TinyModel.Float, -5)])])
        {
            using var session = OnnxSession.FromBytes(model, OnnxSessionOptions.SingleThread);
            using var x = OnnxTensor.Create<float>(3);
            if (session.Outputs.Count == 0) Assert.Throws<OnnxRunException>(() => session.Run([("x", x)]));
        }
    }
}
