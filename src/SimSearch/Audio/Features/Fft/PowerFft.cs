using System.Runtime.Intrinsics;

namespace SimSearch.Audio;

/// <summary>In which precision a spectrum is computed. Samples and results are float32 either way.</summary>
public enum FftPrecision
{
    /// <summary>64-bit, as librosa computes: quiet bins beside loud ones keep all their digits.</summary>
    Double,

    /// <summary>32-bit: faster; each bin carries an error of about 1e-7 of the loudest bin of its frame, so that log values 80 dB below it are off by up to 0.004 dB.</summary>
    Single,
}

/// <summary>Windowed power spectrum of one frame of real samples. Keeps scratch memory: one object serves one thread at a time.</summary>
internal abstract unsafe class PowerFft
{
    /// <summary>Shortest transform.</summary>
    public const int MinLength = 8;

    /// <summary>Longest transform.</summary>
    public const int MaxLength = 1 << 20;

    /// <summary>|X[k]|^2 of the windowed frame for k = 0 ... length / 2.</summary>
    /// <param name="samples">[length] samples.</param>
    /// <param name="power">Receives [length / 2 + 1].</param>
    public abstract void Transform(float* samples, float* power);

    /// <summary>Makes a transform for frames as long as the window, with the widest registers that the processor has.</summary>
    /// <param name="window">[length]; a power of two from <see cref="MinLength"/> to <see cref="MaxLength"/>.</param>
    /// <param name="precision">Of the arithmetic.</param>
    /// <param name="widestBits">Use no wider registers than this; the tests run every width.</param>
    public static PowerFft Create(ReadOnlySpan<double> window, FftPrecision precision, int widestBits = 512)
    {
        // The first pass takes a quarter of the complex points in whole registers.
        int quarter = window.Length / 8;
        bool Fits(bool supported, int bits, int lanes) => supported && bits <= widestBits && lanes <= quarter;
        if (precision == FftPrecision.Single)
        {
            if (Fits(Float512.IsSupported, 512, 16)) return new StockhamPowerFft<Vector512<float>, float, Float512>(window);
            if (Fits(Float256.IsSupported, 256, 8)) return new StockhamPowerFft<Vector256<float>, float, Float256>(window);
            if (Fits(Float128.IsSupported, 128, 4)) return new StockhamPowerFft<Vector128<float>, float, Float128>(window);
        }
        if (Fits(Double512.IsSupported, 512, 8)) return new StockhamPowerFft<Vector512<double>, double, Double512>(window);
        if (Fits(Double256.IsSupported, 256, 4)) return new StockhamPowerFft<Vector256<double>, double, Double256>(window);
        if (Fits(Double128.IsSupported, 128, 2)) return new StockhamPowerFft<Vector128<double>, double, Double128>(window);
        return new StockhamPowerFft<double, double, DoubleScalar>(window);
    }
}
