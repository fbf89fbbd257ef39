using SimSearch.Embedding;
using SimSearch.Indexing;
using SimSearch.Storage;
using SimSearch.Tests.Support;

namespace SimSearch.Tests;

public sealed class ExactSearchTests
{
    private static VectorMatrix Random(int rows, int dimension, int seed, int distinct = int.MaxValue)
    {
        var random = new Random(seed);
        var values = new float[rows * dimension];
        for (int i = 0; i < values.Length; i++) values[i] = random.NextSingle() * 2 - 1;
        for (int row = distinct; row < rows; row++) values.AsSpan(row % distinct * dimension, dimension).CopyTo(values.AsSpan(row * dimension));
        return VectorMatrix.FromArray(values, dimension);
    }

    /// <summary>The slow twin: every score in double, a full sort, ties by lower row.</summary>
    private static (long[] Rows, double[] Scores) Slowly(VectorMatrix gallery, ReadOnlySpan<float> query, int k, Metric metric, Func<long, bool>? exclude = null)
    {
        var all = new List<(double Key, long Row)>();
        for (long row = 0; row < gallery.Rows; row++)
            if (exclude is null || !exclude(row)) all.Add((metric == Metric.L2 ? Score(query, gallery.Row(row), metric) : -Score(query, gallery.Row(row), metric), row));
        var best = all.OrderBy(p => p.Key).ThenBy(p => p.Row).Take(k).ToArray();
        return ([.. best.Select(p => p.Row)], [.. best.Select(p => metric == Metric.L2 ? p.Key : -p.Key)]);
    }

    private static double Score(ReadOnlySpan<float> q, ReadOnlySpan<float> x, Metric metric)
    {
        double dot = 0, squared = 0, qq = 0, xx = 0;
        for (int i = 0; i < q.Length; i++)
        {
            dot += (double)q[i] * x[i];
            squared += ((double)q[i] - x[i]) * ((double)q[i] - x[i]);
            qq += (double)q[i] * q[i];
            xx += (double)x[i] * x[i];
        }
        return metric switch { Metric.L2 => squared, Metric.InnerProduct => dot, _ => qq == 0 || xx == 0 ? 0 : dot / Math.Sqrt(qq) / Math.Sqrt(xx) };
    }

    private static void AssertAgrees(VectorMatrix gallery, ReadOnlySpan<float> query, ReadOnlySpan<long> rows, ReadOnlySpan<float> scores, Metric metric, Func<long, bool>? exclude = null)
    {
        var (expectedRows, expectedScores) = Slowly(gallery, query, rows.Length, metric, exclude);
        for (int i = 0; i < expectedRows.Length; i++)
        {
            Assert.Equal((float)expectedScores[i], scores[i], 1e-6 * Math.Max(1, Math.Abs(expectedScores[i])));
            // Another row is right only where double itself cannot tell the two apart.
            if (rows[i] != expectedRows[i]) Assert.Equal(expectedScores[i], Score(query, gallery.Row(rows[i]), metric), 1e-13 * query.Length);
        }
        for (int i = expectedRows.Length; i < rows.Length; i++) Assert.Equal(-1, rows[i]);
        Assert.Equal(expectedRows.Length, rows.ToArray().Where(r => r >= 0).Distinct().Count());
    }

