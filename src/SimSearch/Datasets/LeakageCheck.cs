using System.Text;

namespace SimSearch.Datasets;

/// <summary>In which way two sides of a split have something in common, worst first.</summary>
public enum LeakageKind
{
    /// <summary>The same item is on both sides.</summary>
    SameId,

    /// <summary>Stretches of one file on both sides cover the same moments.</summary>
    OverlappingSegments,

    /// <summary>The content (decoded samples) of items on both sides is equal.</summary>
    SameContent,

    /// <summary>Different stretches of one file are on both sides.</summary>
    SameSource,

    /// <summary>A group (fold, speaker, recording) is on both sides.</summary>
    SameGroup,
}

/// <summary>One thing that both sides of a split have in common.</summary>
/// <param name="Kind">In which way.</param>
/// <param name="Key">What they have in common: the id, the path, the hash or the group.</param>
/// <param name="Train">The items concerned on the first side; at least one.</param>
/// <param name="Test">The items concerned on the second side; at least one.</param>
public sealed record LeakageFinding(LeakageKind Kind, string Key, IReadOnlyList<Item> Train, IReadOnlyList<Item> Test);

/// <summary>What a leakage check found.</summary>
public sealed class LeakageReport
{
    internal LeakageReport(string train, string test, IReadOnlyList<LeakageFinding> findings) => (TrainName, TestName, Findings) = (train, test, findings);

    /// <summary>Name of the first side.</summary>
    public string TrainName { get; }

    /// <summary>Name of the second side.</summary>
    public string TestName { get; }

    /// <summary>The findings, worst kind first, then in ordinal order of their keys; none when the sides are clean.</summary>
    public IReadOnlyList<LeakageFinding> Findings { get; }

    /// <summary>Whether nothing was found.</summary>
    public bool IsClean => Findings.Count == 0;

    /// <summary>A page for people: how many findings of each kind, and up to five of each with the items concerned.</summary>
    public override string ToString()
    {
        if (IsClean) return $"no leakage between '{TrainName}' and '{TestName}'";
        static string Names(IReadOnlyList<Item> items) => string.Join(", ", items.Take(3).Select(i => i.Id)) + (items.Count > 3 ? $" and {items.Count - 3} more" : "");
        var text = new StringBuilder($"leakage between '{TrainName}' and '{TestName}': {Findings.Count} findings\n");
        foreach (var kind in Findings.GroupBy(f => f.Kind))
        {
            text.Append($"  {Words(kind.Key)}: {kind.Count()}\n");
            foreach (var finding in kind.Take(5)) text.Append($"    {Dataset.Printable(finding.Key)}: {Names(finding.Train)} | {Names(finding.Test)}\n");
            if (kind.Count() > 5) text.Append($"    and {kind.Count() - 5} more\n");
        }
        return text.ToString();
    }

    private static string Words(LeakageKind kind) => kind switch
    {
        LeakageKind.SameId => "same item",
        LeakageKind.OverlappingSegments => "overlapping stretches of one file",
        LeakageKind.SameContent => "same content",
        LeakageKind.SameSource => "stretches of one file",
        _ => "same group",
    };
}

