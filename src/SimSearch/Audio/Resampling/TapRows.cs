using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace SimSearch.Audio;

/// <summary>Evenly spaced phases of a filter bank, for ratios with more phases than are worth keeping: those between are interpolated linearly.</summary>
internal sealed class TapRows
{
    private readonly float[] numbers; // [(phases + 1) x length]
    private readonly int phases, length;

    /// <param name="bank">Gives the taps.</param>
    /// <param name="phases">How many to keep per input period; one more, for the period's end, is added.</param>
    public TapRows(FilterBank bank, int phases)
    {
        (this.phases, length) = (phases, bank.Length);
        numbers = new float[(phases + 1) * length];
        for (int phase = 0; phase <= phases; phase++) bank.Phase((double)phase / phases, numbers.AsSpan(phase * length, length));
    }

    /// <summary>One output.</summary>
    /// <param name="fraction">How far after an input the output sits, in input periods, 0 to below 1.</param>
    /// <param name="signal">From the first input that the output needs.</param>
    public float Apply(double fraction, ReadOnlySpan<float> signal)
    {
        int below = (int)(fraction * phases);
        float weight = (float)(fraction * phases - below);
        // The loop below is unchecked.
        if (signal.Length < length || (below + 2) * length > numbers.Length) throw new ArgumentException("the signal is shorter than the filter");
        ref float x = ref MemoryMarshal.GetReference(signal);
        ref float low = ref numbers[below * length];
        ref float high = ref Unsafe.Add(ref low, length);
        var a = Vector512<float>.Zero;
        var b = Vector512<float>.Zero;
        for (nuint i = 0; i < (nuint)length; i += 16)
        {
            var samples = Vector512.LoadUnsafe(ref x, i);
            a = Vector512.MultiplyAddEstimate(samples, Vector512.LoadUnsafe(ref low, i), a);
            b = Vector512.MultiplyAddEstimate(samples, Vector512.LoadUnsafe(ref high, i), b);
        }
        return Vector512.Sum(a + (b - a) * weight);
    }
}
