using SimSearch.Evaluation;

namespace SimSearch.Charts;

public sealed partial record Chart
{
    /// <summary>One measured figure of several systems as bars from 0, each with its confidence interval: which is better, and is the difference more than chance?</summary>
    /// <param name="title">One line that says what is shown.</param>
    /// <param name="category">What the systems are: "Split", "Embedder".</param>
    /// <param name="y">The figure, with its unit; an upper end of 1 is shown where the axis has none and no value lies above.</param>
    /// <param name="figures">Name and figure of each system, left to right.</param>
    public static Chart Estimates(string title, string category, ChartAxis y, params IReadOnlyList<(string Name, Estimate Figure)> figures)
    {
        ArgumentNullException.ThrowIfNull(y);
        if (y.Max is null && figures.All(f => f.Figure.High <= 1)) y = y with { Max = 1 };
        return Bar(title, category, figures.Select(f => f.Name), y,
            new BarSeries(y.Title, figures.Select(f => f.Figure.Value), figures.Select(f => f.Figure.Low), figures.Select(f => f.Figure.High)));
    }
}
