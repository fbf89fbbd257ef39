using SimSearch.Tests.Support;

namespace SimSearch.Onnx.Tests;

public sealed class HostileModelTests
{
    private static OnnxException Refused(byte[] model) => Assert.ThrowsAny<OnnxException>(() => OnnxSession.FromBytes(model, OnnxSessionOptions.SingleThread).Dispose());

    private static void Says(string part, byte[] model) => Assert.Contains(part, Assert.IsType<OnnxModelException>(Refused(model)).Message);

    [Fact]
    public void What_is_not_a_model_is_refused_as_such()
    {
        foreach (byte[] bytes in (byte[][])[[], [0], "this is a text file, not a model\n"u8.ToArray(), [.. Enumerable.Repeat((byte)0xff, 1000)], new byte[1000], [0x1f, 0x8b, 8, 0, 0], "PK\u0003\u0004"u8.ToArray(), "<html></html>"u8.ToArray(),
            "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 90387630\n"u8.ToArray()])
            Says("not an ONNX model", bytes);
        Says("no operator set", [.. TinyModel.Number(1, 8), .. TinyModel.Bytes(7, TinyModel.Text(2, "g"))]);
    }

    [Fact]
    public void Every_truncation_is_an_error_or_a_model_that_runs()
    {
        byte[] model = TinyModel.Affine();
        for (int length = 0; length < model.Length; length++) Attempt(model[..length]);
    }

