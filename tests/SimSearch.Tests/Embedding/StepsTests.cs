using System.Text.Json.Nodes;
using SimSearch.Embedding;
using SimSearch.Storage;
using SimSearch.Tests.Support;

namespace SimSearch.Tests;

public sealed class StepsTests
{
    private static VectorMatrix Golden(string name)
    {
        float[] values = Npy.Read<float>(SharedData.Golden($"pca/{name}.npy"), out long[] shape);
        return VectorMatrix.FromArray(values, (int)shape[1]);
    }

    private static double[] Numbers(string name) => Npy.Read<double>(SharedData.Golden($"pca/{name}.npy"), out _);

    private static VectorMatrix Random(int rows, int dimension, int seed = 1)
    {
        var random = new Random(seed);
        return VectorMatrix.FromArray([.. Enumerable.Range(0, rows * dimension).Select(i => (float)((random.NextDouble() - 0.4) * (1 + i % dimension)))], dimension);
    }

    private static VectorMatrix Transform(IFittedStep step, VectorMatrix input)
    {
        var output = VectorMatrix.Allocate(input.Rows, step.OutputDimension);
        for (long row = 0; row < input.Rows; row++) step.Apply(input.Row(row), output.WritableRows(row, 1));
        return output;
    }

    private static void AssertClose(double expected, double actual, double relative, double scale) =>
        Assert.True(Math.Abs(expected - actual) <= relative * scale, $"expected {expected:R}, got {actual:R}, off by {Math.Abs(expected - actual) / scale:E2} of {scale:G3}");

    [Fact]
    public void The_standardizer_has_the_numbers_of_scikit_learn()
    {
        using var x = Golden("wide_X");
        var step = Standardizer.Fit(x);
        double[] mean = Numbers("scaler_mean"), scale = Numbers("scaler_scale");
        for (int i = 0; i < mean.Length; i++)
        {
            AssertClose(mean[i], step.Mean[i], 1e-12, 10);
            AssertClose(scale[i], step.Scale[i], 1e-12, 10);
        }
    }

    [Fact]
    public void Standardized_dimensions_have_mean_0_and_deviation_1()
    {
        using var x = Random(500, 6);
        using var y = Transform(Standardizer.Fit(x), x);
        for (int c = 0; c < 6; c++)
        {
            double mean = Enumerable.Range(0, 500).Average(r => (double)y.Row(r)[c]);
            double variance = Enumerable.Range(0, 500).Average(r => Math.Pow(y.Row(r)[c] - mean, 2));
            Assert.Equal(0, mean, 1e-5);
            Assert.Equal(1, variance, 1e-5);
        }
    }

    [Fact]
    public void A_shared_scale_is_the_deviation_of_all_frames()
    {
        // 30 clips of 8 frames of 2 features; the vectors hold [a fifth number, means, deviations].
        const int clips = 30, frames = 8;
        using var all = Random(clips * frames, 2);
        using var vectors = VectorMatrix.Allocate(clips, 5);
        for (int clip = 0; clip < clips; clip++)
            for (int f = 0; f < 2; f++)
            {
                double[] values = [.. Enumerable.Range(0, frames).Select(t => (double)all.Row(clip * frames + t)[f])];
                double mean = values.Average();
                vectors.WritableRows(clip, 1)[1 + f] = (float)mean;
                vectors.WritableRows(clip, 1)[3 + f] = (float)Math.Sqrt(values.Average(v => (v - mean) * (v - mean)));
            }
        var overFrames = Standardizer.Fit(all);
        var shared = Standardizer.Fit(vectors, [new SharedScale(1, 2)]);
        for (int f = 0; f < 2; f++)
        {
            AssertClose(overFrames.Mean[f], shared.Mean[1 + f], 1e-6, 1);
            AssertClose(overFrames.Scale[f], shared.Scale[1 + f], 1e-6, 1);
            AssertClose(overFrames.Scale[f], shared.Scale[3 + f], 1e-6, 1);
        }
        Assert.Throws<SimSearchException>(() => Standardizer.Fit(vectors, [new SharedScale(2, 2)]));
        Assert.Throws<SimSearchException>(() => Standardizer.Fit(vectors, [new SharedScale(int.MaxValue, int.MaxValue)]));
    }

