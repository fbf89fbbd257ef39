namespace SimSearch.Audio;

/// <summary>
/// Changes the sample rate of signals by a polyphase windowed sinc: pass band flat within 0.001 dB up to 0.9 of the lower Nyquist frequency,
/// everything above that Nyquist frequency attenuated by at least 100 dB, no delay. Any pair of rates.
/// </summary>
/// <remarks>
/// Output k is the signal at time k / to: the first output sits on the first input. n inputs give ceil(n * to / from) outputs. Before and after
/// the signal there is silence. NaN and infinity spread to the outputs within reach of the filter (at most 100 inputs, or 100 outputs when the
/// rate falls, to each side) and no further. Thread-safe; filters are cached by ratio. Ratios whose exact filter would not fit 1 MiB (22,050 to
/// 16,001 Hz, say) interpolate between neighbouring phases: as good, and some six times slower.
/// </remarks>
public static class Resampler
{
    private const int Block = 8192;

    /// <summary>Resamples one channel.</summary>
    /// <param name="samples">[frames]; may be empty.</param>
    /// <param name="from">Their rate in Hz, 1 to <see cref="AudioLimits.MaxSampleRate"/>.</param>
    /// <param name="to">The rate wanted, in Hz, 1 to <see cref="AudioLimits.MaxSampleRate"/> and at least from / 4096.</param>
    /// <returns>[ceil(frames * to / from)].</returns>
    /// <exception cref="ArgumentOutOfRangeException">A rate is outside its range, or the result would be longer than an array can be.</exception>
    public static float[] Resample(ReadOnlySpan<float> samples, int from, int to)
    {
        long length = OutputLength(samples.Length, from, to);
        if (length > Array.MaxLength) throw new ArgumentOutOfRangeException(nameof(to), $"{samples.Length} samples at {from} Hz become {length} at {to} Hz, more than an array holds; resample in parts");
        var output = GC.AllocateUninitializedArray<float>((int)length);
        Resample(samples, from, to, output);
        return output;
    }

    /// <summary>Resamples one channel into memory of the caller's; allocates nothing once the filter of the ratio is cached.</summary>
    /// <param name="samples">[frames]; may be empty.</param>
    /// <param name="from">Their rate in Hz.</param>
    /// <param name="to">The rate wanted, in Hz.</param>
    /// <param name="destination">Receives <see cref="OutputLength(long, int, int)"/> samples; may be longer, may not overlap <paramref name="samples"/>.</param>
    /// <returns>How many samples were written.</returns>
    /// <exception cref="ArgumentException"><paramref name="destination"/> is too short.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A rate is outside its range.</exception>
    public static int Resample(ReadOnlySpan<float> samples, int from, int to, Span<float> destination)
    {
        long length = OutputLength(samples.Length, from, to);
        if (destination.Length < length) throw new ArgumentException($"the destination has room for {destination.Length} samples, {length} are needed", nameof(destination));
        if (from == to)
        {
            samples.CopyTo(destination);
            return samples.Length;
        }
        using var stream = new ResampleStream(FilterBank.For(from, to), Block);
        int done = 0;
        while (!samples.IsEmpty)
        {
            int count = Math.Min(samples.Length, stream.Free.Length);
            samples[..count].CopyTo(stream.Free);
            samples = samples[count..];
            stream.Advance(count);
            done += stream.Drain(destination[done..]);
        }
        return done + stream.Finish(destination[done..]);
    }

    /// <summary>Resamples every channel of a signal.</summary>
    /// <param name="signal">The signal; returned as it is when it already has the rate.</param>
    /// <param name="to">The rate wanted, in Hz, 1 to <see cref="AudioLimits.MaxSampleRate"/> and at least a 4096th of the signal's.</param>
    /// <exception cref="ArgumentOutOfRangeException">The rate is outside its range, or the result would be longer than an array can be.</exception>
    public static AudioSignal Resample(AudioSignal signal, int to)
    {
        ArgumentNullException.ThrowIfNull(signal);
        long frames = OutputLength(signal.Frames, signal.SampleRate, to);
        if (signal.SampleRate == to) return signal;
        if (frames * signal.Channels > Array.MaxLength) throw new ArgumentOutOfRangeException(nameof(to), $"{frames} frames of {signal.Channels} channels at {to} Hz are more than an array holds; resample in parts");
        var samples = GC.AllocateUninitializedArray<float>((int)frames * signal.Channels);
        for (int channel = 0; channel < signal.Channels; channel++)
            Resample(signal.Channel(channel), signal.SampleRate, to, samples.AsSpan(channel * (int)frames, (int)frames));
        return new AudioSignal(samples, to, signal.Channels);
    }

    /// <summary>How many samples come out: ceil(samples * to / from).</summary>
    /// <param name="samples">Samples that go in, 0 or more.</param>
    /// <param name="from">Their rate in Hz.</param>
    /// <param name="to">The rate wanted, in Hz.</param>
    /// <exception cref="ArgumentOutOfRangeException">A rate is outside its range, or the number of samples is negative.</exception>
    public static long OutputLength(long samples, int from, int to)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(samples);
        if (from is < 1 or > AudioLimits.MaxSampleRate) throw new ArgumentOutOfRangeException(nameof(from), $"sample rate={from} Hz must be 1 to {AudioLimits.MaxSampleRate}");
        if (to is < 1 or > AudioLimits.MaxSampleRate) throw new ArgumentOutOfRangeException(nameof(to), $"sample rate={to} Hz must be 1 to {AudioLimits.MaxSampleRate}");
        if ((long)to * FilterBank.MaxDecimation < from)
            throw new ArgumentOutOfRangeException(nameof(to), $"sample rate={to} Hz is less than a {FilterBank.MaxDecimation}th of {from} Hz; resample in two steps");
        return (long)(((Int128)samples * to + from - 1) / from);
    }

    internal static long OutputLength(long samples, FilterBank bank) => (long)(((Int128)samples * bank.Up + bank.Down - 1) / bank.Down);
}
