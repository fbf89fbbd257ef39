using SimSearch.Onnx;

namespace SimSearch.Embedding;

/// <summary>
/// Runs a network. A layout says which axes its tensor has, outermost first: "windows", "rows", "columns", or "1" for an axis of length 1; what is not in it must be 1.
/// So a waveform goes in as ["windows", "rows"], an image-like spectrogram with bands above each other as ["windows", "1", "columns", "rows"].
/// </summary>
public sealed record NetworkStep : ModelStep
{
    private static readonly string[] Axes = ["windows", "rows", "columns", "1"];

    /// <summary>Which of the manifest's files holds the network, by its name.</summary>
    public required string File { get; init; }

    /// <summary>The network's input, by name. It must be of floats and the only one.</summary>
    public required string Input { get; init; }

    /// <summary>Axes of the input.</summary>
    public required IReadOnlyList<string> InputLayout { get; init; }

    /// <summary>The network's output, by name.</summary>
    public required string Output { get; init; }

    /// <summary>Axes of the output.</summary>
    public required IReadOnlyList<string> OutputLayout { get; init; }

    /// <summary>Most windows passed in one run, 1 to 4096; more are passed in several. Default 32.</summary>
    public int Batch { get; init; } = 32;

    /// <summary>By what they are.</summary>
    public bool Equals(NetworkStep? other) => other is not null && (File, Input, Output, Batch) == (other.File, other.Input, other.Output, other.Batch)
        && InputLayout.SequenceEqual(other.InputLayout) && OutputLayout.SequenceEqual(other.OutputLayout);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(File, Input, Output);

    internal override void Check(ModelManifest manifest)
    {
        Rule(manifest.Files.Any(f => f.Name == File), $"network: file '{File}' is not among the manifest's files ({string.Join(", ", manifest.Files.Select(f => f.Name))})");
        foreach (var (layout, name) in (ReadOnlySpan<(IReadOnlyList<string>, string)>)[(InputLayout, "input_layout"), (OutputLayout, "output_layout")])
        {
            Rule(layout.Count is >= 1 and <= 8 && layout.All(Axes.Contains), $"network: {name} [{string.Join(", ", layout)}] must have one to eight axes, each 'windows', 'rows', 'columns' or '1'");
            Rule(layout.Where(axis => axis != "1").Distinct().Count() == layout.Count(axis => axis != "1"), $"network: {name} [{string.Join(", ", layout)}] names an axis twice");
        }
        Rule(InputLayout.Contains("windows") == OutputLayout.Contains("windows"), "network: windows must be in both layouts or in none");
        Rule(Batch is >= 1 and <= 4096, $"network: batch={Batch} must be 1 to 4096");
    }

    internal override Action<ModelBlock> Prepare(ModelNetworks networks)
    {
        var session = networks.Session(this);
        float[] input = [];
        return block =>
        {
            bool batched = InputLayout.Contains("windows");
            if (!batched && block.Windows != 1) throw new ModelException($"network {File}: takes no windows, but the clip is in {block.Windows}");
            int windows = block.Windows, rows = block.Rows, columns = block.Columns, step = Math.Min(Batch, windows);
            if (!InputLayout.Contains("rows") && rows != 1 || !InputLayout.Contains("columns") && columns != 1)
                throw new ModelException($"network {File}: its input layout [{string.Join(", ", InputLayout)}] does not take {block.Shape}");
            if (input.Length < step * rows * columns) input = new float[step * rows * columns];
            float[] all = []; // outputs so far
            int outRows = 1, outColumns = 1;
            for (int first = 0; first < windows; first += step)
            {
                int count = Math.Min(step, windows - first);
                Permute(block.Values.Slice(first * rows * columns, count * rows * columns), count, rows, columns, InputLayout, input);
                long[] shape = [.. InputLayout.Select(axis => axis switch { "windows" => (long)count, "rows" => rows, "columns" => columns, _ => 1 })];
                networks.Run(this, session, input.AsMemory(0, count * rows * columns), shape, (values, outShape) =>
                {
                    var (w, r, c) = Axis(outShape, batched ? count : 1);
                    if ((Int128)windows * r * c > ModelBlock.MaxValues) throw new SimSearchException($"network {File}: makes [{windows} x {r} x {c}] values, more than the {ModelBlock.MaxValues} allowed; cut the sounds with --segment");
                    if (first == 0) (outRows, outColumns, all) = (r, c, new float[windows * r * c]);
                    if (r != outRows || c != outColumns) throw new ModelException($"network {File}: gives [{string.Join(", ", outShape.ToArray())}] in one run and another shape in the next");
                    Restore(values, w, r, c, OutputLayout, all.AsSpan(first * r * c, w * r * c));
                });
            }
            all.CopyTo(block.Replace(windows, outRows, outColumns, out _));
        };
    }

    private (int Windows, int Rows, int Columns) Axis(ReadOnlySpan<long> shape, int windows)
    {
        string text = string.Join(", ", shape.ToArray());
        if (shape.Length != OutputLayout.Count) throw new ModelException($"network {File}: output '{Output}' is [{text}], which does not fit output_layout [{string.Join(", ", OutputLayout)}]");
        int w = 1, r = 1, c = 1;
        for (int i = 0; i < shape.Length; i++)
        {
            int length = (int)Math.Min(shape[i], int.MaxValue);
            if (OutputLayout[i] == "windows") w = length;
            else if (OutputLayout[i] == "rows") r = length;
            else if (OutputLayout[i] == "columns") c = length;
            else if (length != 1) throw new ModelException($"network {File}: output '{Output}' is [{text}]; axis {i} must have length 1 by output_layout [{string.Join(", ", OutputLayout)}]");
        }
        return w == windows ? (w, r, c) : throw new ModelException($"network {File}: gives {w} windows for {windows}");
    }

    // From [windows x rows x columns] to the order of a layout.
    private static void Permute(ReadOnlySpan<float> from, int windows, int rows, int columns, IReadOnlyList<string> layout, Span<float> to)
    {
        var (sw, sr, sc) = Strides(layout, windows, rows, columns);
        if (sc == 1 && sr == columns && sw == rows * columns) from.CopyTo(to);
        else
            for (int w = 0, i = 0; w < windows; w++)
                for (int r = 0; r < rows; r++)
                    for (int c = 0; c < columns; c++) to[w * sw + r * sr + c * sc] = from[i++];
    }

    // And back.
    private static void Restore(ReadOnlySpan<float> from, int windows, int rows, int columns, IReadOnlyList<string> layout, Span<float> to)
    {
        var (sw, sr, sc) = Strides(layout, windows, rows, columns);
        for (int w = 0, i = 0; w < windows; w++)
            for (int r = 0; r < rows; r++)
                for (int c = 0; c < columns; c++) to[i++] = from[w * sw + r * sr + c * sc];
    }

    private static (int Windows, int Rows, int Columns) Strides(IReadOnlyList<string> layout, int windows, int rows, int columns)
    {
        int stride = 1, sw = 0, sr = 0, sc = 0;
        for (int i = layout.Count - 1; i >= 0; i--)
        {
            if (layout[i] == "columns") (sc, stride) = (stride, stride * columns);
            else if (layout[i] == "rows") (sr, stride) = (stride, stride * rows);
            else if (layout[i] == "windows") (sw, stride) = (stride, stride * windows);
        }
        return (sw, sr, sc);
    }
}
