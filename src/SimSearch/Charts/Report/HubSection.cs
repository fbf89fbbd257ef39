namespace SimSearch.Charts;

/// <summary>Whether a few items crowd the lists, and what an approximate index costs.</summary>
internal static class HubSection
{
    public static PageSection Build(SearchReport report)
    {
        var figures = report.Figures;
        int k = Math.Min(figures.Protocol.HubnessK, figures.Neighbours.K);
        double[] occurrences = figures.Occurrences();
        Html ann = figures.AnnRecall is { } recall
            ? Html.Of($"<p>The index is approximate. ANN recall is the share of the true nearest neighbours (by exact search) that it returned; it measures the index, and says nothing on whether the neighbours are relevant. Lost neighbours cannot be made up for by a better embedding.</p>{ReportHtml.Facts(figures.Ks.Select(at => ReportHtml.Fact($"ANN recall at {at}", recall[at])))}")
            : Html.Of($"<p>The ranking is exact: no neighbour was lost to an approximate index, so every figure on this page measures the embedding.</p>");
        string sentence = figures.Hubness switch
        {
            > 1.5 => "That is high: a few items crowd the lists of many queries. Centring or whitening the embedding often helps.",
            > 0.75 => "That is moderate: some items turn up more often than chance would have it.",
            _ => "That is low: the lists are shared fairly among the items.",
        };
        var hubs = Enumerable.Range(0, occurrences.Length).OrderByDescending(row => occurrences[row]).ThenBy(row => row).Take(5).Where(row => occurrences[row] > k).ToArray();
        Html list = hubs.Length == 0 || figures.Neighbours.Items is not { } items ? Html.Empty
            : Html.Of($"<h3>The items found most often</h3><ul>{Html.Join(hubs.Select(row => Html.Of($"<li>{items[row].Id} ({items[row].Label ?? "no label"}): in {occurrences[row]} lists {ReportHtml.Words(items[row])}</li>")))}</ul>");
        return new PageSection("hubs", "Hubs and the index",
            Html.Of($"<p>Hubness is the skewness of how often items are found: near 0 when all are found about equally often, above 1.5 when a few are found again and again. Here it is {figures.Hubness:0.00}. {sentence}</p>"),
            Chart.Hubs(figures).ToHtml(interactive: true), list, ann) { Short = "Hubs" };
    }
}
