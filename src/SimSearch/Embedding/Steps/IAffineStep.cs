namespace SimSearch.Embedding;

/// <summary>A step that is one matrix and one offset, so that other programs can do it too.</summary>
internal interface IAffineStep : IFittedStep
{
    /// <summary>The matrix [OutputDimension x InputDimension], row-major, and the offset [OutputDimension], null for none: output = matrix * input + offset.</summary>
    (float[] Matrix, float[]? Offset) ToAffine();
}
