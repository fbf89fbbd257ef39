using System.Numerics.Tensors;

namespace SimSearch.Audio;

/// <summary>Tonal centroids: chroma projected onto the circles of fifths, minor and major thirds.</summary>
public static class Tonnetz
{
    /// <summary>Values per frame.</summary>
    public const int Dimensions = 6;

    /// <summary>The tonal centroids of chroma frames, each first divided by the sum of its values; zero frames give zeros.</summary>
    /// <param name="chroma">[frames x bins], row-major.</param>
    /// <param name="bins">Pitch classes an octave, 1 or more.</param>
    /// <param name="tonnetz">Receives [frames x 6]: fifths x, y, minor thirds x, y, major thirds x, y.</param>
    /// <exception cref="ArgumentException">A length is wrong.</exception>
    /// <remarks>Same as librosa.feature.tonnetz within 1e-4, with the chroma of the STFT instead of a constant-Q transform. Harte, Sandler and Gasser 2006.</remarks>
    public static void Compute(ReadOnlySpan<float> chroma, int bins, Span<float> tonnetz)
    {
        if (bins < 1 || chroma.Length % bins != 0) throw new ArgumentException($"{chroma.Length} values cannot be rows of {bins} bins", nameof(bins));
        int frames = chroma.Length / bins;
        if (tonnetz.Length != frames * Dimensions) throw new ArgumentException($"tonnetz has {tonnetz.Length} places where {frames} frames need {frames * Dimensions}", nameof(tonnetz));
        ReadOnlySpan<double> steps = [7.0 / 6, 3.0 / 2, 2.0 / 3], radii = [1, 1, 0.5];
        var basis = new float[Dimensions * bins];
        for (int d = 0; d < Dimensions; d++)
            for (int i = 0; i < bins; i++)
                basis[d * bins + i] = (float)(radii[d / 2] * Math.Cos(Math.PI * (steps[d / 2] * 12 * i / bins - (d % 2 == 0 ? 0.5 : 0))));
        for (int frame = 0; frame < frames; frame++)
        {
            var row = chroma.Slice(frame * bins, bins);
            float sum = TensorPrimitives.SumOfMagnitudes(row);
            for (int d = 0; d < Dimensions; d++)
                tonnetz[frame * Dimensions + d] = sum == 0 ? 0 : TensorPrimitives.Dot(row, basis.AsSpan(d * bins, bins)) / sum;
        }
    }
}
