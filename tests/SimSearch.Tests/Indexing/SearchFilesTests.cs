using SimSearch.Audio;
using SimSearch.Datasets;
using SimSearch.Embedding;
using SimSearch.Indexing;

namespace SimSearch.Tests;

public sealed class SearchFilesTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("simsearch-files-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private string Tone(string name, double hertz)
    {
        string path = Path.Combine(folder, name);
        WavWriter.Write(path, new AudioSignal([.. Enumerable.Range(0, 11025).Select(i => (float)(0.4 * Math.Sin(2 * Math.PI * hertz * i / 22050) + 0.1 * Math.Sin(i * 0.37 * hertz / 200)))], 22050));
        return path;
    }

    [Fact]
    public void A_file_finds_the_item_it_is_with_the_embedder_of_the_index()
    {
        Item[] items = [.. Enumerable.Range(0, 8).Select(i => new Item { Id = $"tone{i}", Source = Path.GetFileName(Tone($"{i}.wav", 200 + 150 * i)) })];
        using var embeddings = DatasetEmbedding.Embed(new Dataset("tones", folder, items), AudioEmbedders.Create("mfcc-stats"));
        using (var built = VectorIndex.Build(embeddings)) built.Save(Path.Combine(folder, "index"));
        using var index = VectorIndex.Load(Path.Combine(folder, "index"), memoryMap: true);
        string[] files = [Path.Combine(folder, "5.wav"), Path.Combine(folder, "0.wav")];
        var result = index.SearchFiles(files, 3);
        Assert.Equal(["tone5", "tone0"], [result.Hits(0)[0].Id, result.Hits(1)[0].Id]);
        Assert.Equal(1, result.Hits(0)[0].Score, 1e-5);
        Assert.Equal(files[0], result.NameOf(0));
        foreach (string bad in (string[])["absent.wav", "broken.wav"])
        {
            if (bad == "broken.wav") File.WriteAllText(Path.Combine(folder, bad), "no sound");
            Assert.Contains(bad, Assert.ThrowsAny<SimSearchException>(() => index.SearchFiles([Path.Combine(folder, bad)], 1)).Message);
        }
    }

    [Fact]
    public void An_index_of_ready_made_vectors_says_that_it_cannot_embed_files()
    {
        using var gallery = Galleries.Make(5);
        using var index = VectorIndex.Build(gallery);
        Assert.Contains("ready-made vectors", Assert.Throws<IndexEngineException>(() => index.SearchFiles(["a.wav"], 1)).Message);
    }
}
