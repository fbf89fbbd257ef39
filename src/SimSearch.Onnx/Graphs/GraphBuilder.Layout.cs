namespace SimSearch.Onnx;

public sealed partial class GraphBuilder
{
    /// <summary>Another shape over the same elements.</summary>
    /// <param name="x">Any shape.</param>
    /// <param name="shape">0 keeps the input's axis at that place, one axis may be -1 (what is left). Use these for axes that an exported model keeps open.</param>
    /// <exception cref="OnnxGraphException">The elements do not fit.</exception>
    public GraphTensor Reshape(GraphTensor x, params ReadOnlySpan<long> shape) => Emit("Reshape", [x, Int64Constant(shape)]);

    /// <summary>The axes in another order.</summary>
    public GraphTensor Transpose(GraphTensor x, params ReadOnlySpan<long> order) => Emit("Transpose", [x], ("perm", order.ToArray()));

    /// <summary>Tensors one after the other along an axis; the other axes must agree.</summary>
    public GraphTensor Concat(int axis, params GraphTensor[] parts) =>
        parts.Length == 0 ? throw new OnnxGraphException("Concat needs at least one tensor") : Emit("Concat", [.. parts], ("axis", (long)axis));

    /// <summary>The part from start (included) to end (excluded) of one axis; negative numbers count from its end.</summary>
    /// <exception cref="OnnxGraphException">Nothing is left.</exception>
    public GraphTensor Slice(GraphTensor x, int axis, long start, long end) =>
        Emit("Slice", [x, Int64Constant(start), Int64Constant(end), Int64Constant(axis), Int64Constant(1)]);

    /// <summary>A constant around the tensor.</summary>
    /// <param name="x">Any shape.</param>
    /// <param name="before">How much before each axis; as many as axes.</param>
    /// <param name="after">How much after each axis.</param>
    /// <param name="value">What to put there.</param>
    public GraphTensor Pad(GraphTensor x, ReadOnlySpan<long> before, ReadOnlySpan<long> after, double value = 0) =>
        Emit("Pad", [x, Int64Constant([.. before, .. after]), Constant(value)]);

    /// <summary>Stretches axes of 1 to a shape, as broadcasting does. The shape becomes part of the graph, so an exported model cannot keep these axes open.</summary>
    public GraphTensor Expand(GraphTensor x, params ReadOnlySpan<long> shape) => Shapes.Same(x.Shape, shape) ? x : Emit("Expand", [x, Int64Constant(shape)]);

    /// <summary>Parts of a table by index, by default its rows: an embedding look-up.</summary>
    /// <param name="table">[rows x ...].</param>
    /// <param name="indices">Int64, any shape; 0 to rows - 1, or -rows to -1 counted from the end. ONNX Runtime refuses a run with an index outside.</param>
    /// <param name="axis">The axis that is looked up; negative numbers count from the last.</param>
    /// <returns>The table's shape with that of the indices in place of the axis.</returns>
    public GraphTensor Gather(GraphTensor table, GraphTensor indices, int axis = 0)
    {
        if (table.Rank > 0) axis = Shapes.Axis(axis, table.Rank, table.Name);
        if (axis == 0) return Emit("Gather", [table, indices], ("axis", 0L));
        int rank = table.Rank, inserted = indices.Rank;
        long[] first = [axis, .. Axes(0, axis), .. Axes(axis + 1, rank)], back = [.. Axes(inserted, inserted + axis), .. Axes(0, inserted), .. Axes(inserted + axis, inserted + rank - 1)];
        return Transpose(Gather(Transpose(table, first), indices), back);

        static IEnumerable<long> Axes(int from, int to) => Enumerable.Range(from, to - from).Select(i => (long)i);
    }

    /// <summary>The sum over axes.</summary>
    /// <param name="x">Any shape.</param>
    /// <param name="axes">Which; negative numbers count from the last.</param>
    /// <param name="keep">Whether summed axes stay, with size 1.</param>
    public GraphTensor Sum(GraphTensor x, ReadOnlySpan<int> axes, bool keep = false) => Reduce("ReduceSum", x, axes, keep);

    /// <summary>The sum of all elements, a scalar.</summary>
    public GraphTensor Sum(GraphTensor x) => Sum(x, All(x));

    /// <summary>The mean over axes.</summary>
    public GraphTensor Mean(GraphTensor x, ReadOnlySpan<int> axes, bool keep = false) => Reduce("ReduceMean", x, axes, keep);

    /// <summary>The mean of all elements, a scalar.</summary>
    public GraphTensor Mean(GraphTensor x) => Mean(x, All(x));

    /// <summary>The sum of squares over axes.</summary>
    public GraphTensor SumOfSquares(GraphTensor x, ReadOnlySpan<int> axes, bool keep = false) => Reduce("ReduceSumSquare", x, axes, keep);

    /// <summary>The maximum over axes; elements that share it share the gradient equally.</summary>
    public GraphTensor Max(GraphTensor x, ReadOnlySpan<int> axes, bool keep = false) => Reduce("ReduceMax", x, axes, keep);

    /// <summary>The minimum over axes; elements that share it share the gradient equally.</summary>
    public GraphTensor Min(GraphTensor x, ReadOnlySpan<int> axes, bool keep = false) => Reduce("ReduceMin", x, axes, keep);

    private GraphTensor Reduce(string op, GraphTensor x, ReadOnlySpan<int> axes, bool keep)
    {
        // No axes would mean all of them to ONNX and none to a reader.
        if (axes.Length == 0) return op == "ReduceSumSquare" ? Square(x) : Emit("Identity", [x]);
        var numbers = new long[axes.Length];
        for (int i = 0; i < axes.Length; i++) numbers[i] = axes[i];
        return Emit(op, [x, Int64Constant(numbers)], ("keepdims", keep ? 1L : 0L));
    }

    private static int[] All(GraphTensor x) => [.. Enumerable.Range(0, x.Rank)];
}
