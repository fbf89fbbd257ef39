using SimSearch.Audio;
using SimSearch.Tests.Support;

namespace SimSearch.Tests;

/// <summary>A stretch of a file is the same samples as in the whole, and costs what it is, not what the file is.</summary>
public sealed class PartialReadTests
{
    [Theory]
    [InlineData("pcm16.wav", 0)]
    [InlineData("pcm24.wav", 0)]
    [InlineData("float64.wav", 0)]
    [InlineData("ms_adpcm.wav", 0)]
    [InlineData("aiff16.aiff", 0)]
    [InlineData("flac16.flac", 0)]
    [InlineData("ogg_vorbis.ogg", 1e-5)]
    [InlineData("mp3.mp3", 2e-3)] // the bit reservoir of a frame that is jumped to is not complete
    public void A_stretch_equals_the_slice_of_the_whole(string name, double tolerance)
    {
        string path = SharedData.Golden($"decode/{name}");
        if (AudioFile.NativeLibrary is null && !name.Contains("wav")) SharedData.SkipUnless(false, "libsndfile is not installed");
        var whole = AudioFile.Load(path);
        foreach (var (start, length) in new[] { (0, 100), (1000, 2500), (3000, 1), (whole.Frames - 300, 300), (whole.Frames - 300, 5000), (2000, 0) })
        {
            var part = AudioFile.Load(path, new AudioLoadOptions { Start = (double)start / whole.SampleRate, Duration = (double)length / whole.SampleRate });
            int frames = Math.Min(length, whole.Frames - start);
            Assert.Equal(frames, part.Frames);
            for (int i = 0; i < frames; i++) Assert.Equal(whole.Samples[start + i], part.Samples[i], (float)tolerance);
        }
    }

    [Fact]
    public void A_second_out_of_ten_minutes_reads_a_second()
    {
        byte[] file = WavBytes.Riff(WavBytes.Format(1, 2, 44100, 16), WavBytes.Chunk("data", new byte[600 * 44100 * 4]));
        var stream = new CountingStream(file);
        var signal = AudioFile.Load(stream, new AudioLoadOptions { Start = 300, Duration = 1, SampleRate = 22050 });
        Assert.Equal(22050, signal.Frames);
        Assert.InRange(stream.BytesRead, 44100 * 4, 44100 * 4 + 1000);
        stream.BytesRead = stream.Position = 0;
        AudioFile.Info(stream);
        Assert.InRange(stream.BytesRead, 1, 1000);
    }

    [Theory]
    [InlineData("flac-test-files/subset/43 - 8 channels (7.1).flac", 9)]
    [InlineData("go-audio-aiff/ring.aif", 1.5)]
    public void A_stretch_through_libsndfile_does_not_read_what_lies_before(string name, double start)
    {
        string path = SharedData.Data($"audio/codecs/{name}");
        SharedData.SkipUnless(AudioFile.NativeLibrary is not null, "libsndfile is not installed");
        byte[] file = File.ReadAllBytes(path);
        var stream = new CountingStream(file);
        Assert.True(AudioFile.Load(stream, new AudioLoadOptions { Start = start, Duration = 0.05 }).Frames > 0);
        Assert.True(stream.BytesRead < file.Length / 2, $"{stream.BytesRead} of {file.Length} bytes");
    }

    [Fact]
    public void Path_stream_and_bytes_give_the_same()
    {
        string path = SharedData.Golden("decode/pcm24.wav");
        byte[] bytes = File.ReadAllBytes(path);
        var options = new AudioLoadOptions { SampleRate = 16000 };
        float[] expected = AudioFile.Load(path, options).Samples;
        Assert.Equal(expected, AudioFile.Load(bytes.AsMemory(), options).Samples);
        Assert.Equal(expected, AudioFile.Load(new PipeStream(bytes), options).Samples);
        var inside = new MemoryStream([1, 2, 3, .. bytes]) { Position = 3 };
        Assert.Equal(AudioFile.Info(path), AudioFile.Info(inside));
        Assert.Equal(3, inside.Position);
        Assert.Equal(expected, AudioFile.Load(inside, options).Samples);
        Assert.True(inside.CanRead); // not closed
    }

    [Fact]
    public void A_stream_that_cannot_seek_is_buffered_up_to_a_limit()
    {
        Assert.Equal(200_000, ByteSource.Buffer(new PipeStream(new byte[200_000]), 200_000, CancellationToken.None).Length);
        var error = Assert.Throws<AudioFormatException>(() => ByteSource.Buffer(new PipeStream(new byte[200_001]), 200_000, CancellationToken.None));
        Assert.Equal(AudioFormatError.LimitExceeded, error.Error);
    }

    [Fact]
    public void Resampling_on_the_way_equals_resampling_afterwards()
    {
        var random = new Random(5);
        byte[] file = WavBytes.Riff(WavBytes.Format(1, 2, 44100, 16), WavBytes.Chunk("data", WavBytes.Int16([.. Enumerable.Range(0, 2 * 50_001).Select(_ => (short)random.Next(-9000, 9000))])));
        foreach (var policy in Enum.GetValues<ChannelPolicy>())
            foreach (int rate in (int[])[22050, 16000, 48000, 44101])
            {
                var native = AudioFile.Load(file.AsMemory(), new AudioLoadOptions { Channels = policy });
                var onTheWay = AudioFile.Load(file.AsMemory(), new AudioLoadOptions { Channels = policy, SampleRate = rate });
                Assert.Equal(Resampler.Resample(native, rate).Samples, onTheWay.Samples);
                Assert.Equal((rate, native.Channels), (onTheWay.SampleRate, onTheWay.Channels));
            }
    }

    private sealed class CountingStream(byte[] bytes) : MemoryStream(bytes)
    {
        public long BytesRead { get; set; }

        public override int Read(Span<byte> buffer)
        {
            int got = base.Read(buffer);
            BytesRead += got;
            return got;
        }
    }

    /// <summary>Cannot seek, and gives a few bytes at a time.</summary>
    private sealed class PipeStream(byte[] bytes) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;

        public override int Read(byte[] buffer, int offset, int count) => base.Read(buffer, offset, Math.Min(count, 1009));
    }
}
