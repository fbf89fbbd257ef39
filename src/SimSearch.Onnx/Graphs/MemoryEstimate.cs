namespace SimSearch.Onnx;

/// <summary>What running a graph takes, predicted from its shapes alone.</summary>
/// <param name="Peak">Bytes of inputs, constants and of the intermediate tensors that live at the same time, at the worst moment. Work space inside an operator is not counted, nor that ONNX Runtime takes up to twice as much, in pieces that double.</param>
/// <param name="Largest">The largest tensors, largest first.</param>
public sealed record MemoryEstimate(long Peak, IReadOnlyList<GraphTensor> Largest)
{
    /// <summary>The peak in MB and the largest tensors with theirs.</summary>
    public override string ToString() => $"{Megabytes(Peak)} at once; the largest: {string.Join(", ", Largest.Select(t => $"{t} {Megabytes(t.Bytes)}"))}";

    internal static MemoryEstimate Of(IReadOnlyList<GraphNode> nodes, IReadOnlyCollection<GraphTensor> outputs)
    {
        // A reshaped tensor is the same memory under another name.
        var owner = new Dictionary<GraphTensor, GraphTensor>();
        GraphTensor Owner(GraphTensor tensor) => owner.GetValueOrDefault(tensor, tensor);
        var last = new Dictionary<GraphTensor, int>();
        for (int i = 0; i < nodes.Count; i++)
        {
            if (nodes[i].Op is "Reshape" or "Identity") owner[nodes[i].Output] = Owner(nodes[i].Inputs[0]);
            foreach (var input in nodes[i].Inputs) last[Owner(input)] = i;
        }
        foreach (var output in outputs) last[Owner(output)] = int.MaxValue;
        var made = nodes.Select(n => n.Output).ToHashSet();
        var given = nodes.SelectMany(n => n.Inputs).Where(t => !made.Contains(t)).ToHashSet();
        long live = given.Sum(t => t.Bytes), peak = live;
        var ends = last.Where(l => !given.Contains(l.Key)).ToLookup(l => l.Value, l => l.Key);
        for (int i = 0; i < nodes.Count; i++)
        {
            if (Owner(nodes[i].Output) == nodes[i].Output) live += nodes[i].Output.Bytes;
            peak = Math.Max(peak, live);
            foreach (var tensor in ends[i]) live -= tensor.Bytes;
        }
        return new(peak, [.. made.Where(t => Owner(t) == t).Concat(given).OrderByDescending(t => t.Bytes).ThenBy(t => t.Name, StringComparer.Ordinal).Take(4)]);
    }

    internal static string Megabytes(long bytes) => FormattableString.Invariant($"{bytes / 1e6:N1} MB");
}
