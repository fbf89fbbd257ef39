using System.Text.Json;
using SimSearch.Embedding;
using SimSearch.Storage;
using SimSearch.Tests.Support;

namespace SimSearch.Tests;

public sealed class ProjectionQualityTests
{
    private static VectorMatrix Matrix(string path)
    {
        float[] values = Npy.Read<float>(SharedData.Golden(path), out long[] shape);
        return VectorMatrix.FromArray(values, (int)shape[1]);
    }

    private static VectorMatrix Random(int rows, int dimension, int seed)
    {
        var random = new Random(seed);
        return VectorMatrix.FromArray([.. Enumerable.Range(0, rows * dimension).Select(_ => (float)(random.NextDouble() - 0.5))], dimension);
    }

    [Theory]
    [InlineData("pca2")]
    [InlineData("tsne")]
    [InlineData("random")]
    public void Trustworthiness_and_continuity_are_those_of_scikit_learn(string name)
    {
        using var golden = JsonDocument.Parse(File.ReadAllText(SharedData.Golden("other.json")));
        var expected = golden.RootElement.GetProperty("embedding").GetProperty("embeddings").GetProperty(name);
        using var original = Matrix("embed/digits_X.npy");
        using var projected = Matrix($"embed/{name}.npy");
        foreach (int k in (int[])[5, 10, 15])
        {
            var quality = ProjectionQuality.Measure(original, projected, k);
            // The digits have whole numbers as values, so that many distances are equal and their order is a matter of taste; see TsneTests for others.
            Assert.Equal(expected.GetProperty($"trustworthiness@{k}").GetDouble(), quality.Trustworthiness, 1e-4);
            if (k < 15) Assert.Equal(expected.GetProperty($"continuity@{k}").GetDouble(), quality.Continuity, 1e-3);
            Assert.Equal((k, 400), (quality.K, quality.Rows));
        }
    }

    [Theory]
    [InlineData(40, 5, 3)]
    [InlineData(61, 3, 7)]
    [InlineData(7, 2, 3)]
    [InlineData(3, 4, 1)]
    public void The_slow_twin_gives_the_same(int n, int dimension, int k)
    {
        using var original = Random(n, dimension, 1);
        using var projected = Random(n, 2, 2);
        for (int duplicate = 0; duplicate < n / 6; duplicate++) original.Row(duplicate).CopyTo(original.WritableRows(n - 1 - duplicate, 1));
        var fast = ProjectionQuality.Measure(original, projected, k);
        Assert.Equal(Twin(original, projected, k), fast.Trustworthiness, 1e-12);
        Assert.Equal(Twin(projected, original, k), fast.Continuity, 1e-12);
    }

    /// <summary>The definition, word by word.</summary>
    private static double Twin(VectorMatrix original, VectorMatrix projected, int k)
    {
        int n = (int)original.Rows;
        static int[] Order(VectorMatrix m, int from) => [.. Enumerable.Range(0, (int)m.Rows).Where(j => j != from).OrderBy(j => Distance(m, from, j)).ThenBy(j => j)];
        static double Distance(VectorMatrix m, int a, int b)
        {
            double sum = 0;
            for (int i = 0; i < m.Dimension; i++) sum += Math.Pow((double)m.Row(a)[i] - m.Row(b)[i], 2);
            return sum;
        }
        double sum = 0;
        for (int i = 0; i < n; i++)
        {
            int[] before = Order(original, i);
            foreach (int j in Order(projected, i).Take(k)) sum += Math.Max(0, Array.IndexOf(before, j) + 1 - k);
        }
        return 1 - 2 * sum / ((double)n * k * (2 * n - 3 * k - 1));
    }

    [Fact]
    public void A_space_trusts_itself_and_a_random_one_is_worth_a_half()
    {
        using var original = Random(600, 8, 3);
        using var noise = Random(600, 2, 4);
        var same = ProjectionQuality.Measure(original, original);
        Assert.Equal((1, 1), (same.Trustworthiness, same.Continuity));
        var random = ProjectionQuality.Measure(original, noise);
        Assert.InRange(random.Trustworthiness, 0.45, 0.55);
        Assert.InRange(random.Continuity, 0.45, 0.55);
    }

    [Fact]
    public void Scaling_and_threads_change_nothing()
    {
        using var original = Random(150, 5, 5);
        using var projected = Random(150, 2, 6);
        using var larger = VectorMatrix.FromArray([.. projected.RowRange(0, 150).ToArray().Select(v => v * 1024 - 0)], 2);
        Assert.Equal(ProjectionQuality.Measure(original, projected, threads: 1), ProjectionQuality.Measure(original, larger, threads: 3));
    }

    [Fact]
    public void Of_many_rows_a_sample_is_compared()
    {
        int n = ProjectionQuality.MaxRows + 1;
        using var line = VectorMatrix.FromArray([.. Enumerable.Range(0, n).Select(i => (float)i)], 1);
        var quality = ProjectionQuality.Measure(line, line);
        Assert.Equal((ProjectionQuality.SampledRows, 1.0), (quality.Rows, quality.Trustworthiness));
    }

    [Fact]
    public void What_cannot_be_compared_is_refused()
    {
        using var five = Random(5, 3, 1);
        using var six = Random(6, 2, 1);
        Assert.Contains("one point per vector", Assert.Throws<SimSearchException>(() => ProjectionQuality.Measure(five, six, 1)).Message);
        foreach (int k in (int[])[0, -1, 3, int.MaxValue]) Assert.Contains("must be 1 to 2", Assert.Throws<SimSearchException>(() => ProjectionQuality.Measure(five, five, k)).Message);
        six.WritableRows(2, 1)[1] = float.NaN;
        Assert.Contains("row 2", Assert.Throws<SimSearchException>(() => ProjectionQuality.Measure(six, six, 1)).Message);
        using var two = Random(2, 2, 1);
        Assert.Contains("3 or more", Assert.Throws<SimSearchException>(() => ProjectionQuality.Measure(two, two, 1)).Message);
    }
}
