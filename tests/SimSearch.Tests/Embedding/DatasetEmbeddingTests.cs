using SimSearch.Audio;
using SimSearch.Datasets;
using SimSearch.Embedding;

namespace SimSearch.Tests;

public sealed class DatasetEmbeddingTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("simsearch-embed-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private string Cache => Path.Combine(folder, "cache");

    private string CacheFile => Directory.GetFiles(Cache).Single();

    private string SoundPath(int i) => Path.Combine(folder, "sounds", i % 2 == 0 ? "low" : "high", $"{i:D3}.wav");

    private void WriteSound(int i, double hertz, double seconds = 0.3) => WriteSound(SoundPath(i), hertz, seconds);

    private static void WriteSound(string path, double hertz, double seconds)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        WavWriter.Write(path, new AudioSignal([.. Enumerable.Range(0, (int)(seconds * 8000)).Select(t => 0.4f * MathF.Sin((float)(2 * Math.PI * hertz * t / 8000 * (1 + 1e-5 * t))))], 8000));
    }

    private Dataset Sounds(int count)
    {
        for (int i = 0; i < count; i++)
            if (!File.Exists(SoundPath(i))) WriteSound(i, 150 + 40 * i);
        return Dataset.FromFolder(Path.Combine(folder, "sounds"));
    }

    private static AudioEmbedder Embedder => AudioEmbedders.Create("mfcc-stats", 8000);

    private EmbedOptions Cached => new() { CacheFolder = Cache, Threads = 3 };

    private static float[] All(Embeddings e) => e.Vectors.RowRange(0, (int)e.Count).ToArray();

    [Fact]
    public void Rows_are_in_the_order_of_the_data_set_whatever_the_threads()
    {
        var dataset = Sounds(9);
        using var one = DatasetEmbedding.Embed(dataset, Embedder, new EmbedOptions { Threads = 1 });
        using var many = DatasetEmbedding.Embed(dataset, Embedder, new EmbedOptions { Threads = 7 });
        Assert.Equal(dataset.Items.Select(i => i.Id), one.Items.Select(i => i.Id));
        Assert.Equal(All(one), All(many));
        Assert.Equal((one.Fingerprint, dataset.Root), (many.Fingerprint, one.Root));
        // A query embedded by the embedder that travels with the vectors finds itself exactly.
        var embedder = AudioEmbedder.FromJson(one.EmbedderJson!);
        Assert.Equal(one.Fingerprint, embedder.Fingerprint);
        var query = new float[embedder.Dimension];
        embedder.Embed([AudioFile.Load(dataset.PathOf(dataset.Items[4]), embedder.LoadOptions())], query);
        Assert.Equal(one.Vectors.Row(4).ToArray(), query);
    }

    [Fact]
    public void The_steps_are_fitted_on_the_data_set_and_a_fitted_embedder_keeps_its_numbers()
    {
        var dataset = Sounds(9);
        var first = DatasetEmbedding.Run(dataset, Embedder);
        using var gallery = first.Embeddings;
        double mean = Enumerable.Range(0, 9).Average(r => (double)gallery.Vectors.Row(r)[3]);
        Assert.Equal(0, mean, 1e-5);
        using var part = DatasetEmbedding.Embed(dataset.Where(i => i.Label == "low"), first.Embedder);
        Assert.Equal(gallery.Fingerprint, part.Fingerprint);
        int row = 0;
        for (int i = 0; i < 9; i++)
            if (dataset.Items[i].Label == "low") Assert.Equal(gallery.Vectors.Row(i).ToArray(), part.Vectors.Row(row++).ToArray());
        using var refitted = DatasetEmbedding.Embed(dataset.Where(i => i.Label == "low"), Embedder);
        Assert.NotEqual(gallery.Fingerprint, refitted.Fingerprint);
    }

    [Fact]
    public void Stretches_of_a_file_are_embedded_by_themselves()
    {
        WriteSound(0, 300, seconds: 1);
        var root = Path.Combine(folder, "sounds");
        var whole = Dataset.FromFolder(root);
        Item[] items = [.. Enumerable.Range(0, 4).Select(i => whole.Items[0] with { Id = $"part-{i}", Start = i * 0.25, Duration = 0.25 })];
        var result = DatasetEmbedding.Run(new Dataset("parts", root, items), Embedder, Cached);
        using var parts = result.Embeddings;
        var signal = AudioFile.Load(whole.PathOf(whole.Items[0]));
        using var raw = VectorMatrix.Allocate(1, Embedder.RawDimension);
        Embedder.ExtractRaw(new AudioSignal(signal.Samples[2000..4000], 8000), raw.WritableRows(0, 1));
        using var expected = result.Embedder.Transform(raw);
        Assert.Equal(expected.Row(0).ToArray(), parts.Vectors.Row(1).ToArray());
        Assert.Equal(4, DatasetEmbedding.Run(new Dataset("parts", root, items), Embedder, Cached).FromCache);
    }

    [Fact]
    public void Only_new_and_changed_files_are_embedded_again()
    {
        using var first = DatasetEmbedding.Run(Sounds(6), Embedder, Cached).Embeddings;
        var again = DatasetEmbedding.Run(Sounds(6), Embedder, Cached);
        using (again.Embeddings)
        {
            Assert.Equal(6, again.FromCache);
            Assert.Equal(All(first), All(again.Embeddings));
        }

        WriteSound(2, 999); // changed, with the same name and length
        var changed = DatasetEmbedding.Run(Sounds(8), Embedder, Cached); // two are new
        using var fresh = DatasetEmbedding.Embed(Sounds(8), Embedder);
        using (changed.Embeddings)
        {
            Assert.Equal(5, changed.FromCache);
            Assert.Equal(All(fresh), All(changed.Embeddings)); // refitted over all
        }
        // Another name for the same content is known, another embedder is not, other steps are.
        File.Move(SoundPath(3), Path.Combine(folder, "sounds", "high", "renamed.wav"));
        var renamed = Dataset.FromFolder(Path.Combine(folder, "sounds"));
        using (var e = DatasetEmbedding.Run(renamed, Embedder, Cached).Embeddings) Assert.Equal(8, e.Count);
        Assert.Equal(8, DatasetEmbedding.Run(renamed, Embedder.With(new PcaRecipe(3)), Cached).FromCache);
        Assert.Equal(0, DatasetEmbedding.Run(renamed, AudioEmbedders.Create("mfcc-stats", 16000), Cached).FromCache);
    }

    [Fact]
    public void A_cache_cut_anywhere_loses_no_whole_record_and_gives_the_same_vectors()
    {
        var dataset = Sounds(3);
        using var expected = DatasetEmbedding.Embed(dataset, Embedder, Cached);
        byte[] whole = File.ReadAllBytes(CacheFile);
        int record = (whole.Length - 64) / 3;
        int[] cuts = [.. Enumerable.Range(0, 66), 64 + record - 1, 64 + record, 64 + record + 1, 64 + 2 * record - 1, 64 + 2 * record, whole.Length - 1, whole.Length];
        string path = CacheFile;
        foreach (int cut in cuts)
        {
            File.WriteAllBytes(path, whole[..cut]);
            var result = DatasetEmbedding.Run(dataset, Embedder, Cached with { Threads = 1 });
            using (result.Embeddings) Assert.Equal(All(expected), All(result.Embeddings));
            Assert.Equal(Math.Max(0, cut - 64) / record, result.FromCache);
            Assert.Empty(result.Messages); // a kill is no damage
            Assert.Equal(whole.Length, new FileInfo(path).Length);
        }
    }

    [Fact]
    public void A_flipped_byte_in_the_cache_is_noticed_said_and_mended()
    {
        var dataset = Sounds(2);
        using var expected = DatasetEmbedding.Embed(dataset, Embedder, Cached);
        byte[] whole = File.ReadAllBytes(CacheFile);
        string path = CacheFile;
        for (int at = 0; at < whole.Length; at += at < 64 ? 7 : 41)
        {
            byte[] damaged = [.. whole];
            damaged[at] ^= 0x20;
            File.WriteAllBytes(path, damaged);
            var result = DatasetEmbedding.Run(dataset, Embedder, Cached);
            using (result.Embeddings) Assert.Equal(All(expected), All(result.Embeddings));
            Assert.Contains("damaged", Assert.Single(result.Messages));
            Assert.Equal(at < 64 ? 0 : 1, result.FromCache);
        }
    }

    [Fact]
    public void A_cache_in_use_is_gone_without()
    {
        var dataset = Sounds(2);
        DatasetEmbedding.Embed(dataset, Embedder, Cached).Dispose();
        using var other = new FileStream(CacheFile, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
        var result = DatasetEmbedding.Run(dataset, Embedder, Cached);
        using (result.Embeddings) Assert.Equal(2, result.Embeddings.Count);
        Assert.Contains("used by another process", Assert.Single(result.Messages));
    }

    [Fact]
    public void A_cache_that_cannot_be_made_is_gone_without()
    {
        File.WriteAllText(Cache, "a file where the folder should be");
        var result = DatasetEmbedding.Run(Sounds(2), Embedder, Cached);
        using (result.Embeddings) Assert.Equal((2L, 0L), (result.Embeddings.Count, result.FromCache));
        Assert.Contains("goes without it", Assert.Single(result.Messages));
    }

    [Fact]
    public async Task Killed_in_the_middle_the_next_run_finishes_with_no_row_lost_or_doubled()
    {
        const int count = 60;
        var dataset = Sounds(count);
        var embedder = AudioEmbedders.Create("mfcc-stats");
        foreach (int standstill in (int[])[20, 40])
        {
            long before = Math.Max(Length(), 64);
            // The child stops of itself after so many items, so that it is killed in the middle however late the machine lets us come.
            using var child = ChildProcess.Start(nameof(ChildWork.Embed_a_folder), $"{standstill} {folder}");
            for (int waited = 0; Length() < before + RecordBytes(embedder); waited++)
            {
                Assert.False(child.HasExited, $"the child ended by itself: {(child.HasExited ? child.Output : "")}");
                Assert.True(waited < 12_000, "the child wrote nothing within two minutes");
                await Task.Delay(10);
            }
            child.Kill();
        }
        long records = (Length() - 64) / RecordBytes(embedder);
        Assert.InRange(records, 2, count - 1);
        var result = DatasetEmbedding.Run(dataset, embedder, Cached);
        using var plain = DatasetEmbedding.Embed(dataset, embedder);
        using (result.Embeddings)
        {
            Assert.Equal(records, result.FromCache);
            Assert.Equal(All(plain), All(result.Embeddings));
        }
        Assert.Equal(64 + count * RecordBytes(embedder), Length());

        long Length() => Directory.Exists(Cache) ? Directory.GetFiles(Cache).Sum(f => new FileInfo(f).Length) : 0;
        static long RecordBytes(AudioEmbedder e) => 32 + 4 * e.RawDimension + 16;
    }

    [Fact]
    public void Items_that_cannot_be_read_are_named_and_skipped_on_request()
    {
        Sounds(4);
        string root = Path.Combine(folder, "sounds");
        File.WriteAllText(Path.Combine(root, "low", "text.wav"), "this is no sound");
        WriteSound(Path.Combine(root, "low", "empty.wav"), 100, seconds: 0);
        var found = Dataset.FromFolder(root);
        var dataset = new Dataset("mixed", root, [.. found.Items, new Item { Id = "gone", Source = "low/gone.wav" }]);
        var error = Assert.Throws<SimSearchException>(() => DatasetEmbedding.Embed(dataset, Embedder));
        foreach (string expected in (string[])["3 of the 7", "text.wav", "empty.wav", "'gone'", "no samples", "--skip-unreadable"]) Assert.Contains(expected, error.Message);
        Assert.Equal(2, error.Message.Split('\n').Length);

        var result = DatasetEmbedding.Run(dataset, Embedder, new EmbedOptions { SkipUnreadable = true });
        using (result.Embeddings)
        {
            Assert.Equal(4, result.Embeddings.Count);
            Assert.Equal(3, result.Skipped.Count);
            Assert.Equal(dataset.Items.Except(result.Skipped.Select(s => s.Item)).Select(i => i.Id), result.Embeddings.Items.Select(i => i.Id));
            using var good = DatasetEmbedding.Embed(dataset.Where(i => result.Embeddings.Items.Contains(i)), Embedder);
            Assert.Equal(All(good), All(result.Embeddings));
        }
    }

    [Fact]
    public void Files_that_are_not_there_are_skipped_like_unreadable_ones()
    {
        Sounds(4);
        string root = Path.Combine(folder, "sounds"), table = Path.Combine(folder, "table.csv");
        File.CreateSymbolicLink(Path.Combine(root, "low", "broken.wav"), "nowhere.wav");
        Assert.Contains("broken.wav", Assert.Throws<SimSearchException>(() => DatasetLoader.Open(root)).Message);
        string some = Dataset.FromFolder(root, keepMissing: true).Items.First(i => !i.Id.Contains("broken", StringComparison.Ordinal)).Source;
        File.WriteAllText(table, $"file,label\n{some},a\ngone.wav,b\n");
        Assert.Contains("gone.wav", Assert.Throws<SimSearchException>(() => DatasetLoader.Open(table, new DatasetOpenOptions { Root = root })).Message);
        foreach (var (source, missing, there) in (ReadOnlySpan<(string, string, int)>)[(root, "low/broken.wav", 4), (table, "gone.wav", 1)])
        {
            var dataset = DatasetLoader.Open(source, new DatasetOpenOptions { Root = root, KeepMissing = true });
            var result = DatasetEmbedding.Run(dataset, Embedder, new EmbedOptions { SkipUnreadable = true });
            using (result.Embeddings) Assert.Equal(there, result.Embeddings.Count);
            Assert.Equal([missing], result.Skipped.Select(s => s.Item.Id));
        }
    }

    [Fact]
    public void Nothing_to_embed_is_a_clear_error()
    {
        Assert.Contains("no items", Assert.Throws<SimSearchException>(() => DatasetEmbedding.Embed(new Dataset("none", folder, []), Embedder)).Message);
        var gone = new Dataset("gone", folder, [new Item { Id = "a", Source = "a.wav" }]);
        Assert.Contains("none of the 1", Assert.Throws<SimSearchException>(() => DatasetEmbedding.Embed(gone, Embedder, new EmbedOptions { SkipUnreadable = true })).Message);
    }

    [Fact]
    public void Many_unreadable_items_stop_the_work_early()
    {
        var gone = new Dataset("gone", folder, [.. Enumerable.Range(0, 5000).Select(i => new Item { Id = $"{i}", Source = $"{i}.wav" })]);
        var progress = new Counter();
        var error = Assert.Throws<SimSearchException>(() => DatasetEmbedding.Embed(gone, Embedder, new EmbedOptions { Threads = 2 }, progress));
        Assert.Contains("at least 5", error.Message);
        Assert.InRange(progress.Last, 5, 100);
    }

    [Fact]
    public void Progress_counts_every_item_and_cancelling_keeps_what_is_done()
    {
        var dataset = Sounds(8);
        var progress = new Counter();
        DatasetEmbedding.Embed(dataset, Embedder, null, progress).Dispose();
        Assert.Equal((8, 8), (progress.Reports, progress.Last));
        using var stop = new CancellationTokenSource();
        Assert.ThrowsAny<OperationCanceledException>(() => DatasetEmbedding.Embed(dataset, Embedder, Cached with { Threads = 1 }, new Counter(3, stop.Cancel), stop.Token));
        var rest = DatasetEmbedding.Run(dataset, Embedder, Cached);
        using (rest.Embeddings) Assert.InRange(rest.FromCache, 3, 4);
    }

    private sealed class Counter(int at = -1, Action? then = null) : IProgress<Progress>
    {
        private readonly Lock gate = new();

        public int Reports { get; private set; }

        public long Last { get; private set; }

        public void Report(Progress value)
        {
            lock (gate)
            {
                Reports++;
                Last = Math.Max(Last, value.Done);
                if (Reports == at) then?.Invoke();
            }
        }
    }
}
