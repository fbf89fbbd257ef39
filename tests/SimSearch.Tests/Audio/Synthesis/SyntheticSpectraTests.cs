using System.Numerics;
using MathNet.Numerics.IntegralTransforms;
using SimSearch.Audio;
using SimSearch.Datasets;

namespace SimSearch.Tests;

/// <summary>The sounds behave as the physics they are named after says, measured by a plain windowed FFT.</summary>
public sealed class SyntheticSpectraTests
{
    private const int Rate = 22050;

    /// <summary>Magnitudes of the first 32,768 samples from an offset under a Hann window; bins are 0.67 Hz apart.</summary>
    private static double[] Spectrum(ReadOnlySpan<float> y, int offset = 0, int length = 32768)
    {
        var values = new Complex[length];
        for (int i = 0; i < length && offset + i < y.Length; i++) values[i] = y[offset + i] * (0.5 - 0.5 * Math.Cos(2 * Math.PI * i / length));
        Fourier.Forward(values, FourierOptions.NoScaling);
        return [.. values.Take(length / 2).Select(v => v.Magnitude)];
    }

    /// <summary>Frequency of the largest magnitude between two frequencies, by a parabola through the logarithms of three bins.</summary>
    private static double PeakBetween(double[] spectrum, double low, double high)
    {
        double bin = (double)Rate / 2 / spectrum.Length;
        int from = Math.Max((int)(low / bin), 1), to = Math.Min((int)(high / bin), spectrum.Length - 2), best = from;
        for (int i = from; i <= to; i++) if (spectrum[i] > spectrum[best]) best = i;
        double a = Math.Log(spectrum[best - 1]), b = Math.Log(spectrum[best]), c = Math.Log(spectrum[best + 1]);
        return (best + 0.5 * (a - c) / (a - 2 * b + c)) * bin;
    }

    [Theory]
    [InlineData(82.41)]
    [InlineData(220)]
    [InlineData(440)]
    [InlineData(987.77)]
    public void Partials_of_a_plucked_string_lie_at_multiples_of_its_pitch(double frequency)
    {
        var y = new float[40000];
        TonalSounds.Pluck(y, Rate, frequency, 0.8, 3, 0.13, 1, new SeededRandom(1));
        var spectrum = Spectrum(y);
        for (int n = 1; n <= 4; n++)
        {
            double cents = 1200 * Math.Log2(PeakBetween(spectrum, (n - 0.3) * frequency, (n + 0.3) * frequency) / (n * frequency));
            Assert.True(Math.Abs(cents) < 8, $"partial {n} of {frequency} Hz is {cents:F1} cents off");
        }
    }

    [Fact]
    public void A_string_plucked_in_the_middle_lacks_its_even_partials()
    {
        var y = new float[40000];
        TonalSounds.Pluck(y, Rate, 220, 0.9, 4, 0.5, 1, new SeededRandom(2));
        var s = Spectrum(y);
        double Level(double f) => s.Skip((int)((f - 4) / (Rate / 2.0) * s.Length)).Take(12).Max();
        Assert.True(Level(440) < 0.1 * Level(220));
        Assert.True(Level(880) < 0.1 * Level(660));
    }

    [Fact]
    public void A_plucked_string_falls_by_60_dB_in_its_decay_time()
    {
        var y = new float[Rate * 2];
        TonalSounds.Pluck(y, Rate, 110, 1, 1, 0.2, 1, new SeededRandom(3));
        double Power(double at) => y.AsSpan((int)(at * Rate), 2000).ToArray().Sum(v => (double)v * v);
        // From 0.1 s to 0.6 s: half of the decay time, half of the decibels, and a little more for what the loop's filter takes.
        Assert.InRange(10 * Math.Log10(Power(0.1) / Power(0.6)), 25, 40);
    }

    [Fact]
    public void Partials_of_a_bell_lie_at_its_side_bands_and_are_not_harmonic()
    {
        const double Frequency = 300, Ratio = 1.4;
        var y = new float[60000];
        TonalSounds.Strike(y, Rate, Frequency, Ratio, 3, 4, 1);
        var spectrum = Spectrum(y);
        foreach (int k in new[] { 1, 2, 3 })
        {
            double expected = Frequency * (1 + k * Ratio), found = PeakBetween(spectrum, expected - 30, expected + 30);
            Assert.True(Math.Abs(found - expected) < 1.5, $"side band {k}: {found} Hz, not {expected}");
            double harmonic = found / Frequency;
            Assert.True(Math.Abs(harmonic - Math.Round(harmonic)) > 0.1, $"{found} Hz is a multiple of {Frequency}");
        }
    }

    [Fact]
    public void A_siren_sweeps_between_its_two_frequencies()
    {
        var y = new float[Rate * 2];
        TonalSounds.Sweep(y, Rate, 500, 1200, 0.5, 0, 0, 0.3);
        double At(double seconds) => PeakBetween(Spectrum(y, (int)(seconds * Rate) - 1024, 2048), 300, 1600);
        Assert.InRange(At(0.05), 490, 530);
        Assert.InRange(At(0.5), 740, 810);
        Assert.InRange(At(1), 1170, 1230);
        Assert.InRange(At(1.5), 740, 810);
        Assert.True(At(0.25) < At(0.5) && At(0.5) < At(0.75));
    }

    [Fact]
    public void The_pitch_of_a_bubble_rises_and_its_sound_dies()
    {
        var y = new float[8192];
        NaturalSounds.Bubble(y, Rate, 800, 0.1, 3, 1);
        Assert.True(PeakBetween(Spectrum(y, 2048, 2048), 500, 2500) > 1.15 * PeakBetween(Spectrum(y, 0, 2048), 500, 2500));
        Assert.True(y[4096..].Max() < 0.3 * y[..1024].Max());
    }

    [Fact]
    public void Harmonics_by_recurrence_equal_the_sum_of_sines()
    {
        float[] amplitudes = [1, 0.5f, 0.3f, 0, 0.2f, -0.1f];
        for (double phase = -7; phase < 7; phase += 0.37)
        {
            double slow = 0;
            for (int n = 1; n <= amplitudes.Length; n++) slow += amplitudes[n - 1] * Math.Pow(0.9, n - 1) * Math.Sin(n * phase);
            Assert.Equal(slow, Dsp.Harmonics(phase, amplitudes, 0.9), 1e-5);
        }
    }

    [Fact]
    public void A_hall_reverberates_longer_than_a_studio_and_neither_grows()
    {
        double Tail(RecordingRoom room)
        {
            var y = new float[Rate * 4];
            y[0] = 1;
            (room with { Noise = -200, Hum = double.NegativeInfinity }).Record(y, Rate, new SeededRandom(4));
            double Power(double from) => y.AsSpan((int)(from * Rate), Rate / 4).ToArray().Sum(v => (double)v * v);
            Assert.True(Power(3.5) < 1e-3 * Power(0.1), room.Name);
            return 10 * Math.Log10(Power(0.1) / Power(0.5));
        }
        var fall = RecordingRoom.All.ToDictionary(r => r.Name, Tail);
        Assert.True(fall["hall"] < fall["living room"] && fall["living room"] < fall["studio"]);
        // 60 dB in 1.6 s is 15 dB in 0.4 s; damping at high frequencies makes it a little faster.
        Assert.InRange(fall["hall"], 12, 24);
    }
}
