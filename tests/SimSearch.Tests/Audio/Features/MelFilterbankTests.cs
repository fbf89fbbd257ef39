using SimSearch.Audio;

namespace SimSearch.Tests;

public sealed class MelFilterbankTests
{
    public static TheoryData<int, int, int, MelScale, MelNorm, MelTriangles> Shapes => new()
    {
        { 22050, 2048, 128, MelScale.Slaney, MelNorm.Slaney, MelTriangles.Hertz },
        { 44100, 1024, 64, MelScale.Htk, MelNorm.Slaney, MelTriangles.Hertz },
        { 16000, 512, 23, MelScale.Htk, MelNorm.None, MelTriangles.Mel },
        { 8000, 256, 128, MelScale.Slaney, MelNorm.None, MelTriangles.Hertz },
        { 8000, 8, 3, MelScale.Slaney, MelNorm.Slaney, MelTriangles.Mel },
        { 22050, 16, 1, MelScale.Htk, MelNorm.None, MelTriangles.Hertz },
    };

    [Theory, MemberData(nameof(Shapes))]
    public void The_sparse_product_is_the_dense_one_of_the_definition(int rate, int length, int bands, MelScale scale, MelNorm norm, MelTriangles triangles)
    {
        var options = new MelOptions { Stft = new() { SampleRate = rate, FftLength = length }, Bands = bands, MinFrequency = 20, MaxFrequency = rate * 0.47, Scale = scale, Norm = norm, Triangles = triangles };
        var bank = new MelFilterbank(options);
        double[,] dense = Naive(options);
        float[] stored = bank.ToDense(), mel = new float[bands];
        var random = new Random(length);
        float[] spectrum = [.. Enumerable.Range(0, length / 2 + 1).Select(_ => (float)Math.Exp(20 * random.NextDouble()))];
        bank.Apply(spectrum, mel);
        for (int band = 0; band < bands; band++)
        {
            double sum = 0;
            for (int bin = 0; bin <= length / 2; bin++)
            {
                Assert.Equal(dense[band, bin], stored[band * bank.Bins + bin], 1e-6);
                sum += dense[band, bin] * spectrum[bin];
            }
            Assert.Equal(sum, mel[band], 1e-5 * sum + 1e-3);
        }
    }

    [Fact]
    public void Equal_area_triangles_have_equal_areas()
    {
        var bank = new MelFilterbank(new() { Stft = new() { FftLength = 16384 }, Bands = 40, MinFrequency = 50 });
        float[] dense = bank.ToDense();
        for (int band = 0; band < bank.Bands; band++)
            Assert.Equal(1, dense.AsSpan(band * bank.Bins, bank.Bins).ToArray().Sum(w => (double)w) * 22050 / 16384, 0.05);
    }

    [Theory]
    [InlineData(MelScale.Slaney)]
    [InlineData(MelScale.Htk)]
    public void Mel_and_hertz_are_inverse_and_rising(MelScale scale)
    {
        double last = -1;
        for (double hertz = 0; hertz < 24000; hertz += 37.5)
        {
            double mel = MelFilterbank.ToMel(hertz, scale);
            Assert.True(mel > last);
            Assert.Equal(hertz, MelFilterbank.ToHertz(mel, scale), 1e-6);
            last = mel;
        }
        Assert.Equal(15, MelFilterbank.ToMel(1000, MelScale.Slaney), 1e-12);
        Assert.Equal(1000, MelFilterbank.ToMel(1000, MelScale.Htk), 0.02);
    }

    [Fact]
    public void Options_out_of_their_range_are_refused_with_name_and_value()
    {
        Refused("n_mels=0", o => o with { Bands = 0 });
        Refused("n_mels=-1", o => o with { Bands = -1 });
        Refused("n_mels=1000000000", o => o with { Bands = 1_000_000_000 });
        Refused("fmin=-1", o => o with { MinFrequency = -1 });
        Refused("fmin=NaN", o => o with { MinFrequency = double.NaN });
        Refused("fmax=12000", o => o with { MaxFrequency = 12000 });
        Refused("fmax=NaN", o => o with { MaxFrequency = double.NaN });
        Refused("must be below fmax=100", o => o with { MinFrequency = 100, MaxFrequency = 100 });
        Refused("power=0", o => o with { Power = 0 });
        static void Refused(string expected, Func<MelOptions, MelOptions> change) =>
            Assert.Contains(expected, Assert.Throws<ArgumentException>(() => new MelFilterbank(change(new()))).Message);
        var bank = new MelFilterbank();
        Assert.Throws<ArgumentException>(() => bank.Apply(new float[1024], new float[128]));
        Assert.Throws<ArgumentException>(() => bank.Apply(new float[1025], new float[127]));
    }

    private static double[,] Naive(MelOptions o)
    {
        double Mel(double f) => o.Scale == MelScale.Htk ? 1127 * Math.Log(1 + f / 700) : f < 1000 ? f / (200.0 / 3) : 15 + 27 * Math.Log(f / 1000, 6.4);
        double Hertz(double m)
        {
            // By bisection, so that nothing of the fast code's inverse is repeated.
            double low = 0, high = 100000;
            for (int i = 0; i < 200; i++) (low, high) = Mel((low + high) / 2) < m ? ((low + high) / 2, high) : (low, (low + high) / 2);
            return low;
        }
        double first = Mel(o.MinFrequency), last = Mel(o.MaxFrequency!.Value);
        var weights = new double[o.Bands, o.Stft.FftLength / 2 + 1];
        for (int band = 0; band < o.Bands; band++)
        {
            double[] edges = [.. Enumerable.Range(band, 3).Select(i => Hertz(first + (last - first) * i / (o.Bands + 1)))];
            for (int bin = 0; bin <= o.Stft.FftLength / 2; bin++)
            {
                double at = (double)bin * o.Stft.SampleRate / o.Stft.FftLength;
                double[] axis = o.Triangles == MelTriangles.Mel ? [.. edges.Select(Mel), Mel(at)] : [.. edges, at];
                double weight = Math.Max(0, Math.Min((axis[3] - axis[0]) / (axis[1] - axis[0]), (axis[2] - axis[3]) / (axis[2] - axis[1])));
                weights[band, bin] = o.Norm == MelNorm.Slaney ? weight * 2 / (edges[2] - edges[0]) : weight;
            }
        }
        return weights;
    }
}
