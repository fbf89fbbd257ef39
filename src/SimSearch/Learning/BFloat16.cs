using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace SimSearch.Learning;

/// <summary>
/// The upper half of a float32: its full range with 8 bits of precision (0.4 %, 0.02 dB). Power spans twenty orders of magnitude, which float16 cannot hold.
/// </summary>
internal static class BFloat16
{
    /// <summary>Rounds to the nearest, ties to even; values must be finite.</summary>
    public static void FromSingles(ReadOnlySpan<float> from, Span<ushort> to)
    {
        for (int i = 0; i < from.Length; i++)
        {
            uint bits = BitConverter.SingleToUInt32Bits(from[i]);
            to[i] = (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
        }
    }

    /// <summary>The float with these upper bits.</summary>
    public static float ToSingle(ushort value) => BitConverter.UInt32BitsToSingle((uint)value << 16);

    /// <summary>(1 - share) a + share b, value by value.</summary>
    public static void Lerp(ReadOnlySpan<ushort> a, ReadOnlySpan<ushort> b, float share, Span<float> to)
    {
        int i = 0;
        if (Vector256.IsHardwareAccelerated)
        {
            ref ushort pa = ref MemoryMarshal.GetReference(a), pb = ref MemoryMarshal.GetReference(b);
            ref float pto = ref MemoryMarshal.GetReference(to);
            var scale = Vector256.Create(share);
            for (; i <= to.Length - Vector128<ushort>.Count; i += Vector128<ushort>.Count)
            {
                var (aLow, aHigh) = Vector128.Widen(Vector128.LoadUnsafe(ref pa, (nuint)i));
                var (bLow, bHigh) = Vector128.Widen(Vector128.LoadUnsafe(ref pb, (nuint)i));
                var x = (Vector256.Create(aLow, aHigh) << 16).AsSingle();
                var y = (Vector256.Create(bLow, bHigh) << 16).AsSingle();
                (x + scale * (y - x)).StoreUnsafe(ref pto, (nuint)i);
            }
        }
        for (; i < to.Length; i++)
        {
            float x = ToSingle(a[i]), y = ToSingle(b[i]);
            to[i] = x + share * (y - x);
        }
    }
}
