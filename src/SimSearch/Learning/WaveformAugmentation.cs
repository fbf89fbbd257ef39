using System.Numerics.Tensors;
using SimSearch.Datasets;

namespace SimSearch.Learning;

/// <summary>
/// Changes a waveform as rooms, microphones and people do: speed (and with it pitch), time shift, crop, reverberation, gain, noise, in this order. Each part is drawn anew for each
/// copy; the same seed and number give the same samples.
/// </summary>
public sealed record WaveformAugmentation
{
    /// <summary>Speed and pitch together, as a tape does it: the factor is exp of a uniform number up to this, either way; 0 to 0.5. Default 0.1.</summary>
    public double Speed { get; init; } = 0.1;

    /// <summary>Circular shift in time, up to this share of the clip; 0 to 1. Default 0.</summary>
    public double Shift { get; init; }

    /// <summary>Random crop: at most this share of the clip is cut off, from either end; 0 to 0.9. Default 0.</summary>
    public double Crop { get; init; }

    /// <summary>Share of copies with reverberation; 0 to 1. Default 0.5.</summary>
    public double ReverbShare { get; init; } = 0.5;

    /// <summary>Longest reverberation time (to -60 dB), in seconds; the shortest is 0.1 s. Default 0.8.</summary>
    public double ReverbSeconds { get; init; } = 0.8;

    /// <summary>Gain in dB, either way; 0 to 40. Default 6.</summary>
    public double GainDb { get; init; } = 6;

    /// <summary>Share of copies with added white noise; 0 to 1. Default 0.3.</summary>
    public double NoiseShare { get; init; } = 0.3;

    /// <summary>Lowest ratio of signal to noise in dB; the highest is 30 dB more. Default 10.</summary>
    public double MinSnrDb { get; init; } = 10;

    /// <summary>Changes a clip.</summary>
    /// <param name="samples">One channel; at least one sample, finite.</param>
    /// <param name="sampleRate">In Hz.</param>
    /// <param name="seed">Seed.</param>
    /// <param name="number">Which copy; each is another.</param>
    /// <returns>At least one sample.</returns>
    public float[] Apply(ReadOnlySpan<float> samples, int sampleRate, int seed, long number)
    {
        if (samples.Length == 0) throw new ArgumentException("there are no samples to change", nameof(samples));
        Check();
        var random = new SeededRandom((ulong)seed ^ 0x57415645, (ulong)number);
        float[] clip = AtSpeed(samples, Math.Exp(random.Between(-Speed, Speed)));
        clip = Cropped(clip, random);
        Rotate(clip, (int)(random.NextDouble() * Shift * clip.Length));
        if (random.NextDouble() < ReverbShare) AddReverb(clip, random.LogBetween(0.1, Math.Max(0.1001, ReverbSeconds)), sampleRate, random);
        if (random.NextDouble() < NoiseShare) AddNoise(clip, random.Between(MinSnrDb, MinSnrDb + 30), random);
        TensorPrimitives.Multiply(clip, (float)Math.Pow(10, random.Between(-GainDb, GainDb) / 20), clip);
        return clip;
    }

    /// <summary>Plays a clip at another speed, pitch and all, by linear interpolation; factor 2 halves its length.</summary>
    public static float[] AtSpeed(ReadOnlySpan<float> samples, double factor)
    {
        if (!(factor is >= 0.25 and <= 4)) throw new ArgumentOutOfRangeException(nameof(factor), $"speed={factor} must be 0.25 to 4");
        var result = new float[Math.Max(1, (int)(samples.Length / factor))];
        for (int i = 0; i < result.Length; i++)
        {
            double at = i * factor;
            int low = Math.Min((int)at, samples.Length - 1), high = Math.Min(low + 1, samples.Length - 1);
            float share = (float)(at - low);
            result[i] = samples[low] + share * (samples[high] - samples[low]);
        }
        return result;
    }

    /// <summary>Adds white noise at a ratio of signal to noise in dB; silence stays silence.</summary>
    internal static void AddNoise(Span<float> samples, double snrDb, SeededRandom random)
    {
        double power = TensorPrimitives.SumOfSquares(samples) / samples.Length;
        // Uniform noise in [-1, 1) has power 1/3.
        float scale = (float)Math.Sqrt(3 * power * Math.Pow(10, -snrDb / 10));
        for (int i = 0; i < samples.Length; i++) samples[i] += scale * random.Noise();
    }

    /// <summary>
    /// Adds the sound of a room: four parallel feedback combs and two all-passes after Schroeder (1962), delays drawn a little anew for each room, loudness kept.
    /// </summary>
    internal static void AddReverb(Span<float> samples, double seconds, int sampleRate, SeededRandom random)
    {
        double before = TensorPrimitives.SumOfSquares(samples);
        var wet = new float[samples.Length];
        foreach (double milliseconds in (double[])[29.7, 37.1, 41.1, 43.7])
        {
            int delay = Math.Max(1, (int)(milliseconds * random.Between(0.7, 1.3) / 1000 * sampleRate));
            float feedback = (float)Math.Pow(10, -3.0 * delay / sampleRate / seconds);
            var line = new float[delay];
            for (int i = 0, at = 0; i < samples.Length; i++, at = at + 1 == delay ? 0 : at + 1)
            {
                float echo = line[at];
                wet[i] += 0.25f * echo;
                line[at] = samples[i] + feedback * echo + 1e-20f; // keeps denormal numbers out
            }
        }
        foreach (double milliseconds in (double[])[5, 1.7])
        {
            int delay = Math.Max(1, (int)(milliseconds / 1000 * sampleRate));
            const float gain = 0.7f;
            var line = new float[delay];
            for (int i = 0, at = 0; i < wet.Length; i++, at = at + 1 == delay ? 0 : at + 1)
            {
                float held = line[at], input = wet[i] + gain * held;
                wet[i] = held - gain * input;
                line[at] = input;
            }
        }
        float share = (float)random.Between(0.2, 0.8);
        for (int i = 0; i < samples.Length; i++) samples[i] = (1 - share) * samples[i] + share * wet[i];
        double after = TensorPrimitives.SumOfSquares(samples);
        if (after > 0) TensorPrimitives.Multiply(samples, (float)Math.Sqrt(before / after), samples);
    }

    internal void Check()
    {
        static void Range(string name, double value, double low, double high)
        {
            if (!(value >= low && value <= high)) throw new ArgumentOutOfRangeException(name, $"{name}={value} must be {low} to {high}");
        }
        Range(nameof(Speed), Speed, 0, 0.5);
        Range(nameof(Shift), Shift, 0, 1);
        Range(nameof(Crop), Crop, 0, 0.9);
        Range(nameof(ReverbShare), ReverbShare, 0, 1);
        Range(nameof(ReverbSeconds), ReverbSeconds, 0.1, 10);
        Range(nameof(GainDb), GainDb, 0, 40);
        Range(nameof(NoiseShare), NoiseShare, 0, 1);
        Range(nameof(MinSnrDb), MinSnrDb, -20, 60);
    }

    private float[] Cropped(float[] clip, SeededRandom random)
    {
        int cut = (int)(random.NextDouble() * Crop * clip.Length);
        int start = random.Below(cut + 1);
        return cut == 0 ? clip : clip[start..(start + Math.Max(1, clip.Length - cut))];
    }

    private static void Rotate(float[] clip, int by)
    {
        if (by % clip.Length == 0) return;
        float[] copy = [.. clip];
        copy.AsSpan(by).CopyTo(clip);
        copy.AsSpan(0, by).CopyTo(clip.AsSpan(clip.Length - by));
    }
}
