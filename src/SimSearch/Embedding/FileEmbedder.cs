using System.Text.Json;
using System.Text.Json.Nodes;

namespace SimSearch.Embedding;

/// <summary>
/// Turns files (sounds, images) into vectors: raw numbers taken from what the file holds, then a chain of steps (<see cref="Standardizer"/>, <see cref="Pca"/>). Steps
/// that are still recipes take their numbers from the first data set that is embedded; from then on they travel with the embedder.
/// Immutable; safe to use from several threads at once.
/// </summary>
public abstract class FileEmbedder
{
    private const int MaxDimension = 1 << 16;

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    private readonly Lazy<string> fingerprint, rawFingerprint;

    /// <summary>Makes the common part.</summary>
    private protected FileEmbedder(string name, int rawDimension, IReadOnlyList<IVectorStep> steps)
    {
        if (rawDimension is < 1 or > MaxDimension) throw new ArgumentOutOfRangeException(nameof(rawDimension), $"dimension={rawDimension} must be 1 to {MaxDimension}");
        (Name, RawDimension, Steps) = (name, rawDimension, steps);
        Dimension = OutputDimension(rawDimension, steps);
        rawFingerprint = new(() => Canonical.Hash(RawJson()));
        fingerprint = new(() => Canonical.Hash(Description()));
    }

    /// <summary>Short name as on the command line: "combined-stats".</summary>
    public string Name { get; }

    /// <summary>Length of the vectors before the first step.</summary>
    public int RawDimension { get; }

    /// <summary>Length of every vector it makes.</summary>
    public int Dimension { get; }

    /// <summary>What is done to every vector, in this order.</summary>
    public IReadOnlyList<IVectorStep> Steps { get; }

    /// <summary>Whether every step has its numbers, so that vectors can be made.</summary>
    public bool IsFitted => Steps.All(step => step is IFittedStep);

    /// <summary>
    /// Lower-case hex SHA-256 of everything that changes the output: name, version of the algorithm, options, and the numbers of fitted steps.
    /// Vectors of different fingerprints must never be compared.
    /// </summary>
    public string Fingerprint => fingerprint.Value;

    /// <summary>As <see cref="Fingerprint"/>, but of the vectors before the first step: what a cache of them must be keyed by.</summary>
    public string RawFingerprint => rawFingerprint.Value;

    /// <summary>Whether a file has an extension of the kind that it embeds.</summary>
    /// <param name="path">The file; it is not looked into.</param>
    public abstract bool Accepts(string path);

    /// <summary>The same embedder with one more step at the end.</summary>
    /// <param name="step">A fitted step, or a recipe such as <see cref="PcaRecipe"/>.</param>
    /// <exception cref="SimSearchException">The step was fitted on vectors of another length.</exception>
    public virtual FileEmbedder With(IVectorStep step) => WithSteps([.. Steps, step]);

    /// <summary>The same embedder with the numbers of its recipes taken from raw vectors; itself when it is fitted.</summary>
    /// <param name="raw">[rows x RawDimension], for example the vectors of a data set; at least two rows for a <see cref="PcaRecipe"/>.</param>
    /// <exception cref="SimSearchException">There are no rows, or too few for a step.</exception>
    public virtual FileEmbedder Fit(VectorMatrix raw)
    {
        ArgumentNullException.ThrowIfNull(raw);
        return IsFitted ? this : WithSteps(VectorTransform.FitSteps(raw, Steps));
    }

    /// <summary>Runs the steps over raw vectors.</summary>
    /// <param name="raw">[rows x RawDimension].</param>
    /// <returns>[rows x Dimension]; a new matrix.</returns>
    /// <exception cref="InvalidOperationException">The embedder is not fitted.</exception>
    public VectorMatrix Transform(VectorMatrix raw)
    {
        ArgumentNullException.ThrowIfNull(raw);
        return VectorTransform.ApplySteps(FittedSteps(), raw);
    }

    /// <summary>Takes the raw numbers from a file, before any step.</summary>
    /// <param name="path">The file.</param>
    /// <param name="start">Where to begin, in seconds, 0 or more; images know only 0.</param>
    /// <param name="duration">How much to take, in seconds; null goes to the end, and images know only that.</param>
    /// <param name="raw">Receives [RawDimension], finite.</param>
    /// <param name="cancellation">Stops the reading.</param>
    /// <exception cref="SimSearchException">The file cannot be read, or holds nothing that can be embedded.</exception>
    /// <exception cref="IOException">It cannot be opened.</exception>
    public abstract void ExtractFile(string path, double start, double? duration, Span<float> raw, CancellationToken cancellation = default);

    /// <summary>Embeds a file.</summary>
    /// <inheritdoc cref="ExtractFile"/>
    /// <param name="path">The file.</param>
    /// <param name="start">Where to begin, in seconds.</param>
    /// <param name="duration">How much to take, in seconds; null goes to the end.</param>
    /// <param name="vector">Receives [Dimension].</param>
    /// <param name="cancellation">Stops the reading.</param>
    /// <exception cref="InvalidOperationException">The embedder is not fitted.</exception>
    public void EmbedFile(string path, double start, double? duration, Span<float> vector, CancellationToken cancellation = default)
    {
        var steps = FittedSteps();
        using var raw = VectorMatrix.Allocate(1, RawDimension);
        ExtractFile(path, start, duration, raw.WritableRows(0, 1), cancellation);
        using var result = VectorTransform.ApplySteps(steps, raw);
        result.Row(0).CopyTo(vector);
    }

