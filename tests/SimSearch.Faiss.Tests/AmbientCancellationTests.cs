namespace SimSearch.Faiss.Tests;

/// <summary>A host that runs other people's code (a notebook) stops native calls that were given no token.</summary>
public sealed class AmbientCancellationTests
{
    // Flows with this test only: the name is the process's, and other tests run meanwhile.
    private static readonly AsyncLocal<CancellationToken> Around = new();

    public AmbientCancellationTests() => AppContext.SetData("Ambient.CancellationToken", (Func<CancellationToken>)(static () => Around.Value));

    private static float[] Data(int n, int dimension)
    {
        var random = new Random(1);
        return [.. Enumerable.Range(0, n * dimension).Select(_ => random.NextSingle())];
    }

    [Fact]
    public async Task A_long_call_ends_when_its_host_says_so()
    {
        using var source = new CancellationTokenSource();
        Around.Value = source.Token;
        // Hours, when nobody stops it.
        var running = Task.Run(() => FaissKMeans.Run(Data(20_000, 32), 32, 256, new FaissKMeansOptions { Iterations = 10_000, Restarts = 100 }), TestContext.Current.CancellationToken);
        source.CancelAfter(200);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running.WaitAsync(TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken));
    }

    [Fact]
    public void Every_call_looks_at_both_tokens()
    {
        float[] data = Data(200, 8), distances = new float[200];
        var ids = new long[200];
        using var index = FaissIndex.Create(8, "Flat");
        index.Add(data);
        using var source = new CancellationTokenSource();
        Around.Value = source.Token;
        index.Search(data, 1, distances, ids);
        Assert.Equal(199, ids[199]);

        // The call's own token counts as it does anywhere.
        Assert.Throws<OperationCanceledException>(() => index.Search(data, 1, distances, ids, new CancellationToken(true)));
        source.Cancel();
        Assert.Throws<OperationCanceledException>(() => index.Search(data, 1, distances, ids));
        Assert.Throws<OperationCanceledException>(() => index.RangeSearch(data, 1));
        Assert.Throws<OperationCanceledException>(() => index.Add(data));
        Assert.Equal(200, index.Count);
        Around.Value = default;
        index.Search(data, 1, distances, ids);
    }
}
