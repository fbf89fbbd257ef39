using System.Collections.Concurrent;
using System.Numerics.Tensors;
using System.Text.Json.Nodes;
using SimSearch.Images;
using SimSearch.Onnx;

namespace SimSearch.Embedding;

/// <summary>
/// Embeds images with a network from an ONNX file, exactly as the manifest beside it says (<see cref="ImageInput"/>). The network's SHA-256 and the manifest's golden image are checked when it is loaded.
/// </summary>
/// <example><code>
/// var embedder = OnnxImageEmbedder.Load("models/mobilenetv2.model.json");
/// </code></example>
public sealed class OnnxImageEmbedder : ImageEmbedder
{
    internal const string RawKind = "onnx-image";
    private const int Version = 1;

    private readonly Network network;
    private readonly string? folder;

    private OnnxImageEmbedder(Network network, string? folder, IReadOnlyList<IVectorStep> steps) : base(network.Manifest.Name, network.Manifest.Dimension, steps) => (this.network, this.folder) = (network, folder);

    /// <summary>What the model says of itself.</summary>
    public ModelManifest Manifest => network.Manifest;

    /// <summary>Loads a model.</summary>
    /// <param name="path">NAME.onnx, with NAME.model.json beside it; or that manifest itself.</param>
    /// <exception cref="ModelException">A file is missing, is not the one the manifest means, the manifest breaks a rule, or the golden image does not come out as it should.</exception>
    public static OnnxImageEmbedder Load(string path) => From(ModelManifest.Load(path), Path.GetDirectoryName(Path.GetFullPath(path))!);

