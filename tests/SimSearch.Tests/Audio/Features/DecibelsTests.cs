using SimSearch.Audio;

namespace SimSearch.Tests;

public sealed class DecibelsTests
{
    [Theory]
    [InlineData(DbReference.Absolute, 1, 80.0, LogUnit.Decibel)]
    [InlineData(DbReference.Absolute, 0.02, null, LogUnit.Decibel)]
    [InlineData(DbReference.PerClipMax, 1, 40.0, LogUnit.Decibel)]
    [InlineData(DbReference.PerClipMax, 1, null, LogUnit.Natural)]
    [InlineData(DbReference.Absolute, 1, 5.0, LogUnit.Natural)]
    public void Values_are_those_of_the_definition(DbReference reference, double power, double? topDb, LogUnit unit)
    {
        var random = new Random(1);
        float[] values = [0, 1e-38f, 1e-10f, 1, 3e38f, .. Enumerable.Range(0, 5000).Select(_ => (float)Math.Exp(60 * (random.NextDouble() - 0.5)))];
        values[4] = (float)Math.Exp(29);
        var options = new DbOptions { Reference = reference, ReferencePower = power, TopDb = topDb, Unit = unit };
        double Log(double x) => unit == LogUnit.Decibel ? 10 * Math.Log10(Math.Max(1e-10, x)) : Math.Log(Math.Max(1e-10, x));
        double zero = Log(reference == DbReference.PerClipMax ? values.Max() : power);
        double lowest = topDb is { } top ? values.Max(v => Log(v) - zero) - top : double.NegativeInfinity;
        float[] actual = [.. values];
        Decibels.FromPower(actual, options);
        for (int i = 0; i < values.Length; i++) Assert.Equal(Math.Max(lowest, Log(values[i]) - zero), actual[i], 4e-5);
    }

    [Fact]
    public void NaN_and_infinity_stay_where_they_are()
    {
        float[] values = [1, float.NaN, 1e-3f, float.PositiveInfinity, 1e-30f];
        Decibels.FromPower(values, new() { Reference = DbReference.PerClipMax });
        Assert.Equal([0, float.NaN, -30, float.PositiveInfinity, -80], values, new Near(1e-6));
        float[] none = [float.NaN, float.NaN];
        Decibels.FromPower(none);
        Assert.All(none, v => Assert.Equal(float.NaN, v));
        Decibels.FromPower([]);
    }

    [Fact]
    public void Options_out_of_their_range_are_refused_with_name_and_value()
    {
        Refused("amin=0", o => o with { MinimumPower = 0 });
        Refused("amin=NaN", o => o with { MinimumPower = double.NaN });
        Refused("ref=0", o => o with { ReferencePower = 0 });
        Refused("top_db=-1", o => o with { TopDb = -1 });
        Refused("top_db=NaN", o => o with { TopDb = double.NaN });
        static void Refused(string expected, Func<DbOptions, DbOptions> change) =>
            Assert.Contains(expected, Assert.Throws<ArgumentException>(() => Decibels.FromPower([1f], change(new()))).Message);
    }
}
