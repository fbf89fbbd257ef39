using System.Numerics.Tensors;

namespace SimSearch.Indexing;

/// <summary>Scaling to length 1, for FAISS, which knows no cosine.</summary>
internal static class UnitVector
{
    /// <summary>Writes vector / |vector|; a vector of zeros stays zeros, NaN stays NaN.</summary>
    /// <param name="vector">[dimension].</param>
    /// <param name="unit">Receives [dimension]; may be the same memory.</param>
    public static void Write(ReadOnlySpan<float> vector, Span<float> unit)
    {
        float squares = TensorPrimitives.SumOfSquares(vector);
        if (squares is > 1e-30f and < 1e30f)
        {
            TensorPrimitives.Multiply(vector, 1 / MathF.Sqrt(squares), unit);
            return;
        }
        // Squares of very small or very large values leave the range of a float, so the length is found in double.
        double exact = 0;
        foreach (float v in vector) exact += (double)v * v;
        double scale = exact == 0 ? 0 : 1 / Math.Sqrt(exact);
        for (int i = 0; i < vector.Length; i++) unit[i] = (float)(vector[i] * scale);
    }
}
