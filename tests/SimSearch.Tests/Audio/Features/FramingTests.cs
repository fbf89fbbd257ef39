using SimSearch.Audio;

namespace SimSearch.Tests;

public sealed class FramingTests
{
    [Theory]
    [InlineData(PadMode.Constant)]
    [InlineData(PadMode.Reflect)]
    [InlineData(PadMode.Edge)]
    public void Centred_frames_are_those_of_the_padded_signal(PadMode mode)
    {
        foreach (int samples in new[] { 1, 2, 3, 7, 31, 32, 100, 333 })
            foreach (int hop in new[] { 1, 5, 16, 50 })
            {
                float[] signal = Ramp(samples);
                var options = new StftOptions { FftLength = 32, HopLength = hop, PadMode = mode, Window = WindowKind.Rectangular };
                float[] padded = [.. Enumerable.Range(-16, samples + 32).Select(i => Padded(signal, i, mode))];
                SameFrames(options, signal, padded, 1 + samples / hop);
            }
    }

    [Fact]
    public void Frames_that_are_not_centred_stop_with_the_last_whole_one()
    {
        float[] signal = Ramp(100);
        var options = new StftOptions { FftLength = 32, HopLength = 10, Center = false, Window = WindowKind.Rectangular };
        SameFrames(options, signal, signal, 1 + (100 - 32) / 10);
    }

    [Fact]
    public void A_short_window_stands_in_the_middle_of_the_transform()
    {
        float[] signal = Ramp(64);
        var options = new StftOptions { FftLength = 64, HopLength = 64, WinLength = 21, Center = false };
        float[] expected = new float[64];
        double[] window = Windows.Create(WindowKind.Hann, 21);
        for (int i = 0; i < 21; i++) expected[(64 - 21) / 2 + i] = (float)(signal[(64 - 21) / 2 + i] * window[i]);
        Assert.Equal(Spectrum(expected), Power(new StftPlan(options), signal, 0), new Near(1e-5));
    }

    [Fact]
    public void A_frame_that_starts_with_its_window_needs_no_more_samples_than_the_window()
    {
        var options = new StftOptions { FftLength = 64, HopLength = 16, WinLength = 40, Center = false, WindowFirst = true, Window = WindowKind.Rectangular };
        var plan = new StftPlan(options);
        float[] signal = Ramp(72);
        Assert.Equal(3, plan.FrameCount(72));
        for (int frame = 0; frame < 3; frame++)
            Assert.Equal(Spectrum([.. signal[(16 * frame)..(16 * frame + 40)], .. new float[24]]), Power(plan, signal, frame), new Near(1e-5));
    }

    [Fact]
    public void Offset_and_pre_emphasis_are_taken_within_the_frame()
    {
        var options = new StftOptions { FftLength = 64, HopLength = 16, WinLength = 40, Center = false, WindowFirst = true, Window = WindowKind.Rectangular, RemoveOffset = true, PreEmphasis = 0.9, SampleScale = 8 };
        float[] signal = Ramp(72);
        double[] frame = [.. signal[16..56].Select(x => (double)x)];
        double mean = frame.Average();
        frame = [.. frame.Select(x => x - mean)];
        float[] expected = new float[64];
        for (int i = 0; i < 40; i++) expected[i] = (float)(8 * (frame[i] - 0.9 * frame[Math.Max(0, i - 1)]));
        Assert.Equal(Spectrum(expected), Power(new StftPlan(options), signal, 1), new Near(1e-5));
    }

    [Theory]
    [InlineData(1000, "n_fft=1000 must be a power of two from 8 to 1048576; use 1024")]
    [InlineData(0, "n_fft=0")]
    [InlineData(-8, "n_fft=-8")]
    [InlineData(4, "use 8")]
    [InlineData(int.MaxValue, "use 1048576")]
    [InlineData(int.MinValue, "use 8")]
    public void A_transform_length_that_is_no_power_of_two_is_refused_with_the_one_to_use(int length, string expected) =>
        Assert.Contains(expected, Assert.Throws<ArgumentException>(() => new StftPlan(new() { FftLength = length })).Message);

    [Fact]
    public void Options_out_of_their_range_are_refused_with_name_and_value()
    {
        Refused("hop_length=0", o => o with { HopLength = 0 });
        Refused("win_length=3000", o => o with { WinLength = 3000 });
        Refused("win_length=0", o => o with { WinLength = 0 });
        Refused("sample rate=0", o => o with { SampleRate = 0 });
        Refused("pre-emphasis=NaN", o => o with { PreEmphasis = double.NaN });
        Refused("sample scale=-1", o => o with { SampleScale = -1 });
        Refused("WindowFirst", o => o with { WindowFirst = true });
        static void Refused(string expected, Func<StftOptions, StftOptions> change) =>
            Assert.Contains(expected, Assert.Throws<ArgumentException>(() => new StftPlan(change(new()))).Message);
    }

