namespace SimSearch.Audio;

/// <summary>Recognises a sound file by its first bytes and opens the reader for it.</summary>
internal static class AudioContainer
{
    private const int MpegLayer3InWav = 0x55;

    /// <summary>Opens a source, which the reader then owns; it is disposed when this throws.</summary>
    /// <param name="source">The bytes.</param>
    /// <param name="name">What to call them in errors; its extension is not looked at.</param>
    /// <exception cref="AudioFormatException">See <see cref="AudioFormatError"/>.</exception>
    public static FrameReader Open(ByteSource source, string name)
    {
        try
        {
            Span<byte> start = stackalloc byte[16];
            if (source.Length == 0) throw NotAudio(name, "it is empty");
            long skip = TagBytes(source);
            start = start[..source.ReadAt(skip, start)];
            if (skip >= source.Length) throw NotAudio(name, $"its {source.Length} bytes are all tag and no sound");
            bool known = IsWav(start) || IsOtherSound(start);
            if (!known && skip > 0) skip = MpegFrameNear(source, skip);
            if (skip > 0) source = new SubSource(source, skip, source.Length - skip);
            if (IsWav(start)) return OpenWav(source, name);
            if (!known && skip == 0) throw NotAudio(name, $"it begins with the bytes {Convert.ToHexString(start[..Math.Min(8, start.Length)])}, which no supported format does");
            return OpenNative(source, name);
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }

    private static FrameReader OpenWav(ByteSource source, string name)
    {
        var header = WavHeader.Read(source, name);
        if (header.Type is not null) return new WavReader(source, header, name);
        if (header.DataBytes == 0)
            throw new AudioFormatException(AudioFormatError.Truncated, $"{name}: a WAV file with codec {header.Codec} and no data; make or download it again");
        // The data chunk of an MP3 in WAV is a plain MP3 stream.
        return OpenNative(header.Codec == MpegLayer3InWav ? new SubSource(source, header.DataOffset, header.DataBytes) : source, name);
    }

    private static FrameReader OpenNative(ByteSource source, string name)
    {
        bool flac = IsFlac(source);
        if (Sndfile.Instance is not { } library)
            return flac ? new FlacReader(source, name) : throw new AudioFormatException(AudioFormatError.LibraryMissing, LibraryMissing(name));
        try { return new SndfileReader(library, source, name); }
        catch (AudioFormatException) when (flac) { return new FlacReader(source, name); }
    }

    private static bool IsFlac(ByteSource source)
    {
        Span<byte> start = stackalloc byte[33];
        start = start[..source.ReadAt(0, start)];
        return start.StartsWith("fLaC"u8) || (start.Length == 33 && start.StartsWith("OggS"u8) && start[28..33].SequenceEqual("\u007FFLAC"u8));
    }

    internal static string LibraryMissing(string name) =>
        $"{name}: only uncompressed WAV and FLAC can be read without libsndfile, which was not found; install it with: {Sndfile.InstallCommand}";

    private static bool IsWav(ReadOnlySpan<byte> start) =>
        start.Length >= 12 && start[8..12].SequenceEqual("WAVE"u8) && (start.StartsWith("RIFF"u8) || start.StartsWith("RF64"u8) || start.StartsWith("BW64"u8));

    /// <summary>Only well-trodden parsers of libsndfile are let near foreign bytes; its two dozen rarer ones are not.</summary>
    private static bool IsOtherSound(ReadOnlySpan<byte> start) =>
        start.StartsWith("fLaC"u8) || start.StartsWith("OggS"u8) || start.StartsWith(".snd"u8) || start.StartsWith("caff"u8)
        || (start.Length >= 12 && start.StartsWith("FORM"u8) && (start[8..12].SequenceEqual("AIFF"u8) || start[8..12].SequenceEqual("AIFC"u8)))
        || (start.Length >= 12 && start.StartsWith("RIFX"u8) && start[8..12].SequenceEqual("WAVE"u8))
        || (start.StartsWith("riff"u8) && start.Length >= 8 && start[4..8].SequenceEqual((ReadOnlySpan<byte>)[0x2E, 0x91, 0xCF, 0x11])) // Sony Wave64
        || IsMpegFrame(start);

    private static bool IsMpegFrame(ReadOnlySpan<byte> start) =>
        start.Length >= 4 && start[0] == 0xFF && (start[1] & 0xE0) == 0xE0
        && (start[1] & 0x18) != 0x08 && (start[1] & 0x06) != 0 && (start[2] & 0xF0) != 0xF0 && (start[2] & 0x0C) != 0x0C;

    /// <summary>Length of an ID3v2 tag at the start, which taggers put before any format, with the zeros after it; 0 when there is none.</summary>
    private static long TagBytes(ByteSource source)
    {
        Span<byte> tag = stackalloc byte[10];
        if (source.ReadAt(0, tag) < 10 || !tag.StartsWith("ID3"u8)) return 0;
        long end = 10 + ((tag[6] & 127L) << 21 | (tag[7] & 127L) << 14 | (tag[8] & 127L) << 7 | (tag[9] & 127L));
        Span<byte> padding = stackalloc byte[4096];
        padding = padding[..source.ReadAt(end, padding)];
        return end + Math.Max(0, padding.IndexOfAnyExcept((byte)0));
    }

    /// <summary>
    /// Where MP3 begins after a tag that misstates its length, as some do by a few bytes and some by hundreds: at two frames of one kind within the
    /// length of a frame. Where there are none, the end of the tag is as good a place as any.
    /// </summary>
    private static long MpegFrameNear(ByteSource source, long tagEnd)
    {
        const int LongestFrame = 2881;
        long from = tagEnd - 10; // the tag's own header, counted twice
        var bytes = new byte[1 << 16];
        var window = bytes.AsSpan(0, source.ReadAt(from, bytes));
        for (int i = 0; i + 4 <= window.Length; i++)
        {
            if (!IsMpegFrame(window[i..])) continue;
            int last = Math.Min(i + LongestFrame, window.Length - 4);
            for (int j = i + 24; j <= last; j++)
                if (window[j] == window[i] && window[j + 1] == window[i + 1] && ((window[j + 2] ^ window[i + 2]) & 0x0C) == 0 && IsMpegFrame(window[j..])) return from + i;
        }
        return tagEnd;
    }

    private static AudioFormatException NotAudio(string name, string what) =>
        new(AudioFormatError.NotAudio, $"{name}: {what}; supported are {string.Join(", ", AudioFile.Extensions)}");
}
