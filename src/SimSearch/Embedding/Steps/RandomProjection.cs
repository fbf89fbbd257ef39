using System.Numerics.Tensors;
using System.Text.Json.Nodes;

namespace SimSearch.Embedding;

/// <summary>What the numbers of a random projection are drawn from.</summary>
public enum RandomProjectionKind
{
    /// <summary>Normal numbers of variance 1 / count.</summary>
    Gaussian,

    /// <summary>Mostly zeros, and otherwise plus or minus one scaled: as good, and faster (Achlioptas 2001; Li, Hastie and Church 2006).</summary>
    Sparse,
}

/// <summary>
/// Projects vectors on random directions. It learns nothing from data, and keeps all distances within 1 +- eps with as many directions as
/// <see cref="SafeDimension"/> says (Johnson and Lindenstrauss 1984), however many dimensions there were.
/// </summary>
/// <remarks>
/// The matrix follows from kind, dimensions, density and seed alone, by a generator of this library's own, so that it is the same in every version. Expected squared length
/// of an output is that of its input.
/// </remarks>
public sealed class RandomProjection : IAffineStep
{
    internal const string StepKind = "random-projection";

    private readonly float[] matrix; // Gaussian: [count x dimension]
    private readonly int[] starts, columns; // sparse: rows of places; the sign is the lowest bit
    private readonly float size;

    /// <summary>Makes the projection.</summary>
    /// <param name="inputDimension">Length of the vectors it takes, 1 or more.</param>
    /// <param name="count">Directions, 1 or more; count * inputDimension at most 2^28.</param>
    /// <param name="kind">What its numbers are drawn from.</param>
    /// <param name="seed">Seed of the numbers.</param>
    /// <param name="density">
    /// Sparse: share of numbers that are not zero, above 0 to 1; 1/3 is Achlioptas' choice. Null (the default) takes 1 / sqrt(inputDimension), Li's.
    /// </param>
    /// <exception cref="SimSearchException">A number is outside its range.</exception>
    public RandomProjection(int inputDimension, int count, RandomProjectionKind kind = RandomProjectionKind.Sparse, int seed = 0, double? density = null)
    {
        if (inputDimension < 1 || count < 1 || (long)inputDimension * count > 1 << 28) throw new SimSearchException($"a random projection of {inputDimension} dimensions to {count}: both must be 1 or more, and their product at most {1 << 28}");
        if (kind is not (RandomProjectionKind.Gaussian or RandomProjectionKind.Sparse)) throw new SimSearchException($"random projection kind {kind} is not one of gaussian, sparse");
        if (density is { } given && !(given > 0 && given <= 1)) throw new SimSearchException($"density={given} of a random projection must be above 0 and at most 1");
        if (density is not null && kind == RandomProjectionKind.Gaussian) throw new SimSearchException("density is for sparse random projections; leave it out");
        (InputDimension, OutputDimension, Projection, Seed) = (inputDimension, count, kind, seed);
        Density = kind == RandomProjectionKind.Gaussian ? 1 : density ?? 1 / Math.Sqrt(inputDimension);
        var random = new Generator((ulong)(uint)seed);
        if (kind == RandomProjectionKind.Gaussian)
        {
            (starts, columns, size, matrix) = ([], [], 0, new float[count * inputDimension]);
            double deviation = 1 / Math.Sqrt(count);
            foreach (ref float value in matrix.AsSpan()) value = (float)(deviation * random.Normal());
            return;
        }
        (matrix, starts, size) = ([], new int[count + 1], (float)Math.Sqrt(1 / Density / count));
        var places = new List<int>();
        for (int row = 0; row < count; row++)
        {
            for (int column = 0; column < inputDimension; column++)
                if (random.Uniform() < Density) places.Add(2 * column + (int)(random.Next() >> 63));
            starts[row + 1] = places.Count;
        }
        columns = [.. places];
    }

    /// <inheritdoc/>
    public string Kind => StepKind;

    /// <inheritdoc/>
    public int InputDimension { get; }

    /// <inheritdoc/>
    public int OutputDimension { get; }

    /// <summary>What its numbers are drawn from.</summary>
    public RandomProjectionKind Projection { get; }

    /// <summary>Seed of the numbers.</summary>
    public int Seed { get; }

    /// <summary>Share of the numbers that are not zero.</summary>
    public double Density { get; }

