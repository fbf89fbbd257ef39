using System.Numerics.Tensors;

namespace SimSearch.Embedding;

/// <summary>
/// How much each pair of points belongs together, p(i, j): Gaussian around each point with the width at which its neighbours' entropy is log(perplexity), symmetric, sum 1.
/// Sparse rows: all pairs, or only the 3 * perplexity nearest of each point and those that have it among their nearest.
/// </summary>
internal sealed class TsneAffinities
{
    // Place and value of each pair, once more by column, merged into lists that hold half as many again, and as arrays.
    private const double BytesPerPair = 2 * (4 + 8) + 2 * 1.5 * (4 + 4);
    private const int Bisections = 100;
    private const double EntropyTolerance = 1e-5;

    private TsneAffinities(int[] starts, int[] columns, float[] values) => (Starts, Columns, Values) = (starts, columns, values);

    /// <summary>Where each row begins, [n + 1].</summary>
    public int[] Starts { get; }

    /// <summary>The other point of each pair, rising in a row.</summary>
    public int[] Columns { get; }

    /// <summary>p(i, j).</summary>
    public float[] Values { get; }

    public static TsneAffinities Of(VectorMatrix vectors, double perplexity, bool allPairs, int threads, Action<int>? progress, CancellationToken cancellation)
    {
        int n = (int)vectors.Rows, k = allPairs ? n - 1 : (int)Math.Min(n - 1, (long)(3 * perplexity) + 1);
        CheckMemory(n, k, allPairs);
        var (rows, values) = allPairs ? RowDistances.All(vectors, threads, progress, cancellation) : RowDistances.Nearest(vectors, k, threads, progress, cancellation);
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = cancellation };
        Errors.Unwrapped(() => Parallel.For(0, n, parallel, i =>
        {
            var row = values.AsSpan(i * k, k);
            ToProbabilities(row, perplexity);
            rows.AsSpan(i * k, k).Sort(row);
        }));
        return Symmetric(n, k, rows, values);
    }

    private static void CheckMemory(int n, int k, bool allPairs)
    {
        double pairs = (double)n * k, allowed = Math.Min(Array.MaxLength / 2 * BytesPerPair, Onnx.AvailableMemory.Bytes);
        if (pairs * BytesPerPair > allowed)
            throw new SimSearchException(FormattableString.Invariant($"t-SNE of {n} vectors with {k} neighbours each would take {pairs * BytesPerPair / 1e9:N1} GB, and there are {allowed / 1e9:N1} GB for it; {(allPairs ? "let theta be above 0" : "lower the perplexity")} or project a sample"));
    }

    /// <summary>Turns squared distances into probabilities whose entropy is that of so many equally likely neighbours, by bisection over the width.</summary>
    internal static void ToProbabilities(Span<double> squared, double perplexity)
    {
        // Only differences of distances matter, so the nearest gets exponent 0: nothing can underflow to a sum of 0.
        double nearest = TensorPrimitives.Min<double>(squared), mean = 0;
        foreach (ref double value in squared)
        {
            value -= nearest;
            mean += value / squared.Length;
        }
        if (!(mean > 0))
        {
            squared.Fill(1.0 / squared.Length); // all equally near
            return;
        }
        double wanted = Math.Log(perplexity), low = 0, high = double.PositiveInfinity, precision = 1 / mean, sum = 1;
        for (int step = 0; step < Bisections; step++)
        {
            sum = 0;
            double weighted = 0;
            foreach (double value in squared)
            {
                double p = Math.Exp(-precision * value);
                sum += p;
                weighted += value * p;
            }
            double excess = Math.Log(sum) + precision * weighted / sum - wanted;
            if (Math.Abs(excess) <= EntropyTolerance) break;
            if (excess > 0) (low, precision) = (precision, double.IsInfinity(high) ? precision * 2 : (precision + high) / 2);
            else (high, precision) = (precision, (precision + low) / 2);
            if (double.IsInfinity(precision)) break; // more exact duplicates than the perplexity: they share all of it
        }
        if (double.IsInfinity(precision)) precision = double.MaxValue;
        sum = 0;
        foreach (ref double value in squared) sum += value = value == 0 ? 1 : Math.Exp(-precision * value);
        foreach (ref double value in squared) value /= sum;
    }

    /// <summary>(P + its transpose) / (2n): rows are merged with the columns of the same number.</summary>
    private static TsneAffinities Symmetric(int n, int k, int[] rows, double[] values)
    {
        var from = new int[n + 1];
        foreach (int column in rows) from[column + 1]++;
        for (int i = 0; i < n; i++) from[i + 1] += from[i];
        int[] next = from[..n], backRows = new int[rows.Length];
        var back = new double[rows.Length];
        for (int i = 0; i < n; i++)
            for (int e = i * k; e < (i + 1) * k; e++)
            {
                int at = next[rows[e]]++;
                (backRows[at], back[at]) = (i, values[e]);
            }
        var starts = new int[n + 1];
        int likely = (int)Math.Min(Array.MaxLength, rows.Length * 3L / 2);
        var columns = new List<int>(likely);
        var merged = new List<float>(likely);
        double total = 2.0 * n;
        for (int i = 0; i < n; i++)
        {
            int a = i * k, endA = a + k, b = from[i], endB = from[i + 1];
            while (a < endA || b < endB)
            {
                int column = Math.Min(a < endA ? rows[a] : int.MaxValue, b < endB ? backRows[b] : int.MaxValue);
                double sum = 0;
                if (a < endA && rows[a] == column) sum += values[a++];
                if (b < endB && backRows[b] == column) sum += back[b++];
                columns.Add(column);
                merged.Add((float)(sum / total));
            }
            starts[i + 1] = columns.Count;
        }
        return new TsneAffinities(starts, [.. columns], [.. merged]);
    }
}
