namespace SimSearch.Onnx;

/// <summary>The gradients of an operator's inputs, given that of its output; null where none flows or <paramref name="wanted"/> says that it is not needed.</summary>
internal delegate GraphTensor?[] GradientRule(GraphTensor gradient, Func<int, bool> wanted);

public sealed partial class GraphBuilder
{
    /// <summary>
    /// Adds the operators that compute the gradient of a scalar: reverse-mode differentiation, one walk from the loss back. Gradients have the shapes of what they belong to.
    /// </summary>
    /// <param name="loss">A tensor of one element.</param>
    /// <param name="wanted">Parameters, inputs or any tensors that the loss depends on.</param>
    /// <returns>In the order of <paramref name="wanted"/>.</returns>
    /// <exception cref="OnnxGraphException">The loss has more than one element, does not depend on one of them (its name is in the message), or uses an operator without gradient.</exception>
    public GraphTensor[] Gradients(GraphTensor loss, params GraphTensor[] wanted)
    {
        if (loss.Graph != this || wanted.Any(w => w.Graph != this)) throw new OnnxGraphException("loss and tensors must belong to this GraphBuilder");
        if (loss.Count != 1) throw new OnnxGraphException($"{loss}: a gradient belongs to a loss of one element; take its Mean or Sum");
        if (loss.Type != Type) throw new OnnxGraphException($"{loss}: a loss must be {Type}");
        GraphNode[] forward = [.. nodes];
        var needed = new HashSet<GraphTensor>(wanted);
        foreach (var node in forward)
            if ((Rules.TryGetValue(node.Output, out var rule) ? rule.Inputs : node.Inputs).Any(needed.Contains)) needed.Add(node.Output);
        var found = new Dictionary<GraphTensor, GraphTensor> { [loss] = Constant(Enumerable.Repeat(1.0, 1).ToArray(), loss.Shape) };
        using var inside = new ScopeEnd(this, scope);
        scope = "gradient.";
        for (int i = forward.Length - 1; i >= 0; i--)
        {
            var node = forward[i];
            if (!needed.Contains(node.Output) || !found.TryGetValue(node.Output, out var gradient)) continue;
            bool whole = Rules.TryGetValue(node.Output, out var own);
            GraphTensor[] sources = whole ? own.Inputs : node.Inputs;
            bool Wanted(int k) => needed.Contains(sources[k]);
            GraphTensor?[] parts = whole ? own.Rule(gradient, Wanted) : GradientRules.Of(this, node, gradient, Wanted);
            for (int k = 0; k < parts.Length; k++)
            {
                if (parts[k] is not { } part || !Wanted(k)) continue;
                if (!Shapes.Same(part.Shape, sources[k].Shape)) throw new InvalidOperationException($"the gradient of {sources[k]} through {node.Op} has the shape {Shapes.Text(part.Shape)}");
                found[sources[k]] = found.TryGetValue(sources[k], out var sum) ? Add(sum, part) : part;
            }
        }
        var lost = wanted.Where(w => !found.ContainsKey(w)).Select(w => $"'{w.Name}'").ToArray();
        if (lost.Length > 0) throw new OnnxGraphException($"the loss does not depend on {string.Join(", ", lost)}: use it in the network, or do not declare it");
        return Array.ConvertAll(wanted, w => found[w]);
    }
}
