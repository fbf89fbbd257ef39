namespace SimSearch.Onnx;

/// <summary>The base of every error of this library: a model that cannot be used, a run that failed, a graph that cannot be built. The message names the value, the rule and the way out.</summary>
public class OnnxException : Exception
{
    /// <summary>An error with a message.</summary>
    public OnnxException(string message) : base(message) { }

    /// <summary>An error with a message and what caused it.</summary>
    public OnnxException(string message, Exception? inner) : base(message, inner) { }
}