    /// <summary>Everything that makes the embedder, as indented JSON: name, options, steps with their numbers, fingerprint.</summary>
    public string ToJson()
    {
        var json = Description();
        json["format"] = Format;
        json["dimension"] = Dimension;
        json["fingerprint"] = Fingerprint;
        AddHints(json);
        return json.ToJsonString(Indented) + "\n";
    }

    /// <summary>Reads an embedder of sounds or of images back.</summary>
    /// <param name="json">What <see cref="ToJson"/> wrote.</param>
    /// <param name="source">Where it comes from, for errors; a file name, say.</param>
    /// <exception cref="SimSearchException">The text is damaged, of another version, or its fingerprint does not fit its content.</exception>
    public static FileEmbedder FromJson(string json, string source = "the embedder")
    {
        var root = Canonical.ParseObject(json, source);
        string? format = root["format"]?.ToString();
        if (format == TextEmbedder.Format) throw new SimSearchException($"{source} takes texts, not sounds or images; give texts (--text-column with embed, --text with search)");
        if (VectorTransform.IsTransform(json)) throw new SimSearchException($"{source} holds the steps of ready-made vectors, and no embedder of sounds or images; give vectors (.npy, .fvecs, .bvecs) instead of files");
        try
        {
            if (format is not (AudioEmbedder.JsonFormat or ImageEmbedder.JsonFormat)) throw new SimSearchException($"format '{format}' is not '{AudioEmbedder.JsonFormat}' or '{ImageEmbedder.JsonFormat}'");
            var steps = (root["steps"] as JsonArray ?? throw new SimSearchException("steps is missing"))
                .Select(step => VectorSteps.FromJson(step as JsonObject ?? throw new SimSearchException("a step must be an object"))).ToArray();
            var raw = root["raw"] as JsonObject ?? [];
            string name = root["name"]?.ToString() ?? "";
            string? folder = root["model_folder"]?.ToString();
            FileEmbedder embedder = format == ImageEmbedder.JsonFormat ? ImageEmbedder.FromRawJson(name, raw, folder, steps) : AudioEmbedder.FromRawJson(name, raw, folder, steps);
            if (embedder.Fingerprint != root["fingerprint"]?.ToString()) throw new SimSearchException("its fingerprint does not fit its content; the text was changed or damaged");
            return embedder;
        }
        catch (Exception e) when (e is SimSearchException or ArgumentException)
        {
            throw new SimSearchException($"{source} cannot be used: {e.Message}", e);
        }
    }

    /// <summary>Names the kind of embedder in its JSON.</summary>
    private protected abstract string Format { get; }

    /// <summary>Options and version of what comes before the steps.</summary>
    protected abstract JsonObject RawJson();

    /// <summary>Adds to the JSON what helps to find the embedder's files again and does not belong to what it is.</summary>
    private protected virtual void AddHints(JsonObject json) { }

    /// <summary>A copy with other steps.</summary>
    protected abstract FileEmbedder WithSteps(IReadOnlyList<IVectorStep> steps);

    /// <summary>Embeds a batch: raw numbers of each, then the steps.</summary>
    private protected unsafe void EmbedBatch<T>(IReadOnlyList<T> batch, Span<float> vectors, RawExtraction<T> extract, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(batch);
        if (vectors.Length != (long)batch.Count * Dimension) throw new ArgumentException($"the output has room for {vectors.Length} values, {batch.Count} vectors of {Dimension} need {(long)batch.Count * Dimension}", nameof(vectors));
        var steps = FittedSteps();
        int dimension = Dimension;
        fixed (float* first = vectors)
        {
            nint data = (nint)first; // a lambda cannot capture a span
            void EmbedOne(int i)
            {
                using var raw = VectorMatrix.Allocate(1, RawDimension);
                extract(batch[i], raw.WritableRows(0, 1));
                using var result = VectorTransform.ApplySteps(steps, raw);
                result.Row(0).CopyTo(new Span<float>((float*)data + (long)i * dimension, dimension));
            }
            if (batch.Count == 1) EmbedOne(0);
            else Errors.Unwrapped(() => Parallel.For(0, batch.Count, new ParallelOptions { CancellationToken = cancellation }, EmbedOne));
        }
    }

    private protected void DemandRoom(Span<float> raw)
    {
        if (raw.Length != RawDimension) throw new ArgumentException($"the output has room for {raw.Length} values, {Name} takes {RawDimension}", nameof(raw));
    }

    private JsonObject Description() => new()
    {
        ["name"] = Name,
        ["raw"] = RawJson(),
        ["steps"] = new JsonArray([.. Steps.Select(step => step.ToJson())]),
    };

    private IFittedStep[] FittedSteps() => IsFitted
        ? [.. Steps.Cast<IFittedStep>()]
        : throw new InvalidOperationException($"{Name} takes numbers ({string.Join(", ", Steps.Where(s => s is not IFittedStep).Select(s => s.Kind))}) from a data set before it can embed; embed one with DatasetEmbedding, or load the embedder that did");

    private static int OutputDimension(int dimension, IReadOnlyList<IVectorStep> steps)
    {
        foreach (var step in steps)
        {
            if (step is IFittedStep fitted && fitted.InputDimension != dimension) throw new SimSearchException($"step '{step.Kind}' was fitted on vectors of {fitted.InputDimension}, here they have {dimension}");
            dimension = step.OutputFor(dimension);
        }
        return dimension;
    }
}

/// <summary>Takes raw numbers from one thing.</summary>
internal delegate void RawExtraction<in T>(T thing, Span<float> raw);
