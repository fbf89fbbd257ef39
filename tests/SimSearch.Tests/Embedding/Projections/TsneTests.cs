using System.Globalization;
using System.Text.Json;
using SimSearch.Embedding;
using SimSearch.Storage;
using SimSearch.Tests.Support;

namespace SimSearch.Tests;

public sealed class TsneTests
{
    /// <summary>Clouds of points around centres, in so many dimensions; point i belongs to cloud i % clouds.</summary>
    internal static VectorMatrix Clouds(int points, int dimension, int clouds, int seed = 1)
    {
        var random = new Random(seed);
        double Normal() => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
        double[] centres = [.. Enumerable.Range(0, clouds * dimension).Select(_ => 3 * Normal())];
        return VectorMatrix.FromArray([.. Enumerable.Range(0, points * dimension).Select(i => (float)(centres[i / dimension % clouds * dimension + i % dimension] + Normal()))], dimension);
    }

    private static float[] Values(VectorMatrix m) => m.RowRange(0, (int)m.Rows).ToArray();

    [Fact]
    public void Cost_and_trustworthiness_are_within_5_percent_of_the_exact_golden_run()
    {
        float[] values = Npy.Read<float>(SharedData.Golden("embed/digits_X.npy"), out long[] shape);
        using var golden = JsonDocument.Parse(File.ReadAllText(SharedData.Golden("other.json")));
        var peer = golden.RootElement.GetProperty("embedding");
        double expectedCost = peer.GetProperty("tsne_peer").GetProperty("kl_divergence").GetDouble();
        double expectedTrust = peer.GetProperty("embeddings").GetProperty("tsne").GetProperty("trustworthiness@10").GetDouble();
        using var x = VectorMatrix.FromArray(values, (int)shape[1]);
        var exact = Tsne.Fit(x, new TsneOptions { Theta = 0 });
        Assert.InRange(exact.KlDivergence, 0.9 * expectedCost, 1.05 * expectedCost);
        Assert.Equal((30, 50), (exact.Perplexity, exact.LearningRate));
        foreach (var result in (TsneResult[])[exact, Tsne.Fit(x)])
            Assert.InRange(ProjectionQuality.Measure(x, result.Points).Trustworthiness, expectedTrust - 0.01, 1);
    }

    [Theory]
    [InlineData("", 400)] // clouds
    [InlineData("ann/grocery_mnv2_1280.fvecs", 480)]
    [InlineData("ann/fsdd_oww96.fvecs", 600)]
    public void Cost_and_both_figures_are_those_of_scikit_learn_on_the_same_input(string file, int n)
    {
        using var all = file.Length == 0 ? Clouds(n, 12, 6, seed: 8) : VectorMatrix.Open(SharedData.Data(file));
        int step = (int)(all.Rows / n), d = all.Dimension;
        using var x = VectorMatrix.FromArray([.. Enumerable.Range(0, n).SelectMany(i => all.Row((long)i * step).ToArray())], d);
        var ours = Tsne.Fit(x);
        double[] peer = Peer.Run($$"""
            import sys, numpy as np
            from sklearn.manifold import TSNE, trustworthiness
            x, y = (np.frombuffer(sys.stdin.buffer.read({{n}} * d * 4), "float32").reshape({{n}}, d) for d in ({{d}}, 2))
            tsne = TSNE(init="pca", random_state=0, learning_rate="auto")
            own = tsne.fit_transform(x)
            print(trustworthiness(x, y, n_neighbors=10), trustworthiness(y, x, n_neighbors=10), trustworthiness(x, y, n_neighbors=33), tsne.kl_divergence_, trustworthiness(x, own, n_neighbors=10))
            """, [.. Values(x), .. Values(ours.Points)]);
        var quality = ProjectionQuality.Measure(x, ours.Points);
        Assert.Equal(peer[0], quality.Trustworthiness, 1e-6); // the peer's float32 distances differ in their last digit
        Assert.Equal(peer[1], quality.Continuity, 1e-6);
        Assert.Equal(peer[2], ProjectionQuality.Measure(x, ours.Points, 33).Trustworthiness, 1e-6);
        Assert.InRange(ours.KlDivergence, 0.8 * peer[3], 1.05 * peer[3]);
        Assert.InRange(quality.Trustworthiness, 0.95 * peer[4], 1);
    }

