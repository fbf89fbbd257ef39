namespace SimSearch.Faiss.Tests;

/// <summary>Data and the slow, readable answers that FAISS's must equal.</summary>
internal static class Managed
{
    /// <summary>[n x d] components, normally distributed around cluster centres so that the clusters are worth finding.</summary>
    internal static float[] Clustered(int n, int d, int seed, int clusters = 16, double spread = 0.35)
    {
        var random = new Random(seed);
        var centreOf = new Random(clusters * 7919 + d); // the same centres for queries and gallery
        float[] centres = [.. Enumerable.Range(0, clusters * d).Select(_ => (float)Gaussian(centreOf))];
        var vectors = new float[n * d];
        for (int i = 0; i < n; i++)
        {
            int cluster = random.Next(clusters);
            for (int j = 0; j < d; j++) vectors[i * d + j] = centres[cluster * d + j] + (float)(spread * Gaussian(random));
        }
        return vectors;
    }

    internal static double Gaussian(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());

    /// <summary>Squared L2 distance or inner product, in double precision.</summary>
    internal static double Score(ReadOnlySpan<float> x, ReadOnlySpan<float> y, FaissMetric metric)
    {
        double sum = 0;
        for (int i = 0; i < x.Length; i++)
            sum += metric == FaissMetric.L2 ? ((double)x[i] - y[i]) * ((double)x[i] - y[i]) : (double)x[i] * y[i];
        return sum;
    }

    /// <summary>The k nearest rows of each query, by computing and sorting everything.</summary>
    internal static (long[] Ids, double[] Scores) Nearest(float[] gallery, float[] queries, int d, int k, FaissMetric metric)
    {
        int n = gallery.Length / d, q = queries.Length / d;
        var ids = new long[q * k];
        var scores = new double[q * k];
        Array.Fill(ids, -1);
        for (int i = 0; i < q; i++)
        {
            var all = Enumerable.Range(0, n).Select(j => (Id: j, Score: Score(queries.AsSpan(i * d, d), gallery.AsSpan(j * d, d), metric)));
            var best = (metric == FaissMetric.L2 ? all.OrderBy(p => p.Score) : all.OrderByDescending(p => p.Score)).Take(k).ToArray();
            for (int j = 0; j < best.Length; j++) (ids[i * k + j], scores[i * k + j]) = best[j];
        }
        return (ids, scores);
    }

    internal static (long[] Ids, float[] Distances) Search(this FaissIndex index, float[] queries, int k)
    {
        int n = queries.Length / index.Dimension;
        var ids = new long[n * k];
        var distances = new float[n * k];
        index.Search(queries, k, distances, ids);
        return (ids, distances);
    }

    /// <summary>The share of the true k nearest that are among those found.</summary>
    internal static double Recall(long[] found, long[] truth, int k) =>
        Enumerable.Range(0, truth.Length / k).Average(i => found.AsSpan(i * k, k).ToArray().Intersect(truth.AsSpan(i * k, k).ToArray()).Count() / (double)k);
}
