using System.Numerics.Tensors;
using SimSearch.Audio;

namespace SimSearch.Learning;

/// <summary>
/// A mel filter bank whose frequency axis is stretched or squeezed, as a longer or shorter vocal tract would do it. Every band's weights sum to 1, so
/// that a band's value is a mean power. Immutable; safe for use by many threads.
/// </summary>
/// <remarks>
/// Edges as in <see cref="MelFilterbank"/>; then each edge e becomes e w up to a knee and runs linearly to half the sample rate behind it, so that nothing is moved past the end: with
/// nyq half the rate, F = 0.85 nyq and k = F min(w, 1) / w, e' = e w for e &lt;= k, else nyq - (nyq - F min(w, 1)) / (nyq - k) (nyq - e) (vocal-tract-length perturbation, Jaitly and Hinton 2013).
/// A band too narrow to hold a bin takes the bin nearest to its centre. Factor 1 is the plain filter bank with <see cref="MelNorm.None"/>, each row divided by its sum.
/// </remarks>
public sealed class WarpedMelBank
{
    private const double KneeShare = 0.85;

    private readonly (int Start, float[] Weights)[] rows;

    /// <summary>Makes the weights.</summary>
    /// <param name="options">Bands, scale and transform; <see cref="MelOptions.Norm"/> is not used, the weights sum to 1. Triangles must be straight in Hz.</param>
    /// <param name="factor">Stretch of the frequency axis, 0.5 to 2; 1 leaves it alone.</param>
    /// <exception cref="ArgumentException">An option or the factor is out of its range.</exception>
    public WarpedMelBank(MelOptions options, double factor = 1)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Check();
        if (options.Triangles != MelTriangles.Hertz) throw new ArgumentException("a warped filter bank has triangles that are straight in Hz; set MelOptions.Triangles to Hertz", nameof(options));
        if (!(factor is >= 0.5 and <= 2)) throw new ArgumentOutOfRangeException(nameof(factor), $"warp factor={factor} must be 0.5 to 2");
        Factor = factor;
        Bins = options.Stft.Bins;
        double rate = options.Stft.SampleRate, nyquist = rate / 2, binWidth = rate / options.Stft.FftLength;
        double low = MelFilterbank.ToMel(options.MinFrequency, options.Scale), high = MelFilterbank.ToMel(options.TopFrequency, options.Scale);
        double[] edges = [.. Enumerable.Range(0, options.Bands + 2).Select(i => Warp(MelFilterbank.ToHertz(low + (high - low) * i / (options.Bands + 1), options.Scale), nyquist, factor))];
        rows = [.. Enumerable.Range(0, options.Bands).Select(b => Row(edges[b], edges[b + 1], edges[b + 2], binWidth))];
    }

    /// <summary>Stretch of the frequency axis.</summary>
    public double Factor { get; }

    /// <summary>Number of bands.</summary>
    public int Bands => rows.Length;

    /// <summary>Bins of the spectra it takes: n_fft / 2 + 1.</summary>
    public int Bins { get; }

    /// <summary>The mean power of each band.</summary>
    /// <param name="power">[bins] of a power spectrum.</param>
    /// <param name="bands">Receives [bands].</param>
    public void Apply(ReadOnlySpan<float> power, Span<float> bands)
    {
        for (int b = 0; b < rows.Length; b++)
        {
            var (start, weights) = rows[b];
            bands[b] = TensorPrimitives.Dot(power.Slice(start, weights.Length), weights);
        }
    }

    /// <summary>The weights as a matrix [bands x bins], row-major, zeros included.</summary>
    public float[] ToDense()
    {
        var dense = new float[Bands * Bins];
        for (int b = 0; b < rows.Length; b++) rows[b].Weights.CopyTo(dense.AsSpan(b * Bins + rows[b].Start));
        return dense;
    }

    private static double Warp(double edge, double nyquist, double factor)
    {
        double top = KneeShare * nyquist * Math.Min(factor, 1), knee = top / factor;
        return edge <= knee ? edge * factor : nyquist - (nyquist - top) / (nyquist - knee) * (nyquist - edge);
    }

    private (int, float[]) Row(double lower, double centre, double upper, double binWidth)
    {
        int first = -1;
        var weights = new List<double>();
        for (int bin = Math.Max(0, (int)(lower / binWidth)); bin < Bins && bin * binWidth < upper; bin++)
        {
            double at = bin * binWidth, weight = Math.Min((at - lower) / (centre - lower), (upper - at) / (upper - centre));
            if (weight <= 0) continue;
            if (first < 0) first = bin;
            weights.Add(weight);
        }
        if (first < 0) return (Math.Clamp((int)Math.Round(centre / binWidth), 0, Bins - 1), [1]);
        double sum = weights.Sum();
        return (first, [.. weights.Select(w => (float)(w / sum))]);
    }
}
