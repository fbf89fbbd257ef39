using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using SimSearch.Audio;
using SimSearch.Embedding;
using SimSearch.Tests.Support;

namespace SimSearch.Tests;

public sealed class AudioEmbedderTests
{
    private static AudioSignal Tone(double seconds, double hertz = 440, int rate = 22050, double gain = 0.5, int seed = 0)
    {
        var random = new Random(seed);
        return new AudioSignal([.. Enumerable.Range(0, (int)(seconds * rate)).Select(i => (float)(gain * Math.Sin(2 * Math.PI * hertz * i / rate) + 0.01 * (random.NextDouble() - 0.5)))], rate);
    }

    private static VectorMatrix Raw(AudioEmbedder embedder, params AudioSignal[] signals)
    {
        var raw = VectorMatrix.Allocate(signals.Length, embedder.RawDimension);
        for (int i = 0; i < signals.Length; i++) embedder.ExtractRaw(signals[i], raw.WritableRows(i, 1));
        return raw;
    }

    private static AudioEmbedder Fitted(string name, int sampleRate = 22050) => FittedOnes.GetOrAdd((name, sampleRate), _ =>
    {
        var embedder = AudioEmbedders.Create(name, sampleRate);
        using var raw = Raw(embedder, [.. Enumerable.Range(1, 6).Select(i => Tone(0.1 + 0.05 * i, 200 * i, seed: i))]);
        return embedder.Fit(raw);
    });

    private static readonly ConcurrentDictionary<(string, int), AudioEmbedder> FittedOnes = [];

    private static float[] Embed(AudioEmbedder embedder, AudioSignal signal)
    {
        var vector = new float[embedder.Dimension];
        embedder.Embed([signal], vector);
        return vector;
    }

    [Fact]
    public void Every_name_gives_the_dimension_its_description_promises()
    {
        Assert.Equal(["mfcc-stats", "log-mel-stats", "spectral-stats", "chroma-stats", "combined-stats"], AudioEmbedders.Names);
        Assert.Equal([120, 256, 26, 24, 402], AudioEmbedders.Names.Select(name => AudioEmbedders.Create(name).Dimension));
        foreach (string name in AudioEmbedders.Names)
        {
            Assert.Equal(name, AudioEmbedders.Create(name).Name);
            Assert.False(AudioEmbedders.Create(name).IsFitted);
        }
    }

    [Fact]
    public void The_statistics_are_those_of_the_features_one_by_one()
    {
        // The slow twin: every feature by its own call, statistics by LINQ.
        var clip = AudioFile.Load(SharedData.Data("audio/esc10/wav/1-100032-A-0.wav"), new AudioLoadOptions { SampleRate = 22050, Duration = 2.5 });
        var options = new FrameStatisticsOptions { Features = new() { Kinds = FeatureKinds.Mfcc | FeatureKinds.LogMel | FeatureKinds.Spectral | FeatureKinds.Chroma } };
        using var raw = Raw(new FrameStatisticsEmbedder("all", options), clip);
        var mfcc = AudioFeatures.Mfcc(clip);
        FeatureMatrix[] features =
        [
            mfcc, AudioFeatures.Delta(mfcc), AudioFeatures.Delta(mfcc, order: 2), AudioFeatures.LogMel(clip), AudioFeatures.Centroid(clip), AudioFeatures.Bandwidth(clip),
            AudioFeatures.Rolloff(clip), AudioFeatures.Contrast(clip), AudioFeatures.Flatness(clip), AudioFeatures.ZeroCrossings(clip), AudioFeatures.Rms(clip), AudioFeatures.Chroma(clip),
        ];
        var expected = new List<double>();
        foreach (var feature in features)
        {
            double[][] bins = [.. Enumerable.Range(0, feature.Bins).Select(b => Enumerable.Range(0, feature.Frames).Select(f => (double)feature.Frame(f)[b]).ToArray())];
            expected.AddRange(bins.Select(b => b.Average()));
            expected.AddRange(bins.Select(b => Math.Sqrt(b.Average(v => Math.Pow(v - b.Average(), 2)))));
        }
        Assert.Equal(expected.Count, raw.Dimension);
        for (int i = 0; i < expected.Count; i++)
            Assert.True(Math.Abs(expected[i] - raw.Row(0)[i]) <= 1e-5 * Math.Max(1e-3, Math.Abs(expected[i])), $"dimension {i}: {expected[i]:R} expected, {raw.Row(0)[i]:R} found");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(511)]
    [InlineData(513)]
    [InlineData(4095)]
    [InlineData(4096)]
    [InlineData(4097)]
    public void Clips_shorter_than_the_derivatives_window_give_finite_vectors(int samples)
    {
        foreach (string name in AudioEmbedders.Names)
        {
            float[] vector = Embed(Fitted(name), new AudioSignal(Tone(0.2).Samples[..samples], 22050));
            Assert.All(vector, v => Assert.True(float.IsFinite(v)));
        }
    }

