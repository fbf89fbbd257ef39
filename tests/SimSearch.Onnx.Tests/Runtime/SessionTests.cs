using SimSearch.Tests.Support;

namespace SimSearch.Onnx.Tests;

public sealed class SessionTests
{
    private static readonly OnnxSessionOptions One = OnnxSessionOptions.SingleThread;

    [Fact]
    public void A_model_says_what_it_takes_and_gives()
    {
        using var session = OnnxSession.FromBytes(TinyModel.Affine(), One);
        var x = Assert.Single(session.Inputs);
        Assert.Equal(("x", OnnxValueKind.Tensor, OnnxElementType.Float), (x.Name, x.Kind, x.ElementType));
        Assert.Equal([-1, 3], x.Shape);
        Assert.Equal(["n", ""], x.Symbols);
        Assert.Equal("x Float [n, 3]", x.ToString());
        Assert.Equal("y", Assert.Single(session.Outputs).Name);
        Assert.Equal(("tiny", "g"), (session.Metadata.Producer, session.Metadata.GraphName));
        Assert.Equal((OnnxDevice.Cpu, (string?)null), (session.Device, session.Warning));
    }

    [Fact]
    public void Metadata_keys_and_values_come_through()
    {
        byte[] model = TinyModel.Affine(more: [TinyModel.Number(5, 42), TinyModel.Text(6, "says what it is"), TinyModel.Text(4, "org.example"),
            TinyModel.Bytes(14, TinyModel.Text(1, "kö"), TinyModel.Text(2, "wért")), TinyModel.Bytes(14, TinyModel.Text(1, "b"), TinyModel.Text(2, ""))]);
        using var session = OnnxSession.FromBytes(model, One);
        Assert.Equal((42, "says what it is", "org.example"), (session.Metadata.Version, session.Metadata.Description, session.Metadata.Domain));
        Assert.Equal([("b", ""), ("kö", "wért")], session.Metadata.Custom.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => (p.Key, p.Value)));
    }

    [Fact]
    public void A_run_computes()
    {
        using var session = OnnxSession.FromBytes(TinyModel.Affine(), One);
        using var x = OnnxTensor.Of<float>([1, 2, 3, 4, 5, 6], 2, 3);
        using var results = session.Run([("x", x)]);
        Assert.Equal([12, 26, 42, 18, 35, 54], results["y"].Span<float>().ToArray());
        Assert.Equal([2, 3], results["y"].Shape.ToArray());
        Assert.Throws<OnnxTensorException>(() => results["z"]);
    }

    [Fact]
    public void Every_element_type_passes_through()
    {
        Passes<float>(TinyModel.Float, [1.5f, -2]);
        Passes(TinyModel.Double, [1.5, -2]);
        Passes(TinyModel.Int64, [long.MaxValue, -2]);
        Passes(TinyModel.Int32, [int.MinValue, 7]);
        Passes(TinyModel.Float16, [(Half)0.5, (Half)(-3)]);
        Passes<byte>(2, [0, 255]);
        Passes<sbyte>(3, [-128, 127]);
        Passes<ushort>(4, [0, 65535]);
        Passes<short>(5, [-32768, 32767]);
        Passes(9, [true, false]);
        Passes<uint>(12, [0, uint.MaxValue]);
        Passes<ulong>(13, [0, ulong.MaxValue]);

        static void Passes<T>(int type, T[] values) where T : unmanaged
        {
            using var session = OnnxSession.FromBytes(TinyModel.Unary("Identity", type, 2), One);
            using var x = OnnxTensor.Of<T>(values, 2);
            using var results = session.Run([("x", x)]);
            Assert.Equal(values, results["y"].Span<T>().ToArray());
            Assert.Equal((OnnxElementType)type, results["y"].ElementType);
        }
    }

    [Fact]
    public void Scalars_empty_tensors_and_texts_pass_too()
    {
        using var session = OnnxSession.FromBytes(TinyModel.Unary("Neg"), One);
        using var scalar = OnnxTensor.Of<float>([5]);
        using (var results = session.Run([("x", scalar)])) Assert.Equal([-5], results["y"].Span<float>().ToArray());

        using var affine = OnnxSession.FromBytes(TinyModel.Affine(), One);
        using var empty = OnnxTensor.Create<float>(0, 3);
        using (var results = affine.Run([("x", empty)])) Assert.Equal([0, 3], results["y"].Shape.ToArray());

        using var texts = OnnxSession.FromBytes(TinyModel.Model([TinyModel.Node("Cast", ["x"], ["y"], TinyModel.IntAttribute("to", 8)), TinyModel.Input("x", TinyModel.Int64, 2), TinyModel.Output("y", 8, 2)]), One);
        using var numbers = OnnxTensor.Of<long>([17, -4], 2);
        using (var results = texts.Run([("x", numbers)])) Assert.Equal(["17", "-4"], results["y"].Strings());
    }

    [Fact]
    public void A_tensor_over_the_callers_memory_copies_nothing()
    {
        float[] memory = [9, 1, 2, 3, 9];
        using var session = OnnxSession.FromBytes(TinyModel.Affine(), One);
        using var x = OnnxTensor.Over(memory.AsMemory(1, 3), 1, 3);
        memory[1] = 100;
        using var results = session.Run([("x", x)]);
        Assert.Equal([210, 26, 42], results["y"].Span<float>().ToArray());
    }

    [Fact]
    public void Wrong_inputs_are_named()
    {
        using var session = OnnxSession.FromBytes(TinyModel.Affine(), One);
        using var good = OnnxTensor.Create<float>(1, 3);
        using var whole = OnnxTensor.Create<int>(1, 3);
        using var wide = OnnxTensor.Create<float>(1, 4);
        using var flat = OnnxTensor.Create<float>(3);
        Says("no input 'X'; it has x Float [n, 3]", () => session.Run([("X", good)]));
        Says("input 'x' is missing", () => session.Run([]));
        Says("given twice", () => session.Run([("x", good), ("x", good)]));
        Says("input 'x' is Float [n, 3], but Int32 [1, 3] was given", () => session.Run([("x", whole)]));
        Says("but Float [1, 4] was given", () => session.Run([("x", wide)]));
        Says("but Float [3] was given", () => session.Run([("x", flat)]));
        Says("no output 'q'; it has y Float [n, 3]", () => session.Run([("x", good)], ["q"]));
        Says("asked for twice", () => session.Run([("x", good)], ["y", "y"]));
        Says("6 values were given for shape [2, 2], which holds 4", () => OnnxTensor.Of<float>(new float[6], 2, 2));
        Says("negative", () => OnnxTensor.Create<float>(2, -2));
        Says("at most", () => OnnxTensor.Create<float>(1 << 20, 1 << 20));
        Says("counted", () => OnnxTensor.Create<float>(1L << 40, 1L << 40));
        Says("are Float, not Int64", () => good.Span<long>());
        Says("not texts", () => good.Strings());
        Assert.Throws<ArgumentException>(() => OnnxTensor.Create<decimal>(1));

        static void Says(string part, Action act) => Assert.Contains(part, Assert.Throws<OnnxTensorException>(act).Message);
    }

    [Fact]
    public void What_is_disposed_is_not_used()
    {
        var session = OnnxSession.FromBytes(TinyModel.Affine(), One);
        var x = OnnxTensor.Create<float>(1, 3);
        x.Dispose();
        Assert.Throws<ObjectDisposedException>(() => session.Run([("x", x)]));
        Assert.Throws<ObjectDisposedException>(() => x.Span<float>());
        session.Dispose();
        session.Dispose();
        using var y = OnnxTensor.Create<float>(1, 3);
        Assert.Throws<ObjectDisposedException>(() => session.Run([("x", y)]));
        Assert.Throws<ObjectDisposedException>(() => session.Bind([("x", y)], [("y", x)]));
    }

    [Fact]
    public void Sessions_serve_several_threads()
    {
        using var session = OnnxSession.FromBytes(TinyModel.Affine(), One with { Threads = 2 });
        Parallel.For(0, 64, i =>
        {
            using var x = OnnxTensor.Of<float>([i, i, i], 1, 3);
            using var results = session.Run([("x", x)]);
            Assert.Equal([2 * i + 10, 3 * i + 20, 4 * i + 30], results["y"].Span<float>().ToArray());
        });
    }

    [Fact]
    public void The_calling_threads_denormals_are_left_alone()
    {
        // A product that is a denormal number: 1e-20 squared is 1e-40.
        byte[] model = TinyModel.Model([TinyModel.Node("Mul", ["x", "x"], ["y"]), TinyModel.Input("x", TinyModel.Float, 1), TinyModel.Output("y", TinyModel.Float, 1)]);
        Assert.Equal(0, Square(true));
        Assert.NotEqual(0, Square(false));
        float small = 1e-20f;
        Assert.NotEqual(0, Multiply(small, small));

        float Square(bool flush)
        {
            using var session = OnnxSession.FromBytes(model, One with { FlushDenormals = flush });
            using var x = OnnxTensor.Of<float>([1e-20f], 1);
            using var results = session.Run([("x", x)]);
            return results["y"].Span<float>()[0];
        }
    }

    [Fact]
    public void A_profile_times_the_nodes()
    {
        string folder = Directory.CreateTempSubdirectory("onnx-profile-").FullName;
        try
        {
            using var session = OnnxSession.FromBytes(TinyModel.Affine(), One with { ProfilePrefix = Path.Combine(folder, "run"), Optimization = OnnxOptimization.None });
            using var x = OnnxTensor.Create<float>(1, 3);
            session.Run([("x", x)]).Dispose();
            string path = session.EndProfiling();
            Assert.StartsWith(Path.Combine(folder, "run"), path);
            Assert.Contains("\"Mul", File.ReadAllText(path));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
        using var plain = OnnxSession.FromBytes(TinyModel.Affine(), One);
        Assert.Throws<InvalidOperationException>(() => plain.EndProfiling());
    }

    [Fact]
    public void Options_out_of_range_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => OnnxSession.FromBytes(TinyModel.Affine(), One with { Threads = 0 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => OnnxSession.FromBytes(TinyModel.Affine(), One with { CudaDevice = -1 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => OnnxSession.FromBytes(TinyModel.Affine(), One with { Optimization = (OnnxOptimization)7 }));
    }

    [Fact]
    public void Cuda_falls_back_to_the_processor_and_says_so()
    {
        using var session = OnnxSession.FromBytes(TinyModel.Affine(), One with { Device = OnnxDevice.Cuda, CudaDevice = 99 });
        Assert.Equal(OnnxDevice.Cpu, session.Device);
        string warning = Assert.IsType<string>(session.Warning);
        Assert.Contains("runs on the processor", warning);
        Assert.DoesNotContain('\n', warning);
        // It computes, as well as one that was not asked for CUDA.
        using var x = OnnxTensor.Of<float>([1, 2, 3], 1, 3);
        using var results = session.Run([("x", x)]);
        Assert.Equal([12, 26, 42], results["y"].Span<float>().ToArray());
    }

    [Fact]
    public void A_provider_library_that_is_missing_is_named_with_where_it_belongs()
    {
        string beside = Path.GetDirectoryName(OnnxRuntime.LibraryPath)!;
        SharedData.SkipUnless(OperatingSystem.IsLinux() && OnnxRuntime.CompiledProviders.Contains("CUDAExecutionProvider") && Directory.GetFiles(beside, "*providers_shared*").Length == 0, "this ONNX Runtime knows nothing of CUDA, or has all of it");
        using var session = OnnxSession.FromBytes(TinyModel.Affine(), One with { Device = OnnxDevice.Cuda });
        Assert.Contains("CUDA device 0 does not work", session.Warning);
        Assert.Contains(Path.Combine(beside, "libonnxruntime_providers_shared.so"), session.Warning);
        Assert.Contains("environment.md", session.Warning);
    }

    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
    private static float Multiply(float a, float b) => a * b;
}