    [Theory]
    [InlineData("l2", Metric.L2)]
    [InlineData("ip", Metric.InnerProduct)]
    [InlineData("cosine", Metric.Cosine)]
    public void The_golden_neighbours_are_found(string name, Metric metric)
    {
        using var gallery = VectorMatrix.Open(SharedData.Golden("knn/X.npy"));
        using var queries = VectorMatrix.Open(SharedData.Golden("knn/Q.npy"));
        long[] ids = Npy.Read<long>(SharedData.Golden($"knn/{name}_ids.npy"), out _);
        double[] values = Npy.Read<double>(SharedData.Golden($"knn/{name}_values.npy"), out _);
        var result = ExactSearch.Search(gallery, queries, 10, metric);
        Assert.Equal(ids.Length, result.Rows.Length);
        for (int i = 0; i < ids.Length; i++)
        {
            double tolerance = 1e-4 + 1e-4 * Math.Abs(values[i]);
            Assert.Equal(values[i], result.Scores[i], tolerance);
            if (ids[i] != result.Rows[i]) Assert.Equal(values[i], Score(queries.Row(i / 10), gallery.Row(result.Rows[i]), metric), tolerance);
        }
        // Rows 5, n-2 and n-1 are the same vector: whichever lists show them show them in that order.
        long n = gallery.Rows;
        for (int q = 0; q < queries.Rows; q++)
        {
            long[] found = result.RowsOf(q).ToArray();
            int[] places = [Array.IndexOf(found, 5L), Array.IndexOf(found, n - 2), Array.IndexOf(found, n - 1)];
            if (places[2] >= 0) Assert.True(places[0] >= 0 && places[0] < places[1] && places[1] < places[2]);
        }
    }

    [Theory]
    [InlineData(1, 1, 1, 1)]
    [InlineData(3, 5, 2, 7)]
    [InlineData(35, 33, 31, 4)]
    [InlineData(100, 65, 784, 10)]
    [InlineData(2, 9000, 33, 17)]
    [InlineData(70, 1500, 48, 1500)]
    public void Fast_code_equals_the_slow_twin(int queries, int rows, int dimension, int k)
    {
        using var gallery = Random(rows, dimension, 1);
        using var asked = Random(queries, dimension, 2);
        foreach (var metric in Enum.GetValues<Metric>())
        {
            var result = ExactSearch.Search(gallery, asked, k, metric);
            for (int q = 0; q < queries; q++) AssertAgrees(gallery, asked.Row(q), result.RowsOf(q), result.ScoresOf(q), metric);
        }
    }

    [Fact]
    public void Excluded_rows_are_never_found_and_the_lists_stay_full()
    {
        using var gallery = Random(5000, 20, 3);
        var options = new ExactSearchOptions { Exclude = (query, row) => row % 3 == query % 3 };
        using var queries = VectorMatrix.FromArray(gallery.RowRange(0, 100).ToArray(), 20);
        var result = ExactSearch.Search(gallery, queries, 5, Metric.L2, options);
        for (int q = 0; q < 100; q++) AssertAgrees(gallery, gallery.Row(q), result.RowsOf(q), result.ScoresOf(q), Metric.L2, row => row % 3 == q % 3);
    }

    [Fact]
    public void Equal_vectors_have_equal_scores_and_come_by_lower_row()
    {
        using var gallery = Random(997, 37, 4, distinct: 10);
        using var queries = Random(41, 37, 5);
        foreach (var metric in Enum.GetValues<Metric>())
        {
            var result = ExactSearch.Search(gallery, queries, 120, metric);
            for (int q = 0; q < queries.Rows; q++)
                for (int i = 1; i < 120; i++)
                    if (result.RowsOf(q)[i] % 10 == result.RowsOf(q)[i - 1] % 10)
                    {
                        Assert.Equal(result.ScoresOf(q)[i - 1], result.ScoresOf(q)[i]);
                        Assert.True(result.RowsOf(q)[i - 1] < result.RowsOf(q)[i]);
                    }
        }
    }

    [Fact]
    public void Threads_and_batches_do_not_change_a_bit_of_the_result()
    {
        using var gallery = Random(20000, 50, 6, distinct: 15000);
        using var queries = Random(40, 50, 7);
        var together = ExactSearch.Search(gallery, queries, 30, Metric.Cosine, new ExactSearchOptions { Threads = 1 });
        for (int q = 0; q < 40; q++)
        {
            using var one = VectorMatrix.FromArray(queries.Row(q).ToArray(), 50);
            var alone = ExactSearch.Search(gallery, one, 30, Metric.Cosine, new ExactSearchOptions { Threads = 7 });
            Assert.Equal(together.RowsOf(q), alone.RowsOf(0));
            Assert.Equal(together.ScoresOf(q), alone.ScoresOf(0));
        }
    }

