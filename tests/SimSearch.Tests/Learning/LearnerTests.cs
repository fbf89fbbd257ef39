using System.Security.Cryptography;
using SimSearch.Learning;

namespace SimSearch.Tests;

public sealed class LearnerTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("simsearch-learner-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private static readonly Lazy<MelPowerStore> Store = new(() => LearningSets.Store(LearningSets.TinyFeatures));

    private static byte[] Train(LearningOptions options, LearningJob? job = null) => Train(options, job, out _);

    private static byte[] Train(LearningOptions options, LearningJob? job, out IReadOnlyList<LearningEpoch> history)
    {
        using var learner = new MetricLearner(Store.Value, options, job);
        byte[] model = learner.Train();
        history = learner.History;
        return model;
    }

    [Theory]
    [InlineData(LearningLoss.SupConAndSoftmax, false), InlineData(LearningLoss.SupCon, false), InlineData(LearningLoss.Softmax, false)]
    [InlineData(LearningLoss.ArcFace, false), InlineData(LearningLoss.Triplet, false), InlineData(LearningLoss.NtXent, false), InlineData(LearningLoss.SupConAndSoftmax, true)]
    public void Every_loss_falls_and_brings_clips_of_a_class_together(LearningLoss loss, bool sgd)
    {
        var options = LearningSets.Tiny.With(loss) with { Epochs = 40, Sgd = sgd, Rate = sgd ? 0.1 : 4e-3 };
        byte[] model = Train(options, null, out var history);
        Assert.Equal(40, history.Count);
        Assert.True(history.TakeLast(5).Average(e => e.Loss) < 0.9 * history[0].Loss, $"{history[0].Loss} -> {history[^1].Loss}");
        Assert.All(history, e => Assert.True(double.IsFinite(e.GradientNorm) && e.GradientNorm > 0));
        if (loss == LearningLoss.NtXent) return;
        using var embedder = new ClipEmbedder(model, options.Features);
        int[] all = [.. Enumerable.Range(0, Store.Value.Count)], queries = [.. all.Where(i => i % 4 == 0)];
        double learned = embedder.Evaluate(Store.Value, queries, [.. all.Except(queries)], 1).Map.Value;
        Assert.True(learned > 0.5, $"MAP {learned}");
    }

    [Fact]
    public void A_batch_beyond_memory_is_refused_with_what_would_fit()
    {
        // Tens of gigabytes for each tensor that the network keeps.
        var options = LearningSets.Tiny with { ClipsPerClass = 100, Channels = [1024, 1024, 1024], Views = LearningSets.Tiny.Views with { Frames = 4096 } };
        string message = Assert.Throws<SimSearchException>(() => new MetricLearner(Store.Value, options)).Message;
        foreach (string part in (string[])["a batch of 400 views, each 4096 frames x 24 bands", "MB at once", "Allowed are", "such views would fit", "ClipsPerClass", "ViewOptions.Frames"]) Assert.Contains(part, message);
    }

    [Fact]
    public void The_same_seed_gives_the_same_bytes_and_another_seed_others()
    {
        byte[] first = Train(LearningSets.Tiny);
        Assert.Equal(first, Train(LearningSets.Tiny));
        Assert.NotEqual(first, Train(LearningSets.Tiny with { Seed = 1 }));
    }

    [Fact]
    public void Networks_that_learn_side_by_side_do_not_change_each_other()
    {
        var options = LearningSets.Tiny with { Epochs = 4, Dropout = 0, ClipNorm = 1e6 };
        using var alone = new MetricLearner(Store.Value, options);
        using var together = new MetricLearner(Store.Value, options with { Networks = 3 });
        alone.Train();
        together.Train();
        foreach (string name in (string[])["conv1.weight", "conv2.gain", "head.weight", "classes"])
        {
            float[] expected = alone.Parameter(name).ToArray(), first = together.Parameter(name).ToArray(), second = together.Parameter("network2." + name).ToArray();
            for (int i = 0; i < expected.Length; i++) Assert.Equal(expected[i], first[i], 1e-3f);
            Assert.True(expected.Zip(second, (a, b) => Math.Abs(a - b)).Max() > 1e-2, name);
        }
        Assert.InRange(together.History[0].Loss / alone.History[0].Loss, 0.8, 1.2);
    }

    [Theory]
    [InlineData(1, 0, LearningLoss.SupConAndSoftmax), InlineData(2, 4, LearningLoss.NtXent)]
    public void Stopped_and_resumed_again_and_again_it_ends_with_the_same_bytes(int networks, int head, LearningLoss loss)
    {
        var options = LearningSets.Tiny.With(loss) with { Networks = networks, Head = head };
        byte[] straight = Train(options, null, out var expected);
        var job = new LearningJob { Checkpoint = Path.Combine(folder, "checkpoint"), CheckpointSeconds = 0, Resume = true };
        int stops = 0;
        while (true)
        {
            using var learner = new MetricLearner(Store.Value, options, job);
            using var stop = new CancellationTokenSource();
            int steps = 0, until = 5 + 7 * stops % 11;
            try
            {
                byte[] model = learner.Train(new Hook(_ => { if (++steps == until) stop.Cancel(); }), stop.Token);
                Assert.Equal(straight, model);
                Assert.Equal(expected, learner.History);
                break;
            }
            catch (OperationCanceledException) { stops++; }
        }
        Assert.True(stops > 3, $"{stops} stops");
    }

    [Fact]
    public void Killed_at_any_moment_and_resumed_it_ends_with_the_same_bytes()
    {
        string expected = Convert.ToHexStringLower(SHA256.HashData(Train(LearningSets.Tiny with { Epochs = 60 })));
        var random = new Random(4);
        string checkpoint = Path.Combine(folder, "checkpoint"), result = checkpoint + ".result";
        for (int kills = 0; kills < 3; kills++)
        {
            using var child = ChildProcess.Start(nameof(ChildWork.Learn_until_killed), checkpoint);
            long before = LastWrite();
            // Until it has got somewhere, and then a moment more, at random within an epoch or a write.
            while (LastWrite() == before && !child.HasExited) Thread.Sleep(1);
            Thread.Sleep(random.Next(60));
            child.Kill();
        }
        ChildProcess.Run(nameof(ChildWork.Learn_until_killed), checkpoint).Dispose();
        Assert.Equal(expected, File.ReadAllText(result));

        long LastWrite() => File.Exists(checkpoint) ? File.GetLastWriteTimeUtc(checkpoint).Ticks : 0;
    }

    [Fact]
    public void A_damaged_checkpoint_and_that_of_another_training_are_refused()
    {
        string path = Path.Combine(folder, "checkpoint");
        var job = new LearningJob { Checkpoint = path, CheckpointSeconds = 0, Resume = true };
        Train(LearningSets.Tiny, job);
        byte[] whole = File.ReadAllBytes(path);
        Assert.Contains("other sounds, labels or settings", Assert.Throws<SimSearchException>(() => Train(LearningSets.Tiny with { Rate = 1e-3 }, job)).Message);
        var random = new Random(1);
        for (int i = 0; i < 40; i++)
        {
            byte[] damaged = i < 20 ? whole[..random.Next(whole.Length)] : [.. whole];
            if (i >= 20) damaged[random.Next(whole.Length)] ^= (byte)(1 + random.Next(255));
            File.WriteAllBytes(path, damaged);
            Assert.Throws<SimSearchException>(() => Checkpoint.Load(path, "x"));
        }
        File.WriteAllBytes(path, whole[..^1]);
        Assert.Contains("delete it", Assert.Throws<SimSearchException>(() => Train(LearningSets.Tiny, job)).Message);
        Train(LearningSets.Tiny, job with { Resume = false });
    }

    [Fact]
    public void A_loss_that_is_no_number_stops_the_training_and_the_last_good_checkpoint_stays()
    {
        string path = Path.Combine(folder, "checkpoint");
        // Weight decay of 10 at a rate of 10 multiplies the weights by -99 each step, until they overflow.
        var wild = LearningSets.Tiny with { Sgd = true, Rate = 10, WeightDecay = 10, WarmUp = 0, Epochs = 200 };
        var job = new LearningJob { Checkpoint = path, CheckpointSeconds = 0 };
        using var learner = new MetricLearner(Store.Value, wild, job);
        var error = Assert.Throws<LearningException>(() => learner.Train());
        Assert.InRange(error.Step, 2, 400);
        Assert.Contains($"step {error.Step}", error.Message);
        Assert.Contains("lower rate", error.Message);
        var kept = Checkpoint.Load(path, learner.Fingerprint)!;
        Assert.InRange(kept.Step, 1, error.Step - 1);
        Assert.True(System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(kept.State).IndexOfAny(float.NaN, float.PositiveInfinity) < 0);
    }

    [Fact]
    public void Early_stopping_keeps_the_best_model_that_validation_saw()
    {
        var options = LearningSets.Tiny with { Epochs = 400, Patience = 3, ValidateEvery = 1 };
        int[] all = [.. Enumerable.Range(0, Store.Value.Count)], validation = [.. all.Where(i => i % 4 == 0)], train = [.. all.Except(validation)];
        byte[] model = Train(options, new() { Train = train, Validation = validation }, out var history);
        Assert.True(history.Count < 400);
        var best = history.MaxBy(e => e.Map)!;
        Assert.Equal(3, history.Count - best.Epoch);
        using var embedder = new ClipEmbedder(model, options.Features);
        Assert.Equal(best.Map, embedder.Evaluate(Store.Value, validation, train, 1).Map.Value);
    }

    [Fact]
    public void What_cannot_be_trained_is_refused()
    {
        var store = Store.Value;
        int[] oneClass = [.. Enumerable.Range(0, store.Count).Where(i => store.Items[i].Label == "bell")];
        Assert.Contains("one class", Assert.Throws<SimSearchException>(() => Train(LearningSets.Tiny, new() { Train = oneClass })).Message);
        Assert.Contains("no labelled clips", Assert.Throws<SimSearchException>(() => Train(LearningSets.Tiny, new() { Train = [] })).Message);
        Assert.Contains("pairs", Assert.Throws<ArgumentException>(() => Train(LearningSets.Tiny with { ClipsPerClass = 1 })).Message);
        Assert.Contains("validation", Assert.Throws<SimSearchException>(() => Train(LearningSets.Tiny with { Patience = 2 })).Message);
        Assert.Contains("convolutions", Assert.Throws<ArgumentException>(() => Train(LearningSets.Tiny with { Channels = [4, 4, 4, 4, 4, 4], Views = LearningSets.Tiny.Views with { Frames = 16 } })).Message);
        Assert.Contains("smaller", Assert.Throws<SimSearchException>(() => Train(LearningSets.Tiny with { ClipsPerClass = 1000, Channels = [512, 512] })).Message);
        Assert.Throws<ArgumentException>(() => Train(LearningSets.Tiny, new() { Train = [0, 1, 8], Validation = [1] }));
        Assert.Throws<ArgumentOutOfRangeException>(() => Train(LearningSets.Tiny, new() { Train = [0, 1, 99] }));
        foreach (var wrong in (LearningOptions[])[LearningSets.Tiny with { Epochs = 0 }, LearningSets.Tiny with { Rate = double.NaN }, LearningSets.Tiny with { Dropout = 1 }])
            Assert.Throws<ArgumentOutOfRangeException>(() => Train(wrong));
    }

    [Fact]
    public void Leaving_groups_out_asks_with_clips_that_were_not_learned_from()
    {
        var folds = FoldExperiment.ByGroup(Store.Value.Items);
        Assert.Equal(["fold-1", "fold-2", "fold-3", "fold-4"], folds.Select(f => f.Name));
        Assert.All(folds, f =>
        {
            Assert.Empty(f.Train.Intersect(f.Queries));
            Assert.Equal(Store.Value.Count, f.Train.Count + f.Queries.Count);
            Assert.All(f.Queries, i => Assert.Equal(f.Name, Store.Value.Items[i].Group));
        });
        var result = FoldExperiment.Run(Store.Value, LearningSets.Tiny with { Epochs = 30 }, folds[0]);
        Assert.Equal((8, 24), ((int)result.Figures.Queries, (int)result.Figures.Gallery));
        Assert.True(result.Figures.Map.Value > 0.5, $"MAP {result.Figures.Map.Value}");
        Assert.Throws<SimSearchException>(() => FoldExperiment.BySplit(Store.Value.Items));
        Assert.Throws<SimSearchException>(() => FoldExperiment.ByGroup([.. Store.Value.Items.Select(i => i with { Group = null })]));
    }

    internal sealed class Hook(Action<LearningProgress> report) : IProgress<LearningProgress>
    {
        public void Report(LearningProgress value) => report(value);
    }
}
