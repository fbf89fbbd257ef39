using System.Numerics.Tensors;
using System.Text.Json.Nodes;

namespace SimSearch.Embedding;

/// <summary>Shifts and scales every dimension by numbers taken from the vectors it was fitted on; by default to mean 0 and deviation 1.</summary>
/// <remarks>
/// output[i] = (input[i] - mean[i]) / scale[i]. Means and deviations are population ones (ddof 0) as in scikit-learn's
/// StandardScaler, computed in double precision in two passes. A dimension that does not vary gets scale 1, so that it becomes 0 and not
/// NaN; "does not vary" means a deviation below 1e-6 of the mean, which is rounding noise in float32, or below the
/// smallest normal number (1.2e-38).
/// </remarks>
public sealed class Standardizer : IAffineStep
{
    internal const string StepKind = "standardizer";
    private const double NoiseRatio = 1e-6;

    /// <summary>The smallest float32 with all its digits; the inverse of a smaller one is infinite.</summary>
    internal const float SmallestNormal = 1.17549435e-38f;

    private readonly double[] mean, scale;

    /// <summary>Makes a standardizer from known numbers.</summary>
    /// <param name="mean">Mean of each dimension; finite.</param>
    /// <param name="scale">What each dimension is divided by; finite and above 0.</param>
    /// <exception cref="ArgumentException">Lengths differ or a number is out of range.</exception>
    public Standardizer(double[] mean, double[] scale)
    {
        if (mean.Length == 0 || scale.Length != mean.Length) throw new ArgumentException($"mean ({mean.Length}) and scale ({scale.Length}) must be equally long and not empty");
        if (!TensorPrimitives.IsFiniteAll<double>(mean) || !TensorPrimitives.IsFiniteAll<double>(scale) || TensorPrimitives.Min<double>(scale) <= 0)
            throw new ArgumentException("mean and scale must be finite, and every scale above 0");
        (this.mean, this.scale) = ([.. mean], [.. scale]);
    }

    /// <inheritdoc/>
    public string Kind => StepKind;

    /// <inheritdoc/>
    public int InputDimension => mean.Length;

    /// <inheritdoc/>
    public int OutputDimension => mean.Length;

    /// <summary>Mean of each dimension.</summary>
    public ReadOnlySpan<double> Mean => mean;

    /// <summary>What each dimension is divided by.</summary>
    public ReadOnlySpan<double> Scale => scale;

    /// <summary>Takes mean and deviation from vectors.</summary>
    /// <param name="vectors">[rows x dimension], at least one row; finite.</param>
    /// <param name="shared">Where a mean and a deviation over time share one scale; see <see cref="SharedScale"/>. Default none.</param>
    /// <exception cref="SimSearchException">There is no vector, or a shared scale reaches beyond the vectors.</exception>
    public static Standardizer Fit(VectorMatrix vectors, IReadOnlyList<SharedScale>? shared = null)
    {
        ArgumentNullException.ThrowIfNull(vectors);
        if (vectors.Rows == 0) throw new SimSearchException("a standardizer needs at least one vector to be fitted on; the data set is empty");
        double[] mean = ColumnStatistics.Mean(vectors), variance = ColumnStatistics.Variance(vectors, mean);
        foreach (var (start, bins) in shared ?? [])
        {
            if (start < 0 || bins < 1 || start + 2L * bins > mean.Length) throw new SimSearchException($"a shared scale of {bins} bins from dimension {start} reaches beyond the {mean.Length} dimensions");
            for (int i = start; i < start + bins; i++)
                variance[i] = variance[i + bins] = variance[i] + variance[i + bins] + mean[i + bins] * mean[i + bins];
        }
        var scale = new double[mean.Length];
        for (int i = 0; i < scale.Length; i++)
        {
            double deviation = Math.Sqrt(variance[i]);
            scale[i] = deviation > Math.Max(SmallestNormal, NoiseRatio * Math.Abs(mean[i])) ? deviation : 1;
        }
        return new Standardizer(mean, scale);
    }

    /// <inheritdoc/>
    public void Apply(ReadOnlySpan<float> input, Span<float> output)
    {
        VectorSteps.CheckLengths(this, input, output);
        // The subtraction is done in double: where the mean is large against the deviation, float32 would lose digits here.
        for (int i = 0; i < output.Length; i++) output[i] = (float)((input[i] - mean[i]) / scale[i]);
    }

    (float[], float[]?) IAffineStep.ToAffine()
    {
        var matrix = new float[(long)mean.Length * mean.Length];
        for (int i = 0; i < mean.Length; i++) matrix[(long)i * mean.Length + i] = (float)(1 / scale[i]);
        return (matrix, [.. mean.Select((m, i) => (float)(-m / scale[i]))]);
    }

    /// <inheritdoc/>
    public JsonObject ToJson() => new() { ["kind"] = Kind, ["mean"] = VectorSteps.Array<double>(mean), ["scale"] = VectorSteps.Array<double>(scale) };
}

/// <summary>
/// Two neighbouring blocks of a vector that hold, for the same <paramref name="Bins"/> features over time, first the means and then the
/// deviations. Both are divided by the deviation of the feature over all frames of all clips: sqrt(mean of squared deviations + variance of means).
/// </summary>
/// <param name="Start">First dimension of the means, 0 or more.</param>
/// <param name="Bins">Number of features, 1 or more.</param>
/// <remarks>
/// The result is as if every frame had been standardized before mean and deviation were taken. Scaling each dimension by itself instead blows up the means
/// of derivatives, which are nearly 0 in every clip: on ESC-10 that costs MFCC statistics 12 points of precision at 1.
/// </remarks>
public readonly record struct SharedScale(int Start, int Bins);

/// <summary>A <see cref="Standardizer"/> that is still to be fitted.</summary>
public sealed record StandardizerRecipe : IVectorStep
{
    /// <summary>Where a mean and a deviation over time share one scale. Default none.</summary>
    public IReadOnlyList<SharedScale> Shared { get; init; } = [];

    /// <inheritdoc/>
    public string Kind => Standardizer.StepKind;

    /// <inheritdoc/>
    public IFittedStep Fit(VectorMatrix vectors) => Standardizer.Fit(vectors, Shared);

    /// <inheritdoc/>
    public JsonObject ToJson() => new() { ["kind"] = Kind, ["shared"] = new JsonArray([.. Shared.Select(s => new JsonArray(s.Start, s.Bins))]) };
}
