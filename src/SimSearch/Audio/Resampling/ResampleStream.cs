using System.Buffers;

namespace SimSearch.Audio;

/// <summary>
/// Resamples one channel in blocks, with the same result whatever the blocks: inputs are written into <see cref="Free"/>, told with
/// <see cref="Advance"/>, and outputs taken with <see cref="Drain"/>. Before the first and after the last input the signal is 0.
/// </summary>
internal sealed class ResampleStream : IDisposable
{
    private readonly FilterBank bank;
    private readonly int batch; // outputs that are made together
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
        batch = bank.Batch;
        capacity = bank.Length + bank.BatchInputs + 1 + Math.Max(block, bank.BatchInputs + bank.Half);
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
        for (int done = 0; done < count;) done += Make(output.Slice(done, batch));
        Compact();
        return count;
    }

    /// <summary>After the last input: makes all outputs that are left; returns how many.</summary>
    /// <param name="output">Receives them; as long as <see cref="Left"/>.</param>
    public int Finish(Span<float> output)
    {
        int left = Left, done = 0;
        // Silence follows the signal, here as much of it as completes the last batch; what that makes too much is dropped.
        int zeros = bank.Half + bank.BatchInputs;
        Free[..zeros].Clear();
        filled += zeros;
        while (left - done >= batch) done += Make(output.Slice(done, batch));
        if (done == left) return left;
        float[] last = ArrayPool<float>.Shared.Rent(batch);
        Make(last.AsSpan(0, batch));
        last.AsSpan(0, left - done).CopyTo(output[done..]);
        ArrayPool<float>.Shared.Return(last);
        return left;
    }

    /// <summary>Outputs that <see cref="Finish"/> will give.</summary>
    public int Left => checked((int)(Resampler.OutputLength(inputs, bank) - outputs));

    /// <summary>The number of outputs whose whole window is in the buffer: those at input positions up to the last but Half.</summary>
    private long ReadyTo()
    {
        long last = origin + filled - 1 - bank.Half; // the last input that an output may sit on or after
        return last < 0 ? 0 : ((last + 1) * bank.Up + bank.Down - 1) / bank.Down;
    }

    /// <summary>Makes one batch.</summary>
    private int Make(Span<float> output)
    {
        if (bank.Columns is { } columns)
            for (int group = 0; group < columns.Groups; group++)
            {
                int first = columns.FirstOutput(group);
                columns.Apply(group, buffer.AsSpan(Position(outputs + first).Start), output[first..]);
            }
        else
        {
            var (start, phase) = Position(outputs);
            output[0] = bank.Rows!.Apply((double)phase / bank.Up, buffer.AsSpan(start));
        }
        outputs += batch;
        return batch;
    }

    /// <summary>Where an output's window begins in the buffer, and its phase: output k sits at input k * Down / Up.</summary>
    private (int Start, int Phase) Position(long output)
    {
        var (input, phase) = Math.DivRem(output * bank.Down, bank.Up);
        return ((int)(input - (bank.Half - 1) - origin), (int)phase);
    }

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
