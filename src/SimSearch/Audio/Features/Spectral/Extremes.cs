using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace SimSearch.Audio;

/// <summary>
/// Means of the smallest and largest of some values that are 0 or more. The bits of such floats, read as integers, have the order of the floats:
/// a bisection on integers, which counts the values below its middle, finds the border in at most 31 counts. Its time depends little on the values; sorting, and lists of
/// the best so far, are slow on the falling spectra that real sounds have.
/// </summary>
internal static class Extremes
{
    /// <summary>Turns the order of the bits of non-negative floats around.</summary>
    private const int Reversed = int.MaxValue;

    /// <summary>The mean of the <paramref name="count"/> smallest values; NaN when any value is.</summary>
    /// <param name="values">0 or more each.</param>
    /// <param name="count">1 to the number of values.</param>
    public static float MeanOfSmallest(ReadOnlySpan<float> values, int count) => Mean(values, count, 0);

    /// <summary>The mean of the <paramref name="count"/> largest values; NaN when any value is.</summary>
    /// <param name="values">0 or more each.</param>
    /// <param name="count">1 to the number of values.</param>
    public static float MeanOfLargest(ReadOnlySpan<float> values, int count) => Mean(values, count, Reversed);

    private static float Mean(ReadOnlySpan<float> values, int count, int flip)
    {
        float smallest = TensorPrimitives.Min(values), largest = TensorPrimitives.Max(values);
        if (float.IsNaN(smallest)) return float.NaN;
        var bits = MemoryMarshal.Cast<float, int>(values);
        int first = BitConverter.SingleToInt32Bits(smallest) ^ flip, last = BitConverter.SingleToInt32Bits(largest) ^ flip;
        // Fewer than `count` keys are below `low`; at least `count` are at or below `high`.
        int low = Math.Min(first, last), high = Math.Max(first, last), below = 0;
        while (low < high)
        {
            int middle = low + (high - low) / 2 + 1;
            int found = CountBelow(bits, middle, flip);
            if (found == count) return (float)(SumBelow(values, middle, flip) / count);
            if (found > count) high = middle - 1;
            else (low, below) = (middle, found);
        }
        // Several values are equal to the border: as many of them as are still missing.
        double border = BitConverter.Int32BitsToSingle(low ^ flip);
        return (float)((SumBelow(values, low, flip) + (count - below) * border) / count);
    }

    private static int CountBelow(ReadOnlySpan<int> bits, int bound, int flip)
    {
        var bounds = new Vector<int>(bound);
        var flips = new Vector<int>(flip);
        var sum = Vector<int>.Zero;
        int i = 0, count = 0;
        for (; i <= bits.Length - Vector<int>.Count; i += Vector<int>.Count) sum -= Vector.LessThan(new Vector<int>(bits[i..]) ^ flips, bounds);
        for (; i < bits.Length; i++) count += (bits[i] ^ flip) < bound ? 1 : 0;
        return count + Vector.Sum(sum);
    }

    private static double SumBelow(ReadOnlySpan<float> values, int bound, int flip)
    {
        double sum = 0;
        foreach (float value in values)
            if ((BitConverter.SingleToInt32Bits(value) ^ flip) < bound) sum += value;
        return sum;
    }
}