    [Fact]
    public void The_cosine_over_unit_blocks_is_the_mean_of_the_blocks_cosines()
    {
        using var x = Random(2, 9);
        var step = new UnitBlocks(2, 3, 4);
        using var y = Transform(step, x);
        double Cosine(VectorMatrix m, int from, int length) => System.Numerics.Tensors.TensorPrimitives.CosineSimilarity(m.Row(0).Slice(from, length), m.Row(1).Slice(from, length));
        AssertClose((Cosine(x, 0, 2) + Cosine(x, 2, 3) + Cosine(x, 5, 4)) / 3, Cosine(y, 0, 9), 1e-6, 1);
        var output = new float[9];
        step.Apply([0, 0, 3, 0, 0, 0, 0, 0, 1], output);
        Assert.Equal([0, 0, 1, 0, 0, 0, 0, 0, 1], output);
    }

    [Fact]
    public void A_dimension_that_does_not_vary_becomes_0_and_not_noise()
    {
        using var x = VectorMatrix.FromArray([0.1f, 5, 1e6f, 0.1f, 6, 1e6f + 0.0625f, 0.1f, 7, 1e6f], 3);
        using var y = Transform(Standardizer.Fit(x), x);
        for (int r = 0; r < 3; r++) Assert.True(Math.Abs(y.Row(r)[0]) < 1e-6 && Math.Abs(y.Row(r)[2]) < 0.1, $"{y.Row(r)[0]} {y.Row(r)[2]}");
        Assert.True(y.Row(2)[1] > 1);
    }

    [Theory]
    [InlineData("main", 10)]
    [InlineData("wide", 12)]
    public void PCA_has_the_components_and_projections_of_scikit_learn(string name, int count)
    {
        using var x = Golden($"{name}_X");
        double[] mean = Numbers($"{name}_mean"), components = Numbers($"{name}_components"), variances = Numbers($"{name}_explained_variance"), ratios = Numbers($"{name}_explained_variance_ratio");
        double[] projections = Numbers($"{name}_transform"), whitened = Numbers($"{name}_transform_whitened");
        Pca plain = Pca.Fit(x, count), whitening = Pca.Fit(x, count, whiten: true);
        using VectorMatrix y = Transform(plain, x), w = Transform(whitening, x);
        int d = x.Dimension;
        for (int i = 0; i < d; i++) AssertClose(mean[i], plain.Mean[i], 1e-12, 10);
        for (int c = 0; c < count; c++)
        {
            double dot = 0;
            for (int i = 0; i < d; i++) dot += components[c * d + i] * plain.Components[c * d + i];
            Assert.True(Math.Abs(dot) >= 0.999999, $"component {c}: |dot| = {Math.Abs(dot)}");
            AssertClose(variances[c], plain.Variances[c], 1e-9, variances[c]);
            AssertClose(ratios[c], plain.Variances[c] / plain.TotalVariance, 1e-9, ratios[c]);
            double sign = Math.Sign(dot), span = Math.Sqrt(variances[0]);
            for (int r = 0; r < x.Rows; r++)
            {
                AssertClose(projections[r * count + c], sign * y.Row(r)[c], 1e-5, span);
                AssertClose(whitened[r * count + c], sign * w.Row(r)[c], 1e-5, 5);
            }
        }
    }

