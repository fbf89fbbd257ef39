namespace SimSearch.Evaluation;

/// <summary>Whether a few items crowd the neighbour lists of many queries.</summary>
public static class Hubness
{
    /// <summary>Skewness E[(N - mean)^3] / sd^3 with the population standard deviation; 0 when all counts are equal or there are none.</summary>
    /// <param name="occurrences">How often each gallery item was among the k nearest of a query.</param>
    public static double Skewness(ReadOnlySpan<double> occurrences)
    {
        if (occurrences.IsEmpty) return 0;
        double mean = 0, second = 0, third = 0;
        foreach (double n in occurrences) mean += n / occurrences.Length;
        foreach (double n in occurrences)
        {
            double d = n - mean;
            second += d * d / occurrences.Length;
            third += d * d * d / occurrences.Length;
        }
        return second > 1e-12 * (1 + mean * mean) ? third / Math.Pow(second, 1.5) : 0;
    }
}
