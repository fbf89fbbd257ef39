using SimSearch.Embedding;

namespace SimSearch.Charts;

public sealed partial record Chart
{
    // Above this, names on the points of one view and links on all three would outweigh everything else of a page.
    private const int MostNamedInViews = 900;

    /// <summary>
    /// A map in three dimensions: three still views along its axes, and, as <see cref="ChartGrid.Figure"/>, the cloud itself, which a page with scripts has to turn and to click on. Views alone hide what lies
    /// behind something else; a picture in perspective that cannot be turned would hide more.
    /// </summary>
    /// <param name="projection">The points, in three dimensions.</param>
    /// <param name="title">What is projected; null takes the embedder's name.</param>
    /// <param name="targets">For each item the id of the element of the same page that plays it, or null; null for none at all. See <see cref="PointSeries.Targets"/>.</param>
    /// <exception cref="ArgumentException">The projection has two dimensions, or there are not as many targets as points.</exception>
    public static ChartGrid ProjectionViews(Projection projection, string? title = null, IReadOnlyList<string?>? targets = null)
    {
        ArgumentNullException.ThrowIfNull(projection);
        if (projection.Dimensions != 3) throw new ArgumentException($"the projection has {projection.Dimensions} dimensions and views are of 3; draw it with Chart.Projection", nameof(projection));
        // The same words as those of the flat map.
        var flat = Projection(projection, title, targets);
        var classes = ByLabel(projection);
        ChartAxis[] axes = [.. Enumerable.Range(0, 3).Select(axis => projection.Explained.Count > axis ? new ChartAxis($"Component {axis + 1}", FormattableString.Invariant($"{projection.Explained[axis] * 100:0.#} % of the variance")) : new ChartAxis($"Axis {axis + 1}", "") { Ticks = [] })];
        bool named = projection.Count <= MostNamedInViews;
        Chart View(int across, int up)
        {
            var view = new Chart("", axes[across], axes[up], [.. classes.Select(c => PointsOf(projection, c.Name, c.Rows, targets, named: false, across, up))]) { EqualScale = true, Width = 320, Height = 320 };
            // A name on every point of one view is enough to find out what it is.
            return named && across == 0 && up == 1 ? view : view.WithoutPointNames();
        }
        return new ChartGrid(flat.Title, View(0, 1), View(0, 2), View(2, 1))
        {
            Caption = $"{ViewsOf(projection)}; three views of one cloud. {flat.Caption}",
            Figure = PlotlySpace.Json(flat.Title, axes, [.. classes.Select(c => (c.Name, c.Rows))], projection, named ? row => NameOf(projection.Items[row]) : null, targets),
        };
    }

    private static string ViewsOf(Projection projection) => string.Join("; ", new[] { $"{projection.Count} items", string.Join(", ", projection.Parameters.Select(p => $"{p.Name} {p.Value}")), Sample(projection) }.Where(t => t.Length > 0));
}
