using System.Buffers.Binary;

namespace SimSearch.Audio;

/// <summary>How one sample lies in a WAV file.</summary>
internal enum SampleType { UInt8, Int16, Int24, Int24In4, Int32, Float32, Float64, ALaw, MuLaw }

/// <summary>Where the samples of a WAV file are and how they are stored; nothing here is believed before it is checked against the file.</summary>
/// <param name="Type">Sample layout, or null when the codec is not one of the managed reader's.</param>
/// <param name="Codec">The format tag (after WAVE_FORMAT_EXTENSIBLE is resolved).</param>
/// <param name="SampleRate">Frames per second.</param>
/// <param name="Channels">Number of channels.</param>
/// <param name="FrameBytes">Bytes of one frame (all channels).</param>
/// <param name="DataOffset">Where the samples begin.</param>
/// <param name="DataBytes">How many bytes of samples the file really holds.</param>
/// <param name="Note">What is odd about the file, or null.</param>
internal sealed record WavHeader(SampleType? Type, int Codec, int SampleRate, int Channels, int FrameBytes, long DataOffset, long DataBytes, string? Note)
{
    private const int Pcm = 1, IeeeFloat = 3, ALaw = 6, MuLaw = 7, Extensible = 0xFFFE;

    /// <summary>More chunks than any writer makes; a file of nothing but empty chunks must not cost a read each.</summary>
    private const int MaxChunks = 1024;

    public long Frames => DataBytes / FrameBytes;

    public static WavHeader Read(ByteSource source, string name)
    {
        Span<byte> start = stackalloc byte[12];
        if (source.ReadAt(0, start) < 12) throw Damaged(name, $"its {source.Length} bytes are fewer than a RIFF header has (12)");
        bool is64 = !start[..4].SequenceEqual("RIFF"u8);
        long riffBytes = BinaryPrimitives.ReadUInt32LittleEndian(start[4..]);

        Span<byte> format = stackalloc byte[40];
        int formatBytes = 0;
        long dataOffset = -1, claimed = 0, claimed64 = -1;
        Span<byte> chunk = stackalloc byte[8];
        long at = 12;
        for (int n = 0; n < MaxChunks && !(formatBytes > 0 && dataOffset >= 0); n++)
        {
            at = Resynchronise(source, at, n == 0);
            if (source.ReadAt(at, chunk) < 8) break;
            long size = BinaryPrimitives.ReadUInt32LittleEndian(chunk[4..]);
            long body = at + 8;
            if (chunk[..4].SequenceEqual("fmt "u8)) formatBytes = source.ReadAt(body, format[..(int)Math.Min(size, format.Length)]);
            else if (chunk[..4].SequenceEqual("ds64"u8) && is64) claimed64 = DataSizeOf(source, body, size);
            else if (chunk[..4].SequenceEqual("data"u8) && dataOffset < 0)
            {
                if (is64 && size == uint.MaxValue && claimed64 >= 0) size = claimed64;
                (dataOffset, claimed) = (body, size);
                // 0 means "not known yet" in a stream or a recording that was cut off: then the RIFF size does not reach beyond this chunk either.
                if (size == 0 && (riffBytes + 8 <= body || riffBytes == uint.MaxValue)) claimed = long.MaxValue;
            }
            at = body + size + (size & 1);
            if (at < body || at > source.Length) break;
        }
        if (formatBytes == 0) throw Damaged(name, "it has no 'fmt ' chunk, so nothing says how its samples are stored");
        if (dataOffset < 0) throw Damaged(name, "it has no 'data' chunk and so no samples");
        long present = Math.Max(0, source.Length - dataOffset);
        string? note = null;
        // Claims of 2 GiB and more are what writers to a pipe put for "unknown".
        if (claimed > present && claimed < 0x7FFF_0000) note = $"the data chunk promises {claimed} bytes, the file holds {present}";
        return Interpret(name, format[..formatBytes], dataOffset, Math.Min(claimed, present), note);
    }

    /// <summary>Chunks begin on even offsets, but some writers forget the padding byte and some add one too many.</summary>
    private static long Resynchronise(ByteSource source, long at, bool first)
    {
        if (first) return at;
        Span<byte> around = stackalloc byte[6];
        if (source.ReadAt(at - 1, around) < 6 || IsId(around[1..5])) return at;
        return IsId(around[..4]) ? at - 1 : IsId(around[2..6]) ? at + 1 : at;
    }

