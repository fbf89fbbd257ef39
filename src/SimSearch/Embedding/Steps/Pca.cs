using System.Numerics.Tensors;
using System.Text.Json.Nodes;

namespace SimSearch.Embedding;

/// <summary>How principal components are found.</summary>
public enum PcaMethod
{
    /// <summary>Exactly up to 1,024 vectors or dimensions and where more than a quarter of the components is wanted, otherwise randomised.</summary>
    Auto,

    /// <summary>By the whole decomposition of the covariance or of the inner products, whichever is smaller; takes time with the cube of its size.</summary>
    Exact,

    /// <summary>From random combinations, refined (Halko, Martinsson and Tropp 2011): for vectors that are many and long. Components with clearly different variances agree with the exact ones.</summary>
    Randomized,
}

/// <summary>Principal components: projects vectors on the directions in which those it was fitted on vary most.</summary>
/// <remarks>
/// output = components * (input - mean), divided by the deviation of each component when whitening. Variances divide by n - 1, as in
/// scikit-learn's PCA (full solver), with which results agree within 1e-5 apart from the sign: here the entry of a component with the
/// largest magnitude is positive. A component whose variance is below 1e-12 of the first one's is noise: whitened it gives 0, and where its direction would be noise too (fewer
/// vectors than dimensions, or the randomised method) its direction is 0 as well.
/// </remarks>
public sealed class Pca : IAffineStep
{
    /// <summary>Largest matrix it decomposes without the randomised method: of the number of vectors and their length, the smaller must not exceed this.</summary>
    public const int MaxSize = 8192;

    internal const string StepKind = "pca";
    internal const double NoiseRatio = 1e-12;

    private readonly double[] mean, variances;
    private readonly float[] components, factors;

    /// <summary>Makes a projection from known numbers.</summary>
    /// <param name="mean">[dimension]; finite.</param>
    /// <param name="components">[count x dimension], row-major; finite, rows orthonormal, or 0 for a component without variance.</param>
    /// <param name="variances">[count], largest first; finite, 0 or more.</param>
    /// <param name="totalVariance">Variance over all dimensions of the vectors it was fitted on; 0 or more.</param>
    /// <param name="whiten">Whether every component is scaled to variance 1.</param>
    /// <exception cref="ArgumentException">Lengths do not fit or a number is out of range.</exception>
    public Pca(double[] mean, float[] components, double[] variances, double totalVariance, bool whiten)
    {
        if (mean.Length == 0 || variances.Length == 0 || variances.Length > mean.Length || components.Length != (long)mean.Length * variances.Length)
            throw new ArgumentException($"components ({components.Length}) must be {variances.Length} x {mean.Length}, the lengths of variances and mean, with no more components than dimensions");
        if (!TensorPrimitives.IsFiniteAll<double>(mean) || !TensorPrimitives.IsFiniteAll<float>(components) || !TensorPrimitives.IsFiniteAll<double>(variances) || !(totalVariance >= 0 && double.IsFinite(totalVariance)) || TensorPrimitives.Min<double>(variances) < 0)
            throw new ArgumentException("mean, components and variances must be finite, and variances and their total 0 or more");
        (this.mean, this.components, this.variances, TotalVariance, Whiten) = ([.. mean], [.. components], [.. variances], totalVariance, whiten);
        // The smallest float that has an inverse, squared: a smaller variance cannot be scaled to 1 in float32.
        double noise = Math.Max(NoiseRatio * variances[0], (double)Standardizer.SmallestNormal * Standardizer.SmallestNormal);
        factors = [.. variances.Select(v => !whiten ? 1f : v > noise ? (float)(1 / Math.Sqrt(v)) : 0f)];
    }

    /// <inheritdoc/>
    public string Kind => StepKind;

    /// <inheritdoc/>
    public int InputDimension => mean.Length;

    /// <inheritdoc/>
    public int OutputDimension => variances.Length;

    /// <summary>Whether every component is scaled to variance 1.</summary>
    public bool Whiten { get; }

    /// <summary>Mean that is subtracted, [InputDimension].</summary>
    public ReadOnlySpan<double> Mean => mean;

    /// <summary>The directions, [OutputDimension x InputDimension], row-major.</summary>
    public ReadOnlySpan<float> Components => components;

