using System.Numerics.Tensors;
using System.Text.Json.Nodes;
using SimSearch.Datasets;
using SimSearch.Images;

namespace SimSearch.Embedding;

/// <summary>Turns images into vectors; see <see cref="FileEmbedder"/>.</summary>
public abstract class ImageEmbedder : FileEmbedder, IEmbedder<ImageTensor>
{
    internal const string JsonFormat = "simsearch-image-embedder-1";

    /// <summary>Makes the common part.</summary>
    /// <param name="name">Short name as on the command line.</param>
    /// <param name="rawDimension">Length of the vectors before the first step; 1 to 65,536.</param>
    /// <param name="steps">What is done to every vector, in this order.</param>
    /// <exception cref="SimSearchException">The lengths of steps do not fit.</exception>
    protected ImageEmbedder(string name, int rawDimension, IReadOnlyList<IVectorStep> steps) : base(name, rawDimension, steps) { }

    /// <inheritdoc/>
    public override bool Accepts(string path) => Dataset.IsImageFile(path);

    /// <inheritdoc/>
    public override ImageEmbedder With(IVectorStep step) => (ImageEmbedder)base.With(step);

    /// <inheritdoc/>
    public override ImageEmbedder Fit(VectorMatrix raw) => (ImageEmbedder)base.Fit(raw);

    /// <inheritdoc/>
    public override void ExtractFile(string path, double start, double? duration, Span<float> raw, CancellationToken cancellation = default)
    {
        if (start != 0 || duration is not null) throw new SimSearchException($"'{path}' cannot be cut in time: {Name} embeds images, which have no seconds");
        cancellation.ThrowIfCancellationRequested();
        ExtractRaw(ImageFile.Load(path), raw);
    }

    /// <summary>Takes the raw numbers from one image, before any step.</summary>
    /// <param name="image">The image.</param>
    /// <param name="raw">Receives [RawDimension], finite.</param>
    public void ExtractRaw(ImageTensor image, Span<float> raw)
    {
        ArgumentNullException.ThrowIfNull(image);
        DemandRoom(raw);
        Extract(image, raw);
        if (!TensorPrimitives.IsFiniteAll<float>(raw)) throw new ModelException($"model '{Name}' gives values that are NaN or infinite; its weights are damaged");
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The embedder is not fitted.</exception>
    public void Embed(IReadOnlyList<ImageTensor> batch, Span<float> vectors, CancellationToken cancellation = default) => EmbedBatch<ImageTensor>(batch, vectors, ExtractRaw, cancellation);

    /// <summary>Reads an embedder of images back.</summary>
    /// <param name="json">What <see cref="FileEmbedder.ToJson"/> wrote.</param>
    /// <param name="source">Where it comes from, for errors; a file name, say.</param>
    /// <exception cref="SimSearchException">The text is damaged, of another version or of an embedder of sounds, or its fingerprint does not fit its content.</exception>
    public static new ImageEmbedder FromJson(string json, string source = "the embedder") => FileEmbedder.FromJson(json, source) as ImageEmbedder
        ?? throw new SimSearchException($"{source}: is an embedder of sounds, not of images");

    internal static ImageEmbedder FromRawJson(string name, JsonObject raw, string? folder, IReadOnlyList<IVectorStep> steps) => raw["kind"]?.ToString() == OnnxImageEmbedder.RawKind
        ? OnnxImageEmbedder.FromRawJson(raw, folder, steps)
        : ImageStatisticsEmbedder.FromRawJson(name, raw, steps);

    /// <summary>Takes the raw numbers from one image. Called from several threads at once.</summary>
    /// <param name="image">The image.</param>
    /// <param name="raw">Receives [RawDimension].</param>
    protected abstract void Extract(ImageTensor image, Span<float> raw);

    private protected override string Format => JsonFormat;
}
