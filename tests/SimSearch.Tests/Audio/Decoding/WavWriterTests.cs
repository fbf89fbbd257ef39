using SimSearch.Audio;

namespace SimSearch.Tests;

/// <summary>What is written is what is read, to the bit for floats and to half a step for 16 bits.</summary>
public sealed class WavWriterTests
{
    private static AudioSignal Noise(int frames, int channels, float peak = 1)
    {
        var random = new Random(frames + channels);
        return new AudioSignal([.. Enumerable.Range(0, frames * channels).Select(_ => ((float)random.NextDouble() * 2 - 1) * peak)], 22050, channels);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 1)]
    [InlineData(1001, 1)]
    [InlineData(77, 2)]
    [InlineData(50, 8)]
    public void What_is_written_is_read(int frames, int channels)
    {
        var signal = Noise(frames, channels);
        var options = new AudioLoadOptions { Channels = ChannelPolicy.PerChannel };
        var exact = AudioFile.Load(WavWriter.ToBytes(signal, WavEncoding.Float32).AsMemory(), options);
        Assert.Equal(signal.Samples, exact.Samples);
        Assert.Equal((22050, channels), (exact.SampleRate, exact.Channels));
        var rounded = AudioFile.Load(WavWriter.ToBytes(signal).AsMemory(), options);
        for (int i = 0; i < signal.Samples.Length; i++) Assert.Equal(Math.Min(signal.Samples[i], 32767 / 32768f), rounded.Samples[i], 0.5f / 32768 + 1e-7f);
        Assert.Equal(WavWriter.ToBytes(signal), WavWriter.ToBytes(rounded)); // once rounded, nothing moves any more
    }

    [Fact]
    public void Loud_samples_are_clipped_and_halves_go_to_even()
    {
        float[] samples = [2f, -2f, 1f, -1f, 0.5f / 32768, 1.5f / 32768, -0.5f / 32768, .. new float[40]];
        float[] read = AudioFile.Load(WavWriter.ToBytes(new AudioSignal(samples, 8000)).AsMemory()).Samples;
        Assert.Equal([32767 / 32768f, -1f, 32767 / 32768f, -1f, 0f, 2 / 32768f, 0f], read[..7]);
    }

    [Fact]
    public void What_a_file_cannot_hold_is_refused()
    {
        Assert.Contains("sample 1 of channel 1 is NaN", Assert.Throws<ArgumentException>(() => WavWriter.ToBytes(new AudioSignal([0, 0, 0, float.NaN], 8000, 2))).Message);
        Assert.Throws<ArgumentException>(() => WavWriter.ToBytes(new AudioSignal([0f, 0f], int.MaxValue, 2)));
        Assert.Throws<ArgumentException>(() => WavWriter.ToBytes(new AudioSignal(new float[70_000], 8000, 70_000)));
    }
}
