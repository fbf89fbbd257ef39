namespace SimSearch.Datasets;

public sealed partial class Dataset
{
    private IReadOnlyList<string>? labels;
    private IReadOnlyList<string>? groups;

    /// <summary>Every label that occurs, each once, in ordinal order.</summary>
    public IReadOnlyList<string> Labels => labels ??= Distinct(Items.SelectMany(i => i.Labels));

    /// <summary>Every group that occurs, each once, in ordinal order; items without a group add none.</summary>
    public IReadOnlyList<string> Groups => groups ??= Distinct(Items.Select(i => i.Group).OfType<string>());

    /// <summary>Whether every item is an image by its file's name; false for an empty data set.</summary>
    public bool HoldsImages => Count > 0 && Items.All(item => item.IsImage);

    /// <summary>How many items carry each label, in the order of <see cref="Labels"/>; an item with two labels counts for both.</summary>
    public IReadOnlyDictionary<string, int> CountsByLabel
    {
        get
        {
            var counts = new SortedDictionary<string, int>(StringComparer.Ordinal);
            foreach (string label in Items.SelectMany(i => i.Labels.Distinct())) counts[label] = counts.GetValueOrDefault(label) + 1;
            return counts;
        }
    }

    /// <summary>The items that meet a condition, in the same order, under the same root.</summary>
    /// <param name="condition">Says which items stay.</param>
    /// <param name="name">Name of the new data set; by default this one's.</param>
    public Dataset Where(Func<Item, bool> condition, string? name = null) => new(name ?? Name, Root, [.. Items.Where(condition)]);

    /// <summary>The same items with other groups: by recording, speaker, place or whatever must stay together in the question at hand.</summary>
    /// <param name="groupOf">The new group of an item; null for none.</param>
    public Dataset GroupedBy(Func<Item, string?> groupOf)
    {
        ArgumentNullException.ThrowIfNull(groupOf);
        return new Dataset(Name, Root, [.. Items.Select(item => item with { Group = groupOf(item) })]);
    }

    /// <summary>The item with an id.</summary>
    /// <exception cref="SimSearchException">No item has it.</exception>
    public Item this[string id] => Find(id) ?? throw new SimSearchException($"data set '{Name}' has no item '{id}'; ids look like '{(Count > 0 ? Items[0].Id : "(none: it is empty)")}'");

    /// <summary>The item with an id, or null. The first call builds a table of the ids.</summary>
    public Item? Find(string id) => (byId ??= Items.ToDictionary(i => i.Id, StringComparer.Ordinal)).GetValueOrDefault(id);

    private Dictionary<string, Item>? byId;

    /// <summary>Name and counts in one line.</summary>
    public override string ToString()
    {
        static string Counted(int n, string what) => n == 1 ? $"1 {what}" : $"{n} {what}s";
        return $"{Name}: {Counted(Count, "item")}, {Counted(Labels.Count, "label")}, {Counted(Groups.Count, "group")}";
    }

    private static string[] Distinct(IEnumerable<string> values) => [.. values.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
}
