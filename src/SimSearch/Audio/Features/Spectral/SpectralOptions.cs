namespace SimSearch.Audio;

/// <summary>Spectral contrast. The defaults are librosa's.</summary>
public sealed record ContrastOptions
{
    /// <summary>Upper edge of the lowest band, in Hz, above 0; each further band is an octave. The highest must start below half the sample rate.</summary>
    public double MinFrequency { get; init; } = 200;

    /// <summary>n_bands: octaves above the lowest band, 1 or more. There are n_bands + 1 values a frame.</summary>
    public int Bands { get; init; } = 6;

    /// <summary>The share of a band's bins that counts as its peak and as its valley, above 0 and below 1.</summary>
    public double Quantile { get; init; } = 0.02;

    /// <summary>librosa.feature.spectral_contrast's defaults.</summary>
    public static ContrastOptions Librosa { get; } = new();

    /// <summary>librosa's 6 bands where the sixth still starts below half the sample rate (above 12,800 Hz); else the octaves that fit whole, 4 at 8,000 Hz, and at least one.</summary>
    public static ContrastOptions For(int sampleRate)
    {
        double nyquist = sampleRate / 2.0;
        if (200 * Math.Pow(2, 5) < nyquist) return Librosa;
        int bands = 1;
        while (200 * Math.Pow(2, bands + 1) <= nyquist) bands++;
        return new() { Bands = bands };
    }

    internal void Check(int sampleRate)
    {
        if (!(MinFrequency > 0)) throw new ArgumentException($"contrast fmin={MinFrequency} Hz must be above 0");
        if (Bands < 1) throw new ArgumentException($"contrast n_bands={Bands} must be 1 or more");
        if (!(Quantile is > 0 and < 1)) throw new ArgumentException($"contrast quantile={Quantile} must be between 0 and 1");
        double top = MinFrequency * Math.Pow(2, Bands - 1);
        if (!(top < sampleRate / 2.0)) throw new ArgumentException($"contrast band {Bands} starts at {top} Hz, not below half the sample rate {sampleRate / 2.0} Hz; use fewer bands (ContrastOptions.For({sampleRate}))");
    }
}

/// <summary>Chroma. The defaults are librosa's, with the tuning given instead of estimated.</summary>
public sealed record ChromaOptions
{
    /// <summary>n_chroma: pitch classes an octave, 2 to 96.</summary>
    public int Bins { get; init; } = 12;

    /// <summary>Deviation from A440 in fractions of a bin, -0.5 to 0.5 as a rule. librosa estimates it from the signal unless it is given; here it is always given.</summary>
    public double Tuning { get; init; }

    /// <summary>ctroct: the octave that counts most, in octaves above A0 = 27.5 Hz.</summary>
    public double CentreOctave { get; init; } = 5;

    /// <summary>octwidth: standard deviation in octaves of the weight around it, above 0; null: all octaves count the same.</summary>
    public double? OctaveWidth { get; init; } = 2;

    /// <summary>True: the first bin is C. False: it is A.</summary>
    public bool BaseC { get; init; } = true;

    /// <summary>librosa.feature.chroma_stft's defaults with tuning 0.</summary>
    public static ChromaOptions Librosa { get; } = new();

    internal void Check()
    {
        if (Bins is < 2 or > 96) throw new ArgumentException($"n_chroma={Bins} must be from 2 to 96");
        if (!double.IsFinite(Tuning)) throw new ArgumentException($"tuning={Tuning} must be a number");
        if (!double.IsFinite(CentreOctave)) throw new ArgumentException($"ctroct={CentreOctave} must be a number");
        if (OctaveWidth is { } width && !(width > 0)) throw new ArgumentException($"octwidth={width} must be above 0, or none");
    }
}
