namespace SimSearch.Images;

/// <summary>How pixels are weighed when an image is made larger or smaller.</summary>
public enum ResizeFilter
{
    /// <summary>A triangle: straight lines between pixels.</summary>
    Bilinear,

    /// <summary>Cubic convolution with a = -0.5 (Keys 1981), Pillow's; OpenCV and PyTorch tensors take -0.75.</summary>
    Bicubic,
}

/// <summary>
/// For every output position of one axis, which inputs count and how much, as Pillow computes it: the filter is stretched over the inputs that one output covers (antialiasing), cut off at the border, its
/// weights made to sum to 1 and rounded to 22 binary digits.
/// </summary>
internal sealed class ResizeWeights
{
    /// <summary>Binary digits behind the point.</summary>
    public const int Precision = 22;

    private readonly int[] first, count, weights;
    private readonly int most;

    public ResizeWeights(int input, int output, ResizeFilter filter)
    {
        double scale = (double)input / output, stretch = Math.Max(scale, 1), support = (filter == ResizeFilter.Bilinear ? 1.0 : 2.0) * stretch;
        most = (int)Math.Ceiling(support) * 2 + 1;
        (first, count, weights) = (new int[output], new int[output], new int[checked(output * most)]);
        var kernel = new double[most];
        for (int i = 0; i < output; i++)
        {
            double centre = (i + 0.5) * scale, sum = 0;
            int from = Math.Max(0, (int)(centre - support + 0.5)), to = Math.Min(input, (int)(centre + support + 0.5));
            (first[i], count[i]) = (from, to - from);
            for (int k = 0; k < count[i]; k++) sum += kernel[k] = Kernel(filter, (k + from - centre + 0.5) * (1 / stretch));
            for (int k = 0; k < count[i]; k++)
            {
                double weight = sum != 0 ? kernel[k] / sum : kernel[k];
                weights[i * most + k] = (int)(weight * (1 << Precision) + (weight < 0 ? -0.5 : 0.5));
            }
        }
    }

    /// <summary>Number of outputs.</summary>
    public int Outputs => first.Length;

    /// <summary>First input of an output.</summary>
    public int First(int output) => first[output];

    /// <summary>Weights of the inputs of an output, in units of 2^-<see cref="Precision"/>.</summary>
    public ReadOnlySpan<int> Of(int output) => weights.AsSpan(output * most, count[output]);

    private static double Kernel(ResizeFilter filter, double x)
    {
        const double a = -0.5;
        x = Math.Abs(x);
        if (filter == ResizeFilter.Bilinear) return x < 1 ? 1 - x : 0;
        if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
        return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
    }
}
