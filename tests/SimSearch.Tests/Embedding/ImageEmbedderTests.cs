using SimSearch.Audio;
using SimSearch.Datasets;
using SimSearch.Embedding;
using SimSearch.Images;
using SimSearch.Indexing;
using SimSearch.Tests.Images;

namespace SimSearch.Tests;

/// <summary>Folders of images, from files to search, with the hand-crafted embedders.</summary>
public sealed class ImageEmbedderTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("simsearch-images-").FullName;

    public ImageEmbedderTests() => ImageFileTests.RequireVips();

    public void Dispose() => Directory.Delete(folder, recursive: true);

    /// <summary>A plain image with stripes, across or upright.</summary>
    private string Write(string name, byte red, byte green, byte blue, int stripe, bool upright = false)
    {
        string path = Path.Combine(folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        byte[] pixels = [.. Enumerable.Range(0, 40 * 60).SelectMany(i => (upright ? i % 60 : i / 60) / stripe % 2 == 0 ? new[] { red, green, blue } : [255, 255, 255])];
        File.WriteAllBytes(path, ImageFile.ToJpeg(new ImageTensor(pixels, 40, 60), 95));
        return path;
    }

    private Dataset Fruit()
    {
        for (int i = 0; i < 4; i++)
        {
            Write($"fruit/apple/{i}.jpg", 200, (byte)(20 + 5 * i), 30, 4 + i);
            Write($"fruit/lime/{i}.JPEG", 60, (byte)(180 + 5 * i), 40, 4 + i, upright: true);
        }
        return DatasetLoader.Open(Path.Combine(folder, "fruit"));
    }

    [Fact]
    public void A_folder_of_class_folders_with_images_is_a_data_set()
    {
        var fruit = Fruit();
        Assert.True(fruit.HoldsImages);
        Assert.Equal(["apple", "lime"], fruit.Labels);
        Assert.Equal(8, fruit.Count);
        Assert.Equal("colour-stats", FileEmbedders.StandardFor(fruit));
        Assert.Single(DatasetLoader.Open(fruit.PathOf(fruit.Items[0])).Items);
    }

    [Fact]
    public void Where_sounds_and_images_lie_together_sounds_are_taken_unless_images_are_asked_for()
    {
        Fruit();
        string mixed = Path.Combine(folder, "fruit");
        WavWriter.Write(Path.Combine(mixed, "apple", "bite.wav"), new AudioSignal(new float[800], 8000));
        var sounds = DatasetLoader.Open(mixed);
        Assert.Equal(["apple/bite.wav"], sounds.Items.Select(i => i.Id));
        Assert.Equal("combined-stats", FileEmbedders.StandardFor(sounds));
        Assert.Equal(8, DatasetLoader.Open(mixed, new DatasetOpenOptions { Accept = ImageEmbedders.Create("colour-stats").Accepts }).Count);
        // A table says itself what is in it; what does not fit is named.
        File.WriteAllText(Path.Combine(folder, "both.csv"), "file,label\nfruit/apple/0.jpg,a\nfruit/apple/bite.wav,b\n");
        var both = DatasetLoader.Open(Path.Combine(folder, "both.csv"));
        Assert.False(both.HoldsImages);
        Assert.Contains("fruit/apple/bite.wav", Assert.Throws<SimSearchException>(() => DatasetEmbedding.Embed(both, ImageEmbedders.Create("colour-stats"))).Message);
        using var left = DatasetEmbedding.Embed(both, ImageEmbedders.Create("colour-stats"), new EmbedOptions { SkipUnreadable = true });
        Assert.Equal(["fruit/apple/0.jpg"], left.Items.Select(i => i.Id));
    }

    [Fact]
    public void A_folder_without_what_is_looked_for_is_told_what_that_is()
    {
        Fruit();
        string Error(Func<string, bool>? accept, string name) => Assert.Throws<SimSearchException>(() => DatasetLoader.Open(Path.Combine(folder, name), new DatasetOpenOptions { Accept = accept })).Message;
        Assert.Contains("no sound files", Error(Dataset.IsAudioFile, "fruit"));
        Assert.DoesNotContain("image files", Error(Dataset.IsAudioFile, "fruit"));
        Directory.CreateDirectory(Path.Combine(folder, "empty"));
        Assert.Matches("no sound files .* or image files", Error(null, "empty"));
        Assert.Matches("no image files", Error(Dataset.IsImageFile, "empty"));
    }

    [Fact]
    public void Folders_called_train_and_val_are_splits_and_not_classes()
    {
        foreach (string name in (string[])["set/train/apple/1.jpg", "set/train/lime/1.jpg", "set/val/lime/2.JPEG"]) Write(name, 1, 2, 3, 4);
        File.WriteAllText(Path.Combine(folder, "set", "labels.csv"), "noise");
        var set = DatasetLoader.Open(Path.Combine(folder, "set"));
        Assert.Equal([("apple", "train"), ("lime", "train"), ("lime", "val")], set.Items.Select(i => (i.Label!, i.Split!)));
        // One of them alone, or a file beside them, is an ordinary folder of classes.
        Assert.Equal(["apple", "lime"], DatasetLoader.Open(Path.Combine(folder, "set", "train")).Labels);
        Write("set/other/lime/3.jpg", 1, 2, 3, 4);
        Assert.Equal(["other", "train", "val"], DatasetLoader.Open(Path.Combine(folder, "set")).Labels);
    }

    [Theory]
    [InlineData("colour-stats", 2048)]
    [InlineData("edge-stats", 1764)]
    [InlineData("colour-edges", 3812)]
    public void Images_are_embedded_indexed_and_found_by_file(string name, int dimension)
    {
        var fruit = Fruit();
        var cache = new EmbedOptions { CacheFolder = Path.Combine(folder, "cache") };
        using var embeddings = DatasetEmbedding.Embed(fruit, FileEmbedders.Create(name), cache);
        Assert.Equal((8, dimension, name), (embeddings.Count, embeddings.Dimension, embeddings.EmbedderName));
        var again = DatasetEmbedding.Run(fruit, FileEmbedders.Create(name), cache);
        Assert.Equal(8, again.FromCache);
        for (int row = 0; row < 8; row++) Assert.Equal(embeddings.Vectors.Row(row), again.Embeddings.Vectors.Row(row));
        again.Embeddings.Dispose();

        string bundle = Path.Combine(folder, "index");
        using (var index = VectorIndex.Build(embeddings, "Flat", Metric.Cosine)) index.Save(bundle);
        using (var index = VectorIndex.Load(bundle))
        {
            Assert.IsType<ImageEmbedder>(index.OpenEmbedder(), exactMatch: false);
            var hits = index.SearchFiles([fruit.PathOf(fruit.Items[5]), Write("query.jpg", 198, 28, 33, 5)], 2);
            Assert.Equal(1, hits.Hits(0)[0].Score, 1e-3f);
            Assert.Equal(["lime", "apple"], [hits.Hits(0)[0].Item!.Label!, hits.Hits(1)[0].Item!.Label!]);
            File.WriteAllText(Path.Combine(folder, "no.png"), "no image");
            Assert.Contains("no.png", Assert.ThrowsAny<SimSearchException>(() => index.SearchFiles([Path.Combine(folder, "no.png")], 1)).Message);
        }
    }

    [Fact]
    public void An_embedder_that_was_read_back_is_the_same()
    {
        foreach (string name in ImageEmbedders.Names)
        {
            var embedder = ImageEmbedders.Create(name);
            var back = FileEmbedder.FromJson(embedder.ToJson());
            Assert.Equal((embedder.Fingerprint, embedder.Dimension, embedder.ToJson()), (back.Fingerprint, back.Dimension, back.ToJson()));
            Assert.Contains("images", Assert.Throws<SimSearchException>(() => AudioEmbedder.FromJson(embedder.ToJson())).Message);
            Assert.Contains("images", Assert.Throws<SimSearchException>(() => AudioEmbedders.Create(name)).Message);
            Assert.Throws<SimSearchException>(() => FileEmbedder.FromJson(embedder.ToJson().Replace("\"Side\": 128", "\"Side\": 129")));
            Assert.Throws<SimSearchException>(() => FileEmbedder.FromJson(embedder.ToJson().Replace("\"Side\": 128", "\"Side\": 1000000")));
        }
        Assert.Contains("sounds", Assert.Throws<SimSearchException>(() => ImageEmbedder.FromJson(AudioEmbedders.Create("mfcc-stats").ToJson())).Message);
        Assert.Contains("colour-stats", Assert.Throws<SimSearchException>(() => ImageEmbedders.Create("mfcc-stats")).Message);
    }

    [Fact]
    public void Stretches_of_time_and_broken_images_are_refused_by_name()
    {
        var fruit = Fruit();
        var parts = new Dataset("parts", fruit.Root, [fruit.Items[0] with { Id = "part", Start = 1 }]);
        Assert.Contains("no seconds", Assert.Throws<SimSearchException>(() => DatasetEmbedding.Embed(parts, ImageEmbedders.Create("colour-stats"))).Message);
        File.WriteAllBytes(Path.Combine(folder, "fruit", "lime", "cut.jpg"), File.ReadAllBytes(fruit.PathOf(fruit.Items[0]))[..300]);
        var broken = DatasetLoader.Open(Path.Combine(folder, "fruit"));
        Assert.Contains("lime/cut.jpg", Assert.Throws<SimSearchException>(() => DatasetEmbedding.Embed(broken, ImageEmbedders.Create("colour-stats"))).Message);
        var skipped = DatasetEmbedding.Run(broken, ImageEmbedders.Create("colour-stats"), new EmbedOptions { SkipUnreadable = true });
        using (skipped.Embeddings) Assert.Contains("cut off", Assert.Single(skipped.Skipped).Reason);
    }
}
