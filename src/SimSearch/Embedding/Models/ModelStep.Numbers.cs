using System.Numerics.Tensors;
using System.Text.Json;
using System.Text.Json.Serialization;
using SimSearch.Audio;

namespace SimSearch.Embedding;

/// <summary>Every value becomes value * multiply + add, then is held between minimum and maximum.</summary>
public sealed record ScaleStep : ModelStep
{
    /// <summary>Factor; 32768 brings samples to the range of 16-bit integers.</summary>
    public float Multiply { get; init; } = 1;

    /// <summary>Summand.</summary>
    public float Add { get; init; }

    /// <summary>Smaller values become this; null: none do.</summary>
    public float? Minimum { get; init; }

    /// <summary>Larger values become this; null: none do.</summary>
    public float? Maximum { get; init; }

    /// <summary>Whether values are rounded to whole numbers in the end, halves to even: samples as a 16-bit file holds them.</summary>
    public bool Round { get; init; }

    internal override void Check(ModelManifest manifest) => Rule(
        float.IsFinite(Multiply) && float.IsFinite(Add) && float.IsFinite(Minimum ?? 0) && float.IsFinite(Maximum ?? 0) && !(Minimum > Maximum),
        $"scale: multiply={Multiply}, add={Add}, minimum={Minimum}, maximum={Maximum} must be numbers, the minimum not above the maximum");

    internal override Action<ModelBlock> Prepare(ModelNetworks networks) => block =>
    {
        var values = block.Values;
        if (Multiply != 1) TensorPrimitives.Multiply(values, Multiply, values);
        if (Add != 0) TensorPrimitives.Add(values, Add, values);
        if (Minimum is { } minimum) TensorPrimitives.Max(values, minimum, values);
        if (Maximum is { } maximum) TensorPrimitives.Min(values, maximum, values);
        if (Round) TensorPrimitives.Round(values, MidpointRounding.ToEven, values);
    };
}

/// <summary>Divides a window by its largest value (plus 1e-12, so that silence stays silence).</summary>
public sealed record PeakStep : ModelStep
{
    internal override void Check(ModelManifest manifest) { }

    internal override Action<ModelBlock> Prepare(ModelNetworks networks) => block =>
    {
        int length = block.Rows * block.Columns;
        for (int w = 0; w < block.Windows; w++)
        {
            var window = block.Values.Slice(w * length, length);
            TensorPrimitives.Multiply(window, 1 / (TensorPrimitives.Max(window) + 1e-12f), window);
        }
    };
}

/// <summary>Takes the logarithm of power or magnitude, of every window by itself.</summary>
public sealed record LogStep : ModelStep
{
    /// <summary>Unit, reference, floor and range. Unlike librosa's default, no range is cut off where none is given.</summary>
    [JsonConverter(typeof(RangeOnlyWhereGiven))]
    public DbOptions Scale { get; init; } = new() { TopDb = null };

    internal override void Check(ModelManifest manifest)
    {
        try { Scale.Check(); }
        catch (ArgumentException e) { throw new ModelException($"log: {e.Message}", e); }
    }

    internal override Action<ModelBlock> Prepare(ModelNetworks networks) => block =>
    {
        int length = block.Rows * block.Columns;
        for (int w = 0; w < block.Windows; w++) Decibels.FromPower(block.Values.Slice(w * length, length), Scale);
    };

    // A manifest writes no null, and by themselves the options have librosa's 80 dB.
    private sealed class RangeOnlyWhereGiven : JsonConverter<DbOptions>
    {
        public override DbOptions? Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options)
        {
            var ahead = reader;
            var scale = JsonSerializer.Deserialize<DbOptions>(ref reader, options);
            while (ahead.TokenType != JsonTokenType.EndObject && ahead.Read())
                if (ahead.TokenType == JsonTokenType.PropertyName && ahead.ValueTextEquals("top_db"u8)) return scale;
            return scale is null ? null : scale with { TopDb = null };
        }

        public override void Write(Utf8JsonWriter writer, DbOptions value, JsonSerializerOptions options) => JsonSerializer.Serialize(writer, value, options);
    }
}

/// <summary>Over which values of a window a mean or deviation is taken.</summary>
public enum NormaliseOver
{
    /// <summary>It is not taken.</summary>
    None,

    /// <summary>Over all rows of a column (each band of a spectrogram by itself).</summary>
    Column,

    /// <summary>Over the whole window.</summary>
    All,
}

/// <summary>Subtracts means and divides by deviations, of every window by itself; deviations are population ones, taken before the means are subtracted.</summary>
public sealed record NormaliseStep : ModelStep
{
    /// <summary>The mean to subtract.</summary>
    public NormaliseOver Mean { get; init; }

    /// <summary>The deviation to divide by.</summary>
    public NormaliseOver Deviation { get; init; }

    /// <summary>Added to the deviation, above 0.</summary>
    public float Epsilon { get; init; } = 1e-3f;

