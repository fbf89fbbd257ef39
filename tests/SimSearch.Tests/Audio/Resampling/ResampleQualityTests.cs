using System.Text.Json;
using SimSearch.Audio;
using SimSearch.Storage;
using SimSearch.Tests.Support;

namespace SimSearch.Tests;

/// <summary>The promises of the resampler, measured with tones and with band-limited noise whose exact result is known.</summary>
public sealed class ResampleQualityTests
{
    public static TheoryData<int, int> Ratios => new()
    {
        { 44100, 22050 }, { 44100, 16000 }, { 48000, 22050 }, { 8000, 16000 }, { 8000, 22050 }, { 11025, 22050 }, { 44100, 48000 },
        { 48000, 16000 }, { 44100, 8000 }, { 22050, 16001 }, { 16001, 22050 }, { 44100, 44101 }, { 96000, 22050 }, { 44100, 11025 },
    };

    [Theory]
    [InlineData("44100->16000")]
    [InlineData("44100->22050")]
    [InlineData("8000->16000")]
    [InlineData("48000->22050")]
    public void Band_limited_noise_comes_out_as_the_exact_result(string name)
    {
        using var manifest = JsonDocument.Parse(File.ReadAllText(SharedData.Golden("other.json")));
        var resample = manifest.RootElement.GetProperty("resample");
        var golden = resample.GetProperty("cases").GetProperty(name);
        int from = golden.GetProperty("orig_sr").GetInt32(), to = golden.GetProperty("target_sr").GetInt32();
        float[] input = Npy.Read<float>(SharedData.Golden(golden.GetProperty("input").GetString()!), out _);
        float[] exact = Npy.Read<float>(SharedData.Golden(golden.GetProperty("exact").GetString()!), out _);
        float[] ours = Resampler.Resample(input, from, to);
        Assert.Equal(exact.Length, ours.Length);
        double signal = 0, error = 0;
        for (int i = to / 10; i < exact.Length - to / 10; i++)
        {
            signal += (double)exact[i] * exact[i];
            error += Math.Pow(exact[i] - ours[i], 2);
        }
        double snr = 10 * Math.Log10(signal / error);
        TestContext.Current.TestOutputHelper?.WriteLine($"{name}: {snr:F1} dB");
        Assert.True(snr >= resample.GetProperty("goals").GetProperty("pass_snr_080_db").GetDouble(), $"{snr:F1} dB");
    }

    [Theory]
    [MemberData(nameof(Ratios))]
    public void The_pass_band_is_flat_to_nine_tenths_of_the_lower_Nyquist(int from, int to)
    {
        double nyquist = Math.Min(from, to) / 2.0;
        foreach (double part in (double[])[0.01, 0.1, 0.5, 0.8, 0.85, 0.9])
        {
            float[] output = Resampler.Resample(Tone(part * nyquist, from), from, to);
            double gain = Decibels(Amplitude(output, part * nyquist, to));
            Assert.True(Math.Abs(gain) < 0.001, $"{part} of Nyquist: {gain:F5} dB");
        }
    }

    [Theory]
    [MemberData(nameof(Ratios))]
    public void Tones_above_the_new_Nyquist_vanish(int from, int to)
    {
        if (to >= from) return; // nothing lies above it
        foreach (double part in (double[])[1.0, 1.01, 1.05, 1.15, 1.5, 1.9])
        {
            double frequency = part * to / 2;
            if (frequency >= from / 2.0) continue;
            double level = Decibels(RmsOfMiddle(Resampler.Resample(Tone(frequency, from), from, to), to) / Math.Sqrt(0.5));
            Assert.True(level < -100, $"{part} of Nyquist: {level:F1} dB");
        }
    }

    [Theory]
    [MemberData(nameof(Ratios))]
    public void A_tone_comes_out_in_phase_and_without_images(int from, int to)
    {
        double frequency = 0.77 * Math.Min(from, to) / 2;
        float[] output = Resampler.Resample(Tone(frequency, from), from, to), exact = Tone(frequency, to, output.Length);
        double worst = 0;
        for (int i = to / 10; i < output.Length - to / 10; i++) worst = Math.Max(worst, Math.Abs(output[i] - exact[i]));
        Assert.True(Decibels(worst) < -90, $"{Decibels(worst):F1} dB"); // single precision of the samples and sums: some -120 dB
    }

    [Theory]
    [MemberData(nameof(Ratios))]
    public void The_length_is_the_ceiling(int from, int to)
    {
        foreach (int n in (int[])[0, 1, 2, 3, 159, 160, 441, 1000, 12345])
            Assert.Equal((int)Math.Ceiling((decimal)n * to / from), Resampler.Resample(new float[n], from, to).Length);
    }

    [Theory]
    [MemberData(nameof(Ratios))]
    public void A_constant_stays_that_constant(int from, int to)
    {
        float[] input = new float[from / 2];
        Array.Fill(input, 0.7f);
        float[] output = Resampler.Resample(input, from, to);
        for (int i = to / 10; i < output.Length - to / 10; i++) Assert.Equal(0.7f, output[i], 2e-6f);
    }

    private static float[] Tone(double frequency, int rate, int? length = null)
    {
        var tone = new float[length ?? rate / 2];
        for (int i = 0; i < tone.Length; i++) tone[i] = (float)Math.Sin(2 * Math.PI * frequency * i / rate + 0.3);
        return tone;
    }

    /// <summary>The amplitude of a tone, by its Hann-weighted Fourier coefficient over the middle of the signal.</summary>
    private static double Amplitude(float[] samples, double frequency, int rate)
    {
        int from = rate / 20, count = samples.Length - rate / 10;
        var sum = System.Numerics.Complex.Zero;
        for (int i = 0; i < count; i++)
            sum += samples[from + i] * (1 - Math.Cos(2 * Math.PI * i / count)) * System.Numerics.Complex.Exp(new(0, -2 * Math.PI * frequency * i / rate));
        return 2 * sum.Magnitude / count;
    }

    private static double RmsOfMiddle(float[] samples, int rate)
    {
        double sum = 0;
        int from = rate / 10, to = samples.Length - rate / 10;
        for (int i = from; i < to; i++) sum += (double)samples[i] * samples[i];
        return Math.Sqrt(sum / (to - from));
    }

    private static double Decibels(double ratio) => 20 * Math.Log10(Math.Max(ratio, 1e-20));
}
