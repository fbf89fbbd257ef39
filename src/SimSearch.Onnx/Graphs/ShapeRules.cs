namespace SimSearch.Onnx;

/// <summary>The type and shape of each operator's output, as the ONNX standard defines them; what does not fit is refused with the names of the tensors.</summary>
internal static partial class ShapeRules
{
    public static (OnnxElementType Type, long[] Shape) Infer(string op, string name, GraphTensor[] inputs, (string Name, object Value)[] attributes, GraphBuilder graph)
    {
        var node = new Call(op, name, inputs, attributes, graph);
        return op switch
        {
            "Add" or "Sub" or "Mul" or "Div" or "Max" or "Min" or "Pow" => (Numeric(node), Broadcast(node, 0, 1)),
            "Greater" or "GreaterOrEqual" or "Less" or "LessOrEqual" or "Equal" => (Comparison(node), Broadcast(node, 0, 1)),
            "And" or "Or" => (All(node, OnnxElementType.Bool), Broadcast(node, 0, 1)),
            "Not" => (All(node, OnnxElementType.Bool), inputs[0].Dims),
            "Neg" or "Abs" or "Sign" or "Exp" or "Log" or "Sqrt" or "Reciprocal" or "Relu" or "Tanh" or "Sigmoid" or "HardSigmoid" or "Erf" => (Floating(node), inputs[0].Dims),
            "Identity" => (inputs[0].Type, inputs[0].Dims),
            "Size" => (OnnxElementType.Int64, []),
            "Shape" => (OnnxElementType.Int64, [node.Integer("end") - node.Integer("start")]),
            "Softmax" or "LogSoftmax" => (Floating(node), WithAxis(node)),
            "Cast" => ((OnnxElementType)node.Integer("to"), inputs[0].Dims),
            "Where" => (Choice(node), Choose(node)),
            "ReduceSum" or "ReduceMean" or "ReduceMax" or "ReduceMin" or "ReduceSumSquare" => (Floating(node), Reduce(node)),
            "MatMul" => (Floating(node), MatMul(node)),
            "Gemm" => (Floating(node), Gemm(node)),
            "Conv" => (Floating(node), Conv(node)),
            "ConvTranspose" => (Floating(node), ConvTranspose(node)),
            "AveragePool" or "MaxPool" => (Floating(node), Pool(node)),
            "BatchNormalization" => (Floating(node), BatchNormalization(node)),
            "Reshape" => (inputs[0].Type, Reshape(node)),
            "Transpose" => (inputs[0].Type, Transpose(node)),
            "Concat" => (SameType(node), Concat(node)),
            "Slice" => (inputs[0].Type, Slice(node)),
            "Pad" => (inputs[0].Type, Pad(node)),
            "Expand" => (inputs[0].Type, Expand(node)),
            "Gather" => (inputs[0].Type, Gather(node)),
            "ScatterElements" => (inputs[0].Type, inputs[0].Dims),
            _ => throw new InvalidOperationException($"no shape rule for the operator {op}"),
        };
    }

    internal sealed record Call(string Op, string Name, GraphTensor[] Inputs, (string Name, object Value)[] Attributes, GraphBuilder Graph)
    {
        public long[] Dims(int input) => Inputs[input].Dims;

        public long Integer(string name, long otherwise = 0) => GraphNode.Find(Attributes, name) is long value ? value : otherwise;

        public long[] Integers(string name) => (long[])GraphNode.Find(Attributes, name)!;

        /// <summary>The numbers of an input that is a constant of integers: axes, shapes, starts.</summary>
        public long[] Numbers(int input) => (long[])Graph.Constants[Inputs[input]];

        public OnnxGraphException Wrong(string rule) => new($"{Name} ({Op} of {string.Join(", ", Inputs.Select(i => i.ToString()))}): {rule}");
    }

    private static OnnxElementType SameType(Call node)
    {
        foreach (var input in node.Inputs)
            if (input.Type != node.Inputs[0].Type) throw node.Wrong($"the types differ; cast {input.Name} to {node.Inputs[0].Type} first");
        return node.Inputs[0].Type;
    }

