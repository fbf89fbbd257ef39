namespace SimSearch.Embedding;

/// <summary>A model that cannot be used: its manifest is wrong or missing, its file is not the one the manifest means, it does not compute what the manifest promises, or ONNX Runtime refuses it.</summary>
public sealed class ModelException : SimSearchException
{
    /// <inheritdoc cref="SimSearchException(string, Exception)"/>
    public ModelException(string message, Exception? inner = null) : base(message, inner) { }
}
