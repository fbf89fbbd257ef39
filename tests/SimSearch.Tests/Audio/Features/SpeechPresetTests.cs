using SimSearch.Audio;

namespace SimSearch.Tests;

/// <summary>
/// The HTK and Kaldi presets against a slow program written from their documentation: The HTK Book 3.4, sections 5.2 to 5.6, and Kaldi's
/// conventions of feature-window, mel-computations and feature-mfcc. No output of those programs is at hand, so this shows that the presets follow the description, not more.
/// </summary>
public sealed class SpeechPresetTests
{
    private const int Rate = 16000, Window = 400, Hop = 160, Length = 512;

    [Fact]
    public void The_Kaldi_preset_follows_Kaldis_description()
    {
        float[] samples = Speech();
        double low = Mel(20), high = Mel(8000);
        Same(samples, AudioFeatures.Mfcc(new(samples, Rate), MfccOptions.Kaldi), frame =>
        {
            double mean = frame.Average();
            for (int i = 0; i < Window; i++) frame[i] -= mean;
            Emphasise(frame);
            for (int i = 0; i < Window; i++) frame[i] *= Math.Pow(0.5 - 0.5 * Math.Cos(2 * Math.PI * i / (Window - 1)), 0.85);
            var spectrum = Dft(frame);
            double[] log = new double[23];
            for (int band = 0; band < 23; band++)
            {
                double left = low + band * (high - low) / 24, centre = left + (high - low) / 24, right = centre + (high - low) / 24, sum = 0;
                // The bin at half the sample rate is left out.
                for (int bin = 0; bin < Length / 2; bin++)
                {
                    double mel = Mel(bin * (double)Rate / Length);
                    if (mel > left && mel < right) sum += spectrum[bin] * (mel <= centre ? (mel - left) / (centre - left) : (right - mel) / (right - centre));
                }
                log[band] = Math.Log(Math.Max(sum, 1.1920928955078125e-7));
            }
            return [.. Enumerable.Range(0, 13).Select(n => (1 + 11 * Math.Sin(Math.PI * n / 22)) * Math.Sqrt((n == 0 ? 1.0 : 2.0) / 23)
                * log.Select((l, m) => l * Math.Cos(Math.PI * n * (m + 0.5) / 23)).Sum())];
        });
    }

    [Fact]
    public void The_HTK_preset_follows_the_HTK_book()
    {
        float[] samples = Speech();
        Same(samples, AudioFeatures.Mfcc(new(samples, Rate), MfccOptions.Htk), frame =>
        {
            Emphasise(frame);
            for (int i = 0; i < Window; i++) frame[i] *= 0.54 - 0.46 * Math.Cos(2 * Math.PI * i / (Window - 1));
            var spectrum = Dft(frame);
            // Each bin shares its magnitude between the band below it and the band above, by its place between their centres.
            double[] centres = [.. Enumerable.Range(0, 22).Select(i => i * Mel(8000) / 21)], bands = new double[22];
            for (int bin = 1; bin < Length / 2; bin++)
            {
                double mel = Mel(bin * (double)Rate / Length);
                int above = Array.FindIndex(centres, c => c > mel);
                double rising = (mel - centres[above - 1]) / (centres[above] - centres[above - 1]);
                bands[above] += rising * Math.Sqrt(spectrum[bin]);
                bands[above - 1] += (1 - rising) * Math.Sqrt(spectrum[bin]);
            }
            double[] log = [.. bands[1..21].Select(b => Math.Log(Math.Max(1, b)))];
            return [.. Enumerable.Range(0, 13).Select(n => (1 + 11 * Math.Sin(Math.PI * n / 22)) * Math.Sqrt(2.0 / 20)
                * log.Select((l, m) => l * Math.Cos(Math.PI * n / 20 * (m + 0.5))).Sum())];
        });
    }

    private static void Same(float[] samples, FeatureMatrix actual, Func<double[], double[]> slow)
    {
        Assert.Equal(1 + (samples.Length - Window) / Hop, actual.Frames);
        Assert.Equal(13, actual.Bins);
        for (int frame = 0; frame < actual.Frames; frame++)
        {
            double[] expected = slow([.. samples.AsSpan(frame * Hop, Window).ToArray().Select(x => x * 32768.0)]);
            for (int n = 0; n < 13; n++) Assert.Equal(expected[n], actual.Frame(frame)[n], 2e-3);
        }
    }

    private static double Mel(double hertz) => 1127 * Math.Log(1 + hertz / 700);

    private static void Emphasise(double[] frame)
    {
        for (int i = Window - 1; i > 0; i--) frame[i] -= 0.97 * frame[i - 1];
        frame[0] *= 1 - 0.97;
    }

    /// <summary>Power spectrum of the frame, filled up with zeros.</summary>
    private static double[] Dft(double[] frame) =>
        [.. Enumerable.Range(0, Length / 2 + 1).Select(k =>
        {
            double re = 0, im = 0;
            for (int i = 0; i < Window; i++)
            {
                re += frame[i] * Math.Cos(2 * Math.PI * k * i / Length);
                im -= frame[i] * Math.Sin(2 * Math.PI * k * i / Length);
            }
            return re * re + im * im;
        })];

    /// <summary>A buzz through a moving resonance, with noise and a pause, as 16-bit samples.</summary>
    private static float[] Speech()
    {
        var random = new Random(9);
        return [.. Enumerable.Range(0, 8000).Select(i => i is > 3000 and < 4200 ? 0 : MathF.Round(32768 * (float)(0.2 * Math.Sin(0.05 * i) * Math.Sin(0.0002 * i * i) + 0.02 * (random.NextDouble() - 0.5) + 0.01)) / 32768)];
    }
}
