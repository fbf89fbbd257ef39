using System.Buffers.Binary;
using SimSearch.Audio;

namespace SimSearch.Tests;

/// <summary>The shapes a WAV file can have: every one below was seen in the wild or is allowed by the format.</summary>
public sealed class WavReaderTests
{
    private static readonly byte[] Format = WavBytes.Format(1, 1, 8000, 16);
    private static readonly byte[] Samples = WavBytes.Int16(1, -2, 16384, -32768, 32767);
    private static readonly float[] Floats = [1 / 32768f, -2 / 32768f, 0.5f, -1f, 32767 / 32768f];

    private static AudioSignal Load(byte[] file, AudioLoadOptions? options = null) => AudioFile.Load(file.AsMemory(), options);

    public static TheoryData<string, byte[]> Shapes => new()
    {
        { "plain", WavBytes.Riff(Format, WavBytes.Chunk("data", Samples)) },
        { "data before fmt", WavBytes.Riff(WavBytes.Chunk("data", Samples), Format) },
        { "chunks around", WavBytes.Riff(WavBytes.Chunk("JUNK", new byte[28]), Format, WavBytes.Chunk("LIST", new byte[26]), WavBytes.Chunk("data", Samples), WavBytes.Chunk("id3 ", new byte[9])) },
        { "odd chunk, padded", WavBytes.Riff(Format, WavBytes.Chunk("LIST", [1, 2, 3]), WavBytes.Chunk("data", Samples)) },
        { "odd chunk, padding forgotten", WavBytes.Riff(Format, WavBytes.Chunk("LIST", [1, 2, 3], pad: false), WavBytes.Chunk("data", Samples)) },
        { "even chunk, padded once too often", WavBytes.Riff(Format, WavBytes.Chunk("LIST", [1, 2, 3, 4, 0], size: 4, pad: false), WavBytes.Chunk("data", Samples)) },
        { "streamed, sizes 0", WavBytes.Container("RIFF", 0, Format, WavBytes.Chunk("data", Samples, size: 0)) },
        { "streamed, sizes unknown", WavBytes.Container("RIFF", uint.MaxValue, Format, WavBytes.Chunk("data", Samples, size: uint.MaxValue)) },
        { "streamed, 2 GiB as sox writes it", WavBytes.Container("RIFF", 0x7FFFF024, Format, WavBytes.Chunk("data", Samples, size: 0x7FFFF000)) },
        { "recording cut off before its sizes were written", WavBytes.Container("RIFF", 36, Format, WavBytes.Chunk("data", Samples, size: 0)) },
        { "RF64", WavBytes.Container("RF64", uint.MaxValue, WavBytes.Chunk("ds64", Ds64(Samples.Length)), Format, WavBytes.Chunk("data", Samples, size: uint.MaxValue), WavBytes.Chunk("LIST", new byte[4])) },
        { "BW64", WavBytes.Container("BW64", uint.MaxValue, WavBytes.Chunk("ds64", Ds64(Samples.Length)), Format, WavBytes.Chunk("data", Samples, size: uint.MaxValue)) },
        { "RF64 that lies", WavBytes.Container("RF64", uint.MaxValue, WavBytes.Chunk("ds64", Ds64(ulong.MaxValue)), Format, WavBytes.Chunk("data", Samples, size: uint.MaxValue)) },
        { "half a frame at the end", WavBytes.Riff(Format, WavBytes.Chunk("data", [.. Samples, 7])) },
        { "fmt with extra bytes", WavBytes.Riff(WavBytes.Format(1, 1, 8000, 16, size: 18), WavBytes.Chunk("data", Samples)) },
        { "extensible", WavBytes.Riff(WavBytes.Extensible(1, 1, 8000, 16, 16, 2), WavBytes.Chunk("data", Samples)) },
        { "frame size 0", WavBytes.Riff(WavBytes.Format(1, 1, 8000, 16, frameBytes: 0), WavBytes.Chunk("data", Samples)) },
        { "after an ID3 tag", [.. "ID3"u8, 3, 0, 0, 0, 0, 0, 5, 1, 2, 3, 4, 5, .. WavBytes.Riff(Format, WavBytes.Chunk("data", Samples))] },
    };

