using SimSearch.Audio;
using SimSearch.Datasets;
using SimSearch.Learning;
using SimSearch.Tests.Support;

namespace SimSearch.Tests;

public sealed class ViewTests
{
    private static readonly ViewOptions Still = new() { Frames = 128, Circular = true, Stretch = 0, EqualiserDb = 0, NoiseShare = 0, MaskShare = 0 };

    /// <summary>The two scalings, written as their definitions.</summary>
    private static double[] Slow(float[] power, int bands, InputScaling scaling)
    {
        double[] db = [.. power.Select(p => 10 * Math.Log10(Math.Max(p, 1e-10f)))];
        double peak = db.Max();
        if (scaling == InputScaling.Peak) return [.. db.Select(d => (Math.Max(d - peak, -80) + 40) / 20)];
        db = [.. db.Select(d => Math.Max(d, peak - 80))];
        double mean = db.Average(), deviation = Math.Sqrt(db.Average(d => (d - mean) * (d - mean)));
        double[] means = [.. Enumerable.Range(0, bands).Select(b => db.Where((_, i) => i % bands == b).Average())];
        return [.. db.Select((d, i) => (d - means[i % bands]) / (deviation + 1e-3))];
    }

    [Theory]
    [InlineData(InputScaling.Peak), InlineData(InputScaling.BandMean)]
    public void Scaling_is_what_its_definition_says(InputScaling scaling)
    {
        var random = new Random(3);
        float[] power = [.. Enumerable.Range(0, 30 * 7).Select(_ => (float)Math.Exp(-30 * random.NextDouble()))], fast = [.. power];
        InputScaler.Scale(fast, 7, scaling, new float[7]);
        double[] slow = Slow(power, 7, scaling);
        for (int i = 0; i < fast.Length; i++) Assert.Equal(slow[i], fast[i], 1e-4);
    }

    [Theory]
    [InlineData(InputScaling.Peak), InlineData(InputScaling.BandMean)]
    public void Silence_gives_finite_input(InputScaling scaling)
    {
        var silence = new float[80];
        InputScaler.Scale(silence, 8, scaling, new float[8]);
        Assert.All(silence, value => Assert.True(float.IsFinite(value)));
    }

    [Fact]
    public void Without_augmentation_a_view_of_a_ring_is_a_rotation_of_the_clip()
    {
        var store = MelPowerStore.Load(LearningSets.Small, new() { Features = FeatureOptions.Environment, Warps = 1 });
        int frames = store.Frames(3);
        var maker = new ViewMaker(store, Still with { Frames = frames });
        var view = new float[maker.Length];
        maker.Cut(3, new SeededRandom(1), view);
        Assert.Equal(1, view.Max(), 1e-6);
        // A ring's view of its own length holds as much power as the clip, wherever it starts: each frame once, up to interpolation.
        float peak = store.Plain(3).ToArray().Max();
        Assert.Equal(store.Plain(3).ToArray().Sum(v => (double)v) / peak, view.Sum(v => (double)v), 0.1 * view.Sum());
    }

    [Fact]
    public void A_placed_clip_lies_whole_on_a_floor_of_minus_60_dB()
    {
        var store = MelPowerStore.Load(LearningSets.Small, new() { Features = FeatureOptions.Voice with { MaxSeconds = 0.3 }, Warps = 1 });
        var maker = new ViewMaker(store, Still with { Frames = 64, Circular = false });
        var view = new float[maker.Length];
        for (uint seed = 0; seed < 20; seed++)
        {
            maker.Cut(2, new SeededRandom(seed), view);
            int outside = Enumerable.Range(0, 64).Count(t => view.AsSpan(t * 40, 40).ToArray().All(p => Math.Abs(p - 1e-6f) < 1e-9f));
            Assert.InRange(64 - outside, store.Frames(2) - 1, store.Frames(2));
        }
    }

