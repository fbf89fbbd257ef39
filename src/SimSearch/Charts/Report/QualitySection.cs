using SimSearch.Evaluation;

namespace SimSearch.Charts;

/// <summary>The figures over all queries, and the curves behind them.</summary>
internal static class QualitySection
{
    /// <summary>Ranks in the curve: nobody listens further, and each costs a figure and 1,000 resamplings a query.</summary>
    private const int MaxRanks = 200;

    public static PageSection Build(SearchReport report)
    {
        var figures = report.Figures;
        string interval = Interval(figures);
        return new PageSection("quality", "How good the search is",
            ReportHtml.Lead("Precision at k is the share of right items among the first k; recall is the share of all right items that were found. Look at the intervals: two systems whose intervals overlap widely may be equally good."),
            Warnings(figures),
            Facts(figures),
            Html.Of($"<p>Protocol: {figures.Protocol.ToString()}. Below each figure stands its {interval} interval. Average precision rewards right items at early ranks and drops for every wrong one above them; the reciprocal rank is 1 divided by the rank of the first right item; MAP@R counts only the first R ranks, R being the number of right items there are.</p>"),
            Curve(figures).ToHtml(interactive: true),
            PrecisionAtRanks(figures, interval).ToHtml(interactive: true)) { Short = "Quality" };
    }

    /// <summary>How sure the intervals are: "95 %".</summary>
    public static string Interval(RetrievalReport figures) => FormattableString.Invariant($"{figures.Protocol.Confidence * 100:0.#} %");

    /// <summary>What to know before trusting the figures.</summary>
    public static Html Warnings(RetrievalReport figures) => Html.Join(figures.Warnings.Select(warning => Html.Of($"<p class=\"ss-warning\" role=\"note\"><strong>Note:</strong> {warning}.</p>")));

    /// <summary>The figures with their intervals.</summary>
    public static Html Facts(RetrievalReport figures) => ReportHtml.Facts(figures.Ks.Select(k => ReportHtml.Fact($"Precision at {k}", figures.Precision[k]))
            .Append(ReportHtml.Fact("Mean average precision", figures.Map)).Append(ReportHtml.Fact("MAP@R", figures.MapAtR)).Append(ReportHtml.Fact("Mean reciprocal rank", figures.Mrr))
            .Append(ReportHtml.Fact($"Recall at {figures.Ks[^1]}", figures.Recall[figures.Ks[^1]]))
            .Append(ReportHtml.Fact($"nDCG at {figures.Ks[^1]}", figures.Ndcg[figures.Ks[^1]]))
            .Append(ReportHtml.Fact($"{figures.Ks[^1]}-nearest accuracy", figures.KnnAccuracy[figures.Ks[^1]])));

    /// <summary>Precision against recall.</summary>
    public static Chart Curve(RetrievalReport figures) => Chart.PrecisionRecall("Precision and recall", new LineSeries("mean over queries", figures.PrecisionRecall.Select(p => p.Recall), figures.PrecisionRecall.Select(p => p.Precision),
            figures.PrecisionRecallIntervals.Select(e => e.Low), figures.PrecisionRecallIntervals.Select(e => e.High)) { Markers = true }) with
        {
            Subtitle = $"interpolated at 11 levels of recall; band: {Interval(figures)} interval",
            Caption = "Going to the right, more of the relevant items are found, and more wrong ones with them. A curve that stays high for long is a good search.",
        };

    private static Chart PrecisionAtRanks(RetrievalReport figures, string interval)
    {
        int depth = Math.Min(Math.Min(figures.Ks[^1], figures.Neighbours.K), MaxRanks);
        var byRank = Enumerable.Range(0, depth).Select(_ => new double[figures.Queries]).ToArray();
        for (int query = 0; query < figures.Queries; query++)
        {
            var hits = figures.Neighbours.Hits(query);
            int right = 0;
            for (int rank = 0; rank < depth; rank++)
            {
                if (rank < hits.Count && figures.IsRelevant(query, hits[rank])) right++;
                byRank[rank][query] = right / (rank + 1.0);
            }
        }
        var estimates = Bootstrap.Estimates(byRank, figures.Protocol.BootstrapSamples, figures.Protocol.Confidence, figures.Protocol.Seed);
        return Chart.Line("Precision at k", new ChartAxis("k", "number of hits looked at"), new ChartAxis("Precision", "share of the hits relevant") { Min = 0, Max = 1 },
            new LineSeries("mean over queries", Enumerable.Range(1, depth).Select(k => (double)k), estimates.Select(e => e.Value), estimates.Select(e => e.Low), estimates.Select(e => e.High)) { Markers = true }) with
        {
            Subtitle = $"mean of {figures.Queries} queries; band: {interval} interval",
            Caption = "The further down the list, the more wrong hits. A steep fall means that only the nearest few can be trusted.",
        };
    }
}
