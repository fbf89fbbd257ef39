using System.Numerics.Tensors;
using System.Text.Json;
using SimSearch.Datasets;
using SimSearch.Embedding;
using SimSearch.Evaluation;
using SimSearch.Images;
using SimSearch.Indexing;
using SimSearch.Storage;
using SimSearch.Tests.Images;
using SimSearch.Tests.Support;

namespace SimSearch.Tests;

/// <summary>Networks that take images: small ones made here, where every number can be followed, and MobileNetV2 and SqueezeNet of the shared data against results of other programs.</summary>
public sealed class OnnxImageEmbedderTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("simsearch-image-model-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private static readonly ImageInput Plain = new()
    {
        Network = "tiny.onnx", Input = "x", Layout = ImageLayout.Nchw, Channels = ImageChannels.Rgb, Height = 2, Width = 3, Fit = ImageFit.Exact, Filter = ResizeFilter.Bilinear, Scale = 1, Mean = [0, 0, 0],
        Deviation = [1, 1, 1], Output = "y", Pooling = ImagePooling.None, Unit = false,
    };

    private static readonly ImageTensor Six = new([10, 20, 30, 11, 21, 31, 12, 22, 32, 13, 23, 33, 14, 24, 34, 15, 25, 35], 2, 3);

    /// <summary>A network whose output is its input, given another shape.</summary>
    private static byte[] Same(long[] input, long[] output, int type = TinyModel.Float) => TinyModel.Model(
    [
        TinyModel.Node("Reshape", ["x", "shape"], ["inner"]), TinyModel.Node("Neg", ["inner"], ["y"]), TinyModel.Integers("shape", output),
        TinyModel.Input("x", type, [.. input.Select(i => (object)i)]), TinyModel.Output("y", type, [.. output.Select(i => (object)i)]),
    ]);

    private ModelManifest Write(byte[] network, ImageInput image, int dimension)
    {
        string path = Path.Combine(folder, "tiny.onnx");
        File.WriteAllBytes(path, network);
        return new() { Name = "tiny", Description = "Gives back what it gets.", Licence = "CC0", Kind = ModelKind.Image, Files = [ModelFile.Of(path)], Steps = [], Dimension = dimension, Image = image };
    }

    private float[] Embed(byte[] network, ImageInput image, int dimension, ImageTensor? picture = null)
    {
        var embedder = OnnxImageEmbedder.From(Write(network, image, dimension), folder);
        var vector = new float[dimension];
        embedder.Embed([picture ?? Six], vector);
        return vector;
    }

    [Fact]
    public void Layout_channels_scale_mean_and_deviation_are_applied_as_the_manifest_says()
    {
        byte[] planes = Same([1, 3, 2, 3], [1, 18]), pixels = Same([1, 2, 3, 3], [1, 18]);
        Assert.Equal([-10, -11, -12, -13, -14, -15, -20, -21, -22, -23, -24, -25, -30, -31, -32, -33, -34, -35], Embed(planes, Plain, 18));
        Assert.Equal([-30, -31, -32, -33, -34, -35, -20, -21, -22, -23, -24, -25, -10, -11, -12, -13, -14, -15], Embed(planes, Plain with { Channels = ImageChannels.Bgr }, 18));
        Assert.Equal(Six.Pixels.Select(v => -(float)v), Embed(pixels, Plain with { Layout = ImageLayout.Nhwc }, 18));
        // Mean and deviation belong to the colours, whatever the order of the channels.
        var scaled = Plain with { Layout = ImageLayout.Nhwc, Channels = ImageChannels.Bgr, Scale = 0.5, Mean = [1, 2, 3], Deviation = [2, 4, 8] };
        float[] expected = [.. Enumerable.Range(0, 18).Select(i => (i % 3) switch { 0 => -(Six.Pixels[i + 2] * 0.5f - 3) / 8, 1 => -(Six.Pixels[i] * 0.5f - 2) / 4, _ => -(Six.Pixels[i - 2] * 0.5f - 1) / 2 })];
        Assert.All(expected.Zip(Embed(pixels, scaled, 18)), pair => Assert.Equal(pair.First, pair.Second, 1e-5f));
    }

    [Fact]
    public void Outputs_are_pooled_and_scaled_as_the_manifest_says()
    {
        byte[] places = Same([1, 3, 2, 3], [1, 3, 2, 3]), pieces = Same([1, 2, 3, 3], [1, 6, 3]);
        Assert.Equal([-12.5f, -22.5f, -32.5f], Embed(places, Plain with { Pooling = ImagePooling.Mean }, 3));
        Assert.Equal([-10, -20, -30], Embed(pieces, Plain with { Layout = ImageLayout.Nhwc, Pooling = ImagePooling.First }, 3));
        float[] unit = Embed(places, Plain with { Pooling = ImagePooling.Mean, Unit = true }, 3);
        Assert.Equal(1, TensorPrimitives.Norm<float>(unit), 1e-6f);
        Assert.Equal(12.5f / 22.5f, unit[0] / unit[1], 1e-6f);
        Assert.Contains("[1 x 3 x 2 x 3]", Assert.Throws<ModelException>(() => Embed(places, Plain, 3)).Message);
        Assert.Contains("first", Assert.Throws<ModelException>(() => Embed(pieces, Plain with { Layout = ImageLayout.Nhwc, Pooling = ImagePooling.First }, 4)).Message);
    }

    [Fact]
    public void Half_floats_go_in_and_come_out() =>
        Assert.Equal([-10, -11, -12, -13, -14, -15, -20, -21, -22, -23, -24, -25, -30, -31, -32, -33, -34, -35], Embed(Same([1, 3, 2, 3], [1, 18], TinyModel.Float16), Plain, 18));

    [Fact]
    public void The_middle_is_taken_after_the_shorter_side_was_resized()
    {
        var picture = ImageResizerTests.Pattern(60, 97);
        float[] got = Embed(Same([1, 28, 28, 3], [1, 2352]), Plain with { Layout = ImageLayout.Nhwc, Height = 28, Width = 28, Fit = ImageFit.ShorterSide, Side = 32 }, 2352, picture);
        // The hash that torchvision's way has in ImageResizerTests.
        Assert.Equal("2caa19d94fc05425a2356d0d769cc619084ba6660a429bf670e946095161691e", ImageResizerTests.Hash(new ImageTensor([.. got.Select(v => (byte)-v)], 28, 28)));
    }

    [Fact]
    public void A_value_within_the_graph_can_be_the_output()
    {
        byte[] network = Same([1, 3, 2, 3], [1, 18]);
        Assert.Equal(10, Embed(network, Plain with { Output = "inner", InnerOutput = true }, 18)[0]);
        Assert.Contains("inner_output", Assert.Throws<ModelException>(() => Embed(network, Plain with { Output = "inner" }, 18)).Message);
        Assert.Contains("nowhere", Assert.Throws<ModelException>(() => Embed(network, Plain with { Output = "nowhere", InnerOutput = true }, 18)).Message);
    }

    [Fact]
    public void Each_step_that_differs_from_the_golden_image_is_named()
    {
        var image = Plain with { Height = 12, Width = 16, Mean = [3, 2, 1], Scale = 0.25, Pooling = ImagePooling.Mean };
        var manifest = Write(Same([1, 3, 12, 16], [1, 3, 12, 16]), image, 3).WithGolden(folder);
        manifest.Save(Path.Combine(folder, "tiny.onnx"));
        OnnxImageEmbedder.Load(Path.Combine(folder, "tiny.onnx"));
        string Error(Func<ImageInput, ImageInput> change) =>
            Assert.Throws<ModelException>(() => OnnxImageEmbedder.From(manifest with { Image = change(manifest.Image!) }, folder)).Message;
        Assert.Contains("'resize and crop'", Error(i => i with { Filter = ResizeFilter.Bicubic }));
        Assert.Contains("'resize and crop'", Error(i => i with { Fit = ImageFit.ShorterSide, Side = 16 }));
        foreach (string message in (string[])[Error(i => i with { Scale = 0.26 }), Error(i => i with { Mean = [3, 2, 2] }), Error(i => i with { Deviation = [1, 1.1, 1] }), Error(i => i with { Channels = ImageChannels.Bgr })])
            Assert.Contains("'scale, mean, deviation and channel order'", message);
        Assert.Contains("'network, pooling and normalisation'", Error(i => i with { Unit = true }));
        Assert.Contains("'network, pooling and normalisation'", Error(i => i with { Output = "inner", InnerOutput = true }));
        // Another file is another model, whatever it computes.
        File.AppendAllText(Path.Combine(folder, "tiny.onnx"), "x");
        Assert.Throws<ModelException>(() => OnnxImageEmbedder.Load(Path.Combine(folder, "tiny.onnx")));
    }

    [Theory]
    [InlineData("\"height\": 2", "\"height\": 0", "height=0")]
    [InlineData("\"fit\": \"exact\"", "\"fit\": \"shorter_side\"", "side=")]
    [InlineData("\"fit\": \"exact\"", "\"fit\": \"exact\", \"side\": 9", "side=9")]
    [InlineData("\"scale\": 1", "\"scale\": 0", "scale=0")]
    [InlineData("\"unit\": false", "\"unit\": false, \"colour\": 1", "colour")]
    [InlineData("\"filter\": \"bilinear\"", "\"filter\": \"lanczos\"", "filter")]
    [InlineData("\"kind\": \"image\"", "\"kind\": \"audio\"", "kind")]
    [InlineData("\"network\": \"tiny.onnx\"", "\"network\": \"other.onnx\"", "other.onnx")]
    public void A_manifest_that_breaks_a_rule_is_refused(string field, string replaced, string named)
    {
        string json = Write(Same([1, 3, 2, 3], [1, 18]), Plain, 18).ToJson();
        Assert.Equal(ModelManifest.Parse(json).Image, Plain);
        Assert.Contains(field, json);
        Assert.Contains(named, Assert.Throws<ModelException>(() => ModelManifest.Parse(json.Replace(field, replaced))).Message);
    }

    [Fact]
    public void Models_of_other_kinds_are_told_apart()
    {
        var manifest = Write(Same([1, 3, 2, 3], [1, 18]), Plain, 18);
        Assert.Contains("images", Assert.Throws<ModelException>(() => OnnxEmbedder.From(manifest, folder)).Message);
        Assert.Contains("images", Assert.Throws<ModelException>(() => OnnxTextEmbedder.From(manifest, folder)).Message);
        Assert.Contains("does not embed images", Assert.Throws<ModelException>(() => OnnxImageEmbedder.From(ModelShelf.Find("simsearch-synthetic"))).Message);
        manifest.Save(Path.Combine(folder, "tiny.onnx"));
        Assert.IsType<OnnxImageEmbedder>(FileEmbedders.Create(Path.Combine(folder, "tiny.onnx")));
        // The embedder that travels with vectors finds its network again, and is the same.
        var embedder = ImageEmbedders.Create(Path.Combine(folder, "tiny.onnx")).With(new UnitLengthRecipe());
        Assert.Equal(embedder.Fingerprint, ImageEmbedder.FromJson(embedder.ToJson()).Fingerprint);
        Assert.Contains("images", Assert.Throws<SimSearchException>(() => AudioEmbedder.FromJson(embedder.ToJson())).Message);
    }

    [Fact]
    public void Threads_that_want_the_same_model_load_it_once()
    {
        var manifest = Write(Same([1, 3, 2, 3], [1, 18]), Plain, 18);
        int loads = 0;
        var made = new object[4];
        using var start = new Barrier(made.Length);
        Thread[] threads = [.. made.Select((_, i) => new Thread(() =>
        {
            start.SignalAndWait();
            made[i] = LoadedModels<object>.Of(manifest, file => Path.Combine(folder, file.Name), _ =>
            {
                Interlocked.Increment(ref loads);
                Thread.Sleep(500);
                return new object();
            });
        }))];
        foreach (var thread in threads) thread.Start();
        foreach (var thread in threads) thread.Join();
        Assert.Equal(1, loads);
        Assert.All(made, model => Assert.Same(made[0], model));
        // The same manifest over a file that was written again is loaded again.
        File.SetLastWriteTimeUtc(Path.Combine(folder, "tiny.onnx"), DateTime.UnixEpoch);
        Assert.NotSame(made[0], LoadedModels<object>.Of(manifest, file => Path.Combine(folder, file.Name), _ => new object()));
    }

    private static ModelManifest MobileNet()
    {
        ImageFileTests.RequireVips();
        return ModelShelf.Find("mobilenetv2");
    }

    private static string MobileNetFolder => SharedData.Data(Path.Combine("models", "mobilenetv2"));

    [Fact]
    public void MobileNetV2_reproduces_stored_vectors_and_figures_of_the_grocery_photos()
    {
        // The stored vectors were made by onnxruntime from images stretched to 224 x 224; the manifest that comes along takes the middle, as the model's authors do.
        var own = MobileNet();
        var stretched = own with { Name = "mobilenetv2-stretched", Image = own.Image! with { Fit = ImageFit.Exact, Side = null, Golden = null } };
        var photos = Dataset.FromCsv(SharedData.Data(Path.Combine("images", "grocery", "images.csv")), new CsvColumns { Label = "class" });
        Assert.True(photos.HoldsImages);
        using var embeddings = DatasetEmbedding.Embed(photos, OnnxImageEmbedder.From(stretched, MobileNetFolder));
        using var stored = Embeddings.FromVectors(SharedData.Data(Path.Combine("ann", "grocery_mnv2_1280.fvecs")));
        for (int row = 0; row < 480; row++)
            Assert.InRange(TensorPrimitives.CosineSimilarity(embeddings.Vectors.Row(row), stored.Vectors.Row(row)), 0.99f, 1.0001f);

        var figures = RetrievalEvaluator.Evaluate(embeddings, null, Metric.Cosine, new EvaluationOptions { Ks = [1, 5, 10], BootstrapSamples = 10 });
        using var document = JsonDocument.Parse(File.ReadAllText(SharedData.Data(Path.Combine("ann", "embedding_metrics.json"))));
        var expected = document.RootElement.GetProperty("grocery_mnv2_1280 class leave-one-out cosine");
        foreach (int k in (int[])[1, 5, 10]) Assert.Equal(expected.GetProperty($"P@{k}").GetDouble(), figures.Precision[k].Value, 0.01);
        Assert.Equal(expected.GetProperty("MAP").GetDouble(), figures.Map.Value, 0.005);
    }

    [Theory]
    [InlineData("granny_smith_224.png", 948, 17.99799)]
    [InlineData("banana_224.png", 954, 21.19491)]
    public void MobileNetV2_sees_what_it_should_see(string file, int index, double logit)
    {
        var own = MobileNet();
        var classes = own with { Name = "mobilenetv2-classes", Dimension = 1000, Image = own.Image! with { Fit = ImageFit.Exact, Side = null, Golden = null, Output = "output", InnerOutput = false } };
        var logits = new float[1000];
        OnnxImageEmbedder.From(classes, MobileNetFolder).Embed([ImageFile.Load(SharedData.Data(Path.Combine("models", "oracle", file)))], logits);
        Assert.Equal(index, TensorPrimitives.IndexOfMax<float>(logits));
        Assert.Equal(logit, logits[index], 0.5); // 8-bit networks differ between processors
    }

    [Fact]
    public void SqueezeNet_of_half_floats_sees_a_banana()
    {
        ImageFileTests.RequireVips();
        var file = ModelFile.Of(SharedData.Data(Path.Combine("models", "squeezenet", "SqueezeNet_fp16.onnx")));
        var manifest = new ModelManifest
        {
            Name = "squeezenet", Description = "SqueezeNet, 16 bit.", Licence = "MIT", Kind = ModelKind.Image, Files = [file], Steps = [], Dimension = 1000,
            Image = Plain with { Network = file.Name, Input = "data_0", Channels = ImageChannels.Bgr, Height = 224, Width = 224, Output = "softmaxout_1" },
        };
        var shares = new float[1000];
        OnnxImageEmbedder.From(manifest, SharedData.Data(Path.Combine("models", "squeezenet"))).Embed([ImageFile.Load(SharedData.Data(Path.Combine("models", "oracle", "banana_224.png")))], shares);
        // From expected.json, made by onnxruntime in Python.
        foreach (var (index, share) in ((int, float)[])[(954, 0.5205f), (959, 0.3147f), (996, 0.0572f)]) Assert.Equal(share, shares[index], 0.01f);
    }
}
