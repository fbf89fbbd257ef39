using System.Numerics;
using System.Numerics.Tensors;

namespace SimSearch.Audio;

/// <summary>Numbers taken from a frame's samples themselves.</summary>
internal static class Waveform
{
    /// <summary>Samples this close to 0 count as 0 (and 0 as positive).</summary>
    private const float Threshold = 1e-10f;

    /// <summary>Root of the mean square.</summary>
    public static float Rms(ReadOnlySpan<float> frame) => MathF.Sqrt(TensorPrimitives.SumOfSquares(frame) / frame.Length);

    /// <summary>The share of samples whose sign differs from the sample before; the first never counts. NaN when a sample is.</summary>
    public static float ZeroCrossings(ReadOnlySpan<float> frame)
    {
        var floor = new Vector<float>(-Threshold);
        var negativeCount = Vector<int>.Zero;
        var numbers = Vector<int>.AllBitsSet;
        int crossings = 0, i = 1;
        for (; i <= frame.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            var now = new Vector<float>(frame[i..]);
            var before = new Vector<float>(frame[(i - 1)..]);
            negativeCount += Vector.LessThan(now, floor) ^ Vector.LessThan(before, floor);
            numbers &= Vector.Equals(now, now);
        }
        crossings -= Vector.Sum(negativeCount);
        bool isNumber = numbers == Vector<int>.AllBitsSet && !float.IsNaN(frame[0]);
        for (; i < frame.Length; i++)
        {
            if (frame[i] < -Threshold != frame[i - 1] < -Threshold) crossings++;
            isNumber &= !float.IsNaN(frame[i]);
        }
        return isNumber ? crossings / (float)frame.Length : float.NaN;
    }
}
