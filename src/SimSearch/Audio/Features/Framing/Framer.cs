namespace SimSearch.Audio;

/// <summary>Finds the samples of a frame: in the signal itself where it can, else in a padded copy.</summary>
internal sealed unsafe class Framer
{
    private readonly int length, hop, readable, padding;
    private readonly PadMode mode;
    private readonly AlignedBuffer<float> copy;

    /// <summary>Frames of a signal.</summary>
    /// <param name="length">Samples in a frame.</param>
    /// <param name="hop">Samples from one frame to the next.</param>
    /// <param name="center">Whether half a frame of padding stands on both sides.</param>
    /// <param name="mode">The padding.</param>
    /// <param name="readable">Samples that the caller reads at the pointer it gets, the frame and zeros behind it.</param>
    public Framer(int length, int hop, bool center, PadMode mode, int readable)
    {
        (this.length, this.hop, this.mode, this.readable) = (length, hop, mode, readable);
        padding = center ? readable / 2 : 0;
        copy = new(readable);
    }

    /// <summary>The buffer that <see cref="Frame"/> copies into; writable by the caller.</summary>
    public float* Copy => copy.Pointer;

    /// <summary>Number of frames of a signal: 1 + floor((samples + padding - length) / hop).</summary>
    /// <exception cref="SimSearchException">The signal is empty or, without centring, shorter than one frame.</exception>
    public int Count(int samples)
    {
        if (samples == 0) throw new SimSearchException("the signal has no samples; a feature needs at least one");
        long free = samples + 2L * padding - length;
        if (free < 0) throw new SimSearchException($"the signal has {samples} samples, fewer than the {length} of one frame; pad it, use shorter frames, or centre them (leave --no-center away)");
        return checked((int)(1 + free / hop));
    }

    /// <summary>The samples of frame <paramref name="frame"/>.</summary>
    /// <param name="signal">The first sample of the signal; the caller keeps it pinned.</param>
    /// <param name="samples">Its length.</param>
    /// <param name="frame">Counted from 0, less than <see cref="Count"/>.</param>
    /// <param name="mustCopy">Whether the caller will change the samples.</param>
    /// <returns>The place of `readable` samples.</returns>
    public float* Frame(float* signal, int samples, int frame, bool mustCopy)
    {
        long start = (long)frame * hop - padding;
        if (!mustCopy && start >= 0 && start + readable <= samples) return signal + start;
        for (int i = 0; i < length;)
        {
            long at = start + i;
            if (at >= 0 && at < samples)
            {
                int run = (int)Math.Min(length - i, samples - at);
                new ReadOnlySpan<float>(signal + at, run).CopyTo(new Span<float>(copy.Pointer + i, run));
                i += run;
            }
            else copy.Pointer[i++] = Outside(signal, samples, at);
        }
        copy.Span[length..].Clear();
        return copy.Pointer;
    }

    private float Outside(float* signal, int samples, long at)
    {
        if (mode == PadMode.Constant) return 0;
        if (mode == PadMode.Edge || samples == 1) return signal[at < 0 ? 0 : samples - 1];
        long period = 2L * (samples - 1);
        long folded = ((at % period) + period) % period;
        return signal[folded < samples ? folded : period - folded];
    }
}