    /// <summary>How many directions keep all squared distances among so many vectors within 1 - eps to 1 + eps, whatever their dimension.</summary>
    /// <param name="vectors">Number of vectors, 1 or more.</param>
    /// <param name="eps">Largest distortion, above 0 and below 1.</param>
    /// <returns>4 ln(vectors) / (eps^2 / 2 - eps^3 / 3), rounded down as in scikit-learn; it is a safe bound, and in practice a tenth often does.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A number is outside its range.</exception>
    public static int SafeDimension(long vectors, double eps)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(vectors, 1);
        if (!(eps > 0 && eps < 1)) throw new ArgumentOutOfRangeException(nameof(eps), $"eps={eps} must be above 0 and below 1");
        return (int)Math.Min(int.MaxValue, 4 * Math.Log(vectors) / (eps * eps / 2 - eps * eps * eps / 3));
    }

    /// <inheritdoc/>
    public void Apply(ReadOnlySpan<float> input, Span<float> output)
    {
        VectorSteps.CheckLengths(this, input, output);
        for (int row = 0; row < output.Length; row++)
        {
            if (matrix.Length > 0)
            {
                output[row] = TensorPrimitives.Dot(input, matrix.AsSpan(row * InputDimension, InputDimension));
                continue;
            }
            double sum = 0;
            foreach (int place in columns.AsSpan(starts[row], starts[row + 1] - starts[row])) sum += (place & 1) == 0 ? input[place >> 1] : -input[place >> 1];
            output[row] = (float)(size * sum);
        }
    }

    (float[], float[]?) IAffineStep.ToAffine()
    {
        if (matrix.Length > 0) return ([.. matrix], null);
        var full = new float[InputDimension * OutputDimension];
        for (int row = 0; row < OutputDimension; row++)
            foreach (int place in columns.AsSpan(starts[row], starts[row + 1] - starts[row])) full[row * InputDimension + (place >> 1)] = (place & 1) == 0 ? size : -size;
        return (full, null);
    }

    /// <inheritdoc/>
    public JsonObject ToJson() => new()
    {
        ["kind"] = Kind, ["projection"] = Name(Projection), ["input"] = InputDimension, ["count"] = OutputDimension, ["seed"] = Seed, ["density"] = Projection == RandomProjectionKind.Sparse ? Density : null,
    };

    internal static string Name(RandomProjectionKind kind) => kind == RandomProjectionKind.Gaussian ? "gaussian" : "sparse";

    internal static RandomProjectionKind Parse(string? name) => name switch { "gaussian" => RandomProjectionKind.Gaussian, "sparse" => RandomProjectionKind.Sparse, _ => throw new ArgumentException($"projection '{name}' is not one of gaussian, sparse") };

    /// <summary>SplitMix64 (Steele, Lea and Flood 2014): a few lines that will still give the same numbers in ten years.</summary>
    private struct Generator(ulong seed)
    {
        private ulong state = seed;

        public ulong Next()
        {
            ulong z = state += 0x9E3779B97F4A7C15;
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            return z ^ (z >> 31);
        }

        /// <summary>From 0 to below 1.</summary>
        public double Uniform() => (Next() >> 11) * (1.0 / (1UL << 53));

        public double Normal() => Math.Sqrt(-2 * Math.Log(1 - Uniform())) * Math.Cos(2 * Math.PI * Uniform());
    }
}

/// <summary>A <see cref="RandomProjection"/> for vectors whose length is not known yet.</summary>
/// <param name="Count">Directions, 1 or more.</param>
/// <param name="Projection">What its numbers are drawn from.</param>
/// <param name="Seed">Seed of the numbers.</param>
/// <param name="Density">Sparse: share of numbers that are not zero; null takes 1 / sqrt(dimension).</param>
public sealed record RandomProjectionRecipe(int Count, RandomProjectionKind Projection = RandomProjectionKind.Sparse, int Seed = 0, double? Density = null) : IVectorStep
{
    /// <inheritdoc/>
    public string Kind => RandomProjection.StepKind;

    /// <inheritdoc/>
    public int OutputFor(int inputDimension) => Count;

    /// <inheritdoc/>
    public IFittedStep Fit(VectorMatrix vectors)
    {
        ArgumentNullException.ThrowIfNull(vectors);
        return new RandomProjection(vectors.Dimension, Count, Projection, Seed, Density);
    }

    /// <inheritdoc/>
    public JsonObject ToJson() => new() { ["kind"] = Kind, ["projection"] = RandomProjection.Name(Projection), ["count"] = Count, ["seed"] = Seed, ["density"] = Density };
}
