using SimSearch.Audio;

namespace SimSearch.Tests;

public sealed unsafe class PowerFftTests
{
    public static TheoryData<FftPrecision, int> Kinds => new() { { FftPrecision.Double, 512 }, { FftPrecision.Double, 256 }, { FftPrecision.Double, 128 }, { FftPrecision.Double, 0 }, { FftPrecision.Single, 512 }, { FftPrecision.Single, 256 }, { FftPrecision.Single, 128 } };

    [Theory, MemberData(nameof(Kinds))]
    public void Every_register_width_gives_the_spectrum_of_the_definition(FftPrecision precision, int widestBits)
    {
        for (int length = PowerFft.MinLength; length <= 4096; length *= 2)
        {
            double[] window = Windows.Create(WindowKind.Hamming, length);
            float[] samples = Noise(length, length);
            double[] expected = Naive(samples, window);
            float[] actual = Transform(PowerFft.Create(window, precision, widestBits), samples);
            // Errors are of the size of the rounding times the loudest bin, whatever the bin.
            double bound = (precision == FftPrecision.Double ? 1e-9 : 2e-6) * expected.Max();
            for (int k = 0; k < expected.Length; k++)
                Assert.True(Math.Abs(actual[k] - expected[k]) <= bound + 1e-7 * expected[k], $"n_fft={length}, bin {k}: {actual[k]} instead of {expected[k]}");
        }
    }

    [Theory, MemberData(nameof(Kinds))]
    public void The_energy_of_the_samples_is_that_of_the_spectrum(FftPrecision precision, int widestBits)
    {
        const int Length = 2048;
        float[] samples = Noise(Length, 7);
        float[] power = Transform(PowerFft.Create(Ones(Length), precision, widestBits), samples);
        double energy = samples.Sum(x => (double)x * x);
        double spectral = (power[0] + power[^1] + 2 * power[1..^1].Sum(p => (double)p)) / Length;
        Assert.Equal(energy, spectral, energy * 1e-6);
    }

    [Theory, MemberData(nameof(Kinds))]
    public void Doubling_the_samples_quadruples_every_bin_exactly(FftPrecision precision, int widestBits)
    {
        var fft = PowerFft.Create(Windows.Create(WindowKind.Hann, 512), precision, widestBits);
        float[] samples = Noise(512, 3);
        float[] once = Transform(fft, samples), twice = Transform(fft, [.. samples.Select(x => 2 * x)]);
        Assert.Equal(once.Select(p => 4 * p), twice);
    }

    [Theory, MemberData(nameof(Kinds))]
    public void Turning_the_samples_around_the_circle_leaves_the_power_alone(FftPrecision precision, int widestBits)
    {
        var fft = PowerFft.Create(Ones(256), precision, widestBits);
        float[] samples = Noise(256, 5);
        float[] power = Transform(fft, samples), turned = Transform(fft, [.. samples[37..], .. samples[..37]]);
        for (int k = 0; k < power.Length; k++) Assert.Equal(power[k], turned[k], 1e-5 * power.Max());
    }

    [Fact]
    public void A_loud_tone_does_not_drown_a_quiet_one_in_double_precision()
    {
        const int Length = 2048;
        double[] window = Windows.Create(WindowKind.BlackmanHarris, Length);
        // The quiet tone is 100 dB below the loud one; the expected power is that of the samples as rounded to float.
        float[] samples = [.. Enumerable.Range(0, Length).Select(i => (float)(Math.Cos(2 * Math.PI * 100 * i / Length) + 1e-5 * Math.Cos(2 * Math.PI * 700 * i / Length)))];
        double expected = Naive(samples, window)[700];
        Assert.Equal(expected, Transform(PowerFft.Create(window, FftPrecision.Double), samples)[700], expected * 1e-6);
    }

    private static float[] Transform(PowerFft fft, float[] samples)
    {
        var power = new float[samples.Length / 2 + 1];
        fixed (float* from = samples)
        fixed (float* to = power) fft.Transform(from, to);
        return power;
    }

    private static double[] Naive(float[] samples, double[] window)
    {
        int length = samples.Length;
        double[] cos = [.. Enumerable.Range(0, length).Select(i => Math.Cos(2 * Math.PI * i / length))], sin = [.. Enumerable.Range(0, length).Select(i => Math.Sin(2 * Math.PI * i / length))];
        return [.. Enumerable.Range(0, length / 2 + 1).Select(k =>
        {
            double re = 0, im = 0;
            for (int i = 0; i < length; i++)
            {
                re += samples[i] * window[i] * cos[(long)k * i % length];
                im -= samples[i] * window[i] * sin[(long)k * i % length];
            }
            return re * re + im * im;
        })];
    }

    private static double[] Ones(int length) => Windows.Create(WindowKind.Rectangular, length);

    private static float[] Noise(int length, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, length).Select(_ => random.NextSingle() * 2 - 1)];
    }
}