    internal override void Check(ModelManifest manifest) => Rule(float.IsFinite(Epsilon) && Epsilon > 0, $"normalise: epsilon={Epsilon} must be above 0");

    internal override Action<ModelBlock> Prepare(ModelNetworks networks)
    {
        double[] sums = [], squares = [];
        float[] offsets = [], factors = [];
        return block =>
        {
            int columns = block.Columns, length = block.Rows * columns;
            if (sums.Length < columns) (sums, squares, offsets, factors) = (new double[columns], new double[columns], new float[columns], new float[columns]);
            for (int w = 0; w < block.Windows; w++)
            {
                var window = block.Values.Slice(w * length, length);
                Columns(window, columns, block.Rows, out double mean, out double deviation);
                for (int c = 0; c < columns; c++)
                {
                    offsets[c] = Mean switch { NormaliseOver.None => 0, NormaliseOver.Column => (float)sums[c], _ => (float)mean };
                    factors[c] = Deviation switch { NormaliseOver.None => 1, NormaliseOver.Column => 1 / ((float)squares[c] + Epsilon), _ => 1 / ((float)deviation + Epsilon) };
                }
                for (int at = 0; at < length; at += columns)
                {
                    var row = window.Slice(at, columns);
                    TensorPrimitives.Subtract(row, offsets.AsSpan(0, columns), row);
                    TensorPrimitives.Multiply(row, factors.AsSpan(0, columns), row);
                }
            }
        };

        // Leaves the means of the columns in sums and their deviations in squares.
        void Columns(ReadOnlySpan<float> window, int columns, int rows, out double mean, out double deviation)
        {
            Array.Clear(sums);
            Array.Clear(squares);
            for (int i = 0; i < window.Length; i++) sums[i % columns] += window[i];
            mean = 0;
            for (int c = 0; c < columns; c++)
            {
                mean += sums[c] / window.Length;
                sums[c] /= rows;
            }
            double all = 0;
            for (int i = 0; i < window.Length; i++)
            {
                double own = window[i] - sums[i % columns], common = window[i] - mean;
                squares[i % columns] += own * own;
                all += common * common;
            }
            for (int c = 0; c < columns; c++) squares[c] = Math.Sqrt(squares[c] / rows);
            deviation = Math.Sqrt(all / window.Length);
        }
    }
}

/// <summary>What is taken from a column when many values become one.</summary>
public enum PoolKind
{
    /// <summary>The mean.</summary>
    Mean,

    /// <summary>The largest.</summary>
    Max,

    /// <summary>The population standard deviation.</summary>
    Deviation,
}

/// <summary>Makes one row out of all rows of all windows: for each column its mean, maximum or deviation; several kinds stand side by side.</summary>
public sealed record PoolStep : ModelStep
{
    /// <summary>What is taken, one to three kinds.</summary>
    public required IReadOnlyList<PoolKind> Kinds { get; init; }

    /// <summary>By what they are.</summary>
    public bool Equals(PoolStep? other) => other is not null && Kinds.SequenceEqual(other.Kinds);

    /// <inheritdoc/>
    public override int GetHashCode() => Kinds.Aggregate(0, HashCode.Combine);

    internal override void Check(ModelManifest manifest) => Rule(Kinds.Count is >= 1 and <= 3 && Kinds.Distinct().Count() == Kinds.Count, "pool: kinds must be one to three different ones of mean, max, deviation");

    internal override Action<ModelBlock> Prepare(ModelNetworks networks) => block =>
    {
        int columns = block.Columns, rows = block.Windows * block.Rows;
        var next = block.Replace(1, 1, (long)columns * Kinds.Count, out var old);
        for (int k = 0; k < Kinds.Count; k++)
            for (int c = 0; c < columns; c++)
            {
                double sum = 0, square = 0;
                float largest = float.NegativeInfinity;
                for (int at = c; at < old.Length; at += columns)
                {
                    sum += old[at];
                    largest = Math.Max(largest, old[at]);
                }
                double mean = sum / rows;
                if (Kinds[k] == PoolKind.Deviation)
                    for (int at = c; at < old.Length; at += columns) square += (old[at] - mean) * (old[at] - mean);
                next[k * columns + c] = Kinds[k] switch { PoolKind.Mean => (float)mean, PoolKind.Max => largest, _ => (float)Math.Sqrt(square / rows) };
            }
    };
}

/// <summary>Scales every row to length 1; a row of zeros stays.</summary>
public sealed record UnitStep : ModelStep
{
    internal override void Check(ModelManifest manifest) { }

    internal override Action<ModelBlock> Prepare(ModelNetworks networks) => block =>
    {
        int columns = block.Columns;
        for (int at = 0; at < block.Count; at += columns)
        {
            var row = block.Values.Slice(at, columns);
            float norm = TensorPrimitives.Norm<float>(row);
            if (norm > 0) TensorPrimitives.Divide(row, norm, row);
        }
    };
}
