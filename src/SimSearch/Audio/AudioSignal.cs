namespace SimSearch.Audio;

/// <summary>Decoded audio: float32 samples, nominally -1 to 1, [channels x frames], each channel contiguous.</summary>
[TypeFormatterSource(typeof(NotebookFormatterSource<AudioSignal>), PreferredMimeTypes = ["text/html", "text/plain"])]
public sealed class AudioSignal
{
    /// <summary>Wraps samples without copying them.</summary>
    /// <param name="samples">[channels x frames]; the length must be a multiple of <paramref name="channels"/>.</param>
    /// <param name="sampleRate">Frames per second (Hz), 1 or more.</param>
    /// <param name="channels">Number of channels, 1 or more.</param>
    public AudioSignal(float[] samples, int sampleRate, int channels = 1)
    {
        ArgumentNullException.ThrowIfNull(samples);
        if (sampleRate < 1) throw new ArgumentOutOfRangeException(nameof(sampleRate), $"sample rate={sampleRate} Hz must be 1 or more");
        if (channels < 1) throw new ArgumentOutOfRangeException(nameof(channels), $"channels={channels} must be 1 or more");
        if (samples.Length % channels != 0) throw new ArgumentException($"{samples.Length} samples cannot be shared equally among {channels} channels", nameof(samples));
        (Samples, SampleRate, Channels) = (samples, sampleRate, channels);
    }

    /// <summary>All samples, [channels x frames].</summary>
    public float[] Samples { get; }

    /// <summary>Frames per second, in Hz.</summary>
    public int SampleRate { get; }

    /// <summary>Number of channels.</summary>
    public int Channels { get; }

    /// <summary>Samples per channel.</summary>
    public int Frames => Samples.Length / Channels;

    /// <summary>Length in seconds.</summary>
    public double Duration => (double)Frames / SampleRate;

    /// <summary>The samples of one channel, counted from 0.</summary>
    public ReadOnlySpan<float> Channel(int channel)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(channel);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(channel, Channels);
        return Samples.AsSpan(channel * Frames, Frames);
    }

    /// <summary>The samples of a signal with one channel.</summary>
    /// <exception cref="InvalidOperationException">The signal has more than one channel; load it with a channel policy that leaves one.</exception>
    public ReadOnlySpan<float> Mono => Channels == 1
        ? Samples
        : throw new InvalidOperationException($"the signal has {Channels} channels where one is needed; load it with ChannelPolicy.Mix or .First");
}
