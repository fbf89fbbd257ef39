namespace SimSearch.Charts;

/// <summary>Where the embeddings lie, flattened to two dimensions.</summary>
internal static class ProjectionSection
{
    private const int MostSounds = 100;

    public static PageSection? Build(SearchReport report, SoundLimits limits, CancellationToken cancellation)
    {
        if (report.Projection is not { } projection) return null;
        int wanted = Math.Min(MostSounds, projection.Count);
        var (targets, players) = report.Dataset is { } data ? PlayablePoints.Build(projection, new ReportSounds(data, wanted, limits, cancellation), wanted) : (null, Html.Empty);
        return new PageSection("map", "A map of the embeddings",
            ReportHtml.Lead("Items that the embedding takes for similar lie close together. Look for classes that form islands, and for those that lie on top of each other: these will be confused. The map flattens many dimensions to two, so what overlaps here may still be apart: trustworthiness and continuity say how far to believe it."),
            Chart.Projection(projection, targets: targets).ToHtml(interactive: true), players) { Short = "Map" };
    }
}
