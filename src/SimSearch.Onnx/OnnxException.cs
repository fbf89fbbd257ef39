namespace SimSearch.Onnx;

/// <summary>The base of every error of this library: a model that cannot be used, a run that failed, a graph that cannot be built. The message names the value, the rule and the way out.</summary>
public class OnnxException : Exception
{
    /// <summary>An error with a message.</summary>
    public OnnxException(string message) : base(message) { }

    /// <summary>An error with a message and what caused it.</summary>
    public OnnxException(string message, Exception? inner) : base(message, inner) { }
}

/// <summary>The native ONNX Runtime library is absent, too old or not loadable; the message lists what was tried and names the command that mends it.</summary>
public sealed class OnnxNotInstalledException : OnnxException
{
    /// <inheritdoc cref="OnnxException(string, Exception)"/>
    public OnnxNotInstalledException(string message, Exception? inner = null) : base(message, inner) { }
}

/// <summary>A model that is not ONNX, is damaged, asks for something this library refuses (external data, absurd sizes), or that ONNX Runtime cannot load.</summary>
public sealed class OnnxModelException : OnnxException
{
    /// <inheritdoc cref="OnnxException(string, Exception)"/>
    public OnnxModelException(string message, Exception? inner = null) : base(message, inner) { }
}

/// <summary>An input or output that does not fit the model: a name it does not have, another element type, another shape. The message says what the model expects.</summary>
public sealed class OnnxTensorException : OnnxException
{
    /// <inheritdoc cref="OnnxException(string, Exception)"/>
    public OnnxTensorException(string message, Exception? inner = null) : base(message, inner) { }
}

/// <summary>ONNX Runtime reported an error while a model ran.</summary>
public sealed class OnnxRunException : OnnxException
{
    /// <inheritdoc cref="OnnxException(string, Exception)"/>
    public OnnxRunException(string message, Exception? inner = null) : base(message, inner) { }
}
