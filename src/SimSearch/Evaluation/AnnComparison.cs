using System.Diagnostics;
using SimSearch.Embedding;
using SimSearch.Indexing;

namespace SimSearch.Evaluation;

/// <summary>What one index with one setting finds, and how fast.</summary>
/// <param name="Index">Its factory string.</param>
/// <param name="Setting">"nprobe=4"; "" when it has nothing to set.</param>
/// <param name="AnnRecall">Share of the exact nearest neighbours that it found, 0 to 1; see <see cref="Evaluation.AnnRecall"/>.</param>
/// <param name="QueriesPerSecond">Searches per second on one thread, all queries in one call, the fastest of the rounds.</param>
public sealed record AnnMeasurement(string Index, string Setting, double AnnRecall, double QueriesPerSecond);

/// <summary>
/// Compares indexes over the same vectors with exact search: ANN recall against speed. The exact answer is computed once, when this is made.
/// </summary>
public sealed class AnnComparison
{
    private readonly VectorMatrix gallery, queries;
    private readonly Metric metric;
    private readonly SearchResult exact;

    /// <summary>Finds the exact neighbours of all queries.</summary>
    /// <param name="gallery">The vectors that the indexes to come hold, in the same order.</param>
    /// <param name="queries">What is asked; better from other sounds than the gallery's.</param>
    /// <param name="k">How many neighbours count, 1 or more; default 10.</param>
    /// <param name="metric">What near means; default squared L2.</param>
    /// <param name="cancellation">Stops the exact search.</param>
    /// <exception cref="ArgumentException">The dimensions differ, or there is no query.</exception>
    public AnnComparison(VectorMatrix gallery, VectorMatrix queries, int k = 10, Metric metric = Metric.L2, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(gallery);
        ArgumentNullException.ThrowIfNull(queries);
        if (queries.Rows == 0) throw new ArgumentException("there is no query to compare with", nameof(queries));
        (this.gallery, this.queries, this.metric, K) = (gallery, queries, metric, k);
        exact = ExactSearch.Search(gallery, queries, k, metric, null, cancellation);
    }

    /// <summary>How many neighbours count.</summary>
    public int K { get; }

    /// <summary>Rounds of which the fastest counts, 1 or more; default 3. Fast searches get as many more as fit into a tenth of a second.</summary>
    public int Rounds { get; init => field = value >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(Rounds), $"rounds={value} must be 1 or more"); } = 3;

    /// <summary>Searches with the settings as they stand.</summary>
    /// <param name="index">Over the gallery, with the same metric.</param>
    /// <param name="cancellation">Stops the search.</param>
    /// <exception cref="ArgumentException">The index holds other vectors or has another metric.</exception>
    public AnnMeasurement Measure(VectorIndex index, CancellationToken cancellation = default) => Measured(index, null, 0, cancellation);

    /// <summary>Searches once for every value of one setting.</summary>
    /// <param name="index">Over the gallery, with the same metric.</param>
    /// <param name="parameter">Its setting: nprobe, efSearch; see <see cref="IndexInfo.Parameters"/>.</param>
    /// <param name="values">Values to try, in this order.</param>
    /// <exception cref="ArgumentException">The index holds other vectors or has another metric.</exception>
    /// <exception cref="IndexEngineException">The index has no such setting, or a value is out of range.</exception>
    public IReadOnlyList<AnnMeasurement> Sweep(VectorIndex index, string parameter, params IEnumerable<double> values)
    {
        ArgumentNullException.ThrowIfNull(parameter);
        return [.. values.Select(value => Measured(index, parameter, value, CancellationToken.None))];
    }

    private AnnMeasurement Measured(VectorIndex index, string? parameter, double value, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(index);
        if (index.Count != gallery.Rows || index.Dimension != gallery.Dimension || index.Metric != metric)
            throw new ArgumentException($"the index holds {index.Count} vectors of {index.Dimension} for {index.Metric.Name()}, the comparison {gallery.Rows} of {gallery.Dimension} for {metric.Name()}; build it over the same vectors", nameof(index));
        var options = new SearchOptions { Threads = 1, Parameters = parameter is null ? new Dictionary<string, double>() : new Dictionary<string, double> { [parameter] = value } };
        var (found, seconds) = Timed(index, options, cancellation);
        double recall = 0;
        for (int q = 0; q < found.Queries; q++) recall += AnnRecall.AtK(gallery, queries.Row(q), metric, found.RowsOf(q), exact.RowsOf(q), exact.ScoresOf(q), K);
        string setting = parameter is null ? "" : FormattableString.Invariant($"{parameter}={value}");
        return new AnnMeasurement(index.Factory, setting, recall / found.Queries, found.Queries / Math.Max(seconds, 1e-9));
    }

    // On one thread, so that the figures compare ways of searching and not numbers of cores.
    private (SearchResult Found, double Seconds) Timed(VectorIndex index, SearchOptions options, CancellationToken cancellation) => FaissEngine.WithThreads(1, () =>
    {
        SearchResult? found = null;
        double best = double.PositiveInfinity;
        long first = Stopwatch.GetTimestamp();
        for (int round = 0; round < Rounds || Stopwatch.GetElapsedTime(first).TotalSeconds < 0.1; round++)
        {
            long start = Stopwatch.GetTimestamp();
            found = index.Search(queries, K, options, cancellation);
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }
        return (found!, best);
    });
}
