using SimSearch.Audio;
using SimSearch.Tests.Support;

namespace SimSearch.Tests;

/// <summary>The fast resampler against its definition, written plainly, and what holds for every ratio and every length.</summary>
public sealed class ResamplerTests
{
    public static TheoryData<int, int> Ratios => new()
    {
        { 2, 1 }, { 1, 2 }, { 3, 1 }, { 1, 3 }, { 4, 1 }, { 6, 1 }, { 3, 2 }, { 2, 3 }, { 5, 7 }, { 7, 5 }, { 16, 17 }, { 44100, 16000 }, { 48000, 22050 },
        { 8000, 22050 }, { 44100, 48000 }, { 22050, 16001 }, { 16001, 22050 }, { 44100, 1000 }, { 1000, 44100 }, { 44101, 44100 },
    };

    [Theory]
    [MemberData(nameof(Ratios))]
    public void Fast_code_equals_the_definition(int from, int to)
    {
        var random = new Random(from + to);
        foreach (int lanes in (int[])[8, 16])
        {
            var bank = new FilterBank(from, to, lanes);
            foreach (int length in (int[])[1, 2, 17, 300, 5000])
            {
                float[] input = Noise(length, random), fast = Run(bank, input, 8192);
                int step = Math.Max(1, fast.Length / 200);
                for (int k = 0; k < fast.Length; k += step) Assert.Equal(Twin(input, from, to, k), fast[k], 4e-6);
            }
        }
    }

    /// <summary>The slow, readable twin: output k is the sum over all inputs of input times filter at their distance in time, in double precision.</summary>
    private static double Twin(float[] input, int from, int to, long k)
    {
        double lower = Math.Min(1.0, (double)to / from);
        double reach = Math.Ceiling((110 - 7.95) / (2.285 * Math.PI * 0.1 * lower) / 2 / 8) * 8;
        double time = (double)(k * from) / to, sum = 0, gain = 0;
        for (int n = (int)Math.Floor(time - reach); n <= Math.Ceiling(time + reach); n++)
        {
            double distance = time - n;
            if (Math.Abs(distance) >= reach) continue;
            double x = Math.PI * 0.95 * lower * distance;
            double tap = (x == 0 ? 1 : Math.Sin(x) / x) * Bessel(0.1102 * (110 - 8.7) * Math.Sqrt(1 - Math.Pow(distance / reach, 2)));
            gain += tap;
            if (n >= 0 && n < input.Length) sum += tap * input[n];
        }
        return sum / gain;
    }

    private static double Bessel(double x)
    {
        double sum = 0, term = 1;
        for (int k = 1; k < 60; k++)
        {
            sum += term;
            term *= x * x / 4 / k / k;
        }
        return sum;
    }

    [Theory]
    [MemberData(nameof(Ratios))]
    public void Blocks_of_any_size_give_the_same_bits(int from, int to)
    {
        float[] input = Noise(3000, new Random(1));
        var bank = new FilterBank(from, to, 16);
        float[] whole = Run(bank, input, 8192);
        foreach (int block in (int[])[1, 7, 1000]) Assert.Equal(whole, Run(bank, input, block));
    }

    private static float[] Run(FilterBank bank, float[] input, int block)
    {
        var output = new float[Resampler.OutputLength(input.Length, bank)];
        using var stream = new ResampleStream(bank, block);
        int done = 0;
        for (int at = 0; at < input.Length;)
        {
            int count = Math.Min(Math.Min(block, stream.Free.Length), input.Length - at);
            input.AsSpan(at, count).CopyTo(stream.Free);
            stream.Advance(count);
            at += count;
            done += stream.Drain(output.AsSpan(done));
        }
        Assert.Equal(output.Length, done + stream.Finish(output.AsSpan(done)));
        return output;
    }

