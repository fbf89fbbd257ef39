using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace SimSearch.Audio;

/// <summary>
/// Dot products of one filter phase with stretches of signal. Eight outputs that share a phase are made at once, so that each tap is loaded once
/// for all of them. Lengths are multiples of 16.
/// </summary>
internal static class ResampleKernels
{
    /// <summary>Outputs made by one call of <see cref="Dot8"/>.</summary>
    public const int Group = 8;

    /// <summary>output[j * outputStride] = sum over i of taps[i] * signal[j * stride + i], for j = 0 .. 7.</summary>
    public static void Dot8(ReadOnlySpan<float> taps, ReadOnlySpan<float> signal, int stride, Span<float> output, int outputStride)
    {
        // The loops below are unchecked.
        if (signal.Length < 7L * stride + taps.Length || output.Length <= 7L * outputStride) throw new ArgumentException("the signal or the output is too short for eight outputs");
        ref float t = ref Unsafe.AsRef(in taps[0]);
        ref float x = ref Unsafe.AsRef(in signal[0]);
        if (Vector512.IsHardwareAccelerated) Dot8Wide(ref t, taps.Length, ref x, stride, output, outputStride);
        else if (Vector256.IsHardwareAccelerated)
        {
            Dot4(ref t, taps.Length, ref x, stride, output, outputStride);
            Dot4(ref t, taps.Length, ref Unsafe.Add(ref x, 4 * stride), stride, output[(4 * outputStride)..], outputStride);
        }
        else
            for (int j = 0; j < Group; j++) output[j * outputStride] = Dot(taps, signal.Slice(j * stride, taps.Length));
    }

    /// <summary>The sum of taps[i] * signal[i].</summary>
    public static float Dot(ReadOnlySpan<float> taps, ReadOnlySpan<float> signal)
    {
        if (signal.Length < taps.Length) throw new ArgumentException("the signal is shorter than the filter");
        ref float t = ref Unsafe.AsRef(in taps[0]);
        ref float x = ref Unsafe.AsRef(in signal[0]);
        var a = Vector256<float>.Zero;
        var b = Vector256<float>.Zero;
        for (int i = 0; i < taps.Length; i += 16)
        {
            a = Vector256.MultiplyAddEstimate(Vector256.LoadUnsafe(ref t, (nuint)i), Vector256.LoadUnsafe(ref x, (nuint)i), a);
            b = Vector256.MultiplyAddEstimate(Vector256.LoadUnsafe(ref t, (nuint)i + 8), Vector256.LoadUnsafe(ref x, (nuint)i + 8), b);
        }
        return Vector256.Sum(a + b);
    }

    private static void Dot8Wide(ref float t, int length, ref float x, int stride, Span<float> output, int outputStride)
    {
        var a0 = Vector512<float>.Zero;
        var a1 = a0; var a2 = a0; var a3 = a0; var a4 = a0; var a5 = a0; var a6 = a0; var a7 = a0;
        ref float x4 = ref Unsafe.Add(ref x, 4 * stride);
        nuint s = (nuint)stride;
        for (nuint i = 0; i < (nuint)length; i += 16)
        {
            var tap = Vector512.LoadUnsafe(ref t, i);
            a0 = Vector512.MultiplyAddEstimate(tap, Vector512.LoadUnsafe(ref x, i), a0);
            a1 = Vector512.MultiplyAddEstimate(tap, Vector512.LoadUnsafe(ref x, i + s), a1);
            a2 = Vector512.MultiplyAddEstimate(tap, Vector512.LoadUnsafe(ref x, i + 2 * s), a2);
            a3 = Vector512.MultiplyAddEstimate(tap, Vector512.LoadUnsafe(ref x, i + 3 * s), a3);
            a4 = Vector512.MultiplyAddEstimate(tap, Vector512.LoadUnsafe(ref x4, i), a4);
            a5 = Vector512.MultiplyAddEstimate(tap, Vector512.LoadUnsafe(ref x4, i + s), a5);
            a6 = Vector512.MultiplyAddEstimate(tap, Vector512.LoadUnsafe(ref x4, i + 2 * s), a6);
            a7 = Vector512.MultiplyAddEstimate(tap, Vector512.LoadUnsafe(ref x4, i + 3 * s), a7);
        }
        Store4(Halve(a0), Halve(a1), Halve(a2), Halve(a3), output, outputStride);
        Store4(Halve(a4), Halve(a5), Halve(a6), Halve(a7), output[(4 * outputStride)..], outputStride);
    }

    private static void Dot4(ref float t, int length, ref float x, int stride, Span<float> output, int outputStride)
    {
        var a0 = Vector256<float>.Zero;
        var a1 = a0; var a2 = a0; var a3 = a0;
        nuint s = (nuint)stride;
        for (nuint i = 0; i < (nuint)length; i += 8)
        {
            var tap = Vector256.LoadUnsafe(ref t, i);
            a0 = Vector256.MultiplyAddEstimate(tap, Vector256.LoadUnsafe(ref x, i), a0);
            a1 = Vector256.MultiplyAddEstimate(tap, Vector256.LoadUnsafe(ref x, i + s), a1);
            a2 = Vector256.MultiplyAddEstimate(tap, Vector256.LoadUnsafe(ref x, i + 2 * s), a2);
            a3 = Vector256.MultiplyAddEstimate(tap, Vector256.LoadUnsafe(ref x, i + 3 * s), a3);
        }
        Store4(a0, a1, a2, a3, output, outputStride);
    }

    private static Vector256<float> Halve(Vector512<float> v) => v.GetLower() + v.GetUpper();

    /// <summary>Sums each of four vectors; adding them pairwise first takes a third of the steps of four separate sums.</summary>
    private static void Store4(Vector256<float> a, Vector256<float> b, Vector256<float> c, Vector256<float> d, Span<float> output, int stride)
    {
        Vector128<float> sums;
        if (Avx.IsSupported)
        {
            var all = Avx.HorizontalAdd(Avx.HorizontalAdd(a, b), Avx.HorizontalAdd(c, d));
            sums = all.GetLower() + all.GetUpper();
        }
        else sums = Vector128.Create(Vector256.Sum(a), Vector256.Sum(b), Vector256.Sum(c), Vector256.Sum(d));
        output[0] = sums[0];
        output[stride] = sums[1];
        output[2 * stride] = sums[2];
        output[3 * stride] = sums[3];
    }
}
