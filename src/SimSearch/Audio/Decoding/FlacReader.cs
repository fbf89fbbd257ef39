using System.Buffers.Binary;

namespace SimSearch.Audio;

/// <summary>
/// Decodes FLAC, plain or in Ogg, without libsndfile: where that is not installed, and for the streams it refuses (12 and 20 bits, FLAC in
/// Ogg in some builds, metadata of the wrong length). It decodes from the start, in scalar code, with the whole file in memory.
/// </summary>
internal sealed class FlacReader : FrameReader
{
    private readonly byte[] bytes;
    private readonly string name;
    private readonly FlacFrame block = new();
    private readonly int start, bits;
    private int next;   // where the frame after the block begins
    private int used;   // samples of the block already given
    private long frame;

    /// <param name="source">The file; disposed with the reader, and when this constructor throws.</param>
    /// <param name="name">What to call the file in errors.</param>
    public FlacReader(ByteSource source, string name)
    {
        this.name = name;
        using (source) bytes = Native(source);
        int audio = AfterMetadata();
        var stream = bytes.AsSpan(8);
        bits = ((stream[12] & 1) << 4 | stream[13] >> 4) + 1;
        long total = (stream[13] & 15L) << 32 | BinaryPrimitives.ReadUInt32BigEndian(stream[14..]);
        start = next = FirstFrame(audio);
        if (block.Decode(bytes.AsSpan(start), bits) == 0) throw Damaged("it has no whole frame");
        // What the frames say decides; STREAMINFO has been seen to lie.
        int rate = block.SampleRate > 0 ? block.SampleRate : stream[10] << 12 | stream[11] << 4 | stream[12] >> 4;
        if (rate is < 1 or > AudioLimits.MaxSampleRate) throw new AudioFormatException(AudioFormatError.LimitExceeded, $"{name}: sample rate={rate} Hz must be 1 to {AudioLimits.MaxSampleRate}");
        Info = new AudioInfo(rate, block.Channels, total, $"FLAC {block.Bits} bit");
        if (total == 0) Info = Info with { Frames = Count() };
        used = block.Length;
    }

    public override AudioInfo Info { get; }

    public override bool LengthIsCertain => false;

    public override void Seek(long to)
    {
        if (to < frame) (next, used, frame) = (start, block.Length, 0);
        while (frame < to)
        {
            if (used >= block.Length && !Advance()) return;
            int step = (int)Math.Min(block.Length - used, to - frame);
            used += step;
            frame += step;
        }
    }

    public override int Read(Span<float> interleaved)
    {
        int channels = Info.Channels, wanted = interleaved.Length / channels, done = 0;
        while (done < wanted && (used < block.Length || Advance()))
        {
            int count = Math.Min(wanted - done, block.Length - used);
            double scale = 1.0 / (1L << block.Bits - 1);
            for (int channel = 0; channel < channels; channel++)
            {
                var samples = block.Channel(channel).Slice(used, count);
                for (int i = 0; i < count; i++) interleaved[(done + i) * channels + channel] = (float)(samples[i] * scale);
            }
            used += count;
            done += count;
        }
        frame += done;
        return done;
    }

    /// <summary>Decodes the next frame; false at the end.</summary>
    private bool Advance()
    {
        if (next >= bytes.Length) return false;
        int length = block.Decode(bytes.AsSpan(next), bits);
        if (length == 0)
        {
            // A tag or padding after the last frame is no damage; a frame that cannot be decoded is.
            if (Info.Frames > 0 && frame >= Info.Frames) return false;
            throw Damaged($"after {frame} frames of {Info.Frames} the data cannot be decoded" + (frame > 0 ? $"; load only the first {(double)frame / Info.SampleRate:F3} s, or make or download it again" : ""));
        }
        if (block.Channels != Info.Channels) throw Damaged($"after {frame} frames the number of channels changes from {Info.Channels} to {block.Channels}");
        next += length;
        used = 0;
        return true;
    }