    [Theory]
    [InlineData(0.0f)]
    [InlineData(1.0f)]
    [InlineData(1e-20f)]
    [InlineData(1e-42f)]
    public void Silence_and_a_constant_give_finite_vectors(float value)
    {
        foreach (string name in AudioEmbedders.Names)
        {
            float[] vector = Embed(Fitted(name), new AudioSignal([.. Enumerable.Repeat(value, 9000)], 22050));
            Assert.All(vector, v => Assert.True(float.IsFinite(v)));
        }
    }

    [Theory]
    [InlineData(float.NaN, "NaN or infinite")]
    [InlineData(float.PositiveInfinity, "NaN or infinite")]
    [InlineData(3e38f, "scale them to -1 to 1")]
    public void Samples_that_cannot_be_computed_with_are_refused(float value, string expected)
    {
        float[] samples = Tone(0.2).Samples;
        for (int i = 100; i < 400; i++) samples[i] = i % 2 == 0 ? value : -value;
        Assert.Contains(expected, Assert.Throws<SimSearchException>(() => Embed(Fitted("combined-stats"), new AudioSignal(samples, 22050))).Message);
    }

    [Fact]
    public void An_empty_clip_is_refused() =>
        Assert.Contains("no samples", Assert.Throws<SimSearchException>(() => Embed(Fitted("mfcc-stats"), new AudioSignal([], 22050))).Message);

    [Fact]
    public void An_embedder_that_is_not_fitted_says_so()
    {
        var error = Assert.Throws<InvalidOperationException>(() => Embed(AudioEmbedders.Create("mfcc-stats"), Tone(0.2)));
        Assert.Contains("standardizer", error.Message);
    }

    [Fact]
    public void Channels_are_averaged_and_other_sample_rates_converted()
    {
        var embedder = Fitted("mfcc-stats");
        var mono = Tone(0.5);
        float[] twice = [.. mono.Samples, .. mono.Samples];
        Assert.Equal(Embed(embedder, mono), Embed(embedder, new AudioSignal(twice, 22050, channels: 2)));
        var high = Tone(0.5, rate: 44100);
        Assert.Equal(Embed(embedder, Resampler.Resample(high, 22050)), Embed(embedder, high));
    }

    [Fact]
    public void A_batch_gives_what_its_clips_give_one_by_one()
    {
        var embedder = Fitted("combined-stats");
        AudioSignal[] clips = [.. Enumerable.Range(1, 8).Select(i => Tone(0.1 * i, 100 * i, seed: i))];
        var vectors = new float[clips.Length * embedder.Dimension];
        embedder.Embed(clips, vectors);
        for (int i = 0; i < clips.Length; i++) Assert.Equal(Embed(embedder, clips[i]), vectors[(i * embedder.Dimension)..((i + 1) * embedder.Dimension)]);
        Assert.Throws<ArgumentException>(() => embedder.Embed(clips, new float[3]));
        Assert.ThrowsAny<OperationCanceledException>(() => embedder.Embed(clips, vectors, new CancellationToken(canceled: true)));
    }

    [Fact]
    public void Chained_steps_are_fitted_in_order_and_applied_in_order()
    {
        var recipe = AudioEmbedders.Create("mfcc-stats").With(new PcaRecipe(5, Whiten: true));
        Assert.Equal(5, recipe.Dimension);
        using var raw = Raw(recipe, [.. Enumerable.Range(1, 12).Select(i => Tone(0.2, 200 * i, seed: i))]);
        var fitted = recipe.Fit(raw);
        using var vectors = fitted.Transform(raw);
        Assert.Equal((12L, 5), (vectors.Rows, vectors.Dimension));
        var (standardizer, pca) = ((IFittedStep)fitted.Steps[0], (IFittedStep)fitted.Steps[1]);
        float[] middle = new float[120], expected = new float[5];
        standardizer.Apply(raw.Row(3), middle);
        pca.Apply(middle, expected);
        Assert.Equal(expected, vectors.Row(3).ToArray());
        // Whitened: mean 0 and deviation 1 over what it was fitted on.
        for (int c = 0; c < 5; c++) Assert.Equal(1, Enumerable.Range(0, 12).Sum(r => Math.Pow(vectors.Row(r)[c], 2)) / 11, 1e-3);
        Assert.Throws<SimSearchException>(() => fitted.With(new UnitBlocks(7)));
    }

