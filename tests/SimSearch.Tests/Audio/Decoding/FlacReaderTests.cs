using System.Security.Cryptography;
using SimSearch.Audio;
using SimSearch.Tests.Support;

namespace SimSearch.Tests;

/// <summary>The managed FLAC decoder, which steps in where libsndfile is missing or refuses.</summary>
public sealed class FlacReaderTests
{
    private static AudioSignal Load(byte[] bytes, AudioLoadOptions? options = null)
    {
        using var reader = new FlacReader(ByteSource.OfMemory(bytes), "a.flac");
        return new SignalLoader(reader, bytes.Length, "a.flac", options ?? new AudioLoadOptions { Channels = ChannelPolicy.PerChannel }).Load(CancellationToken.None);
    }

    [Fact]
    public void It_equals_libsndfile_to_the_bit()
    {
        SharedData.SkipUnless(AudioFile.NativeLibrary is not null, "libsndfile is not installed");
        string[] files = [SharedData.Golden("decode/flac16.flac"), SharedData.Golden("decode/flac24.flac"), SharedData.Data("audio/codecs/librosa/test_audio.flac"),
            .. Directory.EnumerateFiles(SharedData.Data("audio/codecs/flac-test-files/subset"), "*.flac").Where(f => !f.Contains("12 bit"))];
        Assert.True(files.Length > 15);
        foreach (string file in files)
        {
            var expected = AudioFile.Load(file, new AudioLoadOptions { Channels = ChannelPolicy.PerChannel });
            var ours = Load(File.ReadAllBytes(file));
            Assert.Equal((expected.SampleRate, expected.Channels, expected.Frames), (ours.SampleRate, ours.Channels, ours.Frames));
            Assert.True(expected.Samples.AsSpan().SequenceEqual(ours.Samples), file);
        }
    }

    /// <summary>STREAMINFO carries the MD5 of the samples as the encoder saw them: an oracle where libsndfile gives none.</summary>
    [Theory]
    [InlineData("flac-test-files/subset/22 - 12 bit per sample.flac", 12)]
    [InlineData("flac-test-files/subset/21 - samplerate 22050Hz.flac", 16)]
    [InlineData("flac-test-files/faulty/11 - incorrect metadata block length.flac", 16)]
    public void The_samples_have_the_hash_that_the_encoder_wrote(string name, int bits)
    {
        byte[] file = File.ReadAllBytes(SharedData.Data($"audio/codecs/{name}"));
        var signal = Load(file);
        var samples = new byte[2 * signal.Samples.Length];
        for (int i = 0; i < signal.Frames; i++)
            for (int channel = 0; channel < signal.Channels; channel++)
                BitConverter.TryWriteBytes(samples.AsSpan(2 * (i * signal.Channels + channel)), (short)(signal.Channel(channel)[i] * (1 << bits - 1)));
        Assert.Equal(Convert.ToHexString(file.AsSpan(8 + 18, 16)), Convert.ToHexString(MD5.HashData(samples)));
    }

    [Fact]
    public void A_stretch_equals_the_slice_of_the_whole()
    {
        byte[] file = File.ReadAllBytes(SharedData.Golden("decode/flac24.flac"));
        var whole = Load(file, new AudioLoadOptions());
        var part = Load(file, new AudioLoadOptions { Start = 0.1, Duration = 0.05 });
        Assert.Equal(whole.Samples[2205..(2205 + part.Frames)], part.Samples);
        using var reader = new FlacReader(ByteSource.OfMemory(file), "a.flac");
        var samples = new float[20];
        reader.Seek(5000);
        reader.Seek(7); // back again
        Assert.Equal(10, reader.Read(samples));
        Assert.Equal(whole.Samples[10], (samples[6] + samples[7]) / 2);
    }

    [Fact]
    public void A_flipped_byte_is_never_served()
    {
        byte[] file = File.ReadAllBytes(SharedData.Golden("decode/flac16.flac"));
        int audio = file.AsSpan().IndexOf((ReadOnlySpan<byte>)[0xFF, 0xF8]);
        var random = new Random(1);
        for (int i = 0; i < 300; i++)
        {
            byte[] damaged = [.. file];
            damaged[random.Next(audio, file.Length)] ^= (byte)random.Next(1, 256);
            // Damage to the very first frame may make the second one the first; nothing wrong is served then either.
            try { Assert.True(Load(damaged).Frames < 5512); }
            catch (AudioFormatException e) { Assert.Equal(AudioFormatError.Damaged, e.Error); }
        }
    }

    [Fact]
    public void Anything_else_is_decoded_or_refused()
    {
        byte[] file = File.ReadAllBytes(SharedData.Golden("decode/flac16.flac"));
        var random = new Random(2);
        for (int i = 0; i < 500; i++)
        {
            byte[] damaged = file[..(i % 3 == 0 ? random.Next(file.Length) : file.Length)];
            for (int n = random.Next(1, 6); n > 0 && damaged.Length > 0; n--) damaged[random.Next(Math.Min(damaged.Length, 9000 / n))] = (byte)random.Next(256);
            try { Assert.All(Load(damaged).Samples, s => Assert.InRange(s, -1f, 1f)); }
            catch (AudioFormatException) { }
        }
    }
}