    [Fact]
    public void Signals_without_a_frame_are_refused_and_one_sample_makes_one_when_centred()
    {
        var centred = new StftPlan();
        Assert.Equal(1, centred.FrameCount(1));
        Assert.Throws<SimSearchException>(() => centred.FrameCount(0));
        var whole = new StftPlan(new() { Center = false });
        Assert.Equal(1, whole.FrameCount(2048));
        Assert.Contains("2047 samples", Assert.Throws<SimSearchException>(() => whole.FrameCount(2047)).Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => centred.Power([1f], 1, new float[1025]));
        Assert.Throws<ArgumentOutOfRangeException>(() => centred.Power([1f], -1, new float[1025]));
        Assert.Throws<ArgumentException>(() => centred.Power([1f], 0, new float[1024]));
    }

    [Fact]
    public void Windows_are_those_of_SciPy()
    {
        // scipy.signal.get_window(name, 8), fftbins True and (the last) False.
        Same(WindowKind.Hann, true, 0, 0.14644661, 0.5, 0.85355339, 1, 0.85355339, 0.5, 0.14644661);
        Same(WindowKind.Hamming, true, 0.08, 0.21473088, 0.54, 0.86526912, 1, 0.86526912, 0.54, 0.21473088);
        Same(WindowKind.Blackman, true, 0, 0.06644661, 0.34, 0.77355339, 1, 0.77355339, 0.34, 0.06644661);
        Same(WindowKind.BlackmanHarris, true, 6e-5, 0.02173584, 0.21747, 0.69576416, 1, 0.69576416, 0.21747, 0.02173584);
        Same(WindowKind.Bartlett, true, 0, 0.25, 0.5, 0.75, 1, 0.75, 0.5, 0.25);
        Same(WindowKind.Rectangular, true, 1, 1, 1, 1, 1, 1, 1, 1);
        Same(WindowKind.Hann, false, 0, 0.1882551, 0.61126047, 0.95048443, 0.95048443, 0.61126047, 0.1882551, 0);
        static void Same(WindowKind kind, bool periodic, params double[] expected) => Assert.Equal(expected, Windows.Create(kind, 8, periodic), new NearDouble(1e-7));
        Assert.All(Enum.GetValues<WindowKind>(), kind => Assert.Equal([1.0], Windows.Create(kind, 1)));
    }

    private static void SameFrames(StftOptions options, float[] signal, float[] padded, int frames)
    {
        var plan = new StftPlan(options);
        Assert.Equal(frames, plan.FrameCount(signal.Length));
        for (int frame = 0; frame < frames; frame++)
            Assert.Equal(Spectrum(padded.AsSpan(frame * options.HopLength, options.FftLength).ToArray()), Power(plan, signal, frame), new Near(1e-6));
    }

    /// <summary>As NumPy's pad defines it, one sample at a time.</summary>
    private static float Padded(float[] signal, int at, PadMode mode)
    {
        if (at >= 0 && at < signal.Length) return signal[at];
        if (mode == PadMode.Constant) return 0;
        if (mode == PadMode.Edge || signal.Length == 1) return signal[at < 0 ? 0 : ^1];
        int place = 0, step = 1;
        for (int i = 0; i != at; i += Math.Sign(at))
        {
            if (place + step < 0 || place + step >= signal.Length) step = -step;
            place += step;
        }
        return signal[place];
    }

    private static float[] Spectrum(float[] frame) => Power(new StftPlan(new() { FftLength = frame.Length, HopLength = 1, Center = false, Window = WindowKind.Rectangular }), frame, 0);

    private static float[] Power(StftPlan plan, float[] signal, int frame)
    {
        var power = new float[plan.Bins];
        plan.Power(signal, frame, power);
        return power;
    }

    private static float[] Ramp(int length) => [.. Enumerable.Range(0, length).Select(i => (float)Math.Sin(i * i * 0.37) + i * 0.01f)];
}

/// <summary>Equal within a part of 1, or of the value where that is larger.</summary>
internal sealed class Near(double tolerance) : IEqualityComparer<float>
{
    public bool Equals(float x, float y) => x.Equals(y) || Math.Abs((double)x - y) <= tolerance * Math.Max(1, Math.Abs((double)x));

    public int GetHashCode(float value) => 0;
}

/// <inheritdoc cref="Near"/>
internal sealed class NearDouble(double tolerance) : IEqualityComparer<double>
{
    public bool Equals(double x, double y) => x.Equals(y) || Math.Abs(x - y) <= tolerance * Math.Max(1, Math.Abs(x));

    public int GetHashCode(double value) => 0;
}
