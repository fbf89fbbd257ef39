namespace SimSearch.Charts;

/// <summary>How values are spaced along an axis.</summary>
public enum AxisScale
{
    /// <summary>Equal distances for equal differences.</summary>
    Linear,

    /// <summary>Equal distances for equal ratios; values of 0 and below have no place and are left out.</summary>
    Logarithmic,
}

/// <summary>A labelled position on an axis.</summary>
/// <param name="Position">Where, in the axis' own values.</param>
/// <param name="Label">What is written there.</param>
public readonly record struct AxisTick(double Position, string Label);

/// <summary>One axis of a chart. Charts without units mislead, so the unit is asked for; give "" where there is none.</summary>
/// <param name="Title">What is measured: "Frequency".</param>
/// <param name="Unit">In what: "Hz", "s", "dB", "items"; "" for a pure number or a category.</param>
public sealed record ChartAxis(string Title, string Unit)
{
    /// <summary>Title and unit as they are written: "Frequency (Hz)".</summary>
    public string Label => Unit.Length == 0 ? Title : $"{Title} ({Unit})";

    /// <summary>Spacing; linear by default.</summary>
    public AxisScale Scale { get; init; } = AxisScale.Linear;

    /// <summary>Lowest value shown; null takes it from the data.</summary>
    public double? Min { get; init; }

    /// <summary>Highest value shown; null takes it from the data.</summary>
    public double? Max { get; init; }

    /// <summary>Names of the categories at positions 0, 1, 2 ...; null for an axis of numbers.</summary>
    public IReadOnlyList<string>? Categories { get; init; }

    /// <summary>Own tick marks, ascending; null lets the chart choose steps of 1, 2 or 5 times a power of ten.</summary>
    public IReadOnlyList<AxisTick>? Ticks { get; init; }
}
