namespace SimSearch.Onnx;

/// <summary>The gradient of each operator, written in operators again.</summary>
internal static partial class GradientRules
{
    public static GraphTensor?[] Of(GraphBuilder g, GraphNode node, GraphTensor d, Func<int, bool> wanted)
    {
        GraphTensor x = node.Inputs[0], y = node.Output;
        GraphTensor b = node.Inputs.Length > 1 ? node.Inputs[1] : x;
        GraphTensor? If(int k, Func<GraphTensor> gradient) => wanted(k) ? gradient() : null;
        switch (node.Op)
        {
            case "Add": return [If(0, () => Fit(g, d, x)), If(1, () => Fit(g, d, b))];
            case "Sub": return [If(0, () => Fit(g, d, x)), If(1, () => -Fit(g, d, b))];
            case "Mul" when ReferenceEquals(x, b): return [d * x * 2, null];
            case "Mul": return [If(0, () => Fit(g, d * b, x)), If(1, () => Fit(g, d * x, b))];
            case "Div": return [If(0, () => Fit(g, d / b, x)), If(1, () => -Fit(g, d * y / b, b))];
            case "Max": return Choice(g, d, x, b, g.Less(x, b), If);
            case "Min": return Choice(g, d, x, b, g.Greater(x, b), If);
            case "Neg": return [-d];
            case "Abs": return [d * g.Sign(x)];
            case "Exp": return [d * y];
            case "Log": return [d / x];
            case "Sqrt": return [d * 0.5 / y];
            case "Reciprocal": return [-(d * y * y)];
            case "Relu": return [d * g.Step(y)];
            case "Tanh": return [d * (1 - y * y)];
            case "Sigmoid": return [d * y * (1 - y)];
            case "Erf": return [d * g.Exp(-(x * x)) * (2 / Math.Sqrt(Math.PI))];
            case "Identity": return [d];
            case "Where":
                GraphTensor no = g.Constant(0), other = node.Inputs[2];
                return [null, If(1, () => Fit(g, g.Where(x, d, no), b)), If(2, () => Fit(g, g.Where(x, no, d), other))];
            case "Softmax": return [y * (d - g.Sum(d * y, [(int)node.Integer("axis")], keep: true))];
            case "LogSoftmax": return [d - g.Exp(y) * g.Sum(d, [(int)node.Integer("axis")], keep: true)];
            case "ReduceSum": return [Stretch(g, node, d, 1)];
            case "ReduceMean": return [Stretch(g, node, d, (double)y.Count / x.Count)];
            case "ReduceSumSquare": return [x * (Kept(g, node, d) * 2)];
            case "ReduceMax" or "ReduceMin":
                var share = g.Number(g.Equal(x, Kept(g, node, y)));
                return [share * (Kept(g, node, d) / g.Sum(share, Axes(g, node), keep: true))];
            case "MatMul": return [If(0, () => Fit(g, g.MatMul(d, Flip(g, b)), x)), If(1, () => RightOfProduct(g, x, b, d))];
            case "Gemm": return Gemm(g, node, d, If);
            case "Conv": return [If(0, () => ConvInput(g, node, d)), If(1, () => ConvWeight(g, node, d))];
            case "AveragePool": return [AveragePool(g, node, d)];
            case "MaxPool": return [MaxPool(g, node, d)];
            case "Reshape": return [g.Reshape(d, x.Shape)];
            case "Transpose": return [g.Transpose(d, Inverse(node.Integers("perm")))];
            case "Concat": return Concat(g, node, d, If);
            case "Slice": return [Slice(g, node, d)];
            case "Pad": return [Pad(g, node, d)];
            case "Expand": return [Fit(g, d, x)];
            case "Gather": return [Gather(g, node, d)];
            // Steps: their gradient is zero wherever they have one.
            case "Sign" or "Cast" or "Greater" or "GreaterOrEqual" or "Less" or "LessOrEqual" or "Equal" or "And" or "Or" or "Not" or "Size" or "Shape":
                return new GraphTensor?[node.Inputs.Length];
            default: throw new OnnxGraphException($"{y.Name}: the operator {node.Op} has no gradient");
        }
    }

    /// <summary>Sums over the axes that broadcasting stretched.</summary>
    private static GraphTensor Fit(GraphBuilder g, GraphTensor d, GraphTensor source)
    {
        if (Shapes.Same(d.Shape, source.Shape)) return d;
        int extra = d.Rank - source.Rank;
        int[] axes = [.. Enumerable.Range(0, d.Rank).Where(i => d.Dims[i] != 1 && (i < extra || source.Dims[i - extra] == 1))];
        if (axes.Length > 0) d = g.Sum(d, axes, keep: true);
        return Shapes.Same(d.Shape, source.Shape) ? d : g.Reshape(d, source.Shape);
    }

    private static GraphTensor?[] Choice(GraphBuilder g, GraphTensor d, GraphTensor a, GraphTensor b, GraphTensor second, Func<int, Func<GraphTensor>, GraphTensor?> choose)
    {
        var zero = g.Constant(0);
        return [choose(0, () => Fit(g, g.Where(second, zero, d), a)), choose(1, () => Fit(g, g.Where(second, d, zero), b))];
    }

    private static int[] Axes(GraphBuilder g, GraphNode node) => Array.ConvertAll((long[])g.Constants[node.Inputs[1]], a => (int)a);