    [Fact]
    public void Every_flipped_bit_is_an_error_or_a_model_that_runs()
    {
        byte[] model = TinyModel.Affine();
        int refused = 0;
        for (int bit = 0; bit < model.Length * 8; bit++)
        {
            byte[] flipped = [.. model];
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));
            if (!Attempt(flipped)) refused++;
        }
        Assert.InRange(refused, model.Length, model.Length * 8);
    }

    // True when it loads; whatever loads must also answer, with values or with an error.
    private static bool Attempt(byte[] model)
    {
        try
        {
            using var session = OnnxSession.FromBytes(model, OnnxSessionOptions.SingleThread);
            if (session.Inputs is [{ ElementType: OnnxElementType.Float, Shape.Count: 2 } input])
            {
                using var x = OnnxTensor.Create<float>(1, 3);
                session.Run([(input.Name, x)]).Dispose();
            }
            return true;
        }
        catch (OnnxException)
        {
            return false;
        }
    }

    [Fact]
    public void Numbers_outside_the_file_are_refused()
    {
        byte[] tensor = TinyModel.Bytes(5, TinyModel.Number(1, 3), TinyModel.Number(2, 1), TinyModel.Text(8, "w"),
            TinyModel.Bytes(13, TinyModel.Text(1, "location"), TinyModel.Text(2, "/etc/passwd")), TinyModel.Number(14, 1));
        byte[][] graph = [TinyModel.Node("Mul", ["x", "w"], ["y"]), tensor, TinyModel.Input("x", 1, 3), TinyModel.Output("y", 1, 3)];
        Says("another file (external data), which is refused", TinyModel.Model(graph));
        // Also where only one of the two fields says so, in a constant of a node, and in a graph below.
        byte[] attribute = TinyModel.Bytes(5, TinyModel.Text(1, "value"), TinyModel.Bytes(5, TinyModel.Number(1, 1), TinyModel.Number(2, 1), TinyModel.Number(14, 1)));
        Says("external data", TinyModel.Model([TinyModel.Node("Constant", [], ["y"], attribute), TinyModel.Output("y", 1, 1)]));
        Says("external data", TinyModel.Model([TinyModel.Node("If", ["c"], ["y"], TinyModel.GraphAttribute("then_branch", tensor), TinyModel.GraphAttribute("else_branch", tensor)), TinyModel.Input("c", 9), TinyModel.Output("y", 1, 3)]));
    }

    [Fact]
    public void Absurd_sizes_are_refused_before_memory_is_asked_for()
    {
        Says("more than 4294967296 bytes", TinyModel.Model([TinyModel.Node("ConstantOfShape", ["s"], ["y"]), TinyModel.Integers("s", 1 << 20, 1 << 20), TinyModel.Output("y", 1, "a", "b")]));
        Says("more than 4294967296 bytes", TinyModel.Model([TinyModel.Node("Expand", ["x", "s"], ["y"]), TinyModel.Integers("s", 1 << 30, 4), TinyModel.Input("x", 1, 1), TinyModel.Output("y", 1, "a", "b")]));
        Says("dimension of 9223372036854775807", TinyModel.Model([TinyModel.Node("Identity", ["x"], ["y"]), TinyModel.Input("x", 1, long.MaxValue), TinyModel.Output("y", 1, "n")]));
        Says("more than 4294967296 bytes", TinyModel.Model([TinyModel.Node("Identity", ["x"], ["y"]), TinyModel.Input("x", 1, 1 << 30, 1 << 30), TinyModel.Output("y", 1, "n")]));
        Says("negative dimension", TinyModel.Model([TinyModel.Node("Identity", ["w"], ["y"]), TinyModel.Weights("w", [-3], [1]), TinyModel.Output("y", 1, 1)]));
        Says("holds 4 bytes, its shape [1000] needs 4000", TinyModel.Model([TinyModel.Node("Identity", ["w"], ["y"]), TinyModel.Weights("w", [1000], [1]), TinyModel.Output("y", 1, 1000)]));
        Says("more than 64 dimensions", TinyModel.Model([TinyModel.Node("Identity", ["w"], ["y"]), TinyModel.Weights("w", [.. Enumerable.Repeat(1L, 65)], [1]), TinyModel.Output("y", 1, 1)]));
        // A constant made by a node counts too, and limits can be set.
        byte[] value = TinyModel.Bytes(5, TinyModel.Text(1, "value"), TinyModel.Integers("", 1 << 16, 1 << 16), TinyModel.Number(20, 4));
        Says("the output of ConstantOfShape", TinyModel.Model([TinyModel.Node("Constant", [], ["s"], value), TinyModel.Node("ConstantOfShape", ["s"], ["y"]), TinyModel.Output("y", 1, "a", "b")]));
        var small = new OnnxSessionOptions { Limits = new() { ModelBytes = 100 } };
        Assert.Throws<OnnxModelException>(() => OnnxSession.FromBytes(TinyModel.Affine(), small));
        Assert.Throws<OnnxModelException>(() => OnnxSession.FromBytes(TinyModel.Affine(), small with { Limits = new() { Nodes = 1 } }));
    }

    [Fact]
    public void Wrong_graphs_are_refused_by_ONNX_Runtime_with_its_reason()
    {
        byte[][] io = [TinyModel.Input("x", 1, 3), TinyModel.Output("y", 1, 3)];
        Says("cannot load the model", TinyModel.Model([TinyModel.Node("Relu", ["z"], ["y"]), TinyModel.Node("Relu", ["y"], ["z"]), .. io])); // a circle
        Says("cannot load the model", TinyModel.Model([TinyModel.Node("Dance", ["x"], ["y"]), .. io]));
        Says("cannot load the model", TinyModel.Model([TinyModel.Node("Relu", ["nowhere"], ["y"]), .. io]));
        Says("cannot load the model", TinyModel.Model([TinyModel.Node("Relu", ["x"], ["other"]), .. io])); // the output is never made
        Says("cannot load the model", TinyModel.Model([TinyModel.Node("Relu", ["x"], ["y"]), .. io], opset: 9999));
        Says("cannot load the model", TinyModel.Model([TinyModel.Node("Relu", ["x"], ["y"]), .. io], ir: 900));
        Says("cannot load the model", TinyModel.Affine(type: TinyModel.Int32)); // floats times integers
        Says("cannot load the model", TinyModel.Model([TinyModel.Node("MatMul", ["x", "w"], ["y"]), TinyModel.Weights("w", [4, 1], [1, 2, 3, 4]), .. io]));
    }

    [Fact]
    public void Graphs_nested_without_end_are_refused()
    {
        byte[] node = TinyModel.Node("Relu", ["x"], ["y"]);
        for (int depth = 0; depth < 2000; depth++) node = TinyModel.Node("If", ["c"], ["y"], TinyModel.GraphAttribute("then_branch", node));
        Says("nested more than", TinyModel.Model([node, TinyModel.Input("x", 1, 3), TinyModel.Output("y", 1, 3)]));
    }

    [Fact]
    public void A_run_that_fails_is_an_error()
    {
        byte[] model = TinyModel.Model([TinyModel.Node("Reshape", ["x", "s"], ["y"]), TinyModel.Input("x", 1, "n"), TinyModel.Input("s", TinyModel.Int64, 2), TinyModel.Output("y", 1, "a", "b")]);
        using var session = OnnxSession.FromBytes(model, OnnxSessionOptions.SingleThread);
        using var x = OnnxTensor.Create<float>(6);
        foreach (long[] wrong in (long[][])[[4, 4], [-1, -1], [-5, 2], [long.MaxValue, long.MaxValue], [1L << 40, 1L << 40]])
        {
            using var s = OnnxTensor.Of<long>(wrong, 2);
            Assert.Throws<OnnxRunException>(() => session.Run([("x", x), ("s", s)]));
        }
        using var right = OnnxTensor.Of<long>([2, 3], 2);
        using var results = session.Run([("x", x), ("s", right)]);
        Assert.Equal([2, 3], results["y"].Shape.ToArray());
    }

    [Fact]
    public void A_file_is_checked_against_its_hash()
    {
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(path, TinyModel.Affine());
            string hash = Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(TinyModel.Affine()));
            OnnxSession.FromFile(path, OnnxSessionOptions.SingleThread, hash).Dispose();
            Assert.Contains("it is another model or damaged", Assert.Throws<OnnxModelException>(() => OnnxSession.FromFile(path, null, new string('0', 64))).Message);
            File.WriteAllText(path, "text");
            Assert.Contains(path, Assert.Throws<OnnxModelException>(() => OnnxSession.FromFile(path)).Message);
        }
        finally
        {
            File.Delete(path);
        }
        Assert.Contains("cannot be read", Assert.Throws<OnnxModelException>(() => OnnxSession.FromFile(path)).Message);
        Assert.Contains("cannot be read", Assert.Throws<OnnxModelException>(() => OnnxSession.FromFile(Path.GetTempPath())).Message);
    }

    [Fact]
    public void A_model_tells_about_itself_without_running()
    {
        var info = OnnxModelInfo.Read(TinyModel.Affine());
        Assert.Equal((8, "tiny", 6, 24, 2), (info.IrVersion, info.Producer, info.Parameters, info.ParameterBytes, info.Nodes));
        Assert.Equal([("Add", 1), ("Mul", 1)], info.Operators.Select(o => (o.Key, o.Value)));
        Assert.Equal("IR 8, opset 17, 2 nodes, 6 parameters (0.0 MB)", info.ToString());
        Assert.Equal(3_487_816, OnnxModelInfo.Read(File.ReadAllBytes(SharedData.Data("models/mobilenetv2/mobilenetv2-12-qdq.onnx"))).Parameters, 100_000.0);
    }
}
