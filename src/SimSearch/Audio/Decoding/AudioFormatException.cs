namespace SimSearch.Audio;

/// <summary>Why a sound file could not be read.</summary>
public enum AudioFormatError
{
    /// <summary>The bytes are not those of a sound file this library knows (also: empty files, text, pictures).</summary>
    NotAudio,

    /// <summary>A sound file, but its codec or sample layout is not supported.</summary>
    UnsupportedCodec,

    /// <summary>The header contradicts itself or the data cannot be decoded.</summary>
    Damaged,

    /// <summary>The file ends before the first sample that its header promises.</summary>
    Truncated,

    /// <summary>The file goes beyond a limit of <see cref="AudioLimits"/>.</summary>
    LimitExceeded,

    /// <summary>The file holds NaN, infinity, or floats too large to be sound.</summary>
    NonFiniteSample,

    /// <summary>The stretch asked for begins after the end of the file.</summary>
    OutOfRange,

    /// <summary>The format needs libsndfile, which is not installed.</summary>
    LibraryMissing,
}

/// <summary>A sound file that cannot be read. The message names the file, what is wrong with it, and what can be done.</summary>
public class AudioFormatException : SimSearchException
{
    /// <summary>Makes the error.</summary>
    /// <param name="error">The kind of failure, for programs.</param>
    /// <param name="message">Value, rule and way out, for people.</param>
    /// <param name="inner">What caused it, if anything did.</param>
    public AudioFormatException(AudioFormatError error, string message, Exception? inner = null) : base(message, inner) => Error = error;

    /// <summary>The kind of failure.</summary>
    public AudioFormatError Error { get; }
}
