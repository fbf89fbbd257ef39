using System.Buffers;
using System.Buffers.Binary;

namespace SimSearch.Audio;

/// <summary>Reads uncompressed WAV files. It reads no byte that is not asked for: moving costs nothing.</summary>
internal sealed class WavReader : FrameReader
{
    /// <summary>Small enough to stay in the second-level cache between being read and being converted.</summary>
    private const int BlockBytes = 1 << 16;

    private readonly ByteSource source;
    private readonly WavHeader header;
    private readonly SampleType type;
    private readonly string name;
    private readonly byte[] block;
    private long frame;

    /// <param name="source">The file; disposed with the reader.</param>
    /// <param name="header">Its header, with a known sample type.</param>
    /// <param name="name">What to call the file in errors.</param>
    public WavReader(ByteSource source, WavHeader header, string name)
    {
        (this.source, this.header, this.name) = (source, header, name);
        block = ArrayPool<byte>.Shared.Rent(BlockBytes);
        type = header.Type!.Value;
        if (type == SampleType.Int24In4 && IsLeftJustified()) type = SampleType.Int32;
        Info = new AudioInfo(header.SampleRate, header.Channels, header.Frames, "WAV " + Describe(header.Type.Value)) { Note = header.Note };
    }

    public override AudioInfo Info { get; }

    public override bool LengthIsCertain => true;

    public override void Seek(long to) => frame = to;

    public override int Read(Span<float> interleaved)
    {
        int wanted = (int)Math.Min(interleaved.Length / header.Channels, header.Frames - frame), done = 0;
        while (done < wanted)
        {
            int frames = Math.Min(wanted - done, BlockBytes / header.FrameBytes);
            var bytes = block.AsSpan(0, frames * header.FrameBytes);
            int got = source.ReadAt(header.DataOffset + frame * header.FrameBytes, bytes) / header.FrameBytes;
            var part = interleaved.Slice(done * header.Channels, got * header.Channels);
            SampleConverter.Convert(type, bytes[..(got * header.FrameBytes)], part);
            if (type is SampleType.Float32 or SampleType.Float64) CheckSound(part);
            frame += got;
            done += got;
            if (got < frames) break; // the file was cut after its header was read
        }
        return done;
    }

    private void CheckSound(ReadOnlySpan<float> samples)
    {
        int bad = SampleConverter.FirstUnsound(samples);
        if (bad < 0) return;
        throw new AudioFormatException(AudioFormatError.NonFiniteSample,
            $"{name}: sample {frame + bad / header.Channels} of channel {bad % header.Channels} is {samples[bad]}; samples must be finite and are nominally -1 to 1: write the file again without it");
    }

    /// <summary>
    /// The 24 bits of "24 bits in 4 bytes" are the upper ones by Microsoft's rule and the lower ones in the files of older editors. The unused
    /// byte tells: when the lowest byte of every sample in the first block is 0, the sample lies above it.
    /// </summary>
    private bool IsLeftJustified()
    {
        int got = source.ReadAt(header.DataOffset, block.AsSpan(0, (int)Math.Min(BlockBytes, header.DataBytes)));
        for (int i = 0; i + 4 <= got; i += 4)
            if (block[i] != 0) return false;
        return true;
    }

    private static string Describe(SampleType type) => type switch
    {
        SampleType.UInt8 => "PCM 8",
        SampleType.Int16 => "PCM 16",
        SampleType.Int24 => "PCM 24",
        SampleType.Int24In4 => "PCM 24 in 32",
        SampleType.Int32 => "PCM 32",
        SampleType.Float32 => "float 32",
        SampleType.Float64 => "float 64",
        SampleType.ALaw => "A-law",
        _ => "mu-law",
    };

    public override void Dispose()
    {
        ArrayPool<byte>.Shared.Return(block);
        source.Dispose();
    }
}