    private long Count()
    {
        long count = 0;
        for (int at = start; at < bytes.Length;)
        {
            int length = block.Decode(bytes.AsSpan(at), bits);
            if (length == 0) break;
            count += block.Length;
            at += length;
        }
        return count;
    }

    /// <summary>Checks the metadata and returns where it ends. Only the last block may claim more than there is: then frames are looked for.</summary>
    private int AfterMetadata()
    {
        if (bytes.Length < 42 || !bytes.AsSpan().StartsWith("fLaC"u8)) throw Damaged("it is too short to be one");
        long at = 4;
        for (bool last = false; !last;)
        {
            if (at + 4 > bytes.Length) throw Damaged($"its metadata reaches beyond its {bytes.Length} bytes");
            int type = bytes[at] & 127, size = (int)(BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan((int)at)) & 0xFFFFFF);
            if ((type == 0) != (at == 4)) throw Damaged("STREAMINFO must be its first block, and come once");
            if (type == 0 && size != 34) throw Damaged($"STREAMINFO has {size} bytes; it must have 34");
            last = (bytes[at] & 128) != 0;
            at += 4 + size;
        }
        if ((bytes[18] << 12 | bytes[19] << 4 | bytes[20] >> 4) == 0) throw Damaged("sample rate=0 Hz; it must be 1 or more");
        return (int)Math.Min(at, bytes.Length);
    }

    /// <summary>The first place at or after one (or, when the metadata overshoot, after STREAMINFO) where a frame can be decoded.</summary>
    private int FirstFrame(int expected)
    {
        const int MostTries = 256; // by chance, the two bytes of a frame's start come once in 32 KiB
        foreach (int from in (ReadOnlySpan<int>)[expected, 42])
            for (int at = from, tries = 0; at < bytes.Length && tries < MostTries; at++, tries++)
            {
                int plain = bytes.AsSpan(at).IndexOf((ReadOnlySpan<byte>)[0xFF, 0xF8]), varying = bytes.AsSpan(at).IndexOf((ReadOnlySpan<byte>)[0xFF, 0xF9]);
                if (plain < 0 && varying < 0) break;
                at += plain < 0 ? varying : varying < 0 ? plain : Math.Min(plain, varying);
                if (block.Decode(bytes.AsSpan(at), bits) > 0) return at;
            }
        throw Damaged("it has no whole frame");
    }

    /// <summary>A FLAC stream without its tag or its Ogg pages.</summary>
    private byte[] Native(ByteSource source)
    {
        if (source.Length > AudioLimits.MaxBufferedBytes)
            throw new AudioFormatException(AudioFormatError.LimitExceeded, $"{name}: {source.Length} bytes are more than the {AudioLimits.MaxBufferedBytes} that are decoded without libsndfile; install it with: {Sndfile.InstallCommand}");
        var file = new byte[source.Length];
        var whole = file.AsSpan(0, source.ReadAt(0, file));
        if (!whole.StartsWith("OggS"u8)) return file;
        // In Ogg, nine bytes come before the stream, and each packet is one of its blocks or frames: the payloads in a row are the stream.
        int length = 0;
        for (int at = 0; at + 27 < whole.Length && whole[at..].StartsWith("OggS"u8);)
        {
            int segments = whole[at + 26], body = at + 27 + segments, bodyBytes = 0;
            if (body > whole.Length) break;
            foreach (byte part in whole.Slice(at + 27, segments)) bodyBytes += part;
            var payload = whole.Slice(body, Math.Min(bodyBytes, whole.Length - body));
            if (at == 0) payload = payload.Length >= 9 ? payload[9..] : default;
            payload.CopyTo(whole[length..]); // the stream is never longer than what has been read of it
            length += payload.Length;
            at = body + bodyBytes;
        }
        return file[..length];
    }

    private AudioFormatException Damaged(string what) => new(AudioFormatError.Damaged, $"{name}: {what}; the FLAC stream is damaged");

    public override void Dispose() { }
}