    private static OnnxElementType Numeric(Call node) => SameType(node) is OnnxElementType.Bool ? throw node.Wrong("truth values cannot be computed with; cast them first") : node.Inputs[0].Type;

    private static OnnxElementType Floating(Call node) =>
        SameTypeOfData(node) is OnnxElementType.Float or OnnxElementType.Double ? node.Inputs[0].Type : throw node.Wrong($"it needs Float or Double, not {node.Inputs[0].Type}; cast first");

    // The second input of a reduction holds the axes: integers beside the data.
    private static OnnxElementType SameTypeOfData(Call node) => node.Op.StartsWith("Reduce", StringComparison.Ordinal) ? node.Inputs[0].Type : SameType(node);

    private static OnnxElementType Comparison(Call node)
    {
        Numeric(node);
        return OnnxElementType.Bool;
    }

    private static OnnxElementType All(Call node, OnnxElementType type) => SameType(node) == type ? type : throw node.Wrong($"it needs {type}, not {node.Inputs[0].Type}");

    private static OnnxElementType Choice(Call node) => node.Inputs[0].Type != OnnxElementType.Bool
        ? throw node.Wrong("the condition must be Bool")
        : node.Inputs[1].Type == node.Inputs[2].Type ? node.Inputs[1].Type : throw node.Wrong("the two choices have different types");

    private static long[] Choose(Call node) =>
        Shapes.Broadcast(Shapes.Broadcast(node.Dims(0), node.Dims(1)) ?? throw Misfit(node), node.Dims(2)) ?? throw Misfit(node);

    private static long[] Broadcast(Call node, int a, int b) => Shapes.Broadcast(node.Dims(a), node.Dims(b)) ?? throw Misfit(node);

    private static OnnxGraphException Misfit(Call node) => node.Wrong("the shapes do not broadcast: aligned at the last axis, sizes must be equal or 1");

    private static long[] WithAxis(Call node)
    {
        int axis = Shapes.Axis(node.Integer("axis", -1), node.Inputs[0].Rank, node.Name);
        return node.Dims(0)[axis] > 0 ? node.Dims(0) : throw node.Wrong($"axis {axis} is empty");
    }

    private static long[] Reduce(Call node)
    {
        long[] shape = [.. node.Dims(0)], axes = node.Numbers(1);
        var gone = new HashSet<int>();
        foreach (long axis in axes)
        {
            int a = Shapes.Axis(axis, shape.Length, node.Inputs[0].Name);
            if (!gone.Add(a)) throw node.Wrong($"axis {a} is named twice");
            if (shape[a] == 0) throw node.Wrong($"axis {a} is empty: there is nothing to reduce");
            shape[a] = 1;
        }
        return node.Integer("keepdims", 1) == 1 ? shape : [.. shape.Where((_, i) => !gone.Contains(i))];
    }

    private static long[] MatMul(Call node)
    {
        long[] a = node.Dims(0), b = node.Dims(1);
        if (a.Length < 2 || b.Length < 2) throw node.Wrong("both need two axes or more; reshape a vector to a row or a column");
        if (a[^1] != b[^2]) throw node.Wrong($"the inner sizes {a[^1]} and {b[^2]} differ");
        return [.. Shapes.Broadcast(a.AsSpan(..^2), b.AsSpan(..^2)) ?? throw Misfit(node), a[^2], b[^1]];
    }

    private static long[] Gemm(Call node)
    {
        long[] a = node.Dims(0), b = node.Dims(1);
        if (a.Length != 2 || b.Length != 2) throw node.Wrong("both need exactly two axes; use MatMul for stacks of matrices");
        bool ta = node.Integer("transA") == 1, tb = node.Integer("transB") == 1;
        long inner = a[ta ? 0 : 1], other = b[tb ? 1 : 0];
        return inner == other ? [a[ta ? 1 : 0], b[tb ? 0 : 1]] : throw node.Wrong($"the inner sizes {inner} and {other} differ");
    }
}
