namespace SimSearch.Onnx;

/// <summary>
/// A value in a <see cref="GraphBuilder"/>'s graph: a name, an element type and a static shape; no numbers. Arithmetic operators add nodes to the graph
/// and broadcast as NumPy does: shapes are aligned at their last axis, an axis of 1 stretches.
/// </summary>
public sealed class GraphTensor
{
    internal GraphTensor(GraphBuilder graph, string name, OnnxElementType type, long[] shape)
    {
        Graph = graph;
        Name = name;
        Type = type;
        Dims = shape;
        Count = Shapes.Count(shape, name);
    }

    /// <summary>Unique in the graph; inputs and parameters have the name they were declared with.</summary>
    public string Name { get; }

    /// <summary>The element type.</summary>
    public OnnxElementType Type { get; }

    /// <summary>The size of each axis; empty for a scalar.</summary>
    public ReadOnlySpan<long> Shape => Dims;

    /// <summary>The number of axes.</summary>
    public int Rank => Dims.Length;

    /// <summary>The number of elements: the product of the shape.</summary>
    public long Count { get; }

    /// <summary>The memory its elements take.</summary>
    public long Bytes => Count * Shapes.ElementBytes(Type);

    /// <summary>The size of one axis; negative numbers count from the last (-1).</summary>
    public long this[int axis] => Dims[Shapes.Axis(axis, Rank, Name)];

    internal GraphBuilder Graph { get; }

    internal long[] Dims { get; }

    /// <summary>Name, type and shape, as error messages show them.</summary>
    public override string ToString() => $"{Name} {Type}{Shapes.Text(Dims)}";

    /// <summary>Element-wise sum.</summary>
    public static GraphTensor operator +(GraphTensor a, GraphTensor b) => a.Graph.Add(a, b);

    /// <summary>Element-wise difference.</summary>
    public static GraphTensor operator -(GraphTensor a, GraphTensor b) => a.Graph.Subtract(a, b);

    /// <summary>Element-wise product.</summary>
    public static GraphTensor operator *(GraphTensor a, GraphTensor b) => a.Graph.Multiply(a, b);

    /// <summary>Element-wise quotient.</summary>
    public static GraphTensor operator /(GraphTensor a, GraphTensor b) => a.Graph.Divide(a, b);

    /// <summary>Adds a number to every element.</summary>
    public static GraphTensor operator +(GraphTensor a, double b) => a.Graph.Add(a, a.Graph.Constant(b));

    /// <summary>Subtracts a number from every element.</summary>
    public static GraphTensor operator -(GraphTensor a, double b) => a.Graph.Subtract(a, a.Graph.Constant(b));

    /// <summary>A number minus every element.</summary>
    public static GraphTensor operator -(double a, GraphTensor b) => b.Graph.Subtract(b.Graph.Constant(a), b);

    /// <summary>Multiplies every element by a number.</summary>
    public static GraphTensor operator *(GraphTensor a, double b) => a.Graph.Multiply(a, a.Graph.Constant(b));

    /// <summary>Divides every element by a number.</summary>
    public static GraphTensor operator /(GraphTensor a, double b) => a.Graph.Divide(a, a.Graph.Constant(b));

    /// <summary>The negative of every element.</summary>
    public static GraphTensor operator -(GraphTensor a) => a.Graph.Negate(a);
}
