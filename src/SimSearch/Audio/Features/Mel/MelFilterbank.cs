using System.Runtime.Intrinsics;

namespace SimSearch.Audio;

/// <summary>
/// Triangular bands on the mel scale, as rows of weights over the bins of a spectrum. Immutable; safe for use by many threads. The weights
/// agree with librosa.filters.mel within 1e-5 relative (docs/parity.md).
/// </summary>
/// <remarks>
/// Band m rises from edge[m] to edge[m + 1] and falls to edge[m + 2], where the edges are equally spaced on the mel scale; triangles are taken at the
/// exact bin frequencies k * rate / n_fft, not rounded to bins. A band narrower than a bin may hold no bin at all and is then always 0: use fewer bands or a longer n_fft.
/// </remarks>
public sealed unsafe class MelFilterbank
{
    private readonly (int Start, int Length, int Offset)[] rows;
    private readonly AlignedBuffer<float> weights;

    /// <summary>Makes the weights.</summary>
    /// <param name="options">Bands, scale and the transform they are for; null: librosa's defaults.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public MelFilterbank(MelOptions? options = null)
    {
        Options = options ?? MelOptions.Librosa;
        Options.Check();
        Bins = Options.Stft.Bins;
        rows = new (int, int, int)[Bands];
        double[] edges = Edges(Options);
        var all = new List<float>();
        for (int band = 0; band < Bands; band++)
        {
            double[] row = Triangle(edges[band], edges[band + 1], edges[band + 2], out int start);
            // Whole registers, zeros around the triangle, where the spectrum is long enough for that.
            int whole = (row.Length + Vector256<float>.Count - 1) / Vector256<float>.Count * Vector256<float>.Count;
            int length = whole <= Bins ? whole : row.Length;
            int from = Math.Min(start, Bins - length);
            rows[band] = (from, length, all.Count);
            all.AddRange(new float[start - from]);
            all.AddRange(row.Select(w => (float)w));
            all.AddRange(new float[length - row.Length - (start - from)]);
        }
        weights = new(all.Count + 1);
        all.CopyTo(weights.Span);
    }

    /// <summary>What the filterbank was made from.</summary>
    public MelOptions Options { get; }

    /// <summary>Number of bands.</summary>
    public int Bands => Options.Bands;

    /// <summary>Bins of the spectra it takes: n_fft / 2 + 1.</summary>
    public int Bins { get; }

    /// <summary>Mel of a frequency in Hz.</summary>
    public static double ToMel(double hertz, MelScale scale) => scale switch
    {
        MelScale.Htk => 2595 * Math.Log10(1 + hertz / 700),
        _ => hertz < 1000 ? hertz * 3 / 200 : 15 + Math.Log(hertz / 1000) * 27 / Math.Log(6.4),
    };

    /// <summary>Frequency in Hz of a mel.</summary>
    public static double ToHertz(double mel, MelScale scale) => scale switch
    {
        MelScale.Htk => 700 * (Math.Pow(10, mel / 2595) - 1),
        _ => mel < 15 ? mel * 200 / 3 : 1000 * Math.Exp((mel - 15) * Math.Log(6.4) / 27),
    };

    /// <summary>The weights as a matrix [bands x bins], row-major, zeros included.</summary>
    public float[] ToDense()
    {
        var dense = new float[checked(Bands * Bins)];
        for (int band = 0; band < Bands; band++)
            weights.Span.Slice(rows[band].Offset, rows[band].Length).CopyTo(dense.AsSpan(band * Bins + rows[band].Start));
        return dense;
    }

    /// <summary>The band values of one spectrum: each band's sum of weight * value.</summary>
    /// <param name="spectrum">[bins]: magnitudes raised to <see cref="MelOptions.Power"/>.</param>
    /// <param name="mel">Receives [bands]; may not overlap <paramref name="spectrum"/>.</param>
    /// <exception cref="ArgumentException">A span has the wrong length.</exception>
    public void Apply(ReadOnlySpan<float> spectrum, Span<float> mel)
    {
        if (spectrum.Length != Bins) throw new ArgumentException($"the spectrum has {spectrum.Length} bins where the filterbank was made for {Bins}", nameof(spectrum));
        if (mel.Length != Bands) throw new ArgumentException($"mel has {mel.Length} places where the filterbank has {Bands} bands", nameof(mel));
        fixed (float* from = spectrum)
        fixed (float* to = mel) Apply(from, to);
    }

    /// <summary>As the public one, unchecked, on memory that the caller pins.</summary>
    internal void Apply(float* spectrum, float* mel)
    {
        for (int band = 0; band < rows.Length; band++)
        {
            var (start, length, offset) = rows[band];
            float* x = spectrum + start, w = weights.Pointer + offset;
            var sums = Vector256<float>.Zero;
            int i = 0;
            for (; i <= length - Vector256<float>.Count; i += Vector256<float>.Count)
                sums = Vector256.MultiplyAddEstimate(Vector256.Load(x + i), Vector256.Load(w + i), sums);
            float sum = Vector256.Sum(sums);
            for (; i < length; i++) sum += x[i] * w[i];
            mel[band] = sum;
        }
        GC.KeepAlive(this);
    }

    /// <summary>[bands + 2] edges in Hz, equally spaced in mel.</summary>
    private static double[] Edges(MelOptions options)
    {
        double low = ToMel(options.MinFrequency, options.Scale), high = ToMel(options.TopFrequency, options.Scale);
        return [.. Enumerable.Range(0, options.Bands + 2).Select(i => ToHertz(low + (high - low) * i / (options.Bands + 1), options.Scale))];
    }

    /// <summary>The weights above 0 of one band, and the bin where they start.</summary>
    private double[] Triangle(double lower, double centre, double upper, out int start)
    {
        double Axis(double hertz) => Options.Triangles == MelTriangles.Mel ? ToMel(hertz, Options.Scale) : hertz;
        double scale = Options.Norm == MelNorm.Slaney ? 2 / (upper - lower) : 1;
        double binWidth = (double)Options.Stft.SampleRate / Options.Stft.FftLength;
        double Weight(int bin)
        {
            double at = Axis(bin * binWidth);
            return scale * Math.Min((at - Axis(lower)) / (Axis(centre) - Axis(lower)), (Axis(upper) - at) / (Axis(upper) - Axis(centre)));
        }
        start = (int)Math.Floor(lower / binWidth);
        while (start < Bins - 1 && start * binWidth < upper && Weight(start) <= 0) start++;
        var row = new List<double>();
        for (int bin = start; bin < Bins && Weight(bin) is > 0 and var weight; bin++) row.Add(weight);
        return [.. row];
    }
}