    [Fact]
    public void An_embedder_read_back_makes_the_same_bits()
    {
        foreach (string name in AudioEmbedders.Names)
        {
            var embedder = Fitted(name, 16000).With(new PcaRecipe(3));
            using var raw = Raw(embedder, [.. Enumerable.Range(1, 4).Select(i => Tone(0.2, 200 * i, seed: i))]);
            embedder = embedder.Fit(raw);
            var back = AudioEmbedder.FromJson(embedder.ToJson());
            Assert.Equal((embedder.Fingerprint, embedder.RawFingerprint, embedder.ToJson()), (back.Fingerprint, back.RawFingerprint, back.ToJson()));
            Assert.Equal(Embed(embedder, Tone(0.7)), Embed(back, Tone(0.7)));
            Assert.Equal(AudioEmbedders.Create(name).ToJson(), AudioEmbedder.FromJson(AudioEmbedders.Create(name).ToJson()).ToJson());
        }
    }

    [Fact]
    public void Any_changed_option_changes_the_fingerprint()
    {
        var options = new FrameStatisticsOptions { Features = new() { Kinds = FeatureKinds.Mfcc } };
        var features = options.Features;
        FrameStatisticsOptions With(FrameFeatureOptions f) => options with { Features = f };
        FrameStatisticsOptions WithMel(Func<MelOptions, MelOptions> change) => With(features with { Mfcc = features.Mfcc with { Mel = change(features.Mfcc.Mel) } });
        FrameStatisticsOptions WithStft(Func<StftOptions, StftOptions> change) => WithMel(m => m with { Stft = change(m.Stft) });
        FrameStatisticsOptions[] variants =
        [
            options, options with { DeltaWidth = 5 }, With(features with { Kinds = FeatureKinds.LogMel }), With(features with { RollPercent = 0.9 }), With(features with { Contrast = ContrastOptions.Librosa }),
            With(features with { Chroma = features.Chroma with { Tuning = 0.1 } }), With(features with { Chroma = features.Chroma with { OctaveWidth = null } }),
            With(features with { Mfcc = features.Mfcc with { Count = 13 } }), With(features with { Mfcc = features.Mfcc with { Lifter = 22 } }), With(features with { Mfcc = features.Mfcc with { Db = features.Mfcc.Db with { TopDb = null } } }),
            WithMel(m => m with { Bands = 64 }), WithMel(m => m with { Scale = MelScale.Htk }), WithMel(m => m with { Norm = MelNorm.None }), WithMel(m => m with { MinFrequency = 20 }), WithMel(m => m with { MaxFrequency = 8000 }),
            WithStft(s => s with { SampleRate = 16000 }), WithStft(s => s with { FftLength = 1024 }), WithStft(s => s with { HopLength = 256 }), WithStft(s => s with { WinLength = 1000 }), WithStft(s => s with { Center = false }),
            WithStft(s => s with { PadMode = PadMode.Edge }), WithStft(s => s with { Window = WindowKind.Hamming }), WithStft(s => s with { Precision = FftPrecision.Single }),
        ];
        var embedders = variants.Select(v => new FrameStatisticsEmbedder("x", v)).ToList();
        Assert.Equal(variants.Length, embedders.Select(e => e.RawFingerprint).Distinct().Count());
        Assert.Equal(variants.Length, embedders.Select(e => e.Fingerprint).Distinct().Count());
        Assert.All(embedders, e => Assert.Matches("^[0-9a-f]{64}$", e.Fingerprint));

        AudioEmbedder plain = embedders[0], renamed = new FrameStatisticsEmbedder("y", options);
        Assert.NotEqual(plain.Fingerprint, renamed.Fingerprint);
        Assert.Equal(plain.RawFingerprint, renamed.RawFingerprint);
        var pca = new Pca(new double[120], [1, .. new float[119]], [1], 1, whiten: false);
        string[] stepped = [plain.Fingerprint, .. ((IVectorStep[])[new StandardizerRecipe(), new PcaRecipe(3), new PcaRecipe(4), new PcaRecipe(3, true), pca, new UnitBlocks(120), new UnitBlocks(60, 60)]).Select(s => plain.With(s).Fingerprint)];
        Assert.Equal(stepped.Length, stepped.Distinct().Count());
        Assert.All((IVectorStep[])[new StandardizerRecipe(), pca], s => Assert.Equal(plain.RawFingerprint, plain.With(s).RawFingerprint));
    }

    [Fact]
    public void The_fingerprint_is_the_same_in_a_fresh_process()
    {
        using var child = ChildProcess.Run(nameof(ChildWork.Print_fingerprints), null);
        foreach (string name in AudioEmbedders.Names) Assert.Contains($"{name} {AudioEmbedders.Create(name).Fingerprint}", child.Output);
    }

