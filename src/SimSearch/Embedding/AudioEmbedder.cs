using System.Collections.Concurrent;
using System.Numerics.Tensors;
using System.Text.Json;
using System.Text.Json.Nodes;
using SimSearch.Audio;
using SimSearch.Storage;

namespace SimSearch.Embedding;

/// <summary>
/// Turns sound into vectors: raw numbers taken from the signal, then a chain of steps (<see cref="Standardizer"/>, <see cref="Pca"/>). Steps
/// that are still recipes take their numbers from the first data set that is embedded; from then on they travel with the embedder.
/// Immutable; safe to use from several threads at once.
/// </summary>
public abstract class AudioEmbedder : IEmbedder<AudioSignal>
{
    private const string Format = "simsearch-embedder-1";
    private const int MaxDimension = 1 << 16;

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    private readonly ConcurrentBag<AudioExtractor> extractors = [];
    private readonly Lazy<string> fingerprint, rawFingerprint;

    /// <summary>Makes the common part.</summary>
    /// <param name="name">Short name as on the command line.</param>
    /// <param name="sampleRate">Sample rate that signals are brought to, in Hz; 1 or more.</param>
    /// <param name="rawDimension">Length of the vectors before the first step; 1 to 65,536.</param>
    /// <param name="steps">What is done to every vector, in this order.</param>
    /// <exception cref="SimSearchException">The lengths of steps do not fit.</exception>
    protected AudioEmbedder(string name, int sampleRate, int rawDimension, IReadOnlyList<IVectorStep> steps)
    {
        if (sampleRate is < 1 or > AudioLimits.MaxSampleRate) throw new ArgumentOutOfRangeException(nameof(sampleRate), $"sample rate={sampleRate} Hz must be 1 to {AudioLimits.MaxSampleRate}");
        if (rawDimension is < 1 or > MaxDimension) throw new ArgumentOutOfRangeException(nameof(rawDimension), $"dimension={rawDimension} must be 1 to {MaxDimension}");
        (Name, SampleRate, RawDimension, Steps) = (name, sampleRate, rawDimension, steps);
        Dimension = OutputDimension(rawDimension, steps);
        rawFingerprint = new(() => Canonical.Hash(RawJson()));
        fingerprint = new(() => Canonical.Hash(Description()));
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <summary>Sample rate that signals are brought to before anything is taken from them, in Hz.</summary>
    public int SampleRate { get; }

    /// <summary>Length of the vectors before the first step.</summary>
    public int RawDimension { get; }

    /// <inheritdoc/>
    public int Dimension { get; }

    /// <summary>What is done to every vector, in this order.</summary>
    public IReadOnlyList<IVectorStep> Steps { get; }

    /// <summary>Whether every step has its numbers, so that vectors can be made.</summary>
    public bool IsFitted => Steps.All(step => step is IFittedStep);

    /// <inheritdoc/>
    public string Fingerprint => fingerprint.Value;

    /// <summary>As <see cref="Fingerprint"/>, but of the vectors before the first step: what a cache of them must be keyed by.</summary>
    public string RawFingerprint => rawFingerprint.Value;

    /// <summary>How to load a file for this embedder: mixed to one channel, at its sample rate.</summary>
    /// <param name="start">Where to begin, in seconds.</param>
    /// <param name="duration">How much to read, in seconds; null reads to the end.</param>
    public AudioLoadOptions LoadOptions(double start = 0, double? duration = null) => new() { SampleRate = SampleRate, Start = start, Duration = duration };

    /// <summary>The same embedder with one more step at the end.</summary>
    /// <param name="step">A fitted step, or a recipe such as <see cref="PcaRecipe"/>.</param>
    /// <exception cref="SimSearchException">The step was fitted on vectors of another length.</exception>
    public AudioEmbedder With(IVectorStep step) => WithSteps([.. Steps, step]);

    /// <summary>The same embedder with the numbers of its recipes taken from raw vectors; itself when it is fitted.</summary>
    /// <param name="raw">[rows x RawDimension], as <see cref="ExtractRaw"/> gives them.</param>
    /// <exception cref="SimSearchException">There are too few vectors for a step.</exception>
    public AudioEmbedder Fit(VectorMatrix raw)
    {
        ArgumentNullException.ThrowIfNull(raw);
        if (IsFitted) return this;
        return WithSteps(VectorTransform.FitSteps(raw, Steps));
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

    /// <summary>Takes the raw numbers from one signal, before any step.</summary>
    /// <param name="signal">At least one sample, finite. Several channels are averaged; another sample rate is converted.</param>
    /// <param name="raw">Receives [RawDimension], finite.</param>
    /// <exception cref="SimSearchException">The signal is empty or holds values that are not finite or far too large.</exception>
    public void ExtractRaw(AudioSignal signal, Span<float> raw)
    {
        ArgumentNullException.ThrowIfNull(signal);
        if (raw.Length != RawDimension) throw new ArgumentException($"the output has room for {raw.Length} values, {Name} takes {RawDimension}", nameof(raw));
        ReadOnlySpan<float> samples = AsMono(signal);
        if (samples.Length == 0) throw new SimSearchException("the clip holds no samples; there is nothing to embed");
        if (!TensorPrimitives.IsFiniteAll(samples)) throw new SimSearchException("the clip holds samples that are NaN or infinite; repair or leave out the file");
        if (!extractors.TryTake(out var extractor)) extractor = CreateExtractor();
        extractor.Extract(samples, raw);
        extractors.Add(extractor);
        if (!TensorPrimitives.IsFiniteAll(raw))
            throw new SimSearchException($"the clip's samples reach {TensorPrimitives.MaxMagnitude(samples):G3}, too large to compute with; scale them to -1 to 1");
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The embedder is not fitted.</exception>
    /// <exception cref="SimSearchException">A signal is empty or holds values that are not finite or far too large.</exception>
    public unsafe void Embed(IReadOnlyList<AudioSignal> batch, Span<float> vectors, CancellationToken cancellation = default)
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
                ExtractRaw(batch[i], raw.WritableRows(0, 1));
                using var result = VectorTransform.ApplySteps(steps, raw);
                result.Row(0).CopyTo(new Span<float>((float*)data + (long)i * dimension, dimension));
            }
            if (batch.Count == 1) EmbedOne(0);
            else Errors.Unwrapped(() => Parallel.For(0, batch.Count, new ParallelOptions { CancellationToken = cancellation }, EmbedOne));
        }
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

    /// <summary>Reads an embedder back.</summary>
    /// <param name="json">What <see cref="ToJson"/> wrote.</param>
    /// <param name="source">Where it comes from, for errors; a file name, say.</param>
    /// <exception cref="SimSearchException">The text is damaged, of another version, or its fingerprint does not fit its content.</exception>
    public static AudioEmbedder FromJson(string json, string source = "the embedder")
    {
        var root = Canonical.ParseObject(json, source);
        try
        {
            if (root["format"]?.ToString() == TextEmbedder.Format) throw new SimSearchException("it embeds texts, not sounds; give texts (--text-column with embed, --text with search)");
            if (root["format"]?.ToString() != Format) throw new SimSearchException($"format '{root["format"]}' is not '{Format}'");
            var steps = (root["steps"] as JsonArray ?? throw new SimSearchException("steps is missing"))
                .Select(step => VectorSteps.FromJson(step as JsonObject ?? throw new SimSearchException("a step must be an object"))).ToArray();
            var raw = root["raw"] as JsonObject ?? [];
            AudioEmbedder embedder = raw["kind"]?.ToString() == OnnxEmbedder.RawKind
                ? OnnxEmbedder.FromRawJson(raw, root["model_folder"]?.ToString(), steps)
                : FrameStatisticsEmbedder.FromRawJson(root["name"]?.ToString() ?? "", raw, steps);
            if (embedder.Fingerprint != root["fingerprint"]?.ToString()) throw new SimSearchException("its fingerprint does not fit its content; the text was changed or damaged");
            return embedder;
        }
        catch (Exception e) when (e is SimSearchException or ArgumentException)
        {
            throw new SimSearchException($"{source}: is not a usable embedder: {e.Message}", e);
        }
    }

    /// <summary>Options and version of what comes before the steps.</summary>
    protected abstract JsonObject RawJson();

    /// <summary>Adds to the JSON what helps to find the embedder's files again and does not belong to what it is.</summary>
    private protected virtual void AddHints(JsonObject json) { }

    /// <summary>A copy with other steps.</summary>
    protected abstract AudioEmbedder WithSteps(IReadOnlyList<IVectorStep> steps);

    /// <summary>A worker with its own buffers, for one thread at a time.</summary>
    protected abstract AudioExtractor CreateExtractor();

    private JsonObject Description() => new()
    {
        ["name"] = Name,
        ["raw"] = RawJson(),
        ["steps"] = new JsonArray([.. Steps.Select(step => step.ToJson())]),
    };

    private IFittedStep[] FittedSteps() => IsFitted
        ? [.. Steps.Cast<IFittedStep>()]
        : throw new InvalidOperationException($"{Name} takes numbers ({string.Join(", ", Steps.Where(s => s is not IFittedStep).Select(s => s.Kind))}) from a data set before it can embed; embed one with DatasetEmbedding, or load the embedder that did");

    private ReadOnlySpan<float> AsMono(AudioSignal signal)
    {
        if (signal.Channels > 1)
        {
            var mix = new float[signal.Frames];
            for (int c = 0; c < signal.Channels; c++) TensorPrimitives.Add(mix, signal.Channel(c), mix);
            TensorPrimitives.Divide(mix, signal.Channels, mix);
            signal = new AudioSignal(mix, signal.SampleRate);
        }
        return signal.SampleRate == SampleRate ? signal.Mono : Resampler.Resample(signal, SampleRate).Mono;
    }

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

/// <summary>Takes raw numbers from signals, with buffers of its own; one thread at a time.</summary>
public abstract class AudioExtractor
{
    /// <summary>Takes the numbers of one clip.</summary>
    /// <param name="samples">One channel at the embedder's sample rate; at least one sample, finite.</param>
    /// <param name="raw">Receives the embedder's raw dimension.</param>
    public abstract void Extract(ReadOnlySpan<float> samples, Span<float> raw);
}
