namespace SimSearch.Learning;

/// <summary>How a random view of a clip is made from its mel power. Shares are probabilities; dB are of power.</summary>
public sealed record ViewOptions
{
    /// <summary>Frames of a view; 8 to 4096.</summary>
    public required int Frames { get; init; }

    /// <summary>
    /// True: a view is cut from the clip as from a ring, where a loud frame lies in it. False: the clip lies at a random place of the view, on a floor 60 dB below its peak.
    /// </summary>
    public required bool Circular { get; init; }

    /// <summary>Logarithm of the strongest change of speed, without change of pitch; 0 to 1.</summary>
    public double Stretch { get; init; } = 0.2;

    /// <summary>Deviation in dB of the six knots of a random equaliser; 0 to 12.</summary>
    public double EqualiserDb { get; init; } = 1;

    /// <summary>Share of views that are mixed with another of the batch, labels likewise (mixup, Zhang et al. 2018).</summary>
    public double MixShare { get; init; }

    /// <summary>Share of views that get another of the batch as background, 5 to 25 dB below; the label stays.</summary>
    public double BackgroundShare { get; init; }

    /// <summary>Share of views with added noise, 15 to 55 dB below the peak.</summary>
    public double NoiseShare { get; init; } = 0.3;

    /// <summary>Longest time mask and widest frequency mask, as a share of frames and bands; 0 to 0.9. One of each a view (SpecAugment, Park et al. 2019).</summary>
    public double MaskShare { get; init; } = 0.15;

    /// <summary>Masks of each kind; 0 to 8.</summary>
    public int Masks { get; init; } = 1;

    /// <summary>Environmental sounds: 128 frames (3 s).</summary>
    public static ViewOptions Environment { get; } = new() { Frames = 128, Circular = true, BackgroundShare = 0.5 };

    /// <summary>Short words: 64 frames (0.64 s).</summary>
    public static ViewOptions Voice { get; } = new() { Frames = 64, Circular = false, EqualiserDb = 3, MixShare = 0.2 };

    internal void Check()
    {
        static void Range(string name, double value, double low, double high)
        {
            if (!(value >= low && value <= high)) throw new ArgumentOutOfRangeException(name, $"{name}={value} must be {low} to {high}");
        }
        Range(nameof(Frames), Frames, 8, 4096);
        Range(nameof(Stretch), Stretch, 0, 1);
        Range(nameof(EqualiserDb), EqualiserDb, 0, 12);
        Range(nameof(MixShare), MixShare, 0, 1);
        Range(nameof(BackgroundShare), BackgroundShare, 0, 1);
        Range(nameof(NoiseShare), NoiseShare, 0, 1);
        Range(nameof(MaskShare), MaskShare, 0, 0.9);
        Range(nameof(Masks), Masks, 0, 8);
    }
}
