namespace SimSearch.Audio;

/// <summary>Two conventions in which cepstra differ.</summary>
public enum CepstrumConvention
{
    /// <summary>Orthonormal DCT-II; lifter 1 + L/2 sin(pi (n + 1) / L).</summary>
    Librosa,

    /// <summary>Orthonormal DCT-II; lifter 1 + L/2 sin(pi n / L), so that coefficient 0 is left alone.</summary>
    Kaldi,

    /// <summary>DCT-II scaled by sqrt(2 / bands) in every row; lifter as Kaldi's.</summary>
    Htk,
}

/// <summary>Mel-frequency cepstral coefficients. The defaults are librosa's.</summary>
public sealed record MfccOptions
{
    /// <summary>The mel spectrogram they are taken from.</summary>
    public MelOptions Mel { get; init; } = MelOptions.Librosa;

    /// <summary>How the mel powers become logarithmic.</summary>
    public DbOptions Db { get; init; } = DbOptions.Librosa;

    /// <summary>n_mfcc: coefficients kept, from 1 to the number of bands; coefficient 0 is the first.</summary>
    public int Count { get; init; } = 20;

    /// <summary>Lifter L, 0 or more; 0: none.</summary>
    public double Lifter { get; init; }

    /// <summary>Scaling of the DCT and phase of the lifter.</summary>
    public CepstrumConvention Convention { get; init; } = CepstrumConvention.Librosa;

    /// <summary>librosa.feature.mfcc's defaults: 20 coefficients of 128 Slaney bands in dB, top_db 80, no lifter.</summary>
    public static MfccOptions Librosa { get; } = new();

    /// <summary>
    /// HTK's MFCC_0 with the defaults of The HTK Book 3.4 (sections 5.2, 5.4 and 5.6): 12 coefficients and c0 of 20 bands, natural logarithm floored at 1,
    /// lifter 22. c0 comes first here; HTK writes it last.
    /// </summary>
    public static MfccOptions Htk { get; } = new()
    {
        Mel = MelOptions.Htk, Db = NaturalLog(1), Count = 13, Lifter = 22, Convention = CepstrumConvention.Htk,
    };

    /// <summary>
    /// Kaldi's compute-mfcc-feats with its defaults but no dither and --use-energy=false, as its recipes set it: 13 coefficients of 23 bands,
    /// natural logarithm floored at FLT_EPSILON, lifter 22.
    /// </summary>
    public static MfccOptions Kaldi { get; } = new()
    {
        Mel = MelOptions.Kaldi, Db = NaturalLog(1.1920928955078125e-7), Count = 13, Lifter = 22, Convention = CepstrumConvention.Kaldi,
    };

    private static DbOptions NaturalLog(double floor) => new() { Unit = LogUnit.Natural, TopDb = null, MinimumPower = floor };

    /// <summary>Throws for values that no coefficients can be made with.</summary>
    internal void Check()
    {
        Mel.Check();
        Db.Check();
        if (Count < 1) throw new ArgumentException($"n_mfcc={Count} must be 1 or more");
        if (Count > Mel.Bands) throw new ArgumentException($"mel bands={Mel.Bands} is fewer than the {Count} coefficients asked for; lower --n-mfcc to {Mel.Bands} or raise --n-mels");
        if (!(Lifter >= 0) || !double.IsFinite(Lifter)) throw new ArgumentException($"lifter={Lifter} must be 0 or more");
    }
}
