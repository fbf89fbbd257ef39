using SimSearch.Audio;
using SimSearch.Datasets;

namespace SimSearch.Charts;

/// <summary>What was searched.</summary>
internal static class OverviewSection
{
    public static PageSection Build(SearchReport report)
    {
        var items = report.Dataset?.Items ?? report.Figures.Neighbours.Items ?? report.Figures.QueryItems;
        int classes = items.SelectMany(i => i.Labels).Distinct(StringComparer.Ordinal).Count(), groups = items.Select(i => i.Group).OfType<string>().Distinct(StringComparer.Ordinal).Count();
        var facts = new List<Html>
        {
            ReportHtml.Fact("Items", FormattableString.Invariant($"{items.Count:N0}")),
            ReportHtml.Fact("Classes", FormattableString.Invariant($"{classes:N0}"), classes > 0 ? FormattableString.Invariant($"{items.Count / (double)classes:0.#} items each on average") : ""),
        };
        if (groups > 0) facts.Add(ReportHtml.Fact("Groups", FormattableString.Invariant($"{groups:N0}"), "folds, speakers or places"));
        if (items.All(i => i.IsText))
        {
            int[] words = [.. items.Select(i => i.Text!.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Length).Order()];
            facts.Add(ReportHtml.Fact("Length", $"{words[words.Length / 2]} words", FormattableString.Invariant($"median; {words[0]:N0} to {words[^1]:N0}, {words.Sum():N0} in all")));
        }
        else if (!items.All(i => i.IsImage) && Durations(report) is { Count: > 0 } durations)
            facts.Add(ReportHtml.Fact("Length", FormattableString.Invariant($"{durations[durations.Count / 2]:0.0} s"), FormattableString.Invariant($"median; {durations[0]:0.0} to {durations[^1]:0.0} s, {durations.Sum() / 60:0.0} min in all")));
        if (report.Embedder.Length > 0) facts.Add(ReportHtml.Fact("Embedding", report.Embedder));
        var rows = new List<(string, string)>();
        if (report.Licence.Length > 0) rows.Add(("Licence", report.Licence));
        if (report.Citation.Length > 0) rows.Add(("Citation", report.Citation));
        return new PageSection("data", report.Dataset is null ? "Data" : $"Data set: {report.Dataset.Name}",
            ReportHtml.Lead("What is searched. Look at how many items a class has: it is how many right answers a query can find, and so how hard high recall is."),
            report.Description.Length > 0 ? Html.Of($"<p>{report.Description}</p>") : Html.Empty,
            ReportHtml.Facts(facts),
            rows.Count > 0 ? ReportHtml.Pairs(rows) : Html.Empty) { Short = "Data" };
    }

    private static List<double> Durations(SearchReport report)
    {
        var durations = new List<double>();
        if (report.Dataset is null) return durations;
        // Headers of a thousand files are read in a moment; beyond, evenly chosen ones say as much.
        int step = Math.Max(1, report.Dataset.Count / 1000);
        for (int i = 0; i < report.Dataset.Count; i += step)
            try
            {
                durations.Add(report.Dataset.DurationOf(report.Dataset.Items[i]));
            }
            catch (Exception e) when (e is SimSearchException or IOException or UnauthorizedAccessException)
            {
                // Not a sound, or gone: its card says so where it is shown.
            }
        durations.Sort();
        if (step > 1) durations = [.. durations.SelectMany(d => Enumerable.Repeat(d, step))];
        return durations;
    }
}
