using SimSearch.Audio;

namespace SimSearch.Tests;

public sealed class AudioLevelTests
{
    private static AudioSignal Sine(double amplitude, int rate = 8000, double seconds = 1) =>
        new([.. Enumerable.Range(0, (int)(rate * seconds)).Select(i => (float)(amplitude * Math.Sin(2 * Math.PI * 400 * i / rate)))], rate);

    [Theory]
    [InlineData(1.0)]
    [InlineData(0.1)]
    [InlineData(0.001)]
    public void A_sine_has_the_level_of_its_amplitude_and_3_dB_less_as_root_mean_square(double amplitude)
    {
        var level = AudioLevel.Of(Sine(amplitude));
        Assert.Equal(20 * Math.Log10(amplitude), level.PeakDb, 0.01);
        Assert.Equal(20 * Math.Log10(amplitude) - 3.0103, level.RmsDb, 0.001);
        Assert.Equal(0, level.Offset, 1e-6);
    }

    [Fact]
    public void Silence_has_the_floor_and_is_silent_throughout_and_so_is_no_sound_at_all()
    {
        foreach (var signal in (AudioSignal[])[new(new float[1000], 8000), new([], 8000)])
            Assert.Equal(new AudioLevel(AudioLevel.FloorDb, AudioLevel.FloorDb, 0, 0, 1), AudioLevel.Of(signal));
    }

    [Fact]
    public void The_share_of_silence_is_counted_in_stretches_of_each_channel()
    {
        var half = new AudioSignal([.. Sine(0.5).Samples, .. new float[8000]], 8000, channels: 2);
        Assert.Equal(0.5, AudioLevel.Of(half).SilentShare, 1e-9);
        Assert.Equal(1, AudioLevel.Of(Sine(0.0005)).SilentShare);
        Assert.Equal(0, AudioLevel.Of(Sine(0.0005), silenceDb: -90).SilentShare);
    }

    [Fact]
    public void Clipping_and_offset_are_seen()
    {
        float[] clipped = [.. Sine(4).Samples.Select(s => Math.Clamp(s, -1, 1))];
        Assert.InRange(AudioLevel.Of(new(clipped, 8000)).ClippedShare, 0.8, 0.9);
        Assert.Equal(0, AudioLevel.Of(Sine(0.99)).ClippedShare);
        Assert.Equal(0.25, AudioLevel.Of(new([.. Sine(0.5).Samples.Select(s => s + 0.25f)], 8000)).Offset, 1e-6);
    }

    [Fact]
    public void Samples_that_are_not_finite_make_the_level_NaN_and_nothing_else()
    {
        var level = AudioLevel.Of(new([0.5f, float.NaN, 0.5f], 8000));
        Assert.True(double.IsNaN(level.RmsDb) && double.IsNaN(level.PeakDb) && double.IsNaN(level.Offset));
        Assert.Equal(0, level.ClippedShare);
    }
}
