namespace SimSearch.Onnx;

/// <summary>How a network becomes a model of its own.</summary>
public sealed record ExportOptions
{
    /// <summary>Axes of inputs that take any size, each with the name it gets: ("x", 0, "batch"). The others keep the sizes of the training.</summary>
    public IReadOnlyList<(string Input, int Axis, string Symbol)> Open { get; init; } = [];

    /// <summary>The name of the output.</summary>
    public string OutputName { get; init; } = "embedding";

    /// <summary>Key and value pairs stored in the model; keys must differ.</summary>
    public IReadOnlyList<(string Key, string Value)> Metadata { get; init; } = [];

    /// <summary>Whether a training that keeps an average of its weights exports that instead of the last ones; default true.</summary>
    public bool Average { get; init; } = true;
}
