using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using SimSearch.Images;

namespace SimSearch.Embedding;

/// <summary>What <see cref="ImageStatisticsEmbedder"/> looks at.</summary>
public sealed record ImageStatisticsOptions
{
    /// <summary>Every image is brought to this many pixels a side first (bilinear, its proportions lost), 16 to 1,024; default 128.</summary>
    public int Side { get; init; } = 128;

    /// <summary>Histograms of colour, each a block of its own; may be empty.</summary>
    public IReadOnlyList<ColourHistogram> Colours { get; init; } = [];

    /// <summary>The histogram of edges, a block behind the colours; null for none.</summary>
    public EdgeHistogram? Edges { get; init; }

    /// <summary>Length of each block, in order.</summary>
    internal IReadOnlyList<int> Blocks => [.. Colours.Select(c => c.Length), .. Edges is { } edges ? [edges.Length] : Array.Empty<int>()];

    internal ImageStatisticsOptions Checked()
    {
        if (Side is < 16 or > 1024) throw new ArgumentException($"side={Side} must be 16 to 1024 pixels");
        foreach (var colour in Colours) colour.Check();
        Edges?.Check();
        if (Blocks.Count is 0 or > 16) throw new ArgumentException("an embedder of images looks at one to sixteen things: colours, edges");
        if (Blocks.Sum(b => (long)b) > 1 << 16) throw new ArgumentException($"{Blocks.Sum(b => (long)b)} numbers of an image are more than the {1 << 16} that a vector may have");
        return this;
    }
}

/// <summary>Embeds images by hand-crafted features: how often each colour occurs where, and which way the edges run where. What a learned model must beat.</summary>
public sealed class ImageStatisticsEmbedder : ImageEmbedder
{
    private const string RawKind = "image-statistics";
    private const int Version = 1;

    private static readonly JsonSerializerOptions Json = new() { UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true };

    /// <summary>Makes an embedder.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="options">What it looks at.</param>
    /// <param name="steps">What is done to the numbers then.</param>
    /// <exception cref="ArgumentException">A value is out of its range.</exception>
    public ImageStatisticsEmbedder(string name, ImageStatisticsOptions options, params IReadOnlyList<IVectorStep> steps) : base(name, options.Checked().Blocks.Sum(), steps) => Options = options;

    /// <summary>What it looks at.</summary>
    public ImageStatisticsOptions Options { get; }

    /// <inheritdoc/>
    protected override void Extract(ImageTensor image, Span<float> raw)
    {
        var small = ImageResizer.Resize(image, Options.Side, Options.Side);
        int at = 0;
        foreach (var colour in Options.Colours)
        {
            colour.Compute(small, raw.Slice(at, colour.Length));
            at += colour.Length;
        }
        Options.Edges?.Compute(small, raw[at..]);
    }

    /// <inheritdoc/>
    protected override JsonObject RawJson() => new() { ["kind"] = RawKind, ["version"] = Version, ["options"] = JsonSerializer.SerializeToNode(Options, Json) };

    /// <inheritdoc/>
    protected override ImageEmbedder WithSteps(IReadOnlyList<IVectorStep> steps) => new ImageStatisticsEmbedder(Name, Options, steps);

    internal static ImageStatisticsEmbedder FromRawJson(string name, JsonObject raw, IReadOnlyList<IVectorStep> steps)
    {
        if (raw["kind"]?.ToString() != RawKind || raw["version"]?.ToString() != $"{Version}")
            throw new SimSearchException($"kind '{raw["kind"]}' version '{raw["version"]}' is not {RawKind} version {Version}; it was written by another version of this program, so embed again");
        try
        {
            return new ImageStatisticsEmbedder(name, raw["options"].Deserialize<ImageStatisticsOptions>(Json) ?? throw new SimSearchException("options is missing"), steps);
        }
        catch (Exception e) when (e is JsonException or NullReferenceException or InvalidOperationException)
        {
            throw new SimSearchException($"its options cannot be read: {e.Message}", e);
        }
    }
}
