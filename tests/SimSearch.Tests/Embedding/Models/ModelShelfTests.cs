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
