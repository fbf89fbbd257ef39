using System.Globalization;
using System.Numerics.Tensors;

namespace SimSearch.Evaluation;

/// <summary>A mean with its confidence interval.</summary>
/// <param name="Value">The mean.</param>
/// <param name="Low">Lower end of the interval.</param>
/// <param name="High">Upper end of the interval.</param>
public readonly record struct Estimate(double Value, double Low, double High)
{
    /// <summary>The mean and its interval, to three places: "0.622 (0.591 to 0.655)".</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Value:0.000} ({Low:0.000} to {High:0.000})");
}

/// <summary>
/// Percentile bootstrap over queries (Efron and Tibshirani 1993, chapter 13): queries are drawn with replacement, as many as there are, again and
/// again, and the interval holds the middle share of the means. It says how much the figures depend on which queries were asked; it knows nothing
/// of queries that depend on each other, such as segments of one recording. All metrics share the draws.
/// </summary>
public static class Bootstrap
{
    /// <summary>The mean and interval of each metric.</summary>
    /// <param name="metrics">One array per metric, one value per query, all of the same length, 1 or more.</param>
    /// <param name="samples">Resamplings, 0 or more (default 1,000); 0 gives intervals of no width.</param>
    /// <param name="confidence">Share of the means inside the interval, above 0 and below 1 (default 0.95).</param>
    /// <param name="seed">The same seed gives the same intervals, whatever the number of threads.</param>
    /// <param name="cancellation">Stops the work between two resamplings.</param>
    /// <returns>One estimate per metric, in order.</returns>
    public static Estimate[] Estimates(IReadOnlyList<double[]> metrics, int samples = 1000, double confidence = 0.95, int seed = 0, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(metrics);
        ArgumentOutOfRangeException.ThrowIfNegative(samples);
        if (confidence is not (> 0 and < 1)) throw new ArgumentOutOfRangeException(nameof(confidence), $"confidence={confidence} must lie between 0 and 1, such as 0.95");
        if (metrics.Count == 0) return [];
        int n = metrics[0].Length;
        if (n == 0 || metrics.Any(m => m.Length != n)) throw new ArgumentException("every metric needs one value per query, and at least one query", nameof(metrics));

        var means = metrics.Select(_ => new double[samples]).ToArray();
        Parallel.For(0, samples, new ParallelOptions { CancellationToken = cancellation }, () => new double[n], (sample, state, weights) =>
        {
            Array.Clear(weights);
            // Every resampling has a generator of its own, so that the result does not depend on which thread took it.
            ulong random = ((ulong)(uint)seed << 32) | (uint)sample;
            for (int i = 0; i < n; i++) weights[(int)Math.BigMul(Next(ref random), (ulong)n, out ulong _)]++;
            for (int m = 0; m < means.Length; m++) means[m][sample] = TensorPrimitives.Dot(weights, metrics[m]) / n;
            return weights;
        }, _ => { });

        var estimates = new Estimate[metrics.Count];
        for (int m = 0; m < estimates.Length; m++)
        {
            double value = metrics[m].Average();
            Array.Sort(means[m]);
            estimates[m] = samples == 0 ? new Estimate(value, value, value)
                : new Estimate(value, Quantile(means[m], (1 - confidence) / 2), Quantile(means[m], (1 + confidence) / 2));
        }
        return estimates;
    }

    /// <summary>A quantile of ascending values by linear interpolation, as NumPy's default.</summary>
    internal static double Quantile(ReadOnlySpan<double> ascending, double q)
    {
        double at = q * (ascending.Length - 1);
        int below = (int)at;
        int above = Math.Min(below + 1, ascending.Length - 1);
        return ascending[below] + (at - below) * (ascending[above] - ascending[below]);
    }

    // SplitMix64 (Steele, Lea and Flood 2014): one addition and a mix, good from any starting state.
    private static ulong Next(ref ulong state)
    {
        ulong z = state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
