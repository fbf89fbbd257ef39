using System.Globalization;
using System.Text;
using SimSearch.Datasets;
using SimSearch.Indexing;

namespace SimSearch.Charts;

/// <summary>What a search found, in a notebook: a table for each query, to read and to listen to.</summary>
internal static class ResultView
{
    private const int MaxQueries = 5, MaxHits = 10;

    public static Html Markup(SearchResult result)
    {
        int queries = Math.Min(result.Queries, MaxQueries);
        var tables = Enumerable.Range(0, queries).Select(query => (Query: query, Item: QueryItem(result, query), Hits: (Hit[])[.. result.Hits(query).Take(MaxHits)])).ToArray();
        int wanted = result.Root is null ? 0 : tables.Sum(t => t.Hits.Count(h => h.Item is not null) + (t.Item is null ? 0 : 1));
        var player = new Players(result.Root is { } root ? new ReportSounds(new Dataset("hits", root, []), Math.Min(wanted, NotebookViews.MaxSounds), NotebookViews.SmallSounds) : null);
        var pieces = tables.Select(t => Table(result, t.Query, t.Item, t.Hits, player)).ToList();
        string more = string.Join(" ", new[]
        {
            result.Queries > queries ? $"The first {queries} of {result.Queries} queries are shown." : "", result.K > MaxHits ? $"The first {MaxHits} of {result.K} hits are shown." : "",
            player.Left > 0 ? $"The first {NotebookViews.MaxSounds} {(tables[0].Hits.All(h => h.Item?.IsImage == true) ? "images are shown" : "sounds can be played")} here." : "",
        }.Where(s => s.Length > 0));
        string score = result.Metric switch { Metric.Cosine => "cosine similarity: 1 is the same direction, 0 unrelated", Metric.InnerProduct => "inner product: higher is nearer", _ => "squared Euclidean distance: lower is nearer" };
        pieces.Add(Html.Of($"<p class=\"ss-note\">Score: {score}; a longer bar is nearer. {more}</p>"));
        return Html.Join(pieces);
    }

    public static string Text(SearchResult result)
    {
        var text = new StringBuilder().Append(CultureInfo.InvariantCulture, $"{result.Queries} {(result.Queries == 1 ? "query" : "queries")}, {result.K} nearest by {result.Metric.Name()}");
        for (int query = 0; query < Math.Min(result.Queries, MaxQueries); query++)
        {
            text.Append("\n").Append(Html.Clean(NameOf(result, query)));
            var item = QueryItem(result, query);
            foreach (var hit in result.Hits(query).Take(MaxHits))
                text.Append(CultureInfo.InvariantCulture, $"\n  {hit.Rank,2}. {hit.Score,9:0.0000}  {Html.Clean(hit.Id)}{(hit.Item?.Label is { } label ? $" ({Html.Clean(label)}{(IsRight(item, hit) is { } right ? right ? ", right" : ", wrong" : "")})" : "")}{(hit.Item?.Text is null ? "" : $" {Html.Clean(hit.Item.Excerpt())}")}");
        }
        if (result.Queries > MaxQueries) text.Append(CultureInfo.InvariantCulture, $"\n... and {result.Queries - MaxQueries} more queries");
        return text.ToString();
    }

