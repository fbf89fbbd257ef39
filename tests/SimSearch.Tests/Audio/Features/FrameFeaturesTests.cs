using SimSearch.Audio;
using SimSearch.Tests.Support;

namespace SimSearch.Tests;

public sealed class FrameFeaturesTests
{
    private const int Rate = 22050;

    private static readonly FeatureKinds[] Single = [.. Enum.GetValues<FeatureKinds>().Where(k => k is not (FeatureKinds.None or FeatureKinds.Spectral))];

    private static readonly FeatureKinds All = Single.Aggregate((a, b) => a | b);

    public static TheoryData<FeatureKinds> Kinds => [.. Single];

    [Fact]
    public void One_sweep_gives_the_same_numbers_as_one_call_a_feature()
    {
        var signal = Clip(30000, 1);
        var sweep = new FrameFeatures(new() { Kinds = All });
        sweep.Compute(signal.Samples);
        Assert.Equal(59, sweep.Frames);
        Assert.Equal(AudioFeatures.Power(signal).Values, sweep.Power.ToArray());
        Assert.Equal(AudioFeatures.Magnitude(signal).Values, sweep.Magnitude.ToArray());
        Assert.Equal(AudioFeatures.Mel(signal).Values, sweep.Mel.ToArray());
        Assert.Equal(AudioFeatures.LogMel(signal).Values, sweep.LogMel.ToArray());
        Assert.Equal(AudioFeatures.Mfcc(signal).Values, sweep.Mfcc.ToArray());
        Assert.Equal(AudioFeatures.Chroma(signal).Values, sweep.Chroma.ToArray());
        Assert.Equal(AudioFeatures.Centroid(signal).Values, sweep.Centroid.ToArray());
        Assert.Equal(AudioFeatures.Bandwidth(signal).Values, sweep.Bandwidth.ToArray());
        Assert.Equal(AudioFeatures.Rolloff(signal).Values, sweep.Rolloff.ToArray());
        Assert.Equal(AudioFeatures.Contrast(signal).Values, sweep.Contrast.ToArray());
        Assert.Equal(AudioFeatures.Flatness(signal).Values, sweep.Flatness.ToArray());
        Assert.Equal(AudioFeatures.ZeroCrossings(signal).Values, sweep.ZeroCrossings.ToArray());
        Assert.Equal(AudioFeatures.Rms(signal).Values, sweep.Rms.ToArray());
    }

    [Theory, MemberData(nameof(Kinds))]
    public void A_used_object_gives_the_same_numbers_as_a_new_one(FeatureKinds kind)
    {
        var used = new FrameFeatures(new() { Kinds = kind });
        foreach (int length in new[] { 20000, 700, 1, 30000, 5000 })
        {
            var clip = Clip(length, length);
            used.Compute(clip.Samples);
            var fresh = new FrameFeatures(new() { Kinds = kind });
            fresh.Compute(clip.Samples);
            Assert.Equal(fresh.Values(kind).ToArray(), used.Values(kind).ToArray());
        }
    }

