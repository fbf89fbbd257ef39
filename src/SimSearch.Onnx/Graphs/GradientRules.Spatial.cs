namespace SimSearch.Onnx;

internal static partial class GradientRules
{
    private static GraphTensor ConvInput(GraphBuilder g, GraphNode node, GraphTensor d)
    {
        GraphTensor w = node.Inputs[1];
        long[] strides = node.Integers("strides"), pads = node.Integers("pads"), apart = node.Dilations;
        long groups = node.Integer("group", 1), height = w.Dims[2], width = w.Dims[3], size = height * width, filters = w.Dims[0] / groups, channels = w.Dims[1];
        long down = (height - 1) * apart[0], across = (width - 1) * apart[1];
        long[] around = [down - pads[0], across - pads[1], down - pads[2], across - pads[3]];
        if (strides.Any(s => s != 1) || around.Any(p => p < 0)) return Spread(g, d, w, node.Inputs[0].Dims, strides, pads, groups, apart);
        // With a stride of 1 the adjoint is a convolution with the kernels turned by half a circle, and channels and filters exchanged; that is the faster operator.
        var turned = g.Emit("Slice", [g.Reshape(w, groups, filters, channels, size), g.Int64Constant(-1), g.Int64Constant(long.MinValue), g.Int64Constant(3), g.Int64Constant(-1)]);
        turned = g.Reshape(g.Transpose(turned, 0, 2, 1, 3), groups * channels, filters, height, width);
        return g.Emit("Conv", [d, turned], Attributes(w, strides, around, groups, apart));
    }

    /// <summary>The adjoint of a convolution: each output goes back to the window it came from.</summary>
    private static GraphTensor Spread(GraphBuilder g, GraphTensor d, GraphTensor weight, long[] to, long[] strides, long[] pads, long groups, long[] apart)
    {
        // What the last window left over at the end belongs to no window: output_padding restores it.
        long Extra(int i) => to[i + 2] - ((d.Dims[i + 2] - 1) * strides[i] + (weight.Dims[i + 2] - 1) * apart[i] + 1 - pads[i] - pads[i + 2]);
        return g.Emit("ConvTranspose", [d, weight], [.. Attributes(weight, strides, pads, groups, apart), ("output_padding", new[] { Extra(0), Extra(1) })]);
    }

    private static (string Name, object Value)[] Attributes(GraphTensor weight, long[] strides, long[] pads, long groups, long[] apart) =>
        [("kernel_shape", weight.Dims[2..]), ("strides", strides), ("pads", pads), ("group", groups), ("dilations", apart)];

    /// <summary>
    /// Every window of x as a column: [batch x channels x kernel size x positions]. A grouped convolution with kernels that are 1 at one place and 0 elsewhere copies them:
    /// faster than a convolution with batch and channels exchanged, than shifted slices put together, and than the same in parts of the batch.
    /// </summary>
    private static GraphTensor Windows(GraphBuilder g, GraphTensor x, long height, long width, long[] strides, long[] pads, long[] apart, long positions)
    {
        long channels = x.Dims[1], size = height * width;
        var columns = g.Emit("Conv", [x, Picks(g, channels, height, width)], ("kernel_shape", new[] { height, width }), ("strides", strides), ("pads", pads), ("group", channels), ("dilations", apart));
        return g.Reshape(columns, x.Dims[0], channels, size, positions);
    }

    /// <summary>Kernels that are 1 at one place and 0 elsewhere, one for each place and channel.</summary>
    private static GraphTensor Picks(GraphBuilder g, long channels, long height, long width)
    {
        const double most = 1 << 25;
        long size = height * width;
        if ((double)channels * size * size > most) throw new OnnxGraphException($"a window of {height} x {width} over {channels} channel(s) is too large for a gradient; use a smaller one, two after each other, or Max and Mean over whole axes");
        var picks = new double[channels * size * size];
        for (long c = 0; c < channels; c++)
            for (long i = 0; i < size; i++) picks[((c * size) + i) * size + i] = 1;
        return g.Constant(picks, [channels * size, 1, height, width]);
    }

    private static GraphTensor ConvWeight(GraphBuilder g, GraphNode node, GraphTensor d)
    {
        GraphTensor x = node.Inputs[0], w = node.Inputs[1];
        long batch = x.Dims[0], groups = node.Integer("group", 1), positions = d.Dims[2] * d.Dims[3], inputs = w.Dims[1] * w.Dims[2] * w.Dims[3], filters = w.Dims[0] / groups;
        var windows = g.Reshape(Windows(g, x, w.Dims[2], w.Dims[3], node.Integers("strides"), node.Integers("pads"), node.Dilations, positions), batch, groups, inputs, positions);
        // The large factor stands on the left: what stands on the right is copied into another order, and that is the transposed gradient, which is small.
        var product = g.MatMul(windows, Flip(g, g.Reshape(d, batch, groups, filters, positions)));
        return g.Reshape(Flip(g, g.Sum(product, [0])), w.Shape);
    }