    [Theory]
    [InlineData(2, 3, 1)]
    [InlineData(3, 1, 1)]
    [InlineData(50, 1, 1)]
    [InlineData(9, 9, 7)]
    [InlineData(12, 9, 8)]
    [InlineData(6, 40, 4)]
    public void PCA_of_odd_shapes_is_that_of_scikit_learn(int n, int d, int count)
    {
        // From four columns on one does not vary, from six rows on two are equal.
        using var x = Random(n, d, 4);
        for (int r = 0; r < n; r++)
            if (d >= 4) x.WritableRows(r, 1)[2] = 7;
        if (n >= 6) x.Row(1).CopyTo(x.WritableRows(4, 1));
        double[] peer = Peer.Run($$"""
            import sys, numpy as np
            from sklearn.decomposition import PCA
            x = np.frombuffer(sys.stdin.buffer.read(), "float32").reshape({{n}}, {{d}}).astype("float64")
            p = PCA({{count}}, svd_solver="full").fit(x)
            print(*p.explained_variance_, *p.explained_variance_ratio_, *p.transform(x).ravel(), *PCA({{count}}, whiten=True, svd_solver="full").fit_transform(x).ravel())
            """, x.RowRange(0, n).ToArray());
        Pca plain = Pca.Fit(x, count), whitening = Pca.Fit(x, count, whiten: true);
        using VectorMatrix y = Transform(plain, x), w = Transform(whitening, x);
        for (int c = 0; c < count; c++)
        {
            AssertClose(peer[c], plain.Variances[c], 1e-9, peer[0]);
            AssertClose(peer[count + c], plain.Variances[c] / plain.TotalVariance, 1e-9, 1);
            for (int r = 0; r < n; r++)
            {
                AssertClose(Math.Abs(peer[2 * count + r * count + c]), Math.Abs(y.Row(r)[c]), 1e-5, Math.Sqrt(peer[0]));
                AssertClose(Math.Abs(peer[(2 + n) * count + r * count + c]), Math.Abs(w.Row(r)[c]), 1e-5, 5);
            }
        }
    }

    [Fact]
    public void Both_ways_to_the_components_agree()
    {
        // 40 vectors of 39 dimensions use the covariance; the same with two zero dimensions appended use the inner products.
        using var tall = Random(40, 39);
        using var wide = VectorMatrix.Allocate(40, 41);
        for (int r = 0; r < 40; r++) tall.Row(r).CopyTo(wide.WritableRows(r, 1));
        Pca a = Pca.Fit(tall, 10), b = Pca.Fit(wide, 10);
        for (int c = 0; c < 10; c++)
        {
            AssertClose(a.Variances[c], b.Variances[c], 1e-9, a.Variances[c]);
            for (int i = 0; i < 39; i++) AssertClose(a.Components[c * 39 + i], b.Components[c * 41 + i], 1e-5, 1);
        }
    }

    [Fact]
    public void Signs_follow_the_largest_entry_and_do_not_depend_on_the_order_of_vectors()
    {
        using var x = Random(60, 8);
        using var reversed = VectorMatrix.Allocate(60, 8);
        for (int r = 0; r < 60; r++) x.Row(59 - r).CopyTo(reversed.WritableRows(r, 1));
        Pca a = Pca.Fit(x, 8), b = Pca.Fit(reversed, 8);
        for (int c = 0; c < 8; c++)
        {
            float[] component = a.Components.Slice(c * 8, 8).ToArray();
            Assert.True(component.MaxBy(MathF.Abs) > 0);
            for (int i = 0; i < 8; i++) AssertClose(component[i], b.Components[c * 8 + i], 1e-5, 1);
        }
    }

    [Fact]
    public void Whitening_a_direction_without_variance_gives_0_and_not_an_explosion()
    {
        using var x = VectorMatrix.Allocate(30, 3);
        for (int r = 0; r < 30; r++)
        {
            var row = x.WritableRows(r, 1);
            (row[0], row[1], row[2]) = (r, 2 * r, MathF.Sin(r));
        }
        using var y = Transform(Pca.Fit(x, 3, whiten: true), x);
        for (int r = 0; r < 30; r++) Assert.True(Math.Abs(y.Row(r)[2]) < 10, $"{y.Row(r)[2]}");
        Assert.Equal(-1, y.FirstRowNotFinite());
    }

