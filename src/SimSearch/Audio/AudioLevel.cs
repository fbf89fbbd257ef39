namespace SimSearch.Audio;

/// <summary>How loud a signal is, and what is wrong with its level. Decibels are relative to full scale (dBFS): 0 dB is an amplitude of 1.</summary>
/// <param name="PeakDb">The largest amplitude, in dBFS; never below <see cref="FloorDb"/>.</param>
/// <param name="RmsDb">The root mean square, in dBFS; never below <see cref="FloorDb"/>. A full-scale sine has -3.01.</param>
/// <param name="Offset">The mean of the samples: 0 for sound, something else for a recorder that adds a constant voltage.</param>
/// <param name="ClippedShare">Share of the samples at full scale (32767/32768 and above), 0 to 1: more than a few mean that the recording was too loud.</param>
/// <param name="SilentShare">Share of stretches of 20 ms whose root mean square lies below the silence limit, 0 to 1.</param>
public sealed record AudioLevel(double PeakDb, double RmsDb, double Offset, double ClippedShare, double SilentShare)
{
    /// <summary>What silence is given, in dB: below the noise of 16-bit samples.</summary>
    public const double FloorDb = -120;

    private const double StretchSeconds = 0.02;
    private const float FullScale = 32767f / 32768;

    /// <summary>Measures a signal, all its channels together.</summary>
    /// <param name="signal">The signal. One of 0 frames counts as silent throughout; samples that are not finite make peak, root mean square and offset NaN.</param>
    /// <param name="silenceDb">Below which root mean square a stretch is silent, in dBFS; default -60.</param>
    public static AudioLevel Of(AudioSignal signal, double silenceDb = -60)
    {
        ArgumentNullException.ThrowIfNull(signal);
        var samples = signal.Samples;
        double peak = 0, sum = 0, squares = 0;
        long clipped = 0;
        foreach (float sample in samples)
        {
            peak = Math.Max(peak, Math.Abs(sample));
            sum += sample;
            squares += (double)sample * sample;
            if (Math.Abs(sample) >= FullScale) clipped++;
        }
        int length = Math.Max(1, (int)(StretchSeconds * signal.SampleRate)), silent = 0, stretches = 0;
        for (int channel = 0; channel < signal.Channels; channel++)
            for (int start = 0; start < signal.Frames; start += length, stretches++)
                if (MeanSquareDb(signal.Channel(channel)[start..Math.Min(start + length, signal.Frames)]) < silenceDb) silent++;
        int count = Math.Max(1, samples.Length);
        return new AudioLevel(Decibels(peak), Decibels(Math.Sqrt(squares / count)), sum / count, (double)clipped / count, stretches == 0 ? 1 : (double)silent / stretches);
    }

    private static double MeanSquareDb(ReadOnlySpan<float> samples)
    {
        double squares = 0;
        foreach (float sample in samples) squares += (double)sample * sample;
        return Decibels(Math.Sqrt(squares / samples.Length));
    }

    private static double Decibels(double amplitude) => amplitude == 0 ? FloorDb : Math.Max(FloorDb, 20 * Math.Log10(amplitude));
}
