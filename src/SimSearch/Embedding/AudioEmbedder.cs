using System.Collections.Concurrent;
using System.Numerics.Tensors;
using System.Text.Json.Nodes;
using SimSearch.Audio;
using SimSearch.Datasets;

namespace SimSearch.Embedding;

/// <summary>Turns sounds into vectors; see <see cref="FileEmbedder"/>.</summary>
public abstract class AudioEmbedder : FileEmbedder, IEmbedder<AudioSignal>
{
    internal const string JsonFormat = "simsearch-embedder-1";

    private readonly ConcurrentBag<AudioExtractor> extractors = [];

    /// <summary>Makes the common part.</summary>
    /// <param name="name">Short name as on the command line.</param>
    /// <param name="sampleRate">Sample rate that signals are brought to, in Hz; 1 or more.</param>
    /// <param name="rawDimension">Length of the vectors before the first step; 1 to 65,536.</param>
    /// <param name="steps">What is done to every vector, in this order.</param>
    /// <exception cref="SimSearchException">The lengths of steps do not fit.</exception>
    protected AudioEmbedder(string name, int sampleRate, int rawDimension, IReadOnlyList<IVectorStep> steps) : base(name, rawDimension, steps)
    {
        if (sampleRate is < 1 or > AudioLimits.MaxSampleRate) throw new ArgumentOutOfRangeException(nameof(sampleRate), $"sample rate={sampleRate} Hz must be 1 to {AudioLimits.MaxSampleRate}");
        SampleRate = sampleRate;
    }

    /// <summary>Sample rate that signals are brought to before anything is taken from them, in Hz.</summary>
    public int SampleRate { get; }

    /// <inheritdoc/>
    public override bool Accepts(string path) => Dataset.IsAudioFile(path);

    /// <summary>How to load a file for this embedder: mixed to one channel, at its sample rate.</summary>
    /// <param name="start">Where to begin, in seconds.</param>
    /// <param name="duration">How much to read, in seconds; null reads to the end.</param>
    public AudioLoadOptions LoadOptions(double start = 0, double? duration = null) => new() { SampleRate = SampleRate, Start = start, Duration = duration };

    /// <inheritdoc/>
    public override AudioEmbedder With(IVectorStep step) => (AudioEmbedder)base.With(step);

    /// <inheritdoc/>
    public override AudioEmbedder Fit(VectorMatrix raw) => (AudioEmbedder)base.Fit(raw);

    /// <inheritdoc/>
    public override void ExtractFile(string path, double start, double? duration, Span<float> raw, CancellationToken cancellation = default) =>
        ExtractRaw(AudioFile.Load(path, LoadOptions(start, duration), cancellation), raw);

    /// <summary>Takes the raw numbers from one signal, before any step.</summary>
    /// <param name="signal">At least one sample, finite. Several channels are averaged; another sample rate is converted.</param>
    /// <param name="raw">Receives [RawDimension], finite.</param>
    /// <exception cref="SimSearchException">The signal is empty or holds values that are not finite or far too large.</exception>
    public void ExtractRaw(AudioSignal signal, Span<float> raw)
    {
        ArgumentNullException.ThrowIfNull(signal);
        DemandRoom(raw);
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
    public void Embed(IReadOnlyList<AudioSignal> batch, Span<float> vectors, CancellationToken cancellation = default) => EmbedBatch<AudioSignal>(batch, vectors, ExtractRaw, cancellation);

    /// <summary>Reads an embedder of sounds back.</summary>
    /// <param name="json">What <see cref="FileEmbedder.ToJson"/> wrote.</param>
    /// <param name="source">Where it comes from, for errors; a file name, say.</param>
    /// <exception cref="SimSearchException">The text is damaged, of another version or of an embedder of images, or its fingerprint does not fit its content.</exception>
    public static new AudioEmbedder FromJson(string json, string source = "the embedder") => FileEmbedder.FromJson(json, source) as AudioEmbedder
        ?? throw new SimSearchException($"{source}: is an embedder of images, not of sounds");

    internal static AudioEmbedder FromRawJson(string name, JsonObject raw, string? folder, IReadOnlyList<IVectorStep> steps) => raw["kind"]?.ToString() == OnnxEmbedder.RawKind
        ? OnnxEmbedder.FromRawJson(raw, folder, steps)
        : FrameStatisticsEmbedder.FromRawJson(name, raw, steps);

    private protected override string Format => JsonFormat;

    /// <summary>A worker with its own buffers, for one thread at a time.</summary>
    protected abstract AudioExtractor CreateExtractor();

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
}

/// <summary>Takes raw numbers from signals, with buffers of its own; one thread at a time.</summary>
public abstract class AudioExtractor
{
    /// <summary>Takes the numbers of one clip.</summary>
    /// <param name="samples">One channel at the embedder's sample rate; at least one sample, finite.</param>
    /// <param name="raw">Receives the embedder's raw dimension.</param>
    public abstract void Extract(ReadOnlySpan<float> samples, Span<float> raw);
}
