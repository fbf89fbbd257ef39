namespace SimSearch.Datasets;

/// <summary>A named list of items and the folder their sources are relative to.</summary>
[TypeFormatterSource(typeof(NotebookFormatterSource<Dataset>), PreferredMimeTypes = ["text/html", "text/plain"])]
public sealed partial class Dataset
{
    /// <summary>Makes a data set from items.</summary>
    /// <param name="name">Short name for people, for example "esc10".</param>
    /// <param name="root">Folder that relative sources start from.</param>
    /// <param name="items">The items; ids must be unique and not empty.</param>
    /// <exception cref="SimSearchException">Two items share an id, or an id is empty.</exception>
    public Dataset(string name, string root, IReadOnlyList<Item> items)
    {
        Name = name;
        Root = Path.GetFullPath(root);
        Items = items;
        var seen = new HashSet<string>(items.Count, StringComparer.Ordinal);
        foreach (var item in items)
        {
            if (item.Id.Length == 0) throw new SimSearchException($"data set '{name}': the item of source '{item.Source}' has an empty id; give every item one");
            if (!seen.Add(item.Id)) throw new SimSearchException($"data set '{name}': id '{item.Id}' is used twice; ids must be unique");
        }
    }

    /// <summary>Short name for people.</summary>
    public string Name { get; }

    /// <summary>Absolute folder that relative sources start from.</summary>
    public string Root { get; }

    /// <summary>The items, in a stable order.</summary>
    public IReadOnlyList<Item> Items { get; }

    /// <summary>Number of items.</summary>
    public int Count => Items.Count;

    /// <summary>The absolute path of an item's file.</summary>
    public string PathOf(Item item) => Path.GetFullPath(Path.Combine(Root, item.Source));
}
