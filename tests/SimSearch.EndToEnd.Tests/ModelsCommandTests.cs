using System.Text.Json.Nodes;
using SimSearch.Audio;
using SimSearch.Embedding;
using SimSearch.Tests.Support;

namespace SimSearch.EndToEnd.Tests;

/// <summary>The way of a model on the command line: card, check, embed, index, search by file; and what is said when it is gone or changed.</summary>
public sealed class ModelsCommandTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    private string WriteModel()
    {
        string path = folder["mean.onnx"];
        File.WriteAllBytes(path, TinyModel.Model([TinyModel.Node("MatMul", ["x", "w"], ["y"]), TinyModel.Weights("w", [8, 4], [.. Enumerable.Range(0, 32).Select(i => (i * 7 % 11 - 5) / 8f)]),
            TinyModel.Input("x", TinyModel.Float, "t", 8), TinyModel.Output("y", TinyModel.Float, "t", 4)]));
        new ModelManifest
        {
            Name = "mean", Description = "A matrix over eight bands.", Licence = "CC0", SampleRate = 8000, Files = [ModelFile.Of(path)], Dimension = 4,
            Steps =
            [
                new MelStep { Mel = new() { Stft = new() { SampleRate = 8000, FftLength = 256, HopLength = 128 }, Bands = 8 } }, new LogStep(), new NormaliseStep { Mean = NormaliseOver.All, Deviation = NormaliseOver.All },
                new NetworkStep { File = "mean.onnx", Input = "x", InputLayout = ["rows", "columns"], Output = "y", OutputLayout = ["rows", "columns"] }, new PoolStep { Kinds = [PoolKind.Mean] },
            ],
        }.WithGolden(folder.Path).Save(path);
        return path;
    }

    [Fact]
    public void A_file_whose_hash_nobody_knows_waits_for_somebody_who_does()
    {
        ToolResult Models(params string[] arguments) => Tool.Start("env", [$"SIMSEARCH_CACHE={folder["cache"]}", .. Tool.Command(["models", .. arguments])]);
        bool Here() => (bool)((JsonArray)Models("list", "--json").Succeeded().Json).Single(m => (string)m!["name"]! == "vggish")!["here"]!;
        // Put where a message says that a file goes which came another way; a toy with the inputs and outputs of VGGish.
        Directory.CreateDirectory(folder["cache/models/vggish.download"]);
        byte[] network = TinyModel.Model(
        [
            TinyModel.Node("ReduceMean", ["melspectrogram"], ["m"], TinyModel.IntsAttribute("axes", 2), TinyModel.IntAttribute("keepdims", 0)), TinyModel.Node("MatMul", ["m", "w"], ["embeddings"]),
            TinyModel.Weights("w", [64, 128], [.. Enumerable.Range(0, 64 * 128).Select(i => i % 7 / 7f)]), TinyModel.Input("melspectrogram", TinyModel.Float, "n", 64, 96), TinyModel.Output("embeddings", TinyModel.Float, "n", 128),
        ]);
        File.WriteAllBytes(folder["cache/models/vggish.download/audioset-vggish-3.onnx"], network);
        string hash = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(network));

        var fetched = Models("fetch", "vggish").Succeeded();
        Assert.Contains($"SHA-256 {hash}", fetched.Errors);
        Assert.Contains($"models fetch vggish --sha256 {hash}", fetched.Errors);
        Assert.False(Here());
        Assert.Contains("does not know the SHA-256", Models("check", "vggish").Errors);
        Assert.Contains(hash, Models("fetch", "vggish", "--sha256", new string('0', 64)).Errors);
        Assert.False(Here());
        Assert.DoesNotContain("nothing vouches", Models("fetch", "vggish", "--sha256", hash).Succeeded().Errors);
        Assert.True(Here());
        Assert.Equal(128, (int)Models("check", "vggish", "--json").Succeeded().Json["dimension"]!);
        Models("fetch", "vggish").Succeeded();

        Assert.Equal(2, Models("fetch", "vggish", "--sha256", "abc").ExitCode);
        var known = Models("fetch", "yamnet", "--sha256", hash);
        Assert.Equal((2, true), (known.ExitCode, known.Errors.Contains("has all of them", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_model_is_checked_embeds_and_is_asked_for_by_its_index()
    {
        string model = WriteModel();
        Directory.CreateDirectory(folder["sounds"]);
        for (int i = 0; i < 5; i++)
            WavWriter.Write(folder[$"sounds/{i}.wav"], new AudioSignal([.. Enumerable.Range(0, 4000).Select(t => MathF.Sin(t * 0.1f * (i * i + 1)) * 0.5f)], 8000));

        Assert.Equal("equal", (string?)Tool.Run("models", "check", model, "--json").Succeeded().Json["golden"]);
        string card = Tool.Run("models", "card", model).Succeeded().Output;
        Assert.Contains("A matrix over eight bands.", card);
        Assert.Matches(@"here +yes\n", card); // beside its manifest, in none of the folders where models are looked for
        Assert.Contains(((JsonArray)Tool.Run("models", "list", "--json").Succeeded().Json).Select(m => (string)m!["name"]!), name => name == "speech-embedding");

        var embedded = Tool.Run("embed", folder["sounds"], "--embedder", model, "--out", folder["e"], "--json").Succeeded().Json;
        Assert.Equal(("mean", 4), ((string)embedded["embedder"]!, (int)embedded["dimension"]!));
        Tool.Run("index", "build", folder["e"], "--out", folder["i"]).Succeeded();
        string Nearest() => (string)Tool.Run("search", folder["i"], folder["sounds/3.wav"], "-k", "1", "--json").Succeeded().Json["queries"]![0]!["hits"]![0]!["id"]!;
        Assert.Equal("3.wav", Nearest());
        Assert.Equal(2, Tool.Run("embed", folder["sounds"], "--embedder", model, "--sample-rate", "8000", "--out", folder["e2"]).ExitCode);

        // Changed by one bit, it is another model; gone, the index says which one it wants.
        string hash = ModelFile.Of(model).Sha256;
        byte[] bytes = File.ReadAllBytes(model);
        bytes[^30] ^= 1;
        File.WriteAllBytes(model, bytes);
        var changed = Tool.Run("search", folder["i"], folder["sounds/3.wav"]);
        Assert.Equal((1, true), (changed.ExitCode, changed.Errors.Contains("SHA-256", StringComparison.Ordinal)));
        File.Delete(model);
        var gone = Tool.Run("search", folder["i"], folder["sounds/3.wav"]);
        Assert.Equal((1, true), (gone.ExitCode, gone.Errors.Contains(hash, StringComparison.Ordinal)));
        Assert.Equal(1, Tool.Run("models", "check", model).ExitCode);
        Assert.Equal(2, Tool.Run("embed", folder["sounds"], "--embedder", "no-such-thing", "--out", folder["e3"]).ExitCode);
    }
}
