using System.Collections.Concurrent;
using System.Numerics;
using System.Runtime.Intrinsics;

namespace SimSearch.Audio;

/// <summary>
/// The taps of one resampling ratio: a Kaiser-windowed sinc, sampled at every phase an output can have between two inputs. Immutable, so it is
/// shared by all threads.
/// </summary>
/// <remarks>
/// Pass band to 0.9 of the lower Nyquist frequency, stop band from 1.0 of it, 110 dB (Kaiser's formulas: beta = 0.1102 (A - 8.7),
/// taps = (A - 7.95) / (2.285 * transition width)). Each phase is scaled to sum to exactly 1, so a constant stays that constant.
/// When the exact phases would need more than <see cref="MaxExactTaps"/> numbers, fewer phases are kept and neighbours are interpolated linearly.
/// </remarks>
internal sealed class FilterBank
{
    /// <summary>1 MiB of taps: more would not stay in the second-level cache.</summary>
    public const int MaxExactTaps = 1 << 18;

    /// <summary>The largest ratio of rates downwards; beyond, one filter would be longer than most signals.</summary>
    public const int MaxDecimation = 4096;

    private const double Attenuation = 110, PassEdge = 0.9, StopEdge = 1.0;
    private const int MaxCached = 32;

    /// <summary>Interpolating linearly between phases 1/1024 of the cut-off's period apart errs by less than -118 dB: (pi / 1024)^2 / 8.</summary>
    private const int InterpolatedPhases = 1024;

    private static readonly ConcurrentDictionary<(int Up, int Down), FilterBank> Cache = new();

    private readonly double scale; // the lower Nyquist frequency, as a part of the input's

    /// <param name="from">Rate of the inputs.</param>
    /// <param name="to">Rate of the outputs.</param>
    /// <param name="lanes">Outputs per vector, 8 or 16.</param>
    public FilterBank(int from, int to, int lanes)
    {
        int common = (int)BigInteger.GreatestCommonDivisor(from, to);
        (Up, Down) = (to / common, from / common);
        scale = Math.Min(1, (double)Up / Down);
        double halfLength = (Attenuation - 7.95) / (2.285 * Math.PI * (StopEdge - PassEdge) * scale) / 2;
        Half = (int)Math.Ceiling(halfLength / 8) * 8; // whole vectors
        if ((long)Up * Length <= MaxExactTaps) Columns = new TapColumns(this, lanes);
        else Rows = new TapRows(this, Math.Min(Up, (int)Math.Ceiling(InterpolatedPhases * scale)));
    }

    /// <summary>Outputs per period of the ratio in lowest terms.</summary>
    public int Up { get; }

    /// <summary>Inputs per period of the ratio in lowest terms.</summary>
    public int Down { get; }

    /// <summary>Inputs that the filter reaches to each side.</summary>
    public int Half { get; }

    /// <summary>Taps per phase: 2 * <see cref="Half"/>, a multiple of 16.</summary>
    public int Length => 2 * Half;

    /// <summary>Every phase, exactly; null when they are too many.</summary>
    public TapColumns? Columns { get; }

    /// <summary>Some phases to interpolate between; null when <see cref="Columns"/> has all.</summary>
    public TapRows? Rows { get; }

    /// <summary>Outputs that are made together: whole periods, or one where phases are interpolated.</summary>
    public int Batch => Columns?.Batch ?? 1;

    /// <summary>Inputs that a batch spans, its filters not counted.</summary>
    public int BatchInputs => (int)(((long)Batch * Down + Up - 1) / Up);

    /// <summary>The bank for a pair of rates, from the cache or newly made.</summary>
    public static FilterBank For(int from, int to)
    {
        int common = (int)BigInteger.GreatestCommonDivisor(from, to);
        var ratio = (from / common, to / common);
        if (Cache.TryGetValue(ratio, out var bank)) return bank;
        if (Cache.Count >= MaxCached) Cache.Clear(); // rates come from files: no file may fill the memory with banks
        return Cache.GetOrAdd(ratio, static r => new FilterBank(r.Item1, r.Item2, Vector512.IsHardwareAccelerated ? 16 : 8));
    }

    /// <summary>The taps of an output that sits a fraction of an input period after an input.</summary>
    /// <param name="fraction">0 to 1.</param>
    /// <param name="taps">Receives <see cref="Length"/> taps; tap i is that of the input Half - 1 - i before the one the output sits on or after.</param>
    public void Phase(double fraction, Span<float> taps)
    {
        double cutoff = (PassEdge + StopEdge) / 2 * scale, sum = 0;
        var exact = new double[Length];
        for (int i = 0; i < Length; i++) sum += exact[i] = Prototype(fraction + Half - 1 - i, cutoff);
        for (int i = 0; i < Length; i++) taps[i] = (float)(exact[i] / sum);
    }

    private double Prototype(double time, double cutoff)
    {
        double inside = 1 - time / Half * (time / Half);
        if (inside <= 0) return 0;
        double x = Math.PI * cutoff * time, beta = 0.1102 * (Attenuation - 8.7);
        return (time == 0 ? 1 : Math.Sin(x) / x) * BesselI0(beta * Math.Sqrt(inside));
    }

    /// <summary>The modified Bessel function of order 0, by its power series.</summary>
    private static double BesselI0(double x)
    {
        double sum = 1, term = 1, quarter = x * x / 4;
        for (int k = 1; term > sum * 1e-17; k++) sum += term *= quarter / ((double)k * k);
        return sum;
    }
}
