namespace SimSearch.Faiss;

/// <summary>How <see cref="FaissIndex.Load"/> reads a file.</summary>
public sealed record FaissLoadOptions
{
    /// <summary>
    /// Leaves the inverted lists in the file and lets the system page them in as they are searched. Only inverted files (IVF...) can:
    /// other kinds are read whole, and <see cref="FaissIndex.IsMemoryMapped"/> says which it was. Such an index is read-only. Default false.
    /// </summary>
    public bool MemoryMap { get; init; }

    /// <summary>
    /// The SHA-256 of the file in hexadecimal, as <see cref="FaissIndex.Save"/> returned it. It is compared before FAISS sees a byte.
    /// Default null: see <see cref="Trusted"/>.
    /// </summary>
    public string? ExpectedSha256 { get; init; }

    /// <summary>
    /// Reads a file without a checksum straight away, instead of trying it in a process of its own first. For files that this program has
    /// just written itself. Default false.
    /// </summary>
    public bool Trusted { get; init; }
}
