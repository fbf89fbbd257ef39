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
            string message = Assert.ThrowsAny<SimSearchException>(() => index.SearchFiles([Path.Combine(folder, bad)], 1)).Message;
            Assert.Contains(bad, message);
            Assert.Equal(bad == "absent.wav", message.EndsWith("there is no such file", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void A_region_is_searched_as_if_it_were_a_file_of_its_own()
    {
        Item[] items = [.. Enumerable.Range(0, 6).Select(i => new Item { Id = $"tone{i}", Source = Path.GetFileName(Tone($"{i}.wav", 200 + 150 * i)) })];
        var tones = new Dataset("tones", folder, items);
        using var embeddings = DatasetEmbedding.Embed(tones, AudioEmbedders.Create("mfcc-stats"));
        using var index = VectorIndex.Build(embeddings);
        string all = Path.Combine(folder, "all.wav");
        WavWriter.Write(all, new AudioSignal([.. items.SelectMany(item => tones.Load(item).Samples)], 22050));
        var third = index.SearchRegion(all, 1, 0.5, k: 2);
        Assert.Equal("tone2", third.Hits(0)[0].Id);
        Assert.Equal(1, third.Hits(0)[0].Score, 1e-3);
        Assert.Equal($"{all}#1.00-1.50", third.NameOf(0));
        Assert.Equal("tone5", index.SearchRegion(all, 2.5, null, k: 1).Hits(0)[0].Id);
        Assert.Equal("tone5", index.SearchRegion(all, 2.5, 100, k: 1).Hits(0)[0].Id);
        Assert.Contains(all, Assert.ThrowsAny<SimSearchException>(() => index.SearchRegion(all, 60, 1, k: 1)).Message);
        foreach (var (start, duration) in new[] { (-1.0, 1.0), (double.NaN, 1), (0, 0), (0, double.NaN), (0, -2) })
            Assert.Throws<ArgumentOutOfRangeException>(() => index.SearchRegion(all, start, duration, 1));
    }

    [Fact]
    public void An_index_of_ready_made_vectors_says_that_it_cannot_embed_files()
    {
        using var gallery = Galleries.Make(5);
        using var index = VectorIndex.Build(gallery);
        Assert.Contains("ready-made vectors", Assert.Throws<IndexEngineException>(() => index.SearchFiles(["a.wav"], 1)).Message);
    }
}
