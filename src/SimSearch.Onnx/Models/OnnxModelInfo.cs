namespace SimSearch.Onnx;

/// <summary>What a model's file says of itself, read without ONNX Runtime.</summary>
public sealed record OnnxModelInfo
{
    /// <summary>Version of the file format.</summary>
    public required long IrVersion { get; init; }

    /// <summary>The program that wrote it, and its version.</summary>
    public required string Producer { get; init; }

    /// <summary>Version of each set of operators, by its domain; "" is ONNX's own.</summary>
    public required IReadOnlyDictionary<string, long> Opsets { get; init; }

    /// <summary>Numbers in its stored tensors.</summary>
    public required long Parameters { get; init; }

    /// <summary>Bytes of its stored tensors.</summary>
    public required long ParameterBytes { get; init; }

    /// <summary>How often each operator occurs, in all its graphs.</summary>
    public required IReadOnlyDictionary<string, int> Operators { get; init; }

    /// <summary>Nodes of all its graphs.</summary>
    public int Nodes => Operators.Values.Sum();

    /// <summary>Reads a model and refuses what must not reach ONNX Runtime.</summary>
    /// <param name="model">The bytes of an ONNX file.</param>
    /// <param name="limits">The sizes that are allowed; null for the defaults.</param>
    /// <exception cref="OnnxModelException">
    /// The bytes are no ONNX model or damaged; a tensor's numbers lie outside the file, or are not as many as its shape says; a shape passes the limits; graphs are nested too deep.
    /// </exception>
    public static OnnxModelInfo Read(ReadOnlySpan<byte> model, OnnxLimits? limits = null) => new ModelInspector(limits ?? OnnxLimits.Default).Inspect(model);

    /// <summary>"IR 8, opset 17, 12 nodes, 361,200 parameters (1.4 MB)".</summary>
    public override string ToString() => string.Create(System.Globalization.CultureInfo.InvariantCulture,
        $"IR {IrVersion}, {string.Join(", ", Opsets.Select(o => $"{(o.Key.Length == 0 ? "opset" : o.Key)} {o.Value}"))}, {Nodes} nodes, {Parameters:N0} parameters ({ParameterBytes / 1e6:0.0} MB)");
}