    [Theory]
    [InlineData(2, 0, 2e-5)]
    [InlineData(3, 0, 2e-5)]
    [InlineData(2, 0.5, 0.02)]
    [InlineData(3, 0.5, 0.02)]
    [InlineData(2, 1, 0.1)]
    [InlineData(3, 1, 0.1)]
    public void The_gradient_is_that_of_the_slow_twin(int dimensions, double theta, double tolerance)
    {
        const int n = 203;
        using var x = Clouds(n, 6, 4);
        var affinities = TsneAffinities.Of(x, 12, false, 2, null, default);
        var random = new Random(3);
        float[][] position = [.. Enumerable.Range(0, dimensions).Select(_ => Enumerable.Range(0, n).Select(i => (float)(random.NextDouble() * 30 + i % 4 * 20)).ToArray())];
        // Two points in one place, and two almost.
        foreach (float[] axis in position) (axis[7], axis[9]) = (axis[3], MathF.BitIncrement(axis[5]));
        float[][] gradient = [.. position.Select(p => new float[n])];
        double cost = new TsneForces(affinities, n, dimensions, theta, 2, default).Gradient(position, gradient, 4, withCost: true);
        var (expected, expectedCost) = Twin(affinities, position, 4);
        Assert.Equal(expectedCost, cost, Math.Max(1e-5, tolerance / 4));
        double error = 0, length = 0;
        for (int d = 0; d < dimensions; d++)
            for (int i = 0; i < n; i++)
            {
                error += Math.Pow(expected[d][i] - gradient[d][i], 2);
                length += expected[d][i] * expected[d][i];
            }
        Assert.True(Math.Sqrt(error / length) < tolerance, string.Create(CultureInfo.InvariantCulture, $"off by {Math.Sqrt(error / length):E2} of its length"));
    }

    /// <summary>The sums over all pairs, in double.</summary>
    private static (double[][] Gradient, double Cost) Twin(TsneAffinities affinities, float[][] position, double exaggeration)
    {
        int n = position[0].Length;
        var p = new double[n, n];
        for (int i = 0; i < n; i++)
            for (int e = affinities.Starts[i]; e < affinities.Starts[i + 1]; e++) p[i, affinities.Columns[e]] = affinities.Values[e];
        double Weight(int i, int j) => 1 / (1 + position.Sum(axis => Math.Pow((double)axis[i] - axis[j], 2)));
        double sum = 0, cost = 0;
        for (int i = 0; i < n; i++)
            for (int j = 0; j < n; j++) sum += i == j ? 0 : Weight(i, j);
        double[][] gradient = [.. position.Select(_ => new double[n])];
        for (int i = 0; i < n; i++)
            for (int j = 0; j < n; j++)
            {
                if (i == j) continue;
                double w = Weight(i, j);
                if (p[i, j] > 0) cost += p[i, j] * Math.Log(p[i, j] / (w / sum));
                for (int d = 0; d < position.Length; d++) gradient[d][i] += 4 * (exaggeration * p[i, j] - w / sum) * w * ((double)position[d][i] - position[d][j]);
            }
        return (gradient, cost);
    }

    [Fact]
    public void The_gradient_is_the_slope_of_the_cost()
    {
        const int n = 60;
        using var x = Clouds(n, 4, 3);
        var forces = new TsneForces(TsneAffinities.Of(x, 8, false, 1, null, default), n, 2, 0, 1, default);
        var random = new Random(4);
        float[][] position = [.. Enumerable.Range(0, 2).Select(_ => Enumerable.Range(0, n).Select(i => (float)(random.NextDouble() * 8)).ToArray())], gradient = [new float[n], new float[n]], unused = [new float[n], new float[n]];
        forces.Gradient(position, gradient, 1, withCost: false);
        const float step = 0.05f;
        for (int i = 0; i < n; i += 7)
        {
            float at = position[1][i];
            position[1][i] = at + step;
            double above = forces.Gradient(position, unused, 1, withCost: true);
            position[1][i] = at - step;
            double below = forces.Gradient(position, unused, 1, withCost: true);
            position[1][i] = at;
            Assert.Equal((above - below) / (2 * step), gradient[1][i], 2e-5 + 0.01 * Math.Abs(gradient[1][i]));
        }
    }