    [Theory]
    [InlineData(20, 100, PcaMethod.Exact)]
    [InlineData(20, 100, PcaMethod.Randomized)]
    [InlineData(100, 20, PcaMethod.Exact)]
    [InlineData(100, 20, PcaMethod.Randomized)]
    public void A_direction_without_variance_does_not_show_another_one_again(int n, int d, PcaMethod method)
    {
        // Three directions carry everything; eight are asked for.
        using VectorMatrix weights = Random(n, 3, 2), directions = Random(3, d, 3), x = VectorMatrix.Allocate(n, d);
        for (int r = 0; r < n; r++)
            for (int i = 0; i < d; i++) x.WritableRows(r, 1)[i] = MathF.Round(64 * weights.Row(r)[0]) * MathF.Round(8 * directions.Row(0)[i]) + MathF.Round(32 * weights.Row(r)[1]) * MathF.Round(8 * directions.Row(1)[i]) + MathF.Round(16 * weights.Row(r)[2]) * MathF.Round(8 * directions.Row(2)[i]);
        var pca = Pca.Fit(x, 8, method: method);
        using var y = Transform(pca, x);
        for (int c = 0; c < 8; c++)
        {
            double variance = Enumerable.Range(0, n).Sum(r => Math.Pow(y.Row(r)[c], 2)) / (n - 1);
            AssertClose(pca.Variances[c], variance, 1e-6, pca.Variances[0]);
            Assert.True(c < 3 == variance > 1e-4 * pca.Variances[0], $"component {c}: {variance}");
        }
    }

    [Theory]
    [InlineData(40, 5, PcaMethod.Exact)]
    [InlineData(5, 40, PcaMethod.Exact)]
    [InlineData(40, 5, PcaMethod.Randomized)]
    public void PCA_can_be_stopped(int n, int d, PcaMethod method)
    {
        using var x = Random(n, d);
        Assert.ThrowsAny<OperationCanceledException>(() => Pca.Fit(x, 2, method: method, cancellation: new CancellationToken(canceled: true)));
    }

    [Theory]
    [InlineData(1e-44f)]
    [InlineData(1e-30f)]
    [InlineData(1e-22f)]
    [InlineData(1e20f)]
    [InlineData(1e38f)]
    public void Vectors_of_any_size_get_length_1(float size)
    {
        float[] output = new float[3], input = [3 * size, 0, -2 * size];
        new UnitBlocks(3).Apply(input, output);
        double length = Math.Sqrt((double)input[0] * input[0] + (double)input[2] * input[2]);
        for (int i = 0; i < 3; i++) AssertClose(input[i] / length, output[i], 1e-6, 1);
    }

    [Fact]
    public void Variation_below_the_smallest_numbers_is_none()
    {
        using var x = VectorMatrix.FromArray([1e-40f, 1, -1e-40f, 2, 1e-41f, 4], 2);
        var standardizer = Standardizer.Fit(x);
        Assert.Equal(1, standardizer.Scale[0]);
        using VectorMatrix tiny = VectorMatrix.FromArray([1e-40f, 2e-40f, -1e-40f, 5e-41f, 1e-41f, 0], 2), y = Transform(Pca.Fit(tiny, 2, whiten: true), tiny);
        Assert.Equal(-1, y.FirstRowNotFinite());
    }

    [Fact]
    public void A_fitted_step_read_back_from_its_JSON_gives_the_same_bits()
    {
        using var x = Random(50, 7);
        foreach (IFittedStep step in (IFittedStep[])[Standardizer.Fit(x), Standardizer.Fit(x, [new(1, 3)]), new UnitBlocks(3, 4), Pca.Fit(x, 3), Pca.Fit(x, 7, whiten: true)])
        {
            string json = step.ToJson().ToJsonString();
            var back = Assert.IsAssignableFrom<IFittedStep>(VectorSteps.FromJson(JsonNode.Parse(json)!.AsObject()));
            Assert.Equal(json, back.ToJson().ToJsonString());
            using VectorMatrix a = Transform(step, x), b = Transform(back, x);
            Assert.Equal(a.RowRange(0, 50).ToArray(), b.RowRange(0, 50).ToArray());
        }
    }

