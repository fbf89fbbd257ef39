using SimSearch.Tests.Support;

namespace SimSearch.Onnx.Tests;

/// <summary>A host that runs other people's code (a notebook) stops runs that were given no token.</summary>
public sealed class AmbientCancellationTests
{
    private static readonly OnnxSessionOptions One = OnnxSessionOptions.SingleThread;

    // Flows with this test only: the name is the process's, and other tests run meanwhile.
    private static readonly AsyncLocal<CancellationToken> Around = new();

    public AmbientCancellationTests() => AppContext.SetData("Ambient.CancellationToken", (Func<CancellationToken>)(static () => Around.Value));

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_run_without_end_ends_when_its_host_says_so_and_the_session_works_on(bool bound)
    {
        using var session = OnnxSession.FromBytes(BindingTests.Counting(), One);
        using var n = OnnxTensor.Of<long>([long.MaxValue]);
        using var sum = OnnxTensor.Create<long>();
        using var binding = session.Bind([("n", n)], [("sum", sum)]);
        void Run()
        {
            if (bound) binding.Run();
            else
            {
                using var results = session.Run([("n", n)]);
                sum.Span<long>()[0] = results["sum"].Span<long>()[0];
            }
        }
        using (var source = new CancellationTokenSource())
        {
            Around.Value = source.Token;
            var running = Task.Run(Run, TestContext.Current.CancellationToken);
            source.CancelAfter(100);
            var stopped = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running.WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken));
            Assert.Equal(source.Token, stopped.CancellationToken);
            Assert.Equal(long.MaxValue, n.Span<long>()[0]);
            // The host is still stopping: nothing new begins, though it was not asked for a token.
            Assert.ThrowsAny<OperationCanceledException>(Run);
        }
        Around.Value = default;
        n.Span<long>()[0] = 21;
        Run();
        Assert.Equal(42, sum.Span<long>()[0]);
    }

    [Fact]
    public void Both_tokens_count_and_the_exception_carries_the_one_that_was_cancelled()
    {
        using var session = OnnxSession.FromBytes(BindingTests.Counting(), One);
        using var n = OnnxTensor.Of<long>([long.MaxValue]);
        using var around = new CancellationTokenSource();
        Around.Value = around.Token;
        using (var own = new CancellationTokenSource(50))
            Assert.Equal(own.Token, Assert.ThrowsAny<OperationCanceledException>(() => session.Run([("n", n)], cancellation: own.Token)).CancellationToken);
        around.CancelAfter(50);
        using (var own = new CancellationTokenSource())
            Assert.Equal(around.Token, Assert.ThrowsAny<OperationCanceledException>(() => session.Run([("n", n)], cancellation: own.Token)).CancellationToken);
        // The same token twice is one.
        using var same = new CancellationTokenSource(50);
        Around.Value = same.Token;
        Assert.ThrowsAny<OperationCanceledException>(() => session.Run([("n", n)], cancellation: same.Token));
    }

    [Fact]
    public void A_bound_run_that_could_be_stopped_allocates_nothing_either()
    {
        using var session = OnnxSession.FromBytes(TinyModel.Affine(), One);
        using var x = OnnxTensor.Create<float>(1, 3);
        using var y = OnnxTensor.Create<float>(1, 3);
        using var binding = session.Bind([("x", x)], [("y", y)]);
        using var around = new CancellationTokenSource();
        using var own = new CancellationTokenSource();
        Around.Value = around.Token;
        Assert.Equal(0, Allocations.Least(() => binding.Run(own.Token)));
    }

    [Fact]
    public async Task A_token_that_fires_when_the_run_is_over_stops_no_later_one()
    {
        using var session = OnnxSession.FromBytes(TinyModel.Affine(), One);
        using var x = OnnxTensor.Create<float>(1, 3);
        using var y = OnnxTensor.Create<float>(1, 3);
        using var binding = session.Bind([("x", x)], [("y", y)]);
        for (int i = 0; i < 500; i++)
        {
            using var source = new CancellationTokenSource();
            var firing = Task.Run(source.Cancel, TestContext.Current.CancellationToken);
            try { binding.Run(source.Token); }
            catch (OperationCanceledException) { }
            await firing;
            binding.Run();
        }
    }
}