    private static GraphTensor AveragePool(GraphBuilder g, GraphNode node, GraphTensor d)
    {
        long[] x = node.Inputs[0].Dims, kernel = node.Integers("kernel_shape"), strides = node.Integers("strides"), pads = node.Integers("pads");
        double size = kernel[0] * kernel[1];
        if (kernel.SequenceEqual(strides) && pads.All(p => p == 0) && x[2] % kernel[0] == 0 && x[3] % kernel[1] == 0 && x[3] <= 256) return Spread(g, d, x, kernel);
        if (node.Integer("count_include_pad") == 0 && pads.Any(p => p > 0)) d *= g.Constant(Shares(x, d.Dims, kernel, strides, pads, size), [1, 1, d.Dims[2], d.Dims[3]]);
        // Channels are independent: they stand in the batch, so that one small kernel serves all.
        var alone = g.Reshape(d, x[0] * x[1], 1, d.Dims[2], d.Dims[3]);
        var ones = g.Constant(Enumerable.Repeat(1 / size, (int)size).ToArray(), [1, 1, kernel[0], kernel[1]]);
        return g.Reshape(Spread(g, alone, ones, [x[0] * x[1], 1, x[2], x[3]], strides, pads, 1, node.Dilations), x);
    }

    /// <summary>Windows side by side without gaps: a product with a thin matrix writes each row of the gradient as the rows it came from, in half the time of a transposed convolution.</summary>
    private static GraphTensor Spread(GraphBuilder g, GraphTensor d, long[] x, long[] kernel)
    {
        long columns = d.Dims[3], width = x[3];
        var copies = new double[columns * kernel[0] * width];
        for (long row = 0; row < kernel[0]; row++)
            for (long at = 0; at < width; at++) copies[at / kernel[1] * kernel[0] * width + row * width + at] = 1.0 / (kernel[0] * kernel[1]);
        return g.Reshape(g.Gemm(g.Reshape(d, -1, columns), g.Constant(copies, [columns, kernel[0] * width])), x);
    }

    /// <summary>Window size over the part of it that is not padding, for each output position.</summary>
    private static double[] Shares(long[] x, long[] y, long[] kernel, long[] strides, long[] pads, double size)
    {
        long Inside(int axis, long at)
        {
            long start = at * strides[axis] - pads[axis];
            return Math.Min(start + kernel[axis], x[axis + 2]) - Math.Max(start, 0);
        }
        var shares = new double[y[2] * y[3]];
        for (long h = 0; h < y[2]; h++)
            for (long w = 0; w < y[3]; w++) shares[h * y[3] + w] = size / (Inside(0, h) * Inside(1, w));
        return shares;
    }

    private static GraphTensor MaxPool(GraphBuilder g, GraphNode node, GraphTensor d)
    {
        var x = node.Inputs[0];
        long[] kernel = node.Integers("kernel_shape"), strides = node.Integers("strides"), pads = node.Integers("pads");
        long rows = x.Dims[0] * x.Dims[1], size = kernel[0] * kernel[1], positions = d.Dims[2] * d.Dims[3], height = x.Dims[2] + pads[0] + pads[2], width = x.Dims[3] + pads[1] + pads[3];
        // Padding must not win: it is a most negative number, not zero.
        var padded = pads.Any(p => p > 0) ? g.Pad(x, [0, 0, pads[0], pads[1]], [0, 0, pads[2], pads[3]], -3e38) : x;
        var windows = g.Reshape(Windows(g, g.Reshape(padded, rows, 1, height, width), kernel[0], kernel[1], strides, [0, 0, 0, 0], node.Dilations, positions), rows, size, positions);
        // The largest of the windows, not of x: a device that rounds in convolutions has rounded both.
        var share = g.Number(g.Equal(windows, g.Max(windows, [1], keep: true)));
        var parts = share * (g.Reshape(d, rows, 1, positions) / g.Sum(share, [1], keep: true));
        var spread = Spread(g, g.Reshape(parts, rows, size, d.Dims[2], d.Dims[3]), Picks(g, 1, kernel[0], kernel[1]), [rows, 1, x.Dims[2], x.Dims[3]], strides, pads, 1, node.Dilations);
        return g.Reshape(spread, x.Shape);
    }
}
