using System.Runtime.InteropServices;

namespace SimSearch.Datasets;

/// <summary>Assigns groups of items to the parts of a split; see <see cref="Dataset.Split"/> for the rule.</summary>
internal static class Splitter
{
    private sealed record Unit(string Key, List<int> Items);

    /// <summary>The part of every item, 0 .. fractions.Length - 1.</summary>
    public static int[] Assign(Dataset dataset, double[] fractions, SplitOptions options)
    {
        int parts = fractions.Length;
        var units = Units(dataset, options.ByGroup);
        if (units.Count < parts)
        {
            string what = options.ByGroup ? "groups (items without a group count by source)" : "items";
            throw new SimSearchException($"data set '{dataset.Name}' has {units.Count} {what}, fewer than the {parts} parts asked for; ask for fewer parts{(options.ByGroup ? " or divide without regard to groups" : "")}");
        }
        new SeededRandom((ulong)options.Seed).Shuffle(CollectionsMarshal.AsSpan(units));
        var ordered = units.OrderByDescending(u => u.Items.Count).ToArray();

        // Slot 0 counts all items, the others one label each.
        var slotOf = new Dictionary<string, int>(StringComparer.Ordinal);
        if (options.Stratify) foreach (string label in dataset.Labels) slotOf.Add(label, slotOf.Count + 1);
        int slots = slotOf.Count + 1;
        int[][] slotsOf = [.. dataset.Items.Select(i => (int[])[0, .. options.Stratify ? i.Labels.Distinct().Select(l => slotOf[l]) : []])];
        var total = new double[slots];
        foreach (int[] own in slotsOf) foreach (int s in own) total[s]++;
        double sum = fractions.Sum();
        var missing = new double[parts, slots];
        for (int p = 0; p < parts; p++) for (int s = 0; s < slots; s++) missing[p, s] = fractions[p] / sum * total[s];

        var partOf = new int[dataset.Count];
        var unitsIn = new int[parts];
        var counts = new int[slots];
        foreach (var unit in ordered)
        {
            var touched = new List<int>();
            foreach (int s in unit.Items.SelectMany(n => slotsOf[n])) if (counts[s]++ == 0) touched.Add(s);
            int best = Enumerable.Range(0, parts).MinBy(p => (touched.Sum(s => (counts[s] * (double)counts[s] - 2 * counts[s] * missing[p, s]) / total[s]), -missing[p, 0]));
            foreach (int n in unit.Items) partOf[n] = best;
            foreach (int s in touched)
            {
                missing[best, s] -= counts[s];
                counts[s] = 0;
            }
            unitsIn[best]++;
        }
        FillEmptyParts(ordered, partOf, unitsIn);
        return partOf;
    }

    private static List<Unit> Units(Dataset dataset, bool byGroup)
    {
        var units = new Dictionary<string, Unit>(StringComparer.Ordinal);
        var groupOf = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var item in dataset.Items)
        {
            if (item.Group is not { } group) continue;
            ref string? first = ref CollectionsMarshal.GetValueRefOrAddDefault(groupOf, item.Source, out bool seen);
            if (!seen || string.CompareOrdinal(group, first) < 0) first = group;
        }
        for (int n = 0; n < dataset.Count; n++)
        {
            var item = dataset.Items[n];
            // The prefix keeps a group and a source of the same name apart.
            string key = !byGroup ? item.Id : (item.Group ?? groupOf.GetValueOrDefault(item.Source)) is { } group ? "g" + group : "s" + item.Source;
            ref var unit = ref CollectionsMarshal.GetValueRefOrAddDefault(units, key, out _);
            (unit ??= new Unit(key, [])).Items.Add(n);
        }
        // By key, so that the result does not depend on the order of the items.
        return [.. units.Values.OrderBy(u => u.Key, StringComparer.Ordinal)];
    }

    /// <summary>A part whose share is less than half a group gets nothing by the rule; it is given the smallest group of the part that has most.</summary>
    private static void FillEmptyParts(Unit[] ordered, int[] partOf, int[] unitsIn)
    {
        for (int p = 0; p < unitsIn.Length; p++)
        {
            if (unitsIn[p] > 0) continue;
            int richest = Array.IndexOf(unitsIn, unitsIn.Max());
            var moved = ordered.Last(u => partOf[u.Items[0]] == richest);
            foreach (int n in moved.Items) partOf[n] = p;
            unitsIn[richest]--;
            unitsIn[p]++;
        }
    }
}
