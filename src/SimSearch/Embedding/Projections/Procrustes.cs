using MathNet.Numerics.LinearAlgebra;

namespace SimSearch.Embedding;

/// <summary>Turns, mirrors, moves and scales one set of points so that it lies on another as well as it can; its shape stays what it is.</summary>
/// <remarks>Gower 1975; the turn is U V^T of the singular value decomposition of the product of both centred sets. Two projections of the same items differ by such a motion for no reason in the data.</remarks>
public static class Procrustes
{
    /// <summary>Aligns points with others, row by row.</summary>
    /// <param name="points">[n x d], finite; moved in the result, not changed itself.</param>
    /// <param name="reference">[n x d], finite: where they should lie.</param>
    /// <param name="scale">Whether they may also be scaled; false (the default) keeps distances.</param>
    /// <returns>[n x d]; a new matrix.</returns>
    /// <exception cref="SimSearchException">The shapes differ, or there is no row.</exception>
    public static VectorMatrix Align(VectorMatrix points, VectorMatrix reference, bool scale = false)
    {
        ArgumentNullException.ThrowIfNull(points);
        ArgumentNullException.ThrowIfNull(reference);
        if (points.Rows != reference.Rows || points.Dimension != reference.Dimension || points.Rows == 0)
            throw new SimSearchException($"points [{points.Rows} x {points.Dimension}] and reference [{reference.Rows} x {reference.Dimension}] must have the same shape and a row; align projections of the same items");
        int d = points.Dimension;
        double[] from = ColumnStatistics.Mean(points), to = ColumnStatistics.Mean(reference);
        var product = Matrix<double>.Build.Dense(d, d);
        double spread = 0;
        for (long row = 0; row < points.Rows; row++)
        {
            var p = points.Row(row);
            var r = reference.Row(row);
            for (int i = 0; i < d; i++)
            {
                spread += (p[i] - from[i]) * (p[i] - from[i]);
                for (int j = 0; j < d; j++) product[i, j] += (p[i] - from[i]) * (r[j] - to[j]);
            }
        }
        var svd = product.Svd();
        var turn = svd.U * svd.VT;
        double factor = scale && spread > 0 ? svd.S.Sum() / spread : 1;
        var aligned = VectorMatrix.Allocate(points.Rows, d);
        for (long row = 0; row < points.Rows; row++)
        {
            var p = points.Row(row);
            var output = aligned.WritableRows(row, 1);
            for (int j = 0; j < d; j++)
            {
                double sum = to[j];
                for (int i = 0; i < d; i++) sum += factor * (p[i] - from[i]) * turn[i, j];
                output[j] = (float)sum;
            }
        }
        return aligned;
    }
}
