using System.Numerics.Tensors;
using System.Runtime.Intrinsics;

namespace SimSearch.Audio;

/// <summary>The DCT-II and lifter that turn logarithmic mel spectra into cepstral coefficients. Immutable; safe for use by many threads.</summary>
public sealed unsafe class Cepstrum
{
    private readonly float[] rows;
    private readonly int bands, count;

    /// <summary>Makes the table.</summary>
    /// <param name="options">Number of coefficients and bands, convention, lifter; null: librosa's defaults.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public Cepstrum(MfccOptions? options = null)
    {
        Options = options ?? MfccOptions.Librosa;
        Options.Check();
        (bands, count) = (Options.Mel.Bands, Options.Count);
        rows = new float[count * bands];
        for (int n = 0; n < count; n++)
            for (int band = 0; band < bands; band++)
                rows[n * bands + band] = (float)(Scale(n) * Math.Cos(Math.PI * n * (band + 0.5) / bands));
    }

    /// <summary>What the table was made from.</summary>
    public MfccOptions Options { get; }

    /// <summary>Mel-frequency cepstral coefficients of a logarithmic mel spectrogram.</summary>
    /// <param name="logMel">[frames x bands], row-major; the length must be a multiple of the number of bands.</param>
    /// <param name="mfcc">Receives [frames x count]; may not overlap <paramref name="logMel"/>.</param>
    /// <exception cref="ArgumentException">A length is wrong.</exception>
    /// <remarks>
    /// c[n] = lifter[n] scale[n] sum over bands m of logMel[m] cos(pi n (m + 1/2) / bands). Zero frames in, zero frames out; NaN in a frame gives NaN in that
    /// frame only. Agrees with librosa.feature.mfcc within 1e-2 (largest seen: docs/parity.md). Davis and Mermelstein 1980.
    /// </remarks>
    public void Transform(ReadOnlySpan<float> logMel, Span<float> mfcc)
    {
        int frames = logMel.Length / bands;
        if (logMel.Length != frames * bands) throw new ArgumentException($"{logMel.Length} values cannot be frames of {bands} bands", nameof(logMel));
        if (mfcc.Length != frames * count) throw new ArgumentException($"mfcc has {mfcc.Length} places where {frames} frames of {count} coefficients need {frames * count}", nameof(mfcc));
        fixed (float* from = logMel, table = rows, to = mfcc)
            for (int frame = 0; frame < frames; frame++)
            {
                int n = 0;
                for (; n <= count - 4; n += 4) FourDots(from + frame * bands, table + n * bands, bands, to + frame * count + n);
                for (; n < count; n++) to[frame * count + n] = TensorPrimitives.Dot(new ReadOnlySpan<float>(from + frame * bands, bands), rows.AsSpan(n * bands, bands));
            }
    }

    /// <summary>The logarithmic mel spectrogram that coefficients stand for: what they keep of the one they were taken from, its smooth shape over frequency.</summary>
    /// <param name="mfcc">[frames x count], row-major; the length must be a multiple of the number of coefficients.</param>
    /// <param name="logMel">Receives [frames x bands]; may not overlap <paramref name="mfcc"/>.</param>
    /// <exception cref="ArgumentException">A length is wrong.</exception>
    /// <remarks>
    /// The least-squares answer: logMel[m] = sum over n of c[n] / (lifter[n] scale[n]) w[n] cos(pi n (m + 1/2) / bands), w[0] = 1 / bands and w[n] = 2 / bands. With as many coefficients
    /// as bands it undoes <see cref="Transform"/>; a coefficient that the lifter has made 0 counts as 0. librosa.feature.inverse.mfcc_to_mel before it leaves the decibels.
    /// </remarks>
    public void Inverse(ReadOnlySpan<float> mfcc, Span<float> logMel)
    {
        int frames = mfcc.Length / count;
        if (mfcc.Length != frames * count) throw new ArgumentException($"{mfcc.Length} values cannot be frames of {count} coefficients", nameof(mfcc));
        if (logMel.Length != frames * bands) throw new ArgumentException($"logMel has {logMel.Length} places where {frames} frames of {bands} bands need {frames * bands}", nameof(logMel));
        logMel.Clear();
        for (int n = 0; n < count; n++)
        {
            // rows[n] is scale * cos: dividing by scale twice leaves cos / scale.
            double scale = Scale(n), weight = (n == 0 ? 1.0 : 2.0) / bands / (scale * scale);
            if (Math.Abs(scale) < 1e-9) continue;
            for (int frame = 0; frame < frames; frame++)
            {
                var to = logMel.Slice(frame * bands, bands);
                TensorPrimitives.MultiplyAdd(rows.AsSpan(n * bands, bands), (float)(mfcc[frame * count + n] * weight), to, to);
            }
        }
    }

    /// <summary>The products of one vector with four rows of a table: the vector is loaded once for all four.</summary>
    private static void FourDots(float* x, float* rows, int length, float* to)
    {
        float* row1 = rows + length, row2 = row1 + length, row3 = row2 + length;
        Vector256<float> a = default, b = default, c = default, d = default;
        int i = 0;
        for (; i <= length - Vector256<float>.Count; i += Vector256<float>.Count)
        {
            var value = Vector256.Load(x + i);
            a = Vector256.MultiplyAddEstimate(value, Vector256.Load(rows + i), a);
            b = Vector256.MultiplyAddEstimate(value, Vector256.Load(row1 + i), b);
            c = Vector256.MultiplyAddEstimate(value, Vector256.Load(row2 + i), c);
            d = Vector256.MultiplyAddEstimate(value, Vector256.Load(row3 + i), d);
        }
        (to[0], to[1], to[2], to[3]) = (Vector256.Sum(a), Vector256.Sum(b), Vector256.Sum(c), Vector256.Sum(d));
        for (; i < length; i++)
        {
            to[0] += x[i] * rows[i];
            to[1] += x[i] * row1[i];
            to[2] += x[i] * row2[i];
            to[3] += x[i] * row3[i];
        }
    }

    private double Scale(int n)
    {
        double scale = Math.Sqrt((n == 0 && Options.Convention != CepstrumConvention.Htk ? 1.0 : 2.0) / bands);
        double place = Options.Convention == CepstrumConvention.Librosa ? n + 1 : n;
        return Options.Lifter == 0 ? scale : scale * (1 + Options.Lifter / 2 * Math.Sin(Math.PI * place / Options.Lifter));
    }
}
