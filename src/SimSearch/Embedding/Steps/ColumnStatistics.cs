using System.Numerics.Tensors;

namespace SimSearch.Embedding;

/// <summary>Sums over the rows of a matrix, in double precision.</summary>
internal static class ColumnStatistics
{
    /// <summary>The mean of each column; at least one row.</summary>
    public static double[] Mean(VectorMatrix vectors)
    {
        var sum = new double[vectors.Dimension];
        for (long row = 0; row < vectors.Rows; row++)
        {
            var values = vectors.Row(row);
            for (int i = 0; i < sum.Length; i++) sum[i] += values[i];
        }
        TensorPrimitives.Divide(sum, vectors.Rows, sum);
        return sum;
    }

    /// <summary>The population variance of each column (ddof 0).</summary>
    public static double[] Variance(VectorMatrix vectors, double[] mean)
    {
        var sum = new double[vectors.Dimension];
        for (long row = 0; row < vectors.Rows; row++)
        {
            var values = vectors.Row(row);
            for (int i = 0; i < sum.Length; i++)
            {
                double difference = values[i] - mean[i];
                sum[i] += difference * difference;
            }
        }
        TensorPrimitives.Divide(sum, vectors.Rows, sum);
        return sum;
    }

    /// <summary>All inner products of the rows of <paramref name="rows"/> [count x length], added to <paramref name="gram"/> [count x count] (both halves).</summary>
    public static void AddGram(double[] rows, int count, int length, double[] gram, CancellationToken cancellation) => Parallel.For(0, count, new ParallelOptions { CancellationToken = cancellation }, i =>
    {
        var a = rows.AsSpan(i * length, length);
        for (int j = 0; j <= i; j++)
        {
            double product = TensorPrimitives.Dot<double>(a, rows.AsSpan(j * length, length));
            gram[i * count + j] += product;
            if (i != j) gram[j * count + i] += product;
        }
    });
}
