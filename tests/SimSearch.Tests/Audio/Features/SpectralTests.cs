using FsCheck;
using FsCheck.Fluent;
using SimSearch.Audio;

namespace SimSearch.Tests;

/// <summary>The spectral features against a slow twin that computes each from its definition in double precision.</summary>
public sealed class SpectralTests
{
    private const int Rate = 22050;
    private static readonly StftOptions Small = new() { FftLength = 1024, HopLength = 256 };

    [Fact]
    public void Centroid_bandwidth_rolloff_and_flatness_are_those_of_their_definitions()
    {
        var signal = Sounds();
        var magnitude = AudioFeatures.Magnitude(signal, Small);
        float[] centroid = AudioFeatures.Centroid(signal, Small).Values, bandwidth = AudioFeatures.Bandwidth(signal, Small).Values;
        float[] rolloff = AudioFeatures.Rolloff(signal, Small).Values, low = AudioFeatures.Rolloff(signal, Small, 0.1).Values, flatness = AudioFeatures.Flatness(signal, Small).Values;
        for (int frame = 0; frame < magnitude.Frames; frame++)
        {
            double[] m = [.. magnitude.Frame(frame).ToArray().Select(x => (double)x)], f = [.. m.Select((_, k) => k * (double)Rate / 1024)];
            double total = m.Sum(), c = total == 0 ? 0 : m.Zip(f, (x, y) => x * y).Sum() / total;
            Assert.Equal(c, centroid[frame], 0.02);
            Assert.Equal(total == 0 ? 0 : Math.Sqrt(m.Zip(f, (x, y) => x * (y - c) * (y - c)).Sum() / total), bandwidth[frame], 0.02);
            Assert.Equal(f[First(m, 0.85 * total)], rolloff[frame], 1e-3);
            Assert.Equal(f[First(m, 0.1 * total)], low[frame], 1e-3);
            double[] p = [.. m.Select(x => Math.Max(1e-10, x * x))];
            Assert.Equal(Math.Exp(p.Average(Math.Log)) / p.Average(), flatness[frame], 1e-5);
        }
        static int First(double[] m, double goal)
        {
            double sum = 0;
            for (int k = 0; ; k++)
                if ((sum += m[k]) >= goal) return k;
        }
    }

    [Fact]
    public void Silence_has_centroid_bandwidth_and_rolloff_0_and_flatness_1()
    {
        var silence = new AudioSignal(new float[5000], Rate);
        Assert.All(AudioFeatures.Centroid(silence).Values, v => Assert.Equal(0, v));
        Assert.All(AudioFeatures.Bandwidth(silence).Values, v => Assert.Equal(0, v));
        Assert.All(AudioFeatures.Rolloff(silence).Values, v => Assert.Equal(0, v));
        Assert.All(AudioFeatures.Flatness(silence).Values, v => Assert.Equal(1, v, 1e-5));
        Assert.All(AudioFeatures.Chroma(silence).Values, v => Assert.Equal(0, v));
        Assert.All(AudioFeatures.Tonnetz(silence).Values, v => Assert.Equal(0, v));
        Assert.All(AudioFeatures.Contrast(silence).Values, v => Assert.Equal(0, v));
        Assert.All(AudioFeatures.Pcen(silence).Values, v => Assert.Equal(0, v));
    }

