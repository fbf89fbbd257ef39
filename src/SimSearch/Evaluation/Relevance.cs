using SimSearch.Datasets;

namespace SimSearch.Evaluation;

/// <summary>Labels, groups and ids as numbers: who is relevant to whom, and who is left out.</summary>
internal sealed class Relevance
{
    private readonly Dictionary<string, int> labelNumbers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> groupNumbers = new(StringComparer.Ordinal);
    private readonly List<int[]> rowsOfLabel = [];
    private readonly int[] galleryGroups;
    private readonly int[] groupSizes;
    private readonly Dictionary<string, int>? rowOfId;
    private readonly bool leaveOneOut, sameGroup;

    public Relevance(IReadOnlyList<Item> gallery, bool leaveOneOut, EvaluationOptions options)
    {
        (this.leaveOneOut, sameGroup) = (leaveOneOut, options.ExcludeSameGroup);
        FirstLabels = new int[gallery.Count];
        galleryGroups = new int[gallery.Count];
        var rows = new List<List<int>>();
        for (int row = 0; row < gallery.Count; row++)
        {
            FirstLabels[row] = -1;
            galleryGroups[row] = gallery[row].Group is { } group ? Number(groupNumbers, group) : -1;
            for (int i = 0; i < gallery[row].Labels.Count; i++)
            {
                int label = Number(labelNumbers, gallery[row].Labels[i]);
                if (i == 0) FirstLabels[row] = label;
                if (label == rows.Count) rows.Add([]);
                if (rows[label].Count == 0 || rows[label][^1] != row) rows[label].Add(row);
            }
        }
        rowsOfLabel = [.. rows.Select(list => list.ToArray())];
        groupSizes = new int[groupNumbers.Count];
        foreach (int group in galleryGroups)
            if (group >= 0) groupSizes[group]++;
        if (options.ExcludeSelf && !leaveOneOut)
        {
            rowOfId = new(gallery.Count, StringComparer.Ordinal);
            for (int row = 0; row < gallery.Count; row++) rowOfId.TryAdd(gallery[row].Id, row);
        }
    }

    /// <summary>Number of the first label of each gallery row, -1 without one.</summary>
    public int[] FirstLabels { get; }

    /// <summary>What one query needs to know.</summary>
    /// <param name="item">The query.</param>
    /// <param name="row">Its row in the gallery under leave-one-out.</param>
    public QueryView View(Item item, int row)
    {
        int self = leaveOneOut ? row : rowOfId is not null && rowOfId.TryGetValue(item.Id, out int found) ? found : -1;
        int group = sameGroup && item.Group is not null ? groupNumbers.GetValueOrDefault(item.Group, -1) : -1;
        var view = new QueryView(this, self, group, item.Label is { } label ? labelNumbers.GetValueOrDefault(label, -2) : -2);
        var labels = item.Labels.Select(l => labelNumbers.GetValueOrDefault(l, -1)).Where(l => l >= 0).Distinct().ToArray();
        IEnumerable<int> candidates = labels.Length switch
        {
            0 => [],
            1 => rowsOfLabel[labels[0]],
            _ => labels.SelectMany(l => rowsOfLabel[l]).Distinct().Order(),
        };
        view.RelevantRows = [.. candidates.Where(r => !view.IsExcluded(r))];
        return view;
    }

    private static int Number(Dictionary<string, int> numbers, string text)
    {
        if (!numbers.TryGetValue(text, out int number)) numbers.Add(text, number = numbers.Count);
        return number;
    }

    /// <summary>One query's side of it.</summary>
    internal sealed class QueryView(Relevance owner, int self, int group, int firstLabel)
    {
        /// <summary>Number of the query's first label; -2 when the gallery has none like it.</summary>
        public int FirstLabel => firstLabel;

        /// <summary>Relevant rows that are not excluded, ascending.</summary>
        public int[] RelevantRows { get; set; } = [];

        /// <summary>Rows the protocol leaves out.</summary>
        public int ExcludedCount => (group >= 0 ? owner.groupSizes[group] : 0) + (self >= 0 && (group < 0 || owner.galleryGroups[self] != group) ? 1 : 0);

        /// <summary>Whether the protocol leaves a row out.</summary>
        public bool IsExcluded(long row) => row == self || (group >= 0 && owner.galleryGroups[row] == group);
    }
}
