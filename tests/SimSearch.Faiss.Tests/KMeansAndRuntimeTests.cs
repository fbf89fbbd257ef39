namespace SimSearch.Faiss.Tests;

[Collection("process-wide settings")]
public class KMeansAndRuntimeTests
{
    private const int D = 10;
    private static readonly float[] Points = Managed.Clustered(2000, D, 1, clusters: 6, spread: 0.1);

    [Fact]
    public void K_means_finds_well_separated_clusters()
    {
        FaissKMeansResult result = FaissKMeans.Run(Points, D, 6, new FaissKMeansOptions { Restarts = 10 });
        Assert.Equal(6 * D, result.Centroids.Length);
        Assert.All(result.Assignments, a => Assert.InRange(a, 0, 5));
        // Within a cluster the squared distance is D * 0.1^2 on average.
        Assert.Equal(D * 0.01, result.Distances.Average(), 0.01);
        for (int i = 0; i < 2000; i++)
            Assert.Equal(Managed.Score(Points.AsSpan(i * D, D), result.Centroids.AsSpan(result.Assignments[i] * D, D), FaissMetric.L2), result.Distances[i], 1e-3);
        Assert.Equal(25, result.Objective.Length);
        for (int i = 1; i < 25; i++) Assert.True(result.Objective[i] <= result.Objective[i - 1] * 1.0001f);
    }

    [Fact]
    public void The_same_seed_gives_the_same_bits_on_any_number_of_threads_and_another_seed_others()
    {
        int threads = FaissRuntime.Threads;
        try
        {
            float[] Centroids(int seed, int count)
            {
                FaissRuntime.Threads = count;
                return FaissKMeans.Run(Points, D, 50, new FaissKMeansOptions { Seed = seed, Iterations = 5 }).Centroids;
            }
            float[] first = Centroids(7, 1);
            Assert.Equal(first, Centroids(7, 1));
            Assert.Equal(first, Centroids(7, 3));
            Assert.NotEqual(first, Centroids(8, 1));
        }
        finally
        {
            FaissRuntime.Threads = threads;
        }
    }

    [Fact]
    public void Spherical_centroids_have_length_one()
    {
        float[] centroids = FaissKMeans.Run(Points, D, 6, new FaissKMeansOptions { Spherical = true }).Centroids;
        for (int i = 0; i < 6; i++) Assert.Equal(1, Managed.Score(centroids.AsSpan(i * D, D), centroids.AsSpan(i * D, D), FaissMetric.InnerProduct), 1e-4);
    }

    [Fact]
    public void As_many_clusters_as_points_are_the_points()
    {
        FaissKMeansResult result = FaissKMeans.Run(Points.AsSpan(0, 5 * D), D, 5);
        Assert.Equal(5, result.Assignments.Distinct().Count());
        Assert.All(result.Distances, d => Assert.Equal(0, d, 1e-5f));
    }

    [Fact]
    public void Impossible_requests_are_refused()
    {
        Assert.Throws<FaissVectorException>(() => FaissKMeans.Run(Points.AsSpan(0, 5 * D), D, 6));
        Assert.Throws<ArgumentOutOfRangeException>(() => FaissKMeans.Run(Points, D, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => FaissKMeans.Run(Points, 0, 2));
        Assert.Throws<ArgumentException>(() => FaissKMeans.Run(Points.AsSpan(1), D, 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => FaissKMeans.Run(Points, D, 2, new FaissKMeansOptions { Iterations = 0 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => FaissKMeans.Run(Points, D, 2, new FaissKMeansOptions { Restarts = 0 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => FaissKMeans.Run(Points, D, 2, new FaissKMeansOptions { MaxPointsPerCentroid = 0 }));
    }

    [Fact]
    public void The_runtime_says_what_it_runs_on()
    {
        Assert.True(FaissRuntime.IsAvailable(out string? reason), reason);
        Assert.Matches(@"^\d+\.\d+\.\d+$", FaissRuntime.Version);
        Assert.True(File.Exists(FaissRuntime.LibraryPath));
        Assert.NotEmpty(FaissRuntime.Blas);
        Assert.NotEmpty(FaissRuntime.SimdLevel);
        Assert.True(FaissRuntime.BlasGflops > 0.1);
        if (FaissRuntime.Blas.Contains("openblas", StringComparison.OrdinalIgnoreCase)) Assert.False(FaissRuntime.BlasIsSlow);
        Assert.Throws<ArgumentOutOfRangeException>(() => FaissRuntime.Threads = 0);
    }

    [Fact]
    public void A_missing_or_foreign_library_is_a_failure_that_names_the_command_to_mend_it()
    {
        string foreign = Path.GetTempFileName();
        File.WriteAllText(foreign, "not a library");
        (_, _, string? failure) = NativeLoader.Find(["/nowhere/libsimsearch_faiss.so", foreign], "simsearch_faiss_absent");
        File.Delete(foreign);
        Assert.NotNull(failure);
        Assert.Contains("/nowhere/libsimsearch_faiss.so (absent)", failure);
        Assert.Contains(foreign, failure);
        Assert.Contains("native/build.sh", failure);
    }
}
