using System.Globalization;
using CsvHelper;
using SimSearch.Datasets;
using SimSearch.Storage;

namespace SimSearch.Embedding;

/// <summary>
/// The rows that go with vectors, as a table for people and programs: UTF-8, comma separated, one header line, one line per item.
/// </summary>
/// <remarks>
/// Columns: id, source, labels, group, split, start, duration, and <c>meta:NAME</c> for every name in any item's metadata. Several labels are
/// joined by <c>|</c> (a backslash before <c>|</c> or <c>\</c> makes it part of the label). Seconds are written so that they read back
/// as the same number. An empty field is an absent value, so an empty label, group, split or metadata value does not survive.
/// </remarks>
public static class ItemsCsv
{
    private const string MetaPrefix = "meta:";
    private static readonly string[] FixedColumns = ["id", "source", "labels", "group", "split", "start", "duration"];

    /// <summary>Writes items, by rename.</summary>
    /// <param name="path">The file to create or replace.</param>
    /// <param name="items">The items, in the order of their vectors.</param>
    public static void Write(string path, IReadOnlyList<Item> items)
    {
        string[] meta = [.. items.SelectMany(item => item.Metadata.Keys).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        AtomicFile.Write(path, stream =>
        {
            using var csv = CsvWriter.Create(stream, new CsvWriterOptions { NewLine = "\n" }, leaveOpen: true);
            csv.WriteHeader([.. FixedColumns, .. meta.Select(name => MetaPrefix + name)]);
            foreach (var item in items)
            {
                csv.WriteField(item.Id);
                csv.WriteField(item.Source);
                csv.WriteField(JoinLabels(item.Labels));
                csv.WriteField(item.Group);
                csv.WriteField(item.Split);
                csv.WriteField(item.Start.ToString("R", CultureInfo.InvariantCulture));
                csv.WriteField(item.Duration?.ToString("R", CultureInfo.InvariantCulture));
                foreach (string name in meta) csv.WriteField(item.Metadata.GetValueOrDefault(name));
                csv.EndRecord();
            }
        });
    }

    /// <summary>Reads items back.</summary>
    /// <param name="path">A file that <see cref="Write"/> made, or one with at least its columns id and source.</param>
    /// <exception cref="SimSearchException">The file is absent or not such a table, or an id is missing or used twice.</exception>
    public static IReadOnlyList<Item> Read(string path)
    {
        using var csv = new CsvTable(path);
        if (csv.IndexOf("id") < 0 || csv.IndexOf("source") < 0) throw new SimSearchException($"{path}: columns '{string.Join(", ", csv.Columns)}' must include id and source");
        int[] at = [.. FixedColumns.Select(csv.IndexOf)];
        (string Name, int At)[] meta = [.. csv.Columns.Where(c => c.StartsWith(MetaPrefix, StringComparison.Ordinal)).Select(c => (c[MetaPrefix.Length..], csv.IndexOf(c)))];
        var items = new List<Item>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        while (csv.Read())
        {
            var item = ReadItem(csv, at, meta);
            if (item.Id.Length == 0 || !seen.Add(item.Id)) throw new SimSearchException($"{path}, line {csv.Line}: id '{item.Id}' is empty or used twice; every item needs its own");
            items.Add(item);
        }
        return items;
    }

    private static Item ReadItem(CsvTable csv, int[] at, (string Name, int At)[] meta)
    {
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, column) in meta)
            if (csv.Field(column) is { } value) metadata[name] = value;
        var item = new Item
        {
            Id = csv.Field(at[0]) ?? "",
            Source = csv.Field(at[1]) ?? "",
            Labels = SplitLabels(csv.Field(at[2]) ?? ""),
            Group = csv.Field(at[3]),
            Split = csv.Field(at[4]),
            Start = Seconds(csv, at[5]) ?? 0,
            Duration = Seconds(csv, at[6]),
        };
        return metadata.Count == 0 ? item : item with { Metadata = metadata };
    }

    private static double? Seconds(CsvTable csv, int column)
    {
        if (csv.Field(column) is not { } text) return null;
        bool valid = double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && double.IsFinite(value) && value >= 0;
        return valid ? value : throw new SimSearchException($"{csv.Path}, line {csv.Line}: {csv.Columns[column]} '{text}' must be a number of seconds, 0 or more");
    }

    private static string JoinLabels(IReadOnlyList<string> labels) =>
        string.Join('|', labels.Select(label => label.Replace(@"\", @"\\", StringComparison.Ordinal).Replace("|", @"\|", StringComparison.Ordinal)));

    private static string[] SplitLabels(string text)
    {
        var labels = new List<string>();
        var label = new System.Text.StringBuilder();
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] == '\\' && i + 1 < text.Length) label.Append(text[++i]);
            else if (text[i] == '|') Flush();
            else label.Append(text[i]);
        }
        Flush();
        return [.. labels];

        void Flush()
        {
            if (label.Length > 0) labels.Add(label.ToString());
            label.Clear();
        }
    }
}