    [Fact]
    public void Cosine_and_inner_product_agree_on_unit_vectors()
    {
        using var gallery = Random(500, 24, 8);
        using var units = VectorMatrix.Allocate(500, 24);
        for (int row = 0; row < 500; row++) UnitVector.Write(gallery.Row(row), units.WritableRows(row, 1));
        var cosine = ExactSearch.Search(gallery, gallery, 10, Metric.Cosine);
        var product = ExactSearch.Search(units, units, 10, Metric.InnerProduct);
        Assert.Equal(product.Rows, cosine.Rows);
        for (int i = 0; i < cosine.Scores.Length; i++) Assert.Equal(product.Scores[i], cosine.Scores[i], 5e-7);
    }

    [Theory]
    [InlineData(1e-30f)]
    [InlineData(1e-12f)]
    [InlineData(1e12f)]
    [InlineData(3e37f)]
    public void Cosine_does_not_depend_on_the_length_of_a_vector(float length)
    {
        using var gallery = Random(300, 16, 9);
        using var scaled = VectorMatrix.Allocate(300, 16);
        for (int row = 0; row < 300; row++)
            for (int i = 0; i < 16; i++) scaled.WritableRows(row, 1)[i] = gallery.Row(row)[i] * length;
        var expected = ExactSearch.Search(gallery, gallery, 5, Metric.Cosine);
        var found = ExactSearch.Search(scaled, gallery, 5, Metric.Cosine);
        Assert.Equal(expected.Rows, found.Rows);
        for (int i = 0; i < expected.Scores.Length; i++) Assert.Equal(expected.Scores[i], found.Scores[i], 1e-5);
    }

