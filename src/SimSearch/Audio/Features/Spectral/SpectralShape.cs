using System.Numerics.Tensors;

namespace SimSearch.Audio;

/// <summary>Single numbers that describe a magnitude spectrum, as librosa.feature.spectral_* define them. Holds scratch memory: one object serves one thread at a time.</summary>
internal sealed class SpectralShape(StftOptions stft, double rollPercent)
{
    private const double FlatnessFloor = 1e-10;
    private readonly float[] frequencies = [.. Enumerable.Range(0, stft.Bins).Select(k => (float)((double)k * stft.SampleRate / stft.FftLength))];
    private readonly float[] scratch = new float[stft.Bins];

    /// <summary>The mean frequency, weighted by magnitude, in Hz; 0 for silence.</summary>
    public float Centroid(ReadOnlySpan<float> magnitude)
    {
        float total = TensorPrimitives.Sum(magnitude);
        return total == 0 ? 0 : TensorPrimitives.Dot(magnitude, frequencies) / total;
    }

    /// <summary>The standard deviation of frequency around the centroid, weighted by magnitude, in Hz; 0 for silence.</summary>
    public float Bandwidth(ReadOnlySpan<float> magnitude, float centroid)
    {
        float total = TensorPrimitives.Sum(magnitude);
        if (total == 0) return 0;
        TensorPrimitives.Subtract(frequencies, centroid, scratch);
        TensorPrimitives.Multiply(scratch, scratch, scratch);
        return MathF.Sqrt(TensorPrimitives.Dot(scratch, magnitude) / total);
    }

    /// <summary>The frequency of the first bin at which the running sum of magnitudes reaches its share of the total, in Hz.</summary>
    public float Rolloff(ReadOnlySpan<float> magnitude)
    {
        const int Block = 64;
        double total = 0;
        for (int i = 0; i < magnitude.Length; i += Block) total += TensorPrimitives.Sum(magnitude[i..Math.Min(i + Block, magnitude.Length)]);
        if (!double.IsFinite(total)) return float.NaN;
        double goal = rollPercent * total, sum = 0;
        int at = 0;
        for (; at + Block < magnitude.Length; at += Block)
        {
            double next = sum + TensorPrimitives.Sum(magnitude.Slice(at, Block));
            if (next >= goal) break;
            sum = next;
        }
        for (; at < magnitude.Length - 1; at++)
            if ((sum += magnitude[at]) >= goal) break;
        return frequencies[at];
    }

    /// <summary>Geometric over arithmetic mean of the powers, each at least 1e-10: 1 for noise and for silence, towards 0 for tones.</summary>
    public float Flatness(ReadOnlySpan<float> power)
    {
        TensorPrimitives.Max(power, (float)FlatnessFloor, scratch);
        double mean = TensorPrimitives.Sum(scratch) / (double)scratch.Length;
        TensorPrimitives.Log2(scratch, scratch);
        double meanLog = TensorPrimitives.Sum(scratch) / (double)scratch.Length;
        return (float)(Math.Pow(2, meanLog) / mean);
    }
}
