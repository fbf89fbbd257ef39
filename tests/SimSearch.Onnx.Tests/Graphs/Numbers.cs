namespace SimSearch.Onnx.Tests;

/// <summary>A tensor of doubles for the slow twin; truth values are 0 and 1.</summary>
internal sealed record Numbers(long[] Shape, double[] Values)
{
    public static Numbers Of(long[] shape) => new(shape, new double[shape.Aggregate(1L, (a, b) => a * b)]);

    public int Rank => Shape.Length;

    public static long[] Strides(long[] shape)
    {
        var strides = new long[shape.Length];
        long step = 1;
        for (int i = shape.Length - 1; i >= 0; i--)
        {
            strides[i] = step;
            step *= shape[i];
        }
        return strides;
    }

    /// <summary>The place in a tensor of <paramref name="own"/> that broadcasting puts at place <paramref name="at"/> of <paramref name="shape"/>.</summary>
    public static long Source(long at, long[] shape, long[] own)
    {
        long place = 0, step = 1;
        for (int i = shape.Length - 1, k = own.Length - 1; i >= 0; i--, k--)
        {
            long index = at % shape[i];
            at /= shape[i];
            if (k < 0) continue;
            if (own[k] != 1) place += index * step;
            step *= own[k];
        }
        return place;
    }

    public static Numbers Map(long[] shape, Func<double[], double> function, params Numbers[] inputs)
    {
        var result = Of(shape);
        var arguments = new double[inputs.Length];
        for (int i = 0; i < result.Values.Length; i++)
        {
            for (int k = 0; k < inputs.Length; k++) arguments[k] = inputs[k].Values[Source(i, shape, inputs[k].Shape)];
            result.Values[i] = function(arguments);
        }
        return result;
    }

    /// <summary>Each element of the result taken from one place of this tensor, or a number where the place is negative.</summary>
    public Numbers Pick(long[] shape, Func<long[], long> place, double otherwise = 0)
    {
        var result = Of(shape);
        var index = new long[shape.Length];
        for (long i = 0; i < result.Values.Length; i++)
        {
            long rest = i;
            for (int axis = shape.Length - 1; axis >= 0; axis--)
            {
                index[axis] = rest % shape[axis];
                rest /= shape[axis];
            }
            long from = place(index);
            result.Values[i] = from < 0 ? otherwise : Values[from];
        }
        return result;
    }
}
