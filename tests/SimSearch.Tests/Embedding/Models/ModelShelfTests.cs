using SimSearch.Embedding;
using SimSearch.Tests.Support;

namespace SimSearch.Tests;

public sealed class ModelShelfTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("simsearch-shelf-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void A_fetched_model_is_found_by_its_hash()
    {
        string model = TestModels.Write(folder);
        byte[] bytes = File.ReadAllBytes(model);
        using var server = TestServer.For(bytes);
        var manifest = ModelManifest.Load(model);
        // A name of its own: the cache is shared with other tests and with people.
        manifest = manifest with { Name = $"test-{Guid.NewGuid():N}", Files = [manifest.Files[0] with { Url = server.Url("/tiny.onnx") }] };
        string cache = ModelShelf.CacheFolderOf(manifest);
        try
        {
            Assert.False(ModelShelf.IsHere(manifest));
            Assert.Contains(manifest.Files[0].Sha256, Assert.Throws<ModelException>(() => OnnxEmbedder.From(manifest)).Message);
            Assert.Equal(cache, ModelShelf.Fetch(manifest));
            Assert.True(ModelShelf.IsHere(manifest));
            Assert.Equal(6, OnnxEmbedder.From(manifest).Dimension);
            Assert.Equal(cache, ModelShelf.Fetch(manifest));
            Assert.Single(server.Requests);
        }
        finally
        {
            if (Directory.Exists(cache)) Directory.Delete(cache, recursive: true);
        }
    }

    [Fact]
    public void Another_file_than_the_manifest_means_is_not_kept()
    {
        string model = TestModels.Write(folder);
        byte[] other = File.ReadAllBytes(model);
        other[^1] ^= 1;
        using var server = TestServer.For(other);
        var manifest = ModelManifest.Load(model);
        manifest = manifest with { Name = $"test-{Guid.NewGuid():N}", Files = [manifest.Files[0] with { Url = server.Url("/tiny.onnx") }] };
        string cache = ModelShelf.CacheFolderOf(manifest);
        try
        {
            Assert.Contains("SHA-256", Assert.Throws<SimSearchException>(() => ModelShelf.Fetch(manifest)).Message);
            Assert.False(ModelShelf.IsHere(manifest));
        }
        finally
        {
            if (Directory.Exists(cache + ".download")) Directory.Delete(cache + ".download", recursive: true);
        }
    }

    [Fact]
    public void A_file_that_nobody_vouches_for_is_fetched_and_not_used()
    {
        string model = TestModels.Write(folder);
        byte[] bytes = File.ReadAllBytes(model);
        using var server = TestServer.For(bytes);
        var manifest = ModelManifest.Load(model);
        manifest = manifest with { Name = $"test-{Guid.NewGuid():N}", Files = [manifest.Files[0] with { Url = server.Url("/tiny.onnx"), Sha256 = ModelFile.Unknown, Bytes = 0 }] };
        string cache = ModelShelf.CacheFolderOf(manifest);
        try
        {
            Assert.Equal(cache, ModelShelf.Fetch(manifest));
            Assert.Equal(bytes, File.ReadAllBytes(Path.Combine(cache, "tiny.onnx")));
            Assert.False(ModelShelf.IsHere(manifest));
            Assert.Contains("does not know the SHA-256 of tiny.onnx", Assert.Throws<ModelException>(() => OnnxEmbedder.From(manifest)).Message);
            Assert.Throws<ModelException>(() => OnnxEmbedder.From(manifest, folder));
            Assert.Throws<ModelException>(() => manifest.WithGolden(cache));
            // Only a built-in one is remembered; a manifest of one's own takes the hash itself, and is then as good as any.
            Assert.Contains("its own manifest", Assert.Throws<ModelException>(() => ModelShelf.Accept(manifest, [ModelFile.Of(model).Sha256])).Message);
            Assert.Equal(6, OnnxEmbedder.From(manifest with { Files = [ModelFile.Of(model) with { Url = manifest.Files[0].Url }] }).Dimension);
        }
        finally
        {
            if (Directory.Exists(cache)) Directory.Delete(cache, recursive: true);
        }
    }

    [Fact]
    public void A_hash_that_somebody_vouches_for_is_remembered_and_checked()
    {
        string cache = ModelShelf.CacheFolderOf(ModelShelf.Find("vggish")), pins = cache + ".accepted.model.json";
        SharedData.SkipUnless(!Directory.Exists(cache) && !File.Exists(pins), "somebody has fetched vggish on this machine");
        var manifest = ModelShelf.Find("vggish");
        var file = Assert.Single(manifest.Files);
        Assert.False(file.IsPinned);
        try
        {
            // As a download leaves it.
            Directory.CreateDirectory(cache);
            string path = Path.Combine(cache, file.Name);
            Assert.Contains("fetch it first", Assert.Throws<ModelException>(() => ModelShelf.Accept(manifest, [new string('0', 64)])).Message);
            File.WriteAllBytes(path, TestModels.Network());
            var given = ModelFile.Of(path);
            Assert.Contains(given.Sha256, Assert.Throws<ModelException>(() => ModelShelf.Accept(manifest, [new string('0', 64)])).Message);
            Assert.False(ModelShelf.Find("vggish").Files[0].IsPinned);

            ModelShelf.Accept(manifest, [given.Sha256.ToUpperInvariant()]);
            var found = ModelShelf.Find("vggish");
            Assert.Equal((given.Bytes, given.Sha256, file.Url), (found.Files[0].Bytes, found.Files[0].Sha256, found.Files[0].Url));
            Assert.True(ModelShelf.IsHere(found));
            // It gets as far as the network, which is not VGGish's here.
            Assert.Contains("input must be 'melspectrogram'", Assert.Throws<ModelException>(() => ModelShelf.Open("vggish")).Message);
            // Another file of the same size in its place is not used; a manifest that was tampered with changes no step.
            File.WriteAllBytes(path, [.. TestModels.Network().Select((b, i) => i == 40 ? (byte)(b ^ 1) : b)]);
            Assert.Contains("SHA-256", Assert.Throws<ModelException>(() => ModelShelf.Open("vggish")).Message);
            (found with { Steps = [.. found.Steps.Where(s => s is not LogStep)] }).Save(pins);
            Assert.Equal(manifest.Steps, ModelShelf.Find("vggish").Steps);
            Assert.Contains("has all hashes", Assert.Throws<ModelException>(() => ModelShelf.Accept(ModelShelf.Find("yamnet"), [given.Sha256])).Message);
        }
        finally
        {
            if (Directory.Exists(cache)) Directory.Delete(cache, recursive: true);
            File.Delete(pins);
        }
    }

    [Fact]
    public void Names_that_are_not_known_are_answered_with_those_that_are()
    {
        Assert.Contains("speech-embedding", Assert.Throws<ModelException>(() => ModelShelf.Find("yesnet")).Message);
        Assert.True(ModelShelf.IsModel("speech-embedding"));
        Assert.True(ModelShelf.IsModel("x.onnx"));
        Assert.False(ModelShelf.IsModel("mfcc-stats"));
        Assert.Contains("comes with its manifest", Assert.Throws<ModelException>(() => ModelShelf.Fetch(ModelManifest.Load(TestModels.Write(folder)))).Message);
    }

    [Fact]
    public void Every_field_of_a_step_is_described()
    {
        string readme = File.ReadAllText(Path.Combine(SharedData.RepositoryRoot, "models", "README.md"));
        string[] rows = [.. readme[readme.IndexOf("| step | fields |", StringComparison.Ordinal)..].Split('\n').TakeWhile(line => line.StartsWith('|'))];
        foreach (var type in typeof(ModelStep).Assembly.GetTypes().Where(t => t.IsSubclassOf(typeof(ModelStep))))
        {
            string name = type.Name[..^"Step".Length].ToLowerInvariant();
            string row = Assert.Single(rows, line => line.StartsWith($"| `{name}` |", StringComparison.Ordinal));
            foreach (var property in type.GetProperties().Where(p => p.SetMethod is not null))
                Assert.Contains(System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName(property.Name), row);
        }
    }
}
