using System.Numerics;

namespace SimSearch.Audio;

/// <summary>What stands before the first and after the last sample when frames are centred.</summary>
public enum PadMode
{
    /// <summary>Zeros: librosa's default since 0.10.</summary>
    Constant,

    /// <summary>The signal mirrored about its first and last sample, which are not repeated.</summary>
    Reflect,

    /// <summary>The first and the last sample repeated.</summary>
    Edge,
}

/// <summary>How a signal is cut into frames and transformed. The defaults are librosa's.</summary>
public sealed record StftOptions
{
    /// <summary>The sample rate that signals must have, in Hz; 1 or more. A signal at another rate is refused, never resampled silently.</summary>
    public int SampleRate { get; init; } = 22050;

    /// <summary>n_fft: samples per transform, a power of two from 8 to 1,048,576. A spectrum has FftLength / 2 + 1 bins.</summary>
    public int FftLength { get; init; } = 2048;

    /// <summary>Samples from one frame to the next, 1 or more.</summary>
    public int HopLength { get; init; } = 512;

    /// <summary>Samples under the window, 1 to <see cref="FftLength"/>; null: FftLength. The rest of the transform is zeros.</summary>
    public int? WinLength { get; init; }

    /// <summary>The window.</summary>
    public WindowKind Window { get; init; } = WindowKind.Hann;

    /// <summary>Whether the window is periodic (librosa) or symmetric (HTK, Kaldi); see <see cref="Windows.Create"/>.</summary>
    public bool PeriodicWindow { get; init; } = true;

    /// <summary>True: frame t is centred on sample t * HopLength and the signal is padded by FftLength / 2 on both sides. False: frame t starts there and only whole frames count.</summary>
    public bool Center { get; init; } = true;

    /// <summary>How centred frames are padded.</summary>
    public PadMode PadMode { get; init; } = PadMode.Constant;

    /// <summary>
    /// False (librosa): a frame has FftLength samples with the window in their middle. True (HTK, Kaldi): a frame has WinLength samples,
    /// and the zeros that fill it up to FftLength come behind. Needs <see cref="Center"/> to be false.
    /// </summary>
    public bool WindowFirst { get; init; }

    /// <summary>Subtracts each frame's mean before anything else (Kaldi).</summary>
    public bool RemoveOffset { get; init; }

    /// <summary>Pre-emphasis within each frame, 0 to 1: x[i] - a x[i - 1], and x[0] - a x[0] (HTK and Kaldi: 0.97). 0: none.</summary>
    public double PreEmphasis { get; init; }

    /// <summary>What samples are multiplied by: 1, or 32768 for systems that work on 16-bit integers (HTK, Kaldi).</summary>
    public double SampleScale { get; init; } = 1;

    /// <summary>Precision of the transform.</summary>
    public FftPrecision Precision { get; init; } = FftPrecision.Double;

    /// <summary>librosa's defaults: 22,050 Hz, n_fft 2048, hop 512, periodic Hann, centred on zero padding.</summary>
    public static StftOptions Librosa { get; } = new();

    /// <summary>Bins of a spectrum: FftLength / 2 + 1.</summary>
    internal int Bins => FftLength / 2 + 1;

    /// <summary>Samples that a frame reads.</summary>
    internal int FrameLength => WindowFirst ? WinLength ?? FftLength : FftLength;

    /// <summary>Whether samples are changed between reading and windowing.</summary>
    internal bool Prepares => RemoveOffset || PreEmphasis != 0;

    /// <summary>The values the frames are multiplied by, [FftLength], with zeros where the window is not.</summary>
    internal double[] PaddedWindow()
    {
        int length = WinLength ?? FftLength;
        var padded = new double[FftLength];
        Windows.Create(Window, length, PeriodicWindow).CopyTo(padded, WindowFirst ? 0 : (FftLength - length) / 2);
        for (int i = 0; i < FftLength; i++) padded[i] *= SampleScale;
        return padded;
    }

    /// <summary>Throws for values that no transform can be made with.</summary>
    internal void Check()
    {
        if (SampleRate < 1) throw new ArgumentException($"sample rate={SampleRate} Hz must be 1 or more");
        if (FftLength is < PowerFft.MinLength or > PowerFft.MaxLength || !BitOperations.IsPow2(FftLength))
        {
            uint near = BitOperations.RoundUpToPowerOf2((uint)Math.Clamp(FftLength, PowerFft.MinLength, PowerFft.MaxLength));
            throw new ArgumentException($"n_fft={FftLength} must be a power of two from {PowerFft.MinLength} to {PowerFft.MaxLength}; use {near}, and win_length for a shorter window");
        }
        if (HopLength < 1) throw new ArgumentException($"hop_length={HopLength} must be 1 or more");
        if (WinLength is { } window && (window < 1 || window > FftLength)) throw new ArgumentException($"win_length={window} must be from 1 to n_fft={FftLength}");
        if (WindowFirst && Center) throw new ArgumentException("WindowFirst needs Center to be false: frames that start with their window are not centred");
        if (!(PreEmphasis is >= 0 and <= 1)) throw new ArgumentException($"pre-emphasis={PreEmphasis} must be from 0 to 1");
        if (!double.IsFinite(SampleScale) || SampleScale <= 0) throw new ArgumentException($"sample scale={SampleScale} must be a positive number");
    }
}
