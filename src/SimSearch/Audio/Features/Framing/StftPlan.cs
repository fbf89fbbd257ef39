using System.Numerics.Tensors;

namespace SimSearch.Audio;

/// <summary>
/// Short-time spectra of mono signals, frame by frame, with every table made once. Allocates nothing per frame. Holds scratch memory: use one
/// plan per thread.
/// </summary>
/// <remarks>
/// Agrees with librosa.stft within the rounding of its precision (docs/parity.md). A NaN or infinite sample makes the frames that contain it
/// NaN or infinite in all bins, and no others.
/// </remarks>
public sealed unsafe class StftPlan
{
    private readonly PowerFft fft;
    private readonly Framer framer;
    private readonly float preEmphasis;

    /// <summary>Makes the tables.</summary>
    /// <param name="options">Frames and transform; null: librosa's defaults.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public StftPlan(StftOptions? options = null) : this(options ?? StftOptions.Librosa, widestBits: 512) { }

    internal StftPlan(StftOptions options, int widestBits)
    {
        options.Check();
        Options = options;
        fft = PowerFft.Create(options.PaddedWindow(), options.Precision, widestBits);
        framer = new(options.FrameLength, options.HopLength, options.Center, options.PadMode, options.FftLength);
        preEmphasis = (float)options.PreEmphasis;
    }

    /// <summary>What the plan was made from.</summary>
    public StftOptions Options { get; }

    /// <summary>Bins of a spectrum: n_fft / 2 + 1, from 0 Hz to half the sample rate.</summary>
    public int Bins => Options.Bins;

    /// <summary>Number of frames of a signal: centred 1 + floor(samples / hop), else 1 + floor((samples - frame length) / hop).</summary>
    /// <exception cref="SimSearchException">The signal is empty or, without centring, shorter than one frame.</exception>
    public int FrameCount(int samples) => framer.Count(samples);

    /// <summary>The power spectrum |X|^2 of one frame, not divided by anything.</summary>
    /// <param name="samples">The whole mono signal.</param>
    /// <param name="frame">Which frame, from 0 to FrameCount(samples.Length) - 1.</param>
    /// <param name="power">Receives [bins]; must have exactly that length.</param>
    /// <exception cref="ArgumentException">There is no such frame, or <paramref name="power"/> has the wrong length.</exception>
    public void Power(ReadOnlySpan<float> samples, int frame, Span<float> power)
    {
        if ((uint)frame >= (uint)FrameCount(samples.Length)) throw new ArgumentOutOfRangeException(nameof(frame), $"frame={frame} must be from 0 to {FrameCount(samples.Length) - 1}");
        if (power.Length != Bins) throw new ArgumentException($"power has {power.Length} places where a spectrum has {Bins} bins", nameof(power));
        fixed (float* signal = samples)
        fixed (float* to = power) Power(signal, samples.Length, frame, to);
    }

    /// <summary>As <see cref="Power(ReadOnlySpan{float}, int, Span{float})"/>, unchecked, on memory that the caller pins.</summary>
    internal void Power(float* signal, int samples, int frame, float* power)
    {
        float* from = framer.Frame(signal, samples, frame, Options.Prepares);
        if (Options.Prepares) Prepare(new Span<float>(from, Options.FrameLength));
        fft.Transform(from, power);
        GC.KeepAlive(this);
    }

    private void Prepare(Span<float> frame)
    {
        if (Options.RemoveOffset) TensorPrimitives.Subtract(frame, TensorPrimitives.Sum(frame) / frame.Length, frame);
        if (preEmphasis == 0) return;
        for (int i = frame.Length - 1; i > 0; i--) frame[i] -= preEmphasis * frame[i - 1];
        frame[0] -= preEmphasis * frame[0];
    }
}
