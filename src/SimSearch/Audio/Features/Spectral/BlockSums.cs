using System.Numerics.Tensors;

namespace SimSearch.Audio;

/// <summary>Sums over a spectrum: vectorised float32 within blocks, float64 from block to block, so that their error depends neither on the length nor much on the processor.</summary>
internal static class BlockSums
{
    private const int Block = 128;

    /// <summary>The sum of all values.</summary>
    public static double Sum(ReadOnlySpan<float> values)
    {
        double sum = 0;
        for (; values.Length > Block; values = values[Block..]) sum += TensorPrimitives.Sum(values[..Block]);
        return sum + TensorPrimitives.Sum(values);
    }

    /// <summary>The sum of the products of two spans of the same length.</summary>
    public static double Dot(ReadOnlySpan<float> x, ReadOnlySpan<float> y)
    {
        double sum = 0;
        for (; x.Length > Block; x = x[Block..], y = y[Block..]) sum += TensorPrimitives.Dot(x[..Block], y[..Block]);
        return sum + TensorPrimitives.Dot(x, y);
    }

    /// <summary>The index of the first value at which the running sum reaches a goal; the last index when it never does.</summary>
    public static int FirstReaching(ReadOnlySpan<float> values, double goal)
    {
        double sum = 0;
        int at = 0;
        for (; at + Block < values.Length; at += Block)
        {
            double next = sum + TensorPrimitives.Sum(values.Slice(at, Block));
            if (next >= goal) break;
            sum = next;
        }
        for (; at < values.Length - 1; at++)
            if ((sum += values[at]) >= goal) break;
        return at;
    }
}
