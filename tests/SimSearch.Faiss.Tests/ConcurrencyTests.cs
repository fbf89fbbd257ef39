using System.Diagnostics;

namespace SimSearch.Faiss.Tests;

[Collection("process-wide settings")]
public sealed class ConcurrencyTests : IDisposable
{
    private const int D = 24;
    private static readonly float[] Gallery = Managed.Clustered(3000, D, 1), Queries = Managed.Clustered(200, D, 2);
    private readonly int threads = FaissRuntime.Threads;

    public void Dispose() => FaissRuntime.Threads = threads;

    [Theory]
    [InlineData("Flat")]
    [InlineData("IVF16,Flat")]
    [InlineData("IVF16,PQ8np")]
    [InlineData("SQ8")]
    [InlineData("PQ8x4fs")]
    public void Results_do_not_depend_on_the_number_of_threads(string factory)
    {
        var answers = new List<(long[], float[])>();
        string? hash = null;
        string file = Path.GetTempFileName();
        foreach (int count in new[] { 1, 2, 5 })
        {
            FaissRuntime.Threads = count;
            using FaissIndex index = Factories.Filled(factory, Gallery, D);
            answers.Add(index.Search(Queries, 10));
            string saved = index.Save(file);
            Assert.Equal(hash ??= saved, saved);
        }
        File.Delete(file);
        Assert.All(answers, a => Assert.Equal(answers[0].Item1, a.Item1));
        // Slices of a flat batch may round the last bit differently.
        Assert.All(answers, a => Assert.All(a.Item2.Zip(answers[0].Item2), p => Assert.Equal(p.First, p.Second, 1e-3f)));
    }

    [Theory]
    [InlineData("HNSW16")]
    [InlineData("IVF16,Flat")]
    [InlineData("OPQ4_8,IVF8,PQ4x6np")]
    public void With_one_thread_the_same_vectors_make_the_same_bytes(string factory)
    {
        FaissRuntime.Threads = 1;
        string file = Path.GetTempFileName();
        string[] hashes = [.. Enumerable.Range(0, 2).Select(_ =>
        {
            using FaissIndex index = Factories.Filled(factory, Gallery[..(600 * D)], D);
            return index.Save(file);
        })];
        File.Delete(file);
        Assert.Equal(hashes[0], hashes[1]);
    }

    [Fact]
    public void The_same_search_twice_gives_the_same_bits()
    {
        using FaissIndex index = Factories.Filled("Flat", Gallery, D);
        Assert.Equal(index.Search(Queries, 10).Distances, index.Search(Queries, 10).Distances);
    }

    [Theory]
    [InlineData("Flat")]
    [InlineData("IVF16,Flat")]
    [InlineData("HNSW16")]
    public async Task Many_threads_search_add_and_tune_one_index_at_once(string factory)
    {
        using FaissIndex index = Factories.Filled(factory, Gallery, D);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(worker => Task.Run(() =>
        {
            for (int round = 0; round < 10; round++)
            {
                if (worker == 0) index.Add(Gallery.AsSpan(0, D));
                if (worker == 1 && index.Parameters is [var first, ..]) index.SetParameter(first.Name, 1 + round);
                long[] ids = index.Search(Queries, worker == 2 ? 64 : 5).Ids; // 64: more than the graph's efSearch
                if (ids.Any(id => id < -1 || id >= 3010)) throw new InvalidOperationException($"{ids.Max()} is no id");
            }
        }, TestContext.Current.CancellationToken)));
        Assert.Equal(3010, index.Count);
    }

    [Fact]
    public async Task Dispose_waits_for_searches_under_way()
    {
        FaissIndex index = Factories.Filled("Flat", Gallery, D);
        Task[] searches = [.. Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            while (true) index.Search(Queries, 5);
        }, TestContext.Current.CancellationToken))];
        await Task.Delay(50, TestContext.Current.CancellationToken);
        index.Dispose();
        foreach (Task search in searches) await Assert.ThrowsAsync<ObjectDisposedException>(() => search);
    }

    [Fact]
    public void A_token_that_is_already_cancelled_stops_everything_before_it_starts()
    {
        var cancelled = new CancellationToken(canceled: true);
        using FaissIndex index = Factories.Filled("Flat", Gallery, D);
        Assert.ThrowsAny<OperationCanceledException>(() => index.Search(Queries, 1, new float[200], new long[200], cancelled));
        Assert.ThrowsAny<OperationCanceledException>(() => index.RangeSearch(Queries, 1, cancelled));
        Assert.ThrowsAny<OperationCanceledException>(() => index.Add(Queries, cancelled));
        Assert.ThrowsAny<OperationCanceledException>(() => index.Train(Queries, cancelled));
        Assert.ThrowsAny<OperationCanceledException>(() => FaissKMeans.Run(Queries, D, 2, cancellation: cancelled));
        Assert.Equal(3000, index.Count);
    }

    [Theory]
    [InlineData("search")]
    [InlineData("build a graph")]
    [InlineData("k-means")]
    [InlineData("train")]
    public void Long_work_stops_soon_after_it_is_cancelled_and_the_index_stays_usable(string work)
    {
        const int d = 64, n = 30_000;
        float[] many = Managed.Clustered(n, d, 1);
        using var source = new CancellationTokenSource();
        using var index = FaissIndex.Create(d, work switch { "build a graph" => "HNSW32", "train" => "IVF512,PQ16np", _ => "Flat" });
        if (work == "search") index.Add(many);
        var clock = Stopwatch.StartNew();
        source.CancelAfter(50); // soon enough for the fastest machine to be in the middle
        Action run = work switch
        {
            "search" => () => index.Search(many, 10, new float[n * 10], new long[n * 10], source.Token),
            "build a graph" => () => index.Add(many, source.Token),
            "k-means" => () => FaissKMeans.Run(many, d, 500, new FaissKMeansOptions { Iterations = 10_000 }, source.Token),
            _ => () => index.Train(many, source.Token),
        };
        var error = Assert.ThrowsAny<OperationCanceledException>(run);
        Assert.Equal(source.Token, error.CancellationToken);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(30), $"{work} took {clock.Elapsed} to stop"); // seconds on a busy machine; far less than the work itself
        if (index.IsTrained)
        {
            index.Add(many.AsSpan(0, d));
            Assert.Equal(0, index.Search(many[..d], 1).Distances[0], 1e-3);
        }
        else
        {
            index.Train(many.AsSpan(0, 600 * d));
            Assert.True(index.IsTrained);
        }
    }
}
