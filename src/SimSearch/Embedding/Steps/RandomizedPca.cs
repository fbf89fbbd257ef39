using System.Numerics.Tensors;
using MathNet.Numerics.LinearAlgebra;

namespace SimSearch.Embedding;

/// <summary>
/// The first few principal components of vectors that are both many and long, without their covariance: random combinations of the columns span nearly the same space
/// (Halko, Martinsson and Tropp 2011, algorithm 4.4 with 4.3's refinement), so only a small matrix is left to decompose.
/// </summary>
internal static class RandomizedPca
{
    private const int Oversampling = 10, ColumnsPerTask = 256, RowsPerTask = 64;

    /// <summary>Products with the data on the way to the subspace; with few components each counts for more.</summary>
    private static int Refinements(int count, long size) => count < 0.1 * size ? 7 : 4;

    public static (float[] Components, double[] Variances, double Total) Solve(VectorMatrix vectors, double[] mean, int count, int seed, CancellationToken cancellation)
    {
        int n = checked((int)vectors.Rows), d = vectors.Dimension, width = (int)Math.Min(count + Oversampling, Math.Min(n, d));
        var random = new Random(seed);
        var directions = new double[d * width]; // [d x width]
        foreach (ref double value in directions.AsSpan()) value = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
        var image = new double[n * width]; // [n x width]
        for (int step = 0; step < Refinements(count, Math.Min(n, d)); step++)
        {
            Times(vectors, mean, directions, width, image, cancellation);
            Orthonormalize(image, n, width);
            TransposedTimes(vectors, mean, image, width, directions, cancellation);
            Orthonormalize(directions, d, width);
        }
        Times(vectors, mean, directions, width, image, cancellation);
        Orthonormalize(image, n, width);
        TransposedTimes(vectors, mean, image, width, directions, cancellation); // B transposed: the data seen from the subspace, [d x width]

        var gram = new double[width * width];
        for (int i = 0; i < d; i++)
            for (int a = 0; a < width; a++)
                TensorPrimitives.MultiplyAdd(directions.AsSpan(i * width, width), directions[i * width + a], gram.AsSpan(a * width, width), gram.AsSpan(a * width, width));
        var small = Matrix<double>.Build.Dense(width, width, gram).Evd(Symmetricity.Symmetric);
        int[] order = [.. Enumerable.Range(0, width).OrderByDescending(i => small.EigenValues[i].Real).Take(count)];
        var components = new float[count * d];
        var direction = new double[d];
        double[] variances = [.. order.Select(i => Math.Max(0, small.EigenValues[i].Real) / (n - 1))];
        for (int c = 0; c < count && variances[c] > Pca.NoiseRatio * variances[0]; c++)
        {
            double[] weights = small.EigenVectors.Column(order[c]).ToArray();
            for (int i = 0; i < d; i++) direction[i] = TensorPrimitives.Dot<double>(weights, directions.AsSpan(i * width, width));
            PcaSolver.Store(direction, components.AsSpan(c * d, d));
        }
        double total = ColumnStatistics.Variance(vectors, mean).Sum() * n / (n - 1);
        return (components, variances, Math.Max(total, variances.Sum()));
    }

    /// <summary>image = (vectors - mean) * directions.</summary>
    private static void Times(VectorMatrix vectors, double[] mean, double[] directions, int width, double[] image, CancellationToken cancellation)
    {
        int n = (int)vectors.Rows, d = mean.Length;
        // What the mean contributes is the same for every row.
        var shift = new double[width];
        for (int i = 0; i < d; i++) TensorPrimitives.MultiplyAdd(directions.AsSpan(i * width, width), -mean[i], shift, shift);
        Parallel.For(0, (n + RowsPerTask - 1) / RowsPerTask, new ParallelOptions { CancellationToken = cancellation }, task =>
        {
            for (int row = task * RowsPerTask; row < Math.Min(n, (task + 1) * RowsPerTask); row++)
            {
                var output = image.AsSpan(row * width, width);
                shift.CopyTo(output);
                var values = vectors.Row(row);
                for (int i = 0; i < d; i++) TensorPrimitives.MultiplyAdd(directions.AsSpan(i * width, width), values[i], output, output);
            }
        });
    }

    /// <summary>directions = (vectors - mean) transposed * image. Tasks share out the columns, so that sums are taken in one order.</summary>
    private static void TransposedTimes(VectorMatrix vectors, double[] mean, double[] image, int width, double[] directions, CancellationToken cancellation)
    {
        int n = (int)vectors.Rows, d = mean.Length;
        Parallel.For(0, (d + ColumnsPerTask - 1) / ColumnsPerTask, new ParallelOptions { CancellationToken = cancellation }, task =>
        {
            int first = task * ColumnsPerTask, end = Math.Min(d, first + ColumnsPerTask);
            directions.AsSpan(first * width, (end - first) * width).Clear();
            for (int row = 0; row < n; row++)
            {
                var values = vectors.Row(row);
                var weights = image.AsSpan(row * width, width);
                for (int i = first; i < end; i++)
                {
                    var output = directions.AsSpan(i * width, width);
                    TensorPrimitives.MultiplyAdd(weights, values[i] - mean[i], output, output);
                }
            }
        });
    }

    /// <summary>Makes columns orthonormal by two rounds of Gram and Schmidt; one that holds nothing new becomes zero.</summary>
    private static void Orthonormalize(double[] matrix, int rows, int width)
    {
        var columns = new double[rows * width];
        for (int i = 0; i < rows; i++)
            for (int c = 0; c < width; c++) columns[c * rows + i] = matrix[i * width + c];
        for (int c = 0; c < width; c++)
        {
            var column = columns.AsSpan(c * rows, rows);
            double before = TensorPrimitives.Norm<double>(column);
            for (int round = 0; round < 2; round++)
                for (int other = 0; other < c; other++)
                {
                    var known = columns.AsSpan(other * rows, rows);
                    TensorPrimitives.MultiplyAdd(known, -TensorPrimitives.Dot<double>(known, column), column, column);
                }
            double length = TensorPrimitives.Norm<double>(column);
            if (length > 1e-12 * before) TensorPrimitives.Divide(column, length, column);
            else column.Clear();
        }
        for (int i = 0; i < rows; i++)
            for (int c = 0; c < width; c++) matrix[i * width + c] = columns[c * rows + i];
    }
}
