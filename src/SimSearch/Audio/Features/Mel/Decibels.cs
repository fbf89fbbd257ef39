using System.Numerics.Tensors;

namespace SimSearch.Audio;

/// <summary>What counts as 0 dB.</summary>
public enum DbReference
{
    /// <summary>A fixed power, <see cref="DbOptions.ReferencePower"/>: a frame's value does not depend on the rest of the clip (except through TopDb).</summary>
    Absolute,

    /// <summary>The largest power of the clip (librosa's ref=np.max): values are 0 dB and below.</summary>
    PerClipMax,
}

/// <summary>The unit of logarithmic power.</summary>
public enum LogUnit
{
    /// <summary>10 log10.</summary>
    Decibel,

    /// <summary>The natural logarithm (HTK, Kaldi).</summary>
    Natural,
}

/// <summary>How power becomes logarithmic. The defaults are those of librosa.power_to_db.</summary>
public sealed record DbOptions
{
    /// <summary>What 0 dB is.</summary>
    public DbReference Reference { get; init; } = DbReference.Absolute;

    /// <summary>The power that is 0 dB with <see cref="DbReference.Absolute"/>; above 0.</summary>
    public double ReferencePower { get; init; } = 1;

    /// <summary>
    /// Values further than this below the largest of the clip are raised to it, in <see cref="Unit"/>s, 0 or more; null: none are. Because of it a
    /// frame's value depends on the clip it is in; set null where that must not be.
    /// </summary>
    public double? TopDb { get; init; } = 80;

    /// <summary>amin: powers below this count as this; above 0.</summary>
    public double MinimumPower { get; init; } = 1e-10;

    /// <summary>The unit.</summary>
    public LogUnit Unit { get; init; } = LogUnit.Decibel;

    /// <summary>librosa.power_to_db's defaults: reference 1, top_db 80, amin 1e-10.</summary>
    public static DbOptions Librosa { get; } = new();

    /// <summary>Throws for values that make no scale.</summary>
    internal void Check()
    {
        if (!(MinimumPower >= 1e-37)) throw new ArgumentException($"amin={MinimumPower} must be 1e-37 or more");
        if (!(ReferencePower > 0) || !double.IsFinite(ReferencePower)) throw new ArgumentException($"ref={ReferencePower} must be a positive number");
        if (TopDb is { } top && !(top >= 0)) throw new ArgumentException($"top_db={top} must be 0 or more, or none");
    }
}

/// <summary>Power to decibels.</summary>
public static class Decibels
{
    private const int Part = 2048;

    /// <summary>Turns the powers of a whole clip into decibels, in place.</summary>
    /// <param name="power">All values of the clip, in any shape, 0 or more.</param>
    /// <param name="options">Reference, limit and floor; null: librosa's defaults.</param>
    /// <remarks>
    /// u log(max(amin, S)) - u log(max(amin, ref)), then raised to at least maximum - top_db, where the maximum is that of the clip and
    /// u log is 10 log10 or ln. NaN stays NaN and, like infinity, does not count for the maximum. Empty in, empty out.
    /// Same as librosa.power_to_db within 1e-4 dB.
    /// </remarks>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public static void FromPower(Span<float> power, DbOptions? options = null)
    {
        options ??= DbOptions.Librosa;
        options.Check();
        if (power.IsEmpty) return;
        double unit = options.Unit == LogUnit.Decibel ? 10 / Math.Log2(10) : Math.Log(2);
        double floor = options.MinimumPower;
        bool perClip = options.Reference == DbReference.PerClipMax;
        double largest = perClip || options.TopDb != null ? Math.Max(floor, LargestFinite(power)) : floor;
        double shift = unit * Math.Log2(perClip ? largest : Math.Max(floor, options.ReferencePower));
        double lowest = options.TopDb is { } top ? unit * Math.Log2(largest) - shift - top : double.NegativeInfinity;
        // In parts that stay in the first-level cache through all five operations.
        for (; !power.IsEmpty; power = power[Math.Min(Part, power.Length)..])
        {
            var part = power[..Math.Min(Part, power.Length)];
            TensorPrimitives.Max(part, (float)floor, part);
            TensorPrimitives.Log2(part, part);
            TensorPrimitives.Multiply(part, (float)unit, part);
            TensorPrimitives.Subtract(part, (float)shift, part);
            TensorPrimitives.Max(part, (float)lowest, part);
        }
    }

    private static double LargestFinite(ReadOnlySpan<float> power)
    {
        float largest = TensorPrimitives.MaxNumber(power);
        if (float.IsFinite(largest)) return largest;
        double finite = 0;
        foreach (float value in power)
            if (float.IsFinite(value) && value > finite) finite = value;
        return finite;
    }
}
