using SimSearch.Datasets;

namespace SimSearch.Audio;

/// <summary>
/// Reads sound files: uncompressed WAV (also RF64 and BW64) and, where need be, FLAC by itself; compressed WAV, AIFF, AU, CAF, FLAC, Ogg, Opus
/// and MP3 through libsndfile when it is installed. What a file is, its bytes decide, not its name. Thread-safe.
/// </summary>
/// <remarks>
/// Integers become floats by division with 2^(bits - 1), so full scale is -1 to 1. A WAV file that was cut off, or written to a pipe without its
/// final sizes, gives the frames it has and says so in <see cref="AudioInfo.Note"/>. A file whose format is valid but that holds no samples gives a
/// signal of 0 frames. Memory grows with what is really decoded, never with what a header claims; see <see cref="AudioLimits"/>.
/// Every failure that the file's content causes is an <see cref="AudioFormatException"/>; a missing or forbidden file is the usual <see cref="IOException"/>.
/// </remarks>
public static class AudioFile
{
    private const string OfStream = "the stream", OfBytes = "the bytes";

    /// <summary>File name endings that <see cref="Load(string, AudioLoadOptions?, CancellationToken)"/> can be expected to read, lower case with the dot.</summary>
    public static IReadOnlyList<string> Extensions { get; } = [.. Dataset.AudioExtensions.Order(StringComparer.Ordinal)];

    /// <summary>
    /// The version of libsndfile in use, or null when it is not installed and only uncompressed WAV and FLAC can be read. It is looked for by its
    /// usual names, or only at the path in the environment variable SIMSEARCH_SNDFILE when that is set.
    /// </summary>
    public static string? NativeLibrary => Sndfile.Instance?.Version;

    /// <summary>Reads a file's header.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="AudioFormatException">It cannot be read as sound.</exception>
    /// <exception cref="IOException">It cannot be opened.</exception>
    public static AudioInfo Info(string path)
    {
        using var reader = AudioContainer.Open(ByteSource.OfFile(path), path);
        return reader.Info;
    }

    /// <summary>Reads the header of a stream, from its present position, and puts it back there when it can seek.</summary>
    /// <param name="stream">Stays open. One that cannot seek is read to its end, up to <see cref="AudioLimits.MaxBufferedBytes"/>.</param>
    /// <exception cref="AudioFormatException">It cannot be read as sound.</exception>
    public static AudioInfo Info(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        long position = stream.CanSeek ? stream.Position : 0;
        try
        {
            using var reader = AudioContainer.Open(ByteSource.OfStream(stream, CancellationToken.None), OfStream);
            return reader.Info;
        }
        finally
        {
            if (stream.CanSeek) stream.Position = position;
        }
    }

    /// <summary>Reads the header of a file in memory.</summary>
    /// <param name="bytes">The whole file.</param>
    /// <exception cref="AudioFormatException">It cannot be read as sound.</exception>
    public static AudioInfo Info(ReadOnlyMemory<byte> bytes)
    {
        using var reader = AudioContainer.Open(ByteSource.OfMemory(bytes), OfBytes);
        return reader.Info;
    }

    /// <summary>Decodes a file or a stretch of it. Of a stretch, only its own bytes are read, as far as the codec allows.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">Stretch, sample rate and channels; null takes all of it, mixed to one channel, at its own rate.</param>
    /// <param name="cancellation">Looked at between blocks.</param>
    /// <returns>[channels x frames]. A stretch that is resampled is cut first: beyond its ends is silence.</returns>
    /// <exception cref="AudioFormatException">It cannot be read as sound, or the stretch begins after its end.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is outside its range.</exception>
    /// <exception cref="IOException">It cannot be opened.</exception>
    public static AudioSignal Load(string path, AudioLoadOptions? options = null, CancellationToken cancellation = default) =>
        Load(() => ByteSource.OfFile(path), path, options, cancellation);

    /// <summary>Decodes a stream, from its present position; see <see cref="Load(string, AudioLoadOptions?, CancellationToken)"/>.</summary>
    /// <param name="stream">Stays open, at an unspecified position. One that cannot seek is read to its end, up to <see cref="AudioLimits.MaxBufferedBytes"/>.</param>
    /// <param name="options">Stretch, sample rate and channels.</param>
    /// <param name="cancellation">Looked at between blocks.</param>
    /// <exception cref="AudioFormatException">It cannot be read as sound, or the stretch begins after its end.</exception>
    public static AudioSignal Load(Stream stream, AudioLoadOptions? options = null, CancellationToken cancellation = default) =>
        Load(() => ByteSource.OfStream(stream, cancellation), OfStream, options, cancellation);

    /// <summary>Decodes a file in memory; see <see cref="Load(string, AudioLoadOptions?, CancellationToken)"/>.</summary>
    /// <param name="bytes">The whole file.</param>
    /// <param name="options">Stretch, sample rate and channels.</param>
    /// <param name="cancellation">Looked at between blocks.</param>
    /// <exception cref="AudioFormatException">It cannot be read as sound, or the stretch begins after its end.</exception>
    public static AudioSignal Load(ReadOnlyMemory<byte> bytes, AudioLoadOptions? options = null, CancellationToken cancellation = default) =>
        Load(() => ByteSource.OfMemory(bytes), OfBytes, options, cancellation);

    private static AudioSignal Load(Func<ByteSource> open, string name, AudioLoadOptions? options, CancellationToken cancellation)
    {
        options ??= new AudioLoadOptions();
        options.Check();
        var source = open();
        long bytes = source.Length;
        using var reader = AudioContainer.Open(source, name);
        return new SignalLoader(reader, bytes, name, options).Load(cancellation);
    }
}
