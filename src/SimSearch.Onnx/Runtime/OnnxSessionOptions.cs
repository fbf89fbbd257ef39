namespace SimSearch.Onnx;

/// <summary>How much ONNX Runtime rewrites a graph before it runs, with its numbers.</summary>
public enum OnnxOptimization
{
    /// <summary>Nothing: every node runs as written. For finding faults.</summary>
    None = 0,
    /// <summary>Constants folded, useless nodes removed.</summary>
    Basic = 1,
    /// <summary>Nodes fused too.</summary>
    Extended = 2,
    /// <summary>Everything, memory layouts included.</summary>
    All = 99,
}

/// <summary>What computes.</summary>
public enum OnnxDevice
{
    /// <summary>The processor.</summary>
    Cpu,
    /// <summary>An NVIDIA GPU.</summary>
    Cuda,
}

/// <summary>How a session runs. The defaults are right for inference on a machine that does other things too.</summary>
public sealed record OnnxSessionOptions
{
    /// <summary>Threads that work on one run, the calling thread included; 1 to 1024, default all processors of this process. With 1 no thread is started.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>Whether idle threads of the session wait by spinning. Saves microseconds on an idle machine and ruins a busy one; default false.</summary>
    public bool AllowSpinning { get; init; }

    /// <summary>How much the graph is rewritten; default everything.</summary>
    public OnnxOptimization Optimization { get; init; } = OnnxOptimization.All;

    /// <summary>
    /// Whether numbers too small for a normal float (below 1.2e-38) count as zero while the session runs; default true. Digital silence in a network makes many of them,
    /// and a processor takes a hundred times longer over each. The calling thread's own arithmetic is left as it was.
    /// </summary>
    public bool FlushDenormals { get; init; } = true;

    /// <summary>Whether memory is kept between runs (faster, larger); default true.</summary>
    public bool KeepMemory { get; init; } = true;

    /// <summary>
    /// Whether the second run of the same shapes lays its memory out as the first one needed it, in one piece; default true. A few percent faster; with <see cref="KeepMemory"/> the pieces of the
    /// first run stay too, so that nearly twice the memory is taken.
    /// </summary>
    public bool PlanMemory { get; init; } = true;

    /// <summary>What computes; default the processor. Where CUDA does not work the session runs on the processor and <see cref="OnnxSession.Warning"/> says why.</summary>
    public OnnxDevice Device { get; init; }

    /// <summary>Which GPU, from 0.</summary>
    public int CudaDevice { get; init; }

    /// <summary>When not null, every run is timed node by node; <see cref="OnnxSession.EndProfiling"/> writes a JSON file whose name starts with this path.</summary>
    public string? ProfilePrefix { get; init; }

    /// <summary>What a model may ask for before it is refused.</summary>
    public OnnxLimits Limits { get; init; } = OnnxLimits.Default;

    /// <summary>Options for one thread.</summary>
    public static OnnxSessionOptions SingleThread { get; } = new() { Threads = 1 };

    internal void Validate()
    {
        if (Threads is < 1 or > 1024) throw new ArgumentOutOfRangeException(nameof(Threads), Threads, $"threads={Threads} must be in 1 to 1024");
        if (CudaDevice < 0) throw new ArgumentOutOfRangeException(nameof(CudaDevice), CudaDevice, $"CUDA device {CudaDevice} must be 0 or more");
        if (Limits.RunFactor < 0) throw new ArgumentOutOfRangeException(nameof(Limits), Limits.RunFactor, $"run factor {Limits.RunFactor} must be 0 (no limit) or more");
        if (!Enum.IsDefined(Optimization)) throw new ArgumentOutOfRangeException(nameof(Optimization), Optimization, $"optimization {Optimization} is not a level");
    }
}

/// <summary>The sizes beyond which a model is refused before ONNX Runtime sees it.</summary>
public sealed record OnnxLimits
{
    /// <summary>Bytes of a model; default 2 GiB, the most the format allows.</summary>
    public long ModelBytes { get; init; } = int.MaxValue;

    /// <summary>Elements that one dimension may count; default 2^31 - 1.</summary>
    public long Dimension { get; init; } = int.MaxValue;

    /// <summary>Bytes that one tensor of a declared shape may need, with open dimensions counted as 1; default 4 GiB.</summary>
    public long TensorBytes { get; init; } = 1L << 32;

    /// <summary>Nodes of all graphs together; default a million.</summary>
    public int Nodes { get; init; } = 1_000_000;

    /// <summary>
    /// How many times the bytes of its inputs a run may take in a model that leaves their size open; default 64, 0 for no limit. What a network makes of its input cannot be known from its file;
    /// convolutions over sounds and pictures keep 10 to 50 times their input at once. A run for which not so much memory is free is refused before it begins.
    /// </summary>
    public int RunFactor { get; init; } = 64;

    /// <summary>The defaults.</summary>
    public static OnnxLimits Default { get; } = new();
}
