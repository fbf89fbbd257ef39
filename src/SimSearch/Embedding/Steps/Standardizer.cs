using System.Numerics.Tensors;
using System.Text.Json.Nodes;

namespace SimSearch.Embedding;

/// <summary>Shifts and scales every dimension to mean 0 and deviation 1 over the vectors it was fitted on, then weights it.</summary>
/// <remarks>
/// output[i] = (input[i] - mean[i]) / scale[i] * weight[i]. Means and deviations are population ones (ddof 0) as in scikit-learn's
/// StandardScaler, computed in double precision in two passes. A dimension that does not vary gets scale 1, so that it becomes 0 and not
/// NaN; "does not vary" means a deviation below 1e-6 of the mean, which is rounding noise in float32.
/// </remarks>
public sealed class Standardizer : IFittedStep
{
    internal const string StepKind = "standardizer";
    private const double NoiseRatio = 1e-6;

    private readonly double[] mean, scale;
    private readonly float[] weights;

    /// <summary>Makes a standardizer from known numbers.</summary>
    /// <param name="mean">Mean of each dimension; finite.</param>
    /// <param name="scale">Deviation of each dimension; finite and above 0.</param>
    /// <param name="weights">Factor of each dimension after scaling, finite; empty for 1 everywhere.</param>
    /// <exception cref="ArgumentException">Lengths differ or a number is out of range.</exception>
    public Standardizer(double[] mean, double[] scale, float[]? weights = null)
    {
        weights ??= [];
        if (mean.Length == 0 || scale.Length != mean.Length || (weights.Length != 0 && weights.Length != mean.Length))
            throw new ArgumentException($"mean ({mean.Length}), scale ({scale.Length}) and weights ({weights.Length} or none) must be equally long and not empty");
        if (!TensorPrimitives.IsFiniteAll<double>(mean) || !TensorPrimitives.IsFiniteAll<double>(scale) || (weights.Length > 0 && !TensorPrimitives.IsFiniteAll<float>(weights)) || TensorPrimitives.Min<double>(scale) <= 0)
            throw new ArgumentException("mean, scale and weights must be finite, and every scale above 0");
        (this.mean, this.scale, this.weights) = ([.. mean], [.. scale], [.. weights]);
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

    /// <summary>What each dimension is multiplied by afterwards; empty for 1 everywhere.</summary>
    public ReadOnlySpan<float> Weights => weights;

    /// <summary>Takes mean and deviation from vectors.</summary>
    /// <param name="vectors">[rows x dimension], at least one row; finite.</param>
    /// <param name="weights">Factor of each dimension after scaling; empty for 1 everywhere.</param>
    /// <exception cref="SimSearchException">There is no vector.</exception>
    public static Standardizer Fit(VectorMatrix vectors, float[]? weights = null)
    {
        ArgumentNullException.ThrowIfNull(vectors);
        if (vectors.Rows == 0) throw new SimSearchException("a standardizer needs at least one vector to be fitted on; the data set is empty");
        double[] mean = ColumnStatistics.Mean(vectors);
        var scale = new double[mean.Length];
        for (long row = 0; row < vectors.Rows; row++)
        {
            var values = vectors.Row(row);
            for (int i = 0; i < scale.Length; i++)
            {
                double difference = values[i] - mean[i];
                scale[i] += difference * difference;
            }
        }
        for (int i = 0; i < scale.Length; i++)
        {
            double deviation = Math.Sqrt(scale[i] / vectors.Rows);
            scale[i] = deviation > NoiseRatio * Math.Abs(mean[i]) ? deviation : 1;
        }
        return new Standardizer(mean, scale, weights);
    }

    /// <inheritdoc/>
    public void Apply(ReadOnlySpan<float> input, Span<float> output)
    {
        VectorSteps.CheckLengths(this, input, output);
        // The subtraction is done in double: where the mean is large against the deviation, float32 would lose digits here.
        for (int i = 0; i < output.Length; i++) output[i] = (float)((input[i] - mean[i]) / scale[i]);
        if (weights.Length > 0) TensorPrimitives.Multiply(output, weights, output);
    }

    /// <inheritdoc/>
    public JsonObject ToJson()
    {
        JsonObject json = new() { ["kind"] = Kind, ["mean"] = VectorSteps.Array<double>(mean), ["scale"] = VectorSteps.Array<double>(scale) };
        if (weights.Length > 0) json["weights"] = VectorSteps.Array<float>(weights);
        return json;
    }
}

/// <summary>A <see cref="Standardizer"/> that is still to be fitted.</summary>
public sealed record StandardizerRecipe : IVectorStep
{
    /// <summary>Factor of each dimension after scaling; empty (the default) for 1 everywhere.</summary>
    public IReadOnlyList<float> Weights { get; init; } = [];

    /// <inheritdoc/>
    public string Kind => Standardizer.StepKind;

    /// <inheritdoc/>
    public IFittedStep Fit(VectorMatrix vectors) => Standardizer.Fit(vectors, [.. Weights]);

    /// <inheritdoc/>
    public JsonObject ToJson()
    {
        JsonObject json = new() { ["kind"] = Kind };
        if (Weights.Count > 0) json["weights"] = VectorSteps.Array<float>([.. Weights]);
        return json;
    }
}