    /// <summary>Variance along each direction, largest first.</summary>
    public ReadOnlySpan<double> Variances => variances;

    /// <summary>Variance over all dimensions; <see cref="Variances"/> divided by it is the share that each component explains.</summary>
    public double TotalVariance { get; }

    /// <summary>Finds the directions of largest variance.</summary>
    /// <param name="vectors">[rows x dimension], at least two rows; finite.</param>
    /// <param name="count">Components to keep, 1 to min(rows - 1, dimension).</param>
    /// <param name="whiten">Whether every component is scaled to variance 1.</param>
    /// <param name="method">How they are found; by default by what is faster.</param>
    /// <param name="seed">Seed of the randomised method.</param>
    /// <param name="cancellation">Looked at between blocks of vectors; the decomposition of the matrix that comes of them runs to its end.</param>
    /// <exception cref="SimSearchException">Too many components are asked for: more than a quarter where vectors and dimensions are both more than <see cref="MaxSize"/>.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static Pca Fit(VectorMatrix vectors, int count, bool whiten = false, PcaMethod method = PcaMethod.Auto, int seed = 0, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(vectors);
        long most = Math.Min(vectors.Rows - 1, vectors.Dimension);
        if (count < 1 || count > most)
            throw new SimSearchException($"PCA to {count} components needs more vectors or dimensions: {vectors.Rows} vectors of {vectors.Dimension} allow 1 to {Math.Max(0, most)}");
        double[] mean = ColumnStatistics.Mean(vectors);
        var (components, variances, total) = PcaSolver.Solve(vectors, mean, count, method, seed, cancellation);
        return new Pca(mean, components, variances, total, whiten);
    }

    /// <inheritdoc/>
    public void Apply(ReadOnlySpan<float> input, Span<float> output)
    {
        VectorSteps.CheckLengths(this, input, output);
        Span<float> centred = mean.Length <= 1024 ? stackalloc float[mean.Length] : new float[mean.Length];
        for (int i = 0; i < centred.Length; i++) centred[i] = (float)(input[i] - mean[i]);
        for (int c = 0; c < output.Length; c++)
            output[c] = factors[c] * TensorPrimitives.Dot(centred, components.AsSpan(c * mean.Length, mean.Length));
    }

    (float[], float[]?) IAffineStep.ToAffine()
    {
        var matrix = new float[components.Length];
        var offset = new float[OutputDimension];
        for (int c = 0; c < OutputDimension; c++)
        {
            var row = components.AsSpan(c * mean.Length, mean.Length);
            TensorPrimitives.Multiply(row, factors[c], matrix.AsSpan(c * mean.Length, mean.Length));
            double sum = 0;
            for (int i = 0; i < row.Length; i++) sum -= row[i] * mean[i];
            offset[c] = (float)(factors[c] * sum);
        }
        return (matrix, offset);
    }

    /// <inheritdoc/>
    public JsonObject ToJson() => new()
    {
        ["kind"] = Kind,
        ["whiten"] = Whiten,
        ["mean"] = VectorSteps.Array<double>(mean),
        ["variances"] = VectorSteps.Array<double>(variances),
        ["total_variance"] = TotalVariance,
        ["components"] = VectorSteps.Array<float>(components),
    };
}

/// <summary>A <see cref="Pca"/> that is still to be fitted.</summary>
/// <param name="Count">Components to keep, 1 or more.</param>
/// <param name="Whiten">Whether every component is scaled to variance 1.</param>
public sealed record PcaRecipe(int Count, bool Whiten = false) : IVectorStep
{
    /// <inheritdoc/>
    public string Kind => Pca.StepKind;

    /// <summary>Seed, where the components are found by the randomised method; 0 by default.</summary>
    public int Seed { get; init; }

    /// <inheritdoc/>
    public int OutputFor(int inputDimension) => Count;

    /// <inheritdoc/>
    public IFittedStep Fit(VectorMatrix vectors) => Pca.Fit(vectors, Count, Whiten, seed: Seed);

    /// <inheritdoc/>
    public JsonObject ToJson()
    {
        var json = new JsonObject { ["kind"] = Kind, ["count"] = Count, ["whiten"] = Whiten };
        if (Seed != 0) json["seed"] = Seed; // a recipe without one has the hash it always had
        return json;
    }
}
