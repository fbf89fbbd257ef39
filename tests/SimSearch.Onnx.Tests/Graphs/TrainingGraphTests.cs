using SimSearch.Tests.Support;

namespace SimSearch.Onnx.Tests;

/// <summary>The whole step on a small network: it learns, repeats itself to the bit, survives what goes wrong, and exports what it trained.</summary>
public sealed class TrainingGraphTests
{
    private const int Batch = 12, Bands = 16, Frames = 24, Classes = 4;

    public TrainingGraphTests()
    {
        if (!OnnxRuntime.IsAvailable(out string? reason)) SharedData.SkipUnless(false, reason);
    }

    private static (TrainingGraph Training, GraphTensor Embedding) Make(ulong seed = 7, Optimiser? optimiser = null, double average = 0.98, int threads = 1)
    {
        var g = new GraphBuilder();
        var (z, loss) = RecipeNetwork.Build(g, Batch, Bands, Frames, Classes, width: 4, dimension: 16);
        return (TrainingGraph.Compile(g, loss, new() { Seed = seed, Threads = threads, ClipNorm = 5, AverageDecay = average, Optimiser = optimiser ?? new AdamW(0.9, 0.99, WeightDecay: 0.05) }), z);
    }

    /// <summary>Noise with a ripple whose direction tells the class.</summary>
    private static void Fill(TrainingGraph training, long step)
    {
        var random = new Random((int)step);
        Span<float> x = training.Input("x"), labels = training.Input("labels");
        labels.Clear();
        for (int b = 0; b < Batch; b++)
        {
            int c = b % Classes;
            labels[b * Classes + c] = 1;
            for (int i = 0; i < Bands * Frames; i++) x[b * Bands * Frames + i] = (float)(random.NextDouble() - 0.5 + Math.Sin(i % Frames * (0.3 + 0.2 * c) + i / Frames * (0.5 * c)));
        }
    }

    private static float[] Train(TrainingGraph training, int steps)
    {
        var losses = new List<float>();
        for (int i = 0; i < steps; i++)
        {
            Fill(training, training.StepCount);
            losses.Add(training.Step(0.01).Loss);
        }
        return [.. losses];
    }

    private static Dictionary<string, float[]> Checkpoint(TrainingGraph training) => training.StateNames.ToDictionary(n => n, n => training.State(n).ToArray());

    private static void AssertSame(Dictionary<string, float[]> a, Dictionary<string, float[]> b)
    {
        Assert.Equal(a.Keys, b.Keys);
        Assert.All(a, state => Assert.Equal(state.Value, b[state.Key]));
    }

    [Fact]
    public void It_learns()
    {
        var (training, _) = Make();
        using (training)
        {
            float[] losses = Train(training, 40);
            Assert.True(losses[^5..].Average() < 0.5 * losses[..3].Average(), string.Join(" ", losses));
            Assert.Equal(40, training.StepCount);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void The_same_seed_gives_the_same_bytes_and_another_does_not(int threads)
    {
        var runs = new List<Dictionary<string, float[]>>();
        foreach (ulong seed in new ulong[] { 3, 3, 4 })
        {
            var (training, _) = Make(seed, threads: threads);
            using (training)
            {
                Train(training, 5);
                runs.Add(Checkpoint(training));
            }
        }
        AssertSame(runs[0], runs[1]);
        Assert.NotEqual(runs[0]["parameters"], runs[2]["parameters"]);
    }

    [Fact]
    public void A_training_that_was_interrupted_ends_where_it_would_have_ended()
    {
        var (whole, _) = Make();
        using (whole)
        {
            Train(whole, 4);
            var saved = Checkpoint(whole);
            Train(whole, 5);
            var (resumed, _) = Make(seed: 7);
            using (resumed)
            {
                Train(resumed, 2);
                foreach (var (name, values) in saved) values.CopyTo(resumed.State(name));
                resumed.Resume(4);
                Train(resumed, 5);
                AssertSame(Checkpoint(whole), Checkpoint(resumed));
            }
        }
    }

    [Fact]
    public void A_loss_that_turns_NaN_stops_at_its_step_with_the_state_before_it()
    {
        var (training, _) = Make();
        using (training)
        {
            Train(training, 3);
            var before = Checkpoint(training);
            Fill(training, 3);
            training.Input("x")[100] = float.NaN;
            var error = Assert.Throws<TrainingDivergedException>(() => training.Step(0.01));
            Assert.Equal(3, error.Step);
            Assert.Equal(3, training.StepCount);
            AssertSame(before, Checkpoint(training));
            // A rate that throws the weights out of range counts too, although this step's loss is a number.
            Fill(training, 3);
            Assert.Throws<TrainingDivergedException>(() => training.Step(1e38));
            AssertSame(before, Checkpoint(training));
            Train(training, 1);
            Assert.Equal(4, training.StepCount);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-2)]
    [InlineData(1e-40)]
    [InlineData(1e6)]
    public void Silence_and_constants_are_survived(double level)
    {
        var (training, _) = Make();
        using (training)
        {
            Fill(training, 0);
            training.Input("x").Fill((float)level);
            for (int i = 0; i < 5; i++) training.Step(0.01);
            Train(training, 5);
        }
    }

    [Fact]
    public void A_cancelled_step_changes_nothing()
    {
        var (training, _) = Make();
        using (training)
        {
            Train(training, 1);
            var before = Checkpoint(training);
            Assert.ThrowsAny<OperationCanceledException>(() => training.Step(0.01, new CancellationToken(canceled: true)));
            AssertSame(before, Checkpoint(training));
            Assert.Equal(1, training.StepCount);
        }
    }

    [Fact]
    public void A_step_allocates_nothing()
    {
        var (training, _) = Make();
        using (training)
        {
            Fill(training, 0);
            Assert.Equal(0, Allocations.Least(() => training.Step(0.001)));
        }
    }
}
