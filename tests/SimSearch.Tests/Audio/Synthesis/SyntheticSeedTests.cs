using SimSearch.Audio;

namespace SimSearch.Tests;

public sealed class SyntheticSeedTests
{
    [Fact]
    public void Every_class_can_be_made_with_any_seed()
    {
        // Short sounds leave events the least room before the end.
        Parallel.For(0, 60, seed =>
        {
            var options = new SyntheticOptions { Seed = seed, MinSeconds = 0.5, MaxSeconds = 1.5 };
            foreach (string name in SyntheticSounds.Classes)
            {
                var sound = SyntheticSounds.Render(name, seed % 5, options);
                Assert.All(sound.Samples, sample => Assert.True(float.IsFinite(sample)));
                Assert.InRange(sound.Samples.Max(MathF.Abs), 0.5f, 1f);
            }
        });
    }
}
