using System.Numerics.Tensors;
using MathNet.Numerics.LinearAlgebra;

namespace SimSearch.Embedding;

/// <summary>
/// Eigenvectors of a covariance matrix, in double precision. With n vectors of d dimensions it decomposes the smaller of the two
/// matrices that share the eigenvalues: the covariance [d x d], or the inner products of the centred vectors [n x n].
/// </summary>
internal static class PcaSolver
{
    private const int BlockRows = 256;

    /// <summary>Up to this size the whole decomposition takes a second or two, and there is nothing to gain.</summary>
    private const int AlwaysExact = 1024;

    public static (float[] Components, double[] Variances, double Total) Solve(VectorMatrix vectors, double[] mean, int count, PcaMethod method, int seed, CancellationToken cancellation)
    {
        long size = Math.Min(vectors.Rows, vectors.Dimension);
        bool oneArray = vectors.Rows >= vectors.Dimension || vectors.Rows * vectors.Dimension <= Array.MaxLength; // what the inner products are taken of
        if (method == PcaMethod.Randomized || (method == PcaMethod.Auto && ((size > AlwaysExact && count <= size / 4) || !oneArray)))
        {
            long most = Math.Max(vectors.Rows, vectors.Dimension) * (count + 16L);
            if (most > Array.MaxLength) throw new SimSearchException($"PCA of {vectors.Rows} vectors to {count} components needs more memory than one array has; fit it on a sample");
            return RandomizedPca.Solve(vectors, mean, count, seed, cancellation);
        }
        if (size > Pca.MaxSize)
            throw new SimSearchException($"PCA of {vectors.Rows} vectors of {vectors.Dimension} decomposes a {size} x {size} matrix, more than {Pca.MaxSize}; ask for at most {size / 4} components, or fit it on a sample of at most {Pca.MaxSize} vectors");
        if (!oneArray) throw new SimSearchException($"PCA of {vectors.Rows} vectors of {vectors.Dimension} needs more memory than one array has; use the randomised method, or fit it on a sample");
        return vectors.Rows >= vectors.Dimension ? FromCovariance(vectors, mean, count, cancellation) : FromInnerProducts(vectors, mean, count, cancellation);
    }

    private static (float[], double[], double) FromCovariance(VectorMatrix vectors, double[] mean, int count, CancellationToken cancellation)
    {
        int d = vectors.Dimension;
        var covariance = new double[d * d];
        for (long start = 0; start < vectors.Rows; start += BlockRows)
        {
            int rows = (int)Math.Min(BlockRows, vectors.Rows - start);
            var block = new double[d * rows]; // transposed: a column of the vectors becomes contiguous
            for (int r = 0; r < rows; r++)
            {
                var row = vectors.Row(start + r);
                for (int i = 0; i < d; i++) block[i * rows + r] = row[i] - mean[i];
            }
            ColumnStatistics.AddGram(block, d, rows, covariance, cancellation);
        }
        var (values, eigenvectors, total) = Decompose(covariance, d, vectors.Rows - 1, count);
        var components = new float[count * d];
        for (int c = 0; c < count; c++) Store(eigenvectors.Column(c).ToArray(), components.AsSpan(c * d, d));
        return (components, values, total);
    }

    private static (float[], double[], double) FromInnerProducts(VectorMatrix vectors, double[] mean, int count, CancellationToken cancellation)
    {
        int d = vectors.Dimension, n = (int)vectors.Rows;
        var centred = new double[n * d];
        for (int r = 0; r < n; r++)
        {
            var row = vectors.Row(r);
            for (int i = 0; i < d; i++) centred[r * d + i] = row[i] - mean[i];
        }
        var products = new double[n * n];
        ColumnStatistics.AddGram(centred, n, d, products, cancellation);
        var (values, eigenvectors, total) = Decompose(products, n, n - 1, count);
        var components = new float[count * d];
        var direction = new double[d];
        for (int c = 0; c < count && values[c] > Pca.NoiseRatio * values[0]; c++)
        {
            Array.Clear(direction);
            for (int r = 0; r < n; r++)
                TensorPrimitives.MultiplyAdd(centred.AsSpan(r * d, d), eigenvectors[r, c], direction, direction);
            Store(direction, components.AsSpan(c * d, d));
        }
        return (components, values, total);
    }

    /// <summary>The largest eigenvalues divided by <paramref name="divisor"/>, their eigenvectors as columns, and the sum of all.</summary>
    private static (double[] Values, Matrix<double> Vectors, double Total) Decompose(double[] symmetric, int size, long divisor, int count)
    {
        var decomposition = Matrix<double>.Build.Dense(size, size, symmetric).Evd(Symmetricity.Symmetric);
        // Eigenvalues come in rising order; rounding can push a zero a little below zero.
        int[] order = [.. Enumerable.Range(0, size).OrderByDescending(i => decomposition.EigenValues[i].Real).Take(count)];
        double[] values = [.. order.Select(i => Math.Max(0, decomposition.EigenValues[i].Real) / divisor)];
        double total = decomposition.EigenValues.Sum(v => Math.Max(0, v.Real)) / divisor;
        return (values, Matrix<double>.Build.DenseOfColumnVectors(order.Select(decomposition.EigenVectors.Column)), total);
    }

    /// <summary>Scales to length 1 and makes the entry with the largest magnitude positive.</summary>
    internal static void Store(double[] direction, Span<float> component)
    {
        double length = Math.Sqrt(TensorPrimitives.SumOfSquares<double>(direction));
        if (length == 0) return;
        double factor = direction[TensorPrimitives.IndexOfMaxMagnitude<double>(direction)] < 0 ? -1 / length : 1 / length;
        for (int i = 0; i < component.Length; i++) component[i] = (float)(direction[i] * factor);
    }
}
