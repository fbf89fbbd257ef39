using System.Buffers.Binary;
using SimSearch.Audio;

namespace SimSearch.Tests;

/// <summary>What is wrong with a file is told by kind for programs and in words for people; nothing else escapes.</summary>
public sealed class AudioFileErrorTests
{
    private static readonly byte[] Format = WavBytes.Format(1, 1, 8000, 16);
    private static readonly byte[] Data = WavBytes.Chunk("data", new byte[100]);

    public static TheoryData<AudioFormatError, string, byte[]> Broken => new()
    {
        { AudioFormatError.NotAudio, "empty", [] },
        { AudioFormatError.NotAudio, "begins with the bytes", "Hello, I am a text."u8.ToArray() },
        { AudioFormatError.NotAudio, "begins with the bytes", [0x89, (byte)'P', (byte)'N', (byte)'G', 13, 10, 26, 10] },
        { AudioFormatError.NotAudio, "tag", [.. "ID3"u8, 3, 0, 0, 0, 0, 1, 0, .. new byte[20]] },
        { AudioFormatError.NotAudio, "begins with the bytes", "RIFF\0\0\0\0AVI LIST"u8.ToArray() },
        { AudioFormatError.Damaged, "no 'fmt ' chunk", WavBytes.Riff(Data) },
        { AudioFormatError.Damaged, "no 'data' chunk", WavBytes.Riff(Format) },
        { AudioFormatError.Damaged, "14 are needed", WavBytes.Riff(WavBytes.Chunk("fmt ", [1, 0, 1, 0]), Data) },
        { AudioFormatError.Damaged, "channels=0", WavBytes.Riff(WavBytes.Format(1, 0, 8000, 16), Data) },
        { AudioFormatError.Damaged, "sample rate=0", WavBytes.Riff(WavBytes.Format(1, 1, 0, 16), Data) },
        { AudioFormatError.LimitExceeded, "sample rate=4000000000 Hz", WavBytes.Riff(WavBytes.Format(1, 1, unchecked((int)4000000000), 16), Data) },
        { AudioFormatError.LimitExceeded, "channels=65", WavBytes.Riff(WavBytes.Format(1, 65, 8000, 16), Data) },
        { AudioFormatError.UnsupportedCodec, "48 bits", WavBytes.Riff(WavBytes.Format(1, 1, 8000, 48), Data) },
        { AudioFormatError.UnsupportedCodec, "16 bits in 2 bytes", WavBytes.Riff(WavBytes.Format(3, 1, 8000, 16), Data) },
        { AudioFormatError.UnsupportedCodec, "0 bits", WavBytes.Riff(WavBytes.Format(1, 1, 8000, 0), Data) },
        { AudioFormatError.Damaged, "EXTENSIBLE", WavBytes.Riff(WavBytes.Format(0xFFFE, 1, 8000, 16), Data) },
        { AudioFormatError.Truncated, "no data", WavBytes.Riff(WavBytes.Format(0x55, 1, 8000, 0), WavBytes.Chunk("data", []), WavBytes.Chunk("LIST", [1, 2])) },
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public void The_error_has_its_kind_and_names_what_is_wrong(AudioFormatError kind, string words, byte[] file)
    {
        var error = Assert.Throws<AudioFormatException>(() => AudioFile.Load(file.AsMemory()));
        Assert.Equal(kind, error.Error);
        Assert.Contains(words, error.Message);
        Assert.Equal(kind, Assert.Throws<AudioFormatException>(() => AudioFile.Info(new MemoryStream(file))).Error);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(3e38f)]
    public void A_float_that_is_no_sound_is_named_by_frame_and_channel(float bad)
    {
        foreach (int width in (int[])[4, 8])
            foreach (int at in (int[])[0, 1, 7, 20001, 39999])
            {
                var data = new byte[40000 * width];
                if (width == 4) BinaryPrimitives.WriteSingleLittleEndian(data.AsSpan(at * 4), bad);
                else BinaryPrimitives.WriteDoubleLittleEndian(data.AsSpan(at * 8), bad);
                byte[] file = WavBytes.Riff(WavBytes.Format(3, 2, 8000, 8 * width), WavBytes.Chunk("data", data));
                var error = Assert.Throws<AudioFormatException>(() => AudioFile.Load(file.AsMemory()));
                Assert.Equal(AudioFormatError.NonFiniteSample, error.Error);
                Assert.Contains($"sample {at / 2} of channel {at % 2}", error.Message);
            }
    }

    [Fact]
    public void A_start_after_the_end_is_refused_and_one_at_the_end_is_not()
    {
        byte[] file = WavBytes.Riff(Format, WavBytes.Chunk("data", new byte[16000]));
        Assert.Equal(0, AudioFile.Load(file.AsMemory(), new AudioLoadOptions { Start = 1 }).Frames);
        var error = Assert.Throws<AudioFormatException>(() => AudioFile.Load(file.AsMemory(), new AudioLoadOptions { Start = 1.5 }));
        Assert.Equal(AudioFormatError.OutOfRange, error.Error);
        Assert.Contains("after the end at 1.000 s", error.Message);
    }

    [Fact]
    public void Options_are_checked()
    {
        byte[] file = WavBytes.Riff(Format, Data);
        AudioLoadOptions[] wrong = [new() { SampleRate = 0 }, new() { SampleRate = 768_001 }, new() { Start = -1 }, new() { Start = double.NaN },
            new() { Duration = -0.1 }, new() { Duration = double.PositiveInfinity }, new() { Channels = (ChannelPolicy)9 }];
        foreach (var options in wrong) Assert.Throws<ArgumentOutOfRangeException>(() => AudioFile.Load(file.AsMemory(), options));
    }

    [Fact]
    public void A_rate_of_1_Hz_does_not_become_gigabytes()
    {
        byte[] file = WavBytes.Riff(WavBytes.Format(1, 1, 1, 8), WavBytes.Chunk("data", new byte[100_000]));
        var error = Assert.Throws<AudioFormatException>(() => AudioFile.Load(file.AsMemory(), new AudioLoadOptions { SampleRate = 22050 }));
        Assert.Equal(AudioFormatError.LimitExceeded, error.Error);
        Assert.Equal(22050, AudioFile.Load(file.AsMemory(), new AudioLoadOptions { SampleRate = 22050, Duration = 1 }).Frames);
    }

    [Fact]
    public void Missing_files_are_the_usual_errors()
    {
        Assert.Throws<FileNotFoundException>(() => AudioFile.Load(Path.Combine(Path.GetTempPath(), "simsearch-no-such-file.wav")));
        Assert.Throws<ArgumentException>(() => AudioFile.Info(""));
    }

    [Fact]
    public void Without_libsndfile_the_error_names_the_command_that_installs_it()
    {
        Assert.Null(Sndfile.TryLoad(["/nowhere/libsndfile.so.1", "no-such-library"]));
        string message = AudioContainer.LibraryMissing("a.flac");
        Assert.Contains("a.flac", message);
        Assert.Contains(Sndfile.InstallCommand, message);
        if (OperatingSystem.IsLinux()) Assert.Contains("apt-get install -y libsndfile1", message);
    }

    [Fact]
    public void A_failing_stream_fails_with_its_own_error_also_through_the_native_library()
    {
        Support.SharedData.SkipUnless(AudioFile.NativeLibrary is not null, "libsndfile is not installed");
        byte[] flac = File.ReadAllBytes(Support.SharedData.Golden("decode/flac16.flac"));
        for (int limit = 0; limit < flac.Length; limit += 1500)
            Assert.Throws<TimeoutException>(() => AudioFile.Load(new FailingStream(flac, limit)));
    }

    [Fact]
    public void Loading_can_be_cancelled()
    {
        byte[] file = WavBytes.Riff(Format, WavBytes.Chunk("data", new byte[1 << 20]));
        Assert.Throws<OperationCanceledException>(() => AudioFile.Load(file.AsMemory(), null, new CancellationToken(canceled: true)));
    }

    private sealed class FailingStream(byte[] bytes, int limit) : MemoryStream(bytes)
    {
        public override int Read(Span<byte> buffer) => Position + buffer.Length > limit ? throw new TimeoutException("the disk is gone") : base.Read(buffer);
    }
}