    [Theory]
    [InlineData(true), InlineData(false)]
    public void A_view_depends_on_its_seed_and_on_nothing_else(bool circular)
    {
        var store = LearningSets.Store(circular ? FeatureOptions.Environment : FeatureOptions.Voice);
        var options = circular ? ViewOptions.Environment : ViewOptions.Voice;
        float[] Make(ViewMaker maker, uint seed)
        {
            var view = new float[maker.Length];
            var random = new SeededRandom(seed);
            maker.Cut(7, random, view);
            maker.Finish(random, view);
            return view;
        }
        var used = new ViewMaker(store, options);
        for (uint seed = 0; seed < 10; seed++) Make(used, seed);
        for (uint seed = 0; seed < 10; seed++)
        {
            float[] view = Make(used, seed);
            Assert.All(view, value => Assert.True(float.IsFinite(value)));
            Assert.Equal(Make(new ViewMaker(store, options), seed), view);
            Assert.NotEqual(Make(used, seed + 100), view);
        }
    }

    [Fact]
    public void Making_views_allocates_nothing()
    {
        var store = LearningSets.Store();
        var maker = new ViewMaker(store, ViewOptions.Environment with { NoiseShare = 1 });
        var view = new float[maker.Length];
        var random = new SeededRandom(1);
        Assert.Equal(0, Allocations.Least(() =>
        {
            random.Restart(1, 2);
            maker.Cut(1, random, view);
            maker.Finish(random, view);
        }));
    }

    [Fact]
    public void Masks_cover_what_they_are_allowed_to_and_hold_the_mean()
    {
        var store = LearningSets.Store();
        var maker = new ViewMaker(store, Still with { MaskShare = 0.5, EqualiserDb = 0 });
        var plain = new ViewMaker(store, Still);
        int masked = 0;
        for (uint seed = 0; seed < 30; seed++)
        {
            float[] with = new float[maker.Length], without = new float[plain.Length];
            SeededRandom first = new(seed), second = new(seed);
            maker.Cut(4, first, with);
            maker.Finish(first, with);
            plain.Cut(4, second, without);
            plain.Finish(second, without);
            float mean = without.Sum() / without.Length;
            for (int i = 0; i < with.Length; i++)
            {
                if (with[i] == without[i]) continue;
                masked++;
                Assert.Equal(mean, with[i], 1e-3);
            }
        }
        // Each mask covers a quarter on average, the two together 7/16.
        Assert.InRange(masked / 30.0 / maker.Length, 0.3, 0.55);
    }

    [Fact]
    public void A_whole_clip_is_embedded_from_its_middle_or_with_the_floor_around_it()
    {
        var features = FeatureOptions.Voice;
        var random = new Random(1);
        float[] Clip(int frames) => [.. Enumerable.Range(0, frames * 40).Select(_ => (float)Math.Exp(-5 * random.NextDouble()))];
        float[] shortClip = Clip(21), longClip = Clip(101), input = new float[64 * 40];
        Placement.Place(shortClip, features, input);
        float[] padded = [.. Enumerable.Repeat(shortClip.Max() * 1e-6f, 21 * 40), .. shortClip, .. Enumerable.Repeat(shortClip.Max() * 1e-6f, 22 * 40)];
        Assert.Equal(padded, input);
        Placement.Place(longClip, features, input);
        Assert.Equal(longClip[(19 * 40)..(83 * 40)], input);
        float[] repeated = new float[Placement.Frames(3, FeatureOptions.Environment) * 64], tiny = [.. Enumerable.Range(0, 3 * 64).Select(i => (float)i)];
        Placement.Place(tiny, FeatureOptions.Environment, repeated);
        Assert.Equal([.. tiny, .. new float[5 * 64]], repeated);
    }

    [Fact]
    public void Options_out_of_range_are_refused()
    {
        var store = LearningSets.Store();
        foreach (var wrong in (ViewOptions[])[Still with { Frames = 4 }, Still with { Stretch = 2 }, Still with { MixShare = -1 }, Still with { MaskShare = double.NaN }])
            Assert.Throws<ArgumentOutOfRangeException>(() => new ViewMaker(store, wrong));
    }
}
