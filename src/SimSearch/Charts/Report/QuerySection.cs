using SimSearch.Datasets;
using SimSearch.Indexing;

namespace SimSearch.Charts;

/// <summary>Single queries and what they found, to listen to.</summary>
internal static class QuerySection
{
    /// <summary>Numbers of the queries shown: evenly from the best to the worst average precision, of different classes as far as there are.</summary>
    public static IReadOnlyList<int> Choose(SearchReport report)
    {
        var figures = report.Figures;
        int[] byQuality = [.. Enumerable.Range(0, figures.Queries).OrderByDescending(q => figures.AveragePrecisions[q]).ThenBy(q => q)];
        int wanted = Math.Min(report.Queries, byQuality.Length);
        var chosen = new List<int>();
        var classes = new Dictionary<string, int>(StringComparer.Ordinal);
        for (int i = 0; i < wanted; i++)
        {
            int at = wanted == 1 ? 0 : (int)((long)i * (byQuality.Length - 1) / (wanted - 1));
            // Near that place, a query of the class shown least so far.
            int reach = Math.Max(1, byQuality.Length / (2 * wanted));
            int best = Enumerable.Range(Math.Max(0, at - reach), Math.Min(byQuality.Length, at + reach + 1) - Math.Max(0, at - reach))
                .Where(p => !chosen.Contains(byQuality[p]))
                .OrderBy(p => classes.GetValueOrDefault(figures.QueryItems[byQuality[p]].Label ?? "")).ThenBy(p => Math.Abs(p - at)).ThenBy(p => p).DefaultIfEmpty(-1).First();
            if (best < 0) continue;
            chosen.Add(byQuality[best]);
            string label = figures.QueryItems[byQuality[best]].Label ?? "";
            classes[label] = classes.GetValueOrDefault(label) + 1;
        }
        return [.. chosen.OrderByDescending(q => figures.AveragePrecisions[q]).ThenBy(q => q)];
    }

    public static PageSection? Build(SearchReport report, IReadOnlyList<int> queries, ReportSounds sounds)
    {
        if (queries.Count == 0) return null;
        string score = report.Figures.Neighbours.Metric switch
        {
            Metric.Cosine => "The score is the cosine similarity: 1 is the same direction, 0 unrelated.",
            Metric.InnerProduct => "The score is the inner product: higher is nearer.",
            _ => "The score is the squared Euclidean distance: lower is nearer.",
        };
        bool texts = queries.All(query => report.Figures.QueryItems[query].IsText), images = queries.All(query => report.Figures.QueryItems[query].IsImage);
        var (verb, title, advice) = texts ? ("read", "Queries to read", "Read a wrong hit and ask what words it shares with the query")
            : images ? ("look", "Queries to look at", "Look at a wrong hit and ask what it has in common with the query: colours, shapes, the background")
            : ("listen", "Queries to listen to", "Listen to a wrong hit and ask what it has in common with the query: often the ear understands the mistake");
        return new PageSection(verb, title,
            ReportHtml.Lead($"{queries.Count} queries from the best to the worst, each with its {report.Hits} nearest. {advice}. {score} Wrong hits have a dashed frame and say so."),
            Html.Join(queries.Select((query, i) => Query(report, query, i + 1, sounds, texts)))) { Short = char.ToUpperInvariant(verb[0]) + verb[1..] };
    }

    private static Html Query(SearchReport report, int query, int number, ReportSounds sounds, bool texts)
    {
        var figures = report.Figures;
        var item = figures.QueryItems[query];
        var hits = figures.Neighbours.Hits(query).Take(report.Hits).ToArray();
        int right = hits.Count(h => figures.IsRelevant(query, h));
        return Html.Of($"""
            <article class="ss-query"><h3>{number}. {item.Label ?? item.Id}</h3>
            <p>{right} of {hits.Length} hits right; average precision {ReportHtml.Number(figures.AveragePrecisions[query])} over all {figures.RelevantCounts[query]} right items</p>
            <ul class="ss-hits{(texts ? " ss-lines" : "")}">{Card("ss-is-query", "Query", item, item.Id, item.Label ?? "", sounds)}{Html.Join(hits.Select(h => Hit(figures.IsRelevant(query, h), h, sounds)))}</ul></article>
            """);
    }

    private static Html Hit(bool right, Hit hit, ReportSounds sounds) => Card(
        right ? "ss-is-right" : "ss-is-wrong", right ? $"✓ {hit.Rank}. right" : $"✗ {hit.Rank}. wrong", hit.Item, hit.Id, hit.Item?.Label ?? "no label", sounds, FormattableString.Invariant($"score {hit.Score:0.000}"));

    private static Html Card(string style, string verdict, Item? item, string id, string label, ReportSounds sounds, string score = "") =>
        Html.Of($"<li class=\"{style}\"><span class=\"ss-verdict\">{verdict}</span>{(item is null ? Html.Empty : sounds.Image(item))}<span class=\"ss-label\">{label}</span>{ReportHtml.Words(item)}<span class=\"ss-id\">{id}</span>{(score.Length > 0 ? Html.Of($"<span class=\"ss-id\">{score}</span>") : Html.Empty)}{(item is null ? Html.Empty : sounds.Player(item))}</li>");
}
