using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace SimSearch.Indexing;

/// <summary>
/// Squared distances and inner products of a block of queries with a block of rows. Every pair is summed in the same order wherever it
/// lies in a block, so equal vectors get equal scores to the last bit.
/// </summary>
internal static class ScoreKernel
{
    /// <summary>Fills scores[q * rowCount + r] for all pairs.</summary>
    /// <param name="queries">[queryCount x dimension].</param>
    /// <param name="rows">[rowCount x dimension].</param>
    /// <param name="dimension">Length of each vector.</param>
    /// <param name="squaredDistance">Squared L2 distance instead of inner product.</param>
    /// <param name="scores">Receives [queryCount x rowCount].</param>
    public static void Fill(ReadOnlySpan<float> queries, ReadOnlySpan<float> rows, int dimension, bool squaredDistance, Span<float> scores)
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

    private static void Tile<TTerm>(
        ReadOnlySpan<float> queries, ReadOnlySpan<float> rows, int dimension, int q, int r, int queryCount, int rowCount, Span<float> scores) where TTerm : ITerm
    {
        int q1 = Math.Min(q + 1, queryCount - 1), r1 = Math.Min(r + 1, rowCount - 1), r2 = Math.Min(r + 2, rowCount - 1), r3 = Math.Min(r + 3, rowCount - 1);
        ref float qa = ref MemoryMarshal.GetReference(queries.Slice(q * dimension, dimension));
        ref float qb = ref MemoryMarshal.GetReference(queries.Slice(q1 * dimension, dimension));
        ref float xa = ref MemoryMarshal.GetReference(rows.Slice(r * dimension, dimension));
        ref float xb = ref MemoryMarshal.GetReference(rows.Slice(r1 * dimension, dimension));
        ref float xc = ref MemoryMarshal.GetReference(rows.Slice(r2 * dimension, dimension));
        ref float xd = ref MemoryMarshal.GetReference(rows.Slice(r3 * dimension, dimension));

        Eight sums;
        if (Vector512.IsHardwareAccelerated && dimension >= 32) Sum512<TTerm>(ref qa, ref qb, ref xa, ref xb, ref xc, ref xd, dimension, out sums);
        else SumVector<TTerm>(ref qa, ref qb, ref xa, ref xb, ref xc, ref xd, dimension, out sums);

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
        Vector512<float> aa = default, ab = default, ac = default, ad = default, ba = default, bb = default, bc = default, bd = default;
        int i = 0, whole = dimension - dimension % Vector512<float>.Count;
        for (; i < whole; i += Vector512<float>.Count)
        {
            var a = Vector512.LoadUnsafe(ref qa, (nuint)i);
            var b = Vector512.LoadUnsafe(ref qb, (nuint)i);
            var x = Vector512.LoadUnsafe(ref xa, (nuint)i);
            aa = TTerm.Add(aa, a, x);
            ba = TTerm.Add(ba, b, x);
            x = Vector512.LoadUnsafe(ref xb, (nuint)i);
            ab = TTerm.Add(ab, a, x);
            bb = TTerm.Add(bb, b, x);
            x = Vector512.LoadUnsafe(ref xc, (nuint)i);
            ac = TTerm.Add(ac, a, x);
            bc = TTerm.Add(bc, b, x);
            x = Vector512.LoadUnsafe(ref xd, (nuint)i);
            ad = TTerm.Add(ad, a, x);
            bd = TTerm.Add(bd, b, x);
        }
        sums = new Eight(
            Vector512.Sum(aa), Vector512.Sum(ab), Vector512.Sum(ac), Vector512.Sum(ad), Vector512.Sum(ba), Vector512.Sum(bb), Vector512.Sum(bc), Vector512.Sum(bd));
        AddRest<TTerm>(ref qa, ref qb, ref xa, ref xb, ref xc, ref xd, i, dimension, ref sums);
    }

