using System.Numerics.Tensors;
using System.Text.Json.Nodes;
using SimSearch.Onnx;
using SimSearch.Text;

namespace SimSearch.Embedding;

/// <summary>
/// Embeds texts with a network of the BERT family from an ONNX file, exactly as the manifest beside it says (<see cref="TextInput"/>). The SHA-256 of network and vocabulary and the manifest's golden
/// vector are checked when it is loaded.
/// </summary>
/// <example><code>
/// var embedder = OnnxTextEmbedder.Load("models/all-minilm-l6-v2.model.json");
/// </code></example>
public sealed class OnnxTextEmbedder : TextEmbedder
{
    internal const string RawKind = "onnx-text";
    private const int Version = 1;

    private readonly TextInput input;
    private readonly string? folder;
    private readonly OnnxSession session;
    private readonly WordPieceTokenizer tokenizer;

    private OnnxTextEmbedder(ModelManifest manifest, Func<ModelFile, string> locate, string? folder) : base(manifest.Name, manifest.Dimension)
    {
        manifest.Check();
        input = manifest.Text ?? throw new ModelException($"model '{manifest.Name}' embeds {manifest.Kind switch { ModelKind.Image => "images", _ => "sounds" }}, not texts; leave out --text-column (in code {(manifest.Kind == ModelKind.Image ? "OnnxImageEmbedder" : "OnnxEmbedder")})");
        (Manifest, this.folder) = (manifest, folder);
        tokenizer = OpenTokenizer(locate);
        session = OpenSession(locate);
        if (input.Golden is { } golden) Compare(golden);
    }

    /// <summary>What the model says of itself.</summary>
    public ModelManifest Manifest { get; }

    /// <inheritdoc/>
    public override bool IsFitted => true;

    /// <summary>Loads a model.</summary>
    /// <param name="path">NAME.onnx, with NAME.model.json beside it; or that manifest itself.</param>
    /// <exception cref="ModelException">A file is missing, is not the one the manifest means, the manifest breaks a rule, or the golden vector does not come out.</exception>
    public static OnnxTextEmbedder Load(string path) => From(ModelManifest.Load(path), Path.GetDirectoryName(Path.GetFullPath(path))!);

