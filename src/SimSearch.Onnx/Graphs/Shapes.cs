namespace SimSearch.Onnx;

/// <summary>Arithmetic on static shapes, with errors that name the tensor.</summary>
internal static class Shapes
{
    public static int ElementBytes(OnnxElementType type) => type.Bits() / 8;

    public static string Text(ReadOnlySpan<long> shape) => $"[{string.Join(" x ", shape.ToArray())}]";

    /// <summary>The product of the sizes; no axis may be negative, and the product must fit 2^40 (nothing larger can be meant).</summary>
    public static long Count(ReadOnlySpan<long> shape, string name)
    {
        long count = 1;
        foreach (long size in shape)
        {
            if (size < 0) throw new OnnxGraphException($"{name} {Text(shape)}: an axis has the negative size {size}");
            if (size > 0 && count > (1L << 40) / size) throw new OnnxGraphException($"{name} {Text(shape)} has more than 2^40 elements; make the batch or the layer smaller");
            count *= size;
        }
        return count;
    }

    public static int Axis(long axis, int rank, string name)
    {
        long positive = axis < 0 ? axis + rank : axis;
        if (positive < 0 || positive >= rank) throw new OnnxGraphException($"{name} has {rank} axes; axis {axis} does not exist (use -{rank} to {rank - 1})");
        return (int)positive;
    }

    public static bool Same(ReadOnlySpan<long> a, ReadOnlySpan<long> b) => a.SequenceEqual(b);

    /// <summary>NumPy's rule: aligned at the last axis, sizes equal or one of them 1. Null when they do not fit.</summary>
    public static long[]? Broadcast(ReadOnlySpan<long> a, ReadOnlySpan<long> b)
    {
        int rank = Math.Max(a.Length, b.Length);
        var shape = new long[rank];
        for (int i = 0; i < rank; i++)
        {
            long x = i < rank - a.Length ? 1 : a[i - rank + a.Length], y = i < rank - b.Length ? 1 : b[i - rank + b.Length];
            if (x != y && x != 1 && y != 1) return null;
            shape[i] = x == 1 ? y : x;
        }
        return shape;
    }
}
