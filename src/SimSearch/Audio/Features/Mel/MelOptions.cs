namespace SimSearch.Audio;

/// <summary>How frequency is mapped to mel.</summary>
public enum MelScale
{
    /// <summary>Slaney's Auditory Toolbox: linear (200 / 3 Hz a mel) below 1 kHz, then a factor of 6.4 every 27 mel. librosa's default.</summary>
    Slaney,

    /// <summary>2595 log10(1 + f / 700), the same as 1127 ln(1 + f / 700). HTK's and Kaldi's.</summary>
    Htk,
}

/// <summary>How the triangles of a mel filterbank are scaled.</summary>
public enum MelNorm
{
    /// <summary>Equal area: each is multiplied by 2 / (upper - lower edge in Hz). librosa's default.</summary>
    Slaney,

    /// <summary>Equal height: the peak is 1.</summary>
    None,
}

/// <summary>Along which axis a filter's sides are straight.</summary>
public enum MelTriangles
{
    /// <summary>Straight in Hz (Slaney, librosa, also with its htk=True).</summary>
    Hertz,

    /// <summary>Straight in mel (HTK, Kaldi).</summary>
    Mel,
}

/// <summary>A mel spectrogram. The defaults are librosa's.</summary>
public sealed record MelOptions
{
    /// <summary>Frames and transform.</summary>
    public StftOptions Stft { get; init; } = StftOptions.Librosa;

    /// <summary>n_mels: number of bands, 1 to 4096.</summary>
    public int Bands { get; init; } = 128;

    /// <summary>Lower edge of the lowest band, in Hz; 0 or more.</summary>
    public double MinFrequency { get; init; }

    /// <summary>Upper edge of the highest band, in Hz, up to half the sample rate; null: half the sample rate.</summary>
    public double? MaxFrequency { get; init; }

    /// <summary>The scale on which the bands are equally spaced.</summary>
    public MelScale Scale { get; init; } = MelScale.Slaney;

    /// <summary>How the bands are scaled.</summary>
    public MelNorm Norm { get; init; } = MelNorm.Slaney;

    /// <summary>Along which axis the bands' sides are straight.</summary>
    public MelTriangles Triangles { get; init; } = MelTriangles.Hertz;

    /// <summary>Exponent of the magnitude that the bands add up, above 0: 2 for power, 1 for magnitude.</summary>
    public double Power { get; init; } = 2;

    /// <summary>librosa.feature.melspectrogram's defaults: 128 Slaney bands of the power spectrum, 0 to half the sample rate.</summary>
    public static MelOptions Librosa { get; } = new();

    /// <summary>
    /// HTK's filterbank as in The HTK Book 3.4, sections 5.2 and 5.4, at 16 kHz: 25 ms Hamming frames every 10 ms, pre-emphasis 0.97, samples on the
    /// 16-bit scale, 20 bands of the magnitude spectrum, unit peaks, straight in mel.
    /// </summary>
    public static MelOptions Htk { get; } = new()
    {
        Stft = Speech with { Window = WindowKind.Hamming },
        Bands = 20, Scale = MelScale.Htk, Norm = MelNorm.None, Triangles = MelTriangles.Mel, Power = 1,
    };

    /// <summary>
    /// Kaldi's filterbank with its defaults (FrameExtractionOptions, MelBanksOptions) but no dither, at 16 kHz: 25 ms Povey frames every 10 ms,
    /// offset removed, pre-emphasis 0.97, samples on the 16-bit scale, edges snipped, 23 bands of the power spectrum from 20 Hz, straight in mel.
    /// </summary>
    public static MelOptions Kaldi { get; } = new()
    {
        Stft = Speech with { Window = WindowKind.Povey, RemoveOffset = true },
        Bands = 23, MinFrequency = 20, Scale = MelScale.Htk, Norm = MelNorm.None, Triangles = MelTriangles.Mel, Power = 2,
    };

    /// <summary>The bands' upper end in Hz.</summary>
    internal double TopFrequency => MaxFrequency ?? Stft.SampleRate / 2.0;

    private static StftOptions Speech => new()
    {
        SampleRate = 16000, FftLength = 512, WinLength = 400, HopLength = 160, Center = false, WindowFirst = true,
        PeriodicWindow = false, PreEmphasis = 0.97, SampleScale = 32768,
    };

    /// <summary>Throws for values that no filterbank can be made with.</summary>
    internal void Check()
    {
        Stft.Check();
        if (Bands is < 1 or > 4096) throw new ArgumentException($"n_mels={Bands} must be from 1 to 4096");
        if (!(MinFrequency >= 0)) throw new ArgumentException($"fmin={MinFrequency} Hz must be 0 or more");
        if (!(TopFrequency <= Stft.SampleRate / 2.0)) throw new ArgumentException($"fmax={TopFrequency} Hz must not be above half the sample rate, {Stft.SampleRate / 2.0} Hz");
        if (!(MinFrequency < TopFrequency)) throw new ArgumentException($"fmin={MinFrequency} Hz must be below fmax={TopFrequency} Hz");
        if (!(Power > 0) || !double.IsFinite(Power)) throw new ArgumentException($"power={Power} must be above 0 (2 for power, 1 for magnitude)");
    }
}