    private static void SumVector<TTerm>(
        ref float qa, ref float qb, ref float xa, ref float xb, ref float xc, ref float xd, int dimension, out Eight sums) where TTerm : ITerm
    {
        Vector<float> aa = default, ab = default, ac = default, ad = default, ba = default, bb = default, bc = default, bd = default;
        int i = 0, whole = dimension - dimension % Vector<float>.Count;
        for (; i < whole; i += Vector<float>.Count)
        {
            var a = Vector.LoadUnsafe(ref qa, (nuint)i);
            var b = Vector.LoadUnsafe(ref qb, (nuint)i);
            var x = Vector.LoadUnsafe(ref xa, (nuint)i);
            aa = TTerm.Add(aa, a, x);
            ba = TTerm.Add(ba, b, x);
            x = Vector.LoadUnsafe(ref xb, (nuint)i);
            ab = TTerm.Add(ab, a, x);
            bb = TTerm.Add(bb, b, x);
            x = Vector.LoadUnsafe(ref xc, (nuint)i);
            ac = TTerm.Add(ac, a, x);
            bc = TTerm.Add(bc, b, x);
            x = Vector.LoadUnsafe(ref xd, (nuint)i);
            ad = TTerm.Add(ad, a, x);
            bd = TTerm.Add(bd, b, x);
        }
        sums = new Eight(Vector.Sum(aa), Vector.Sum(ab), Vector.Sum(ac), Vector.Sum(ad), Vector.Sum(ba), Vector.Sum(bb), Vector.Sum(bc), Vector.Sum(bd));
        AddRest<TTerm>(ref qa, ref qb, ref xa, ref xb, ref xc, ref xd, i, dimension, ref sums);
    }

    private static void AddRest<TTerm>(
        ref float qa, ref float qb, ref float xa, ref float xb, ref float xc, ref float xd, int from, int dimension, ref Eight sums) where TTerm : ITerm
    {
        for (int i = from; i < dimension; i++)
        {
            float a = Unsafe.Add(ref qa, i), b = Unsafe.Add(ref qb, i);
            float x0 = Unsafe.Add(ref xa, i), x1 = Unsafe.Add(ref xb, i), x2 = Unsafe.Add(ref xc, i), x3 = Unsafe.Add(ref xd, i);
            sums = new Eight(
                TTerm.Add(sums.Aa, a, x0), TTerm.Add(sums.Ab, a, x1), TTerm.Add(sums.Ac, a, x2), TTerm.Add(sums.Ad, a, x3),
                TTerm.Add(sums.Ba, b, x0), TTerm.Add(sums.Bb, b, x1), TTerm.Add(sums.Bc, b, x2), TTerm.Add(sums.Bd, b, x3));
        }
    }

    private record struct Eight(float Aa, float Ab, float Ac, float Ad, float Ba, float Bb, float Bc, float Bd);

    /// <summary>What is summed over the dimensions.</summary>
    private interface ITerm
    {
        static abstract float Add(float sum, float q, float x);
        static abstract Vector<float> Add(Vector<float> sum, Vector<float> q, Vector<float> x);
        static abstract Vector512<float> Add(Vector512<float> sum, Vector512<float> q, Vector512<float> x);
    }

    private readonly struct Product : ITerm
    {
        public static float Add(float sum, float q, float x) => MathF.FusedMultiplyAdd(q, x, sum);
        public static Vector<float> Add(Vector<float> sum, Vector<float> q, Vector<float> x) => Vector.MultiplyAddEstimate(q, x, sum);
        public static Vector512<float> Add(Vector512<float> sum, Vector512<float> q, Vector512<float> x) => Vector512.MultiplyAddEstimate(q, x, sum);
    }

    private readonly struct SquaredDifference : ITerm
    {
        public static float Add(float sum, float q, float x) => MathF.FusedMultiplyAdd(q - x, q - x, sum);
        public static Vector<float> Add(Vector<float> sum, Vector<float> q, Vector<float> x) => Vector.MultiplyAddEstimate(q - x, q - x, sum);
        public static Vector512<float> Add(Vector512<float> sum, Vector512<float> q, Vector512<float> x) => Vector512.MultiplyAddEstimate(q - x, q - x, sum);
    }
}
