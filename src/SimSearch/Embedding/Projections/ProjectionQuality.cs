using System.Numerics;
using System.Runtime.InteropServices;

namespace SimSearch.Embedding;

/// <summary>How far the neighbours in a projection are those in the original space. Two figures, because there are two ways to go wrong.</summary>
/// <param name="K">Size of the neighbourhoods that were compared.</param>
/// <param name="Trustworthiness">
/// 0 to 1: low when points lie near each other in the projection that were far apart. About 0.5 for a random projection of many points.
/// </param>
/// <param name="Continuity">0 to 1: low when neighbours were torn apart.</param>
/// <param name="Rows">Rows whose neighbourhoods were compared: all, or a sample of large sets.</param>
/// <remarks>
/// T(k) = 1 - 2 / (n k (2n - 3k - 1)) * sum over i and over j in U_k(i) of (r(i, j) - k), where U_k(i) are the k nearest of i in the projection that are not among its k
/// nearest in the original space, and r(i, j) is the rank of j there; continuity is the same with the spaces exchanged (Venna and Kaski 2001). Distances are
/// Euclidean; of equally near rows the one with the lower number comes first. Equal to scikit-learn's <c>trustworthiness</c> where no distances are equal.
/// </remarks>
public readonly record struct ProjectionQuality(int K, double Trustworthiness, double Continuity, long Rows)
{
    /// <summary>Up to this many rows all neighbourhoods are compared.</summary>
    public const int MaxRows = 10_000;

    /// <summary>Of more rows this many, evenly chosen; the figures are then estimates with an error of about 0.001.</summary>
    public const int SampledRows = 2_000;

    /// <summary>Refuses sizes of neighbourhoods that do not fit; also asked before a long computation whose result is then measured.</summary>
    internal static void CheckNeighbours(int k, long count)
    {
        if (k < 1 || 2L * k >= count) throw new SimSearchException($"k={k} must be 1 to {(count - 1) / 2}, below half of the {count} vectors");
    }

    /// <summary>Compares neighbourhoods.</summary>
    /// <param name="original">[n x d], finite; n from 3 on.</param>
    /// <param name="projected">[n x 2] or any other dimension, finite; the same rows.</param>
    /// <param name="k">Size of the neighbourhoods, 1 to below n / 2. Default 10.</param>
    /// <param name="threads">Threads to use; 0 (the default) means all cores. The result does not depend on it.</param>
    /// <param name="cancellation">Looked at between rows.</param>
    /// <exception cref="SimSearchException">The numbers of rows differ, k does not fit, or a value is NaN or infinite.</exception>
    public static ProjectionQuality Measure(VectorMatrix original, VectorMatrix projected, int k = 10, int threads = 0, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(original);
        ArgumentNullException.ThrowIfNull(projected);
        if (original.Rows != projected.Rows) throw new SimSearchException($"{original.Rows} vectors and {projected.Rows} projected points do not belong together; there must be one point per vector");
        long n = original.Rows;
        if (n < 3) throw new SimSearchException($"{n} vectors have no neighbourhoods to compare; trustworthiness needs 3 or more");
        CheckNeighbours(k, n);
        if (n > Array.MaxLength) throw new SimSearchException($"{n} vectors are too many; compare a sample");
        foreach (var matrix in (VectorMatrix[])[original, projected])
            if (matrix.FirstRowNotFinite() is >= 0 and var row) throw new SimSearchException($"row {row} holds NaN or an infinity; leave it out");

        int[]? sample = n <= MaxRows ? null : [.. Enumerable.Range(0, SampledRows).Select(i => (int)(i * n / SampledRows))];
        long rows = sample?.Length ?? n, intruders = 0, missing = 0;
        using var buffers = new ThreadLocal<double[]>(() => new double[n]);
        RowDistances.ForEach((int)n, threads > 0 ? threads : Environment.ProcessorCount, (row, before) =>
        {
            double[] after = buffers.Value!;
            RowDistances.Fill(original, row, before);
            RowDistances.Fill(projected, row, after);
            // Whole numbers: their sum is the same in any order.
            Interlocked.Add(ref intruders, Excess(after, before, k));
            Interlocked.Add(ref missing, Excess(before, after, k));
        }, null, cancellation, sample);
        double factor = 2.0 / ((double)rows * k * (2.0 * n - 3.0 * k - 1));
        return new ProjectionQuality(k, 1 - factor * intruders, 1 - factor * missing, rows);
    }

    /// <summary>The largest k, up to 10, that a number of rows allows.</summary>
    internal static int UsualK(long rows) => (int)Math.Clamp((rows - 1) / 2, 1, 10);

    /// <summary>How far beyond k the ranks of one space's k nearest lie in the other.</summary>
    private static long Excess(double[] near, double[] rank, int k)
    {
        Span<int> places = k <= 256 ? stackalloc int[k] : new int[k];
        Span<double> distances = k <= 256 ? stackalloc double[k] : new double[k];
        RowDistances.Smallest(near, places, distances);
        long sum = 0;
        foreach (int place in places)
        {
            double limit = rank[place];
            long nearer = Count(rank.AsSpan(0, place), limit, orEqual: true) + Count(rank.AsSpan(place + 1), limit, orEqual: false);
            sum += Math.Max(0, nearer + 1 - k);
        }
        return sum;
    }

    private static long Count(ReadOnlySpan<double> numbers, double limit, bool orEqual)
    {
        var bound = new Vector<double>(limit);
        var counts = Vector<long>.Zero;
        ref double first = ref MemoryMarshal.GetReference(numbers);
        int i = 0;
        // A true lane is -1.
        for (; i <= numbers.Length - Vector<double>.Count; i += Vector<double>.Count)
        {
            var values = Vector.LoadUnsafe(ref first, (nuint)i);
            counts -= orEqual ? Vector.LessThanOrEqual(values, bound) : Vector.LessThan(values, bound);
        }
        long count = Vector.Sum(counts);
        for (; i < numbers.Length; i++) count += numbers[i] < limit || (orEqual && numbers[i] == limit) ? 1 : 0;
        return count;
    }
}
