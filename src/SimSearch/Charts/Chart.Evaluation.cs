using SimSearch.Evaluation;

namespace SimSearch.Charts;

public sealed partial record Chart
{
    /// <summary>Precision against recall of several evaluations, interpolated at 11 levels of recall, each with its confidence band.</summary>
    /// <param name="title">One line that says what is shown.</param>
    /// <param name="reports">Name and report of each system.</param>
    public static Chart PrecisionRecall(string title, params IReadOnlyList<(string Name, RetrievalReport Report)> reports) => PrecisionRecall(title, [.. reports.Select(r => new LineSeries(
        r.Name, r.Report.PrecisionRecall.Select(p => p.Recall), r.Report.PrecisionRecall.Select(p => p.Precision), r.Report.PrecisionRecallIntervals.Select(e => e.Low), r.Report.PrecisionRecallIntervals.Select(e => e.High)) { Markers = true })]);

    /// <summary>How often items are among the nearest of a query: a long tail to the right is hubs, a tall bar at 0 is items that are never found.</summary>
    /// <param name="report">The evaluation; its protocol says how many neighbours count (<see cref="EvaluationOptions.HubnessK"/>).</param>
    public static Chart Hubs(RetrievalReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        double[] occurrences = report.Occurrences();
        int most = (int)occurrences.DefaultIfEmpty(0).Max();
        // One interval a count, centred on it, so that the bars stand over whole numbers.
        int bins = Math.Min(most + 1, 60);
        var edges = Enumerable.Range(0, bins + 1).Select(i => i * (most + 1.0) / bins - 0.5).ToArray();
        var heights = new double[bins];
        foreach (double n in occurrences) heights[Math.Min(bins - 1, (int)((n + 0.5) / (most + 1) * bins))]++;
        return new Chart("How often an item is among the nearest", new ChartAxis($"Lists of the {report.Protocol.HubnessK} nearest that an item is in", "lists"), new ChartAxis("Items", "count"), new HistogramSeries("items", edges, heights))
        {
            Subtitle = FormattableString.Invariant($"{report.Queries} queries, {report.Gallery} items; skewness (hubness) {report.Hubness:0.00}"),
            Height = 320,
            Caption = "A long tail to the right means hubs: items that turn up in many lists, right or wrong. A tall bar at 0 means items that are never found.",
        };
    }

    /// <summary>Several sets of values over the same intervals, each as shares of its own number, so that a small set can be compared with a large one.</summary>
    /// <param name="title">One line that says what is shown.</param>
    /// <param name="x">What is counted, with its unit.</param>
    /// <param name="sets">Name and values of each; values that are not finite are left out.</param>
    public static Chart Histograms(string title, ChartAxis x, params IReadOnlyList<(string Name, IEnumerable<double> Values)> sets)
    {
        const int bins = 40;
        var all = sets.Select(s => (s.Name, Values: (double[])[.. s.Values.Where(double.IsFinite)])).ToArray();
        var values = all.SelectMany(s => s.Values).DefaultIfEmpty(0);
        (double low, double high) = (values.Min(), values.Max());
        if (!(high - low > Math.Abs(low) * 1e-12)) (low, high) = (low - 0.5, high + 0.5);
        double[] edges = [.. Enumerable.Range(0, bins + 1).Select(i => low + (high - low) * i / bins)];
        return new Chart(title, x, new ChartAxis("Share", "of the set"), [.. all.Select(s =>
        {
            var heights = new double[bins];
            foreach (double value in s.Values) heights[Math.Clamp((int)((value - low) / (high - low) * bins), 0, bins - 1)] += 1.0 / s.Values.Length;
            return new HistogramSeries(s.Name, edges, heights);
        })]) { Height = 320 };
    }
}
