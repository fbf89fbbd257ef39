using static SimSearch.Faiss.NativeMethods;

namespace SimSearch.Faiss;

/// <summary>What is done to a vector before an index sees it.</summary>
/// <param name="InputDimension">Length of the vectors it takes.</param>
/// <param name="OutputDimension">Length of the vectors it gives.</param>
public abstract record FaissTransform(int InputDimension, int OutputDimension)
{
    /// <summary>output = matrix * input + bias.</summary>
    /// <param name="Matrix">[OutputDimension x InputDimension], row-major; finite.</param>
    /// <param name="Bias">[OutputDimension], finite; null for none.</param>
    /// <param name="InputDimension">Length of the vectors it takes, 1 or more.</param>
    /// <param name="OutputDimension">Length of the vectors it gives, 1 or more.</param>
    public sealed record Linear(float[] Matrix, float[]? Bias, int InputDimension, int OutputDimension) : FaissTransform(InputDimension, OutputDimension);

    /// <summary>Scales vectors to length 1.</summary>
    /// <param name="Dimension">Length of the vectors, 1 or more.</param>
    public sealed record UnitLength(int Dimension) : FaissTransform(Dimension, Dimension);
}

public sealed unsafe partial class FaissIndex
{
    /// <summary>
    /// Puts a transform in front (FAISS's IndexPreTransform, as <c>PCA32,Flat</c> makes one): vectors to add and to search with then go through it first. Vectors that are
    /// already there are not touched.
    /// </summary>
    /// <param name="transform">Gives vectors of this index's dimension.</param>
    /// <returns>The index with the transform in front. This object is used up, as if disposed.</returns>
    /// <exception cref="ArgumentException">The transform's numbers do not fit each other or the index, or are not finite.</exception>
    /// <exception cref="FaissNotSupportedException">The index is memory-mapped.</exception>
    public FaissIndex Behind(FaissTransform transform)
    {
        ArgumentNullException.ThrowIfNull(transform);
        if (transform.InputDimension is < 1 or > 65536 || transform.OutputDimension != Dimension) throw new ArgumentException($"the transform from {transform.InputDimension} to {transform.OutputDimension} dimensions does not fit an index of {Dimension}", nameof(transform));
        if (IsMemoryMapped) throw new FaissNotSupportedException("the index is memory-mapped and read-only; load it without MemoryMap to put a transform in front");
        var linear = transform as FaissTransform.Linear;
        if (linear is not null && (linear.Matrix.Length != (long)linear.InputDimension * linear.OutputDimension || (linear.Bias is not null && linear.Bias.Length != linear.OutputDimension)))
            throw new ArgumentException($"a matrix of {linear.Matrix.Length} and a bias of {linear.Bias?.Length ?? 0} numbers are not {linear.OutputDimension} x {linear.InputDimension} and {linear.OutputDimension}", nameof(transform));
        if (linear is not null && !(linear.Matrix.All(float.IsFinite) && linear.Bias?.All(float.IsFinite) != false)) throw new ArgumentException("the transform holds NaN or an infinity", nameof(transform));
        fixed (float* matrix = linear?.Matrix, bias = linear?.Bias)
        {
            float* m = matrix, b = bias;
            nint moved = Write(h =>
            {
                ThrowOn(ssf_prepend(h, transform.InputDimension, transform.OutputDimension, m, b), "putting a transform in front");
                handle = 0;
                return h;
            });
            GC.SuppressFinalize(this);
            return new FaissIndex(moved);
        }
    }
}