    /// <summary>Makes an embedder of a manifest at hand.</summary>
    /// <param name="manifest">The manifest.</param>
    /// <param name="folder">Where its files are; those that are not there are looked for on the shelf (<see cref="ModelShelf"/>).</param>
    /// <exception cref="ModelException">As <see cref="Load"/>.</exception>
    public static OnnxTextEmbedder From(ModelManifest manifest, string? folder = null)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        return new(manifest, file => ModelShelf.Locate(manifest, file, folder), folder);
    }

    /// <summary>The manifest with the vector that its golden text has now; the model must be there.</summary>
    /// <param name="manifest">The manifest.</param>
    /// <param name="locate">Where each of its files is.</param>
    internal static ModelManifest WithGolden(ModelManifest manifest, Func<ModelFile, string> locate)
    {
        var bare = manifest with { Text = manifest.Text! with { Golden = null } };
        var embedder = new OnnxTextEmbedder(bare, locate, null);
        string text = manifest.Text!.Golden?.Text ?? TextGolden.StandardText;
        var vector = new float[bare.Dimension];
        embedder.EmbedOne(text, vector);
        embedder.session.Dispose();
        var golden = (manifest.Text.Golden ?? new TextGolden { Text = text, Vector = vector }) with { Vector = vector };
        return manifest with { Text = manifest.Text with { Golden = golden } };
    }

    /// <inheritdoc/>
    public override TextEmbedder Fit(IReadOnlyList<string> texts, CancellationToken cancellation = default) => this;

    // One text at a time on one thread: texts are embedded side by side, need no filling up, and a vector does not depend on its neighbours.
    private protected override void EmbedOne(string text, Span<float> vector)
    {
        long[] ids = tokenizer.Encode(text, input.MaxLength), ones = new long[ids.Length];
        Array.Fill(ones, 1);
        try
        {
            using var idTensor = OnnxTensor.Of<long>(ids, 1, ids.Length);
            using var mask = OnnxTensor.Of<long>(ones, 1, ids.Length);
            using var types = OnnxTensor.Create<long>(1, ids.Length);
            List<(string, OnnxTensor)> inputs = [(input.Ids, idTensor), (input.Mask, mask)];
            if (input.Types is { } name) inputs.Add((name, types));
            using var results = session.Run(inputs, [input.Output]);
            if (!results[input.Output].Shape.SequenceEqual([1L, ids.Length, Dimension]))
                throw new ModelException($"network {input.Network}: output '{input.Output}' is [{string.Join(" x ", results[input.Output].Shape.ToArray())}], a text of {ids.Length} pieces must give [1 x {ids.Length} x {Dimension}]");
            Pool(results[input.Output].Span<float>(), vector);
        }
        catch (OnnxException e)
        {
            throw new ModelException($"network {input.Network}: {e.Message}", e);
        }
        if (!TensorPrimitives.IsFiniteAll<float>(vector)) throw new ModelException($"model '{Name}' gives values that are NaN or infinite; its weights are damaged");
    }

    private void Pool(ReadOnlySpan<float> pieces, Span<float> vector)
    {
        if (input.Pooling == TextPooling.Cls) pieces[..Dimension].CopyTo(vector);
        else
        {
            vector.Clear();
            for (int at = 0; at < pieces.Length; at += Dimension) TensorPrimitives.Add(vector, pieces.Slice(at, Dimension), vector);
            TensorPrimitives.Divide(vector, pieces.Length / Dimension, vector);
        }
        if (input.Unit && TensorPrimitives.Norm<float>(vector) is > 0 and var norm) TensorPrimitives.Divide(vector, norm, vector);
    }

    private WordPieceTokenizer OpenTokenizer(Func<ModelFile, string> locate)
    {
        var file = Manifest.Files.First(f => f.Name == input.Vocabulary);
        string path = locate(file);
        byte[] bytes = File.ReadAllBytes(path);
        string hash = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(bytes));
        if (hash != file.Sha256) throw new ModelException($"model '{Name}': {path} has SHA-256 {hash}, its manifest says {file.Sha256}: it is another vocabulary or damaged");
        try { return WordPieceTokenizer.Parse(bytes, input.LowerCase, path); }
        catch (SimSearchException e) { throw new ModelException($"model '{Name}': {e.Message}", e); }
    }

    private OnnxSession OpenSession(Func<ModelFile, string> locate)
    {
        var file = Manifest.Files.First(f => f.Name == input.Network);
        try
        {
            var opened = OnnxSession.FromFile(locate(file), OnnxSessionOptions.SingleThread, file.Sha256);
            string[] wanted = [.. new[] { input.Ids, input.Mask, input.Types }.OfType<string>()];
            if (!opened.Inputs.Select(i => i.Name).Order(StringComparer.Ordinal).SequenceEqual(wanted.Order(StringComparer.Ordinal)) || opened.Inputs.Any(i => i.ElementType != OnnxElementType.Int64))
                throw new ModelException($"network {file.Name}: its inputs must be int64 and named {string.Join(", ", wanted)}; it has {string.Join("; ", opened.Inputs)}");
            if (opened.Outputs.FirstOrDefault(o => o.Name == input.Output) is not { ElementType: OnnxElementType.Float })
                throw new ModelException($"network {file.Name}: has no output '{input.Output}' of floats; it has {string.Join("; ", opened.Outputs)}");
            return opened;
        }
        catch (OnnxException e)
        {
            throw new ModelException($"model '{Name}': {e.Message}", e);
        }
    }

    private void Compare(TextGolden golden)
    {
        var vector = new float[Dimension];
        EmbedOne(golden.Text, vector);
        double scale = golden.Vector.Max(Math.Abs), worst = vector.Zip(golden.Vector, (a, b) => Math.Abs((double)a - b)).Max() / scale;
        if (!(worst <= golden.Tolerance))
            throw new ModelException(string.Create(System.Globalization.CultureInfo.InvariantCulture,
                $"model '{Name}' does not compute what its manifest promises: its golden text's vector differs by {worst:0.0e+00} of the largest value, allowed {golden.Tolerance:0.0e+00}; its tokenizer, pooling or network is not the one it was described with"));
    }

    private protected override JsonObject RawJson() => new() { ["kind"] = RawKind, ["version"] = Version, ["manifest"] = Manifest.ToNode() };

    private protected override void AddHints(JsonObject json) => json["model_folder"] = folder;

    internal static OnnxTextEmbedder FromRawJson(JsonObject raw, string? folder)
    {
        if (raw["version"]?.ToString() != $"{Version}") throw new SimSearchException($"version '{raw["version"]}' of a model's embedder is not {Version}; it was written by another version of this program, so embed again");
        return From(ModelManifest.Parse(raw["manifest"]?.ToJsonString() ?? "null", "its manifest"), folder);
    }
}
