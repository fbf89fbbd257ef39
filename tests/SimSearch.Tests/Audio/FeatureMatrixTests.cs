using SimSearch.Audio;

namespace SimSearch.Tests;

public sealed class FeatureMatrixTests
{
    [Fact]
    public void Mean_and_deviation_over_time_are_those_of_each_bin()
    {
        var feature = new FeatureMatrix("mfcc", [1, 10, 2, 10, 3, 10, 6, 10], 2, 22050, 512);
        Assert.Equal([3, 10], feature.Mean());
        Assert.Equal([(float)Math.Sqrt((4 + 1 + 0 + 9) / 4.0), 0], feature.Deviation());
    }

    [Fact]
    public void A_large_offset_does_not_drown_the_deviation_and_NaN_stays_in_its_bin()
    {
        var feature = new FeatureMatrix("mfcc", [.. Enumerable.Range(0, 1000).SelectMany(i => new[] { 1_000_000f + i % 2, i == 7 ? float.NaN : 0 })], 2, 22050, 512);
        Assert.Equal(1_000_000.5, feature.Mean()[0], 0.1);
        Assert.Equal(0.5, feature.Deviation()[0], 1e-3);
        Assert.True(float.IsNaN(feature.Mean()[1]) && float.IsNaN(feature.Deviation()[1]));
    }

    [Fact]
    public void Without_frames_there_is_no_mean() => Assert.All([.. new FeatureMatrix("mfcc", [], 3, 22050, 512).Mean(), .. new FeatureMatrix("mfcc", [], 3, 22050, 512).Deviation()], value => Assert.True(float.IsNaN(value)));
}
