using System.Security.Cryptography;
using System.Text;
using SimSearch.Datasets;
using SimSearch.Embedding;

namespace SimSearch.Charts;

/// <summary>The sounds of a projection's points: players with ids, and which point leads to which. Without any script a point is a link to its player.</summary>
internal static class PlayablePoints
{
    /// <summary>The same with sounds from the projection's own folder.</summary>
    public static (IReadOnlyList<string?>? Targets, Html Players) Of(Projection projection, SoundLimits limits, int most, CancellationToken cancellation = default) => projection.Root is { } root
        ? Build(projection, new ReportSounds(new Dataset("projection", root, []), Math.Min(most, projection.Count), limits, cancellation), most)
        : (null, Html.Empty);

    /// <summary>Makes players for points of all classes in turn.</summary>
    /// <param name="projection">The points.</param>
    /// <param name="sounds">Loads the sounds; it was told to expect <paramref name="most"/>.</param>
    /// <param name="most">Most players.</param>
    /// <returns>For each point the id of its player or null, and the players; null and empty when nothing can be played.</returns>
    public static (IReadOnlyList<string?>? Targets, Html Players) Build(Projection projection, ReportSounds sounds, int most)
    {
        var targets = new string?[projection.Count];
        var players = new List<(string Name, Html Player)>();
        // Two projections on one page, of a notebook say, must not lead to each other's players.
        string prefix = "ss-p" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', projection.Items.Select(i => i.Id).Prepend(projection.ToString())))))[..8];
        int tried = 0;
        foreach (int row in InTurn(projection))
        {
            if (players.Count == most || (players.Count == 0 && tried++ == 8)) break; // where eight cannot be read the others will not be there either
            var item = projection.Items[row];
            if (!sounds.Shows(item)) continue;
            targets[row] = $"{prefix}-{row}";
            players.Add((item.Label ?? "", Html.Of($"<li id=\"{targets[row]}\">{(item.Label is { } label ? $"{label}: " : "")}<span class=\"ss-id\">{item.Id}</span>{(item.IsImage ? sounds.Image(item) : sounds.Player(item))}</li>")));
        }
        if (players.Count == 0) return (null, Html.Empty);
        bool images = projection.Items.All(i => i.IsImage), some = players.Count < projection.Count;
        string which = $"{(some ? $"{players.Count} of the {projection.Count} points" : "Every point")} {(images ? some ? "show their image" : "shows its image" : some ? "play" : "plays")}";
        return (targets, Html.Of($"<details class=\"ss-numbers\"><summary>{which} on click or with the Enter key; all {(images ? "images" : "sounds")} as a list</summary><ul>{Html.Join(players.OrderBy(p => p.Name, StringComparer.Ordinal).Select(p => p.Player))}</ul></details>"));
    }

    /// <summary>The first of each class, then the second of each, and so on, with the items of a class spread evenly.</summary>
    private static IEnumerable<int> InTurn(Projection projection)
    {
        var classes = Chart.ByLabel(projection).Select(c => (int[])[.. Spread(c.Rows.Length).Select(i => c.Rows[i])]).ToArray();
        for (int i = 0; i < classes.Max(c => c.Length); i++)
            foreach (int[] rows in classes)
                if (i < rows.Length) yield return rows[i];
    }

    /// <summary>0 to n - 1 so that every beginning is spread over all of it: bits of the counter in reverse.</summary>
    private static IEnumerable<int> Spread(int n)
    {
        int bits = n <= 1 ? 0 : 32 - int.LeadingZeroCount(n - 1);
        for (int i = 0; i < 1 << bits; i++)
        {
            int reversed = 0;
            for (int bit = 0; bit < bits; bit++) reversed |= ((i >> bit) & 1) << (bits - 1 - bit);
            if (reversed < n) yield return reversed;
        }
    }
}
