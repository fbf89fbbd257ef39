namespace SimSearch.Charts;

/// <summary>Where the embeddings lie, flattened to two dimensions.</summary>
internal static class ProjectionSection
{
    public static PageSection? Build(SearchReport report)
    {
        if (report.Projection is not { Count: > 0 } all) return null;
        int step = (all.Count + report.MaxProjected - 1) / Math.Max(1, report.MaxProjected);
        var shown = all.Where((_, i) => i % step == 0).ToArray();
        var series = shown.GroupBy(p => p.Item.Label ?? "no label", StringComparer.Ordinal).OrderBy(g => g.Key, StringComparer.Ordinal)
            .Select(g => new PointSeries(g.Key, g.Select(p => p.X), g.Select(p => p.Y), g.Select(p => $"{p.Item.Label}: {p.Item.Id}"))).ToArray();
        string kept = report.ProjectionVariance is { } variance ? FormattableString.Invariant($"the two directions keep {variance * 100:0} % of the variance") : "";
        var chart = Chart.Scatter("Embeddings along their two widest directions",
            new ChartAxis("First principal component", "embedding units"), new ChartAxis("Second principal component", "embedding units"), series) with
        {
            Subtitle = string.Join("; ", new[] { step > 1 ? $"every {step}th of {all.Count} items" : $"{all.Count} items", kept }.Where(t => t.Length > 0)),
            Height = 560,
            Caption = "Each mark is an item; classes differ in colour and shape. Rest the pointer on a mark for its name.",
        };
        return new PageSection("map", "A map of the embeddings",
            ReportHtml.Lead("Items that the embedding takes for similar lie close together. Look for classes that form islands, and for those that lie on top of each other: these will be confused. The map flattens many dimensions to two, so what overlaps here may still be apart."),
            chart.ToHtml(interactive: true)) { Short = "Map" };
    }
}
