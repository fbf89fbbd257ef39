namespace SimSearch.Datasets;

/// <summary>One thing that can be searched for or found: a file, or a stretch of one. Its samples are not in here, only where they are.</summary>
public sealed record Item
{
    /// <summary>Unique within its data set, stable over runs, safe to print; never empty.</summary>
    public required string Id { get; init; }

    /// <summary>Path of the file, with forward slashes, relative to <see cref="Dataset.Root"/> (or absolute).</summary>
    public required string Source { get; init; }

    /// <summary>Class labels, most important first; empty when unlabelled.</summary>
    public IReadOnlyList<string> Labels { get; init; } = [];

    /// <summary>The first label, or null when unlabelled.</summary>
    public string? Label => Labels.Count > 0 ? Labels[0] : null;

    /// <summary>What must not be split across train and test (fold, speaker, recording); null when unknown.</summary>
    public string? Group { get; init; }

    /// <summary>The split the data set itself assigns ("train", "test", ...); null when it assigns none.</summary>
    public string? Split { get; init; }

    /// <summary>Where the item begins in its file, in seconds; 0 or more.</summary>
    public double Start { get; init; }

    /// <summary>How long the item is, in seconds; null means to the end of the file.</summary>
    public double? Duration { get; init; }

    /// <summary>Anything else known about the item, by column name.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = EmptyMetadata;

    private static readonly IReadOnlyDictionary<string, string> EmptyMetadata = new Dictionary<string, string>();
}
