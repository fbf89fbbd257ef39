namespace SimSearch.Audio;

/// <summary>What becomes of a file with more than one channel.</summary>
public enum ChannelPolicy
{
    /// <summary>One channel: the mean of all (as <c>librosa.load</c> does).</summary>
    Mix,

    /// <summary>One channel: the first of the file (left, in stereo).</summary>
    First,

    /// <summary>All channels, apart.</summary>
    PerChannel,
}

/// <summary>What to read of a sound file, and as what.</summary>
public sealed record AudioLoadOptions
{
    /// <summary>Sample rate of the result in Hz, 1 to <see cref="AudioLimits.MaxSampleRate"/>; null keeps the file's own. Default null.</summary>
    public int? SampleRate { get; init; }

    /// <summary>What becomes of several channels. Default <see cref="ChannelPolicy.Mix"/>.</summary>
    public ChannelPolicy Channels { get; init; } = ChannelPolicy.Mix;

    /// <summary>Where to begin, in seconds from the start of the file, 0 or more; rounded to the nearest frame. Default 0.</summary>
    public double Start { get; init; }

    /// <summary>How much to read, in seconds, 0 or more; rounded to the nearest frame. Null, the default, reads to the end; so does more than there is.</summary>
    public double? Duration { get; init; }

    internal void Check()
    {
        if (SampleRate is < 1 or > AudioLimits.MaxSampleRate)
            throw new ArgumentOutOfRangeException(nameof(SampleRate), $"sample rate={SampleRate} Hz must be 1 to {AudioLimits.MaxSampleRate}");
        if (!Enum.IsDefined(Channels)) throw new ArgumentOutOfRangeException(nameof(Channels), $"channel policy={(int)Channels} must be Mix, First or PerChannel");
        if (!(Start >= 0 && double.IsFinite(Start))) throw new ArgumentOutOfRangeException(nameof(Start), $"start={Start} s must be 0 or more");
        if (Duration is { } d && !(d >= 0 && double.IsFinite(d))) throw new ArgumentOutOfRangeException(nameof(Duration), $"duration={d} s must be 0 or more");
    }
}

/// <summary>What a sound file's header says, checked against the file's size.</summary>
/// <param name="SampleRate">Frames per second, in Hz.</param>
/// <param name="Channels">Number of channels.</param>
/// <param name="Frames">
/// Samples per channel. Exact for PCM; for compressed formats it is what the header or a scan of the file gives, and a damaged file can hold fewer.
/// </param>
/// <param name="Format">Container and codec, for people: "WAV PCM 16", "FLAC (Free Lossless Audio Codec) Signed 16 bit PCM".</param>
public sealed record AudioInfo(int SampleRate, int Channels, long Frames, string Format)
{
    /// <summary>Length in seconds.</summary>
    public double Duration => (double)Frames / SampleRate;

    /// <summary>What is odd about the file although it can be read ("the data chunk promises 900 bytes, the file holds 450"), or null.</summary>
    public string? Note { get; init; }
}
