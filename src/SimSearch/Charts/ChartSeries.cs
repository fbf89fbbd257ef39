namespace SimSearch.Charts;

/// <summary>One set of marks in a chart. Values that are not finite are gaps: nothing is drawn there and exports leave them empty.</summary>
public abstract record ChartSeries
{
    private protected ChartSeries(string name) => Name = name ?? throw new ArgumentNullException(nameof(name));

    /// <summary>Name in the legend and in exports; may be empty when the chart has only one series.</summary>
    public string Name { get; }

    private protected static double[] Copy(IEnumerable<double> values, string name)
    {
        ArgumentNullException.ThrowIfNull(values, name);
        return [.. values];
    }

    private protected static double[] Copy(IEnumerable<double>? values, int length, string name)
    {
        if (values is null) return [];
        double[] copy = [.. values];
        return copy.Length == length ? copy : throw new ArgumentException($"{name} has {copy.Length} values where {length} are needed; give one for each point", name);
    }
}

/// <summary>Points joined by a line, with an optional band (a confidence interval) around it.</summary>
public sealed record LineSeries : ChartSeries
{
    /// <summary>Makes a line; copies the values.</summary>
    /// <param name="name">Name in the legend.</param>
    /// <param name="x">Horizontal positions, in drawing order.</param>
    /// <param name="y">Vertical positions, as many.</param>
    /// <param name="lower">Lower edge of the band, as many, or null for no band.</param>
    /// <param name="upper">Upper edge of the band, as many, or null for no band.</param>
    /// <exception cref="ArgumentException">The lengths differ, or only one edge of the band was given.</exception>
    public LineSeries(string name, IEnumerable<double> x, IEnumerable<double> y, IEnumerable<double>? lower = null, IEnumerable<double>? upper = null) : base(name)
    {
        double[] xs = Copy(x, nameof(x));
        if (lower is null != upper is null) throw new ArgumentException("a band needs both its edges; give lower and upper, or neither", nameof(lower));
        (X, Y, Lower, Upper) = (xs, Copy(y, xs.Length, nameof(y)), Copy(lower, xs.Length, nameof(lower)), Copy(upper, xs.Length, nameof(upper)));
    }

    /// <summary>Horizontal positions.</summary>
    public IReadOnlyList<double> X { get; }

    /// <summary>Vertical positions.</summary>
    public IReadOnlyList<double> Y { get; }

    /// <summary>Lower edge of the band; empty without one.</summary>
    public IReadOnlyList<double> Lower { get; }

    /// <summary>Upper edge of the band; empty without one.</summary>
    public IReadOnlyList<double> Upper { get; }

    /// <summary>Whether each point gets a mark of its own; false by default.</summary>
    public bool Markers { get; init; }

    /// <summary>Whether it is drawn thin and grey, behind all else: borders, the links of a graph. False by default.</summary>
    public bool Quiet { get; init; }
}

/// <summary>Separate points, told apart from other series by shape as well as by colour.</summary>
public sealed record PointSeries : ChartSeries
{
    /// <summary>Makes points; copies the values.</summary>
    /// <param name="name">Name in the legend.</param>
    /// <param name="x">Horizontal positions.</param>
    /// <param name="y">Vertical positions, as many.</param>
    /// <param name="labels">What each point is (shown when the pointer rests on it), or null.</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public PointSeries(string name, IEnumerable<double> x, IEnumerable<double> y, IEnumerable<string>? labels = null) : base(name)
    {
        double[] xs = Copy(x, nameof(x));
        string[] texts = labels is null ? [] : [.. labels];
        if (labels is not null && texts.Length != xs.Length) throw new ArgumentException($"labels has {texts.Length} values where {xs.Length} are needed; give one for each point", nameof(labels));
        (X, Y, Labels) = (xs, Copy(y, xs.Length, nameof(y)), texts);
    }

    /// <summary>Horizontal positions.</summary>
    public IReadOnlyList<double> X { get; }

    /// <summary>Vertical positions.</summary>
    public IReadOnlyList<double> Y { get; }

    /// <summary>What each point is; empty when unknown.</summary>
    public IReadOnlyList<string> Labels { get; }

    /// <summary>
    /// For each point the id of the element of the same page that plays it or says more on it, or null for none; empty by default. Such a point is a link to that element.
    /// </summary>
    /// <exception cref="ArgumentException">There are not as many as points.</exception>
    public IReadOnlyList<string?> Targets
    {
        get;
        init => field = value.Count == 0 || value.Count == X.Count ? [.. value] : throw new ArgumentException($"Targets has {value.Count} values where {X.Count} are needed; give one for each point", nameof(value));
    } = [];

    /// <summary>Whether the name also stands in the chart, where the points lie closest together, as helps with many classes; false by default.</summary>
    public bool NameInChart { get; init; }
}

/// <summary>The area between two curves, as in the envelope of a waveform.</summary>
public sealed record BandSeries : ChartSeries
{
    /// <summary>Makes an area; copies the values.</summary>
    /// <param name="name">Name in the legend.</param>
    /// <param name="x">Horizontal positions, ascending.</param>
    /// <param name="lower">Lower edge, as many.</param>
    /// <param name="upper">Upper edge, as many.</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public BandSeries(string name, IEnumerable<double> x, IEnumerable<double> lower, IEnumerable<double> upper) : base(name)
    {
        double[] xs = Copy(x, nameof(x));
        (X, Lower, Upper) = (xs, Copy(lower, xs.Length, nameof(lower)), Copy(upper, xs.Length, nameof(upper)));
    }

