namespace SimSearch.Onnx;

internal static partial class ShapeRules
{
    private static long[] Conv(Call node)
    {
        long[] x = node.Dims(0), w = node.Dims(1), strides = node.Integers("strides"), pads = node.Integers("pads");
        long groups = node.Integer("group", 1);
        Four(node);
        if (x[1] != w[1] * groups) throw node.Wrong($"the input has {x[1]} channels; a weight of {w[1]} channels in {groups} group(s) takes {w[1] * groups}");
        if (w[0] % groups != 0) throw node.Wrong($"{w[0]} output channels cannot be split into {groups} groups");
        return [x[0], w[0], Window(node, 2, w[2], strides, pads), Window(node, 3, w[3], strides, pads)];
    }

    /// <summary>How far a kernel reaches.</summary>
    private static long Reach(Call node, int axis, long kernel)
    {
        long apart = GraphNode.Find(node.Attributes, "dilations") is long[] dilations ? dilations[axis - 2] : 1;
        return apart >= 1 ? (kernel - 1) * apart + 1 : throw node.Wrong($"dilation {apart} must be 1 or more");
    }

    private static long[] ConvTranspose(Call node)
    {
        long[] x = node.Dims(0), w = node.Dims(1), strides = node.Integers("strides"), pads = node.Integers("pads"), extra = node.Integers("output_padding");
        long groups = node.Integer("group", 1);
        Four(node);
        if (x[1] != w[0]) throw node.Wrong($"the input has {x[1]} channels, the weight takes {w[0]}");
        long Size(int axis) => (x[axis] - 1) * strides[axis - 2] + Reach(node, axis, w[axis]) - pads[axis - 2] - pads[axis] + extra[axis - 2];
        return [x[0], w[1] * groups, Size(2), Size(3)];
    }

    private static long[] Pool(Call node)
    {
        long[] x = node.Dims(0), kernel = node.Integers("kernel_shape"), strides = node.Integers("strides"), pads = node.Integers("pads");
        if (x.Length != 4) throw node.Wrong("it needs [batch, channel, height, width]");
        for (int i = 0; i < 2; i++)
            if (pads[i] >= kernel[i] || pads[i + 2] >= kernel[i]) throw node.Wrong($"padding {Shapes.Text(pads)} must be smaller than the window {Shapes.Text(kernel)}");
        return [x[0], x[1], Window(node, 2, kernel[0], strides, pads), Window(node, 3, kernel[1], strides, pads)];
    }

    private static void Four(Call node)
    {
        if (node.Dims(0).Length != 4 || node.Dims(1).Length != 4) throw node.Wrong("it needs an input [batch, channel, height, width] and a weight [out, in / groups, height, width]");
    }

    private static long Window(Call node, int axis, long kernel, long[] strides, long[] pads)
    {
        long size = node.Dims(0)[axis] + pads[axis - 2] + pads[axis], stride = strides[axis - 2];
        if (stride < 1) throw node.Wrong($"stride {stride} must be 1 or more");
        if (pads[axis - 2] < 0 || pads[axis] < 0) throw node.Wrong($"padding {Shapes.Text(pads)} must not be negative");
        long reach = Reach(node, axis, kernel);
        if (kernel < 1 || reach > size) throw node.Wrong($"a window of {reach} does not fit axis {axis}, which has {size} with its padding");
        return (size - reach) / stride + 1;
    }

    private static long[] BatchNormalization(Call node)
    {
        for (int i = 1; i < 5; i++)
            if (node.Dims(i).Length != 1 || node.Dims(i)[0] != node.Dims(0)[1]) throw node.Wrong("its parameters must be vectors of one number a channel");
        return node.Dims(0);
    }

