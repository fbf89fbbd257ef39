using SimSearch.Audio;
using SimSearch.Datasets;
using SimSearch.Learning;
using SimSearch.Tests.Support;

namespace SimSearch.Tests;

public sealed class MelPowerStoreTests
{
    private static MelOptions Bands(int rate, int length, int bands, double low, double high) => new()
    {
        Stft = new() { SampleRate = rate, FftLength = length }, Bands = bands, MinFrequency = low, MaxFrequency = high, Scale = MelScale.Htk, Norm = MelNorm.None,
    };

    /// <summary>Bands 0, a third, half, the last but one and the last of the spectrum 1 / (1 + bin), and the sum of squared weights; from NumPy, by the formula of the remarks.</summary>
    [Theory]
    [InlineData(22050, 1024, 64, 20, 11025, 0.9, 0.3250397, 0.02034791, 0.01043415, 0.002257976, 0.002095444, 11.11109)]
    [InlineData(22050, 1024, 64, 20, 11025, 1.0, 0.3027487, 0.01835404, 0.009400349, 0.00213518, 0.002039704, 9.934435)]
    [InlineData(22050, 1024, 64, 20, 11025, 1.25, 0.2574742, 0.01473836, 0.007534525, 0.002032048, 0.001990489, 8.356779)]
    [InlineData(8000, 256, 40, 60, 4000, 1.25, 0.2114716, 0.0337294, 0.01987272, 0.008128792, 0.007938337, 9.918407)]
    [InlineData(8000, 256, 100, 60, 4000, 0.9, 0.3333333, 0.04761905, 0.0279561, 0.008288969, 0.008015161, 67.27433)]
    [InlineData(8000, 256, 100, 60, 4000, 1.0, 0.3333333, 0.04253206, 0.02525016, 0.008083286, 0.007919503, 60.7545)]
    public void Warped_bands_agree_with_NumPy(int rate, int length, int bands, double low, double high, double factor, double first, double third, double half, double lastButOne, double last, double squares)
    {
        var bank = new WarpedMelBank(Bands(rate, length, bands, low, high), factor);
        var mel = new float[bands];
        bank.Apply([.. Enumerable.Range(0, bank.Bins).Select(k => 1f / (1 + k))], mel);
        Assert.Equal([first, third, half, lastButOne, last], [mel[0], mel[bands / 3], mel[bands / 2], mel[bands - 2], mel[bands - 1]], (a, b) => Math.Abs(a - b) <= 2e-6 * a);
        Assert.Equal(squares, bank.ToDense().Sum(w => (double)w * w), squares * 1e-5);
    }

    [Fact]
    public void Without_warp_the_bands_are_those_of_the_plain_filter_bank_each_divided_by_its_sum()
    {
        var options = FeatureOptions.Environment.Mel;
        float[] plain = new MelFilterbank(options).ToDense(), own = new WarpedMelBank(options).ToDense();
        int bins = options.Stft.FftLength / 2 + 1;
        for (int band = 0; band < options.Bands; band++)
        {
            float sum = plain.AsSpan(band * bins, bins).ToArray().Sum();
            for (int k = 0; k < bins; k++) Assert.Equal(plain[band * bins + k] / sum, own[band * bins + k], 1e-5);
        }
    }

    [Theory]
    [InlineData(0.5), InlineData(0.8), InlineData(1.3), InlineData(2)]
    public void A_band_is_a_mean_of_power_whatever_the_warp(double factor)
    {
        var bank = new WarpedMelBank(FeatureOptions.Voice.Mel, factor);
        var mel = new float[bank.Bands];
        bank.Apply([.. Enumerable.Repeat(3f, bank.Bins)], mel);
        Assert.All(mel, value => Assert.Equal(3, value, 1e-5));
    }

    [Fact]
    public void Upper_halves_of_floats_keep_0_4_percent_and_the_whole_range()
    {
        float[] values = [0, 1e-37f, 3.14159f, 1e-12f, 7e20f, 255.9f, 1e-3f, 1, 2.5f, 1e10f, 8.0625f];
        var stored = new ushort[values.Length];
        BFloat16.FromSingles(values, stored);
        for (int i = 0; i < values.Length; i++) Assert.Equal(values[i], BFloat16.ToSingle(stored[i]), values[i] / 256);
    }

    [Theory]
    [InlineData(1), InlineData(8), InlineData(40), InlineData(67)]
    public void Mixing_two_rows_is_the_same_vectorised_and_one_by_one(int length)
    {
        var random = new Random(length);
        ushort[] a = [.. Enumerable.Range(0, length).Select(_ => (ushort)random.Next(0x2000, 0x4800))], b = [.. Enumerable.Range(0, length).Select(_ => (ushort)random.Next(0x2000, 0x4800))];
        var mixed = new float[length];
        BFloat16.Lerp(a, b, 0.3f, mixed);
        for (int i = 0; i < length; i++) Assert.Equal(BFloat16.ToSingle(a[i]) + 0.3f * (BFloat16.ToSingle(b[i]) - BFloat16.ToSingle(a[i])), mixed[i]);
    }