    /// <summary>Horizontal positions.</summary>
    public IReadOnlyList<double> X { get; }

    /// <summary>Lower edge.</summary>
    public IReadOnlyList<double> Lower { get; }

    /// <summary>Upper edge.</summary>
    public IReadOnlyList<double> Upper { get; }
}

/// <summary>A bar per category, with optional error bars.</summary>
public sealed record BarSeries : ChartSeries
{
    /// <summary>Makes bars; copies the values.</summary>
    /// <param name="name">Name in the legend.</param>
    /// <param name="values">Height of each bar, one per category of the x axis.</param>
    /// <param name="lower">Lower end of each error bar (a value, not a distance), or null.</param>
    /// <param name="upper">Upper end of each error bar, or null.</param>
    /// <exception cref="ArgumentException">The lengths differ, or only one end of the error bars was given.</exception>
    public BarSeries(string name, IEnumerable<double> values, IEnumerable<double>? lower = null, IEnumerable<double>? upper = null) : base(name)
    {
        double[] heights = Copy(values, nameof(values));
        if (lower is null != upper is null) throw new ArgumentException("error bars need both their ends; give lower and upper, or neither", nameof(lower));
        (Values, Lower, Upper) = (heights, Copy(lower, heights.Length, nameof(lower)), Copy(upper, heights.Length, nameof(upper)));
    }

    /// <summary>Height of each bar.</summary>
    public IReadOnlyList<double> Values { get; }

    /// <summary>Lower ends of the error bars; empty without them.</summary>
    public IReadOnlyList<double> Lower { get; }

    /// <summary>Upper ends of the error bars; empty without them.</summary>
    public IReadOnlyList<double> Upper { get; }
}

/// <summary>Counts of a quantity in adjoining intervals.</summary>
public sealed record HistogramSeries : ChartSeries
{
    /// <summary>Makes a histogram from intervals; copies the values.</summary>
    /// <param name="name">Name in the legend.</param>
    /// <param name="edges">Edges of the intervals, ascending and finite, one more than there are counts.</param>
    /// <param name="counts">Height above each interval.</param>
    /// <exception cref="ArgumentException">The lengths do not fit, or the edges do not ascend.</exception>
    public HistogramSeries(string name, IEnumerable<double> edges, IEnumerable<double> counts) : base(name)
    {
        double[] e = Copy(edges, nameof(edges)), c = Copy(counts, nameof(counts));
        if (e.Length != c.Length + 1) throw new ArgumentException($"{c.Length} counts need {c.Length + 1} edges, not {e.Length}", nameof(edges));
        for (int i = 1; i < e.Length; i++)
            if (!(e[i] > e[i - 1]) || !double.IsFinite(e[i] - e[i - 1])) throw new ArgumentException($"edge {i}={e[i]} must be finite and above edge {i - 1}={e[i - 1]}", nameof(edges));
        (Edges, Counts) = (e, c);
    }

    /// <summary>Edges of the intervals.</summary>
    public IReadOnlyList<double> Edges { get; }

    /// <summary>Height above each interval.</summary>
    public IReadOnlyList<double> Counts { get; }
}

/// <summary>A grid of values shown as colours.</summary>
public sealed record HeatmapSeries : ChartSeries
{
    /// <summary>Wraps a grid without copying it; do not change it afterwards.</summary>
    /// <param name="quantity">What the colours mean, with its unit; the title of the colour bar: "Level (dB)".</param>
    /// <param name="values">[rows x columns], row-major. Row 0 is drawn at the bottom of an axis of numbers and at the top of an axis of categories.</param>
    /// <param name="rows">Number of rows, 0 or more.</param>
    /// <param name="columns">Number of columns, 0 or more.</param>
    /// <exception cref="ArgumentException">The length is not rows * columns.</exception>
    public HeatmapSeries(string quantity, float[] values, int rows, int columns) : base(quantity)
    {
        ArgumentNullException.ThrowIfNull(values);
        if (rows < 0 || columns < 0 || (long)rows * columns != values.Length)
            throw new ArgumentException($"{values.Length} values cannot fill {rows} rows of {columns} columns", nameof(values));
        (Values, Rows, Columns, XMax, YMax) = (values, rows, columns, columns, rows);
    }

    /// <summary>The values, [rows x columns], row-major.</summary>
    public float[] Values { get; }

    /// <summary>Number of rows.</summary>
    public int Rows { get; }

    /// <summary>Number of columns.</summary>
    public int Columns { get; }

    /// <summary>Left edge of the first column on an axis of numbers; 0 by default.</summary>
    public double XMin { get; init; }

    /// <summary>Right edge of the last column; the number of columns by default.</summary>
    public double XMax { get; init; }

    /// <summary>Lower edge of the first row on an axis of numbers; 0 by default.</summary>
    public double YMin { get; init; }

    /// <summary>Upper edge of the last row; the number of rows by default.</summary>
    public double YMax { get; init; }

    /// <summary>Value of the first colour; null takes the smallest finite value.</summary>
    public double? ColourMin { get; init; }

    /// <summary>Value of the last colour; null takes the largest finite value.</summary>
    public double? ColourMax { get; init; }

    /// <summary>The colours; viridis by default.</summary>
    public ColourMap Colours { get; init; } = ColourMap.Viridis;

    /// <summary>Text for each cell, [rows x columns], or empty. Written only where the cells are large enough.</summary>
    public IReadOnlyList<string> CellText { get; init; } = [];
}