    private static Html Table(SearchResult result, int query, Item? item, Hit[] hits, Players players)
    {
        // Bars are to compare the hits of one query: similarities from 0, distances from a little beyond the farthest shown.
        double far = hits.Select(h => (double)h.Score).Where(double.IsFinite).DefaultIfEmpty(0).Max() * (result.Metric == Metric.L2 ? 1.1 : 1);
        double Nearness(float score) => result.Metric switch { Metric.Cosine => score, Metric.InnerProduct => far > 0 ? score / far : 0, _ => far > 0 ? 1 - score / far : 1 };
        var marks = hits.Select(h => IsRight(item, h)).ToArray();
        string summary = marks.Any(m => m is not null) ? $"{marks.Count(m => m == true)} of {hits.Length} hits right" : "";
        // Texts have words instead of a stretch of time; a sound with a transcript has both.
        bool words = hits.Any(h => h.Item?.Text is not null), images = hits.Length > 0 && hits.All(h => h.Item?.IsImage == true), times = !(words && hits.All(h => h.Item?.IsText == true));
        Html Words(Hit hit) => words ? Html.Of($"<td>{ReportHtml.Words(hit.Item)}</td>") : Html.Empty;
        Html Sound(Hit hit) => times ? Html.Of($"{(images ? Html.Empty : Html.Of($"<td class=\"ss-number\">{Stretch(hit.Item)}</td>"))}{(hit.Item is null ? Players.None : players.Cells(hit.Item))}") : Html.Empty;
        string name = NameOf(result, query), label = item?.Label ?? "";
        Html own = item is null ? Html.Empty : players.Cells(item);
        Html rows = Html.Join(hits.Select((hit, i) => Html.Of($"""
            <tr><td class="ss-number">{hit.Rank}</td><td>{Mark(marks[i])}</td><td>{hit.Item?.Label}</td><td class="ss-number">{hit.Score:0.0000}</td><td>{ReportHtml.Bar(Nearness(hit.Score))}</td>{Words(hit)}<td class="ss-id">{hit.Id}</td>{Sound(hit)}</tr>
            """)));
        return Html.Of($"""
            <p><strong>Query {name}</strong>{(label.Length > 0 ? $" ({label})" : "")}{(summary.Length > 0 ? $": {summary}" : "")}</p>{(!own.IsEmpty && own.ToString() != Players.None.ToString() ? Html.Of($"<table><tbody><tr>{own}</tr></tbody></table>") : Html.Empty)}
            <table><thead><tr><th class="ss-number">Rank</th><th></th><th>Label</th><th class="ss-number">Score</th><th></th>{(words ? Html.Of($"<th>Text</th>") : Html.Empty)}<th>Id</th>{(times ? Html.Of($"{(images ? Html.Empty : Html.Of($"<th class=\"ss-number\">Seconds</th>"))}<th></th><th></th>") : Html.Empty)}</tr></thead><tbody>{rows}</tbody></table>{(hits.Length == 0 ? Html.Of($"<p>Nothing was found.</p>") : Html.Empty)}
            """);
    }

    private static Html Mark(bool? right) => right switch
    {
        true => Html.Of($"<span class=\"ss-right\">✓ right</span>"),
        false => Html.Of($"<span class=\"ss-wrong\">✗ wrong</span>"),
        null => Html.Empty,
    };

    private static string Stretch(Item? item) => item switch
    {
        null => "",
        { Duration: { } d } => FormattableString.Invariant($"{item.Start:0.##}–{item.Start + d:0.##}"),
        { Start: > 0 } => FormattableString.Invariant($"{item.Start:0.##}–end"),
        _ => "whole",
    };

    private static string NameOf(SearchResult result, int query) =>
        ItemText.OneLine(QueryItem(result, query) is { Text: { } text } && text != result.NameOf(query) ? $"{result.NameOf(query)}: {text}" : result.NameOf(query), 200);

    private static Item? QueryItem(SearchResult result, int query) => result.QueryItems?[query];

    private static bool? IsRight(Item? query, Hit hit) => query?.Label is null || hit.Item?.Label is null ? null : hit.Item.Labels.Intersect(query.Labels, StringComparer.Ordinal).Any();

    /// <summary>Two cells with spectrogram and player, as long as there is room.</summary>
    private sealed class Players(ReportSounds? sounds)
    {
        public static readonly Html None = Html.Of($"<td></td><td></td>");
        private int shown;

        /// <summary>How many sounds found no room.</summary>
        public int Left { get; private set; }

        public Html Cells(Item item)
        {
            if (sounds is null) return None;
            if (shown == NotebookViews.MaxSounds)
            {
                Left++;
                return None;
            }
            if (!sounds.Shows(item)) return None; // ready-made vectors, or a file that is gone
            shown++;
            return Html.Of($"<td>{sounds.Image(item)}</td><td class=\"ss-id\">{sounds.Player(item)}</td>");
        }
    }
}
