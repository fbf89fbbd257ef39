using System.Globalization;
using SimSearch.Datasets;

namespace SimSearch.Embedding;

/// <summary>
/// A picture of embeddings: each item as a point in two (or three) dimensions, with how it was made and how far it can be trusted. It shows itself in notebooks; see also
/// <c>Chart.Projection</c>.
/// <code>
/// using var projection = Projection.Tsne(embeddings);
/// Console.WriteLine($"{projection.Trustworthiness:0.000} {projection.Continuity:0.000}");
/// </code>
/// </summary>
[TypeFormatterSource(typeof(NotebookFormatterSource<Projection>), PreferredMimeTypes = ["text/html", "text/plain"])]
public sealed class Projection
{
    private Projection(VectorMatrix points, IReadOnlyList<Item> items, string method, IReadOnlyList<(string, string)> parameters, ProjectionQuality quality) =>
        (Points, Items, Method, Parameters, Quality) = (points, items, method, parameters, quality);

    /// <summary>The points, [n x 2] or [n x 3].</summary>
    public VectorMatrix Points { get; }

    /// <summary>What each point is.</summary>
    public IReadOnlyList<Item> Items { get; }

    /// <summary>Ids of the items, in the order of the points.</summary>
    public IReadOnlyList<string> Ids => [.. Items.Select(i => i.Id)];

    /// <summary>First label of each item, null without one.</summary>
    public IReadOnlyList<string?> Labels => [.. Items.Select(i => i.Label)];

    /// <summary>Number of points, 3 or more.</summary>
    public int Count => (int)Points.Rows;

    /// <summary>2 or 3.</summary>
    public int Dimensions => Points.Dimension;

    /// <summary>How it was made: "PCA", "t-SNE".</summary>
    public string Method { get; }

    /// <summary>What it was made with, for people.</summary>
    public IReadOnlyList<(string Name, string Value)> Parameters { get; }

    /// <summary>Trustworthiness and continuity with what they were measured on.</summary>
    public ProjectionQuality Quality { get; }

    /// <summary>0 to 1: low when points lie near each other here that are far apart in the embedding. See <see cref="ProjectionQuality"/>.</summary>
    public double Trustworthiness => Quality.Trustworthiness;

    /// <summary>0 to 1: low when neighbours in the embedding are torn apart here.</summary>
    public double Continuity => Quality.Continuity;

    /// <summary>Size of the neighbourhoods that trustworthiness and continuity compare.</summary>
    public int K => Quality.K;

    /// <summary>Share of the variance along each axis, 0 to 1; empty for methods that are not PCA.</summary>
    public IReadOnlyList<double> Explained { get; private init; } = [];

    /// <summary>t-SNE's cost at the end; null for other methods.</summary>
    public double? KlDivergence { get; private init; }

    /// <summary>Folder that relative sources of the items start from, or null.</summary>
    public string? Root { get; private init; }

    /// <summary>Name of the embedder.</summary>
    public string EmbedderName { get; private init; } = Embeddings.UnknownEmbedder;

    /// <summary>Projects on the directions of largest variance: fast, linear, the same every time; axes have a meaning and distances keep theirs as far as they are kept.</summary>
    /// <param name="embeddings">3 items or more, not all equal. Of one dimension, the second coordinate is 0.</param>
    /// <param name="dimensions">2 (the default) or 3.</param>
    /// <param name="normalize">Whether vectors are scaled to length 1 first, as for cosine similarity; false by default.</param>
    /// <param name="k">Neighbourhoods for trustworthiness and continuity; null takes 10, or as much as the number of items allows.</param>
    /// <param name="cancellation">Looked at while components are found and neighbourhoods compared.</param>
    /// <exception cref="SimSearchException">Too few items, all equal, or k does not fit.</exception>
    public static Projection Pca(Embeddings embeddings, int dimensions = 2, bool normalize = false, int? k = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(embeddings);
        if (dimensions is not (2 or 3)) throw new SimSearchException($"projection to {dimensions} dimensions: must be 2 or 3");
        CheckCount(embeddings);
        using var unit = normalize ? RowDistances.ToUnitLength(embeddings.Vectors) : null;
        var vectors = unit ?? embeddings.Vectors;
        Embedding.Tsne.CheckVectors(vectors);
        var pca = Embedding.Pca.Fit(vectors, (int)Math.Min(dimensions, Math.Min(vectors.Rows - 1, vectors.Dimension)), cancellation: cancellation);
        var points = VectorMatrix.Allocate(vectors.Rows, dimensions);
        for (long row = 0; row < vectors.Rows; row++) pca.Apply(vectors.Row(row), points.WritableRows(row, 1)[..pca.OutputDimension]);
        double[] explained = [.. Enumerable.Range(0, dimensions).Select(i => i < pca.OutputDimension && pca.TotalVariance > 0 ? pca.Variances[i] / pca.TotalVariance : 0)];
        string kept = string.Create(CultureInfo.InvariantCulture, $"{explained.Sum() * 100:0.#} %");
        List<(string, string)> parameters = [("variance kept", kept)];
        if (normalize) parameters.Add(("vectors", "scaled to length 1"));
        return Make(embeddings, vectors, points, "PCA", parameters, k, cancellation, explained);
    }

