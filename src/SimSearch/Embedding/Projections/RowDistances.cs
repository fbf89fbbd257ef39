using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace SimSearch.Embedding;

/// <summary>Squared Euclidean distances between the rows of a matrix, and the nearest rows of each.</summary>
internal static class RowDistances
{
    private const int ChunkRows = 64;

    /// <summary>Squared distances from one row to all rows; to itself it is infinite. Differences are taken in float32, sums in double in one fixed order.</summary>
    /// <param name="vectors">[n x d], finite.</param>
    /// <param name="row">0 to n - 1.</param>
    /// <param name="distances">Receives [n].</param>
    public static void Fill(VectorMatrix vectors, long row, Span<double> distances)
    {
        var origin = vectors.Row(row);
        int d = vectors.Dimension, block = Math.Max(1, int.MaxValue / d);
        for (long start = 0; start < vectors.Rows; start += block)
        {
            int count = (int)Math.Min(block, vectors.Rows - start);
            var values = vectors.RowRange(start, count);
            for (int i = 0; i < count; i++) distances[(int)start + i] = Squared(origin, values.Slice(i * d, d));
        }
        distances[(int)row] = double.PositiveInfinity;
    }

    /// <summary>The k nearest other rows of every row, nearest first; of equally near ones those with lower numbers.</summary>
    /// <param name="vectors">[n x d], finite.</param>
    /// <param name="k">1 to n - 1.</param>
    /// <param name="threads">1 or more; the result does not depend on it.</param>
    /// <param name="progress">Told after each chunk of rows.</param>
    /// <param name="cancellation">Looked at between chunks.</param>
    /// <returns>Rows and squared distances, [n x k] each.</returns>
    public static (int[] Rows, double[] Squared) Nearest(VectorMatrix vectors, int k, int threads, Action<int>? progress, CancellationToken cancellation)
    {
        int n = (int)vectors.Rows;
        var rows = new int[(long)n * k];
        var squared = new double[(long)n * k];
        ForEach(n, threads, (row, distances) =>
        {
            Fill(vectors, row, distances);
            Smallest(distances, rows.AsSpan(row * k, k), squared.AsSpan(row * k, k));
        }, progress, cancellation);
        return (rows, squared);
    }

    /// <summary>All other rows of every row, by number, and their squared distances; [n x (n - 1)] each. Otherwise as <see cref="Nearest"/>.</summary>
    public static (int[] Rows, double[] Squared) All(VectorMatrix vectors, int threads, Action<int>? progress, CancellationToken cancellation)
    {
        int n = (int)vectors.Rows, k = n - 1;
        var rows = new int[(long)n * k];
        var squared = new double[(long)n * k];
        ForEach(n, threads, (row, distances) =>
        {
            Fill(vectors, row, distances);
            var own = squared.AsSpan(row * k, k);
            distances.AsSpan(0, row).CopyTo(own);
            distances.AsSpan(row + 1).CopyTo(own[row..]);
            for (int i = 0; i < k; i++) rows[row * k + i] = i < row ? i : i + 1;
        }, progress, cancellation);
        return (rows, squared);
    }

    /// <summary>Calls for every row with a buffer of n numbers, on several threads.</summary>
    public static void ForEach(int n, int threads, Action<int, double[]> body, Action<int>? progress, CancellationToken cancellation, IReadOnlyList<int>? only = null)
    {
        int count = only?.Count ?? n, done = 0;
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = cancellation };
        Errors.Unwrapped(() => Parallel.For(0, (count + ChunkRows - 1) / ChunkRows, parallel, () => new double[n], (chunk, _, buffer) =>
        {
            int end = Math.Min(count, (chunk + 1) * ChunkRows);
            for (int i = chunk * ChunkRows; i < end; i++) body(only?[i] ?? i, buffer);
            progress?.Invoke(Interlocked.Add(ref done, end - chunk * ChunkRows));
            return buffer;
        }, _ => { }));
    }

    /// <summary>The smallest numbers and where they are, in rising order; of equal ones the first.</summary>
    public static void Smallest(ReadOnlySpan<double> numbers, Span<int> places, Span<double> smallest)
    {
        int held = 0;
        for (int i = 0; i < numbers.Length; i++)
        {
            double number = numbers[i];
            if (held == places.Length && !(number < smallest[held - 1])) continue;
            int at = held < places.Length ? held++ : held - 1;
            for (; at > 0 && number < smallest[at - 1]; at--) (smallest[at], places[at]) = (smallest[at - 1], places[at - 1]);
            (smallest[at], places[at]) = (number, i);
        }
    }

    /// <summary>The same directions with length 1; rows of zeros stay. Distances between such rows are in the order of cosines.</summary>
    public static VectorMatrix ToUnitLength(VectorMatrix vectors)
    {
        var unit = VectorMatrix.Allocate(vectors.Rows, vectors.Dimension);
        for (long row = 0; row < vectors.Rows; row++) UnitBlocks.ScaleSafely(vectors.Row(row), unit.WritableRows(row, 1));
        return unit;
    }

    private static double Squared(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        ref float x = ref MemoryMarshal.GetReference(a), y = ref MemoryMarshal.GetReference(b);
        Vector<double> low = default, high = default;
        int i = 0;
        for (; i <= a.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            Vector.Widen(Vector.LoadUnsafe(ref x, (nuint)i) - Vector.LoadUnsafe(ref y, (nuint)i), out var first, out var second);
            low = Vector.FusedMultiplyAdd(first, first, low);
            high = Vector.FusedMultiplyAdd(second, second, high);
        }
        double sum = Vector.Sum(low + high);
        for (; i < a.Length; i++)
        {
            double difference = a[i] - b[i];
            sum += difference * difference;
        }
        return sum;
    }
}
