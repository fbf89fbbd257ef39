namespace SimSearch.Faiss;

/// <summary>How <see cref="FaissKMeans.Run"/> clusters.</summary>
public sealed record FaissKMeansOptions
{
    /// <summary>Rounds of assignment and update, 1 to 10,000; default 25.</summary>
    public int Iterations { get; init; } = 25;

    /// <summary>Fresh starts of which the best is kept, 1 to 1,000; default 1.</summary>
    public int Restarts { get; init; } = 1;

    /// <summary>Decides the starting centroids; the same seed and data give the same bits, on any number of threads. Default 1234.</summary>
    public int Seed { get; init; } = 1234;

    /// <summary>Clusters directions: assigns by inner product and keeps centroids at length 1. Default false.</summary>
    public bool Spherical { get; init; }

    /// <summary>At most this many vectors for each centroid are used, drawn by the seed; default 256, as in FAISS.</summary>
    public int MaxPointsPerCentroid { get; init; } = 256;
}

/// <summary>What k-means found.</summary>
/// <param name="Centroids">[k x dimension].</param>
/// <param name="Assignments">[n]: the nearest centroid of every vector given (also those the sampling left out).</param>
/// <param name="Distances">[n]: squared L2 distance to it, or the inner product with it.</param>
/// <param name="Objective">[iterations]: sum of the squared distances (inner products when spherical) after each iteration, over the vectors used.</param>
public sealed record FaissKMeansResult(float[] Centroids, int[] Assignments, float[] Distances, float[] Objective);

/// <summary>FAISS's k-means (Lloyd's algorithm with empty clusters split).</summary>
public static unsafe class FaissKMeans
{
    /// <summary>Clusters vectors.</summary>
    /// <param name="vectors">[n x dimension], at least k of them.</param>
    /// <param name="dimension">Components of a vector.</param>
    /// <param name="k">Clusters, 1 or more.</param>
    /// <param name="options">Iterations, seed and so on; null for the defaults.</param>
    /// <param name="cancellation">Looked at in every iteration.</param>
    /// <exception cref="ArgumentException">The span is not a whole number of vectors.</exception>
    /// <exception cref="ArgumentOutOfRangeException">k, the dimension or an option is out of range.</exception>
    /// <exception cref="FaissVectorException">A vector is not finite, or there are fewer than k.</exception>
    public static FaissKMeansResult Run(ReadOnlySpan<float> vectors, int dimension, int k, FaissKMeansOptions? options = null, CancellationToken cancellation = default)
    {
        options ??= new FaissKMeansOptions();
        InRange(dimension, 1, FactoryString.LargestDimension, nameof(dimension));
        InRange(k, 1, int.MaxValue / dimension, nameof(k));
        InRange(options.Iterations, 1, 10_000, nameof(options.Iterations));
        InRange(options.Restarts, 1, 1_000, nameof(options.Restarts));
        InRange(options.MaxPointsPerCentroid, 1, int.MaxValue, nameof(options.MaxPointsPerCentroid));
        long n = Vectors.Rows(vectors, dimension, nameof(vectors));
        if (n < k) throw new FaissVectorException($"{n} vectors cannot make {k} clusters; give at least {k} vectors or ask for fewer clusters");
        Vectors.RequireFinite(vectors, dimension, "vector");
        cancellation.ThrowIfCancellationRequested();

        NativeLoader.EnsureLoaded();
        var centroids = new float[k * dimension];
        var objective = new float[options.Iterations];
        using (var flag = new CancelFlag(cancellation))
            fixed (float* x = vectors, c = centroids, o = objective)
                FaissIndex.ThrowOn(NativeMethods.ssf_kmeans(dimension, n, x, k, options.Iterations, options.Restarts, options.Seed, options.Spherical ? 1 : 0,
                    options.MaxPointsPerCentroid, FaissRuntime.Threads, flag.Pointer, c, o), "k-means", cancellation);

        using var nearest = FaissIndex.Create(dimension, "Flat", options.Spherical ? FaissMetric.InnerProduct : FaissMetric.L2);
        nearest.Add(centroids, cancellation);
        var distances = new float[n];
        var ids = new long[n];
        nearest.Search(vectors, 1, distances, ids, cancellation);
        return new FaissKMeansResult(centroids, Array.ConvertAll(ids, static id => (int)id), distances, objective);
    }

    private static void InRange(int value, int low, int high, string name)
    {
        if (value < low || value > high) throw new ArgumentOutOfRangeException(name, value, $"{name}={value} must be in {low} to {high}");
    }
}
