using SimSearch.Datasets;
using SimSearch.Embedding;

namespace SimSearch.Charts;

public sealed partial record Chart
{
    /// <summary>From so many classes on, their names stand among the points, because nobody finds thirteen colours and shapes again in a legend.</summary>
    private const int ManyClasses = 13;

    /// <summary>A map of embeddings: each item a point, classes in colour and shape, equal units on both axes. The title tells how far neighbourhoods can be trusted.</summary>
    /// <param name="projection">The points; of three dimensions the first two are drawn (<see cref="ProjectionViews"/> has all).</param>
    /// <param name="title">What is projected; null takes the embedder's name.</param>
    /// <param name="targets">For each item the id of the element of the same page that plays it, or null; null for none at all. See <see cref="PointSeries.Targets"/>.</param>
    /// <exception cref="ArgumentException">There are not as many targets as points.</exception>
    public static Chart Projection(Projection projection, string? title = null, IReadOnlyList<string?>? targets = null)
    {
        ArgumentNullException.ThrowIfNull(projection);
        if (targets is not null && targets.Count != projection.Count) throw new ArgumentException($"{targets.Count} targets for {projection.Count} points; give one for each", nameof(targets));
        var classes = ByLabel(projection);
        bool pca = projection.Method == "PCA";
        string name = title ?? (projection.EmbedderName == Embeddings.UnknownEmbedder ? "Embeddings" : projection.EmbedderName);
        string parameters = string.Join(", ", projection.Parameters.Select(p => $"{p.Name} {p.Value}"));
        return new Chart(
            FormattableString.Invariant($"{name} by {projection.Method}: trustworthiness {projection.Trustworthiness:0.000}, continuity {projection.Continuity:0.000} (k = {projection.K})"),
            ProjectionAxis(projection, 0), ProjectionAxis(projection, 1),
            [.. classes.Select(c => PointsOf(projection, c.Name, c.Rows, targets, classes.Count >= ManyClasses))])
        {
            Subtitle = string.Join("; ", new[] { $"{projection.Count} items, {(classes.Count == 1 ? "1 class" : $"{classes.Count} classes")}", parameters, projection.Dimensions == 3 ? "axes 1 and 2 of 3" : "", Sample(projection) }.Where(t => t.Length > 0)),
            Caption = (pca ? "Distances are those of the embedding as far as these directions keep them." : "Neighbours are what counts: how far groups lie apart, and how large they are, means little.")
                + " Trustworthiness is low where strangers in the embedding lie side by side here, continuity where neighbours were torn apart; 1 is perfect, chance gives about 0.5.",
            EqualScale = true,
            Height = 600,
            Legend = classes.Count > 1,
        };
    }

    /// <summary>
    /// Projections of the same items beside each other, such as the epochs of a training: same axes, same colours, and each turned and moved onto the one before it, so that
    /// only what changed in the data moves. The figures stand above each.
    /// </summary>
    /// <param name="title">One line that says what is compared.</param>
    /// <param name="frames">Name and projection of each, one or more; the same items in the same order.</param>
    /// <param name="columns">Charts in a row, 1 or more; 3 by default.</param>
    /// <exception cref="ArgumentException">There is none.</exception>
    /// <exception cref="SimSearchException">They are of different items.</exception>
    public static ChartGrid Projections(string title, IReadOnlyList<(string Name, Projection Projection)> frames, int columns = 3)
    {
        ArgumentNullException.ThrowIfNull(frames);
        if (frames.Count == 0) throw new ArgumentException("there is no projection to show", nameof(frames));
        var aligned = new List<Projection> { frames[0].Projection };
        foreach (var (_, projection) in frames.Skip(1)) aligned.Add(projection.AlignedTo(aligned[^1]));
        (ChartAxis x, ChartAxis y) = (SharedAxis(aligned, 0), SharedAxis(aligned, 1));
        var classes = ByLabel(aligned[0]);
        return new ChartGrid(title, [.. aligned.Select((p, i) => new Chart(frames[i].Name, x, y, [.. classes.Select(c => PointsOf(p, c.Name, c.Rows, null, named: false))])
        {
            Subtitle = FormattableString.Invariant($"{p.Method}: trustworthiness {p.Trustworthiness:0.000}, continuity {p.Continuity:0.000} (k = {p.K})"), EqualScale = true, Width = 320, Height = 340,
        }.WithoutPointNames())])
        {
            Columns = columns,
            Caption = "Each picture is turned and moved onto the one before it; distances are not changed. Trustworthiness is low where strangers lie side by side, continuity where neighbours were torn apart; 1 is perfect, chance gives about 0.5.",
        };
    }

    private static ChartAxis SharedAxis(IReadOnlyList<Projection> projections, int axis)
    {
        (double low, double high) = (double.PositiveInfinity, double.NegativeInfinity);
        foreach (var projection in projections)
            for (int row = 0; row < projection.Count; row++) (low, high) = (Math.Min(low, projection.Points.Row(row)[axis]), Math.Max(high, projection.Points.Row(row)[axis]));
        double edge = high > low ? 0.05 * (high - low) : 1;
        return new ChartAxis("", "") { Min = low - edge, Max = high + edge, Ticks = [] };
    }

    /// <summary>The items of each class, classes in the order of their names.</summary>
    internal static List<(string Name, int[] Rows)> ByLabel(Projection projection) =>
        [.. Enumerable.Range(0, projection.Count).GroupBy(row => projection.Items[row].Label ?? "no label", StringComparer.Ordinal).OrderBy(g => g.Key, StringComparer.Ordinal).Select(g => (g.Key, (int[])[.. g]))];

    /// <summary>The same map in less markup: points no longer say what they are, except those that can be played.</summary>
    internal Chart WithoutPointNames() => new(Title, X, Y, [.. Series.Select(s => s is PointSeries p ? new PointSeries(p.Name, p.X, p.Y) { Targets = p.Targets, NameInChart = p.NameInChart } : s)])
    {
        Subtitle = Subtitle, Caption = Caption, EqualScale = EqualScale, Width = Width, Height = Height, Legend = Legend,
    };

    private static PointSeries PointsOf(Projection projection, string name, int[] rows, IReadOnlyList<string?>? targets, bool named, int across = 0, int up = 1) =>
        new(name, rows.Select(row => (double)projection.Points.Row(row)[across]), rows.Select(row => (double)projection.Points.Row(row)[up]), rows.Select(row => NameOf(projection.Items[row])))
        {
            Targets = targets is null ? [] : [.. rows.Select(row => targets[row])], NameInChart = named,
        };

    private static string NameOf(Item item)
    {
        string name = item.Text is null ? item.Id : $"{item.Excerpt()} ({item.Id})";
        return item.Label is { } label ? $"{label}: {name}" : name;
    }

    private static string Sample(Projection projection) => projection.Quality.Rows < projection.Count ? $"both figures from {projection.Quality.Rows} of the items" : "";

    private static ChartAxis ProjectionAxis(Projection projection, int axis)
    {
        string[] names = ["First", "Second"];
        return projection.Explained.Count > axis
            ? new ChartAxis($"{names[axis]} principal component", FormattableString.Invariant($"{projection.Explained[axis] * 100:0.#} % of the variance"))
            : new ChartAxis($"{names[axis]} coordinate", "no unit") { Ticks = [] };
    }
}