    [Fact]
    public void Contrast_is_that_of_sorted_octave_bands()
    {
        var signal = Sounds();
        var options = new ContrastOptions { MinFrequency = 150, Bands = 5, Quantile = 0.05 };
        var magnitude = AudioFeatures.Magnitude(signal, Small);
        var contrast = AudioFeatures.Contrast(signal, options, Small);
        Assert.Equal(6, contrast.Bins);
        double[] f = [.. Enumerable.Range(0, 513).Select(k => k * (double)Rate / 1024)];
        var peaks = new double[contrast.Values.Length];
        var valleys = new double[contrast.Values.Length];
        for (int frame = 0; frame < magnitude.Frames; frame++)
            for (int band = 0; band < 6; band++)
            {
                double low = band == 0 ? 0 : 150 * Math.Pow(2, band - 1), high = 150 * Math.Pow(2, band);
                List<int> bins = [.. Enumerable.Range(0, 513).Where(k => f[k] >= low && f[k] <= high)];
                if (band > 0) bins.Insert(0, bins[0] - 1);
                if (band == 5) bins.AddRange(Enumerable.Range(bins[^1] + 1, 512 - bins[^1]));
                int count = Math.Max(1, (int)Math.Round(0.05 * bins.Count));
                if (band < 5) bins.RemoveAt(bins.Count - 1);
                double[] sorted = [.. bins.Select(k => (double)magnitude.Frame(frame)[k]).Order()];
                valleys[frame * 6 + band] = sorted.Take(count).Average();
                peaks[frame * 6 + band] = sorted.TakeLast(count).Average();
            }
        static double[] Db(double[] values)
        {
            double[] db = [.. values.Select(v => 10 * Math.Log10(Math.Max(1e-10, v)))];
            return [.. db.Select(v => Math.Max(v, db.Max() - 80))];
        }
        double[] expected = [.. Db(peaks).Zip(Db(valleys), (p, v) => p - v)];
        for (int i = 0; i < expected.Length; i++) Assert.Equal(expected[i], contrast.Values[i], 1e-3);
    }

