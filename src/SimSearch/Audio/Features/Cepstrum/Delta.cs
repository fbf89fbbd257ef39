using System.Numerics.Tensors;

namespace SimSearch.Audio;

/// <summary>What a derivative does in the first and last frames, where its window does not fit.</summary>
public enum DeltaEdges
{
    /// <summary>The polynomial through the first (last) whole window goes on (librosa's mode="interp"). Needs at least as many frames as the window is wide.</summary>
    Interpolate,

    /// <summary>The first (last) frame is repeated (librosa's mode="nearest"; with order 1 this is HTK's and Kaldi's regression). Works for any number of frames.</summary>
    Nearest,
}

/// <summary>Derivatives of features over time.</summary>
public static class Delta
{
    /// <summary>Frames taken at once, so that they stay in the first-level cache for all taps.</summary>
    private const int Run = 64;

    /// <summary>The first or a higher derivative over frames, by a Savitzky-Golay filter whose polynomial has the derivative's order.</summary>
    /// <param name="values">[frames x bins], row-major.</param>
    /// <param name="bins">Values per frame, 1 or more.</param>
    /// <param name="delta">Receives [frames x bins]; may not overlap <paramref name="values"/>.</param>
    /// <param name="order">1 or more, below <paramref name="width"/>: 1 is the delta, 2 the delta-delta (of the values, not of their delta).</param>
    /// <param name="width">Frames in the window, odd, from 3.</param>
    /// <param name="edges">What happens at both ends.</param>
    /// <exception cref="ArgumentException">A length, the order or the width is out of its range.</exception>
    /// <exception cref="SimSearchException">There are fewer frames than the window is wide and the edges are interpolated.</exception>
    /// <remarks>
    /// In units per frame. A NaN reaches the width / 2 frames on each side of it. Agrees with librosa.feature.delta within 1e-3.
    /// Savitzky and Golay 1964. The derivative of order d of a polynomial of degree d is constant over its window, so the interpolated edges equal the first and last whole window's value.
    /// </remarks>
    public static void Compute(ReadOnlySpan<float> values, int bins, Span<float> delta, int order = 1, int width = 9, DeltaEdges edges = DeltaEdges.Interpolate)
    {
        if (bins < 1 || values.Length % bins != 0) throw new ArgumentException($"{values.Length} values cannot be rows of {bins} bins", nameof(bins));
        if (delta.Length != values.Length) throw new ArgumentException($"delta has {delta.Length} places where {values.Length} are needed", nameof(delta));
        if (width is < 3 or > 255 || width % 2 == 0) throw new ArgumentException($"delta width={width} must be an odd number from 3 to 255", nameof(width));
        if (order < 1 || order >= width) throw new ArgumentException($"delta order={order} must be from 1 to width - 1 = {width - 1}", nameof(order));
        int frames = values.Length / bins;
        if (frames == 0) return;
        if (edges == DeltaEdges.Interpolate && frames < width)
        {
            int most = frames < 3 ? 0 : (frames - 1) / 2 * 2 + 1;
            string other = most > order ? $"use a width of {most} or less, or" : "use";
            throw new SimSearchException($"the feature has {frames} frames, fewer than the delta's width of {width}; {other} DeltaEdges.Nearest, or a longer clip");
        }
        Span<float> taps = stackalloc float[width];
        Taps(order, taps);
        int half = width / 2, whole = Math.Max(0, frames - 2 * half);
        // Frames whose window fits: neighbouring frames are neighbouring memory, so one operation serves a run of them.
        for (int frame = 0; frame < whole; frame += Run)
        {
            int length = Math.Min(Run, whole - frame) * bins;
            var to = delta.Slice((half + frame) * bins, length);
            to.Clear();
            for (int i = 0; i < width; i++) TensorPrimitives.MultiplyAdd(values.Slice((frame + i) * bins, length), taps[i], to, to);
        }
        for (int frame = 0; frame < frames; frame++)
        {
            if (frame >= half && frame < half + whole) continue;
            var to = delta.Slice(frame * bins, bins);
            if (edges == DeltaEdges.Interpolate)
            {
                delta.Slice(Math.Clamp(frame, half, half + whole - 1) * bins, bins).CopyTo(to);
                continue;
            }
            to.Clear();
            for (int i = 0; i < width; i++)
                TensorPrimitives.MultiplyAdd(values.Slice(Math.Clamp(frame + i - half, 0, frames - 1) * bins, bins), taps[i], to, to);
        }
    }

    /// <summary>order! times the leading coefficient of the least-squares polynomial, as weights on the window's values.</summary>
    private static void Taps(int order, Span<float> taps)
    {
        // Monic orthogonal polynomials on the points -half ... half, by their three-term recurrence (the middle term is 0 by symmetry).
        int width = taps.Length, half = width / 2;
        Span<double> previous = stackalloc double[width], current = stackalloc double[width];
        previous.Clear();
        current.Fill(1);
        double previousNorm = 1, norm = width, factorial = 1;
        for (int degree = 1; degree <= order; degree++)
        {
            double ratio = degree == 1 ? 0 : norm / previousNorm;
            double nextNorm = 0;
            for (int i = 0; i < width; i++)
            {
                double next = (i - half) * current[i] - ratio * previous[i];
                (previous[i], current[i]) = (current[i], next);
                nextNorm += next * next;
            }
            (previousNorm, norm) = (norm, nextNorm);
            factorial *= degree;
        }
        for (int i = 0; i < width; i++) taps[i] = (float)(factorial * current[i] / norm);
    }
}
