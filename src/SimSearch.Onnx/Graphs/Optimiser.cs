namespace SimSearch.Onnx;

/// <summary>How a gradient changes the parameters. All parameters together are one vector of N numbers; so is each further state.</summary>
public abstract record Optimiser
{
    /// <summary>The names of the vectors that are kept beside the parameters; they start at zero.</summary>
    internal abstract string[] States { get; }

    /// <summary>The names of the numbers that change from step to step.</summary>
    internal abstract string[] Numbers { get; }

    /// <summary>Refuses settings out of range.</summary>
    internal abstract void Validate();

    /// <summary>The values of <see cref="Numbers"/> at step t (counted from 1).</summary>
    internal abstract void Fill(Span<float> numbers, double rate, long step);

    /// <summary>Adds the operators of one step.</summary>
    /// <param name="g">The graph.</param>
    /// <param name="parameters">[N].</param>
    /// <param name="gradient">[N], clipped.</param>
    /// <param name="decays">[N], 1 where weight decay applies.</param>
    /// <param name="states">[N] each.</param>
    /// <param name="numbers">Scalars.</param>
    /// <returns>The new parameters and states.</returns>
    internal abstract (GraphTensor Parameters, GraphTensor[] States) Emit(GraphBuilder g, GraphTensor parameters, GraphTensor gradient, GraphTensor decays, GraphTensor[] states, GraphTensor[] numbers);
}

/// <summary>Adam with decoupled weight decay (Kingma and Ba 2015; Loshchilov and Hutter 2019), in PyTorch's order: p -= rate decay p, then p -= rate m^ / (sqrt(v^) + epsilon).</summary>
/// <param name="Beta1">Decay of the mean of gradients, in [0, 1).</param>
/// <param name="Beta2">Decay of the mean of their squares, in [0, 1).</param>
/// <param name="Epsilon">Keeps the quotient finite, positive.</param>
/// <param name="WeightDecay">0 or more; only for parameters declared with decay.</param>
public sealed record AdamW(double Beta1 = 0.9, double Beta2 = 0.999, double Epsilon = 1e-8, double WeightDecay = 0.01) : Optimiser
{
    internal override string[] States => ["mean", "square"];

    internal override string[] Numbers => ["step", "correction", "shrink"];

    internal override void Validate()
    {
        if (!(Beta1 >= 0 && Beta1 < 1) || !(Beta2 >= 0 && Beta2 < 1)) throw new OnnxGraphException($"betas {Beta1} and {Beta2} must be in [0, 1)");
        if (!(Epsilon > 0 && double.IsFinite(Epsilon)) || !(WeightDecay >= 0 && double.IsFinite(WeightDecay))) throw new OnnxGraphException($"epsilon={Epsilon} must be positive and weight decay {WeightDecay} 0 or more, both finite");
    }

    internal override void Fill(Span<float> numbers, double rate, long step)
    {
        numbers[0] = (float)(rate / (1 - Math.Pow(Beta1, step)));
        numbers[1] = (float)(1 / Math.Sqrt(1 - Math.Pow(Beta2, step)));
        numbers[2] = (float)(rate * WeightDecay);
    }

    internal override (GraphTensor Parameters, GraphTensor[] States) Emit(GraphBuilder g, GraphTensor parameters, GraphTensor gradient, GraphTensor decays, GraphTensor[] states, GraphTensor[] numbers)
    {
        var mean = states[0] * Beta1 + gradient * (1 - Beta1);
        var square = states[1] * Beta2 + g.Square(gradient) * (1 - Beta2);
        var kept = WeightDecay == 0 ? parameters : parameters - parameters * (decays * numbers[2]);
        return (kept - mean * numbers[0] / (g.Sqrt(square) * numbers[1] + Epsilon), [mean, square]);
    }
}

/// <summary>Gradient descent with momentum, in PyTorch's form: v = momentum v + gradient + decay p; p -= rate v (Nesterov: rate (gradient + decay p + momentum v)).</summary>
/// <param name="Momentum">In [0, 1).</param>
/// <param name="Nesterov">Whether to look ahead.</param>
/// <param name="WeightDecay">0 or more; added to the gradient of parameters declared with decay.</param>
public sealed record Sgd(double Momentum = 0.9, bool Nesterov = false, double WeightDecay = 0) : Optimiser
{
    internal override string[] States => ["momentum"];

    internal override string[] Numbers => ["step"];

    internal override void Validate()
    {
        if (!(Momentum >= 0 && Momentum < 1) || !(WeightDecay >= 0 && double.IsFinite(WeightDecay))) throw new OnnxGraphException($"momentum={Momentum} must be in [0, 1) and weight decay {WeightDecay} 0 or more and finite");
    }

    internal override void Fill(Span<float> numbers, double rate, long step) => numbers[0] = (float)rate;

    internal override (GraphTensor Parameters, GraphTensor[] States) Emit(GraphBuilder g, GraphTensor parameters, GraphTensor gradient, GraphTensor decays, GraphTensor[] states, GraphTensor[] numbers)
    {
        if (WeightDecay > 0) gradient += parameters * (decays * WeightDecay);
        var velocity = states[0] * Momentum + gradient;
        return (parameters - (Nesterov ? gradient + velocity * Momentum : velocity) * numbers[0], [velocity]);
    }
}