    private static bool IsId(ReadOnlySpan<byte> id) => !id.ContainsAnyExceptInRange((byte)' ', (byte)'~');

    private static long DataSizeOf(ByteSource source, long body, long size)
    {
        Span<byte> ds64 = stackalloc byte[16];
        if (size < 16 || source.ReadAt(body, ds64) < 16) return -1;
        return (long)Math.Min(BinaryPrimitives.ReadUInt64LittleEndian(ds64[8..]), long.MaxValue / 2);
    }

    private static WavHeader Interpret(string name, ReadOnlySpan<byte> format, long dataOffset, long dataBytes, string? note)
    {
        if (format.Length < 14) throw Damaged(name, $"its 'fmt ' chunk has {format.Length} bytes where at least 14 are needed");
        int codec = BinaryPrimitives.ReadUInt16LittleEndian(format);
        int channels = BinaryPrimitives.ReadUInt16LittleEndian(format[2..]);
        uint rate = BinaryPrimitives.ReadUInt32LittleEndian(format[4..]);
        int frameBytes = BinaryPrimitives.ReadUInt16LittleEndian(format[12..]);
        int bits = format.Length >= 16 ? BinaryPrimitives.ReadUInt16LittleEndian(format[14..]) : 0;
        if (channels == 0) throw Damaged(name, "channels=0; a sound file has at least 1");
        if (channels > AudioLimits.MaxChannels) throw new AudioFormatException(AudioFormatError.LimitExceeded, $"{name}: channels={channels} is more than the {AudioLimits.MaxChannels} that are supported");
        if (rate == 0) throw Damaged(name, "sample rate=0 Hz; it must be 1 or more");
        if (rate > AudioLimits.MaxSampleRate) throw new AudioFormatException(AudioFormatError.LimitExceeded, $"{name}: sample rate={rate} Hz is more than the {AudioLimits.MaxSampleRate} Hz that are supported");

        int valid = bits;
        if (codec == Extensible)
        {
            if (format.Length < 26) throw Damaged(name, $"WAVE_FORMAT_EXTENSIBLE needs a 'fmt ' chunk of 40 bytes, not {format.Length}");
            int said = BinaryPrimitives.ReadUInt16LittleEndian(format[18..]);
            if (said > 0 && said <= bits) valid = said;
            codec = BinaryPrimitives.ReadUInt16LittleEndian(format[24..]);
        }
        if (codec is not (Pcm or IeeeFloat or ALaw or MuLaw))
            return new WavHeader(null, codec, (int)rate, channels, Math.Max(1, frameBytes), dataOffset, dataBytes, note);

        // The frame size decides over the bits, as in "24 bits in 4 bytes"; where it is nonsense, the bits do.
        int width = frameBytes % channels == 0 ? frameBytes / channels : 0;
        if (width == 0 || 8 * width < bits) width = (bits + 7) / 8;
        SampleType? type = (codec, width) switch
        {
            (Pcm, 1) => SampleType.UInt8,
            (Pcm, 2) => SampleType.Int16,
            (Pcm, 3) => SampleType.Int24,
            (Pcm, 4) => valid == 24 ? SampleType.Int24In4 : SampleType.Int32,
            (IeeeFloat, 4) => SampleType.Float32,
            (IeeeFloat, 8) => SampleType.Float64,
            (ALaw, 1) => SampleType.ALaw,
            (MuLaw, 1) => SampleType.MuLaw,
            _ => null,
        };
        if (type is null)
            throw new AudioFormatException(AudioFormatError.UnsupportedCodec, $"{name}: {bits} bits in {width} bytes per sample with format tag {codec} is not a layout of WAV that is known; convert the file to 16-bit PCM");
        return new WavHeader(type, codec, (int)rate, channels, width * channels, dataOffset, dataBytes, note);
    }

    private static AudioFormatException Damaged(string name, string what) =>
        new(AudioFormatError.Damaged, $"{name}: {what}; the WAV file is damaged: make or download it again");
}
