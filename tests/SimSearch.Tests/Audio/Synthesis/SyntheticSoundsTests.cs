using SimSearch.Audio;
using SimSearch.Datasets;

namespace SimSearch.Tests;

public sealed class SyntheticSoundsTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("simsearch-synthetic-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private static readonly SyntheticOptions Small = new() { ItemsPerClass = 2, Folds = 2, MinSeconds = 0.5, MaxSeconds = 0.7 };

    public static TheoryData<string> Classes => [.. SyntheticSounds.Classes];

    [Theory, MemberData(nameof(Classes))]
    public void Every_sound_is_loud_enough_never_clips_and_has_neither_DC_nor_clicks_at_its_ends(string name)
    {
        for (int n = 0; n < 4; n++)
        {
            var sound = SyntheticSounds.Render(name, n);
            var y = sound.Mono;
            float peak = 0;
            double sum = 0, power = 0;
            foreach (float v in y)
            {
                Assert.True(float.IsFinite(v));
                peak = Math.Max(peak, Math.Abs(v));
                sum += v;
                power += v * v;
            }
            Assert.InRange(20 * Math.Log10(peak), -3.001, -0.999);
            Assert.True(Math.Abs(sum / y.Length) < 2e-3, $"{name} {n}: mean {sum / y.Length}");
            Assert.True(power / y.Length > 1e-5, $"{name} {n}: power {power / y.Length}");
            Assert.Equal(0, y[0]);
            Assert.Equal(0, y[^1]);
            Assert.InRange(sound.Duration, 1.5, 3);
        }
    }

    [Fact]
    public void The_same_seed_gives_the_same_bytes_whatever_the_number_of_threads()
    {
        var made = Dataset.Synthetic(folder, Small);
        // The other way to the same bytes: one after the other, backwards, without the set around them.
        foreach (var item in made.Items.Reverse())
        {
            int number = int.Parse(Path.GetFileNameWithoutExtension(item.Source).Split('-')[^1]);
            byte[] alone = WavWriter.ToBytes(SyntheticSounds.Render(item.Label!, number, Small));
            Assert.True(File.ReadAllBytes(made.PathOf(item)).AsSpan().SequenceEqual(alone), item.Id);
        }
    }

    [Fact]
    public void Another_seed_gives_other_sounds()
    {
        foreach (string name in SyntheticSounds.Classes)
            Assert.False(SyntheticSounds.Render(name, 0).Samples.AsSpan().SequenceEqual(SyntheticSounds.Render(name, 0, new SyntheticOptions { Seed = 2 }).Samples));
    }

    [Fact]
    public void The_set_has_classes_of_equal_size_and_folds_of_equal_size_in_each()
    {
        var set = Dataset.Synthetic(folder, Small with { ItemsPerClass = 4 });
        Assert.Equal(16, set.Labels.Count);
        Assert.All(set.CountsByLabel.Values, n => Assert.Equal(4, n));
        Assert.Equal(["fold-1", "fold-2"], set.Groups);
        Assert.All(set.Items.GroupBy(i => (i.Label, i.Group)), g => Assert.Equal(2, g.Count()));
        Assert.All(set.Items, i => Assert.True(File.Exists(set.PathOf(i))));
        var read = Dataset.FromCsv(Path.Combine(folder, "items.csv"));
        Assert.Equal(set.Items.Select(i => (i.Id, i.Source, i.Label, i.Group, i.Metadata["room"])), read.Items.Select(i => (i.Id, i.Source, i.Label, i.Group, i.Metadata["room"])));
    }

    [Fact]
    public void A_second_call_writes_no_sound_again_and_a_broken_off_one_is_completed()
    {
        var set = Dataset.Synthetic(folder, Small);
        string kept = set.PathOf(set.Items[0]), lost = set.PathOf(set.Items[1]), cut = set.PathOf(set.Items[2]);
        byte[] whole = File.ReadAllBytes(cut), missing = File.ReadAllBytes(lost);
        var stamp = new DateTime(2001, 2, 3, 4, 5, 6, DateTimeKind.Utc);
        File.SetLastWriteTimeUtc(kept, stamp);
        File.Delete(lost);
        File.WriteAllBytes(cut, whole[..100]);
        Dataset.Synthetic(folder, Small);
        Assert.Equal(stamp, File.GetLastWriteTimeUtc(kept));
        Assert.Equal(missing, File.ReadAllBytes(lost));
        Assert.Equal(whole, File.ReadAllBytes(cut));
    }

    [Fact]
    public void A_set_of_other_options_replaces_the_old_one_without_leaving_its_files_behind()
    {
        Dataset.Synthetic(folder, Small);
        byte[] before = File.ReadAllBytes(Path.Combine(folder, "bell/bell-00.wav"));
        var set = Dataset.Synthetic(folder, Small with { ItemsPerClass = 1, Seed = 9 });
        Assert.Equal(set.Count, Directory.EnumerateFiles(folder, "*.wav", SearchOption.AllDirectories).Count());
        Assert.NotEqual(before, File.ReadAllBytes(Path.Combine(folder, "bell/bell-00.wav")));
    }

    [Fact]
    public void A_folder_with_something_else_in_it_is_left_alone()
    {
        File.WriteAllText(Path.Combine(folder, "thesis.txt"), "mine");
        var error = Assert.Throws<SimSearchException>(() => Dataset.Synthetic(folder, Small));
        Assert.Contains(folder, error.Message);
        Assert.Single(Directory.EnumerateFileSystemEntries(folder));
    }

    [Fact]
    public void Cancelling_stops_and_what_is_there_is_used_by_the_next_call()
    {
        using var source = new CancellationTokenSource();
        var seen = new List<Progress>();
        var progress = new Recorder(p => { lock (seen) { seen.Add(p); if (seen.Count == 3) source.Cancel(); } });
        Assert.ThrowsAny<OperationCanceledException>(() => Dataset.Synthetic(folder, Small, progress, source.Token));
        int made = Directory.EnumerateFiles(folder, "*.wav", SearchOption.AllDirectories).Count();
        Assert.InRange(made, 3, 31);
        Assert.False(File.Exists(Path.Combine(folder, "items.csv")));
        Assert.Equal(32, Dataset.Synthetic(folder, Small).Count);
        Assert.All(seen, p => Assert.InRange(p.Done, 1, p.Total));
    }

    [Fact]
    public void Options_out_of_range_and_unknown_classes_are_refused_by_name()
    {
        Assert.Contains("Folds=7", Assert.Throws<ArgumentOutOfRangeException>(() => Dataset.Synthetic(folder, new SyntheticOptions { Folds = 7 })).Message);
        Assert.Contains("MinSeconds=NaN", Assert.Throws<ArgumentOutOfRangeException>(() => Dataset.Synthetic(folder, new SyntheticOptions { MinSeconds = double.NaN })).Message);
        Assert.Contains("unicorn", Assert.Throws<ArgumentException>(() => Dataset.Synthetic(folder, new SyntheticOptions { Classes = ["unicorn"] })).Message);
        Assert.Contains("unicorn", Assert.Throws<ArgumentException>(() => SyntheticSounds.Render("unicorn", 0)).Message);
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder));
    }

    private sealed class Recorder(Action<Progress> report) : IProgress<Progress>
    {
        public void Report(Progress value) => report(value);
    }
}
