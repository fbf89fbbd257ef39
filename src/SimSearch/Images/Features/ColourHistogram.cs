namespace SimSearch.Images;

/// <summary>How often each colour occurs in the parts of an image.</summary>
/// <param name="Lightness">Bins of lightness, 1 to 32.</param>
/// <param name="Chroma">Bins of each colour axis, 1 to 32.</param>
/// <param name="Grid">Parts across and down, 1 to 16: each part has a histogram of its own.</param>
public sealed record ColourHistogram(int Lightness, int Chroma, int Grid)
{
    // The colour axes reach to about +-110, but almost all of photographs lies within +-80.
    private const float Reach = 80;

    /// <summary>Numbers of an image.</summary>
    public int Length => Grid * Grid * Lightness * Chroma * Chroma;

    /// <summary>Throws when a value is out of its range.</summary>
    internal void Check()
    {
        if (Lightness is < 1 or > 32 || Chroma is < 1 or > 32 || Grid is < 1 or > 16) throw new ArgumentException($"a colour histogram of {Lightness} x {Chroma} x {Chroma} bins in {Grid} x {Grid} parts must have 1 to 32 bins an axis and 1 to 16 parts");
    }

    /// <summary>Counts the colours of an image.</summary>
    /// <param name="image">At least as many pixels a side as <see cref="Grid"/>.</param>
    /// <param name="counts">Receives [Grid x Grid x Lightness x Chroma x Chroma]: the square root of each bin's share of its part, so that each part has length 1 (Hellinger).</param>
    /// <remarks>A colour counts for the nearest bins in proportion to its nearness (trilinear), in CIE L*a*b* (<see cref="LabColour"/>); what lies beyond the outermost bin's middle counts for that one.</remarks>
    public void Compute(ImageTensor image, Span<float> counts)
    {
        ArgumentNullException.ThrowIfNull(image);
        Check();
        if (counts.Length != Length) throw new ArgumentException($"the output has room for {counts.Length} values, the histogram has {Length}", nameof(counts));
        if (image.Height < Grid || image.Width < Grid) throw new SimSearchException($"the image has {image}, too few for {Grid} x {Grid} parts");
        counts.Clear();
        int part = Lightness * Chroma * Chroma;
        for (int y = 0; y < image.Height; y++)
        {
            var row = image.Row(y);
            for (int x = 0; x < image.Width; x++)
            {
                var (l, a, b) = LabColour.Of(row[3 * x], row[3 * x + 1], row[3 * x + 2]);
                var bins = counts.Slice((y * Grid / image.Height * Grid + x * Grid / image.Width) * part, part);
                var (l0, l1, lw) = Split(l / 100, Lightness);
                var (a0, a1, aw) = Split((a + Reach) / (2 * Reach), Chroma);
                var (b0, b1, bw) = Split((b + Reach) / (2 * Reach), Chroma);
                for (int i = 0; i < 8; i++)
                {
                    float weight = ((i & 1) == 0 ? 1 - lw : lw) * ((i & 2) == 0 ? 1 - aw : aw) * ((i & 4) == 0 ? 1 - bw : bw);
                    bins[(((i & 1) == 0 ? l0 : l1) * Chroma + ((i & 2) == 0 ? a0 : a1)) * Chroma + ((i & 4) == 0 ? b0 : b1)] += weight;
                }
            }
        }
        for (int p = 0; p < counts.Length; p += part)
        {
            var bins = counts.Slice(p, part);
            float total = System.Numerics.Tensors.TensorPrimitives.Sum<float>(bins);
            for (int i = 0; i < part; i++) bins[i] = MathF.Sqrt(bins[i] / total);
        }
    }

    /// <summary>The two bins around a value of 0 to 1, and the share of the second.</summary>
    private static (int Low, int High, float Share) Split(float value, int bins)
    {
        float at = Math.Clamp(value * bins - 0.5f, 0, bins - 1);
        int low = (int)at;
        return (low, Math.Min(low + 1, bins - 1), at - low);
    }
}