    [Fact]
    public void A_vector_of_zeros_has_similarity_0_to_everything()
    {
        using var gallery = VectorMatrix.FromArray([0, 0, 1, 0, -1, 0], 2);
        using var query = VectorMatrix.FromArray([1, 0], 2);
        var result = ExactSearch.Search(gallery, query, 3, Metric.Cosine);
        Assert.Equal([1L, 0L, 2L], result.Rows);
        Assert.Equal([1f, 0f, -1f], result.Scores);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    [InlineData(3e38f)]
    public void Vectors_that_give_no_finite_score_are_refused_by_row(float bad)
    {
        foreach (int place in (int[])[0, 77, 4999])
        {
            using var gallery = Random(5000, 19, 10);
            gallery.WritableRows(place, 1)[place % 19] = bad;
            using var queries = Random(3, 19, 11);
            var error = Assert.Throws<VectorException>(() => ExactSearch.Search(gallery, queries, 2, Metric.L2));
            Assert.Contains($"row {place} ", error.Message);
        }
    }

    [Fact]
    public void Wrong_questions_are_refused()
    {
        using var gallery = Random(5, 4, 12);
        using var other = Random(5, 3, 12);
        Assert.Throws<VectorException>(() => ExactSearch.Search(gallery, other, 1, Metric.L2));
        Assert.Throws<ArgumentOutOfRangeException>(() => ExactSearch.Search(gallery, gallery, 0, Metric.L2));
        Assert.Throws<ArgumentOutOfRangeException>(() => ExactSearch.Search(gallery, gallery, int.MaxValue, Metric.L2));
        Assert.Throws<ArgumentOutOfRangeException>(() => ExactSearch.Search(gallery, gallery, 1 << 27, Metric.L2));
        Assert.ThrowsAny<OperationCanceledException>(() => ExactSearch.Search(gallery, gallery, 1, Metric.L2, null, new CancellationToken(canceled: true)));
    }

    [Fact]
    public void Nothing_in_gives_nothing_out()
    {
        using var none = VectorMatrix.FromArray([], 4);
        using var some = Random(2, 4, 13);
        Assert.Equal(0, ExactSearch.Search(some, none, 3, Metric.L2).Queries);
        Assert.All(ExactSearch.Search(none, some, 3, Metric.L2).Rows.ToArray(), row => Assert.Equal(-1, row));
        Assert.Empty(ExactSearch.Search(none, some, 3, Metric.L2).Hits(1));
    }

    [Fact]
    public void All_scores_are_those_of_the_search()
    {
        using var gallery = Random(1100, 40, 14);
        foreach (var metric in Enum.GetValues<Metric>())
        {
            var scores = new float[2 * 1100];
            ExactSearch.Score(gallery, gallery.RowRange(0, 2), metric, scores);
            using var queries = VectorMatrix.FromArray(gallery.RowRange(0, 2).ToArray(), 40);
            var result = ExactSearch.Search(gallery, queries, 1100, metric);
            for (int q = 0; q < 2; q++)
                for (int i = 0; i < 1100; i++) Assert.Equal(scores[q * 1100 + (int)result.RowsOf(q)[i]], result.ScoresOf(q)[i]);
        }
    }

    [Fact]
    public void Memory_grows_with_queries_times_k_not_with_queries_times_rows()
    {
        using var gallery = Random(20000, 8, 15);
        using var queries = Random(1000, 8, 16);
        long Allocated()
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            ExactSearch.Search(gallery, queries, 10, Metric.L2, new ExactSearchOptions { Threads = 1 });
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
        Allocated();
        Assert.InRange(Allocated(), 1000 * 10 * 12, 2_000_000); // all scores together would be 160,000,000
    }

    [Fact]
    public void Mnist_neighbours_are_the_exact_ones()
    {
        using var gallery = VectorMatrix.Open(SharedData.Data("ann/mnist784_base.bvecs"));
        using var all = VectorMatrix.Open(SharedData.Data("ann/mnist784_query.bvecs"));
        using var queries = VectorMatrix.FromArray(all.RowRange(0, 300).ToArray(), all.Dimension);
        var truth = Ivecs.Read(SharedData.Data("ann/mnist784_groundtruth_l2.ivecs"));
        var distances = Ivecs.Read(SharedData.Data("ann/mnist784_groundtruth_l2_distances.ivecs"));
        var result = ExactSearch.Search(gallery, queries, 100, Metric.L2);
        int others = 0;
        for (int q = 0; q < queries.Rows; q++)
            for (int i = 0; i < 100; i++)
            {
                Assert.Equal(distances[q][i], result.ScoresOf(q)[i], 1e-6 * distances[q][i] + 0.5);
                if (truth[q][i] != result.RowsOf(q)[i]) others++;
            }
        Assert.True(others <= 6, $"{others} of {queries.Rows * 100} places hold another row than the truth; only near ties may");
    }

    [Theory]
    [InlineData("l2", Metric.L2)]
    [InlineData("ip", Metric.InnerProduct)]
    public void Wikipedia_topics_have_the_exact_distances(string name, Metric metric)
    {
        using var gallery = VectorMatrix.Open(SharedData.Data("ann/wikilda8_base.fvecs"));
        using var queries = VectorMatrix.Open(SharedData.Data("ann/wikilda8_query.fvecs"));
        var truth = Ivecs.Read(SharedData.Data($"ann/wikilda8_groundtruth_{name}.ivecs"));
        var result = ExactSearch.Search(gallery, queries, 100, metric);
        for (int q = 0; q < queries.Rows; q++)
            for (int i = 0; i < 100; i++)
                Assert.Equal(Score(queries.Row(q), gallery.Row(truth[q][i]), metric), result.ScoresOf(q)[i], 1e-6);
    }
}

/// <summary>Reads neighbour lists as the ANN data sets store them: rows of a length and that many int32.</summary>
internal static class Ivecs
{
    public static int[][] Read(string path)
    {
        byte[] bytes = File.ReadAllBytes(path);
        int width = BitConverter.ToInt32(bytes), stride = 4 * (width + 1);
        var rows = new int[bytes.Length / stride][];
        for (int row = 0; row < rows.Length; row++)
            rows[row] = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, int>(bytes.AsSpan(row * stride + 4, 4 * width)).ToArray();
        return rows;
    }
}
