using System.Buffers;

namespace SimSearch.Audio;

/// <summary>
/// Resamples one channel in blocks, with the same result whatever the blocks: inputs are written into <see cref="Free"/>, told with
/// <see cref="Advance"/>, and outputs taken with <see cref="Drain"/>. Before the first and after the last input the signal is 0.
/// </summary>
internal sealed class ResampleStream : IDisposable
{
    private readonly FilterBank bank;
    private readonly int batch; // outputs that are made together: eight periods
    private readonly int capacity;
    private readonly float[] buffer;
    private int filled;
    private long inputs;  // inputs so far
    private long outputs; // outputs so far
    private long origin;  // the input at buffer[0]

    /// <param name="bank">The filter.</param>
    /// <param name="block">Inputs that <see cref="Free"/> can take after each <see cref="Drain"/>, at least.</param>
    public ResampleStream(FilterBank bank, int block)
    {
        this.bank = bank;
        batch = bank.Exact ? ResampleKernels.Group * bank.Up : 1;
        capacity = bank.Length + (bank.Exact ? ResampleKernels.Group * bank.Down : bank.Down / bank.Up) + 1 + block;
        buffer = ArrayPool<float>.Shared.Rent(capacity);
        origin = -(bank.Half - 1);
        filled = bank.Half - 1;
        buffer.AsSpan(0, filled).Clear();
    }

    /// <summary>Where the next inputs go.</summary>
    public Span<float> Free => buffer.AsSpan(filled, capacity - filled);

    /// <summary>Outputs that <see cref="Drain"/> can give at most before the next <see cref="Advance"/>.</summary>
    public int Ready => (int)Math.Max(0, ReadyTo() - outputs);

    /// <summary>Says how many inputs were written to <see cref="Free"/>.</summary>
    public void Advance(int count)
    {
        filled += count;
        inputs += count;
    }

    /// <summary>Makes outputs, whole batches of them only; returns how many.</summary>
    /// <param name="output">Receives them; as long as <see cref="Ready"/>.</param>
    public int Drain(Span<float> output)
    {
        int count = Ready / batch * batch;
        Make(output[..count]);
        Compact();
        return count;
    }

    /// <summary>After the last input: makes all outputs that are left; returns how many.</summary>
    /// <param name="output">Receives them; as long as <see cref="Left"/>.</param>
    public int Finish(Span<float> output)
    {
        int left = Left, count = 0;
        // The zeros after the signal go in as the free room allows.
        for (int zeros = bank.Half; zeros > 0;)
        {
            var free = Free[..Math.Min(zeros, Free.Length)];
            free.Clear();
            filled += free.Length;
            zeros -= free.Length;
            int ready = Math.Min(Ready, left - count);
            Make(output.Slice(count, ready));
            count += ready;
            Compact();
        }
        return count;
    }

    /// <summary>Outputs that <see cref="Finish"/> will give.</summary>
    public int Left => checked((int)(Resampler.OutputLength(inputs, bank) - outputs));

    /// <summary>The number of outputs whose whole window is in the buffer: those at input positions up to the last but Half.</summary>
    private long ReadyTo()
    {
        long last = origin + filled - 1 - bank.Half; // the last input that an output may sit on or after
        return last < 0 ? 0 : ((last + 1) * bank.Up + bank.Down - 1) / bank.Down;
    }

    private void Make(Span<float> output)
    {
        if (!bank.Exact)
        {
            MakeInterpolated(output);
            return;
        }
        int done = 0;
        for (; output.Length - done >= batch; done += batch)
            for (int i = 0; i < bank.Up; i++)
            {
                var (start, phase) = Position(outputs + i);
                ResampleKernels.Dot8(TapsOf(phase), buffer.AsSpan(start), bank.Down, output[(done + i)..], bank.Up);
                if (i == bank.Up - 1) outputs += batch;
            }
        for (; done < output.Length; done++, outputs++)
        {
            var (start, phase) = Position(outputs);
            output[done] = ResampleKernels.Dot(TapsOf(phase), buffer.AsSpan(start));
        }
    }

    private void MakeInterpolated(Span<float> output)
    {
        for (int done = 0; done < output.Length; done++, outputs++)
        {
            var (start, phase) = Position(outputs);
            double exact = (double)phase * bank.Phases / bank.Up;
            int below = (int)exact;
            float weight = (float)(exact - below);
            var window = buffer.AsSpan(start);
            output[done] = ResampleKernels.Dot(TapsOf(below), window) * (1 - weight) + ResampleKernels.Dot(TapsOf(below + 1), window) * weight;
        }
    }

    /// <summary>Where an output's window begins in the buffer, and its phase: output k sits at input k * Down / Up.</summary>
    private (int Start, int Phase) Position(long output)
    {
        var (input, phase) = Math.DivRem(output * bank.Down, bank.Up);
        return ((int)(input - (bank.Half - 1) - origin), (int)phase);
    }

    private ReadOnlySpan<float> TapsOf(int phase) => bank.Taps.AsSpan(phase * bank.Length, bank.Length);

    /// <summary>Drops the inputs that no later output needs.</summary>
    private void Compact()
    {
        int start = Math.Min(Position(outputs).Start, filled);
        buffer.AsSpan(start, filled - start).CopyTo(buffer);
        filled -= start;
        origin += start;
    }

    public void Dispose() => ArrayPool<float>.Shared.Return(buffer);
}
