using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace SimSearch.Indexing;

/// <summary>
/// Squared distances and inner products of a block of queries with a block of rows, float32 in, summed in double: neighbours of nearly equal
/// score come in their true order. Every pair is summed in the same order wherever it lies in a block, so equal vectors get equal scores to the last bit.
/// </summary>
internal static class ScoreKernel
{
    /// <summary>Fills scores[q * rowCount + r] for all pairs.</summary>
    /// <param name="queries">[queryCount x dimension].</param>
    /// <param name="rows">[rowCount x dimension].</param>
    /// <param name="dimension">Length of each vector.</param>
    /// <param name="squaredDistance">Squared L2 distance instead of inner product.</param>
    /// <param name="scores">Receives [queryCount x rowCount].</param>
    public static void Fill(ReadOnlySpan<float> queries, ReadOnlySpan<float> rows, int dimension, bool squaredDistance, Span<double> scores)
    {
        int queryCount = queries.Length / dimension, rowCount = rows.Length / dimension;
        if (scores.Length < (long)queryCount * rowCount) throw new ArgumentException($"{scores.Length} scores cannot hold {queryCount} x {rowCount}", nameof(scores));
        // Tiles of 2 queries by 4 rows keep 8 sums in registers and load 6 vectors for 8 multiplications; an edge of a block repeats its last
        // query or row rather than being summed by other code.
        for (int r = 0; r < rowCount; r += 4)
            for (int q = 0; q < queryCount; q += 2)
                if (squaredDistance) Tile<SquaredDifference>(queries, rows, dimension, q, r, queryCount, rowCount, scores);
                else Tile<Product>(queries, rows, dimension, q, r, queryCount, rowCount, scores);
    }

    /// <summary>The sum of the squares of a vector.</summary>
    public static double SquaredNorm(ReadOnlySpan<float> vector)
    {
        ref float first = ref MemoryMarshal.GetReference(vector);
        var sums = Vector256<double>.Zero;
        int i = 0, whole = vector.Length - vector.Length % Vector256<float>.Count;
        for (; i < whole; i += Vector256<float>.Count)
        {
            var (low, high) = Vector256.Widen(Vector256.LoadUnsafe(ref first, (nuint)i));
            sums += low * low + high * high;
        }
        double sum = Vector256.Sum(sums);
        for (; i < vector.Length; i++) sum += (double)vector[i] * vector[i];
        return sum;
    }

    private static void Tile<TTerm>(
        ReadOnlySpan<float> queries, ReadOnlySpan<float> rows, int dimension, int q, int r, int queryCount, int rowCount, Span<double> scores) where TTerm : ITerm
    {
        int q1 = Math.Min(q + 1, queryCount - 1), r1 = Math.Min(r + 1, rowCount - 1), r2 = Math.Min(r + 2, rowCount - 1), r3 = Math.Min(r + 3, rowCount - 1);
        ref float qa = ref MemoryMarshal.GetReference(queries.Slice(q * dimension, dimension));
        ref float qb = ref MemoryMarshal.GetReference(queries.Slice(q1 * dimension, dimension));
        ref float xa = ref MemoryMarshal.GetReference(rows.Slice(r * dimension, dimension));
        ref float xb = ref MemoryMarshal.GetReference(rows.Slice(r1 * dimension, dimension));
        ref float xc = ref MemoryMarshal.GetReference(rows.Slice(r2 * dimension, dimension));
        ref float xd = ref MemoryMarshal.GetReference(rows.Slice(r3 * dimension, dimension));

        Eight sums;
        if (Vector512.IsHardwareAccelerated) Sum512<TTerm>(ref qa, ref qb, ref xa, ref xb, ref xc, ref xd, dimension, out sums);
        else Sum256<TTerm>(ref qa, ref qb, ref xa, ref xb, ref xc, ref xd, dimension, out sums);

        scores[q * rowCount + r] = sums.Aa;
        scores[q * rowCount + r1] = sums.Ab;
        scores[q * rowCount + r2] = sums.Ac;
        scores[q * rowCount + r3] = sums.Ad;
        scores[q1 * rowCount + r] = sums.Ba;
        scores[q1 * rowCount + r1] = sums.Bb;
        scores[q1 * rowCount + r2] = sums.Bc;
        scores[q1 * rowCount + r3] = sums.Bd;
    }

    private static void Sum512<TTerm>(
        ref float qa, ref float qb, ref float xa, ref float xb, ref float xc, ref float xd, int dimension, out Eight sums) where TTerm : ITerm
    {
        Vector512<double> aa = default, ab = default, ac = default, ad = default, ba = default, bb = default, bc = default, bd = default;
        int i = 0, whole = dimension - dimension % Vector512<double>.Count;
        for (; i < whole; i += Vector512<double>.Count)
        {
            var a = Load512(ref qa, i);
            var b = Load512(ref qb, i);
            var x = Load512(ref xa, i);
            aa = TTerm.Add(aa, a, x);
            ba = TTerm.Add(ba, b, x);
            x = Load512(ref xb, i);
            ab = TTerm.Add(ab, a, x);
            bb = TTerm.Add(bb, b, x);
            x = Load512(ref xc, i);
            ac = TTerm.Add(ac, a, x);
            bc = TTerm.Add(bc, b, x);
            x = Load512(ref xd, i);
            ad = TTerm.Add(ad, a, x);
            bd = TTerm.Add(bd, b, x);
        }
        sums = new Eight(
            Vector512.Sum(aa), Vector512.Sum(ab), Vector512.Sum(ac), Vector512.Sum(ad), Vector512.Sum(ba), Vector512.Sum(bb), Vector512.Sum(bc), Vector512.Sum(bd));
        AddRest<TTerm>(ref qa, ref qb, ref xa, ref xb, ref xc, ref xd, i, dimension, ref sums);
    }

