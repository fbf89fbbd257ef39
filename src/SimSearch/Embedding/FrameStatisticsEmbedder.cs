using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using SimSearch.Audio;

namespace SimSearch.Embedding;

/// <summary>What a <see cref="FrameStatisticsEmbedder"/> takes from a clip.</summary>
public sealed record FrameStatisticsOptions
{
    /// <summary>Which features, and how; Mfcc, LogMel, Chroma and those of <see cref="FeatureKinds.Spectral"/> are allowed.</summary>
    public required FrameFeatureOptions Features { get; init; }

    /// <summary>Frames in the window of the MFCCs' derivatives, odd, from 3 to 255. Default 9, librosa's.</summary>
    public int DeltaWidth { get; init; } = 9;
}

/// <summary>
/// Mean and standard deviation over time of frame features: the classic hand-crafted description of a sound. MFCCs bring their first and
/// second derivatives along.
/// </summary>
/// <remarks>
/// The vector holds, for every feature asked for, in this order - MFCC, delta MFCC, delta-delta MFCC, log-mel, centroid, bandwidth, roll-off, contrast, flatness,
/// zero crossings, RMS, chroma - the means of its bins and then their deviations (population ones, ddof 0, in double precision).
/// A clip with fewer frames than the derivatives' window has its first and last frame repeated (<see cref="DeltaEdges.Nearest"/>); longer ones follow librosa.
/// Silence gives finite vectors. Every clip gives one vector of the same length, however long it is.
/// </remarks>
public sealed class FrameStatisticsEmbedder : AudioEmbedder
{
    private const int Version = 1;
    private const string RawKind = "frame-statistics";
    private const int MaxMelBands = 4096;

    internal static readonly FeatureKinds[] Order =
    [
        FeatureKinds.Mfcc, FeatureKinds.LogMel, FeatureKinds.Centroid, FeatureKinds.Bandwidth, FeatureKinds.Rolloff, FeatureKinds.Contrast,
        FeatureKinds.Flatness, FeatureKinds.ZeroCrossings, FeatureKinds.Rms, FeatureKinds.Chroma,
    ];

    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false) },
    };

    /// <summary>Makes an embedder.</summary>
    /// <param name="name">Short name as on the command line.</param>
    /// <param name="options">What is taken from a clip.</param>
    /// <param name="steps">What is done to every vector; none by default.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public FrameStatisticsEmbedder(string name, FrameStatisticsOptions options, IReadOnlyList<IVectorStep>? steps = null)
        : base(name, Checked(options).Features.Mfcc.Mel.Stft.SampleRate, Layout(options).Sum(part => 2 * part.Bins), steps ?? []) => Options = options;

    /// <summary>What is taken from a clip.</summary>
    public FrameStatisticsOptions Options { get; }

    /// <summary>Values per frame of each feature in the vector, in its order; the derivatives count as features of their own.</summary>
    internal static IReadOnlyList<(FeatureKinds Kind, int Bins)> Layout(FrameStatisticsOptions options)
    {
        var features = options.Features;
        var parts = new List<(FeatureKinds, int)>();
        foreach (var kind in Order.Where(kind => features.Kinds.HasFlag(kind)))
        {
            int bins = kind switch
            {
                FeatureKinds.Mfcc => features.Mfcc.Count,
                FeatureKinds.LogMel => features.Mfcc.Mel.Bands,
                FeatureKinds.Contrast => (features.Contrast ?? ContrastOptions.For(features.Mfcc.Mel.Stft.SampleRate)).Bands + 1,
                FeatureKinds.Chroma => features.Chroma.Bins,
                _ => 1,
            };
            for (int i = 0; i < (kind == FeatureKinds.Mfcc ? 3 : 1); i++) parts.Add((kind, bins));
        }
        return parts;
    }

    /// <inheritdoc/>
    protected override JsonObject RawJson() => new()
    {
        ["kind"] = RawKind,
        ["version"] = Version,
        ["options"] = JsonSerializer.SerializeToNode(Options, Json),
    };

    /// <inheritdoc/>
    protected override AudioEmbedder WithSteps(IReadOnlyList<IVectorStep> steps) => new FrameStatisticsEmbedder(Name, Options, steps);

    /// <inheritdoc/>
    protected override AudioExtractor CreateExtractor() => new FrameStatistics(Options);

    internal static FrameStatisticsEmbedder FromRawJson(string name, JsonObject raw, IReadOnlyList<IVectorStep> steps)
    {
        if (raw["kind"]?.ToString() != RawKind || raw["version"]?.ToString() != $"{Version}")
            throw new SimSearchException($"kind '{raw["kind"]}' version '{raw["version"]}' is not {RawKind} version {Version}; it was written by another version of this program, so embed again");
        try
        {
            var options = raw["options"].Deserialize<FrameStatisticsOptions>(Json) ?? throw new SimSearchException("options is missing");
            return new FrameStatisticsEmbedder(name, options, steps);
        }
        catch (Exception e) when (e is JsonException or NullReferenceException or InvalidOperationException)
        {
            throw new SimSearchException($"its options cannot be read: {e.Message}", e);
        }
    }

    private static FrameStatisticsOptions Checked(FrameStatisticsOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var allowed = Order.Aggregate(FeatureKinds.None, (all, kind) => all | kind);
        if (options.Features.Kinds == FeatureKinds.None || (options.Features.Kinds & ~allowed) != 0) throw new ArgumentException($"kinds={options.Features.Kinds} must be one or more of {allowed}");
        if (options.DeltaWidth is < 3 or > 255 || options.DeltaWidth % 2 == 0) throw new ArgumentException($"delta width={options.DeltaWidth} must be an odd number from 3 to 255");
        // A description can come from outside: tables must not grow beyond reason before anything else is checked.
        if (options.Features.Mfcc.Mel.Bands > MaxMelBands) throw new ArgumentException($"n_mels={options.Features.Mfcc.Mel.Bands} must be at most {MaxMelBands}");
        _ = new FrameFeatures(options.Features);
        return options;
    }
}