    [Fact]
    public void Neighbours_have_the_entropy_of_the_perplexity_and_all_pairs_sum_to_1()
    {
        using var x = Clouds(120, 5, 3);
        var random = new Random(9);
        for (int row = 0; row < 300; row++)
        {
            double perplexity = 1.5 + 25 * random.NextDouble(), scale = Math.Pow(10, random.Next(-12, 12)), offset = random.Next(3);
            double[] squared = [.. Enumerable.Range(0, 40).Select(_ => scale * (offset + Math.Pow(random.NextDouble(), 3)))];
            TsneAffinities.ToProbabilities(squared, perplexity);
            Assert.Equal(1, squared.Sum(), 1e-12);
            Assert.Equal(Math.Log(perplexity), -squared.Sum(p => p > 0 ? p * Math.Log(p) : 0), 1.1e-5);
        }
        var affinities = TsneAffinities.Of(x, 12, false, 2, null, default);
        Assert.Equal(1, affinities.Values.Sum(v => (double)v), 1e-5);
        for (int i = 0; i < 120; i++)
            for (int e = affinities.Starts[i]; e < affinities.Starts[i + 1]; e++)
            {
                int j = affinities.Columns[e], back = Array.IndexOf(affinities.Columns, i, affinities.Starts[j], affinities.Starts[j + 1] - affinities.Starts[j]);
                Assert.True(i != j && affinities.Values[back] == affinities.Values[e]);
            }
    }

    [Theory]
    [InlineData(new double[] { 0, 0, 0, 0 }, 2)] // all the same
    [InlineData(new double[] { 0, 0, 0, 5 }, 2)] // more duplicates than the perplexity
    [InlineData(new double[] { 0, 1e-300, 1e300 }, 1)]
    [InlineData(new double[] { 1e30, 1e30, 1.1e30 }, 2.9)]
    [InlineData(new double[] { 3 }, 1)]
    public void Hard_distances_give_probabilities(double[] squared, double perplexity)
    {
        TsneAffinities.ToProbabilities(squared, perplexity);
        Assert.All(squared, p => Assert.InRange(p, 0, 1));
        Assert.Equal(1, squared.Sum(), 1e-9);
    }

    [Theory]
    [InlineData(TsneStart.Pca, 2)]
    [InlineData(TsneStart.Random, 3)]
    public void The_same_seed_gives_the_same_bytes_on_any_number_of_threads(TsneStart start, int dimensions)
    {
        using var x = Clouds(700, 10, 5);
        var options = new TsneOptions { Iterations = 120, Start = start, Dimensions = dimensions, Seed = 5 };
        float[] first = Values(Tsne.Fit(x, options with { Threads = 1 }).Points);
        Assert.Equal(first, Values(Tsne.Fit(x, options with { Threads = 4 }).Points));
        Assert.Equal(first, Values(Tsne.Fit(x, options with { Threads = 3 }).Points));
        Assert.Equal(start == TsneStart.Pca, first.SequenceEqual(Values(Tsne.Fit(x, options with { Seed = 6 }).Points)));
        Assert.Equal(700 * dimensions, first.Length);
    }

    [Fact]
    public void The_step_size_grows_with_the_number_of_points()
    {
        using VectorMatrix few = Clouds(60, 3, 2), many = Clouds(2640, 3, 2);
        Assert.Equal((50, 55), (Tsne.Fit(few, new() { Iterations = 100 }).LearningRate, Tsne.Fit(many, new() { Iterations = 100 }).LearningRate));
    }

    [Fact]
    public void Clouds_that_are_apart_stay_apart()
    {
        using var x = Clouds(300, 20, 5);
        using var points = Tsne.Fit(x, new TsneOptions { Iterations = 500 }).Points;
        int right = 0;
        for (int i = 0; i < 300; i++)
        {
            int nearest = Enumerable.Range(0, 300).Where(j => j != i).MinBy(j => Math.Pow(points.Row(i)[0] - points.Row(j)[0], 2) + Math.Pow(points.Row(i)[1] - points.Row(j)[1], 2));
            if (nearest % 5 == i % 5) right++;
        }
        Assert.InRange(right, 290, 300);
    }

