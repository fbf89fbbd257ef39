using SimSearch.Audio;
using SimSearch.Tests.Support;

namespace SimSearch.Tests;

/// <summary>The path through libsndfile under damage and under many threads.</summary>
public sealed class SndfileTests
{
    public static TheoryData<string> Files => ["flac16.flac", "mp3.mp3", "ogg_vorbis.ogg", "aiff16.aiff", "au16.au", "ima_adpcm.wav", "ms_adpcm.wav"];

    [Theory]
    [MemberData(nameof(Files))]
    public void Damage_is_decoded_or_refused(string name)
    {
        SharedData.SkipUnless(AudioFile.NativeLibrary is not null, "libsndfile is not installed");
        byte[] file = File.ReadAllBytes(SharedData.Golden($"decode/{name}"));
        var random = new Random(11);
        for (int i = 0; i < 150; i++)
        {
            byte[] bytes = [.. file];
            for (int n = random.Next(1, 5); n > 0; n--) bytes[random.Next(2) == 0 ? random.Next(120) : random.Next(bytes.Length)] = (byte)random.Next(256);
            if (i % 5 == 0) bytes = bytes[..random.Next(bytes.Length)];
            try { Assert.All(AudioFile.Load(bytes.AsMemory(), new AudioLoadOptions { Channels = ChannelPolicy.PerChannel }).Samples, s => Assert.True(float.IsFinite(s))); }
            catch (AudioFormatException e) { Assert.NotEqual(AudioFormatError.LibraryMissing, e.Error); }
        }
    }

    [Fact]
    public void Threads_do_not_disturb_each_other()
    {
        SharedData.SkipUnless(AudioFile.NativeLibrary is not null, "libsndfile is not installed");
        string[] paths = [.. Files.Select(f => SharedData.Golden($"decode/{f.Data}"))];
        float[][] alone = [.. paths.Select(p => AudioFile.Load(p).Samples)];
        Parallel.For(0, 20 * paths.Length, new ParallelOptions { MaxDegreeOfParallelism = 8 }, i => Assert.Equal(alone[i % paths.Length], AudioFile.Load(paths[i % paths.Length]).Samples));
    }
}
