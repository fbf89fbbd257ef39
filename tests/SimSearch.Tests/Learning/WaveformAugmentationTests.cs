using SimSearch.Datasets;
using SimSearch.Learning;

namespace SimSearch.Tests;

public sealed class WaveformAugmentationTests
{
    private static readonly WaveformAugmentation None = new() { Speed = 0, ReverbShare = 0, GainDb = 0, NoiseShare = 0 };

    private static float[] Tone(int length = 8000, double hertz = 500) => [.. Enumerable.Range(0, length).Select(i => (float)Math.Sin(2 * Math.PI * hertz * i / 8000))];

    private static double Power(IEnumerable<float> samples) => samples.Average(x => (double)x * x);

    [Fact]
    public void Nothing_asked_for_changes_nothing() => Assert.Equal(Tone(), None.Apply(Tone(), 8000, seed: 1, number: 7));

    [Fact]
    public void The_same_seed_and_number_give_the_same_samples()
    {
        var all = new WaveformAugmentation { Shift = 1, Crop = 0.3, ReverbShare = 1, NoiseShare = 1 };
        float[] first = all.Apply(Tone(), 8000, 1, 7);
        Assert.Equal(first, all.Apply(Tone(), 8000, 1, 7));
        Assert.NotEqual(first, all.Apply(Tone(), 8000, 1, 8));
        Assert.NotEqual(first, all.Apply(Tone(), 8000, 2, 7));
        Assert.All(first, x => Assert.True(float.IsFinite(x)));
    }

    [Theory]
    [InlineData(0.5), InlineData(2)]
    public void Speed_changes_length_and_pitch_alike(double factor)
    {
        float[] played = WaveformAugmentation.AtSpeed(Tone(), factor);
        Assert.Equal(8000 / factor, played.Length, 1.0);
        int crossings = Enumerable.Range(1, played.Length - 1).Count(i => played[i - 1] < 0 && played[i] >= 0);
        Assert.Equal(500, crossings, 2.0);
        Assert.Equal(500 * factor, crossings * 8000.0 / played.Length, 10.0);
    }

    [Fact]
    public void A_shift_keeps_every_sample_and_a_crop_keeps_a_stretch()
    {
        float[] ramp = [.. Enumerable.Range(0, 1000).Select(i => (float)i)];
        float[] shifted = (None with { Shift = 1 }).Apply(ramp, 8000, 3, 1);
        Assert.NotEqual(ramp, shifted);
        Assert.Equal(ramp, shifted.Order());
        float[] cropped = (None with { Crop = 0.5 }).Apply(ramp, 8000, 3, 1);
        Assert.InRange(cropped.Length, 500, 999);
        Assert.Equal(ramp[(int)cropped[0]..((int)cropped[0] + cropped.Length)], cropped);
    }

    [Theory]
    [InlineData(0), InlineData(20)]
    public void Noise_comes_at_the_ratio_asked_for(double snr)
    {
        float[] tone = Tone(80_000), noisy = [.. tone];
        WaveformAugmentation.AddNoise(noisy, snr, new SeededRandom(4));
        Assert.Equal(snr, 10 * Math.Log10(Power(tone) / Power(noisy.Zip(tone, (a, b) => a - b))), 0.1);
    }

    [Fact]
    public void Gain_stays_in_its_range_and_is_all_that_changes()
    {
        for (int number = 0; number < 20; number++)
        {
            float[] changed = (None with { GainDb = 12 }).Apply(Tone(), 8000, 0, number);
            Assert.InRange(10 * Math.Log10(Power(changed) / Power(Tone())), -12.01, 12.01);
        }
    }

    [Fact]
    public void A_room_answers_a_click_with_a_decaying_tail_of_the_same_power()
    {
        var click = new float[16000];
        click[0] = 1;
        WaveformAugmentation.AddReverb(click, 0.5, 8000, new SeededRandom(2));
        Assert.Equal(1, click.Sum(x => (double)x * x), 1e-3);
        double early = Power(click[200..2000]), late = Power(click[4000..6000]), end = Power(click[12000..]);
        Assert.True(early > 100 * late && late > 100 * end, $"{early} {late} {end}");
        Assert.True(end > 0);
    }

    [Fact]
    public void Silence_stays_silent_and_one_sample_is_enough()
    {
        var all = new WaveformAugmentation { Shift = 1, Crop = 0.9, ReverbShare = 1, NoiseShare = 1 };
        Assert.All(all.Apply(new float[500], 8000, 0, 1), x => Assert.Equal(0, x, 1e-15));
        Assert.NotEmpty(all.Apply([0.5f], 8000, 0, 1));
        Assert.Throws<ArgumentException>(() => all.Apply([], 8000, 0, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => (all with { Speed = 3 }).Apply([1f], 8000, 0, 1));
    }
}
