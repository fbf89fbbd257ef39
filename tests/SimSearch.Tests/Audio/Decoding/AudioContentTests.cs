using SimSearch.Audio;
using SimSearch.Datasets;

namespace SimSearch.Tests;

/// <summary>Data sets whose items are stretches of sound files.</summary>
public sealed class AudioContentTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("simsearch-content-").FullName;
    private readonly AudioSignal noise;
    private readonly Dataset dataset;

    public AudioContentTests()
    {
        var random = new Random(1);
        noise = new AudioSignal([.. Enumerable.Range(0, 25_000).Select(_ => random.Next(-30000, 30000) / 32768f)], 10_000);
        WavWriter.Write(Path.Combine(folder, "a.wav"), noise);
        WavWriter.Write(Path.Combine(folder, "copy.wav"), noise, WavEncoding.Float32);
        dataset = new Dataset("test", folder, [new Item { Id = "a", Source = "a.wav" }, new Item { Id = "part", Source = "copy.wav", Start = 0.5, Duration = 1 }]);
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void An_item_is_loaded_as_the_stretch_it_stands_for()
    {
        Assert.Equal(noise.Samples, dataset.Load(dataset.Items[0]).Samples);
        Assert.Equal(noise.Samples[5000..15000], dataset.Load(dataset.Items[1]).Samples);
        Assert.Equal(noise.Samples[7000..8000], dataset.Load(dataset.Items[1], new AudioLoadOptions { Start = 0.2, Duration = 0.1 }).Samples);
        Assert.Equal(noise.Samples[14000..15000], dataset.Load(dataset.Items[1], new AudioLoadOptions { Start = 0.9, Duration = 5 }).Samples);
    }

    [Fact]
    public void An_item_is_as_long_as_it_says_or_as_its_file_is_from_its_start()
    {
        Assert.Equal(2.5, dataset.DurationOf(dataset.Items[0]), 1e-9);
        Assert.Equal(1, dataset.DurationOf(dataset.Items[1]), 1e-9);
        Assert.Equal(1.9, dataset.DurationOf(dataset.Items[0] with { Start = 0.6 }), 1e-9);
    }

    [Fact]
    public void Segments_take_their_lengths_from_the_files()
    {
        var segments = dataset.Segment(1.0, overlap: 0.5);
        Assert.Equal([0, 0.5, 1.0, 1.5], segments.Items.Where(i => i.Source == "a.wav").Select(i => i.Start));
        Assert.All(segments.Items, i => Assert.Equal(10_000, segments.Load(i).Frames));
        Assert.Equal(noise.Samples[15000..25000], segments.Load(segments.Items[3]).Samples);
    }

    [Fact]
    public void The_hash_is_of_the_sound_and_not_of_the_file()
    {
        var whole = new Item { Id = "b", Source = "copy.wav" };
        Assert.Equal(AudioContent.HashOf(dataset, dataset.Items[0]), AudioContent.HashOf(dataset, whole));
        Assert.NotEqual(AudioContent.HashOf(dataset, dataset.Items[0]), AudioContent.HashOf(dataset, dataset.Items[1]));
        string[] others = [AudioContent.Hash(noise), AudioContent.Hash(new AudioSignal(noise.Samples, 10_001)), AudioContent.Hash(new AudioSignal(noise.Samples, 10_000, 2)), AudioContent.Hash(new AudioSignal([], 10_000))];
        Assert.Equal(4, others.Distinct().Count());
        Assert.All(others, h => Assert.Matches("^[0-9a-f]{64}$", h));
    }

    [Fact]
    public void A_copy_in_another_encoding_is_found_by_the_leakage_check()
    {
        var train = new Dataset("train", folder, [dataset.Items[0]]);
        var test = new Dataset("test", folder, [new Item { Id = "b", Source = "copy.wav" }]);
        var report = LeakageCheck.Find(train, test, item => AudioContent.HashOf(train, item));
        Assert.Equal(LeakageKind.SameContent, Assert.Single(report.Findings).Kind);
    }
}