    private static long[] Reshape(Call node)
    {
        long[] from = node.Dims(0), to = [.. node.Numbers(1)];
        long known = 1;
        int open = -1;
        for (int i = 0; i < to.Length; i++)
        {
            if (to[i] == 0) to[i] = i < from.Length ? from[i] : throw node.Wrong($"axis {i} of {Shapes.Text(to)} is 0 (keep), but the input has no such axis");
            if (to[i] == -1) open = open < 0 ? i : throw node.Wrong($"{Shapes.Text(to)}: only one axis may be -1");
            else known *= to[i];
        }
        long count = node.Inputs[0].Count;
        if (open >= 0) to[open] = known > 0 && count % known == 0 ? count / known : throw node.Wrong($"{count} elements do not divide into {Shapes.Text(to)}");
        else if (known != count) throw node.Wrong($"{count} elements do not fit {Shapes.Text(to)}");
        return to;
    }

    private static long[] Transpose(Call node)
    {
        long[] from = node.Dims(0), order = node.Integers("perm");
        if (!order.Order().SequenceEqual(Enumerable.Range(0, from.Length).Select(i => (long)i))) throw node.Wrong($"{Shapes.Text(order)} is not an order of {from.Length} axes");
        return Array.ConvertAll(order, i => from[i]);
    }

    private static long[] Concat(Call node)
    {
        long[] shape = [.. node.Dims(0)];
        int axis = Shapes.Axis(node.Integer("axis"), shape.Length, node.Inputs[0].Name);
        foreach (var input in node.Inputs.AsSpan(1))
        {
            if (input.Rank != shape.Length) throw node.Wrong("the numbers of axes differ");
            for (int i = 0; i < shape.Length; i++)
                if (i != axis && input.Dims[i] != shape[i]) throw node.Wrong($"axis {i} differs; only axis {axis} may");
            shape[axis] += input.Dims[axis];
        }
        return shape;
    }

    private static long[] Slice(Call node)
    {
        long[] shape = [.. node.Dims(0)], starts = node.Numbers(1), ends = node.Numbers(2), axes = node.Numbers(3), steps = node.Numbers(4);
        for (int i = 0; i < axes.Length; i++)
        {
            int axis = Shapes.Axis(axes[i], shape.Length, node.Inputs[0].Name);
            long size = shape[axis], start = Math.Clamp(starts[i] < 0 ? starts[i] + size : starts[i], 0, size), end = Math.Clamp(ends[i] < 0 ? ends[i] + size : ends[i], 0, size);
            if (steps[i] == -1 && starts[i] == -1 && ends[i] == long.MinValue) continue; // the whole axis, turned round
            if (steps[i] < 1) throw node.Wrong($"step {steps[i]} must be 1 or more");
            shape[axis] = Math.Max(0, (end - start + steps[i] - 1) / steps[i]);
            if (shape[axis] == 0) throw node.Wrong($"nothing is left of axis {axis} (size {size}) between {starts[i]} and {ends[i]}");
        }
        return shape;
    }

    private static long[] Pad(Call node)
    {
        long[] shape = [.. node.Dims(0)], pads = node.Numbers(1);
        if (pads.Length != 2 * shape.Length || pads.Any(p => p < 0)) throw node.Wrong($"padding {Shapes.Text(pads)} must be a number of 0 or more before and after each axis");
        for (int i = 0; i < shape.Length; i++) shape[i] += pads[i] + pads[i + shape.Length];
        return shape;
    }

    private static long[] Expand(Call node)
    {
        long[] to = node.Numbers(1);
        return Shapes.Broadcast(node.Dims(0), to) is { } shape && Shapes.Same(shape, to) ? shape : throw node.Wrong($"the shape does not stretch to {Shapes.Text(to)}");
    }

    private static long[] Gather(Call node)
    {
        if (node.Inputs[1].Type != OnnxElementType.Int64) throw node.Wrong($"indices must be Int64, not {node.Inputs[1].Type}");
        if (node.Inputs[0].Rank < 1) throw node.Wrong("a scalar has no rows");
        return [.. node.Dims(1), .. node.Dims(0).AsSpan(1)];
    }
}
