namespace SimSearch.Embedding;

/// <summary>
/// A sound made by a formula and the vector that a model must give for it. It shows at first use that this machine, this program and these files compute what the author of the manifest
/// computed. The sound is a sine that glides from one frequency to the other in equal steps of time, on a bed of noise.
/// </summary>
public sealed record ModelGolden
{
    /// <summary>Length of the sound, above 0 to 60.</summary>
    public required double Seconds { get; init; }

    /// <summary>Frequency at the beginning, in Hz; 0 to half the sample rate.</summary>
    public required double FromHertz { get; init; }

    /// <summary>Frequency at the end, in Hz; 0 to half the sample rate.</summary>
    public required double ToHertz { get; init; }

    /// <summary>Amplitude of the sine, 0 to 1.</summary>
    public required double Amplitude { get; init; }

    /// <summary>Amplitude of the noise, 0 to 1.</summary>
    public required double Noise { get; init; }

    /// <summary>The vector.</summary>
    public IReadOnlyList<float> Vector { get; init; } = [];

    /// <summary>Largest difference allowed, as a share of the vector's largest value; above 0 to 0.1. Processors differ by about 1e-5, networks of 8-bit integers by more.</summary>
    public double Tolerance { get; init; } = 1e-3;

    /// <summary>One second from 200 to 3,000 Hz at half scale, with noise 40 dB below.</summary>
    public static ModelGolden Sweep { get; } = new() { Seconds = 1, FromHertz = 200, ToHertz = 3000, Amplitude = 0.5, Noise = 0.005 };

    /// <summary>By what they hold.</summary>
    public bool Equals(ModelGolden? other) => other is not null && (Seconds, FromHertz, ToHertz, Amplitude, Noise, Tolerance) == (other.Seconds, other.FromHertz, other.ToHertz, other.Amplitude, other.Noise, other.Tolerance)
        && Vector.SequenceEqual(other.Vector);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Seconds, FromHertz, ToHertz, Vector.Count);

    /// <summary>The sound.</summary>
    /// <param name="sampleRate">Samples a second.</param>
    public float[] Samples(int sampleRate)
    {
        var samples = new float[(int)Math.Round(Seconds * sampleRate)];
        uint state = 1;
        for (int i = 0; i < samples.Length; i++)
        {
            double t = (double)i / sampleRate;
            state = state * 1664525 + 1013904223; // Numerical Recipes' generator: the same everywhere
            double noise = (state >> 8) / (double)(1 << 23) - 1;
            samples[i] = (float)(Amplitude * Math.Sin(2 * Math.PI * (FromHertz * t + (ToHertz - FromHertz) * t * t / (2 * Seconds))) + Noise * noise);
        }
        return samples;
    }

    internal void Check(ModelManifest manifest)
    {
        void Rule(bool holds, string message)
        {
            if (!holds) throw new ModelException($"golden: {message}");
        }
        Rule(Seconds is > 0 and <= 60, $"seconds={Seconds} must be above 0, up to 60");
        Rule(FromHertz >= 0 && FromHertz <= manifest.SampleRate / 2.0 && ToHertz >= 0 && ToHertz <= manifest.SampleRate / 2.0, $"frequencies {FromHertz} and {ToHertz} Hz must be 0 to half the sample rate");
        Rule(Amplitude is >= 0 and <= 1 && Noise is >= 0 and <= 1, $"amplitude={Amplitude} and noise={Noise} must be 0 to 1");
        Rule(Tolerance is > 0 and <= 0.1, $"tolerance={Tolerance} must be above 0, up to 0.1");
        Rule(Vector.Count == manifest.Dimension, $"the vector has {Vector.Count} values, dimension is {manifest.Dimension}");
        Rule(Vector.All(float.IsFinite) && Vector.Any(v => v != 0), "the vector must be of finite numbers, not all 0");
    }

    /// <summary>Compares a vector with the golden one.</summary>
    /// <exception cref="ModelException">They differ by more than the tolerance.</exception>
    internal void Compare(ReadOnlySpan<float> vector, string name)
    {
        double scale = Vector.Max(v => Math.Abs((double)v)), worst = 0;
        int at = 0;
        for (int i = 0; i < vector.Length; i++)
            if (Math.Abs((double)vector[i] - Vector[i]) / scale is var difference && !(difference <= worst)) (worst, at) = (difference, i);
        if (!(worst <= Tolerance))
            throw new ModelException(string.Create(System.Globalization.CultureInfo.InvariantCulture,
                $"model '{name}' does not compute what its manifest promises: value {at} of the golden vector is {vector[at]:G6} here and {Vector[at]:G6} there ({worst:0.0e+00} of the largest, allowed {Tolerance:0.0e+00}); its preprocessing or its network is not the one it was described with"));
    }
}
