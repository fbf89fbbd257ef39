using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace SimSearch.Audio;

/// <summary>
/// All phases of a filter bank, laid out for making a vector of neighbouring outputs at once: column n holds what input n contributes to each
/// of them. A column is loaded once for eight vectors, each one round of the phases after the other, and every input enters as a broadcast; no
/// sum ever runs across a vector, and no address needs alignment but the columns' own.
/// </summary>
internal sealed class TapColumns
{
    /// <summary>Vectors made at once, in as many registers.</summary>
    private const int Rounds = 8;

    private readonly int lanes, columns;
    private readonly int round;       // outputs until the phases repeat: one period, or several short ones
    private readonly int roundInputs;
    private readonly float[] numbers; // [groups x columns x lanes], pinned
    private readonly int aligned;     // where the first vector begins, on a cache line

    /// <param name="bank">Gives the taps.</param>
    /// <param name="lanes">Outputs per vector, 8 or 16.</param>
    public TapColumns(FilterBank bank, int lanes)
    {
        this.lanes = lanes;
        round = bank.Up >= lanes ? bank.Up : bank.Up * lanes / (int)BigInteger.GreatestCommonDivisor(bank.Up, lanes);
        roundInputs = (int)((long)round * bank.Down / bank.Up);
        Groups = (round + lanes - 1) / lanes;
        columns = bank.Length + (int)((long)(lanes - 1) * bank.Down / bank.Up) + 1;
        numbers = GC.AllocateArray<float>(Groups * columns * lanes + 16, pinned: true);
        aligned = (int)((64 - Marshal.UnsafeAddrOfPinnedArrayElement(numbers, 0) % 64) % 64 / sizeof(float));
        var taps = new float[bank.Up * bank.Length];
        for (int phase = 0; phase < bank.Up; phase++) bank.Phase((double)phase / bank.Up, taps.AsSpan(phase * bank.Length, bank.Length));
        for (int group = 0; group < Groups; group++)
        {
            long first = (long)FirstOutput(group) * bank.Down / bank.Up;
            for (int lane = 0; lane < lanes; lane++)
            {
                var (input, phase) = Math.DivRem((long)(FirstOutput(group) + lane) * bank.Down, bank.Up);
                for (int i = 0; i < bank.Length; i++)
                    numbers[aligned + (group * columns + (int)(input - first) + i) * lanes + lane] = taps[(int)phase * bank.Length + i];
            }
        }
    }

    /// <summary>Vectors in one round of the phases.</summary>
    public int Groups { get; }

    /// <summary>Outputs that one application of every group makes.</summary>
    public int Batch => round * Rounds;

    /// <summary>The first output of a group, within a round. The last group may overlap the one before it, to end with the round.</summary>
    public int FirstOutput(int group) => Math.Min(group * lanes, round - lanes);

    /// <summary>Makes the outputs of one group in eight rounds.</summary>
    /// <param name="group">Which.</param>
    /// <param name="signal">From the first input that the group's first output needs.</param>
    /// <param name="output">From the group's first output on.</param>
    public void Apply(int group, ReadOnlySpan<float> signal, Span<float> output)
    {
        // The loops below are unchecked.
        if (signal.Length < (Rounds - 1) * roundInputs + columns || output.Length < (Rounds - 1) * round + lanes)
            throw new ArgumentException("the signal or the output is too short for eight rounds");
        ref float taps = ref numbers[aligned + group * columns * lanes];
        ref float x = ref MemoryMarshal.GetReference(signal);
        ref float y = ref MemoryMarshal.GetReference(output);
        if (lanes == 16) Apply512(ref taps, columns, ref x, roundInputs, ref y, round);
        else Apply256(ref taps, columns, ref x, roundInputs, ref y, round);
    }

