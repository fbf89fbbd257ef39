namespace SimSearch.Charts;

/// <summary>Charts side by side, to be compared; where there is no room they stand one below the other. Made by <see cref="Chart.Beside"/>.</summary>
[TypeFormatterSource(typeof(NotebookFormatterSource<ChartRow>), PreferredMimeTypes = ["text/html", "text/plain"])]
public sealed class ChartRow
{
    internal ChartRow(IReadOnlyList<Chart> charts) => Charts = charts;

    /// <summary>The charts, left to right.</summary>
    public IReadOnlyList<Chart> Charts { get; }

    /// <summary>Titles and descriptions, one line a chart.</summary>
    public override string ToString() => string.Join('\n', Charts);

    internal Html Markup() => Html.Of($"<div class=\"ss-pair\">{Html.Join(Charts.Select(chart => Html.Of($"<div>{Html.Trusted(chart.ToSvg())}</div>")))}</div>");
}

public sealed partial record Chart
{
    private const int BesideWidth = 480;

    /// <summary>Puts charts side by side.</summary>
    /// <param name="charts">Left to right, one or more. Those wider than 480 pixels are drawn 480 wide, so that two fit a page.</param>
    /// <exception cref="ArgumentException">There is no chart.</exception>
    public static ChartRow Beside(params IReadOnlyList<Chart> charts)
    {
        if (charts.Count == 0) throw new ArgumentException("there is no chart to put beside another; give one or more", nameof(charts));
        return new ChartRow([.. charts.Select(chart => chart with { Width = Math.Min(chart.Width, BesideWidth) })]);
    }
}
