using System.Globalization;
using SimSearch.Datasets;
using SimSearch.Storage;

namespace SimSearch.Text;

/// <summary>Data sets of texts: one text a row of a table. The text of an item is in its metadata, under <see cref="Key"/>.</summary>
public static class TextTable
{
    /// <summary>Where an item keeps its text.</summary>
    public const string Key = ItemText.Key;

    private static readonly string[] LabelNames = ["label", "labels", "category", "class"], GroupNames = ["group"], SplitNames = ["split"];

    /// <summary>Reads texts from a table with a header line (UTF-8; quotes as in RFC 4180; rows of up to 4 MiB).</summary>
    /// <param name="path">The table.</param>
    /// <param name="textColumn">Column with the text.</param>
    /// <param name="columns">Columns of label, group, split and id; null looks for the usual names. File, start and duration are not used.</param>
    /// <returns>One item a row, named after the table and the row (train#00000007) unless there is a column id.</returns>
    /// <exception cref="SimSearchException">The table cannot be read, or a column is missing.</exception>
    public static Dataset FromCsv(string path, string textColumn = Key, CsvColumns? columns = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentException.ThrowIfNullOrEmpty(textColumn);
        columns ??= new CsvColumns();
        using var csv = new CsvTable(path, columns.Delimiter);
        int Column(string? asked, params string[] usual)
        {
            int at = (asked is null ? usual : [asked]).Select(csv.IndexOf).FirstOrDefault(c => c >= 0, -1);
            return at >= 0 || asked is null ? at : throw new SimSearchException($"{path}: there is no column '{asked}'; the columns are {string.Join(", ", csv.Columns)}");
        }
        int text = Column(textColumn), label = Column(columns.Label, LabelNames), group = Column(columns.Group, GroupNames), split = Column(columns.Split, SplitNames), id = Column(columns.Id, "id");
        string name = Path.GetFileNameWithoutExtension(path);
        var items = new List<Item>();
        while (csv.Read())
            items.Add(new Item
            {
                Id = csv.Field(id) ?? string.Create(CultureInfo.InvariantCulture, $"{name}#{items.Count:D8}"),
                Source = Path.GetFileName(path),
                Labels = csv.Field(label) is { } only ? [only] : [],
                Group = csv.Field(group),
                Split = csv.Field(split),
                Metadata = new Dictionary<string, string> { [Key] = csv.Field(text) ?? "" },
            });
        return new Dataset(name, Path.GetDirectoryName(Path.GetFullPath(path))!, items);
    }

    /// <summary>The text of an item, empty when it has none.</summary>
    public static string TextOf(Item item) => item.Text ?? "";
}