    [Theory, MemberData(nameof(Kinds))]
    public void Frames_do_not_depend_on_what_follows_them(FeatureKinds kind)
    {
        // The limit below the clip's maximum is the one thing by which frames of a clip know of each other, by definition; contrast has no option without it.
        if (kind == FeatureKinds.Contrast) return;
        var options = new FrameFeatureOptions { Kinds = kind, Mfcc = new() { Db = new() { TopDb = null } } };
        var clip = Clip(30000, 2);
        FrameFeatures whole = new(options), part = new(options);
        whole.Compute(clip.Samples);
        part.Compute(clip.Samples.AsSpan(0, 20000));
        int bins = whole.Values(kind).Length / whole.Frames, same = (20000 - 1024) / 512;
        Assert.Equal(whole.Values(kind)[..(same * bins)].ToArray(), part.Values(kind)[..(same * bins)].ToArray());
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    public void A_sample_that_is_no_number_spoils_its_frames_and_no_others(float bad)
    {
        float[] good = Clip(40000, 3).Samples, spoilt = [.. good];
        spoilt[20000] = bad;
        FrameFeatures clean = new(new() { Kinds = All, Mfcc = new() { Db = new() { TopDb = null } } }), hurt = new(clean.Options);
        clean.Compute(good);
        hurt.Compute(spoilt);
        foreach (var kind in Single)
        {
            int bins = clean.Values(kind).Length / clean.Frames;
            for (int frame = 0; frame < clean.Frames; frame++)
            {
                bool holds = 20000 >= frame * 512 - 1024 && 20000 < frame * 512 + 1024;
                float[] expected = clean.Values(kind).Slice(frame * bins, bins).ToArray(), actual = hurt.Values(kind).Slice(frame * bins, bins).ToArray();
                if (!holds) Assert.Equal(expected, actual);
                // An infinite sample has a sign, so its crossings can be counted.
                else if (kind != FeatureKinds.ZeroCrossings || float.IsNaN(bad)) Assert.All(actual, v => Assert.False(float.IsFinite(v), $"{kind} in frame {frame}"));
            }
        }
    }

    [Theory]
    [InlineData(FftPrecision.Double)]
    [InlineData(FftPrecision.Single)]
    public void Nothing_is_allocated_for_a_clip_no_longer_than_those_before(FftPrecision precision)
    {
        var features = new FrameFeatures(new() { Kinds = All, Mfcc = new() { Mel = new() { Stft = new() { Precision = precision } } } });
        float[] samples = Clip(20000, 4).Samples;
        var delta = new float[(1 + 20000 / 512) * 20];
        void Run(int length)
        {
            features.Compute(samples.AsSpan(0, length));
            Delta.Compute(features.Mfcc, 20, delta.AsSpan(0, features.Mfcc.Length));
        }
        Assert.Equal(0, Allocations.Least(() =>
        {
            Run(20000);
            Run(9000);
        }));
    }

    [Fact]
    public void Parallel_calls_give_the_same_numbers()
    {
        var clip = Clip(20000, 5);
        float[] alone = AudioFeatures.Mfcc(clip).Values;
        Parallel.For(0, 16, _ => Assert.Equal(alone, AudioFeatures.Mfcc(clip).Values));
    }

    [Fact]
    public void Gain_shifts_log_mel_by_its_decibels_and_leaves_the_shape_of_the_spectrum_alone()
    {
        var clip = Clip(20000, 6);
        var louder = new AudioSignal([.. clip.Samples.Select(x => 4 * x)], Rate);
        Assert.Equal(AudioFeatures.LogMel(clip).Values.Select(v => v + 12.0412f), AudioFeatures.LogMel(louder).Values, new Near(1e-4));
        Assert.Equal(AudioFeatures.Centroid(clip).Values, AudioFeatures.Centroid(louder).Values);
        Assert.Equal(AudioFeatures.Chroma(clip).Values, AudioFeatures.Chroma(louder).Values);
        Assert.Equal(AudioFeatures.ZeroCrossings(clip).Values, AudioFeatures.ZeroCrossings(louder).Values);
        Assert.Equal(AudioFeatures.Rms(clip).Values.Select(v => 4 * v), AudioFeatures.Rms(louder).Values);
    }

    [Fact]
    public void A_delay_of_whole_hops_delays_the_frames()
    {
        var clip = Clip(20000, 7);
        var late = new AudioSignal([.. new float[5 * 512], .. clip.Samples], Rate);
        // The silence put in front is what the padding was before: every old frame comes out as it did.
        Assert.Equal(AudioFeatures.Mfcc(clip).Values, AudioFeatures.Mfcc(late).Values[(5 * 20)..]);
    }

    [Fact]
    public void Signals_that_do_not_fit_the_options_are_refused_with_the_way_out()
    {
        var other = new AudioSignal(new float[100], 44100);
        Assert.Contains("44100 Hz where the options say 22050 Hz", Assert.Throws<ArgumentException>(() => AudioFeatures.Mfcc(other)).Message);
        Assert.Throws<InvalidOperationException>(() => AudioFeatures.Mfcc(new AudioSignal(new float[100], Rate, 2)));
        Assert.Contains("no samples", Assert.Throws<SimSearchException>(() => AudioFeatures.Mfcc(new AudioSignal([], Rate))).Message);
        Assert.Contains("100 samples, fewer than the 2048 of one frame", Assert.Throws<SimSearchException>(() => AudioFeatures.Rms(new AudioSignal(new float[100], Rate), new() { Center = false })).Message);
        Assert.Throws<ArgumentNullException>(() => AudioFeatures.Mfcc(null!));
    }

    [Fact]
    public void What_was_not_asked_for_is_not_given()
    {
        var features = new FrameFeatures(new() { Kinds = FeatureKinds.Mel });
        Assert.Equal(0, features.Mel.Length);
        features.Compute([1f, 2f]);
        Assert.Equal(128, features.Mel.Length);
        Assert.Contains("Mfcc was not asked for", Assert.Throws<InvalidOperationException>(() => features.Mfcc.Length).Message);
        Assert.Throws<InvalidOperationException>(() => features.ContrastBands);
        Assert.Throws<ArgumentException>(() => features.Values(FeatureKinds.Mel | FeatureKinds.Rms).Length);
    }

    [Fact]
    public void One_sample_gives_one_frame_of_every_feature()
    {
        var features = new FrameFeatures(new() { Kinds = All });
        features.Compute([0.5f]);
        Assert.Equal(1, features.Frames);
        foreach (var kind in Single) Assert.All(features.Values(kind).ToArray(), v => Assert.True(float.IsFinite(v), $"{kind}"));
    }

    [Fact]
    public void A_result_too_large_for_an_array_is_refused_before_any_work()
    {
        var features = new FrameFeatures(new() { Kinds = FeatureKinds.Power, Mfcc = new() { Mel = new() { Stft = new() { HopLength = 1 } } } });
        Assert.Contains("more than one array can hold", Assert.Throws<SimSearchException>(() => features.Compute(new float[2_200_000])).Message);
    }

    [Fact]
    public void Magnitudes_to_any_power_can_be_gathered_into_mel_bands()
    {
        var clip = Clip(5000, 8);
        var magnitude = AudioFeatures.Magnitude(clip);
        float[] dense = new MelFilterbank(new() { Bands = 7 }).ToDense();
        foreach (double power in new[] { 1, 2, 1.5, 0.3 })
        {
            float[] mel = AudioFeatures.Mel(clip, new() { Bands = 7, Power = power }).Values;
            for (int i = 0; i < mel.Length; i++)
            {
                double sum = 0;
                for (int bin = 0; bin < 1025; bin++) sum += dense[i % 7 * 1025 + bin] * Math.Pow(magnitude.Frame(i / 7)[bin], power);
                Assert.Equal(sum, mel[i], 1e-5 * sum);
            }
        }
    }

    private static AudioSignal Clip(int length, int seed)
    {
        var random = new Random(seed);
        return new([.. Enumerable.Range(0, length).Select(i => (float)(0.3 * Math.Sin(i * 0.05 + i * i * 1e-6)) + 0.1f * (random.NextSingle() - 0.5f))], Rate);
    }
}
