namespace SimSearch.Charts;

/// <summary>The finite range of the data along each axis; an inverted pair (low above high) where there is none.</summary>
internal static class DataExtent
{
    public static (double Low, double High) X(Chart chart) => Of(chart.X, chart.Series.SelectMany(s => s switch
    {
        LineSeries l => l.X,
        PointSeries p => p.X,
        BandSeries b => b.X,
        HistogramSeries h => h.Edges,
        HeatmapSeries m => [m.XMin, m.XMax],
        _ => (IEnumerable<double>)[],
    }));

    public static (double Low, double High) Y(Chart chart) => Of(chart.Y, chart.Series.SelectMany(s => s switch
    {
        LineSeries l => l.Y.Concat(l.Lower).Concat(l.Upper),
        PointSeries p => p.Y,
        BandSeries b => b.Lower.Concat(b.Upper),
        // Bars stand on zero: cut off below, their lengths would lie.
        BarSeries b => b.Values.Concat(b.Lower).Concat(b.Upper).Append(0),
        HistogramSeries h => h.Counts.Append(0),
        HeatmapSeries m => [m.YMin, m.YMax],
        _ => (IEnumerable<double>)[],
    }));

    private static (double Low, double High) Of(ChartAxis axis, IEnumerable<double> values)
    {
        (double low, double high) = (double.PositiveInfinity, double.NegativeInfinity);
        foreach (double value in values)
            if (double.IsFinite(value) && (axis.Scale == AxisScale.Linear || value > 0)) (low, high) = (Math.Min(low, value), Math.Max(high, value));
        return (low, high);
    }
}
