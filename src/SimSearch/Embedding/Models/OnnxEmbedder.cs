using System.Text.Json.Nodes;

namespace SimSearch.Embedding;

/// <summary>
/// Embeds sounds with a network from an ONNX file, exactly as the manifest beside it says (see <see cref="ModelManifest"/>). Needs no data set to be fitted on. When the model is
/// first used its files' SHA-256 and the manifest's golden vector are checked.
/// </summary>
/// <example><code>
/// var embedder = OnnxEmbedder.Load("models/sounds.onnx");
/// using var embeddings = DatasetEmbedding.Embed(dataset, embedder);
/// </code></example>
public sealed class OnnxEmbedder : AudioEmbedder
{
    internal const string RawKind = "onnx";
    private const int Version = 1;

    private readonly ModelPipeline pipeline;
    private readonly string? folder;

    private OnnxEmbedder(ModelPipeline pipeline, string? folder, IReadOnlyList<IVectorStep> steps)
        : base(pipeline.Manifest.Name, pipeline.Manifest.SampleRate, pipeline.Manifest.Dimension, steps) => (this.pipeline, this.folder) = (pipeline, folder);

    /// <summary>What the model says of itself.</summary>
    public ModelManifest Manifest => pipeline.Manifest;

    /// <summary>Loads a model.</summary>
    /// <param name="path">NAME.onnx, with NAME.model.json beside it; or that manifest itself.</param>
    /// <exception cref="ModelException">A file is missing, is not the one the manifest means, the manifest breaks a rule, or the golden vector does not come out.</exception>
    public static OnnxEmbedder Load(string path)
    {
        var manifest = ModelManifest.Load(path);
        string full = Path.GetDirectoryName(Path.GetFullPath(path))!;
        return From(manifest, full);
    }

    /// <summary>Makes an embedder of a manifest at hand.</summary>
    /// <param name="manifest">The manifest.</param>
    /// <param name="folder">Where its files are; those that are not there are looked for on the shelf (<see cref="ModelShelf"/>).</param>
    /// <exception cref="ModelException">As <see cref="Load"/>.</exception>
    public static OnnxEmbedder From(ModelManifest manifest, string? folder = null)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        manifest.Check();
        RequireSounds(manifest);
        return new(ModelPipeline.Of(manifest, file => ModelShelf.Locate(manifest, file, folder)), folder, []);
    }

    /// <inheritdoc/>
    protected override JsonObject RawJson() => new() { ["kind"] = RawKind, ["version"] = Version, ["manifest"] = Manifest.ToNode() };

    /// <inheritdoc/>
    protected override AudioEmbedder WithSteps(IReadOnlyList<IVectorStep> steps) => new OnnxEmbedder(pipeline, folder, steps);

    /// <inheritdoc/>
    protected override AudioExtractor CreateExtractor() => pipeline.NewRun();

    /// <summary>Says where the model was, so that an index finds it again on this machine; the hash decides whether it is the one.</summary>
    private protected override void AddHints(JsonObject json) => json["model_folder"] = folder;

    internal static OnnxEmbedder FromRawJson(JsonObject raw, string? folder, IReadOnlyList<IVectorStep> steps)
    {
        if (raw["version"]?.ToString() != $"{Version}") throw new SimSearchException($"version '{raw["version"]}' of a model's embedder is not {Version}; it was written by another version of this program, so embed again");
        var manifest = ModelManifest.Parse(raw["manifest"]?.ToJsonString() ?? "null", "its manifest");
        RequireSounds(manifest);
        return new(ModelPipeline.Of(manifest, file => ModelShelf.Locate(manifest, file, folder)), folder, steps);
    }

    private static void RequireSounds(ModelManifest manifest)
    {
        if (manifest.Kind == ModelKind.Text) throw new ModelException($"model '{manifest.Name}' embeds texts, not sounds; name the column of the table that has them (--text-column; in code OnnxTextEmbedder)");
        if (manifest.Kind == ModelKind.Image) throw new ModelException($"model '{manifest.Name}' embeds images, not sounds (in code OnnxImageEmbedder)");
    }
}