    [Fact]
    public void Duplicates_constant_columns_and_few_points_are_no_trouble()
    {
        // Half of the points are one and the same, the others come in pairs; column 2 does not vary.
        using var x = Clouds(120, 4, 3);
        for (int i = 0; i < 120; i++)
        {
            if (i < 60) x.Row(0).CopyTo(x.WritableRows(i, 1));
            else if (i % 2 == 1) x.Row(i - 1).CopyTo(x.WritableRows(i, 1));
            x.WritableRows(i, 1)[2] = 7;
        }
        foreach (int dimensions in (int[])[2, 3])
        {
            using var points = Tsne.Fit(x, new TsneOptions { Dimensions = dimensions, Iterations = 300 }).Points;
            Assert.Equal(-1, points.FirstRowNotFinite());
        }
        using var five = Clouds(5, 1, 2);
        var small = Tsne.Fit(five);
        Assert.Equal(-1, small.Points.FirstRowNotFinite());
        Assert.Equal(4 / 3.0, small.Perplexity, 1e-12);
        using var huge = VectorMatrix.FromArray([.. Values(x).Select(v => v * 1e30f)], 4);
        Assert.Equal(-1, Tsne.Fit(huge, new TsneOptions { Iterations = 100 }).Points.FirstRowNotFinite());
    }

    [Fact]
    public void What_cannot_be_placed_is_refused_with_the_way_out()
    {
        using var x = Clouds(31, 3, 2);
        static string Refused(VectorMatrix x, TsneOptions options) => Assert.Throws<SimSearchException>(() => Tsne.Fit(x, options)).Message;
        foreach (double perplexity in (double[])[30, 10.1, 0.9, double.NaN, -1, double.PositiveInfinity]) Assert.Contains("must be 1 to 10 for 31 vectors", Refused(x, new() { Perplexity = perplexity }));
        Assert.Contains("2 or 3", Refused(x, new() { Dimensions = 4 }));
        Assert.Contains("100 to 100000", Refused(x, new() { Iterations = 99 }));
        Assert.Contains("learning rate", Refused(x, new() { LearningRate = 0 }));
        Assert.Contains("theta", Refused(x, new() { Theta = double.NaN }));
        Assert.Contains("exaggeration", Refused(x, new() { EarlyExaggeration = 0 }));
        using var few = Clouds(4, 3, 2);
        Assert.Contains("needs 5 or more", Refused(few, new()));
        using var equal = VectorMatrix.FromArray([.. Enumerable.Repeat(3f, 40)], 4);
        Assert.Contains("all 10 vectors are equal", Refused(equal, new()));
        using var ray = VectorMatrix.FromArray([.. Enumerable.Range(1, 40).Select(i => (float)i)], 1);
        Assert.Contains("all 40 vectors are equal", Refused(ray, new() { Normalize = true }));
        using var many = VectorMatrix.Allocate(400_000, 1);
        many.WritableRows(3, 1)[0] = 1;
        Assert.Contains("GB", Refused(many, new() { Perplexity = 120_000 }));
        x.WritableRows(4, 1)[1] = float.NaN;
        Assert.Contains("vector 4", Refused(x, new()));
        Assert.Contains("vector 4", Refused(x, new() { Normalize = true }));
    }

    [Fact]
    public void It_tells_how_far_it_is_and_can_be_stopped()
    {
        using var x = Clouds(200, 5, 3);
        var seen = new List<Progress>();
        using var stop = new CancellationTokenSource();
        var progress = new Listener(p =>
        {
            lock (seen) seen.Add(p);
            if (p is { Step: "t-SNE", Done: >= 100 }) stop.Cancel();
        });
        Assert.ThrowsAny<OperationCanceledException>(() => Tsne.Fit(x, null, progress, stop.Token));
        Assert.Equal((200, 200), (seen.Where(p => p.Step == "nearest neighbours").Max(p => p.Done), seen[0].Total));
        Assert.Equal([50, 100], seen.Where(p => p.Step == "t-SNE").Select(p => p.Done));
    }

    private sealed class Listener(Action<Progress> tell) : IProgress<Progress>
    {
        public void Report(Progress value) => tell(value);
    }
}
