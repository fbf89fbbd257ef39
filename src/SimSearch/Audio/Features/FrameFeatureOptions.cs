namespace SimSearch.Audio;

/// <summary>Which features a <see cref="FrameFeatures"/> computes; any combination.</summary>
[Flags]
public enum FeatureKinds
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>|X|^2, [frames x n_fft / 2 + 1].</summary>
    Power = 1,

    /// <summary>|X|, [frames x n_fft / 2 + 1].</summary>
    Magnitude = 2,

    /// <summary>Mel spectrogram, [frames x bands].</summary>
    Mel = 4,

    /// <summary>Mel spectrogram in dB, [frames x bands].</summary>
    LogMel = 8,

    /// <summary>Mel-frequency cepstral coefficients, [frames x count].</summary>
    Mfcc = 16,

    /// <summary>Chroma, [frames x pitch classes].</summary>
    Chroma = 32,

    /// <summary>Spectral centroid in Hz, [frames x 1].</summary>
    Centroid = 64,

    /// <summary>Spectral bandwidth in Hz, [frames x 1].</summary>
    Bandwidth = 128,

    /// <summary>Roll-off frequency in Hz, [frames x 1].</summary>
    Rolloff = 256,

    /// <summary>Spectral contrast in dB, [frames x octave bands + 1].</summary>
    Contrast = 512,

    /// <summary>Spectral flatness, 0 to 1, [frames x 1].</summary>
    Flatness = 1024,

    /// <summary>Zero-crossing rate, 0 to 1, [frames x 1].</summary>
    ZeroCrossings = 2048,

    /// <summary>Root mean square, [frames x 1].</summary>
    Rms = 4096,

    /// <summary>Centroid, bandwidth, roll-off, contrast, flatness, zero crossings and RMS.</summary>
    Spectral = Centroid | Bandwidth | Rolloff | Contrast | Flatness | ZeroCrossings | Rms,
}

/// <summary>What <see cref="FrameFeatures"/> computes, and how.</summary>
public sealed record FrameFeatureOptions
{
    /// <summary>Which features.</summary>
    public required FeatureKinds Kinds { get; init; }

    /// <summary>Mel, log-mel and MFCC; its <see cref="MelOptions.Stft"/> is the transform of all features.</summary>
    public MfccOptions Mfcc { get; init; } = MfccOptions.Librosa;

    /// <summary>Chroma.</summary>
    public ChromaOptions Chroma { get; init; } = ChromaOptions.Librosa;

    /// <summary>Spectral contrast; null: <see cref="ContrastOptions.For"/> the sample rate, which is librosa's default from 12,801 Hz on.</summary>
    public ContrastOptions? Contrast { get; init; }

    /// <summary>Roll-off: the share of the magnitudes that lies at or below it, above 0 and below 1.</summary>
    public double RollPercent { get; init; } = 0.85;

    /// <summary>The transform of all features.</summary>
    internal StftOptions Stft => Mfcc.Mel.Stft;

    internal bool Has(FeatureKinds any) => (Kinds & any) != 0;

    internal void Check()
    {
        Stft.Check();
        if (!(RollPercent is > 0 and < 1)) throw new ArgumentException($"roll_percent={RollPercent} must be between 0 and 1");
    }
}
