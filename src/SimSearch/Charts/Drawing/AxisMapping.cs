namespace SimSearch.Charts;

/// <summary>Where the values of one axis lie on the drawing.</summary>
internal sealed class AxisMapping
{
    private readonly bool logarithmic;
    private readonly double start, factor;

    /// <summary>Lays an axis out.</summary>
    /// <param name="axis">What is asked for.</param>
    /// <param name="values">The finite extent of the data, or an inverted pair when there is none.</param>
    /// <param name="below">Share of the extent left free at the low end where the axis sets no limit.</param>
    /// <param name="above">The same at the high end.</param>
    public AxisMapping(ChartAxis axis, (double Low, double High) values, double below, double above)
    {
        logarithmic = axis.Scale == AxisScale.Logarithmic && axis.Categories is null;
        if (axis.Categories is { } categories)
            (Low, High) = (-0.5, Math.Max(1, categories.Count) - 0.5);
        else
            (Low, High) = Limits(axis, values, below, above);
        start = Forward(Low);
        factor = 1 / (Forward(High) - start);
    }

    private AxisMapping(double low, double high) => (Low, High, start, factor) = (low, high, low, 1 / (high - low));

    /// <summary>The same linear axis with another extent around the same centre.</summary>
    public AxisMapping WithExtent(double extent) => logarithmic || !(extent > 0) || !double.IsFinite(extent) ? this : new AxisMapping((Low + High) / 2 - extent / 2, (Low + High) / 2 + extent / 2);

    /// <summary>The ends of the axis.</summary>
    public double Low { get; }

    /// <summary>The ends of the axis.</summary>
    public double High { get; }

    /// <summary>Position from 0 (low end) to 1 (high end); NaN for a value that has no place.</summary>
    public double Position(double value) => (Forward(value) - start) * factor;

    /// <summary>The tick marks.</summary>
    public IReadOnlyList<AxisTick> Ticks(ChartAxis axis, int wanted)
    {
        if (axis.Categories is { } categories) return [.. categories.Select((name, i) => new AxisTick(i, name))];
        if (axis.Ticks is { } own) return [.. own.Where(t => Position(t.Position) is >= -1e-9 and <= 1 + 1e-9)];
        return logarithmic ? AxisTicks.Logarithmic(Low, High, wanted) : AxisTicks.Linear(Low, High, wanted);
    }

    private double Forward(double value) => !logarithmic ? value : value > 0 ? Math.Log10(value) : double.NaN;

    private (double, double) Limits(ChartAxis axis, (double Low, double High) values, double below, double above)
    {
        double? min = Usable(axis.Min), max = Usable(axis.Max);
        (double low, double high) = values.Low <= values.High ? values : logarithmic ? (1, 10) : (0, 1);
        (low, high) = (min ?? Math.Min(low, max ?? low), max ?? Math.Max(high, min ?? high));
        if (logarithmic)
        {
            if (!(low > 0)) low = high > 0 ? high / 10 : 1;
            if (!(high > low)) return (low / 2, low * 2);
            double ratio = high / low;
            return (min ?? low / Math.Pow(ratio, below), max ?? high * Math.Pow(ratio, above));
        }
        // Beyond this, differences overflow; nothing real is as large.
        (low, high) = (Math.Clamp(low, -1e300, 1e300), Math.Clamp(high, -1e300, 1e300));
        double spread = high - low;
        if (spread > Math.Max(Math.Abs(low), Math.Abs(high)) * 1e-12) return (min ?? low - below * spread, max ?? high + above * spread);
        double around = low == 0 ? 1 : Math.Abs(low) * 0.1;
        return (low - around, low + around);
    }

    private double? Usable(double? limit) => limit is { } l && double.IsFinite(l) && !(logarithmic && l <= 0) ? l : null;
}
