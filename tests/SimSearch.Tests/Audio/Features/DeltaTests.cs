using MathNet.Numerics;
using SimSearch.Audio;

namespace SimSearch.Tests;

public sealed class DeltaTests
{
    [Theory]
    [InlineData(1, 9, 30)]
    [InlineData(2, 9, 9)]
    [InlineData(1, 3, 200)]
    [InlineData(3, 7, 8)]
    public void Derivatives_are_those_of_fitted_polynomials(int order, int width, int frames)
    {
        const int Bins = 3;
        float[] values = Noise(frames * Bins), actual = new float[frames * Bins];
        Delta.Compute(values, Bins, actual, order, width);
        for (int bin = 0; bin < Bins; bin++)
            for (int frame = 0; frame < frames; frame++)
            {
                // The first and last half windows take the polynomial of the nearest whole one, at their own place in it.
                int centre = Math.Clamp(frame, width / 2, frames - 1 - width / 2);
                double[] x = [.. Enumerable.Range(-(width / 2), width).Select(i => (double)i)];
                double[] y = [.. x.Select(i => (double)values[(centre + (int)i) * Bins + bin])];
                var derivative = new Polynomial(Fit.Polynomial(x, y, order));
                for (int i = 0; i < order; i++) derivative = derivative.Differentiate();
                Assert.Equal(derivative.Evaluate(frame - centre), actual[frame * Bins + bin], 1e-3);
            }
    }

    [Fact]
    public void A_ramp_has_its_slope_and_a_parabola_its_curvature()
    {
        float[] ramp = [.. Enumerable.Range(0, 20).Select(i => 3f * i - 7)], parabola = [.. Enumerable.Range(0, 20).Select(i => 0.5f * i * i)];
        float[] delta = new float[20];
        Delta.Compute(ramp, 1, delta);
        Assert.All(delta, d => Assert.Equal(3, d, 1e-4));
        Delta.Compute(parabola, 1, delta, order: 2);
        Assert.All(delta, d => Assert.Equal(1, d, 1e-4));
    }

    [Fact]
    public void Repeated_edges_are_the_regression_of_the_HTK_book()
    {
        // d[t] = sum of k (c[t + k] - c[t - k]) over 2 sum of k^2, k = 1, 2 (section 5.9).
        float[] values = Noise(7), actual = new float[7];
        Delta.Compute(values, 1, actual, width: 5, edges: DeltaEdges.Nearest);
        for (int t = 0; t < 7; t++)
        {
            double sum = 0;
            for (int k = 1; k <= 2; k++) sum += k * ((double)values[Math.Min(6, t + k)] - values[Math.Max(0, t - k)]);
            Assert.Equal(sum / 10, actual[t], 1e-4);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(8)]
    public void Clips_shorter_than_the_window_are_refused_unless_edges_are_repeated(int frames)
    {
        float[] values = Noise(frames), delta = new float[frames];
        Assert.Contains($"{frames} frames, fewer than the delta's width of 9", Assert.Throws<SimSearchException>(() => Delta.Compute(values, 1, delta)).Message);
        Delta.Compute(values, 1, delta, edges: DeltaEdges.Nearest);
        Assert.All(delta, d => Assert.True(float.IsFinite(d)));
    }

    [Fact]
    public void A_NaN_reaches_half_a_window_and_no_further()
    {
        float[] values = Noise(40), delta = new float[40];
        values[20] = float.NaN;
        Delta.Compute(values, 1, delta);
        for (int i = 0; i < 40; i++) Assert.Equal(i is >= 16 and <= 24, float.IsNaN(delta[i]));
    }

    [Fact]
    public void Wrong_numbers_are_refused()
    {
        Assert.Contains("width=8", Assert.Throws<ArgumentException>(() => Delta.Compute(new float[9], 1, new float[9], width: 8)).Message);
        Assert.Contains("width=1", Assert.Throws<ArgumentException>(() => Delta.Compute(new float[9], 1, new float[9], width: 1)).Message);
        Assert.Contains("order=0", Assert.Throws<ArgumentException>(() => Delta.Compute(new float[9], 1, new float[9], order: 0)).Message);
        Assert.Contains("order=9", Assert.Throws<ArgumentException>(() => Delta.Compute(new float[9], 1, new float[9], order: 9)).Message);
        Assert.Throws<ArgumentException>(() => Delta.Compute(new float[9], 2, new float[9]));
        Assert.Throws<ArgumentException>(() => Delta.Compute(new float[9], 1, new float[8]));
        Delta.Compute([], 1, []);
    }

    private static float[] Noise(int length)
    {
        var random = new Random(length);
        return [.. Enumerable.Range(0, length).Select(_ => random.NextSingle() * 20 - 10)];
    }
}
