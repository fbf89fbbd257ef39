using System.Numerics.Tensors;

namespace SimSearch.Audio;

/// <summary>
/// Peaks and valleys of octave bands of a magnitude spectrum: the means of each band's largest and smallest values. Immutable.
/// Jiang et al. 2002, in librosa's variant.
/// </summary>
internal sealed class SpectralContrast
{
    private readonly (int Start, int Length, int Count)[] bands;

    public SpectralContrast(ContrastOptions options, StftOptions stft)
    {
        options.Check(stft.SampleRate);
        bands = new (int, int, int)[options.Bands + 1];
        double binWidth = (double)stft.SampleRate / stft.FftLength;
        for (int band = 0; band <= options.Bands; band++)
        {
            double low = band == 0 ? 0 : options.MinFrequency * Math.Pow(2, band - 1), high = options.MinFrequency * Math.Pow(2, band);
            int first = 0, end = stft.Bins;
            while (first < stft.Bins && first * binWidth < low) first++;
            if (band < options.Bands)
            {
                end = first;
                while (end < stft.Bins && end * binWidth <= high) end++;
            }
            // As librosa has it: all bands but the lowest take the bin below, the share is counted, then all but the highest lose their top bin.
            if (band > 0) first--;
            int count = Math.Max(1, (int)Math.Round(options.Quantile * (end - first)));
            if (band < options.Bands) end--;
            if (end <= first) throw new ArgumentException($"contrast band {band} ({low} to {high} Hz) holds no bin of {binWidth:F1} Hz; raise n_fft={stft.FftLength} or the contrast's fmin={options.MinFrequency} Hz");
            bands[band] = (first, end - first, Math.Min(count, end - first));
        }
    }

    /// <summary>Values per frame.</summary>
    public int Bands => bands.Length;

    /// <summary>The mean of the largest and of the smallest values of each band.</summary>
    public void PeaksAndValleys(ReadOnlySpan<float> magnitude, Span<float> peaks, Span<float> valleys)
    {
        for (int band = 0; band < bands.Length; band++)
        {
            var (start, length, count) = bands[band];
            var values = magnitude.Slice(start, length);
            if (count == 1)
            {
                peaks[band] = TensorPrimitives.Max(values);
                valleys[band] = TensorPrimitives.Min(values);
                continue;
            }
            peaks[band] = Extremes.MeanOfLargest(values, count);
            valleys[band] = Extremes.MeanOfSmallest(values, count);
        }
    }
}
