using System.Globalization;
using SimSearch.Datasets;
using SimSearch.Storage;

namespace SimSearch.Embedding;

/// <summary>Makes items for ready-made vectors: from their row numbers, or from a table with one line per row.</summary>
internal static class RowItems
{
    /// <summary>Items whose ids are row numbers, padded so that they sort as numbers.</summary>
    public static IReadOnlyList<Item> Numbered(string source, int rows)
    {
        var items = new Item[rows];
        for (int i = 0; i < rows; i++) items[i] = new Item { Id = Id(i), Source = source };
        return items;
    }

    /// <summary>Items from a table; every column that is not the id, label or group becomes metadata.</summary>
    public static IReadOnlyList<Item> Read(string path, string source, long rows, string? labelColumn, string? groupColumn, string? idColumn)
    {
        using var csv = new CsvTable(path);
        int label = Column(csv, labelColumn, "label"), group = Column(csv, groupColumn, "group"), id = Column(csv, idColumn, "id");
        int[] others = [.. Enumerable.Range(0, csv.Columns.Count).Where(c => c != label && c != group && c != id)];
        var items = new List<Item>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        while (csv.Read())
        {
            if (items.Count == rows) throw new SimSearchException($"{path}: has more lines than the {rows} vectors; there must be one line per vector, in the same order");
            var item = new Item
            {
                Id = id < 0 ? Id(items.Count) : csv.Field(id) ?? "",
                Source = source,
                Labels = csv.Field(label) is { } l ? [l] : [],
                Group = csv.Field(group),
                Metadata = others.Where(c => csv.Field(c) is not null).ToDictionary(c => csv.Columns[c], c => csv.Field(c)!, StringComparer.Ordinal),
            };
            if (item.Id.Length == 0 || !seen.Add(item.Id)) throw new SimSearchException($"{path}, line {csv.Line}: id '{item.Id}' is empty or used twice; name another id column");
            items.Add(item);
        }
        return items.Count == rows ? items : throw new SimSearchException($"{path}: {items.Count} lines for {rows} vectors; there must be one line per vector, in the same order");
    }

    private static string Id(int row) => string.Create(CultureInfo.InvariantCulture, $"row-{row:D8}");

    private static int Column(CsvTable csv, string? asked, string usual)
    {
        int index = csv.IndexOf(asked ?? usual);
        return index >= 0 || asked is null ? index : throw new SimSearchException($"{csv.Path}: there is no column '{asked}'; the columns are {string.Join(", ", csv.Columns)}");
    }
}
