using SimSearch.Embedding;
using SimSearch.Onnx;
using SimSearch.Tests.Support;
using SimSearch.Text;

namespace SimSearch.Tests.Text;

/// <summary>Over a toy BERT whose vectors mean nothing: what is tested is the way there and back.</summary>
public sealed class OnnxTextEmbedderTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("simsearch-onnx-text-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private static readonly string[] Pieces = [.. new[] { "[PAD]", "[UNK]", "[CLS]", "[SEP]", "card", "##s", "my", "rate" }, .. Enumerable.Range(8, 91).Select(i => $"piece{i}")];

    private ModelManifest Manifest(TextPooling pooling = TextPooling.Mean, bool unit = true)
    {
        string network = Path.Combine(folder, "toy.onnx"), vocabulary = Path.Combine(folder, "vocab.txt");
        File.Copy(SharedData.Data("models/text_plumbing/bert_toy_optimized.onnx"), network, overwrite: true);
        File.WriteAllText(vocabulary, string.Join('\n', Pieces) + "\n");
        return new ModelManifest
        {
            Name = "toy", Description = "A toy.", Licence = "MIT", Kind = ModelKind.Text, Files = [ModelFile.Of(network), ModelFile.Of(vocabulary)], Steps = [], Dimension = 99,
            Text = new() { Vocabulary = "vocab.txt", Network = "toy.onnx", LowerCase = true, MaxLength = 6, Ids = "input_ids", Mask = "input_mask", Types = "token_type_ids", Output = "prediction_scores", Pooling = pooling, Unit = unit },
        };
    }

    [Theory]
    [InlineData(TextPooling.Mean, true)]
    [InlineData(TextPooling.Mean, false)]
    [InlineData(TextPooling.Cls, true)]
    public void Pools_what_the_network_gives_for_the_pieces(TextPooling pooling, bool unit)
    {
        var embedder = OnnxTextEmbedder.From(Manifest(pooling, unit), folder);
        var vectors = new float[2 * 99];
        embedder.Embed(["My CARDS rate, my card", "rate"], vectors);

        long[] pieces = [2, 6, 4, 5, 7, 3]; // cut to six, the comma and what follows left out
        using var session = OnnxSession.FromFile(Path.Combine(folder, "toy.onnx"));
        // As a batch filled up with [PAD], which the mask hides: a vector must not depend on how texts are batched.
        using var ids = OnnxTensor.Of<long>([.. pieces, 2, 7, 3, 0, 0, 0], 2, 6);
        using var mask = OnnxTensor.Of<long>([1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0], 2, 6);
        using var types = OnnxTensor.Create<long>(2, 6);
        using var results = session.Run([("input_ids", ids), ("token_type_ids", types), ("input_mask", mask)]);
        float[] all = results["prediction_scores"].Span<float>().ToArray();
        for (int text = 0; text < 2; text++)
        {
            int count = pooling == TextPooling.Cls ? 1 : text == 0 ? 6 : 3;
            double[] expected = [.. Enumerable.Range(0, 99).Select(c => Enumerable.Range(0, count).Average(r => (double)all[(text * 6 + r) * 99 + c]))];
            double length = unit ? Math.Sqrt(expected.Sum(v => v * v)) : 1;
            for (int c = 0; c < 99; c++) Assert.Equal(expected[c] / length, vectors[text * 99 + c], 1e-4 * Math.Max(1, Math.Abs(expected[c] / length)));
        }
    }

    [Fact]
    public void A_manifest_is_written_read_compared_and_travels_with_the_embeddings()
    {
        string path = Path.Combine(folder, "toy.model.json");
        Manifest().WithGolden(folder).Save(path);
        var embedder = Assert.IsType<OnnxTextEmbedder>(TextEmbedders.Create(Path.Combine(folder, "toy.onnx")));
        Assert.Equal(TextGolden.StandardText, embedder.Manifest.Text!.Golden!.Text);
        Assert.Equal(embedder.Fingerprint, TextEmbedder.FromJson(embedder.ToJson()).Fingerprint);
        Assert.Contains("texts, not sounds", Assert.Throws<ModelException>(() => AudioEmbedders.Create(path)).Message);

        var manifest = ModelManifest.Load(path);
        float[] wrong = [.. manifest.Text!.Golden!.Vector];
        wrong[3] += 0.5f;
        var other = manifest with { Text = manifest.Text with { Golden = manifest.Text.Golden with { Vector = wrong } } };
        Assert.Contains("does not compute what its manifest promises", Assert.Throws<ModelException>(() => OnnxTextEmbedder.From(other, folder)).Message);
        Assert.Contains("does not compute", Assert.Throws<ModelException>(() => OnnxTextEmbedder.From(manifest with { Text = manifest.Text with { Pooling = TextPooling.Cls } }, folder)).Message);
    }

    [Fact]
    public void Wrong_files_names_and_values_are_refused()
    {
        var manifest = Manifest();
        void Refused(string message, ModelManifest bad) => Assert.Contains(message, Assert.Throws<ModelException>(() => OnnxTextEmbedder.From(bad, folder)).Message);
        Refused("it has", manifest with { Text = manifest.Text! with { Output = "embedding" } });
        Refused("inputs must be int64 and named", manifest with { Text = manifest.Text! with { Mask = "attention_mask" } });
        Refused("must give [1 x ", (manifest with { Text = manifest.Text! with { Golden = new() { Text = "card", Vector = [.. new float[49], 1f] } }, Dimension = 50 }));
        Refused("max_length=1", manifest with { Text = manifest.Text! with { MaxLength = 1 } });
        Refused("text must be given for kind text", manifest with { Text = null });
        Refused("no sample_rate", manifest with { SampleRate = 8000 });
        Refused("must be the file that ends in .txt", manifest with { Text = manifest.Text! with { Vocabulary = "toy.onnx" } });

        File.WriteAllText(Path.Combine(folder, "vocab.txt"), string.Join('\n', Pieces.Reverse()) + "\n");
        Refused("another vocabulary or damaged", manifest);
        File.WriteAllText(Path.Combine(folder, "vocab.txt"), string.Join('\n', Pieces.Select(p => p == "[SEP]" ? "[END]" : p)) + "\n");
        Refused("no [SEP]", manifest with { Files = [manifest.Files[0], ModelFile.Of(Path.Combine(folder, "vocab.txt"))] });
        // A vocabulary with more pieces than the network knows: an error of the network, not a crash.
        File.WriteAllText(Path.Combine(folder, "vocab.txt"), string.Join('\n', Pieces) + "\nbeyond\n");
        var wide = OnnxTextEmbedder.From(manifest with { Files = [manifest.Files[0], ModelFile.Of(Path.Combine(folder, "vocab.txt"))] }, folder);
        Assert.Contains("toy.onnx", Assert.Throws<ModelException>(() => wide.Embed(["beyond"], new float[99])).Message);
        File.Delete(Path.Combine(folder, "vocab.txt"));
        Refused("not on this machine", manifest);
    }

    [Fact]
    public void A_file_without_a_known_hash_is_never_loaded()
    {
        var manifest = Manifest();
        var loose = manifest with { Files = [manifest.Files[0] with { Sha256 = ModelFile.Unknown, Bytes = 0, Url = new Uri("https://example.org/toy.onnx") }, manifest.Files[1]] };
        Assert.Contains("does not know the SHA-256 of toy.onnx", Assert.Throws<ModelException>(() => OnnxTextEmbedder.From(loose, folder)).Message);
        Assert.Contains("does not know the SHA-256", Assert.Throws<ModelException>(() => loose.WithGolden(folder)).Message);
        Assert.False(ModelShelf.IsHere(loose));
        Assert.Equal(loose.ToJson(), ModelManifest.Parse(loose.ToJson()).ToJson());
        Assert.Throws<ModelException>(() => ModelManifest.Parse(loose.ToJson().Replace("\"bytes\": 0", "\"bytes\": 7")));
    }

    [Fact]
    public void The_manifest_on_the_shelf_says_what_was_not_tested()
    {
        var manifest = ModelShelf.Find("all-minilm-l6-v2");
        Assert.Equal((ModelKind.Text, 384, false), (manifest.Kind, manifest.Dimension, manifest.HasGolden));
        Assert.Contains("weights not", manifest.Note);
        if (!ModelShelf.IsHere(manifest)) Assert.Contains("simsearch models fetch all-minilm-l6-v2", Assert.Throws<ModelException>(() => TextEmbedders.Create("all-minilm-l6-v2")).Message);
    }
}