    [Fact]
    public void Extremes_are_those_of_sorting_whatever_the_values()
    {
        // Few distinct values give ties at the border; zeros, huge values and denormals (which have fewer digits) are among them.
        float[] some = [0, 1e-40f, 1, 1.0000001f, 2, 3e38f];
        var arrays = Gen.OneOf(Gen.Elements(some).NonEmptyListOf(), Gen.Choose(0, int.MaxValue).Select(i => i / 1e6f).NonEmptyListOf());
        Prop.ForAll(arrays.ToArbitrary(), Gen.Choose(1, 1000).ToArbitrary(), (values, n) =>
        {
            int count = 1 + n % values.Count;
            double small = values.Order().Take(count).Average(v => (double)v), large = values.OrderDescending().Take(count).Average(v => (double)v);
            return Math.Abs(Extremes.MeanOfSmallest(values.ToArray(), count) - small) <= 1e-6 * small + 1e-44
                && Math.Abs(Extremes.MeanOfLargest(values.ToArray(), count) - large) <= 1e-6 * large + 1e-44;
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void An_A_is_an_A_in_every_octave_and_tonnetz_places_fifths_near_each_other()
    {
        foreach (double frequency in new[] { 220.0, 440, 880 })
        {
            var chroma = AudioFeatures.Chroma(Tone(frequency));
            float[] middle = chroma.Frame(chroma.Frames / 2).ToArray();
            Assert.Equal(9, Array.IndexOf(middle, 1f));
            Assert.Equal(0, Array.IndexOf(AudioFeatures.Chroma(Tone(frequency), new() { BaseC = false }).Frame(5).ToArray(), 1f));
        }
        float[] Place(double f) => AudioFeatures.Tonnetz(Tone(f)).Frame(10).ToArray()[..2];
        double Distance(double f, double g) => Math.Sqrt(Place(f).Zip(Place(g), (a, b) => (a - b) * (a - b)).Sum());
        Assert.True(Distance(440, 659.26) < Distance(440, 622.25), "the fifth lies nearer than the tritone");
    }

    [Fact]
    public void Rms_and_zero_crossings_are_those_of_their_definitions()
    {
        var signal = Sounds();
        float[] rms = AudioFeatures.Rms(signal, Small).Values, zcr = AudioFeatures.ZeroCrossings(signal, Small).Values;
        for (int frame = 0; frame < rms.Length; frame++)
        {
            double energy = 0;
            int crossings = 0;
            for (int i = 0; i < 1024; i++)
            {
                int at = frame * 256 - 512 + i;
                float X(int n) => signal.Samples[Math.Clamp(n, 0, signal.Frames - 1)];
                if (at >= 0 && at < signal.Frames) energy += (double)X(at) * X(at);
                if (i > 0 && X(at) < -1e-10f != X(at - 1) < -1e-10f) crossings++;
            }
            Assert.Equal(Math.Sqrt(energy / 1024), rms[frame], 1e-6);
            Assert.Equal(crossings / 1024.0, zcr[frame], 1e-7);
        }
    }

    [Fact]
    public void Pcen_is_that_of_its_definition()
    {
        var signal = Sounds();
        foreach (var options in new PcenOptions[] { new(), new() { Power = 0.25, Bias = 10, Gain = 0.8, TimeConstant = 0.06, InputScale = 1 }, new() { Bias = 0, Power = 0.3 }, new() { Power = 0 } })
        {
            var mel = AudioFeatures.Mel(signal, new() { Power = 1, Bands = 10 });
            float[] pcen = AudioFeatures.Pcen(signal, options, new() { Bands = 10 }).Values;
            double t = options.TimeConstant * Rate / 512, b = (Math.Sqrt(1 + 4 * t * t) - 1) / (2 * t * t);
            double[] smooth = [.. Enumerable.Repeat(1.0, 10)];
            for (int i = 0; i < pcen.Length; i++)
            {
                double s = mel.Values[i] * options.InputScale;
                smooth[i % 10] = (1 - b) * smooth[i % 10] + b * s;
                double x = s / Math.Pow(options.Epsilon + smooth[i % 10], options.Gain);
                double expected = options.Power == 0 ? Math.Log(1 + x) : Math.Pow(x + options.Bias, options.Power) - Math.Pow(options.Bias, options.Power);
                Assert.Equal(expected, pcen[i], 1e-4 * Math.Max(1, expected));
            }
        }
    }

    [Fact]
    public void Options_out_of_their_range_are_refused_with_name_and_value()
    {
        var signal = Tone(440);
        Refused("roll_percent=1", () => AudioFeatures.Rolloff(signal, rollPercent: 1));
        Refused("roll_percent=NaN", () => AudioFeatures.Rolloff(signal, rollPercent: double.NaN));
        Refused("n_bands=0", () => AudioFeatures.Contrast(signal, new() { Bands = 0 }));
        Refused("contrast band 7 starts at 12800 Hz", () => AudioFeatures.Contrast(signal, new() { Bands = 7 }));
        Refused("quantile=0", () => AudioFeatures.Contrast(signal, new() { Quantile = 0 }));
        Refused("contrast fmin=0", () => AudioFeatures.Contrast(signal, new() { MinFrequency = 0 }));
        Refused("raise n_fft=16", () => AudioFeatures.Contrast(signal, null, new() { FftLength = 16 }));
        Refused("n_chroma=1", () => AudioFeatures.Chroma(signal, new() { Bins = 1 }));
        Refused("tuning=NaN", () => AudioFeatures.Chroma(signal, new() { Tuning = double.NaN }));
        Refused("octwidth=0", () => AudioFeatures.Chroma(signal, new() { OctaveWidth = 0 }));
        Refused("time constant=0", () => AudioFeatures.Pcen(signal, new() { TimeConstant = 0 }));
        Refused("pcen gain=-1", () => AudioFeatures.Pcen(signal, new() { Gain = -1 }));
        Refused("pcen eps=0", () => AudioFeatures.Pcen(signal, new() { Epsilon = 0 }));
        static void Refused(string expected, Func<object> make) => Assert.Contains(expected, Assert.Throws<ArgumentException>(make).Message);
    }

    private static AudioSignal Tone(double frequency) => new([.. Enumerable.Range(0, Rate).Select(i => (float)(0.5 * Math.Sin(2 * Math.PI * frequency * i / Rate)))], Rate);

    /// <summary>A second: a falling tone, noise, silence, clicks.</summary>
    private static AudioSignal Sounds()
    {
        var random = new Random(4);
        var samples = new float[Rate];
        for (int i = 0; i < Rate; i++)
            samples[i] = i < 7000 ? (float)Math.Sin(1e-5 * (9000 - i) * i) : i < 14000 ? random.NextSingle() - 0.5f : i > 18000 && i % 500 == 0 ? 0.7f : 0;
        return new(samples, Rate);
    }
}
