namespace SimSearch.Audio;

/// <summary>How large the made-up sound set is, and which one of the endless many it is.</summary>
public sealed record SyntheticOptions
{
    /// <summary>Most files per class.</summary>
    public const int MaxItemsPerClass = 1000;

    /// <summary>Files per class, 1 to <see cref="MaxItemsPerClass"/>. Default 16.</summary>
    public int ItemsPerClass { get; init; } = 16;

    /// <summary>Places of recording, 1 to 6, dealt out in turn over the items of a class; each is a group. Default 4.</summary>
    public int Folds { get; init; } = 4;

    /// <summary>Sample rate in Hz, 16,000 to 48,000. Default 22,050.</summary>
    public int SampleRate { get; init; } = 22050;

    /// <summary>Shortest file, in seconds; 0.5 to <see cref="MaxSeconds"/>. Default 1.5.</summary>
    public double MinSeconds { get; init; } = 1.5;

    /// <summary>Longest file, in seconds; up to 60. Default 3.</summary>
    public double MaxSeconds { get; init; } = 3;

    /// <summary>Same seed and options, same bytes (on one kind of processor: sine and cosine may differ in the last bit elsewhere). Default 1.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>The classes to make, of <see cref="SyntheticSounds.Classes"/>; null (the default) makes all.</summary>
    public IReadOnlyList<string>? Classes { get; init; }

    internal IReadOnlyList<string> Check()
    {
        static void Range(string name, double value, double low, double high)
        {
            if (!(value >= low && value <= high)) throw new ArgumentOutOfRangeException(name, $"{name}={value} must be {low} to {high}");
        }
        Range(nameof(ItemsPerClass), ItemsPerClass, 1, MaxItemsPerClass);
        Range(nameof(Folds), Folds, 1, RecordingRoom.All.Length);
        Range(nameof(SampleRate), SampleRate, 16000, 48000);
        Range(nameof(MaxSeconds), MaxSeconds, 0.5, 60);
        Range(nameof(MinSeconds), MinSeconds, 0.5, MaxSeconds);
        foreach (string name in Classes ?? [])
        {
            if (!SyntheticSounds.Classes.Contains(name)) throw new ArgumentException($"class '{name}' is not one of {string.Join(", ", SyntheticSounds.Classes)}", nameof(Classes));
        }
        if (Classes is { Count: 0 }) throw new ArgumentException("no class is asked for; leave Classes null for all", nameof(Classes));
        return Classes is null ? SyntheticSounds.Classes : [.. SyntheticSounds.Classes.Where(Classes.Contains)];
    }
}
