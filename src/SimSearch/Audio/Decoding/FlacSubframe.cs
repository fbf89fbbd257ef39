namespace SimSearch.Audio;

/// <summary>One channel of a FLAC frame: a prediction and what it missed by (RFC 9639, sections 9.2 and 10).</summary>
internal static class FlacSubframe
{
    private static readonly int[][] FixedPredictors = [[], [1], [2, -1], [3, -3, 1], [4, -6, 4, -1]];

    /// <summary>Decodes one subframe; false when it is damaged.</summary>
    /// <param name="bits">Positioned on it.</param>
    /// <param name="samples">Receives the whole block.</param>
    /// <param name="depth">Bits per sample, with the extra one of a difference channel.</param>
    public static bool Decode(ref FlacBits bits, Span<long> samples, int depth)
    {
        if (bits.Unsigned(1) != 0) return false;
        int type = (int)bits.Unsigned(6);
        int wasted = bits.Unsigned(1) != 0 ? bits.Unary() + 1 : 0;
        depth -= wasted;
        if (depth < 1 || bits.Overrun) return false;
        bool whole = true;
        if (type == 0) samples.Fill(bits.Signed(depth));
        else if (type == 1)
            for (int i = 0; i < samples.Length; i++) samples[i] = bits.Signed(depth);
        else if (type is >= 8 and <= 12) whole = Predict(ref bits, samples, depth, FixedPredictors[type - 8], 0);
        else if (type >= 32)
        {
            int order = type - 31;
            if (order > samples.Length) return false;
            for (int i = 0; i < order; i++) samples[i] = bits.Signed(depth);
            int precision = (int)bits.Unsigned(4) + 1, shift = (int)bits.Signed(5);
            if (precision == 16 || shift < 0) return false;
            Span<int> coefficients = stackalloc int[order];
            for (int i = 0; i < order; i++) coefficients[i] = (int)bits.Signed(precision);
            whole = Residual(ref bits, samples, order) && Restore(samples, coefficients, shift);
        }
        else return false;
        if (wasted > 0)
            for (int i = 0; i < samples.Length; i++) samples[i] <<= wasted;
        return whole && !bits.Overrun;
    }

    private static bool Predict(ref FlacBits bits, Span<long> samples, int depth, ReadOnlySpan<int> coefficients, int shift)
    {
        if (coefficients.Length > samples.Length) return false;
        for (int i = 0; i < coefficients.Length; i++) samples[i] = bits.Signed(depth);
        return Residual(ref bits, samples, coefficients.Length) && Restore(samples, coefficients, shift);
    }

    /// <summary>Adds to each residual what the samples before it predict.</summary>
    private static bool Restore(Span<long> samples, ReadOnlySpan<int> coefficients, int shift)
    {
        for (int i = coefficients.Length; i < samples.Length; i++)
        {
            long sum = 0;
            for (int j = 0; j < coefficients.Length; j++) sum += coefficients[j] * samples[i - 1 - j];
            samples[i] += sum >> shift;
            // No stream of 32 bits or fewer reaches this; a damaged one must not run away until it wraps around.
            if (samples[i] is > 1L << 34 or < -(1L << 34)) return false;
        }
        return true;
    }

    /// <summary>Rice codes in partitions, each with its own parameter or, as an escape, plain numbers.</summary>
    private static bool Residual(ref FlacBits bits, Span<long> samples, int order)
    {
        int method = (int)bits.Unsigned(2);
        if (method > 1) return false;
        int width = 4 + method, partitions = 1 << (int)bits.Unsigned(4);
        int perPartition = samples.Length / partitions;
        if (samples.Length % partitions != 0 || perPartition < order) return false;
        for (int partition = 0, at = order; partition < partitions; partition++)
        {
            int end = (partition + 1) * perPartition, parameter = (int)bits.Unsigned(width);
            if (parameter == (1 << width) - 1)
            {
                int plain = (int)bits.Unsigned(5);
                for (; at < end; at++) samples[at] = bits.Signed(plain);
            }
            else
                for (; at < end; at++)
                {
                    ulong folded = (ulong)(uint)bits.Unary() << parameter | bits.Unsigned(parameter);
                    samples[at] = (long)(folded >> 1) ^ -(long)(folded & 1);
                }
            if (bits.Overrun) return false;
        }
        return true;
    }
}
