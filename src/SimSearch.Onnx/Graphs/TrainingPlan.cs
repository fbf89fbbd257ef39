namespace SimSearch.Onnx;

/// <summary>
/// The graph of one training step: the network, its gradients, clipping, the optimiser and the average. All parameters travel as one vector, because a dozen element-wise
/// operators over one long vector cost a fraction of a dozen for every parameter.
/// </summary>
internal sealed class TrainingPlan
{
    public const string Prefix = "training.";

    private TrainingPlan(GraphBuilder graph) => Graph = graph;

    public GraphBuilder Graph { get; }

    /// <summary>The vectors that a step reads and writes: the parameters first, the average (where there is one) last.</summary>
    public required (string Name, GraphTensor In, GraphTensor Out)[] States { get; init; }

    /// <summary>The scalars that change from step to step: the optimiser's, then the average's.</summary>
    public required GraphTensor[] Numbers { get; init; }

    /// <summary>Loss, length of the gradient, length of the new weights, metrics.</summary>
    public required GraphTensor[] Reports { get; init; }

    /// <summary>Everything in the order of computing, the parameters' slices first.</summary>
    public required GraphNode[] Nodes { get; init; }

    public required MemoryEstimate Memory { get; init; }

    public IEnumerable<GraphTensor> Outputs => Reports.Concat(States.Select(s => s.Out));

    public static TrainingPlan Of(GraphBuilder g, GraphTensor loss, TrainingOptions options)
    {
        if (g.Type != OnnxElementType.Float) throw new OnnxGraphException($"training runs in Float; this graph is {g.Type}");
        if (g.Parameters.Count == 0) throw new OnnxGraphException("the graph has no parameters to train");
        foreach (var (name, tensor) in options.Metrics)
            if (tensor.Graph != g || tensor.Count != 1 || tensor.Type != g.Type) throw new OnnxGraphException($"metric '{name}': {tensor} must be a Float of one element in the same graph");
        long total = g.Parameters.Sum(p => p.Tensor.Count);
        if (total > Array.MaxLength) throw new OnnxGraphException($"{total} parameters are more than the {Array.MaxLength} that one vector holds");
        GraphTensor[] gradients = g.Gradients(loss, [.. g.Parameters.Select(p => p.Tensor)]);
        using var inside = g.Scope(Prefix.TrimEnd('.'));
        int before = g.Nodes.Count;
        var parameters = g.Input("parameters", [total]);
        var bindings = Bindings(g, parameters);
        var made = g.Nodes[before..];
        g.Nodes.RemoveRange(before, made.Count);

        var gradient = g.Concat(0, [.. gradients.Select(d => g.Reshape(d, -1))]);
        var norm = g.Sqrt(g.SumOfSquares(gradient, [0]));
        // min(1, limit / norm), written so that a norm of 0 does no harm.
        var clipped = options.ClipNorm == 0 ? gradient : gradient * (g.Constant(options.ClipNorm) / g.Maximum(norm, g.Constant(options.ClipNorm)));
        var states = options.Optimiser.States.Select(name => g.Input(name, [total])).ToArray();
        var numbers = options.Optimiser.Numbers.Select(name => g.Input(name, [])).ToList();
        var (next, nextStates) = options.Optimiser.Emit(g, parameters, clipped, Decays(g, total), states, [.. numbers]);
        var all = new List<(string, GraphTensor, GraphTensor)> { ("parameters", parameters, next) };
        for (int i = 0; i < states.Length; i++) all.Add((options.Optimiser.States[i], states[i], nextStates[i]));
        if (options.AverageDecay > 0)
        {
            GraphTensor average = g.Input("average", [total]), keep = g.Input("keep", []);
            numbers.Add(keep);
            all.Add(("average", average, average * keep + next * (1 - keep)));
        }
        GraphTensor[] reports = [g.Reshape(loss, [1]), g.Reshape(norm, [1]), g.Reshape(g.Sqrt(g.SumOfSquares(next, [0])), [1]), .. options.Metrics.Select(m => g.Reshape(m.Tensor, [1]))];
        GraphNode[] nodes = [.. ModelWriter.Needed([.. made, .. bindings, .. g.Nodes], reports.Concat(all.Select(s => s.Item3)))];
        var memory = MemoryEstimate.Of(nodes, [.. reports, .. all.Select(s => s.Item3)]);
        return new TrainingPlan(g) { States = [.. all], Numbers = [.. numbers], Reports = reports, Nodes = nodes, Memory = memory };
    }

    public byte[] Model()
    {
        var writer = new ModelWriter(Nodes, Graph.Constants);
        var used = Nodes.SelectMany(n => n.Inputs).ToHashSet();
        foreach (var input in Graph.Inputs.Where(used.Contains)) writer.Inputs.Add((input, []));
        foreach (var output in Outputs) writer.Outputs.Add((output, output.Name, []));
        return writer.Write();
    }

    /// <summary>Cuts the vector into the parameters; the last node of each piece writes the tensor that the network was built on.</summary>
    private static List<GraphNode> Bindings(GraphBuilder g, GraphTensor vector)
    {
        var bindings = new List<GraphNode>();
        long from = 0;
        foreach (var parameter in g.Parameters)
        {
            var slice = g.Slice(vector, 0, from, from += parameter.Tensor.Count);
            bindings.Add(new("Reshape", [slice, g.Int64Constant(parameter.Tensor.Shape)], parameter.Tensor, []));
        }
        return bindings;
    }

    private static GraphTensor Decays(GraphBuilder g, long total)
    {
        var decays = new double[total];
        long from = 0;
        foreach (var parameter in g.Parameters)
        {
            decays.AsSpan((int)from, (int)parameter.Tensor.Count).Fill(parameter.Decay ? 1 : 0);
            from += parameter.Tensor.Count;
        }
        return g.Constant(decays, [total]);
    }
}
