namespace SimSearch.Audio;

/// <summary>A feature over time: float32 values, [frames x bins], row-major (one row a frame).</summary>
public sealed class FeatureMatrix
{
    /// <summary>Wraps values without copying them.</summary>
    /// <param name="kind">What the values are, as on the command line: "log-mel", "mfcc", ...</param>
    /// <param name="values">[frames x bins].</param>
    /// <param name="bins">Values per frame, 1 or more.</param>
    /// <param name="sampleRate">Sample rate of the signal, in Hz.</param>
    /// <param name="hopLength">Samples from one frame to the next.</param>
    public FeatureMatrix(string kind, float[] values, int bins, int sampleRate, int hopLength)
    {
        if (bins < 1 || values.Length % bins != 0) throw new ArgumentException($"{values.Length} values cannot be rows of {bins} bins", nameof(bins));
        (Kind, Values, Bins, SampleRate, HopLength) = (kind, values, bins, sampleRate, hopLength);
    }

    /// <summary>What the values are: "power", "mel", "log-mel", "mfcc", "chroma", ...</summary>
    public string Kind { get; }

    /// <summary>All values, [frames x bins].</summary>
    public float[] Values { get; }

    /// <summary>Number of frames (rows).</summary>
    public int Frames => Values.Length / Bins;

    /// <summary>Values per frame (columns).</summary>
    public int Bins { get; }

    /// <summary>Sample rate of the signal the feature was computed from, in Hz.</summary>
    public int SampleRate { get; }

    /// <summary>Samples from one frame to the next.</summary>
    public int HopLength { get; }

    /// <summary>The values of one frame.</summary>
    public ReadOnlySpan<float> Frame(int frame) => Values.AsSpan(frame * Bins, Bins);

    /// <summary>The mean of each bin over time, [bins], in double precision until the end; NaN without frames. What a clip's frames are most often boiled down to.</summary>
    public float[] Mean() => [.. Means().Select(mean => (float)mean)];

    /// <summary>The standard deviation of each bin over time (population, ddof 0), [bins]; NaN without frames. How much the sound moves.</summary>
    public float[] Deviation()
    {
        double[] means = Means(), squares = new double[Bins];
        for (int i = 0; i < Values.Length; i++) squares[i % Bins] += (Values[i] - means[i % Bins]) * (Values[i] - means[i % Bins]);
        return [.. squares.Select(square => (float)Math.Sqrt(square / Frames))];
    }

    private double[] Means()
    {
        var sums = new double[Bins];
        for (int i = 0; i < Values.Length; i++) sums[i % Bins] += Values[i];
        return [.. sums.Select(sum => sum / Frames)];
    }
}
