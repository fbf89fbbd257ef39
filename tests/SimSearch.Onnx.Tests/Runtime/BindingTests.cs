using SimSearch.Tests.Support;

namespace SimSearch.Onnx.Tests;

public sealed class BindingTests
{
    private static readonly OnnxSessionOptions One = OnnxSessionOptions.SingleThread;

    [Fact]
    public void A_bound_run_reads_and_writes_in_place_and_allocates_nothing()
    {
        using var session = OnnxSession.FromBytes(TinyModel.Affine(), One);
        using var x = OnnxTensor.Create<float>(1, 3);
        using var y = OnnxTensor.Create<float>(1, 3);
        using var binding = session.Bind([("x", x)], [("y", y)]);
        for (int i = 0; i < 5; i++)
        {
            x.Span<float>().Fill(i);
            binding.Run();
            Assert.Equal([2 * i + 10, 3 * i + 20, 4 * i + 30], y.Span<float>().ToArray());
        }
        Assert.Equal(0, Allocations.Least(() => binding.Run()));
    }

    [Fact]
    public void How_memory_is_kept_and_planned_changes_no_number()
    {
        foreach (var options in (OnnxSessionOptions[])[One with { PlanMemory = false }, One with { KeepMemory = false }, One with { PlanMemory = false, KeepMemory = false }])
        {
            using var session = OnnxSession.FromBytes(TinyModel.Affine(), options);
            using var x = OnnxTensor.Of<float>([1, 2, 3], 1, 3);
            using var y = OnnxTensor.Create<float>(1, 3);
            using var binding = session.Bind([("x", x)], [("y", y)]);
            for (int i = 0; i < 3; i++)
            {
                y.Span<float>().Clear();
                binding.Run();
                Assert.Equal([12, 26, 42], y.Span<float>().ToArray());
            }
        }
    }

    [Fact]
    public void Two_sets_of_state_change_places()
    {
        using var session = OnnxSession.FromBytes(TinyModel.Affine(), One);
        using var a = OnnxTensor.Create<float>(1, 3);
        using var b = OnnxTensor.Create<float>(1, 3);
        using var there = session.Bind([("x", a)], [("y", b)]);
        using var back = session.Bind([("x", b)], [("y", a)]);
        float[] expected = [0, 0, 0];
        for (int i = 0; i < 4; i++)
        {
            (i % 2 == 0 ? there : back).Run();
            for (int k = 0; k < 3; k++) expected[k] = expected[k] * (k + 2) + 10 * (k + 1);
            Assert.Equal(expected, (i % 2 == 0 ? b : a).Span<float>().ToArray());
        }
    }

    [Fact]
    public void Bound_memory_outlives_its_tensor_and_its_session()
    {
        var session = OnnxSession.FromBytes(TinyModel.Affine(), One);
        var x = OnnxTensor.Of<float>([1, 1, 1], 1, 3);
        float[] y = new float[3];
        var output = OnnxTensor.Over(y.AsMemory(), 1, 3);
        using var binding = session.Bind([("x", x)], [("y", output)]);
        x.Dispose();
        output.Dispose();
        session.Dispose();
        GC.Collect();
        binding.Run();
        Assert.Equal([12, 23, 34], y);
        binding.Dispose();
        Assert.Throws<ObjectDisposedException>(() => binding.Run());
    }

    [Fact]
    public void Wrong_bindings_are_refused()
    {
        using var session = OnnxSession.FromBytes(TinyModel.Affine(), One);
        using var x = OnnxTensor.Create<float>(1, 3);
        using var y = OnnxTensor.Create<float>(1, 3);
        using var wide = OnnxTensor.Create<float>(1, 4);
        using var y2 = OnnxTensor.Create<float>(1, 3);
        Says("bound already", () => session.Bind([("x", x)], [("y", x)]));
        Says("bound twice", () => session.Bind([("x", x)], [("y", y), ("y", y2)]));
        Says("no output was given", () => session.Bind([("x", x)], []));
        Says("output 'y' is Float [n, 3], but Float [1, 4] was given", () => session.Bind([("x", x)], [("y", wide)]));
        // What only the run can know: the open dimension of the output.
        using var two = OnnxTensor.Create<float>(2, 3);
        using var binding = session.Bind([("x", x)], [("y", two)]);
        Assert.Throws<OnnxRunException>(() => binding.Run());

        static void Says(string part, Action act) => Assert.Contains(part, Assert.Throws<OnnxTensorException>(act).Message);
    }

    [Fact]
    public void A_cancelled_run_stops_and_the_binding_works_again()
    {
        using var session = OnnxSession.FromBytes(Counting(), One);
        using var n = OnnxTensor.Of<long>([long.MaxValue]);
        using var sum = OnnxTensor.Create<long>();
        using var binding = session.Bind([("n", n)], [("sum", sum)]);
        using (var stop = new CancellationTokenSource(50))
            Assert.ThrowsAny<OperationCanceledException>(() => binding.Run(stop.Token));
        using (var stop = new CancellationTokenSource(50))
            Assert.ThrowsAny<OperationCanceledException>(() => session.Run([("n", n)], cancellation: stop.Token));
        n.Span<long>()[0] = 7;
        binding.Run();
        Assert.Equal(14, sum.Span<long>()[0]);
        using var before = new CancellationTokenSource();
        before.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => binding.Run(before.Token));
    }

    // Adds 2, n times: a loop that nobody waits for the end of.
    internal static byte[] Counting() => TinyModel.Model(
    [
        TinyModel.Node("Loop", ["n", "", "zero"], ["sum"], TinyModel.GraphAttribute("body",
            TinyModel.Node("Add", ["s", "two"], ["t"]), TinyModel.Node("Identity", ["c"], ["c2"]),
            TinyModel.Input("i", TinyModel.Int64), TinyModel.Input("c", 9), TinyModel.Input("s", TinyModel.Int64),
            TinyModel.Output("c2", 9), TinyModel.Output("t", TinyModel.Int64))),
        Scalar("zero", 0), Scalar("two", 2),
        TinyModel.Input("n", TinyModel.Int64), TinyModel.Output("sum", TinyModel.Int64),
    ]);

    private static byte[] Scalar(string name, long value) =>
        TinyModel.Bytes(5, TinyModel.Number(2, TinyModel.Int64), TinyModel.Text(8, name), TinyModel.Bytes(9, BitConverter.GetBytes(value)));
}
