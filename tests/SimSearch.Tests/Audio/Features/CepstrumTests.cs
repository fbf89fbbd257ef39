using SimSearch.Audio;

namespace SimSearch.Tests;

public sealed class CepstrumTests
{
    [Theory]
    [InlineData(128, 20, 0, CepstrumConvention.Librosa)]
    [InlineData(40, 13, 22, CepstrumConvention.Librosa)]
    [InlineData(23, 13, 22, CepstrumConvention.Kaldi)]
    [InlineData(20, 13, 22, CepstrumConvention.Htk)]
    [InlineData(5, 5, 3.5, CepstrumConvention.Htk)]
    [InlineData(1, 1, 0, CepstrumConvention.Librosa)]
    public void Coefficients_are_those_of_the_definition(int bands, int count, double lifter, CepstrumConvention convention)
    {
        const int Frames = 3;
        float[] logMel = Noise(Frames * bands);
        var actual = new float[Frames * count];
        new Cepstrum(new() { Mel = new() { Bands = bands }, Count = count, Lifter = lifter, Convention = convention }).Transform(logMel, actual);
        for (int frame = 0; frame < Frames; frame++)
            for (int n = 0; n < count; n++)
            {
                double sum = 0;
                for (int m = 0; m < bands; m++) sum += logMel[frame * bands + m] * Math.Cos(Math.PI / bands * (m + 0.5) * n);
                sum *= Math.Sqrt(2.0 / bands);
                if (n == 0 && convention != CepstrumConvention.Htk) sum /= Math.Sqrt(2);
                if (lifter > 0) sum *= 1 + lifter / 2 * Math.Sin(Math.PI * (convention == CepstrumConvention.Librosa ? n + 1 : n) / lifter);
                Assert.Equal(sum, actual[frame * count + n], 1e-3);
            }
    }

    [Theory]
    [InlineData(40, 40, 0, CepstrumConvention.Librosa)]
    [InlineData(23, 23, 30, CepstrumConvention.Kaldi)]
    [InlineData(20, 20, 22, CepstrumConvention.Htk)]
    [InlineData(26, 13, 22, CepstrumConvention.Htk)]
    [InlineData(128, 20, 0, CepstrumConvention.Librosa)]
    public void The_inverse_gives_back_what_the_coefficients_keep(int bands, int count, double lifter, CepstrumConvention convention)
    {
        var cepstrum = new Cepstrum(new() { Mel = new() { Bands = bands }, Count = count, Lifter = lifter, Convention = convention });
        float[] logMel = Noise(3 * bands), mfcc = new float[3 * count], back = new float[3 * bands], again = new float[3 * count];
        cepstrum.Transform(logMel, mfcc);
        cepstrum.Inverse(mfcc, back);
        cepstrum.Transform(back, again);
        for (int i = 0; i < mfcc.Length; i++) Assert.Equal(mfcc[i], again[i], 1e-3);
        if (count == bands) for (int i = 0; i < back.Length; i++) Assert.Equal(logMel[i], back[i], 1e-3);
        // Least squares: what is missing is orthogonal to what is there.
        else Assert.Equal(0, logMel.Zip(back, (x, y) => (x - y) * (double)y).Sum() / back.Sum(y => (double)y * y), 1e-4);
        Assert.Throws<ArgumentException>(() => cepstrum.Inverse(mfcc, new float[3 * bands - 1]));
        if (count > 1) Assert.Throws<ArgumentException>(() => cepstrum.Inverse(mfcc.AsSpan(1), back));
    }

    [Fact]
    public void A_feature_goes_back_with_the_options_it_was_made_with()
    {
        var signal = new AudioSignal(Noise(4096), 22050);
        var options = MfccOptions.Librosa with { Count = 128 };
        var logMel = AudioFeatures.LogMel(signal);
        var back = AudioFeatures.MfccToLogMel(AudioFeatures.Mfcc(signal, options), options);
        Assert.Equal(("log-mel", 128, logMel.Frames, 22050, 512), (back.Kind, back.Bins, back.Frames, back.SampleRate, back.HopLength));
        for (int i = 0; i < back.Values.Length; i++) Assert.Equal(logMel.Values[i], back.Values[i], 1e-2);
        Assert.Throws<ArgumentException>(() => AudioFeatures.MfccToLogMel(AudioFeatures.Mfcc(signal), options));
    }

    [Fact]
    public void The_transform_is_orthogonal()
    {
        float[] logMel = Noise(64);
        var all = new float[64];
        new Cepstrum(new() { Mel = new() { Bands = 64 }, Count = 64 }).Transform(logMel, all);
        Assert.Equal(logMel.Sum(x => (double)x * x), all.Sum(x => (double)x * x), 0.5);
        var constant = new float[64];
        new Cepstrum(new() { Mel = new() { Bands = 64 }, Count = 64 }).Transform(Enumerable.Repeat(-3f, 64).ToArray(), constant);
        Assert.Equal(-24, constant[0], 1e-4);
        Assert.All(constant[1..], c => Assert.Equal(0, c, 1e-4));
    }

    [Fact]
    public void Zero_frames_in_zero_frames_out_and_NaN_stays_in_its_frame()
    {
        var cepstrum = new Cepstrum();
        cepstrum.Transform([], []);
        float[] logMel = Noise(3 * 128), mfcc = new float[60];
        logMel[128 + 5] = float.NaN;
        cepstrum.Transform(logMel, mfcc);
        Assert.All(mfcc[..20], c => Assert.True(float.IsFinite(c)));
        Assert.All(mfcc[20..40], c => Assert.True(float.IsNaN(c)));
        Assert.All(mfcc[40..], c => Assert.True(float.IsFinite(c)));
    }

    [Fact]
    public void Wrong_numbers_are_refused_with_the_way_out()
    {
        Assert.Contains("mel bands=20 is fewer than the 40 coefficients asked for; lower --n-mfcc to 20 or raise --n-mels",
            Assert.Throws<ArgumentException>(() => new Cepstrum(new() { Mel = new() { Bands = 20 }, Count = 40 })).Message);
        Assert.Contains("n_mfcc=0", Assert.Throws<ArgumentException>(() => new Cepstrum(new() { Count = 0 })).Message);
        Assert.Contains("lifter=-1", Assert.Throws<ArgumentException>(() => new Cepstrum(new() { Lifter = -1 })).Message);
        Assert.Throws<ArgumentException>(() => new Cepstrum().Transform(new float[127], new float[20]));
        Assert.Throws<ArgumentException>(() => new Cepstrum().Transform(new float[128], new float[19]));
    }

    private static float[] Noise(int length)
    {
        var random = new Random(length);
        return [.. Enumerable.Range(0, length).Select(_ => random.NextSingle() * 100 - 80)];
    }
}
