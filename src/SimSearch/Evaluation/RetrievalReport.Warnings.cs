using System.Globalization;

namespace SimSearch.Evaluation;

public sealed partial class RetrievalReport
{
    /// <summary>Below this, what the index misses shows in every other figure.</summary>
    private const double LowAnnRecall = 0.9;

    /// <summary>What a reader must know before trusting the figures, one sentence each; empty when there is nothing.</summary>
    public IReadOnlyList<string> Warnings => [.. Reservations()];

    /// <summary>That queries are among what the embedder was trained on; null when none are known to be.</summary>
    internal string? Learned { get; set; }

    private IEnumerable<string> Reservations()
    {
        if (Learned is { } learned) yield return learned;
        var classes = QueryItems.Concat(Neighbours.Items ?? []).Select(item => item.Label).OfType<string>().Distinct(StringComparer.Ordinal).Take(2).ToArray();
        if (classes.Length == 1)
            yield return $"every item has the label '{classes[0]}', so every hit is right by definition; give a folder with one sub-folder a class";
        if (classes.Length > 1 && QueriesWithoutRelevant > 0 && Protocol.NoRelevant == NoRelevant.CountAsZero)
            yield return string.Create(CultureInfo.InvariantCulture, $"{QueriesWithoutRelevant} of the queries {(QueriesWithoutRelevant == 1 ? "has" : "have")} no other item of the same class to find, and count as 0, which lowers every figure; give such classes more items, or leave them out");
        if (Protocol.ExcludeSameGroup && !Protocol.GroupsKnown)
            yield return "no item has a group (fold, speaker, recording), so excluding the same group excludes nothing; a table can name one for each file (--group-column)";
        if (QueriesInGallery > 0 && !Protocol.LeaveOneOut)
            yield return string.Create(CultureInfo.InvariantCulture, $"{QueriesInGallery} of the queries lie in the gallery too and find themselves there");
        if (AnnRecall is { } recall && recall[Ks[^1]] is { Value: < LowAnnRecall } found)
            yield return string.Create(CultureInfo.InvariantCulture,
                $"the index found only {100 * found.Value:0} % of the true {Ks[^1]} nearest neighbours (ANN recall), which lowers all other figures; search wider, for example with {Wider()}");
    }

    private string Wider() => Protocol.Parameters.Keys.FirstOrDefault(name => name is "nprobe" or "efSearch") is { } name
        ? string.Create(CultureInfo.InvariantCulture, $"--param {name}={Protocol.Parameters[name] * 4:0}")
        : "another factory string";
}
