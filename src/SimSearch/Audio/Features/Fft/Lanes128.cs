using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace SimSearch.Audio;

/// <summary>4 floats in a 128-bit register (SSE, NEON).</summary>
internal readonly unsafe struct Float128 : ILanes<Vector128<float>, float>
{
    public static bool IsSupported => Vector128.IsHardwareAccelerated;

    public static int Count => 4;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Load(float* from) => Vector128.Load(from);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector128<float> value, float* to) => value.Store(to);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreSingle(Vector128<float> value, float* to) => value.Store(to);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Broadcast(float value) => Vector128.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Add(Vector128<float> a, Vector128<float> b) => a + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Subtract(Vector128<float> a, Vector128<float> b) => a - b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Multiply(Vector128<float> a, Vector128<float> b) => a * b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> MultiplyAdd(Vector128<float> a, Vector128<float> b, Vector128<float> c) => Vector128.MultiplyAddEstimate(a, b, c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> NegatedMultiplyAdd(Vector128<float> a, Vector128<float> b, Vector128<float> c) => Vector128.MultiplyAddEstimate(-a, b, c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Reverse(Vector128<float> a) => Vector128.Shuffle(a, Vector128.Create(3, 2, 1, 0));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void LoadPairs(float* from, out Vector128<float> even, out Vector128<float> odd)
    {
        var low = Vector128.Load(from);
        var high = Vector128.Load(from + 4);
        if (Sse.IsSupported)
        {
            even = Sse.Shuffle(low, high, 0x88);
            odd = Sse.Shuffle(low, high, 0xDD);
            return;
        }
        low = Vector128.Shuffle(low, Vector128.Create(0, 2, 1, 3));
        high = Vector128.Shuffle(high, Vector128.Create(0, 2, 1, 3));
        even = Vector128.Create(low.GetLower(), high.GetLower());
        odd = Vector128.Create(low.GetUpper(), high.GetUpper());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreZipped(float* to, Vector128<float> a, Vector128<float> b, Vector128<float> c, Vector128<float> d)
    {
        var acLow = ZipLow(a, c);
        var acHigh = ZipHigh(a, c);
        var bdLow = ZipLow(b, d);
        var bdHigh = ZipHigh(b, d);
        ZipLow(acLow, bdLow).Store(to);
        ZipHigh(acLow, bdLow).Store(to + 4);
        ZipLow(acHigh, bdHigh).Store(to + 8);
        ZipHigh(acHigh, bdHigh).Store(to + 12);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreZippedQuads(float* to, Vector128<float> a, Vector128<float> b, Vector128<float> c, Vector128<float> d) =>
        throw new NotSupportedException("a register of 4 numbers needs no zipping of quads");

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> ZipLow(Vector128<float> a, Vector128<float> b) => Sse.IsSupported
        ? Sse.UnpackLow(a, b)
        : Vector128.Shuffle(Vector128.Create(a.GetLower(), b.GetLower()), Vector128.Create(0, 2, 1, 3));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> ZipHigh(Vector128<float> a, Vector128<float> b) => Sse.IsSupported
        ? Sse.UnpackHigh(a, b)
        : Vector128.Shuffle(Vector128.Create(a.GetUpper(), b.GetUpper()), Vector128.Create(0, 2, 1, 3));
}

/// <summary>2 doubles in a 128-bit register (SSE2, NEON).</summary>
internal readonly unsafe struct Double128 : ILanes<Vector128<double>, double>
{
    public static bool IsSupported => Vector128.IsHardwareAccelerated;

    public static int Count => 2;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<double> Load(double* from) => Vector128.Load(from);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector128<double> value, double* to) => value.Store(to);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreSingle(Vector128<double> value, float* to) => *(double*)to = Vector128.Narrow(value, value).AsDouble().ToScalar();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<double> Broadcast(double value) => Vector128.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<double> Add(Vector128<double> a, Vector128<double> b) => a + b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<double> Subtract(Vector128<double> a, Vector128<double> b) => a - b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<double> Multiply(Vector128<double> a, Vector128<double> b) => a * b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<double> MultiplyAdd(Vector128<double> a, Vector128<double> b, Vector128<double> c) => Vector128.MultiplyAddEstimate(a, b, c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<double> NegatedMultiplyAdd(Vector128<double> a, Vector128<double> b, Vector128<double> c) => Vector128.MultiplyAddEstimate(-a, b, c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<double> Reverse(Vector128<double> a) => Vector128.Shuffle(a, Vector128.Create(1L, 0));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void LoadPairs(float* from, out Vector128<double> even, out Vector128<double> odd)
    {
        var (low, high) = Vector128.Widen(Vector128.Load(from));
        even = ZipLow(low, high);
        odd = ZipHigh(low, high);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreZipped(double* to, Vector128<double> a, Vector128<double> b, Vector128<double> c, Vector128<double> d)
    {
        ZipLow(a, b).Store(to);
        ZipLow(c, d).Store(to + 2);
        ZipHigh(a, b).Store(to + 4);
        ZipHigh(c, d).Store(to + 6);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreZippedQuads(double* to, Vector128<double> a, Vector128<double> b, Vector128<double> c, Vector128<double> d) =>
        throw new NotSupportedException("a register of 2 numbers needs no zipping of quads");

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<double> ZipLow(Vector128<double> a, Vector128<double> b) =>
        Sse2.IsSupported ? Sse2.UnpackLow(a, b) : Vector128.Create(a.GetLower(), b.GetLower());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<double> ZipHigh(Vector128<double> a, Vector128<double> b) =>
        Sse2.IsSupported ? Sse2.UnpackHigh(a, b) : Vector128.Create(a.GetUpper(), b.GetUpper());
}
