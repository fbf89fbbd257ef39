namespace SimSearch.Images;

/// <summary>What is refused before anything is decoded, so that no file can take all memory.</summary>
public sealed record ImageLimits
{
    /// <summary>The limits that hold when nothing else is said.</summary>
    public static ImageLimits Default { get; } = new();

    /// <summary>Most pixels (width times height) that a file's header may announce, 1 or more; default 67,108,864 (8,192 x 8,192).</summary>
    public long MaxPixels { get; init; } = 1L << 26;

    /// <summary>Longest side, in pixels, 1 or more; default 65,536. An image one pixel wide and millions high has few pixels, but resizing it makes many.</summary>
    public int MaxSide { get; init; } = 1 << 16;

    /// <summary>Largest file, in bytes, 1 or more; default 268,435,456 (256 MiB).</summary>
    public long MaxFileBytes { get; init; } = 1L << 28;

    internal void Check()
    {
        if (MaxPixels < 1) throw new ArgumentOutOfRangeException(nameof(MaxPixels), $"MaxPixels={MaxPixels} must be 1 or more");
        if (MaxSide < 1) throw new ArgumentOutOfRangeException(nameof(MaxSide), $"MaxSide={MaxSide} must be 1 or more");
        if (MaxFileBytes < 1) throw new ArgumentOutOfRangeException(nameof(MaxFileBytes), $"MaxFileBytes={MaxFileBytes} must be 1 or more");
    }
}