    [Fact]
    public void What_is_stored_is_the_mel_power_of_the_features()
    {
        var store = LearningSets.Store();
        var dataset = LearningSets.Small;
        var signal = AudioFile.Load(dataset.PathOf(dataset.Items[5]), new() { SampleRate = 22050 });
        var power = AudioFeatures.Power(signal, FeatureOptions.Environment.Mel.Stft);
        Assert.Equal(power.Frames, store.Frames(5));
        var row = new float[64];
        foreach (int bank in (int[])[0, 1, 2])
        {
            var filters = new WarpedMelBank(FeatureOptions.Environment.Mel, Math.Exp(0.1 * (bank - 1)));
            for (int frame = 0; frame < power.Frames; frame++)
            {
                filters.Apply(power.Values.AsSpan(frame * 513, 513), row);
                for (int b = 0; b < 64; b++)
                {
                    Assert.Equal(row[b], BFloat16.ToSingle(store[5, 0].Frame(bank, frame)[b]), row[b] / 250 + 1e-30);
                    if (bank == 1) Assert.Equal(row[b], store.Plain(5)[frame * 64 + b], row[b] * 1e-6 + 1e-30);
                }
            }
        }
    }

    [Fact]
    public void A_loud_frame_is_drawn_as_often_as_the_root_of_its_power_says()
    {
        var take = LearningSets.Store()[0, 0];
        var counts = new int[take.Frames];
        const int draws = 200_000;
        for (int i = 0; i < draws; i++) counts[take.Anchor((i + 0.5) / draws)]++;
        double[] roots = [.. Enumerable.Range(0, take.Frames).Select(t => Math.Sqrt(take.Frame(1, t).ToArray().Sum(v => (double)BFloat16.ToSingle(v)) + 1e-12))];
        for (int t = 0; t < take.Frames; t++) Assert.Equal(roots[t] / roots.Sum(), (double)counts[t] / draws, 0.01 * roots[t] / roots.Sum() + 2e-5);
    }

    [Fact]
    public void The_memory_is_predicted_and_too_much_is_refused_before_reading()
    {
        var options = new MelPowerStoreOptions { Features = FeatureOptions.Environment };
        Assert.Equal(400L * 216 * 64 * (9 * 2 + 4), MelPowerStore.PredictBytes(Enumerable.Repeat(216L, 400), options));
        var error = Assert.Throws<SimSearchException>(() => MelPowerStore.Load(LearningSets.Small, options with { MaxBytes = 100_000 }));
        Assert.Contains("fewer warps", error.Message);
    }

    [Fact]
    public void Long_clips_count_up_to_the_limit_and_stretches_of_files_from_their_start()
    {
        var items = LearningSets.Small.Items;
        var dataset = new Dataset("part", LearningSets.Small.Root, [items[0], items[1] with { Start = 0.2, Duration = 0.1 }]);
        var store = MelPowerStore.Load(dataset, new() { Features = FeatureOptions.Environment with { MaxSeconds = 0.5 }, Warps = 1 });
        Assert.Equal(11025 / 512 + 1, store.Frames(0));
        Assert.Equal(2205 / 512 + 1, store.Frames(1));
    }

    [Fact]
    public void Clips_that_cannot_be_used_are_named()
    {
        string folder = Directory.CreateTempSubdirectory("simsearch-learning-").FullName;
        try
        {
            File.WriteAllText(Path.Combine(folder, "broken.wav"), "no sound");
            WavWriter.Write(Path.Combine(folder, "huge.wav"), new AudioSignal([0.1f, 1e30f, 0.2f], 22050), WavEncoding.Float32);
            MelPowerStore Load(string name) => MelPowerStore.Load(new Dataset("bad", folder, [new Item { Id = name, Source = name }]), new() { Features = FeatureOptions.Environment });
            foreach (string name in (string[])["broken.wav", "huge.wav", "absent.wav"]) Assert.Contains(name, Assert.Throws<SimSearchException>(() => Load(name)).Message);
            Assert.Throws<SimSearchException>(() => MelPowerStore.Load(new Dataset("empty", folder, []), new() { Features = FeatureOptions.Environment }));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void The_same_sounds_give_the_same_bits_whatever_the_number_of_threads()
    {
        var one = MelPowerStore.Load(LearningSets.Small, new() { Features = FeatureOptions.Environment, Warps = 1, Copies = 1, Threads = 1 });
        var two = MelPowerStore.Load(LearningSets.Small, new() { Features = FeatureOptions.Environment, Warps = 1, Copies = 1, Threads = 2 });
        for (int clip = 0; clip < one.Count; clip++)
            for (int copy = 0; copy < 2; copy++)
                for (int frame = 0; frame < one[clip, copy].Frames; frame++) Assert.True(one[clip, copy].Frame(0, frame).SequenceEqual(two[clip, copy].Frame(0, frame)));
    }
}
