using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace SimSearch.Audio;

/// <summary>8 floats in an AVX register.</summary>
internal readonly unsafe struct Float256 : ILanes<Vector256<float>, float>
{
    public static bool IsSupported => Vector256.IsHardwareAccelerated && Avx2.IsSupported && Fma.IsSupported;

    public static int Count => 8;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load(float* from) => Vector256.Load(from);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector256<float> value, float* to) => value.Store(to);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreSingle(Vector256<float> value, float* to) => value.Store(to);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Broadcast(float value) => Vector256.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Add(Vector256<float> a, Vector256<float> b) => a + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Subtract(Vector256<float> a, Vector256<float> b) => a - b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Multiply(Vector256<float> a, Vector256<float> b) => a * b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> MultiplyAdd(Vector256<float> a, Vector256<float> b, Vector256<float> c) => Fma.MultiplyAdd(a, b, c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> NegatedMultiplyAdd(Vector256<float> a, Vector256<float> b, Vector256<float> c) => Fma.MultiplyAddNegated(a, b, c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Reverse(Vector256<float> a) => Avx2.PermuteVar8x32(a, Vector256.Create(7, 6, 5, 4, 3, 2, 1, 0));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void LoadPairs(float* from, out Vector256<float> even, out Vector256<float> odd)
    {
        // Shuffle works within 128-bit halves: bring the right halves together first.
        var low = Vector256.Load(from);
        var high = Vector256.Load(from + 8);
        var outer = Avx.Permute2x128(low, high, 0x20);
        var inner = Avx.Permute2x128(low, high, 0x31);
        even = Avx.Shuffle(outer, inner, 0x88);
        odd = Avx.Shuffle(outer, inner, 0xDD);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreZipped(float* to, Vector256<float> a, Vector256<float> b, Vector256<float> c, Vector256<float> d)
    {
        var (acLow, acHigh) = Zip(a, c);
        var (bdLow, bdHigh) = Zip(b, d);
        var (first, second) = Zip(acLow, bdLow);
        var (third, fourth) = Zip(acHigh, bdHigh);
        first.Store(to);
        second.Store(to + 8);
        third.Store(to + 16);
        fourth.Store(to + 24);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreZippedQuads(float* to, Vector256<float> a, Vector256<float> b, Vector256<float> c, Vector256<float> d)
    {
        Avx.Permute2x128(a, b, 0x20).Store(to);
        Avx.Permute2x128(c, d, 0x20).Store(to + 8);
        Avx.Permute2x128(a, b, 0x31).Store(to + 16);
        Avx.Permute2x128(c, d, 0x31).Store(to + 24);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector256<float> Low, Vector256<float> High) Zip(Vector256<float> a, Vector256<float> b)
    {
        var low = Avx.UnpackLow(a, b);
        var high = Avx.UnpackHigh(a, b);
        return (Avx.Permute2x128(low, high, 0x20), Avx.Permute2x128(low, high, 0x31));
    }
}

/// <summary>4 doubles in an AVX register.</summary>
internal readonly unsafe struct Double256 : ILanes<Vector256<double>, double>
{
    public static bool IsSupported => Float256.IsSupported;

    public static int Count => 4;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<double> Load(double* from) => Vector256.Load(from);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector256<double> value, double* to) => value.Store(to);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreSingle(Vector256<double> value, float* to) => Avx.ConvertToVector128Single(value).Store(to);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<double> Broadcast(double value) => Vector256.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<double> Add(Vector256<double> a, Vector256<double> b) => a + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<double> Subtract(Vector256<double> a, Vector256<double> b) => a - b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<double> Multiply(Vector256<double> a, Vector256<double> b) => a * b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<double> MultiplyAdd(Vector256<double> a, Vector256<double> b, Vector256<double> c) => Fma.MultiplyAdd(a, b, c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<double> NegatedMultiplyAdd(Vector256<double> a, Vector256<double> b, Vector256<double> c) => Fma.MultiplyAddNegated(a, b, c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<double> Reverse(Vector256<double> a) => Avx2.Permute4x64(a, 0x1B);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void LoadPairs(float* from, out Vector256<double> even, out Vector256<double> odd)
    {
        var low = Vector128.Load(from);
        var high = Vector128.Load(from + 4);
        even = Avx.ConvertToVector256Double(Sse.Shuffle(low, high, 0x88));
        odd = Avx.ConvertToVector256Double(Sse.Shuffle(low, high, 0xDD));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreZipped(double* to, Vector256<double> a, Vector256<double> b, Vector256<double> c, Vector256<double> d)
    {
        var abEven = Avx.UnpackLow(a, b);
        var abOdd = Avx.UnpackHigh(a, b);
        var cdEven = Avx.UnpackLow(c, d);
        var cdOdd = Avx.UnpackHigh(c, d);
        Avx.Permute2x128(abEven, cdEven, 0x20).Store(to);
        Avx.Permute2x128(abOdd, cdOdd, 0x20).Store(to + 4);
        Avx.Permute2x128(abEven, cdEven, 0x31).Store(to + 8);
        Avx.Permute2x128(abOdd, cdOdd, 0x31).Store(to + 12);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreZippedQuads(double* to, Vector256<double> a, Vector256<double> b, Vector256<double> c, Vector256<double> d) =>
        throw new NotSupportedException("a register of 4 numbers needs no zipping of quads");
}