    [Fact]
    public void It_is_linear_and_silence_stays_silence()
    {
        var random = new Random(2);
        float[] a = Noise(5000, random), b = Noise(5000, random), sum = [.. a.Zip(b, (x, y) => x + 2 * y)];
        float[] ra = Resampler.Resample(a, 44100, 16000), rb = Resampler.Resample(b, 44100, 16000), rs = Resampler.Resample(sum, 44100, 16000);
        for (int i = 0; i < rs.Length; i++) Assert.Equal(ra[i] + 2 * rb[i], rs[i], 5e-6f);
        Assert.All(Resampler.Resample(new float[5000], 44100, 16000), s => Assert.Equal(0f, s));
    }

    [Fact]
    public void Up_and_down_again_gives_the_signal_back()
    {
        float[] tone = [.. Enumerable.Range(0, 8000).Select(i => (float)Math.Sin(i * 0.7))];
        float[] back = Resampler.Resample(Resampler.Resample(tone, 8000, 22050), 22050, 8000);
        Assert.Equal(tone.Length, back.Length);
        for (int i = 500; i < 7500; i++) Assert.Equal(tone[i], back[i], 2e-5f);
    }

    [Fact]
    public void What_is_not_finite_stays_where_it_is()
    {
        float[] input = Noise(20000, new Random(3)), clean = Resampler.Resample(input, 44100, 22050);
        input[10000] = float.NaN;
        float[] output = Resampler.Resample(input, 44100, 22050);
        Assert.True(float.IsNaN(output[5000]));
        for (int i = 0; i < output.Length; i++)
            if (Math.Abs(i - 5000) > 100) Assert.Equal(clean[i], output[i]);
    }

    [Fact]
    public void Every_channel_is_resampled_by_itself()
    {
        float[] left = Noise(1000, new Random(4)), right = Noise(1000, new Random(5));
        var both = Resampler.Resample(new AudioSignal([.. left, .. right], 48000, 2), 16000);
        Assert.Equal((16000, 2, 334), (both.SampleRate, both.Channels, both.Frames));
        Assert.Equal(Resampler.Resample(left, 48000, 16000), both.Channel(0).ToArray());
        Assert.Equal(Resampler.Resample(right, 48000, 16000), both.Channel(1).ToArray());
        Assert.Same(both, Resampler.Resample(both, 16000));
    }

    [Fact]
    public void Threads_share_filters()
    {
        float[] input = Noise(4000, new Random(6));
        var results = new float[16][];
        Parallel.For(0, results.Length, i => results[i] = Resampler.Resample(input, 8000 * (1 + i % 4), 20000));
        for (int i = 4; i < results.Length; i++) Assert.Equal(results[i % 4], results[i]);
    }

    [Fact]
    public void Nothing_is_allocated_per_call_or_block()
    {
        float[] input = Noise(200_000, new Random(7)), output = new float[100_000];
        Assert.InRange(Allocations.Least(() => Resampler.Resample(input, 44100, 22050, output)), 0, 200); // the stream object itself
    }

    [Fact]
    public void Wrong_arguments_are_refused_with_the_value()
    {
        float[] ten = new float[10];
        Assert.Contains("sample rate=0 Hz", Assert.Throws<ArgumentOutOfRangeException>(() => Resampler.Resample(ten, 0, 8000)).Message);
        Assert.Contains("sample rate=800000 Hz", Assert.Throws<ArgumentOutOfRangeException>(() => Resampler.Resample(ten, 8000, 800_000)).Message);
        Assert.Contains("two steps", Assert.Throws<ArgumentOutOfRangeException>(() => Resampler.Resample(ten, 768_000, 100)).Message);
        Assert.Contains("20 are needed", Assert.Throws<ArgumentException>(() => Resampler.Resample(ten, 8000, 16000, ten)).Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => Resampler.Resample(new float[10_000], 1, 768_000));
        Assert.Throws<ArgumentOutOfRangeException>(() => Resampler.OutputLength(-1, 8000, 8000));
    }

    [Fact]
    public void The_widest_ratios_work()
    {
        Assert.Equal(768_000, Resampler.Resample([1f], 1, 768_000).Length);
        Assert.Single(Resampler.Resample(new float[4096], 409_600, 100));
    }

    private static float[] Noise(int length, Random random) => [.. Enumerable.Range(0, length).Select(_ => (float)random.NextDouble() * 2 - 1)];
}