    [Fact]
    public void A_recipe_read_back_fits_the_same_step()
    {
        using var x = Random(50, 4);
        foreach (IVectorStep recipe in (IVectorStep[])[new StandardizerRecipe(), new StandardizerRecipe { Shared = [new(0, 1), new(2, 1)] }, new PcaRecipe(2), new PcaRecipe(3, Whiten: true)])
        {
            var back = VectorSteps.FromJson(JsonNode.Parse(recipe.ToJson().ToJsonString())!.AsObject());
            Assert.IsNotType<IFittedStep>(back, exactMatch: false);
            Assert.Equal(recipe.Fit(x).ToJson().ToJsonString(), back.Fit(x).ToJson().ToJsonString());
        }
    }

    [Theory]
    [InlineData("""{"kind":"umap"}""")]
    [InlineData("""{}""")]
    [InlineData("""{"kind":"standardizer","mean":[1],"scale":[0]}""")]
    [InlineData("""{"kind":"standardizer","mean":[1],"scale":[-1]}""")]
    [InlineData("""{"kind":"standardizer","mean":[1,2],"scale":[1]}""")]
    [InlineData("""{"kind":"standardizer","mean":[],"scale":[]}""")]
    [InlineData("""{"kind":"standardizer","mean":["a"],"scale":[1]}""")]
    [InlineData("""{"kind":"standardizer","mean":[null],"scale":[1]}""")]
    [InlineData("""{"kind":"standardizer","mean":1,"scale":1}""")]
    [InlineData("""{"kind":"standardizer","mean":[1e999],"scale":[1]}""")]
    [InlineData("""{"kind":"standardizer","mean":[1]}""")]
    [InlineData("""{"kind":"standardizer"}""")]
    [InlineData("""{"kind":"standardizer","shared":[1]}""")]
    [InlineData("""{"kind":"standardizer","shared":[[1]]}""")]
    [InlineData("""{"kind":"standardizer","shared":[null]}""")]
    [InlineData("""{"kind":"unit-blocks","lengths":[]}""")]
    [InlineData("""{"kind":"unit-blocks","lengths":[0]}""")]
    [InlineData("""{"kind":"unit-blocks","lengths":[2147483647,2147483647]}""")]
    [InlineData("""{"kind":"pca","mean":[1,2],"components":[1],"variances":[1],"total_variance":1,"whiten":false}""")]
    [InlineData("""{"kind":"pca","mean":[1],"components":[1,1],"variances":[1,1],"total_variance":1,"whiten":false}""")]
    [InlineData("""{"kind":"pca","mean":[1],"components":[1],"variances":[-1],"total_variance":1,"whiten":false}""")]
    [InlineData("""{"kind":"pca","mean":[1],"components":[1],"variances":[1]}""")]
    [InlineData("""{"kind":"pca","count":"many","whiten":true}""")]
    [InlineData("""{"kind":"pca"}""")]
    public void A_hostile_step_is_refused(string json) =>
        Assert.Throws<SimSearchException>(() => VectorSteps.FromJson(JsonNode.Parse(json)!.AsObject()));

    [Fact]
    public void Too_few_vectors_are_a_clear_error()
    {
        using var none = VectorMatrix.Allocate(0, 3);
        using var two = Random(2, 3);
        Assert.Throws<SimSearchException>(() => Standardizer.Fit(none));
        Assert.Throws<SimSearchException>(() => Pca.Fit(none, 1));
        Assert.Contains("allow 1 to 1", Assert.Throws<SimSearchException>(() => Pca.Fit(two, 2)).Message);
        Assert.Throws<ArgumentException>(() => Standardizer.Fit(two).Apply(new float[2], new float[3]));
    }
}
