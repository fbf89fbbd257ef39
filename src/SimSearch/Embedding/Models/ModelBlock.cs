namespace SimSearch.Embedding;

/// <summary>What goes from step to step of a model's manifest: [windows x rows x columns] floats, row-major. Keeps its two buffers from clip to clip; one thread at a time.</summary>
internal sealed class ModelBlock
{
    /// <summary>Most values a step may make: 1 GiB.</summary>
    public const long MaxValues = 1L << 28;

    private float[] values = [], spare = [];

    public int Windows { get; private set; }

    public int Rows { get; private set; }

    public int Columns { get; private set; }

    public int Count => Windows * Rows * Columns;

    /// <summary>The values.</summary>
    public Span<float> Values => values.AsSpan(0, Count);

    /// <summary>"[1 x 98 x 64]".</summary>
    public string Shape => $"[{Windows} x {Rows} x {Columns}]";

    /// <summary>Begins with a clip: [1 x samples x 1].</summary>
    public void Begin(ReadOnlySpan<float> samples) => samples.CopyTo(Replace(1, samples.Length, 1, out _));

    /// <summary>Makes room for the next values.</summary>
    /// <param name="windows">Windows.</param>
    /// <param name="rows">Rows of a window.</param>
    /// <param name="columns">Columns of a row.</param>
    /// <param name="old">The values so far, valid until the next call.</param>
    /// <returns>Room for the new values; what is in it is left over from before.</returns>
    /// <exception cref="SimSearchException">It would be more than 1 GiB.</exception>
    public Span<float> Replace(long windows, long rows, long columns, out ReadOnlySpan<float> old)
    {
        if (windows < 1 || rows < 1 || columns < 1) throw new SimSearchException($"a step of the model leaves nothing of the clip ({Shape} became [{windows} x {rows} x {columns}]); the clip is too short for it");
        if ((Int128)windows * rows * columns > MaxValues) throw new SimSearchException($"a step of the model makes [{windows} x {rows} x {columns}] values, more than the {MaxValues} allowed; cut the sounds with --segment");
        old = Values;
        (values, spare) = (spare, values);
        (Windows, Rows, Columns) = ((int)windows, (int)rows, (int)columns);
        if (values.Length < Count) values = GC.AllocateUninitializedArray<float>(Count);
        return Values;
    }
}
