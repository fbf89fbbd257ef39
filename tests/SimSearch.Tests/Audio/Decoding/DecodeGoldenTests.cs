using System.Text.Json;
using SimSearch.Audio;
using SimSearch.Storage;
using SimSearch.Tests.Support;

namespace SimSearch.Tests;

/// <summary>One signal in 18 containers, against the samples libsndfile itself decodes.</summary>
public sealed class DecodeGoldenTests
{
    public static TheoryData<string> Cases => ["pcm_u8", "pcm16", "pcm24", "pcm32", "float32", "float64", "wavex24", "ulaw", "alaw", "rf64_16",
        "ima_adpcm", "ms_adpcm", "aiff16", "au16", "flac16", "flac24", "ogg_vorbis", "mp3"];

    [Fact]
    public void Every_golden_container_is_tested()
    {
        using var manifest = JsonDocument.Parse(File.ReadAllText(SharedData.Golden("audio.json")));
        Assert.Equal(manifest.RootElement.GetProperty("decode").EnumerateObject().Select(p => p.Name).Order(), Cases.Select(c => c.Data).Order());
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Samples_equal_those_of_libsndfile(string name)
    {
        using var manifest = JsonDocument.Parse(File.ReadAllText(SharedData.Golden("audio.json")));
        var golden = manifest.RootElement.GetProperty("decode").GetProperty(name);
        string path = SharedData.Golden(golden.GetProperty("file").GetString()!);
        if (AudioFile.NativeLibrary is null && !path.EndsWith(".wav", StringComparison.Ordinal)) SharedData.SkipUnless(false, "libsndfile is not installed");
        float[] expected = Npy.Read<float>(SharedData.Golden(golden.GetProperty("samples").GetString()!), out long[] shape);
        float tolerance = golden.GetProperty("tolerance").GetProperty("atol").GetSingle();

        var info = AudioFile.Info(path);
        Assert.Equal((golden.GetProperty("sr").GetInt32(), (int)shape[1], shape[0]), (info.SampleRate, info.Channels, info.Frames));
        var signal = AudioFile.Load(path, new AudioLoadOptions { Channels = ChannelPolicy.PerChannel });
        Assert.Equal((info.SampleRate, info.Channels, (int)info.Frames), (signal.SampleRate, signal.Channels, signal.Frames));
        for (int channel = 0; channel < signal.Channels; channel++)
            for (int frame = 0; frame < signal.Frames; frame++)
                Assert.Equal(expected[frame * signal.Channels + channel], signal.Channel(channel)[frame], tolerance);
    }
}
