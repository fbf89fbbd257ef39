namespace SimSearch.Audio;

/// <summary>The weight that a frame's samples are multiplied by before the transform. All but <see cref="Povey"/> are as in scipy.signal.get_window.</summary>
public enum WindowKind
{
    /// <summary>0.5 - 0.5 cos(x): librosa's default.</summary>
    Hann,

    /// <summary>0.54 - 0.46 cos(x): HTK's.</summary>
    Hamming,

    /// <summary>0.42 - 0.5 cos(x) + 0.08 cos(2x).</summary>
    Blackman,

    /// <summary>Four-term Blackman-Harris, side lobes below -92 dB.</summary>
    BlackmanHarris,

    /// <summary>A triangle that starts at 0.</summary>
    Bartlett,

    /// <summary>All ones ("boxcar").</summary>
    Rectangular,

    /// <summary>Hann to the power of 0.85: Kaldi's.</summary>
    Povey,
}

/// <summary>Makes windows.</summary>
public static class Windows
{
    /// <summary>The values of a window.</summary>
    /// <param name="kind">Which.</param>
    /// <param name="length">Number of values, 1 or more. A window of length 1 is 1.</param>
    /// <param name="periodic">True: one period of an endless wave, as spectra want it and librosa uses it. False: symmetric, the last value equals the first, as HTK and Kaldi use it.</param>
    public static double[] Create(WindowKind kind, int length, bool periodic = true)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 1);
        var window = new double[length];
        double period = Math.Max(1, periodic ? length : length - 1);
        for (int i = 0; i < length; i++)
        {
            double x = 2 * Math.PI * i / period;
            window[i] = length == 1 ? 1 : kind switch
            {
                WindowKind.Hann => 0.5 - 0.5 * Math.Cos(x),
                WindowKind.Hamming => 0.54 - 0.46 * Math.Cos(x),
                WindowKind.Blackman => 0.42 - 0.5 * Math.Cos(x) + 0.08 * Math.Cos(2 * x),
                WindowKind.BlackmanHarris => 0.35875 - 0.48829 * Math.Cos(x) + 0.14128 * Math.Cos(2 * x) - 0.01168 * Math.Cos(3 * x),
                WindowKind.Bartlett => 1 - Math.Abs(2 * i / period - 1),
                WindowKind.Rectangular => 1,
                WindowKind.Povey => Math.Pow(0.5 - 0.5 * Math.Cos(x), 0.85),
                _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "no such window"),
            };
        }
        return window;
    }
}
