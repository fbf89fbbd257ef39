namespace SimSearch.Onnx;

/// <summary>How a graph is trained.</summary>
public sealed record TrainingOptions
{
    /// <summary>Turns gradients into steps; default AdamW.</summary>
    public Optimiser Optimiser { get; init; } = new AdamW();

    /// <summary>The gradient of all parameters together is scaled down to this length when it is longer; 0 (the default) for never.</summary>
    public double ClipNorm { get; init; }

    /// <summary>
    /// Decay d of a moving average of the weights, in [0, 1); 0 (the default) for none. After step t (from 1): average += (1 - min(d, (1 + t) / (10 + t))) (weights - average).
    /// </summary>
    public double AverageDecay { get; init; }

    /// <summary>First weights and dropout follow from it: the same seed, data and machine give the same bytes.</summary>
    public ulong Seed { get; init; }

    /// <summary>Threads of one step; default 1. Two trainings with one thread each use two cores better than one training with two.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>What computes; default the processor.</summary>
    public OnnxDevice Device { get; init; }

    /// <summary>Scalars beside the loss that every step reports, such as the parts of a sum.</summary>
    public IReadOnlyList<(string Name, GraphTensor Tensor)> Metrics { get; init; } = [];

    /// <summary>A graph that needs more bytes than this is refused; default 0: half of what this process may still take (<see cref="AvailableMemory"/>), because ONNX Runtime takes up to twice what is needed at once.</summary>
    public long MaximumBytes { get; init; }

    /// <summary>When not null, every step is timed operator by operator into a file whose name starts with this path; see <see cref="OnnxSessionOptions.ProfilePrefix"/>.</summary>
    public string? ProfilePrefix { get; init; }

    internal void Validate()
    {
        if (!(ClipNorm >= 0) || double.IsInfinity(ClipNorm)) throw new OnnxGraphException($"clip norm {ClipNorm} must be 0 (never) or positive");
        if (!(AverageDecay >= 0 && AverageDecay < 1)) throw new OnnxGraphException($"average decay {AverageDecay} must be in [0, 1)");
        Optimiser.Validate();
        if (MaximumBytes < 0) throw new OnnxGraphException($"maximum bytes {MaximumBytes} must be 0 (half of what is free) or positive");
    }
}

/// <summary>What one step saw.</summary>
/// <param name="Loss">The loss of the batch before the step; finite.</param>
/// <param name="GradientNorm">The length of the whole gradient before clipping; finite.</param>
public readonly record struct StepResult(float Loss, float GradientNorm);

/// <summary>The loss, the gradient or the weights that would follow are no longer finite numbers. The weights are those before this step, and can be exported or trained on with a smaller rate.</summary>
public sealed class TrainingDivergedException : OnnxException
{
    internal TrainingDivergedException(long step, float loss, float norm)
        : base($"step {step}: the loss is {loss} and the gradient's length {norm}; the weights are still those before the step. Lower the rate, clip the gradient, or look for NaN in the batch")
    {
        Step = step;
        Loss = loss;
    }

    /// <summary>Which step, from 0.</summary>
    public long Step { get; }

    /// <summary>Its loss.</summary>
    public float Loss { get; }
}
