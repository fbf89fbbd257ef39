using System.Numerics.Tensors;
using System.Text.Json.Nodes;

namespace SimSearch.Embedding;

/// <summary>
/// Scales each of several blocks of a vector to length 1 (a block of zeros stays). The cosine of two such vectors is the mean of the cosines
/// of their blocks, so families of features count equally, however many dimensions each has.
/// </summary>
public sealed class UnitBlocks : IFittedStep
{
    internal const string StepKind = "unit-blocks";

    /// <summary>Above this length no square that counts is rounded to a denormal number.</summary>
    private const float SafeNorm = 1e-15f;

    private readonly int[] lengths;

    /// <summary>Makes the step; it takes no numbers from data.</summary>
    /// <param name="lengths">Length of each block, 1 or more; together they make up the vector.</param>
    /// <exception cref="ArgumentException">There is no block, or a length is not positive, or their sum is too large.</exception>
    public UnitBlocks(params IReadOnlyList<int> lengths)
    {
        if (lengths.Count == 0 || lengths.Any(l => l < 1) || lengths.Sum(l => (long)l) > int.MaxValue)
            throw new ArgumentException($"block lengths ({string.Join(", ", lengths)}) must be one or more positive numbers");
        this.lengths = [.. lengths];
        InputDimension = this.lengths.Sum();
    }

    /// <inheritdoc/>
    public string Kind => StepKind;

    /// <inheritdoc/>
    public int InputDimension { get; }

    /// <inheritdoc/>
    public int OutputDimension => InputDimension;

    /// <inheritdoc/>
    public void Apply(ReadOnlySpan<float> input, Span<float> output)
    {
        VectorSteps.CheckLengths(this, input, output);
        int start = 0;
        foreach (int length in lengths)
        {
            var (from, to) = (start, start += length);
            float norm = TensorPrimitives.Norm(input[from..to]);
            if (norm > SafeNorm && float.IsFinite(norm)) TensorPrimitives.Divide(input[from..to], norm, output[from..to]);
            else ScaleSafely(input[from..to], output[from..to]);
        }
    }

    /// <summary>Scales a vector of any size to length 1; zeros stay, NaN and infinities give NaN.</summary>
    internal static void ScaleSafely(ReadOnlySpan<float> input, Span<float> output)
    {
        // Divided by the largest value first, the squares can neither overflow nor vanish.
        float largest = Math.Abs(TensorPrimitives.MaxMagnitude(input));
        if (largest == 0)
        {
            output.Clear();
            return;
        }
        TensorPrimitives.Divide(input, largest, output);
        TensorPrimitives.Divide(output, TensorPrimitives.Norm<float>(output), output);
    }

    /// <summary>Length of each block.</summary>
    public IReadOnlyList<int> Lengths => lengths;

    /// <inheritdoc/>
    public JsonObject ToJson() => new() { ["kind"] = Kind, ["lengths"] = VectorSteps.Array<int>(lengths) };
}

/// <summary>Scales vectors to length 1 (L2 normalisation), whatever their dimension; fitted, it is a <see cref="UnitBlocks"/> of one block.</summary>
public sealed record UnitLengthRecipe : IVectorStep
{
    internal const string StepKind = "unit-length";

    /// <inheritdoc/>
    public string Kind => StepKind;

    /// <inheritdoc/>
    public IFittedStep Fit(VectorMatrix vectors)
    {
        ArgumentNullException.ThrowIfNull(vectors);
        return new UnitBlocks(vectors.Dimension);
    }

    /// <inheritdoc/>
    public JsonObject ToJson() => new() { ["kind"] = Kind };
}
