using System.Numerics;
using System.Runtime.InteropServices;

namespace SimSearch.Faiss;

/// <summary>The checks every matrix of vectors passes before FAISS sees it.</summary>
internal static class Vectors
{
    /// <summary>The number of rows of a matrix [rows x dimension].</summary>
    internal static long Rows(ReadOnlySpan<float> vectors, int dimension, string parameter)
    {
        if (vectors.Length % dimension != 0)
            throw new ArgumentException($"{parameter} has {vectors.Length} numbers, which is not a multiple of the index's dimension {dimension}; pass whole vectors, [n x {dimension}]", parameter);
        return vectors.Length / dimension;
    }

    /// <summary>Refuses NaN and infinity: FAISS computes with them and answers nonsense.</summary>
    internal static void RequireFinite(ReadOnlySpan<float> vectors, int dimension, string what)
    {
        int at = IndexOfNonFinite(vectors);
        if (at < 0) return;
        throw new FaissVectorException($"{what} {at / dimension} has {vectors[at]} at component {at % dimension}; every component must be finite. " +
            "Look for silence divided by its norm, log of zero, or a broken file");
    }

    /// <summary>The first component that is NaN or infinite, or -1.</summary>
    internal static int IndexOfNonFinite(ReadOnlySpan<float> values)
    {
        // x - x is 0 for every finite x and NaN for the others; so one comparison with zero sees both.
        int i = 0, width = Vector<float>.Count;
        for (; i + 4 * width <= values.Length; i += 4 * width)
        {
            var a = new Vector<float>(values[i..]);
            var b = new Vector<float>(values[(i + width)..]);
            var c = new Vector<float>(values[(i + 2 * width)..]);
            var d = new Vector<float>(values[(i + 3 * width)..]);
            Vector<float> doubt = (a - a) + (b - b) + (c - c) + (d - d);
            if (!Vector.EqualsAll(doubt, Vector<float>.Zero)) break;
        }
        for (; i < values.Length; i++)
            if (!float.IsFinite(values[i])) return i;
        return -1;
    }
}
