using System.Buffers.Binary;
using System.Numerics;
using System.Text.Json.Nodes;
using SimSearch.Text;

namespace SimSearch.Embedding;

/// <summary>
/// The hand-crafted embedder of texts, "text-tfidf": words, pairs of words and runs of three to five characters are counted in buckets by their hash, weighed by how rare the bucket is in the data
/// set it is fitted on (<see cref="TfIdf"/>, counts as logarithms), and scaled to length 1. Knows nothing of any language. What a learned model must beat.
/// </summary>
public sealed class HashedTextEmbedder : TextEmbedder
{
    /// <summary>Its name on the command line.</summary>
    public const string StandardName = "text-tfidf";

    private const string RawKind = "hashed-tfidf";
    private const int Version = 1, MaxDimension = 1 << 16;

    private static readonly TfIdfOptions Options = new() { Sublinear = true };

    private readonly double[]? weights;

    /// <summary>Makes an embedder that is still to be fitted.</summary>
    /// <param name="dimension">Number of buckets, 16 to 65,536; fewer mix more terms up. Default 2,048.</param>
    public HashedTextEmbedder(int dimension = 2048) : this(dimension, null) { }

    private HashedTextEmbedder(int dimension, double[]? weights) : base(StandardName, dimension)
    {
        if (dimension is < 16 or > MaxDimension) throw new ArgumentOutOfRangeException(nameof(dimension), $"dimension={dimension} must be 16 to {MaxDimension}");
        this.weights = weights;
    }

    /// <inheritdoc/>
    public override bool IsFitted => weights is not null;

    /// <inheritdoc/>
    /// <exception cref="SimSearchException">There is no text.</exception>
    public override TextEmbedder Fit(IReadOnlyList<string> texts, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(texts);
        if (IsFitted) return this;
        if (texts.Count == 0) throw new SimSearchException($"{Name} is fitted on texts, and there is none");
        var holding = new int[Dimension];
        Parallel.ForEach(texts, new ParallelOptions { CancellationToken = cancellation }, () => (Counts: new double[Dimension], Holding: new int[Dimension]), (text, _, own) =>
        {
            Count(text, own.Counts);
            for (int i = 0; i < own.Counts.Length; i++) if (own.Counts[i] != 0) own.Holding[i]++;
            return own;
        }, own =>
        {
            lock (holding) for (int i = 0; i < holding.Length; i++) holding[i] += own.Holding[i];
        });
        // Weights travel as floats, so that the embedder that was read back is the same to the last bit.
        return new HashedTextEmbedder(Dimension, [.. TfIdf.Weights(texts.Count, holding, Options).Select(w => (double)(float)w)]);
    }

    private protected override void EmbedOne(string text, Span<float> vector)
    {
        var counts = new double[Dimension];
        Count(text, counts);
        TfIdf.Weigh(counts, weights, Options);
        for (int i = 0; i < counts.Length; i++) vector[i] = (float)counts[i];
        if (vector.IndexOfAnyExcept(0f) < 0) throw new SimSearchException("the text holds no terms that could be counted");
    }

    private protected override JsonObject RawJson()
    {
        var bytes = new byte[4 * (weights?.Length ?? 0)];
        for (int i = 0; i < weights?.Length; i++) BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(4 * i), (float)weights[i]);
        return new() { ["kind"] = RawKind, ["version"] = Version, ["dimension"] = Dimension, ["weights"] = Convert.ToBase64String(bytes) };
    }

    internal static HashedTextEmbedder FromRawJson(JsonObject raw)
    {
        if (raw["kind"]?.ToString() != RawKind || raw["version"]?.ToString() != $"{Version}") throw new SimSearchException($"'{raw["kind"]}' version '{raw["version"]}' is not {RawKind} version {Version}; it was written by another version of this program, so embed again");
        int dimension = raw["dimension"]?.GetValue<int>() ?? 0;
        byte[] bytes = Convert.FromBase64String(raw["weights"]?.ToString() ?? "");
        if (bytes.Length != 4L * dimension) throw new SimSearchException($"it has {bytes.Length} bytes of weights for {dimension} dimensions, {4L * dimension} are needed");
        var weights = new double[dimension];
        for (int i = 0; i < weights.Length; i++) weights[i] = BinaryPrimitives.ReadSingleLittleEndian(bytes.AsSpan(4 * i));
        return weights.All(w => double.IsFinite(w) && w > 0) ? new HashedTextEmbedder(dimension, weights) : throw new SimSearchException("its weights must be finite and above 0");
    }

    private void Count(string text, double[] counts)
    {
        Array.Clear(counts);
        foreach (string term in TextTerms.Words(text, 1, 2)) Add(term, 'w', counts);
        foreach (string term in TextTerms.Characters(text, 3, 5)) Add(term, 'c', counts);
    }

    // FNV-1a over UTF-16 units, then mixed; half of the terms count downwards, so that terms which share a bucket cancel rather than add up.
    private static void Add(string term, char family, double[] counts)
    {
        ulong hash = (14695981039346656037 ^ family) * 1099511628211;
        foreach (char c in term) hash = (hash ^ c) * 1099511628211;
        hash = (hash ^ BitOperations.RotateRight(hash, 29)) * 0xBF58476D1CE4E5B9;
        hash ^= hash >> 32;
        counts[(int)(hash % (ulong)counts.Length)] += hash >> 63 == 0 ? 1 : -1;
    }
}
