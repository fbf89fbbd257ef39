using System.Text.Json.Serialization;

namespace SimSearch.Embedding;

/// <summary>
/// One step from sound to vector. Steps pass on [windows x rows x columns] numbers: a clip begins as [1 x samples x 1], spectrograms are
/// [1 x frames x bands], and the last step must leave [1 x 1 x dimension].
/// </summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "step", UnknownDerivedTypeHandling = JsonUnknownDerivedTypeHandling.FailSerialization)]
[JsonDerivedType(typeof(CropStep), "crop")]
[JsonDerivedType(typeof(PadStep), "pad")]
[JsonDerivedType(typeof(FitStep), "fit")]
[JsonDerivedType(typeof(ScaleStep), "scale")]
[JsonDerivedType(typeof(PeakStep), "peak")]
[JsonDerivedType(typeof(MelStep), "mel")]
[JsonDerivedType(typeof(LogStep), "log")]
[JsonDerivedType(typeof(NormaliseStep), "normalise")]
[JsonDerivedType(typeof(WindowsStep), "windows")]
[JsonDerivedType(typeof(NetworkStep), "network")]
[JsonDerivedType(typeof(PoolStep), "pool")]
[JsonDerivedType(typeof(UnitStep), "unit")]
public abstract record ModelStep
{
    /// <summary>Throws when a value is out of its range.</summary>
    internal abstract void Check(ModelManifest manifest);

    /// <summary>Makes what one thread needs to apply the step.</summary>
    internal abstract Action<ModelBlock> Prepare(ModelNetworks networks);

    private protected static void Rule(bool holds, string message)
    {
        if (!holds) throw new ModelException(message);
    }
}

/// <summary>Keeps the first rows (samples, frames) when there are more.</summary>
public sealed record CropStep : ModelStep
{
    /// <summary>Most rows to keep, 1 or more.</summary>
    public required int Rows { get; init; }

    internal override void Check(ModelManifest manifest) => Rule(Rows >= 1, $"crop: rows={Rows} must be 1 or more");

    internal override Action<ModelBlock> Prepare(ModelNetworks networks) => block =>
    {
        if (block.Rows <= Rows) return;
        int windows = block.Windows, from = block.Rows * block.Columns, to = Rows * block.Columns;
        var next = block.Replace(windows, Rows, block.Columns, out var old);
        for (int w = 0; w < windows; w++) old.Slice(w * from, to).CopyTo(next[(w * to)..]);
    };
}

/// <summary>Adds rows (samples, frames) behind the last when there are fewer.</summary>
public sealed record PadStep : ModelStep
{
    /// <summary>Fewest rows there shall be, 1 to 16,777,216.</summary>
    public required int Rows { get; init; }

    /// <summary>What the new rows hold.</summary>
    public float Fill { get; init; }

    /// <summary>Whether a window is first repeated as often as it fits whole, and only what is then missing filled: CLAP's "repeatpad".</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Repeat { get; init; }

    internal override void Check(ModelManifest manifest) => Rule(Rows is >= 1 and <= 1 << 24 && float.IsFinite(Fill), $"pad: rows={Rows} must be 1 to {1 << 24}, and fill={Fill} a number");

    internal override Action<ModelBlock> Prepare(ModelNetworks networks) => block =>
    {
        if (block.Rows >= Rows) return;
        int windows = block.Windows, times = Repeat ? Rows / block.Rows : 1, from = block.Rows * block.Columns, to = Rows * block.Columns;
        var next = block.Replace(windows, Rows, block.Columns, out var old);
        next.Fill(Fill);
        for (int w = 0; w < windows; w++)
            for (int i = 0; i < times; i++) old.Slice(w * from, from).CopyTo(next[(w * to + i * from)..]);
    };
}

/// <summary>Brings a spectrogram to a fixed number of rows: the middle of a longer one, or a shorter one in the middle of a floor.</summary>
public sealed record FitStep : ModelStep
{
    /// <summary>Rows there shall be, 1 to 1,048,576.</summary>
    public required int Rows { get; init; }

    /// <summary>What the rows around a shorter one hold, as a share of its largest value; 0 or more. 1e-6 of power is 60 dB below the peak.</summary>
    public float Floor { get; init; }

    internal override void Check(ModelManifest manifest) => Rule(Rows is >= 1 and <= 1 << 20 && Floor is >= 0 and <= 1, $"fit: rows={Rows} must be 1 to {1 << 20}, and floor={Floor} 0 to 1");

    internal override Action<ModelBlock> Prepare(ModelNetworks networks) => block =>
    {
        if (block.Rows == Rows) return;
        int windows = block.Windows, columns = block.Columns, rows = block.Rows;
        // Of an odd difference the smaller half comes before a shorter clip, and the larger is cut before a longer one.
        int lead = (int)Math.Floor((Rows - rows) / 2.0), first = Math.Max(0, -lead), count = Math.Min(rows - first, Rows - Math.Max(0, lead));
        var next = block.Replace(windows, Rows, columns, out var old);
        for (int w = 0; w < windows; w++)
        {
            var middle = old.Slice((w * rows + first) * columns, count * columns);
            var room = next.Slice(w * Rows * columns, Rows * columns);
            room.Fill(System.Numerics.Tensors.TensorPrimitives.Max(middle) * Floor);
            middle.CopyTo(room[(Math.Max(0, lead) * columns)..]);
        }
    };
}

/// <summary>Cuts a clip's rows into windows: the first at row 0, then one every hop while whole ones remain.</summary>
public sealed record WindowsStep : ModelStep
{
    /// <summary>Rows of a window, 1 to 16,777,216. A clip with fewer is too short; put a <see cref="PadStep"/> before.</summary>
    public required int Length { get; init; }

    /// <summary>Rows from one window to the next, 1 or more.</summary>
    public required int Hop { get; init; }

    internal override void Check(ModelManifest manifest) => Rule(Length is >= 1 and <= 1 << 24 && Hop >= 1, $"windows: length={Length} must be 1 to {1 << 24} and hop={Hop} 1 or more");

    internal override Action<ModelBlock> Prepare(ModelNetworks networks) => block =>
    {
        if (block.Windows != 1) throw new ModelException($"windows: the clip is in windows already ({block.Shape})");
        if (block.Rows < Length) throw new SimSearchException($"the clip has {block.Rows} rows where the model's windows need {Length}; it is too short");
        int columns = block.Columns, count = (block.Rows - Length) / Hop + 1;
        var next = block.Replace(count, Length, columns, out var old);
        for (int w = 0; w < count; w++) old.Slice(w * Hop * columns, Length * columns).CopyTo(next[(w * Length * columns)..]);
    };
}
