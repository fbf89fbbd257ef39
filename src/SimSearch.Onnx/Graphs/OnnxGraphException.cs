namespace SimSearch.Onnx;

/// <summary>A graph that cannot be built: shapes or types that do not fit, a name used twice, a parameter that the loss does not depend on, sizes beyond memory. Thrown while building, before anything runs.</summary>
public class OnnxGraphException : OnnxException
{
    /// <summary>An error with a message.</summary>
    public OnnxGraphException(string message) : base(message) { }

    /// <summary>An error with a message and what caused it.</summary>
    public OnnxGraphException(string message, Exception? inner) : base(message, inner) { }
}

/// <summary>A graph whose step would take more memory than allowed; predicted from its shapes, before anything was allocated.</summary>
public sealed class OnnxMemoryException : OnnxGraphException
{
    internal OnnxMemoryException(MemoryEstimate estimate, long allowed)
        : base($"a step would take {estimate}. Allowed are {MemoryEstimate.Megabytes(allowed)}: make the batch or the layers smaller") => (Estimate, Allowed) = (estimate, allowed);

    /// <summary>What a step would take.</summary>
    public MemoryEstimate Estimate { get; }

    /// <summary>The bytes that are allowed.</summary>
    public long Allowed { get; }
}
