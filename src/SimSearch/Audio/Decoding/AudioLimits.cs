namespace SimSearch.Audio;

/// <summary>What a sound file may claim and hold before it is refused. Headers lie; these bounds keep a lie from costing memory or time.</summary>
public static class AudioLimits
{
    /// <summary>Highest sample rate, in Hz: twice the highest rate of PCM converters.</summary>
    public const int MaxSampleRate = 768_000;

    /// <summary>Most channels in one file.</summary>
    public const int MaxChannels = 64;

    /// <summary>Most bytes that are kept of a stream that cannot seek (1 GiB).</summary>
    public const long MaxBufferedBytes = 1L << 30;

    /// <summary>Samples (frames x channels) that any file may yield, whatever its size: 64 Mi, or 50 minutes of mono at 22,050 Hz.</summary>
    public const long FreeSamples = 1L << 26;

    /// <summary>
    /// Beyond <see cref="FreeSamples"/>, samples that each byte of the file may yield. 8-bit PCM yields 1, speech codecs about 64, digital
    /// silence in FLAC several hundred: such a file must be loaded in parts.
    /// </summary>
    public const int SamplesPerByte = 256;

    /// <summary>Floats beyond this magnitude are no sound but damage; they would overflow in any later sum of squares.</summary>
    internal const float MaxMagnitude = 1e15f;

    internal static long MaxSamples(long fileBytes) => Math.Min(Array.MaxLength, Math.Max(FreeSamples, fileBytes * SamplesPerByte));
}
