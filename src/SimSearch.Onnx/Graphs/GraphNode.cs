namespace SimSearch.Onnx;

/// <summary>One standard ONNX operator with one output. An attribute is a long, a float, a string or a long[].</summary>
internal sealed class GraphNode(string op, GraphTensor[] inputs, GraphTensor output, (string Name, object Value)[] attributes)
{
    public string Op => op;

    public GraphTensor[] Inputs => inputs;

    public GraphTensor Output => output;

    public (string Name, object Value)[] Attributes => attributes;

    public long Integer(string name, long otherwise = 0) => Find(attributes, name) is long value ? value : otherwise;

    public long[] Integers(string name) => (long[])(Find(attributes, name) ?? throw new InvalidOperationException($"{op} has no attribute {name}"));

    /// <summary>How far apart the elements of a convolution's kernel are, along both axes.</summary>
    public long[] Dilations => (long[]?)Find(attributes, "dilations") ?? [1, 1];

    public static object? Find((string Name, object Value)[] attributes, string name)
    {
        foreach (var (key, value) in attributes)
            if (key == name) return value;
        return null;
    }
}