    /// <summary>The result of a reduction with the reduced axes as 1.</summary>
    private static GraphTensor Kept(GraphBuilder g, GraphNode node, GraphTensor reduced)
    {
        if (node.Integer("keepdims") == 1) return reduced;
        long[] shape = [.. node.Inputs[0].Dims];
        foreach (int axis in Axes(g, node)) shape[Shapes.Axis(axis, shape.Length, node.Inputs[0].Name)] = 1;
        return g.Reshape(reduced, shape);
    }

    /// <summary>The gradient of a sum, times a factor, at every element that was summed.</summary>
    private static GraphTensor Stretch(GraphBuilder g, GraphNode node, GraphTensor d, double factor)
    {
        var x = node.Inputs[0];
        long n = x.Count / d.Count;
        int rank = x.Rank;
        var axes = Axes(g, node).Select(a => Shapes.Axis(a, rank, x.Name)).ToHashSet();
        // Over the last axes, a product of a column with a row of equal numbers takes a tenth of Expand's time.
        if (n <= 4096 && axes.All(a => a >= rank - axes.Count)) return g.Reshape(g.Gemm(g.Reshape(d, -1, 1), g.Constant(Enumerable.Repeat(factor, (int)n).ToArray(), [1, n])), x.Shape);
        return g.Expand(Kept(g, node, factor == 1 ? d : d * factor), x.Shape);
    }

    private static GraphTensor Flip(GraphBuilder g, GraphTensor x)
    {
        long[] order = [.. Enumerable.Range(0, x.Rank).Select(i => (long)i)];
        (order[^1], order[^2]) = (order[^2], order[^1]);
        return g.Transpose(x, order);
    }

    private static GraphTensor RightOfProduct(GraphBuilder g, GraphTensor a, GraphTensor b, GraphTensor d)
    {
        // One matrix for a whole stack: one product over all rows instead of a stack of products and their sum.
        if (b.Rank == 2 && a.Rank > 2) return g.Gemm(g.Reshape(a, -1, a[-1]), g.Reshape(d, -1, d[-1]), transposeA: true);
        return Fit(g, g.MatMul(Flip(g, a), d), b);
    }

    private static GraphTensor?[] Gemm(GraphBuilder g, GraphNode node, GraphTensor d, Func<int, Func<GraphTensor>, GraphTensor?> choose)
    {
        GraphTensor a = node.Inputs[0], b = node.Inputs[1];
        bool ta = node.Integer("transA") == 1, tb = node.Integer("transB") == 1;
        return
        [
            choose(0, () => ta ? g.Gemm(b, d, tb, true) : g.Gemm(d, b, false, !tb)),
            choose(1, () => tb ? g.Gemm(d, a, true, ta) : g.Gemm(a, d, !ta, false)),
        ];
    }

    private static long[] Inverse(long[] order)
    {
        var inverse = new long[order.Length];
        for (int i = 0; i < order.Length; i++) inverse[order[i]] = i;
        return inverse;
    }

    private static GraphTensor?[] Concat(GraphBuilder g, GraphNode node, GraphTensor d, Func<int, Func<GraphTensor>, GraphTensor?> choose)
    {
        int axis = Shapes.Axis(node.Integer("axis"), d.Rank, node.Output.Name);
        var parts = new GraphTensor?[node.Inputs.Length];
        long from = 0;
        for (int i = 0; i < parts.Length; i++)
        {
            long start = from, end = from += node.Inputs[i].Dims[axis];
            parts[i] = choose(i, () => g.Slice(d, axis, start, end));
        }
        return parts;
    }

    private static GraphTensor Slice(GraphBuilder g, GraphNode node, GraphTensor d)
    {
        long[] Numbers(int input) => (long[])g.Constants[node.Inputs[input]];
        long[] starts = Numbers(1), axes = Numbers(3), shape = node.Inputs[0].Dims, before = new long[shape.Length], after = new long[shape.Length];
        if (Numbers(4).Any(s => s != 1)) throw new OnnxGraphException($"{node.Output.Name}: a slice with steps has no gradient here");
        for (int i = 0; i < axes.Length; i++)
        {
            int axis = Shapes.Axis(axes[i], shape.Length, node.Output.Name);
            before[axis] = Math.Clamp(starts[i] < 0 ? starts[i] + shape[axis] : starts[i], 0, shape[axis]);
            after[axis] = shape[axis] - before[axis] - d.Dims[axis];
        }
        return g.Pad(d, before, after);
    }

    private static GraphTensor Pad(GraphBuilder g, GraphNode node, GraphTensor d)
    {
        long[] pads = (long[])g.Constants[node.Inputs[1]], shape = node.Inputs[0].Dims;
        for (int axis = 0; axis < shape.Length; axis++)
            if (shape[axis] != d.Dims[axis]) d = g.Slice(d, axis, pads[axis], pads[axis] + shape[axis]);
        return d;
    }

    private static GraphTensor Gather(GraphBuilder g, GraphNode node, GraphTensor d)
    {
        GraphTensor table = node.Inputs[0], indices = node.Inputs[1];
        long width = table.Count / table.Dims[0];
        // Rows may be asked for several times, so their gradients add up; one thread does this in order, so that sums do not depend on luck.
        var rows = g.Expand(g.Reshape(indices, -1, 1), indices.Count, width);
        var sum = g.Emit("ScatterElements", [g.Expand(g.Constant([0], [1, 1]), table.Dims[0], width), rows, g.Reshape(d, -1, width)], ("axis", 0L), ("reduction", "add"));
        return g.Reshape(sum, table.Shape);
    }
}