    private static byte[] Ds64(ulong dataBytes)
    {
        var body = new byte[28];
        BinaryPrimitives.WriteUInt64LittleEndian(body.AsSpan(8), dataBytes);
        return body;
    }

    private static byte[] Ds64(int dataBytes) => Ds64((ulong)dataBytes);

    [Theory]
    [MemberData(nameof(Shapes))]
    public void The_samples_are_found(string shape, byte[] file)
    {
        var signal = Load(file);
        Assert.Equal(Floats, signal.Samples);
        Assert.Equal(8000, signal.SampleRate);
        var info = AudioFile.Info(file.AsMemory());
        Assert.Equal((8000, 1, 5L, "WAV PCM 16"), (info.SampleRate, info.Channels, info.Frames, info.Format));
        Assert.True(info.Note is null, shape);
    }

    [Fact]
    public void A_cut_file_gives_what_it_has_and_says_so()
    {
        byte[] file = WavBytes.Riff(Format, WavBytes.Chunk("data", Samples, size: 900));
        Assert.Equal(Floats, Load(file).Samples);
        Assert.Equal("the data chunk promises 900 bytes, the file holds 10", AudioFile.Info(file.AsMemory()).Note);
    }

    [Fact]
    public void A_file_without_samples_is_an_empty_signal()
    {
        byte[] file = WavBytes.Riff(Format, WavBytes.Chunk("data", []), WavBytes.Chunk("LIST", new byte[10]));
        Assert.Equal(0, Load(file).Frames);
        Assert.Equal(0, Load(file, new AudioLoadOptions { SampleRate = 22050 }).Frames);
        Assert.Equal(0, AudioFile.Info(file.AsMemory()).Frames);
    }

    [Fact]
    public void Twenty_four_bits_in_four_bytes_are_read_from_the_end_they_are_at()
    {
        byte[] upper = [0, 0, 0, 0x40, 0, 1, 0, 0x80], lower = [0, 0, 0x40, 0, 1, 0, 0x80, 0];
        foreach (byte[] format in (byte[][])[WavBytes.Format(1, 1, 8000, 24, frameBytes: 4), WavBytes.Extensible(1, 1, 8000, 32, 24, 4)])
        {
            Assert.Equal([0.5f, -1f + 1f / 8388608 * 1], Load(WavBytes.Riff(format, WavBytes.Chunk("data", upper))).Samples);
            Assert.Equal([0.5f, -1f + 1f / 8388608], Load(WavBytes.Riff(format, WavBytes.Chunk("data", lower))).Samples);
        }
    }

    [Fact]
    public void G711_codes_have_the_values_of_the_recommendation()
    {
        float[] mu = Load(WavBytes.Riff(WavBytes.Format(7, 1, 8000, 8), WavBytes.Chunk("data", [0xFF, 0x7F, 0x80, 0x00, 0xF0]))).Samples;
        Assert.Equal([0, 0, 32124 / 32768f, -32124 / 32768f, 120 / 32768f], mu);
        float[] a = Load(WavBytes.Riff(WavBytes.Format(6, 1, 8000, 8), WavBytes.Chunk("data", [0xD5, 0x55, 0xAA, 0x2A, 0xC5]))).Samples;
        Assert.Equal([8 / 32768f, -8 / 32768f, 32256 / 32768f, -32256 / 32768f, 264 / 32768f], a);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(8)]
    public void Channels_are_mixed_picked_or_kept(int channels)
    {
        const int Frames = 3001;
        var random = new Random(channels);
        short[] samples = [.. Enumerable.Range(0, Frames * channels).Select(_ => (short)random.Next(-32768, 32768))];
        byte[] file = WavBytes.Riff(WavBytes.Format(1, channels, 8000, 16), WavBytes.Chunk("data", WavBytes.Int16(samples)));
        var apart = Load(file, new AudioLoadOptions { Channels = ChannelPolicy.PerChannel });
        Assert.Equal((channels, Frames), (apart.Channels, apart.Frames));
        float[] mix = Load(file).Samples, first = Load(file, new AudioLoadOptions { Channels = ChannelPolicy.First }).Samples;
        for (int frame = 0; frame < Frames; frame++)
        {
            float[] all = [.. Enumerable.Range(0, channels).Select(c => samples[frame * channels + c] / 32768f)];
            for (int c = 0; c < channels; c++) Assert.Equal(all[c], apart.Channel(c)[frame]);
            Assert.Equal(all[0], first[frame]);
            Assert.Equal(all.Average(), mix[frame], 1e-7f);
        }
    }