    /// <summary>Makes an embedder of a manifest at hand.</summary>
    /// <param name="manifest">The manifest.</param>
    /// <param name="folder">Where its files are; those that are not there are looked for on the shelf (<see cref="ModelShelf"/>).</param>
    /// <exception cref="ModelException">As <see cref="Load"/>.</exception>
    public static OnnxImageEmbedder From(ModelManifest manifest, string? folder = null)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        manifest.Check();
        return new(Open(manifest, folder), folder, []);
    }

    /// <summary>The manifest with what becomes of its golden image now; the model must be there.</summary>
    /// <param name="manifest">The manifest.</param>
    /// <param name="locate">Where its file is.</param>
    internal static ModelManifest WithGolden(ModelManifest manifest, Func<ModelFile, string> locate)
    {
        var golden = manifest.Image!.Golden ?? ImageGolden.Standard;
        var network = new Network(manifest with { Image = manifest.Image with { Golden = null } }, locate);
        var resized = network.Fit(golden.Image());
        float[] input = network.Input(resized), vector = network.Run(input);
        return manifest with { Image = manifest.Image with { Golden = golden.With(resized, input, manifest.Image.Layout, vector) } };
    }

    /// <inheritdoc/>
    protected override void Extract(ImageTensor image, Span<float> raw) => network.Embed(image, raw);

    /// <inheritdoc/>
    protected override JsonObject RawJson() => new() { ["kind"] = RawKind, ["version"] = Version, ["manifest"] = Manifest.ToNode() };

    /// <inheritdoc/>
    protected override ImageEmbedder WithSteps(IReadOnlyList<IVectorStep> steps) => new OnnxImageEmbedder(network, folder, steps);

    /// <summary>Says where the model was, so that an index finds it again on this machine; the hash decides whether it is the one.</summary>
    private protected override void AddHints(JsonObject json) => json["model_folder"] = folder;

    internal static OnnxImageEmbedder FromRawJson(JsonObject raw, string? folder, IReadOnlyList<IVectorStep> steps)
    {
        if (raw["version"]?.ToString() != $"{Version}") throw new SimSearchException($"version '{raw["version"]}' of a model's embedder is not {Version}; it was written by another version of this program, so embed again");
        var manifest = ModelManifest.Parse(raw["manifest"]?.ToJsonString() ?? "null", "its manifest");
        return new(Open(manifest, folder), folder, steps);
    }

    private static Network Open(ModelManifest manifest, string? folder) => manifest.Kind == ModelKind.Image
        ? LoadedModels<Network>.Of(manifest, file => ModelShelf.Locate(manifest, file, folder), paths => new Network(manifest, paths))
        : throw new ModelException($"model '{manifest.Name}' does not embed images; see 'simsearch models card {manifest.Name}'");

    /// <summary>A manifest with its network loaded and its golden image compared. Safe for use by many threads.</summary>
    private sealed class Network
    {
        private readonly ImageInput image;
        private readonly OnnxSession session;
        private readonly ConcurrentBag<float[]> buffers = [];
        private readonly float[] factors, offsets;

        public Network(ModelManifest manifest, Func<ModelFile, string> locate)
        {
            Manifest = manifest;
            image = manifest.Image!;
            // (v * scale - mean) / deviation in one multiplication and one addition, in the network's order of channels.
            int[] order = image.Channels == ImageChannels.Rgb ? [0, 1, 2] : [2, 1, 0];
            factors = [.. order.Select(c => (float)(image.Scale / image.Deviation[c]))];
            offsets = [.. order.Select(c => (float)(-image.Mean[c] / image.Deviation[c]))];
            session = OpenSession(locate);
            if (image.Golden is not { } golden) return;
            var resized = Fit(golden.Image());
            golden.CompareResized(resized, manifest.Name);
            float[] input = Input(resized);
            golden.CompareInput(input, image.Layout, manifest.Name);
            golden.CompareVector(Run(input), manifest.Name);
        }

        public ModelManifest Manifest { get; }

        public void Embed(ImageTensor picture, Span<float> vector)
        {
            if (!buffers.TryTake(out float[]? input)) input = new float[3 * image.Height * image.Width];
            Fill(Fit(picture), input);
            Run(input).CopyTo(vector);
            buffers.Add(input);
        }

        public ImageTensor Fit(ImageTensor picture) => image.Fit == ImageFit.Exact
            ? ImageResizer.Resize(picture, image.Height, image.Width, image.Filter)
            : ImageResizer.CentreCrop(ImageResizer.ResizeShorterSide(picture, image.Side!.Value, image.Filter), image.Height, image.Width);

        public float[] Input(ImageTensor resized)
        {
            var input = new float[3 * image.Height * image.Width];
            Fill(resized, input);
            return input;
        }

        private void Fill(ImageTensor resized, float[] input)
        {
            byte[] pixels = resized.Pixels;
            int count = pixels.Length / 3;
            bool planes = image.Layout == ImageLayout.Nchw;
            for (int c = 0; c < 3; c++)
            {
                int from = image.Channels == ImageChannels.Rgb ? c : 2 - c, to = planes ? c * count : c, step = planes ? 1 : 3;
                float factor = factors[c], offset = offsets[c];
                for (int i = 0; i < count; i++, from += 3, to += step) input[to] = pixels[from] * factor + offset;
            }
        }

        public float[] Run(float[] input)
        {
            long[] shape = image.Layout == ImageLayout.Nchw ? [1, 3, image.Height, image.Width] : [1, image.Height, image.Width, 3];
            try
            {
                using var tensor = session.Inputs[0].ElementType == OnnxElementType.Float16 ? OnnxTensor.Of<Half>(Halves(input), shape) : OnnxTensor.Over<float>(input, shape);
                using var results = session.Run([(image.Input, tensor)], [image.Output]);
                var output = results[image.Output];
                float[] values = output.ElementType == OnnxElementType.Float16 ? Floats(output.Span<Half>()) : output.Span<float>().ToArray();
                float[] vector = Pool(values, output.Shape);
                if (image.Unit && TensorPrimitives.Norm<float>(vector) is > 0 and var norm) TensorPrimitives.Divide(vector, norm, vector);
                return vector;
            }
            catch (OnnxException e)
            {
                throw new ModelException($"network {image.Network}: {e.Message}", e);
            }
        }

        private float[] Pool(float[] values, ReadOnlySpan<long> shape)
        {
            int dimension = Manifest.Dimension;
            bool fits = image.Pooling switch
            {
                ImagePooling.Mean => shape.Length == 4 && shape[0] == 1 && shape[1] == dimension && values.Length > 0,
                ImagePooling.First => shape.Length == 3 && shape[0] == 1 && shape[1] >= 1 && shape[2] == dimension,
                _ => values.Length == dimension && shape.Contains(dimension),
            };
            if (!fits) throw new ModelException($"network {image.Network}: output '{image.Output}' is [{string.Join(" x ", shape.ToArray())}], which pooling {image.Pooling.ToString().ToLowerInvariant()} makes no vector of {dimension} of");
            if (image.Pooling == ImagePooling.None) return values;
            if (image.Pooling == ImagePooling.First) return values[..dimension];
            int places = values.Length / dimension;
            return [.. Enumerable.Range(0, dimension).Select(d => TensorPrimitives.Sum<float>(values.AsSpan(d * places, places)) / places)];
        }

        private OnnxSession OpenSession(Func<ModelFile, string> locate)
        {
            var file = Manifest.Files[0];
            try
            {
                var opened = OnnxSession.FromFile(locate(file), OnnxSessionOptions.SingleThread, file.Sha256, image.InnerOutput ? image.Output : null);
                if (opened.Inputs is not [{ ElementType: OnnxElementType.Float or OnnxElementType.Float16 } only] || only.Name != image.Input)
                    throw new ModelException($"network {file.Name}: its input must be '{image.Input}', of floats or half floats, and nothing else; it has {string.Join("; ", opened.Inputs)}");
                if (opened.Outputs.FirstOrDefault(o => o.Name == image.Output) is not { ElementType: OnnxElementType.Float or OnnxElementType.Float16 })
                    throw new ModelException($"network {file.Name}: has no output '{image.Output}' of floats; it has {string.Join("; ", opened.Outputs)}. A value within the graph is named with inner_output");
                return opened;
            }
            catch (OnnxException e)
            {
                throw new ModelException($"model '{Manifest.Name}': {e.Message}", e);
            }
        }

        private static Half[] Halves(float[] values)
        {
            var halves = new Half[values.Length];
            TensorPrimitives.ConvertToHalf(values, halves);
            return halves;
        }

        private static float[] Floats(ReadOnlySpan<Half> values)
        {
            var floats = new float[values.Length];
            TensorPrimitives.ConvertToSingle(values, floats);
            return floats;
        }
    }
}