    /// <summary>Places neighbours beside each other by t-SNE: shows clusters well; distances between them and their sizes mean little.</summary>
    /// <param name="embeddings">5 items or more, not all equal.</param>
    /// <param name="options">Perplexity, iterations, seed and so on; null takes the defaults.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="cancellation">Looked at in every iteration.</param>
    /// <param name="k">Neighbourhoods for trustworthiness and continuity; null takes 10, or as much as the number of items allows.</param>
    /// <exception cref="SimSearchException">Too few items, all equal, or an option that does not fit their number.</exception>
    public static Projection Tsne(Embeddings embeddings, TsneOptions? options = null, IProgress<Progress>? progress = null, CancellationToken cancellation = default, int? k = null)
    {
        ArgumentNullException.ThrowIfNull(embeddings);
        options ??= new TsneOptions();
        if (k is { } neighbours) ProjectionQuality.CheckNeighbours(neighbours, embeddings.Count);
        var result = Embedding.Tsne.Fit(embeddings.Vectors, options, progress, cancellation);
        List<(string, string)> parameters =
        [
            ("perplexity", Text(result.Perplexity)), ("iterations", Text(result.Iterations)), ("seed", Text(options.Seed)), ("KL divergence", result.KlDivergence.ToString("0.000", CultureInfo.InvariantCulture)),
        ];
        if (options.Theta != 0.5) parameters.Add(("theta", Text(options.Theta)));
        if (options.Start != TsneStart.Pca) parameters.Add(("start", "random"));
        if (options.Normalize) parameters.Add(("vectors", "scaled to length 1"));
        using var unit = options.Normalize ? RowDistances.ToUnitLength(embeddings.Vectors) : null;
        return Make(embeddings, unit ?? embeddings.Vectors, result.Points, "t-SNE", parameters, k, cancellation, [], result.KlDivergence);
    }

    /// <summary>Takes points that came from elsewhere, and measures how far they can be trusted.</summary>
    /// <param name="embeddings">What was projected; 3 items or more.</param>
    /// <param name="points">[n x 2] or [n x 3], finite; from here on they belong to the projection.</param>
    /// <param name="method">Name of the method.</param>
    /// <param name="parameters">What it was made with; null for none.</param>
    /// <param name="k">Neighbourhoods for trustworthiness and continuity; null takes 10, or as much as the number of items allows.</param>
    /// <param name="cancellation">Looked at while neighbourhoods are compared.</param>
    /// <exception cref="SimSearchException">The counts differ, points have another dimension than 2 or 3, or a value is NaN.</exception>
    public static Projection Of(Embeddings embeddings, VectorMatrix points, string method, IReadOnlyList<(string Name, string Value)>? parameters = null, int? k = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(embeddings);
        ArgumentNullException.ThrowIfNull(points);
        if (points.Dimension is not (2 or 3)) throw new SimSearchException($"points of {points.Dimension} dimensions cannot be shown: must be 2 or 3");
        CheckCount(embeddings);
        return Make(embeddings, embeddings.Vectors, points, method, parameters ?? [], k, cancellation);
    }

    /// <summary>The same picture turned, mirrored and moved so that it lies on another one of the same items as well as it can; see <see cref="Procrustes"/>.</summary>
    /// <param name="reference">The projection to lie on: as many points, the same ids in the same order.</param>
    /// <exception cref="SimSearchException">It is of other items or has other dimensions.</exception>
    public Projection AlignedTo(Projection reference)
    {
        ArgumentNullException.ThrowIfNull(reference);
        if (!Ids.SequenceEqual(reference.Ids, StringComparer.Ordinal)) throw new SimSearchException("the projections are of different items, or in another order; align those of the same embeddings");
        return new Projection(Procrustes.Align(Points, reference.Points), Items, Method, Parameters, Quality) { Explained = Explained, KlDivergence = KlDivergence, Root = Root, EmbedderName = EmbedderName };
    }

    /// <summary>Method, number of points and the two figures.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Method} of {Count} items: trustworthiness {Trustworthiness:0.000}, continuity {Continuity:0.000} (k = {K})");

    private static void CheckCount(Embeddings embeddings)
    {
        if (embeddings.Count < 3) throw new SimSearchException($"a projection of {embeddings.Count} items shows nothing; it needs 3 or more");
    }

    private static Projection Make(Embeddings embeddings, VectorMatrix space, VectorMatrix points, string method, IReadOnlyList<(string, string)> parameters, int? k, CancellationToken cancellation, double[]? explained = null, double? divergence = null) =>
        new(points, embeddings.Items, method, parameters, ProjectionQuality.Measure(space, points, k ?? ProjectionQuality.UsualK(points.Rows), 0, cancellation))
        {
            Explained = explained ?? [], KlDivergence = divergence, Root = embeddings.Root, EmbedderName = embeddings.EmbedderName,
        };

    private static string Text(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);
}
