namespace SimSearch.Text;

/// <summary>How terms are weighed.</summary>
public sealed record TfIdfOptions
{
    /// <summary>1 + ln(count) in place of the count. Default false.</summary>
    public bool Sublinear { get; init; }

    /// <summary>Whether rare terms count for more. Default true.</summary>
    public bool UseIdf { get; init; } = true;

    /// <summary>Counts one more text that holds every term. Default true.</summary>
    public bool Smooth { get; init; } = true;
}

/// <summary>
/// Weighs the terms of texts: count times inverse document frequency, rows of length 1. idf = ln((1+n)/(1+df)) + 1 smoothed, ln(n/df) + 1 otherwise, as in scikit-learn, whose numbers come out within 1e-9.
/// </summary>
public static class TfIdf
{
    /// <summary>The weight of each term.</summary>
    /// <param name="texts">Number of texts, 1 or more.</param>
    /// <param name="holding">For each term, how many texts hold it, 0 to <paramref name="texts"/>.</param>
    /// <param name="options">Smoothing and use.</param>
    public static double[] Weights(int texts, ReadOnlySpan<int> holding, TfIdfOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var weights = new double[holding.Length];
        for (int i = 0; i < weights.Length; i++)
        {
            if (holding[i] < 0 || holding[i] > texts) throw new ArgumentOutOfRangeException(nameof(holding), $"term {i} is in {holding[i]} of {texts} texts");
            // Without smoothing, a term that no text holds weighs as much as one that a single text holds.
            double share = options.Smooth ? (1.0 + texts) / (1.0 + holding[i]) : (double)texts / Math.Max(1, holding[i]);
            weights[i] = options.UseIdf ? Math.Log(share) + 1 : 1;
        }
        return weights;
    }

    /// <summary>Turns the counts of one text into its vector, in place.</summary>
    /// <param name="counts">A count for each term; negative ones keep their sign. Becomes a vector of length 1, or stays all 0.</param>
    /// <param name="weights">From <see cref="Weights"/>.</param>
    /// <param name="options">Whether counts are taken as logarithms.</param>
    public static void Weigh(Span<double> counts, ReadOnlySpan<double> weights, TfIdfOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (counts.Length != weights.Length) throw new ArgumentException($"{counts.Length} counts and {weights.Length} weights do not belong together", nameof(weights));
        double sum = 0;
        for (int i = 0; i < counts.Length; i++)
        {
            if (counts[i] == 0) continue;
            double size = options.Sublinear ? Math.CopySign(1 + Math.Log(Math.Abs(counts[i])), counts[i]) : counts[i];
            counts[i] = size * weights[i];
            sum += counts[i] * counts[i];
        }
        if (sum == 0) return;
        double length = Math.Sqrt(sum);
        for (int i = 0; i < counts.Length; i++) counts[i] /= length;
    }
}
