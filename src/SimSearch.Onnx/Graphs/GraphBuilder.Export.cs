namespace SimSearch.Onnx;

public sealed partial class GraphBuilder
{
    /// <summary>
    /// Writes the part of the graph that a tensor needs as an ONNX model, with the parameters' values inside. Dropout disappears; what only the loss needs is left out. The nodes are
    /// those that trained, so the outputs are too.
    /// </summary>
    /// <param name="output">The model's result.</param>
    /// <param name="weights">A parameter's values, row-major; called for the parameters that the output depends on.</param>
    /// <param name="options">Open axes, names, metadata.</param>
    /// <exception cref="OnnxGraphException">An open axis does not exist, or the network takes only the size it was built with (a Reshape with that size, an Expand); weights of the wrong length or not finite; an output name or metadata key that is taken.</exception>
    public byte[] Export(GraphTensor output, Func<GraphParameter, ReadOnlyMemory<float>> weights, ExportOptions? options = null)
    {
        options ??= new();
        if (output.Graph != this) throw new OnnxGraphException($"{output.Name} belongs to another GraphBuilder");
        if (Type != OnnxElementType.Float) throw new OnnxGraphException($"a model is exported in Float; this graph is {Type}");
        if (string.IsNullOrWhiteSpace(options.OutputName)) throw new OnnxGraphException("the output needs a name");
        if (options.Metadata.GroupBy(m => m.Key).FirstOrDefault(m => m.Count() > 1) is { } twice) throw new OnnxGraphException($"the metadata key '{twice.Key}' is given twice");
        var copy = new Replay(this, output, []);
        if (copy.Graph.names.Contains(options.OutputName)) throw new OnnxGraphException($"the output cannot be called '{options.OutputName}': a tensor of the graph has that name");
        var symbols = copy.Result.Dims.Select(_ => (string?)null).ToArray();
        foreach (var open in options.Open) NameOpenAxis(output, copy, open, options, symbols);
        var writer = new ModelWriter(copy.Graph.nodes, copy.Graph.constants);
        foreach (var (key, value) in options.Metadata) writer.Metadata.Add((key, value));
        foreach (var input in copy.Graph.inputs)
            writer.Inputs.Add((input, [.. Enumerable.Range(0, input.Rank).Select(axis => options.Open.FirstOrDefault(o => o.Input == input.Name && Shapes.Axis(o.Axis, input.Rank, input.Name) == axis).Symbol)]));
        foreach (var parameter in copy.Graph.parameters)
        {
            float[] values = weights(parameters.First(p => p.Name == parameter.Name)).ToArray();
            if (values.Length != parameter.Tensor.Count) throw new OnnxGraphException($"{parameter.Tensor} has {parameter.Tensor.Count} values; {values.Length} were given");
            if (Array.FindIndex(values, v => !float.IsFinite(v)) is >= 0 and var bad) throw new OnnxGraphException($"value {bad} of parameter '{parameter.Name}' is {values[bad]}; a model with it answers nonsense. Export an earlier checkpoint");
            writer.Initialisers[parameter.Tensor] = values;
        }
        writer.Outputs.Add((copy.Result, options.OutputName, symbols));
        return writer.Write();
    }

    private void NameOpenAxis(GraphTensor output, Replay built, (string Input, int Axis, string Symbol) open, ExportOptions options, string?[] symbols)
    {
        var input = built.Graph.inputs.FirstOrDefault(i => i.Name == open.Input) ?? throw new OnnxGraphException($"'{open.Input}' is not an input that {output.Name} depends on; those are: {string.Join(", ", built.Graph.inputs.Select(i => i.Name))}");
        if (string.IsNullOrWhiteSpace(open.Symbol)) throw new OnnxGraphException($"axis {open.Axis} of '{open.Input}' needs a name");
        int axis = Shapes.Axis(open.Axis, input.Rank, input.Name);
        // Whether an axis can stay open shows when the graph is built with other sizes there: even, odd and larger ones. Axes of one name change together.
        long size = input.Dims[axis];
        foreach (long trial in new[] { size + 1, size + 13, 2 * size })
        {
            Replay other;
            try
            {
                other = new Replay(this, output, options.Open.Where(o => o.Symbol == open.Symbol).ToDictionary(o => (o.Input, Shapes.Axis(o.Axis, built.Graph.inputs.First(i => i.Name == o.Input).Rank, o.Input)), _ => trial));
            }
            catch (OnnxGraphException error)
            {
                throw new OnnxGraphException($"axis {axis} of '{input.Name}' cannot stay open as '{open.Symbol}': with {trial} instead of {size}, {error.Message}. Use 0 and -1 in Reshape, or export it with its size", error);
            }
            for (int i = 0; i < symbols.Length; i++)
            {
                if (other.Result.Dims[i] == built.Result.Dims[i]) continue;
                bool same = other.Result.Dims[i] == trial && (symbols[i] is null || symbols[i] == open.Symbol);
                symbols[i] = same ? open.Symbol : $"{options.OutputName}_{i}";
            }
        }
    }

    /// <summary>The forward part of a graph, built again: with other sizes of inputs, and without dropout.</summary>
    private sealed class Replay
    {
        private readonly Dictionary<GraphTensor, GraphTensor> map = [];
        private readonly GraphBuilder from;

        public Replay(GraphBuilder from, GraphTensor output, Dictionary<(string Input, int Axis), long> sizes)
        {
            this.from = from;
            Graph = new(from.Type);
            var needed = ModelWriter.Needed(from.nodes, [output]);
            var used = needed.SelectMany(n => n.Inputs).Append(output).ToHashSet();
            foreach (var input in from.inputs.Where(i => used.Contains(i) && !from.dropouts.ContainsKey(i)))
            {
                long[] shape = [.. input.Dims];
                for (int axis = 0; axis < shape.Length; axis++) shape[axis] = sizes.GetValueOrDefault((input.Name, axis), shape[axis]);
                map[input] = Graph.Input(input.Name, shape, input.Type);
            }
            foreach (var parameter in from.parameters.Where(p => used.Contains(p.Tensor))) map[parameter.Tensor] = Graph.Parameter(parameter.Name, parameter.Tensor.Shape, parameter.Start, parameter.Decay);
            foreach (var node in needed) map[node.Output] = node.Inputs.Any(from.dropouts.ContainsKey) ? Of(node.Inputs[0]) : Graph.Emit(node.Op, [.. node.Inputs.Select(Of)], node.Attributes);
            Result = Of(output);
        }

        public GraphBuilder Graph { get; }

        public GraphTensor Result { get; }

        private GraphTensor Of(GraphTensor tensor)
        {
            if (!map.TryGetValue(tensor, out var copy)) map[tensor] = copy = Graph.StoreConstant(from.constants[tensor], tensor.Shape, tensor.Type);
            return copy;
        }
    }
}