    private static void Sum256<TTerm>(
        ref float qa, ref float qb, ref float xa, ref float xb, ref float xc, ref float xd, int dimension, out Eight sums) where TTerm : ITerm
    {
        Vector256<double> aa = default, ab = default, ac = default, ad = default, ba = default, bb = default, bc = default, bd = default;
        int i = 0, whole = dimension - dimension % Vector256<double>.Count;
        for (; i < whole; i += Vector256<double>.Count)
        {
            var a = Load256(ref qa, i);
            var b = Load256(ref qb, i);
            var x = Load256(ref xa, i);
            aa = TTerm.Add(aa, a, x);
            ba = TTerm.Add(ba, b, x);
            x = Load256(ref xb, i);
            ab = TTerm.Add(ab, a, x);
            bb = TTerm.Add(bb, b, x);
            x = Load256(ref xc, i);
            ac = TTerm.Add(ac, a, x);
            bc = TTerm.Add(bc, b, x);
            x = Load256(ref xd, i);
            ad = TTerm.Add(ad, a, x);
            bd = TTerm.Add(bd, b, x);
        }
        sums = new Eight(
            Vector256.Sum(aa), Vector256.Sum(ab), Vector256.Sum(ac), Vector256.Sum(ad), Vector256.Sum(ba), Vector256.Sum(bb), Vector256.Sum(bc), Vector256.Sum(bd));
        AddRest<TTerm>(ref qa, ref qb, ref xa, ref xb, ref xc, ref xd, i, dimension, ref sums);
    }

    private static void AddRest<TTerm>(
        ref float qa, ref float qb, ref float xa, ref float xb, ref float xc, ref float xd, int from, int dimension, ref Eight sums) where TTerm : ITerm
    {
        for (int i = from; i < dimension; i++)
        {
            double a = Unsafe.Add(ref qa, i), b = Unsafe.Add(ref qb, i);
            double x0 = Unsafe.Add(ref xa, i), x1 = Unsafe.Add(ref xb, i), x2 = Unsafe.Add(ref xc, i), x3 = Unsafe.Add(ref xd, i);
            sums = new Eight(
                TTerm.Add(sums.Aa, a, x0), TTerm.Add(sums.Ab, a, x1), TTerm.Add(sums.Ac, a, x2), TTerm.Add(sums.Ad, a, x3),
                TTerm.Add(sums.Ba, b, x0), TTerm.Add(sums.Bb, b, x1), TTerm.Add(sums.Bc, b, x2), TTerm.Add(sums.Bd, b, x3));
        }
    }

    // The lower half of a widening is the one instruction that converts while it loads.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> Load512(ref float at, int i) => Vector512.WidenLower(Vector256.LoadUnsafe(ref at, (nuint)i).ToVector512Unsafe());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<double> Load256(ref float at, int i) => Vector256.WidenLower(Vector128.LoadUnsafe(ref at, (nuint)i).ToVector256Unsafe());

    private record struct Eight(double Aa, double Ab, double Ac, double Ad, double Ba, double Bb, double Bc, double Bd);

    /// <summary>What is summed over the dimensions.</summary>
    private interface ITerm
    {
        static abstract double Add(double sum, double q, double x);
        static abstract Vector256<double> Add(Vector256<double> sum, Vector256<double> q, Vector256<double> x);
        static abstract Vector512<double> Add(Vector512<double> sum, Vector512<double> q, Vector512<double> x);
    }

    // A product of two floats is exact in a double, so it does not matter whether the addition is fused.
    private readonly struct Product : ITerm
    {
        public static double Add(double sum, double q, double x) => sum + q * x;
        public static Vector256<double> Add(Vector256<double> sum, Vector256<double> q, Vector256<double> x) => Vector256.MultiplyAddEstimate(q, x, sum);
        public static Vector512<double> Add(Vector512<double> sum, Vector512<double> q, Vector512<double> x) => Vector512.MultiplyAddEstimate(q, x, sum);
    }

    private readonly struct SquaredDifference : ITerm
    {
        public static double Add(double sum, double q, double x) => sum + (q - x) * (q - x);
        public static Vector256<double> Add(Vector256<double> sum, Vector256<double> q, Vector256<double> x) => Vector256.MultiplyAddEstimate(q - x, q - x, sum);
        public static Vector512<double> Add(Vector512<double> sum, Vector512<double> q, Vector512<double> x) => Vector512.MultiplyAddEstimate(q - x, q - x, sum);
    }
}
