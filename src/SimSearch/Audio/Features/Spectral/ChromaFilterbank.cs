using System.Numerics.Tensors;

namespace SimSearch.Audio;

/// <summary>Gathers the power of a spectrum into pitch classes. Immutable; safe for use by many threads. Agrees with librosa.filters.chroma within 1e-4 relative (docs/parity.md).</summary>
/// <remarks>
/// A bin's weight in a pitch class is a Gaussian of their distance in semitones with the bin's own width; the weights of a bin have unit
/// length and are then scaled by a Gaussian over octaves. D. Ellis, "Chroma feature analysis and synthesis" (2007).
/// </remarks>
public sealed class ChromaFilterbank
{
    private readonly float[] rows;
    private readonly int bins;

    /// <summary>Makes the weights.</summary>
    /// <param name="options">Pitch classes, tuning and octave weight; null: librosa's defaults with tuning 0.</param>
    /// <param name="stft">The transform they are for; null: librosa's defaults.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public ChromaFilterbank(ChromaOptions? options = null, StftOptions? stft = null)
    {
        Options = options ?? ChromaOptions.Librosa;
        stft ??= StftOptions.Librosa;
        Options.Check();
        stft.Check();
        bins = stft.Bins;
        int count = Options.Bins;
        double reference = 440 * Math.Pow(2, Options.Tuning / count) / 16;
        double Pitch(int bin) => count * Math.Log2(bin * (double)stft.SampleRate / stft.FftLength / reference);
        // Bin 0 has no pitch: it is put one and a half octaves below bin 1, so that it weighs next to nothing.
        double Place(int bin) => bin == 0 ? Pitch(1) - 1.5 * count : Pitch(bin);
        rows = new float[count * bins];
        var weights = new double[count];
        double halfOctave = Math.Round(count / 2.0);
        for (int bin = 0; bin < bins; bin++)
        {
            double place = Place(bin), width = Math.Max(1, Place(bin + 1) - place);
            for (int chroma = 0; chroma < count; chroma++)
            {
                double distance = place - chroma + halfOctave + 10 * count;
                distance -= Math.Floor(distance / count) * count + halfOctave;
                weights[chroma] = Math.Exp(-2 * (distance / width) * (distance / width));
            }
            double length = Math.Sqrt(weights.Sum(w => w * w));
            double octave = (place / count - Options.CentreOctave) / (Options.OctaveWidth ?? double.PositiveInfinity);
            double scale = Math.Exp(-0.5 * octave * octave) / length;
            int shift = Options.BaseC ? 3 * (count / 12) : 0;
            for (int chroma = 0; chroma < count; chroma++)
                rows[(chroma - shift + count) % count * bins + bin] = (float)(weights[chroma] * scale);
        }
    }

    /// <summary>What the filterbank was made from.</summary>
    public ChromaOptions Options { get; }

    /// <summary>The weights as a matrix [chroma x bins], row-major.</summary>
    public float[] ToDense() => [.. rows];

    /// <summary>The chroma of one power spectrum, divided by its largest value; all zeros stay zeros.</summary>
    /// <param name="power">[bins]: |X|^2.</param>
    /// <param name="chroma">Receives [chroma]: 0 to 1.</param>
    /// <exception cref="ArgumentException">A span has the wrong length.</exception>
    public void Apply(ReadOnlySpan<float> power, Span<float> chroma)
    {
        if (power.Length != bins) throw new ArgumentException($"the spectrum has {power.Length} bins where the filterbank was made for {bins}", nameof(power));
        if (chroma.Length != Options.Bins) throw new ArgumentException($"chroma has {chroma.Length} places where {Options.Bins} are needed", nameof(chroma));
        for (int i = 0; i < chroma.Length; i++) chroma[i] = (float)BlockSums.Dot(power, rows.AsSpan(i * bins, bins));
        float largest = TensorPrimitives.Max((ReadOnlySpan<float>)chroma);
        // The smallest normal number: librosa's bound for "all zeros".
        if (largest < 1.17549435e-38f) return;
        TensorPrimitives.Divide(chroma, largest, chroma);
    }
}
