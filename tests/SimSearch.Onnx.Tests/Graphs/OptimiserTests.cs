using SimSearch.Tests.Support;

namespace SimSearch.Onnx.Tests;

/// <summary>Optimisers, clipping and averaging against a twin in plain double loops.</summary>
public sealed class OptimiserTests
{
    public OptimiserTests()
    {
        if (!OnnxRuntime.IsAvailable(out string? reason)) SharedData.SkipUnless(false, reason);
    }

    // loss = sum scale (p - target)^2 / 2 for two parameters, of which only the first decays: the gradient is scale (p - target).
    private static readonly double[] Target = [1, -2, 3, 0.5, 4, -1], Scale = [1, 2, 0.5, 3, 1, 0.1];

    private static TrainingGraph Make(Optimiser optimiser, double clip = 0, double average = 0)
    {
        var g = new GraphBuilder();
        GraphTensor a = g.Parameter("a", [2, 2], Initialiser.Normal(1)), b = g.Parameter("b", [2], Initialiser.Uniform(1), decay: false);
        var all = g.Concat(0, g.Reshape(a, -1), b);
        var loss = g.Sum(g.Square(all - g.Input("target", [6])) * g.Constant(Scale, [6])) * 0.5;
        var training = TrainingGraph.Compile(g, loss, new() { Optimiser = optimiser, ClipNorm = clip, AverageDecay = average, Seed = 5 });
        for (int i = 0; i < 6; i++) training.Input("target")[i] = (float)Target[i];
        return training;
    }

    private static double[] Gradient(double[] p, double clip)
    {
        double[] d = [.. p.Select((v, i) => Scale[i] * (v - Target[i]))];
        double norm = Math.Sqrt(d.Sum(v => v * v));
        return clip > 0 && norm > clip ? [.. d.Select(v => v * clip / norm)] : d;
    }

