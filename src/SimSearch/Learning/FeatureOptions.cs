using SimSearch.Audio;

namespace SimSearch.Learning;

/// <summary>How mel power becomes the network's input.</summary>
public enum InputScaling
{
    /// <summary>Decibels below the clip's loudest cell, 80 dB of them, shifted and scaled to -2 to 2: keeps the colour of a sound, for environmental sounds.</summary>
    Peak,

    /// <summary>Decibels less each band's mean over time, divided by the deviation of all cells: takes away voice and microphone, for speech.</summary>
    BandMean,
}

/// <summary>What the network hears: mel power, not yet in decibels, so that augmentation works on power.</summary>
public sealed record FeatureOptions
{
    /// <summary>Transform and bands; norm and triangles must be None and Hertz: the weights are scaled to sum 1 (see <see cref="WarpedMelBank"/>).</summary>
    public required MelOptions Mel { get; init; }

    /// <summary>How the power becomes the network's input.</summary>
    public required InputScaling Scaling { get; init; }

    /// <summary>Longer clips count up to here, in seconds; above 0, up to 60.</summary>
    public required double MaxSeconds { get; init; }

    /// <summary>
    /// Frames that a network gets when it embeds: the clip lies in their middle (a longer one gives its middle), on a floor 60 dB below its peak. Null: all frames of the clip, however many.
    /// </summary>
    public int? Frames { get; init; }

    /// <summary>Fewest frames that a network gets where their number is not fixed: a shorter clip gets silence behind it. 8 to 4096; 8 is enough for four convolutions.</summary>
    public int MinFrames { get; init; } = 8;

    /// <summary>Environmental sounds: 22,050 Hz, 1,024-point transform, hop 512, 64 HTK mel bands from 20 Hz, 5 s.</summary>
    public static FeatureOptions Environment { get; } = new()
    {
        Mel = new()
        {
            Stft = new() { SampleRate = 22050, FftLength = 1024, HopLength = 512 },
            Bands = 64, MinFrequency = 20, MaxFrequency = 11025, Scale = MelScale.Htk, Norm = MelNorm.None,
        },
        Scaling = InputScaling.Peak,
        MaxSeconds = 5,
    };

    /// <summary>Short words: 8,000 Hz, 256-point transform, hop 10 ms, 40 HTK mel bands from 60 Hz, 64 frames.</summary>
    public static FeatureOptions Voice { get; } = new()
    {
        Mel = new()
        {
            Stft = new() { SampleRate = 8000, FftLength = 256, HopLength = 80 },
            Bands = 40, MinFrequency = 60, MaxFrequency = 4000, Scale = MelScale.Htk, Norm = MelNorm.None,
        },
        Scaling = InputScaling.BandMean,
        MaxSeconds = 1.19,
        Frames = 64,
    };

    /// <summary>Centre frequency of each band, in Hz: for the axis of a picture.</summary>
    public IReadOnlyList<double> BandFrequencies
    {
        get
        {
            double low = MelFilterbank.ToMel(Mel.MinFrequency, Mel.Scale), high = MelFilterbank.ToMel(Mel.TopFrequency, Mel.Scale);
            return [.. Enumerable.Range(1, Mel.Bands).Select(band => MelFilterbank.ToHertz(low + (high - low) * band / (Mel.Bands + 1), Mel.Scale))];
        }
    }

    /// <summary>Samples of a clip that count.</summary>
    internal int MaxSamples => (int)Math.Round(MaxSeconds * Mel.Stft.SampleRate);

    /// <summary>Most frames of a clip: with centred frames, one more than whole hops.</summary>
    internal int MaxFrames => MaxSamples / Mel.Stft.HopLength + 1;

    internal void Check()
    {
        ArgumentNullException.ThrowIfNull(Mel);
        Mel.Check();
        if (Mel.Norm != MelNorm.None || Mel.Triangles != MelTriangles.Hertz || Mel.Power != 2) throw new ArgumentException("the bands must be of power 2, norm None, triangles straight in Hertz; their weights are scaled to sum 1 here");
        if (!Mel.Stft.Center) throw new ArgumentException("frames must be centred; set StftOptions.Center to true");
        if (!(MaxSeconds is > 0 and <= 60)) throw new ArgumentException($"max seconds={MaxSeconds} must be above 0 and at most 60");
        if (Frames is < 8 or > 4096) throw new ArgumentException($"frames={Frames} must be 8 to 4096");
        if (MinFrames is < 8 or > 4096) throw new ArgumentException($"min frames={MinFrames} must be 8 to 4096");
        if (!Enum.IsDefined(Scaling)) throw new ArgumentException($"scaling={(int)Scaling} must be Peak or BandMean");
    }
}