/// <summary>Looks for what makes figures on a test set too good: things that are also in the training set (or gallery).</summary>
public static class LeakageCheck
{
    /// <summary>Compares the two sides by id, file, group and, when asked, content.</summary>
    /// <param name="train">The side that is learned from or searched in.</param>
    /// <param name="test">The side that is tested with.</param>
    /// <param name="contentHash">
    /// A hash of an item's content, such as of its decoded samples, so that a copy under another name is found; null for an item that has none.
    /// Called once for each item of both sides. By default content is not looked at.
    /// </param>
    /// <returns>One finding for each id, file, hash and group that both sides have. An item that is on both sides is reported as such only, not again for its file; equal content is reported only where the file differs.</returns>
    /// <remarks>Time grows with n log n. Files are compared by absolute path; a link to a file is another path, which only the content shows.</remarks>
    public static LeakageReport Find(Dataset train, Dataset test, Func<Item, string?>? contentHash = null)
    {
        ArgumentNullException.ThrowIfNull(train);
        ArgumentNullException.ThrowIfNull(test);
        var findings = new List<LeakageFinding>();
        findings.AddRange(Common(train, test, i => i.Id, i => i.Id).Select(c => new LeakageFinding(LeakageKind.SameId, c.Key, c.Train, c.Test)));
        var same = findings.Select(f => f.Key).ToHashSet(StringComparer.Ordinal);
        foreach (var (path, left, right) in Common(train, test, train.PathOf, test.PathOf))
        {
            if (left.Concat(right).All(i => same.Contains(i.Id))) continue;
            var (a, b) = Overlapping(left, right);
            findings.Add(a.Count > 0 ? new LeakageFinding(LeakageKind.OverlappingSegments, path, a, b) : new LeakageFinding(LeakageKind.SameSource, path, left, right));
        }
        if (contentHash is not null)
        {
            foreach (var (hash, left, right) in Common(train, test, contentHash, contentHash))
            {
                string[] paths = [.. left.Select(train.PathOf).Concat(right.Select(test.PathOf)).Distinct(StringComparer.Ordinal)];
                if (paths.Length > 1) findings.Add(new LeakageFinding(LeakageKind.SameContent, hash, left, right));
            }
        }
        findings.AddRange(Common(train, test, i => i.Group, i => i.Group).Select(c => new LeakageFinding(LeakageKind.SameGroup, c.Key, c.Train, c.Test)));
        return new LeakageReport(train.Name, test.Name, [.. findings.OrderBy(f => f.Kind).ThenBy(f => f.Key, StringComparer.Ordinal)]);
    }

    private static IEnumerable<(string Key, List<Item> Train, List<Item> Test)> Common(Dataset train, Dataset test, Func<Item, string?> trainKey, Func<Item, string?> testKey)
    {
        static Dictionary<string, List<Item>> Grouped(Dataset set, Func<Item, string?> key) =>
            set.Items.Select(i => (Key: key(i), Item: i)).Where(k => k.Key is not null).GroupBy(k => k.Key!, k => k.Item, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.ToList(), StringComparer.Ordinal);
        var left = Grouped(train, trainKey);
        foreach (var (key, items) in Grouped(test, testKey))
            if (left.TryGetValue(key, out var other)) yield return (key, other, items);
    }

    /// <summary>The items of each side of one file that share a moment with one of the other side. Stretches that only touch do not.</summary>
    private static (List<Item> Train, List<Item> Test) Overlapping(List<Item> train, List<Item> test)
    {
        static double End(Item i) => i.Duration is { } length ? i.Start + length : double.PositiveInfinity;
        static List<Item> Touched(List<Item> items, List<Item> others)
        {
            // The others in order of their begin, with the latest end among those that began before: an item overlaps one of them
            // exactly when, of those that begin before it ends, one ends after it begins.
            var byStart = others.OrderBy(o => o.Start).ToArray();
            var latestEnd = new double[byStart.Length];
            for (int i = 0; i < byStart.Length; i++) latestEnd[i] = Math.Max(i > 0 ? latestEnd[i - 1] : 0, End(byStart[i]));
            double[] starts = [.. byStart.Select(o => o.Start)];
            // Rounding of start + length must not make neighbours overlap.
            const double Tolerance = 1e-6;
            return [.. items.Where(i =>
            {
                int at = Array.BinarySearch(starts, End(i) - Tolerance);
                if (at < 0) at = ~at;
                while (at > 0 && starts[at - 1] >= End(i) - Tolerance) at--;
                return at > 0 && latestEnd[at - 1] > i.Start + Tolerance;
            })];
        }
        return (Touched(train, test), Touched(test, train));
    }
}
