using SimSearch.Audio;
using SimSearch.Datasets;
using SimSearch.Embedding;

namespace SimSearch.Tests;

public sealed class FrameVectorsTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("simsearch-frames-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private Dataset Sounds(params double[] seconds)
    {
        var random = new Random(1);
        for (int i = 0; i < seconds.Length; i++)
        {
            string path = Path.Combine(folder, $"c{i}", $"{i}.wav");
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            WavWriter.Write(path, new AudioSignal([.. Enumerable.Range(0, (int)(seconds[i] * 22050)).Select(_ => (float)(random.NextDouble() - 0.5))], 22050));
        }
        return Dataset.FromFolder(folder);
    }

    [Fact]
    public void Frames_are_those_of_the_spectrogram_and_say_where_they_are()
    {
        var sounds = Sounds(0.5, 1);
        using var frames = FrameVectors.LogMel(sounds);
        var first = AudioFeatures.LogMel(sounds.Load(sounds.Items[0]), MelOptions.Librosa with { Bands = 64 });
        var second = AudioFeatures.LogMel(sounds.Load(sounds.Items[1]), MelOptions.Librosa with { Bands = 64 });
        Assert.Equal(first.Frames + second.Frames, frames.Count);
        Assert.Equal(first.Values.Concat(second.Values), frames.Vectors.RowRange(0, (int)frames.Count).ToArray());
        var item = frames.Items[first.Frames + 10];
        double middle = 10 * 512 / 22050.0;
        Assert.Equal(("c1/1.wav@0.232", "c1", "c1/1.wav", "c1/1.wav"), (item.Id, item.Label, item.Source, item.Group));
        Assert.Equal(middle - 1024 / 22050.0, item.Start, 1e-9);
        Assert.Equal(2048 / 22050.0, item.Duration!.Value, 1e-9);
        // At the ends of a sound a window reaches beyond it; the item does not.
        Assert.Equal(0, frames.Items[0].Start);
        Assert.All(frames.Items.Take(first.Frames), i => Assert.InRange(i.Start + i.Duration!.Value, 0, 0.5 + 1e-9));
        Assert.Equal(frames.Count, frames.Items.Select(i => i.Id).Distinct().Count());
    }

    [Fact]
    public void Of_many_frames_as_many_are_taken_as_are_wanted()
    {
        var sounds = Sounds(0.5, 1);
        using var all = FrameVectors.LogMel(sounds);
        foreach (int most in (int[])[1, 7, 30, (int)all.Count])
        {
            using var some = FrameVectors.LogMel(sounds, most: most);
            int step = (int)Math.Ceiling(all.Count / (double)most);
            Assert.Equal(all.Items.Where((_, i) => i % step == 0).Select(i => i.Id), some.Items.Select(i => i.Id));
            Assert.InRange(some.Count, 1, most);
            Assert.Equal(all.Vectors.Row((some.Count - 1) * step).ToArray(), some.Vectors.Row(some.Count - 1).ToArray());
        }
    }

    [Fact]
    public void Other_options_are_another_embedder()
    {
        var sounds = Sounds(0.3);
        using var a = FrameVectors.LogMel(sounds);
        using var b = FrameVectors.LogMel(sounds);
        using var c = FrameVectors.LogMel(sounds, MelOptions.Librosa with { Bands = 64, MinFrequency = 50 });
        Assert.Equal(a.Fingerprint, b.Fingerprint);
        Assert.NotEqual(a.Fingerprint, c.Fingerprint);
    }

    [Fact]
    public void What_cannot_be_read_is_named()
    {
        var sounds = Sounds(0.3, 0.3);
        File.WriteAllText(Path.Combine(folder, "c1", "1.wav"), "no sound");
        Assert.StartsWith("c1/1.wav: ", Assert.Throws<SimSearchException>(() => FrameVectors.LogMel(sounds)).Message);
        Assert.Contains("no items", Assert.Throws<SimSearchException>(() => FrameVectors.LogMel(sounds.Where(_ => false))).Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => FrameVectors.LogMel(sounds, most: 0));
    }
}