    public static TheoryData<int, int, int> Layouts => new() { { 1, 8, 1 }, { 1, 16, 2 }, { 1, 24, 3 }, { 1, 32, 4 }, { 3, 32, 4 }, { 3, 64, 8 }, { 6, 8, 1 }, { 7, 8, 1 } };

    [Theory]
    [MemberData(nameof(Layouts))]
    public void Vectorised_conversion_equals_the_definition_at_every_length(int tag, int bits, int width)
    {
        var random = new Random(bits);
        for (int frames = 0; frames < 140; frames++)
        {
            var data = new byte[frames * width];
            random.NextBytes(data);
            if (tag == 3)
                for (int i = 0; i < frames; i++)
                    if (width == 4) BinaryPrimitives.WriteSingleLittleEndian(data.AsSpan(4 * i), (float)random.NextDouble() - 0.5f);
                    else BinaryPrimitives.WriteDoubleLittleEndian(data.AsSpan(8 * i), random.NextDouble() - 0.5);
            float[] ours = Load(WavBytes.Riff(WavBytes.Format(tag, 1, 8000, bits), WavBytes.Chunk("data", data), WavBytes.Chunk("LIST", [0, 0]))).Samples;
            Assert.Equal(frames, ours.Length);
            for (int i = 0; i < frames; i++) Assert.Equal(Twin(tag, data.AsSpan(i * width, width)), ours[i]);
        }
    }

    /// <summary>The slow, readable twin: one sample by its definition.</summary>
    private static float Twin(int tag, ReadOnlySpan<byte> bytes) => (tag, bytes.Length) switch
    {
        (1, 1) => (bytes[0] - 128) / 128f,
        (1, 2) => BinaryPrimitives.ReadInt16LittleEndian(bytes) / 32768f,
        (1, 3) => (float)((bytes[0] | bytes[1] << 8 | (sbyte)bytes[2] << 16) / 8388608.0),
        (1, 4) => (float)(BinaryPrimitives.ReadInt32LittleEndian(bytes) / 2147483648.0),
        (3, 4) => BinaryPrimitives.ReadSingleLittleEndian(bytes),
        (3, 8) => (float)BinaryPrimitives.ReadDoubleLittleEndian(bytes),
        (6, 1) => ALaw(bytes[0]) / 32768f,
        _ => MuLaw(bytes[0]) / 32768f,
    };

    private static int ALaw(byte code)
    {
        int bits = code ^ 0x55, exponent = bits >> 4 & 7, mantissa = bits & 15;
        int magnitude = exponent == 0 ? 16 * mantissa + 8 : (16 * mantissa + 264) << exponent - 1;
        return bits >= 128 ? magnitude : -magnitude;
    }

    private static int MuLaw(byte code)
    {
        int bits = 255 - code, exponent = bits >> 4 & 7, mantissa = bits & 15;
        int magnitude = (8 * mantissa + 132 << exponent) - 132;
        return bits < 128 ? magnitude : -magnitude;
    }
}