    [Theory]
    [InlineData(0, 0, 1e-8)]
    [InlineData(0.1, 0, 1e-8)]
    [InlineData(0.1, 0.5, 1e-8)]
    [InlineData(0.1, 0, 0.5)]
    public void AdamW_follows_its_definition(double decay, double clip, double epsilon)
    {
        using var training = Make(new AdamW(0.9, 0.99, epsilon, decay), clip);
        double[] p = [.. training.State("parameters").ToArray().Select(v => (double)v)], m = new double[6], s = new double[6];
        for (int t = 1; t <= 30; t++)
        {
            double rate = 0.02 + 0.001 * t;
            double[] d = Gradient(p, clip);
            for (int i = 0; i < 6; i++)
            {
                if (i < 4) p[i] -= rate * decay * p[i];
                m[i] = 0.9 * m[i] + 0.1 * d[i];
                s[i] = 0.99 * s[i] + 0.01 * d[i] * d[i];
                p[i] -= rate * (m[i] / (1 - Math.Pow(0.9, t))) / (Math.Sqrt(s[i] / (1 - Math.Pow(0.99, t))) + epsilon);
            }
            training.Step(rate);
            for (int i = 0; i < 6; i++) Assert.Equal(p[i], training.State("parameters")[i], 1e-4);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Momentum_follows_its_definition(bool nesterov)
    {
        using var training = Make(new Sgd(0.9, nesterov, 0.05));
        double[] p = [.. training.State("parameters").ToArray().Select(v => (double)v)], v = new double[6];
        for (int t = 0; t < 30; t++)
        {
            double[] d = Gradient(p, 0);
            for (int i = 0; i < 6; i++)
            {
                double g = d[i] + (i < 4 ? 0.05 * p[i] : 0);
                v[i] = 0.9 * v[i] + g;
                p[i] -= 0.01 * (nesterov ? g + 0.9 * v[i] : v[i]);
            }
            training.Step(0.01);
        }
        for (int i = 0; i < 6; i++) Assert.Equal(p[i], training.State("parameters")[i], 1e-5);
    }

    [Fact]
    public void The_average_trails_the_weights()
    {
        using var training = Make(new Sgd(0), average: 0.7);
        double[] average = [.. training.State("average").ToArray().Select(v => (double)v)];
        Assert.Equal(training.State("parameters").ToArray(), training.State("average").ToArray());
        for (int t = 1; t <= 20; t++)
        {
            training.Step(0.1);
            double keep = Math.Min(0.7, (1.0 + t) / (10 + t));
            for (int i = 0; i < 6; i++) average[i] = keep * average[i] + (1 - keep) * training.State("parameters")[i];
        }
        for (int i = 0; i < 6; i++) Assert.Equal(average[i], training.State("average")[i], 1e-5);
        Assert.Equal(training.State("average")[5], training.Parameter("b", average: true)[1]);
    }

    [Fact]
    public void The_reported_length_is_that_before_clipping()
    {
        using var training = Make(new Sgd(0), clip: 0.5);
        double[] p = [.. training.State("parameters").ToArray().Select(v => (double)v)];
        double[] d = Gradient(p, 0);
        var step = training.Step(1);
        Assert.Equal(Math.Sqrt(d.Sum(v => v * v)), step.GradientNorm, 1e-4);
        Assert.Equal(0.5, Math.Sqrt(p.Select((v, i) => v - training.State("parameters")[i]).Sum(v => v * v)), 1e-5);
    }

    [Fact]
    public void A_zero_gradient_moves_nothing()
    {
        using var training = Make(new AdamW(WeightDecay: 0), clip: 1);
        for (int i = 0; i < 6; i++) training.State("parameters")[i] = (float)Target[i];
        var step = training.Step(0.1);
        Assert.Equal((0f, 0f), (step.Loss, step.GradientNorm));
        Assert.Equal(Array.ConvertAll(Target, v => (float)v), training.State("parameters").ToArray());
    }

    [Fact]
    public void First_weights_depend_on_seed_and_name_alone()
    {
        float[] First(params string[] names)
        {
            var g = new GraphBuilder();
            GraphTensor[] all = [.. names.Select(n => g.Parameter(n, [1000], n == "n" ? Initialiser.Normal(2) : Initialiser.FanIn(4)))];
            using var training = TrainingGraph.Compile(g, all.Select(a => g.Sum(a)).Aggregate((a, b) => a + b), new() { Seed = 11 });
            return training.Parameter("w").ToArray();
        }
        float[] alone = First("w");
        Assert.Equal(alone, First("n", "w"));
        Assert.InRange(alone.Max(), 0.49f, 0.5f);
        Assert.InRange(alone.Min(), -0.5f, -0.49f);
        Assert.InRange(alone.Average(), -0.03f, 0.03f);
        var normal = new float[20000];
        Initialiser.Normal(2).Fill(normal, CounterRandom.For(1, "n"));
        Assert.InRange(Math.Sqrt(normal.Average(v => v * v)), 1.95, 2.05);
        Assert.InRange(normal.Average(), -0.06, 0.06);
    }

    [Fact]
    public void A_schedule_rises_then_falls()
    {
        var schedule = new CosineSchedule(4e-3, 100, 10, 1e-4);
        Assert.Equal(4e-4, schedule.Rate(0), 1e-12);
        Assert.Equal(4e-3, schedule.Rate(9), 1e-12);
        Assert.Equal(4e-3, schedule.Rate(10), 1e-12);
        Assert.Equal((4e-3 + 1e-4) / 2, schedule.Rate(55), 1e-12);
        Assert.Equal(1e-4, schedule.Rate(100), 1e-12);
        Assert.Equal(1e-4, schedule.Rate(1000), 1e-12);
        for (int t = 10; t < 100; t++) Assert.True(schedule.Rate(t + 1) < schedule.Rate(t));
        Assert.Throws<ArgumentOutOfRangeException>(() => schedule.Rate(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new CosineSchedule(0, 10).Rate(1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new CosineSchedule(1, 10, 11).Rate(1));
        Assert.Equal(1, new CosineSchedule(1, 1, 1).Rate(0));
    }

    [Fact]
    public void Dropout_drops_its_share_and_keeps_the_mean()
    {
        var g = new GraphBuilder();
        var kept = g.Dropout(g.Input("x", [100, 200]), 0.2);
        Assert.Same(kept, g.Dropout(kept, 0));
        Assert.NotSame(kept, g.Dropout(kept, 0.5));
        var loss = g.Sum(g.Parameter("w", [1], Initialiser.Constant(1)) * g.Mean(kept));
        using var training = TrainingGraph.Compile(g, loss, new() { Optimiser = new Sgd(0), Metrics = [("zeros", g.Mean(g.Number(g.Equal(kept, g.Constant(0)))))] });
        training.Input("x").Fill(1);
        var means = new HashSet<float>();
        for (int i = 0; i < 10; i++)
        {
            Assert.InRange(training.Step(0).Loss, 0.98f, 1.02f);
            Assert.InRange(training.Metric("zeros"), 0.185f, 0.215f);
            means.Add(training.Metric("zeros"));
        }
        Assert.True(means.Count > 5, "every step drops other elements");
        Assert.Throws<OnnxGraphException>(() => training.Input("dropout"));
    }
}
