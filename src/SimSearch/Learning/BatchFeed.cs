using System.Diagnostics;
using System.Threading.Channels;

namespace SimSearch.Learning;

/// <summary>Makes batches ahead on threads of its own, so that the trainer does not wait for them; they come in order, however many threads there are.</summary>
internal sealed class BatchFeed : IDisposable
{
    private const int Ahead = 3;

    private readonly Channel<TrainingBatch>[] ready, free;
    private readonly Thread[] threads;
    private readonly CancellationTokenSource stop = new();
    private readonly long first, end;
    private long next;

    /// <summary>Starts the threads.</summary>
    /// <param name="newMaker">Makes a batch maker for one thread.</param>
    /// <param name="first">The first step.</param>
    /// <param name="end">The step behind the last one.</param>
    /// <param name="threads">Threads, 1 or more.</param>
    public BatchFeed(Func<BatchMaker> newMaker, long first, long end, int threads = 1)
    {
        (this.first, this.end, next) = (first, end, first);
        Channel<TrainingBatch>[] Channels() => [.. Enumerable.Range(0, threads).Select(_ => Channel.CreateBounded<TrainingBatch>(Ahead))];
        (ready, free) = (Channels(), Channels());
        this.threads = [.. Enumerable.Range(0, threads).Select(worker => new Thread(() => Produce(newMaker, worker)) { IsBackground = true, Name = "training batches" })];
        foreach (var thread in this.threads) thread.Start();
    }

    /// <summary>How long <see cref="Next"/> had to wait, all in all.</summary>
    public TimeSpan Waited { get; private set; }

    /// <summary>The batch of the next step; give it back with <see cref="Return"/>.</summary>
    /// <exception cref="InvalidOperationException">There are no more.</exception>
    public TrainingBatch Next(CancellationToken cancellation = default)
    {
        if (next >= end) throw new InvalidOperationException($"step {end} is behind the last one");
        var channel = ready[(next++ - first) % ready.Length];
        if (channel.Reader.TryRead(out var batch)) return batch;
        long began = Stopwatch.GetTimestamp();
        try
        {
            return channel.Reader.ReadAsync(cancellation).AsTask().GetAwaiter().GetResult();
        }
        catch (ChannelClosedException e) when (e.InnerException is { } cause)
        {
            throw cause is SimSearchException ? new SimSearchException(cause.Message, cause) : new InvalidOperationException($"making a training batch failed: {cause.Message}", cause);
        }
        finally
        {
            Waited += Stopwatch.GetElapsedTime(began);
        }
    }

    /// <summary>Gives a batch back to be filled again.</summary>
    public void Return(TrainingBatch batch) => free[(batch.Step - first) % free.Length].Writer.TryWrite(batch);

    /// <summary>Stops the threads.</summary>
    public void Dispose()
    {
        stop.Cancel();
        foreach (var thread in threads) thread.Join();
        stop.Dispose();
    }

    private void Produce(Func<BatchMaker> newMaker, int worker)
    {
        try
        {
            var maker = newMaker();
            int made = 0;
            for (long step = first + worker; step < end; step += threads.Length)
            {
                if (!free[worker].Reader.TryRead(out var batch))
                    batch = made++ <= Ahead ? maker.NewBatch() : Wait(free[worker].Reader.ReadAsync(stop.Token));
                maker.Fill(step, batch);
                if (!ready[worker].Writer.TryWrite(batch)) Wait(ready[worker].Writer.WriteAsync(batch, stop.Token));
            }
            ready[worker].Writer.Complete();
        }
        catch (OperationCanceledException)
        {
            ready[worker].Writer.TryComplete();
        }
        catch (Exception e)
        {
            ready[worker].Writer.TryComplete(e);
        }
    }

    private static T Wait<T>(ValueTask<T> task) => task.AsTask().GetAwaiter().GetResult();

    private static void Wait(ValueTask task) => task.AsTask().GetAwaiter().GetResult();
}
