using SimSearch.Embedding;
using SimSearch.Faiss;

namespace SimSearch.Indexing;

/// <summary>Puts a <see cref="VectorTransform"/> into a FAISS index file, so that FAISS in any language treats vectors as this library does.</summary>
public static class FaissTransforms
{
    /// <summary>The chain in FAISS's terms, first to last.</summary>
    /// <param name="transform">Standardisation, PCA, random projection and scaling to length 1 can be said there; scaling of several blocks cannot.</param>
    /// <exception cref="SimSearchException">A step cannot be said in FAISS's terms, or is too large.</exception>
    public static IReadOnlyList<FaissTransform> Of(VectorTransform transform)
    {
        ArgumentNullException.ThrowIfNull(transform);
        return [.. transform.Steps.Select(Of)];
    }

    /// <summary>An index that takes vectors as they are before the chain, and searches among those behind it.</summary>
    /// <param name="transform">The chain.</param>
    /// <param name="index">An index over what the chain gives; it is used up. See <see cref="FaissIndex.Behind"/>.</param>
    /// <exception cref="SimSearchException">A step cannot be said in FAISS's terms, or the dimensions differ; the index is untouched.</exception>
    public static FaissIndex Behind(VectorTransform transform, FaissIndex index)
    {
        ArgumentNullException.ThrowIfNull(index);
        var steps = Of(transform);
        if (transform.OutputDimension != index.Dimension) throw new SimSearchException($"the transform gives vectors of {transform.OutputDimension}, the index takes {index.Dimension}");
        foreach (var step in steps.Reverse()) index = index.Behind(step);
        return index;
    }

    private static FaissTransform Of(IFittedStep step)
    {
        if (step is UnitBlocks { Lengths.Count: 1 }) return new FaissTransform.UnitLength(step.InputDimension);
        if (step is not IAffineStep affine)
            throw new SimSearchException($"step '{step.Kind}' cannot be said in FAISS's terms, which knows matrices, offsets and scaling to length 1; apply it before vectors go to FAISS");
        if ((long)step.InputDimension * step.OutputDimension > 1 << 28) throw new SimSearchException($"step '{step.Kind}' of {step.InputDimension} to {step.OutputDimension} dimensions is too large for a matrix");
        var (matrix, offset) = affine.ToAffine();
        return new FaissTransform.Linear(matrix, offset, step.InputDimension, step.OutputDimension);
    }
}
