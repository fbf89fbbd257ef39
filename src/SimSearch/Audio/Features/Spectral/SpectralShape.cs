using System.Numerics.Tensors;

namespace SimSearch.Audio;

/// <summary>Single numbers that describe a magnitude spectrum, as librosa.feature.spectral_* define them. Holds scratch memory: one object serves one thread at a time.</summary>
internal sealed class SpectralShape(StftOptions stft, double rollPercent)
{
    private const float FlatnessFloor = 1e-10f;
    private readonly float[] frequencies = [.. Enumerable.Range(0, stft.Bins).Select(k => (float)((double)k * stft.SampleRate / stft.FftLength))];
    private readonly float[] scratch = new float[stft.Bins];

    /// <summary>The mean frequency, weighted by magnitude, in Hz; 0 for silence.</summary>
    public float Centroid(ReadOnlySpan<float> magnitude)
    {
        double total = BlockSums.Sum(magnitude);
        return total == 0 ? 0 : (float)(BlockSums.Dot(magnitude, frequencies) / total);
    }

    /// <summary>The standard deviation of frequency around the centroid, weighted by magnitude, in Hz; 0 for silence.</summary>
    public float Bandwidth(ReadOnlySpan<float> magnitude, float centroid)
    {
        double total = BlockSums.Sum(magnitude);
        if (total == 0) return 0;
        TensorPrimitives.Subtract(frequencies, centroid, scratch);
        TensorPrimitives.Multiply(scratch, scratch, scratch);
        return (float)Math.Sqrt(BlockSums.Dot(scratch, magnitude) / total);
    }

    /// <summary>The frequency of the first bin at which the running sum of magnitudes reaches its share of the total, in Hz.</summary>
    public float Rolloff(ReadOnlySpan<float> magnitude)
    {
        double total = BlockSums.Sum(magnitude);
        return double.IsFinite(total) ? frequencies[BlockSums.FirstReaching(magnitude, rollPercent * total)] : float.NaN;
    }

    /// <summary>Geometric over arithmetic mean of the powers, each at least 1e-10: 1 for noise and for silence, towards 0 for tones.</summary>
    public float Flatness(ReadOnlySpan<float> power)
    {
        TensorPrimitives.Max(power, FlatnessFloor, scratch);
        float mean = (float)(BlockSums.Sum(scratch) / scratch.Length);
        // Logarithms of the ratios to the mean: near 0 for flat spectra, where their rounding would show most.
        TensorPrimitives.Divide(scratch, mean, scratch);
        TensorPrimitives.Log2(scratch, scratch);
        return (float)Math.Pow(2, BlockSums.Sum(scratch) / scratch.Length);
    }
}
