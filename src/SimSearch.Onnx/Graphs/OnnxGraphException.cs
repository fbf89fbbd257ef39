namespace SimSearch.Onnx;

/// <summary>A graph that cannot be built: shapes or types that do not fit, a name used twice, a parameter that the loss does not depend on, sizes beyond memory. Thrown while building, before anything runs.</summary>
public class OnnxGraphException : OnnxException
{
    /// <summary>An error with a message.</summary>
    public OnnxGraphException(string message) : base(message) { }

    /// <summary>An error with a message and what caused it.</summary>
    public OnnxGraphException(string message, Exception? inner) : base(message, inner) { }
}
