namespace SimSearch.Onnx;

/// <summary>A tensor that training changes.</summary>
/// <param name="Tensor">Its place in the graph; the name is the tensor's.</param>
/// <param name="Start">How it starts.</param>
/// <param name="Decay">Whether weight decay pulls it to zero: true for convolutions and matrices, false for gains, offsets and biases.</param>
public sealed record GraphParameter(GraphTensor Tensor, Initialiser Start, bool Decay)
{
    /// <summary>The parameter's name.</summary>
    public string Name => Tensor.Name;
}
