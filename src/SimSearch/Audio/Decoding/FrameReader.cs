namespace SimSearch.Audio;

/// <summary>A decoder: yields float frames, channels interleaved, from a position that can be moved.</summary>
internal abstract class FrameReader : IDisposable
{
    /// <summary>What the header says.</summary>
    public abstract AudioInfo Info { get; }

    /// <summary>Whether the number of frames is certain, so that a result of that size can be allocated before anything is decoded.</summary>
    public abstract bool LengthIsCertain { get; }

    /// <summary>Moves to a frame, 0 up to <see cref="AudioInfo.Frames"/>.</summary>
    public abstract void Seek(long frame);

    /// <summary>Decodes up to <paramref name="interleaved"/>.Length / channels frames; returns how many, 0 only at the end.</summary>
    /// <exception cref="AudioFormatException">The data is damaged or holds a sample that is not finite.</exception>
    public abstract int Read(Span<float> interleaved);

    public abstract void Dispose();
}
