using System.Numerics.Tensors;

namespace SimSearch.Learning;

/// <summary>Mel power to network input, in place: what comes after augmentation while a network learns, and first when it embeds.</summary>
internal static class InputScaler
{
    /// <summary>Power below this share of the clip's peak does not count: the clip is divided by its peak first.</summary>
    public const float Floor = 1e-10f;

    /// <summary>Added to the deviation that <see cref="InputScaling.BandMean"/> divides by, in dB.</summary>
    public const float DeviationFloor = 1e-3f;

    /// <summary>Dynamic range, in dB.</summary>
    public const float Range = 80;

    /// <summary>Scales a clip or a view.</summary>
    /// <param name="power">[frames x bands] of power, peak about 1; becomes the input.</param>
    /// <param name="bands">Number of bands.</param>
    /// <param name="scaling">How.</param>
    /// <param name="means">Room for [bands].</param>
    public static void Scale(Span<float> power, int bands, InputScaling scaling, Span<float> means)
    {
        TensorPrimitives.Max(power, Floor, power);
        TensorPrimitives.Log10(power, power);
        TensorPrimitives.Multiply(power, 10, power);
        float peak = TensorPrimitives.Max(power);
        if (scaling == InputScaling.Peak)
        {
            TensorPrimitives.Subtract(power, peak, power);
            TensorPrimitives.Max(power, -Range, power);
            TensorPrimitives.Add(power, Range / 2, power);
            TensorPrimitives.Multiply(power, 2 / (Range / 2), power);
            return;
        }
        TensorPrimitives.Max(power, peak - Range, power);
        float mean = TensorPrimitives.Sum(power) / power.Length;
        means = means[..bands];
        means.Clear();
        int frames = power.Length / bands;
        for (int t = 0; t < frames; t++) TensorPrimitives.Add(means, power.Slice(t * bands, bands), means);
        TensorPrimitives.Divide(means, frames, means);
        double square = 0;
        foreach (float value in power) square += (value - mean) * (value - mean);
        float scale = 1 / ((float)Math.Sqrt(square / power.Length) + DeviationFloor);
        for (int t = 0; t < frames; t++)
        {
            var row = power.Slice(t * bands, bands);
            TensorPrimitives.Subtract(row, means, row);
            TensorPrimitives.Multiply(row, scale, row);
        }
    }
}
