using SimSearch.Evaluation;

namespace SimSearch.Tests;

public sealed class BootstrapTests
{
    private static double[] Coins(int n, double share, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, n).Select(_ => random.NextDouble() < share ? 1.0 : 0)];
    }

    [Fact]
    public void The_same_seed_gives_the_same_interval_and_another_seed_another()
    {
        double[] values = Coins(200, 0.7, 1);
        var first = Bootstrap.Estimates([values], seed: 5)[0];
        Assert.Equal(first, Bootstrap.Estimates([values], seed: 5)[0]);
        Assert.NotEqual(first, Bootstrap.Estimates([values], samples: 999, seed: 6)[0]);
    }

    [Fact]
    public void The_interval_is_that_of_the_normal_approximation_for_many_queries()
    {
        double[] values = Coins(2000, 0.6, 2);
        var estimate = Bootstrap.Estimates([values], samples: 4000)[0];
        double mean = values.Average(), half = 1.96 * Math.Sqrt(mean * (1 - mean) / values.Length);
        Assert.Equal(mean, estimate.Value, 1e-12);
        Assert.Equal(mean - half, estimate.Low, 0.1 * half);
        Assert.Equal(mean + half, estimate.High, 0.1 * half);
    }

    [Fact]
    public void Ninety_five_percent_of_the_intervals_hold_the_truth()
    {
        int held = 0;
        for (int trial = 0; trial < 400; trial++)
        {
            var estimate = Bootstrap.Estimates([Coins(100, 0.7, 100 + trial)], samples: 400, seed: trial)[0];
            if (estimate.Low <= 0.7 && 0.7 <= estimate.High) held++;
        }
        Assert.InRange(held / 400.0, 0.91, 0.98);
    }

    [Fact]
    public void Every_query_is_drawn_equally_often()
    {
        // A metric that is 1 for one query only has that query's share of the draws as its mean: binomial, 0 to 4 of 7 in 99.9 %.
        for (int query = 0; query < 7; query++)
        {
            var alone = new double[7];
            alone[query] = 1;
            var estimate = Bootstrap.Estimates([alone], samples: 20000, confidence: 0.99)[0];
            Assert.Equal((0.0, 4 / 7.0), (estimate.Low, estimate.High));
        }
    }

    [Fact]
    public void Metrics_share_their_draws()
    {
        double[] values = Coins(50, 0.5, 3);
        var both = Bootstrap.Estimates([values, [.. values.Select(v => 1 - v)]]);
        Assert.Equal(1 - both[0].Low, both[1].High, 1e-12);
    }

    [Fact]
    public void Few_queries_and_no_resampling_give_intervals_too()
    {
        Assert.Equal(new Estimate(0.25, 0.25, 0.25), Bootstrap.Estimates([[0.25]])[0]);
        Assert.Equal(new Estimate(0.5, 0.5, 0.5), Bootstrap.Estimates([[0, 1]], samples: 0)[0]);
        Assert.Empty(Bootstrap.Estimates([]));
        Assert.Throws<ArgumentException>(() => Bootstrap.Estimates([[]]));
        Assert.Throws<ArgumentException>(() => Bootstrap.Estimates([[1], [1, 2]]));
        Assert.Throws<ArgumentOutOfRangeException>(() => Bootstrap.Estimates([[1]], confidence: 1));
    }

    [Fact]
    public void Quantiles_interpolate_as_numpy_does()
    {
        Assert.Equal(1.5, Bootstrap.Quantile([1, 2, 3], 0.25));
        Assert.Equal(3, Bootstrap.Quantile([1, 2, 3], 1));
        Assert.Equal(1, Bootstrap.Quantile([1], 0.4));
    }
}
