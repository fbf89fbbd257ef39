using System.Numerics.Tensors;

namespace SimSearch.Audio;

/// <summary>Per-channel energy normalisation. The defaults are librosa's.</summary>
public sealed record PcenOptions
{
    /// <summary>Exponent of the automatic gain, 0 or more.</summary>
    public double Gain { get; init; } = 0.98;

    /// <summary>Bias of the compression, 0 or more.</summary>
    public double Bias { get; init; } = 2;

    /// <summary>Exponent of the compression, 0 or more; 0 takes the logarithm instead.</summary>
    public double Power { get; init; } = 0.5;

    /// <summary>Time constant of the smoothing, in seconds, above 0.</summary>
    public double TimeConstant { get; init; } = 0.4;

    /// <summary>What keeps the gain finite in silence, above 0.</summary>
    public double Epsilon { get; init; } = 1e-6;

    /// <summary>What the mel magnitudes of a signal between -1 and 1 are multiplied by: 2^31, as librosa's documentation advises.</summary>
    public double InputScale { get; init; } = 2147483648;

    /// <summary>librosa.pcen's defaults, on input scaled by 2^31.</summary>
    public static PcenOptions Librosa { get; } = new();

    internal void Check()
    {
        if (!(Gain >= 0) || !double.IsFinite(Gain)) throw new ArgumentException($"pcen gain={Gain} must be 0 or more");
        if (!(Bias >= 0) || !double.IsFinite(Bias)) throw new ArgumentException($"pcen bias={Bias} must be 0 or more");
        if (!(Power >= 0) || !double.IsFinite(Power)) throw new ArgumentException($"pcen power={Power} must be 0 or more");
        if (!(TimeConstant > 0) || !double.IsFinite(TimeConstant)) throw new ArgumentException($"pcen time constant={TimeConstant} s must be above 0");
        if (!(Epsilon > 0) || !double.IsFinite(Epsilon)) throw new ArgumentException($"pcen eps={Epsilon} must be above 0");
        if (!(InputScale > 0) || !double.IsFinite(InputScale)) throw new ArgumentException($"pcen input scale={InputScale} must be above 0");
    }
}

/// <summary>Per-channel energy normalisation of mel spectrograms: automatic gain and compression, band by band.</summary>
public static class Pcen
{
    /// <summary>Normalises a mel magnitude spectrogram in place.</summary>
    /// <param name="mel">[frames x bands], row-major, 0 or more, made with <see cref="MelOptions.Power"/> = 1.</param>
    /// <param name="bands">Number of bands, 1 or more.</param>
    /// <param name="framesPerSecond">Sample rate / hop length.</param>
    /// <param name="options">Null: librosa's defaults.</param>
    /// <exception cref="ArgumentException">The length is no multiple of the bands, or an option is out of its range.</exception>
    /// <remarks>
    /// M = smoothed S; (S / (eps + M)^gain + bias)^power - bias^power, where M[t] = (1 - b) M[t - 1] + b S[t], M before the clip is 1,
    /// b = (sqrt(1 + 4 T^2) - 1) / (2 T^2) and T is the time constant in frames. A frame that is not finite gives NaN and is left out of the smoothing. Same as librosa.pcen(S * 2^31)
    /// within 1e-3. Wang et al. 2017.
    /// </remarks>
    public static void Normalize(Span<float> mel, int bands, double framesPerSecond, PcenOptions? options = null)
    {
        options ??= PcenOptions.Librosa;
        options.Check();
        if (bands < 1 || mel.Length % bands != 0) throw new ArgumentException($"{mel.Length} values cannot be rows of {bands} bands", nameof(bands));
        if (!(framesPerSecond > 0)) throw new ArgumentException($"frames per second={framesPerSecond} must be above 0", nameof(framesPerSecond));
        double t = options.TimeConstant * framesPerSecond;
        float b = (float)((Math.Sqrt(1 + 4 * t * t) - 1) / (2 * t * t));
        var smooth = new float[bands];
        var gain = new float[bands];
        smooth.AsSpan().Fill(1);
        for (int at = 0; at < mel.Length; at += bands)
        {
            var row = mel.Slice(at, bands);
            TensorPrimitives.Multiply(row, (float)options.InputScale, row);
            for (int band = 0; band < bands; band++)
                if (float.IsFinite(row[band])) smooth[band] += b * (row[band] - smooth[band]);
                else row[band] = float.NaN;
            TensorPrimitives.Add(smooth, (float)options.Epsilon, gain);
            TensorPrimitives.Pow(gain, (float)-options.Gain, gain);
            TensorPrimitives.Multiply(row, gain, row);
            Compress(row, options);
        }
    }

    private static void Compress(Span<float> row, PcenOptions options)
    {
        if (options.Power == 0)
        {
            TensorPrimitives.LogP1(row, row);
            return;
        }
        float power = (float)options.Power;
        TensorPrimitives.Add(row, (float)options.Bias, row);
        TensorPrimitives.Pow(row, power, row);
        TensorPrimitives.Subtract(row, (float)Math.Pow(options.Bias, options.Power), row);
    }
}
