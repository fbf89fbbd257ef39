using SimSearch.Charts;

namespace SimSearch.Tests;

public class AxisTicksTests
{
    [Theory]
    [InlineData(0, 1)]
    [InlineData(-3.7, 12.2)]
    [InlineData(1e-9, 3e-9)]
    [InlineData(1e6, 1.0001e6)]
    [InlineData(-1e300, 1e300)]
    public void Steps_are_one_two_or_five_and_labels_tell_neighbours_apart(double low, double high)
    {
        var ticks = AxisTicks.Linear(low, high, 6);
        Assert.InRange(ticks.Count, 2, 9);
        Assert.All(ticks, t => Assert.InRange(t.Position, low - (high - low) * 1e-9, high + (high - low) * 1e-9));
        double step = ticks[1].Position - ticks[0].Position, mantissa = step / Math.Pow(10, Math.Floor(Math.Log10(step * 1.000001)));
        Assert.Contains(Math.Round(mantissa, 3), (double[])[1, 2, 5]);
        Assert.Equal(ticks.Count, ticks.Select(t => t.Label).Distinct().Count());
    }

    [Fact]
    public void Logarithmic_ticks_are_powers_of_ten_and_their_doubles_and_fives_when_few()
    {
        Assert.Equal(["1", "2", "5", "10", "20", "50", "100"], AxisTicks.Logarithmic(1, 100, 6).Select(t => t.Label));
        Assert.Equal(["1", "10", "100", "1000", "10000"], AxisTicks.Logarithmic(1, 1e4, 6).Select(t => t.Label));
    }

    [Fact]
    public void Zero_is_written_as_zero() => Assert.Contains(AxisTicks.Linear(-0.3, 0.3, 6), t => t is { Position: 0, Label: "0" });

    [Fact]
    public void Text_is_cut_with_an_ellipsis_and_never_inside_a_pair()
    {
        string cut = TextLayout.Fit("\U0001F600\U0001F601\U0001F602\U0001F603", 12, 30);
        Assert.EndsWith("…", cut);
        Assert.Equal(cut, Html.Clean(cut));
        Assert.Equal("short", TextLayout.Fit("short", 12, 300));
        Assert.Equal(2, TextLayout.Wrap("one two three four five six seven eight", 12, 100, 2).Count);
    }
}
