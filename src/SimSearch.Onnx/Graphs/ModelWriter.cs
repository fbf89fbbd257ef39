using System.Runtime.InteropServices;

namespace SimSearch.Onnx;

/// <summary>Writes a part of a graph as an ONNX model: what the outputs need, and nothing else.</summary>
internal sealed class ModelWriter(IReadOnlyList<GraphNode> nodes, IReadOnlyDictionary<GraphTensor, Array> constants)
{
    // IR version 8 is what opset 18 came with; field numbers are those of onnx.proto.
    private const int IrVersion = 8;

    /// <summary>The inputs that the outputs depend on, with names for the axes that stay open.</summary>
    public List<(GraphTensor Tensor, string?[] Axes)> Inputs { get; } = [];

    /// <summary>Tensors that are given as numbers: parameters in an exported model.</summary>
    public Dictionary<GraphTensor, Array> Initialisers { get; } = [];

    /// <summary>What the model returns, under which names.</summary>
    public List<(GraphTensor Tensor, string Name, string?[] Axes)> Outputs { get; } = [];

    /// <summary>Key and value pairs stored beside the graph.</summary>
    public List<(string Key, string Value)> Metadata { get; } = [];

    /// <summary>The nodes that the outputs need, in the order of creation.</summary>
    public static List<GraphNode> Needed(IReadOnlyList<GraphNode> nodes, IEnumerable<GraphTensor> outputs)
    {
        var needed = new HashSet<GraphTensor>(outputs);
        var kept = new List<GraphNode>();
        for (int i = nodes.Count - 1; i >= 0; i--)
        {
            if (!needed.Contains(nodes[i].Output)) continue;
            kept.Add(nodes[i]);
            needed.UnionWith(nodes[i].Inputs);
        }
        kept.Reverse();
        return kept;
    }

    public byte[] Write()
    {
        var kept = Needed(nodes, Outputs.Select(o => o.Tensor));
        var made = kept.Select(n => n.Output).ToHashSet();
        var renamed = new Dictionary<GraphTensor, string>();
        var graph = new ProtoWriter();
        // An output takes its name from the caller; only an input that is returned as it came, or a tensor returned twice, needs a copy.
        foreach (var (tensor, name, _) in Outputs)
            if (made.Contains(tensor)) renamed.TryAdd(tensor, name);
        string Name(GraphTensor tensor) => renamed.GetValueOrDefault(tensor, tensor.Name);
        foreach (var node in kept) graph.Message(1, Node(node.Op, node.Inputs.Select(Name), Name(node.Output), node.Attributes));
        foreach (var (tensor, name, _) in Outputs)
            if (Name(tensor) != name) graph.Message(1, Node("Identity", [Name(tensor)], name, []));
        graph.Text(2, "simsearch");
        var used = kept.SelectMany(n => n.Inputs).Concat(Outputs.Select(o => o.Tensor)).ToHashSet();
        foreach (var (tensor, values) in constants.Concat(Initialisers).Where(c => used.Contains(c.Key))) graph.Message(5, Tensor(tensor, values));
        foreach (var (tensor, axes) in Inputs) graph.Message(11, Value(tensor, tensor.Name, axes));
        foreach (var (tensor, name, axes) in Outputs) graph.Message(12, Value(tensor, name, axes));
        var model = new ProtoWriter().Integer(1, IrVersion).Text(2, "SimSearch").Message(7, graph).Message(8, new ProtoWriter().Text(1, "").Integer(2, GraphBuilder.Opset));
        foreach (var (key, value) in Metadata) model.Message(14, new ProtoWriter().Text(1, key).Text(2, value));
        return model.ToArray();
    }

    private static ProtoWriter Node(string op, IEnumerable<string> inputs, string output, (string Name, object Value)[] attributes)
    {
        var node = new ProtoWriter();
        foreach (string input in inputs) node.Text(1, input);
        node.Text(2, output).Text(3, output).Text(4, op);
        foreach (var (name, value) in attributes)
        {
            var attribute = new ProtoWriter().Text(1, name);
            switch (value)
            {
                case float number: attribute.Float(2, number).Integer(20, 1); break;
                case long number: attribute.Integer(3, number).Integer(20, 2); break;
                case string text: attribute.Text(4, text).Integer(20, 3); break;
                case long[] numbers:
                    foreach (long number in numbers) attribute.Integer(8, number);
                    attribute.Integer(20, 7);
                    break;
                default: throw new InvalidOperationException($"{op}: attribute {name} is a {value.GetType()}");
            }
            node.Message(5, attribute);
        }
        return node;
    }

    private static ProtoWriter Tensor(GraphTensor tensor, Array values)
    {
        var message = new ProtoWriter();
        foreach (long size in tensor.Dims) message.Integer(1, size);
        ReadOnlySpan<byte> raw = values switch
        {
            float[] floats => MemoryMarshal.AsBytes(floats.AsSpan()),
            double[] doubles => MemoryMarshal.AsBytes(doubles.AsSpan()),
            long[] longs => MemoryMarshal.AsBytes(longs.AsSpan()),
            _ => throw new InvalidOperationException($"{tensor}: no constants of {values.GetType()}"),
        };
        return message.Integer(2, (long)tensor.Type).Text(8, tensor.Name).Bytes(9, raw);
    }

    private static ProtoWriter Value(GraphTensor tensor, string name, string?[] axes)
    {
        var shape = new ProtoWriter();
        for (int i = 0; i < tensor.Rank; i++)
            shape.Message(1, axes.Length > 0 && axes[i] is { } symbol ? new ProtoWriter().Text(2, symbol) : new ProtoWriter().Integer(1, tensor.Dims[i]));
        return new ProtoWriter().Text(1, name).Message(2, new ProtoWriter().Message(1, new ProtoWriter().Integer(1, (long)tensor.Type).Message(2, shape)));
    }
}