    private static void Apply512(ref float taps, nint columns, ref float x, nint stride, ref float output, nint step)
    {
        var a0 = Vector512<float>.Zero;
        var a1 = a0; var a2 = a0; var a3 = a0; var a4 = a0; var a5 = a0; var a6 = a0; var a7 = a0;
        ref float high = ref Unsafe.Add(ref x, 4 * stride);
        for (nint n = 0; n < columns; n++)
        {
            var tap = Vector512.LoadUnsafe(ref taps, (nuint)(n * 16));
            a0 = Vector512.MultiplyAddEstimate(tap, Vector512.Create(Unsafe.Add(ref x, n)), a0);
            a1 = Vector512.MultiplyAddEstimate(tap, Vector512.Create(Unsafe.Add(ref x, n + stride)), a1);
            a2 = Vector512.MultiplyAddEstimate(tap, Vector512.Create(Unsafe.Add(ref x, n + 2 * stride)), a2);
            a3 = Vector512.MultiplyAddEstimate(tap, Vector512.Create(Unsafe.Add(ref x, n + 3 * stride)), a3);
            a4 = Vector512.MultiplyAddEstimate(tap, Vector512.Create(Unsafe.Add(ref high, n)), a4);
            a5 = Vector512.MultiplyAddEstimate(tap, Vector512.Create(Unsafe.Add(ref high, n + stride)), a5);
            a6 = Vector512.MultiplyAddEstimate(tap, Vector512.Create(Unsafe.Add(ref high, n + 2 * stride)), a6);
            a7 = Vector512.MultiplyAddEstimate(tap, Vector512.Create(Unsafe.Add(ref high, n + 3 * stride)), a7);
        }
        a0.StoreUnsafe(ref output);
        a1.StoreUnsafe(ref output, (nuint)step);
        a2.StoreUnsafe(ref output, (nuint)(2 * step));
        a3.StoreUnsafe(ref output, (nuint)(3 * step));
        a4.StoreUnsafe(ref output, (nuint)(4 * step));
        a5.StoreUnsafe(ref output, (nuint)(5 * step));
        a6.StoreUnsafe(ref output, (nuint)(6 * step));
        a7.StoreUnsafe(ref output, (nuint)(7 * step));
    }

    private static void Apply256(ref float taps, nint columns, ref float x, nint stride, ref float output, nint step)
    {
        var a0 = Vector256<float>.Zero;
        var a1 = a0; var a2 = a0; var a3 = a0; var a4 = a0; var a5 = a0; var a6 = a0; var a7 = a0;
        ref float high = ref Unsafe.Add(ref x, 4 * stride);
        for (nint n = 0; n < columns; n++)
        {
            var tap = Vector256.LoadUnsafe(ref taps, (nuint)(n * 8));
            a0 = Vector256.MultiplyAddEstimate(tap, Vector256.Create(Unsafe.Add(ref x, n)), a0);
            a1 = Vector256.MultiplyAddEstimate(tap, Vector256.Create(Unsafe.Add(ref x, n + stride)), a1);
            a2 = Vector256.MultiplyAddEstimate(tap, Vector256.Create(Unsafe.Add(ref x, n + 2 * stride)), a2);
            a3 = Vector256.MultiplyAddEstimate(tap, Vector256.Create(Unsafe.Add(ref x, n + 3 * stride)), a3);
            a4 = Vector256.MultiplyAddEstimate(tap, Vector256.Create(Unsafe.Add(ref high, n)), a4);
            a5 = Vector256.MultiplyAddEstimate(tap, Vector256.Create(Unsafe.Add(ref high, n + stride)), a5);
            a6 = Vector256.MultiplyAddEstimate(tap, Vector256.Create(Unsafe.Add(ref high, n + 2 * stride)), a6);
            a7 = Vector256.MultiplyAddEstimate(tap, Vector256.Create(Unsafe.Add(ref high, n + 3 * stride)), a7);
        }
        a0.StoreUnsafe(ref output);
        a1.StoreUnsafe(ref output, (nuint)step);
        a2.StoreUnsafe(ref output, (nuint)(2 * step));
        a3.StoreUnsafe(ref output, (nuint)(3 * step));
        a4.StoreUnsafe(ref output, (nuint)(4 * step));
        a5.StoreUnsafe(ref output, (nuint)(5 * step));
        a6.StoreUnsafe(ref output, (nuint)(6 * step));
        a7.StoreUnsafe(ref output, (nuint)(7 * step));
    }
}