    [Fact]
    public void A_changed_description_is_noticed()
    {
        string json = Fitted("mfcc-stats").ToJson();
        var root = JsonNode.Parse(json)!.AsObject();
        root["steps"]![0]!["mean"]![0] = 1.25;
        Assert.Contains("fingerprint", Assert.Throws<SimSearchException>(() => AudioEmbedder.FromJson(root.ToJsonString())).Message);
        for (int length = 0; length < json.TrimEnd().Length; length += 97) Assert.Throws<SimSearchException>(() => AudioEmbedder.FromJson(json[..length]));
    }

    [Theory]
    [InlineData("""{"format":"x"}""")]
    [InlineData("""[]""")]
    [InlineData("""{"format":"simsearch-embedder-1"}""")]
    [InlineData("""{"format":"simsearch-embedder-1","steps":[1]}""")]
    [InlineData("""{"format":"simsearch-embedder-1","steps":[]}""")]
    [InlineData("""{"format":"simsearch-embedder-1","steps":[],"raw":{"kind":"frame-statistics","version":2}}""")]
    [InlineData("""{"format":"simsearch-embedder-1","steps":[],"raw":{"kind":"frame-statistics","version":1}}""")]
    [InlineData("""{"format":"simsearch-embedder-1","steps":[],"raw":{"kind":"frame-statistics","version":1,"options":{"features":null}}}""")]
    [InlineData("""{"format":"simsearch-embedder-1","steps":[],"raw":{"kind":"frame-statistics","version":1,"options":{"features":{"kinds":"mfcc","mfcc":null}}}}""")]
    [InlineData("""{"format":"simsearch-embedder-1","steps":[],"raw":{"kind":"frame-statistics","version":1,"options":{"features":{"kinds":"mfcc","colour":"red"}}}}""")]
    [InlineData("""{"format":"simsearch-embedder-1","steps":[],"raw":{"kind":"frame-statistics","version":1,"options":{"features":{"kinds":"power"}}}}""")]
    [InlineData("""{"format":"simsearch-embedder-1","steps":[],"raw":{"kind":"frame-statistics","version":1,"options":{"features":{"kinds":"none"}}}}""")]
    [InlineData("""{"format":"simsearch-embedder-1","steps":[],"raw":{"kind":"frame-statistics","version":1,"options":{"features":{"kinds":"mfcc"},"delta_width":4}}}""")]
    [InlineData("""{"format":"simsearch-embedder-1","steps":[],"raw":{"kind":"frame-statistics","version":1,"options":{"features":{"kinds":"chroma","chroma":{"bins":2000000000}}}}}""")]
    [InlineData("""{"format":"simsearch-embedder-1","steps":[],"raw":{"kind":"frame-statistics","version":1,"options":{"features":{"kinds":"mfcc","mfcc":{"count":65536,"mel":{"bands":65536}}}}}}""")]
    [InlineData("""{"format":"simsearch-embedder-1","steps":[],"raw":{"kind":"frame-statistics","version":1,"options":{"features":{"kinds":"contrast","contrast":{"bands":2147483647}}}}}""")]
    public void A_hostile_description_is_refused(string json)
    {
        var error = Assert.Throws<SimSearchException>(() => AudioEmbedder.FromJson(json, "evil.json"));
        Assert.Contains("evil.json", error.Message);
    }

    [Fact]
    public void Unknown_names_and_absurd_rates_are_refused_with_what_is_possible()
    {
        Assert.Contains("combined-stats", Assert.Throws<SimSearchException>(() => AudioEmbedders.Create("vgg")).Message);
        foreach (int rate in (int[])[-1, 0, 999, int.MaxValue]) Assert.Throws<SimSearchException>(() => AudioEmbedders.Create("mfcc-stats", rate));
        foreach (int rate in (int[])[1000, 8000, 48000, 384000])
            foreach (string name in AudioEmbedders.Names) Assert.All(Embed(Fitted(name, rate), Tone(0.05, rate: rate)), v => Assert.True(float.IsFinite(v)));
        Assert.Contains("no such file", Assert.Throws<SimSearchException>(() => AudioEmbedders.Load("/nowhere/embedder.json")).Message);
    }

    [Fact]
    public void A_clip_of_the_same_length_allocates_next_to_nothing()
    {
        var embedder = AudioEmbedders.Create("combined-stats");
        var clip = Tone(3);
        var raw = new float[embedder.RawDimension];
        long perFrame = Allocations.Least(() => embedder.ExtractRaw(clip, raw)) / 130;
        Assert.True(perFrame < 8, $"{perFrame} bytes a frame");
    }
}
