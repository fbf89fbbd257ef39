using System.Collections.Concurrent;
using System.Numerics;

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

    private FilterBank(int up, int down)
    {
        (Up, Down) = (up, down);
        double scale = Math.Min(1, (double)up / down); // the lower Nyquist frequency, as a part of the input's
        double halfLength = (Attenuation - 7.95) / (2.285 * Math.PI * (StopEdge - PassEdge) * scale) / 2;
        Half = (int)Math.Ceiling(halfLength / 8) * 8; // whole vectors
        Exact = (long)up * Length <= MaxExactTaps;
        Phases = Exact ? up : Math.Max(32, (int)Math.Ceiling(InterpolatedPhases * scale));
        int rows = Exact ? up : Phases + 1; // the last one is where the next input's first one would be
        Taps = new float[rows * Length];
        double cutoff = (PassEdge + StopEdge) / 2 * scale;
        var row = new double[Length];
        for (int phase = 0; phase < rows; phase++)
        {
            double sum = 0;
            for (int i = 0; i < Length; i++) sum += row[i] = Prototype((double)phase / Phases + Half - 1 - i, Half, cutoff);
            for (int i = 0; i < Length; i++) Taps[phase * Length + i] = (float)(row[i] / sum);
        }
    }

    /// <summary>Outputs per period of the ratio in lowest terms.</summary>
    public int Up { get; }

    /// <summary>Inputs per period of the ratio in lowest terms.</summary>
    public int Down { get; }

    /// <summary>Inputs that the filter reaches to each side.</summary>
    public int Half { get; }

    /// <summary>Taps per phase: 2 * <see cref="Half"/>, a multiple of 16.</summary>
    public int Length => 2 * Half;

    /// <summary>Whether every phase is in the bank; otherwise neighbouring phases are interpolated.</summary>
    public bool Exact { get; }

    /// <summary>Phases per input sample.</summary>
    public int Phases { get; }

    /// <summary>[phases x length]: tap i of a phase belongs to the input Half - 1 - i before the output's own.</summary>
    public float[] Taps { get; }

    /// <summary>The bank for a pair of rates, from the cache or newly made.</summary>
    public static FilterBank For(int from, int to)
    {
        int common = (int)BigInteger.GreatestCommonDivisor(from, to);
        var ratio = (to / common, from / common);
        if (Cache.TryGetValue(ratio, out var bank)) return bank;
        if (Cache.Count >= MaxCached) Cache.Clear(); // rates come from files: no file may fill the memory with banks
        return Cache.GetOrAdd(ratio, static r => new FilterBank(r.Item1, r.Item2));
    }

    private static double Prototype(double time, double half, double cutoff)
    {
        double inside = 1 - time / half * (time / half);
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
