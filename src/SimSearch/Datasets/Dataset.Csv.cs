using System.Globalization;
using CsvHelper;
using SimSearch.Storage;

namespace SimSearch.Datasets;

public sealed partial class Dataset
{
    private static readonly string[] FileNames = ["file", "filename", "path", "source"];
    private static readonly string[] LabelNames = ["labels", "label", "category", "class"];
    private static readonly string[] GroupNames = ["group", "fold", "speaker", "recording"];

    /// <summary>Reads a data set from a CSV file with a header line (UTF-8, with or without a byte-order mark; quotes as in RFC 4180).</summary>
    /// <param name="csvPath">The table. Rows of up to 4 MiB and up to 1,024 columns are read.</param>
    /// <param name="columns">Which column holds what; null looks for the usual names.</param>
    /// <param name="root">Folder that the file column starts from; by default the folder of the CSV.</param>
    /// <param name="name">Name of the data set; by default the file's name without extension.</param>
    /// <returns>One item a row, in the order of the rows. An empty cell of an optional column means "not known".</returns>
    /// <remarks>
    /// A relative path must stay below the root: a table from elsewhere cannot reach out of it by "..". An absolute path is taken as it is,
    /// because who writes one means it. Cells are text and never evaluated; the apostrophe that <see cref="SaveCsv"/> and spreadsheets put
    /// before a cell that would look like a formula (= + - @) is taken off.
    /// </remarks>
    /// <exception cref="SimSearchException">
    /// No such file; not valid UTF-8 or CSV; a column is missing (the message lists those there are) or twice there; a row has another number of
    /// cells than the header; a number is not one or is negative; a path leaves the root or does not exist; two rows have the same id.
    /// </exception>
    public static Dataset FromCsv(string csvPath, CsvColumns? columns = null, string? root = null, string? name = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(csvPath);
        columns ??= new CsvColumns();
        using var csv = new CsvTable(csvPath, columns.Delimiter);
        string folder = Path.GetFullPath(root ?? Path.GetDirectoryName(Path.GetFullPath(csvPath))!);
        return new Dataset(name ?? Path.GetFileNameWithoutExtension(csvPath), folder, ReadRows(csv, columns, folder));
    }

    /// <summary>Writes the data set as a table that <see cref="FromCsv"/> reads back to equal items, by rename.</summary>
    /// <param name="path">The file to create or replace.</param>
    /// <param name="labelSeparator">Put between the labels of an item; give the same to <see cref="CsvColumns.LabelSeparator"/> when it is not the default.</param>
    /// <remarks>
    /// Columns: id, file, labels, group, split, start, duration (those that no item fills are left out, except the first three), then the
    /// metadata in ordinal order. Seconds are written so that the same number is read back. A cell that a spreadsheet would take for a formula
    /// (it begins with = + - @ or a tab) gets an apostrophe in front. Empty metadata values are not kept. Sources stay as they are, so the root
    /// must be given when the table is read from another folder.
    /// </remarks>
    /// <exception cref="SimSearchException">A label contains the separator, or a metadata name is one of the column names above.</exception>
    public void SaveCsv(string path, string labelSeparator = "|")
    {
        ArgumentException.ThrowIfNullOrEmpty(labelSeparator);
        var metadata = Distinct(Items.SelectMany(i => i.Metadata).Where(m => m.Value.Length > 0).Select(m => m.Key));
        var cells = new List<(string Name, Func<Item, string> Text)>
        {
            ("id", i => Guarded(i.Id)),
            ("file", i => Guarded(i.Source)),
            ("labels", i => Guarded(string.Join(labelSeparator, i.Labels))),
        };
        if (Items.Any(i => i.Group is not null)) cells.Add(("group", i => Guarded(i.Group ?? "")));
        if (Items.Any(i => i.Split is not null)) cells.Add(("split", i => Guarded(i.Split ?? "")));
        if (Items.Any(i => i.Start != 0)) cells.Add(("start", i => i.Start.ToString("R", CultureInfo.InvariantCulture)));
        if (Items.Any(i => i.Duration is not null)) cells.Add(("duration", i => i.Duration?.ToString("R", CultureInfo.InvariantCulture) ?? ""));
        string[] reserved = ["id", "split", "start", "duration", .. FileNames, .. LabelNames, .. GroupNames];
        foreach (string key in metadata)
        {
            if (reserved.Contains(key, StringComparer.OrdinalIgnoreCase)) throw new SimSearchException($"metadata '{key}' has the name of a column with a meaning of its own; rename it before saving");
            cells.Add((key, i => Guarded(i.Metadata.GetValueOrDefault(key, ""))));
        }
        if (Items.SelectMany(i => i.Labels).FirstOrDefault(l => l.Contains(labelSeparator, StringComparison.Ordinal)) is { } bad)
            throw new SimSearchException($"label '{bad}' contains the separator '{labelSeparator}'; give another separator");

        AtomicFile.Write(path, stream =>
        {
            using var csv = CsvWriter.Create(stream, new CsvWriterOptions { NewLine = "\n" }, leaveOpen: true);
            foreach (var (header, _) in cells) csv.WriteField(Guarded(header));
            csv.EndRecord();
            foreach (var item in Items)
            {
                foreach (var (_, text) in cells) csv.WriteField(text(item));
                csv.EndRecord();
            }
        });
    }

    private static List<Item> ReadRows(CsvTable csv, CsvColumns columns, string root)
    {
        string[] header = [.. csv.Columns.Select(Unguarded)];

        int Column(string? given, bool required, params ReadOnlySpan<string> usual)
        {
            if (given is not null) usual = [given];
            foreach (string candidate in usual)
            {
                int at = Array.FindIndex(header, h => h.Equals(candidate, StringComparison.OrdinalIgnoreCase));
                if (at >= 0) return at;
            }
            if (given is null && !required) return -1;
            throw new SimSearchException($"{csv.Path}: has no column '{string.Join("' or '", usual!)}'; its columns are {Printable(string.Join(", ", header))}{(required ? "; name the one with the files (--file-column), or that of texts (embed --text-column)" : "")}");
        }
        int file = Column(columns.File, required: true, FileNames), label = Column(columns.Label, false, LabelNames), group = Column(columns.Group, false, GroupNames);
        int split = Column(columns.Split, false, "split"), start = Column(columns.Start, false, "start"), duration = Column(columns.Duration, false, "duration"), id = Column(columns.Id, false, "id");
        HashSet<int> taken = [file, label, group, split, start, duration, id];
        int[] others = [.. Enumerable.Range(0, header.Length).Where(c => !taken.Contains(c) && header[c].Length > 0)];

        var items = new List<Item>();
        while (csv.Read())
        {
            string where = $"{csv.Path}: line {csv.Line}";
            string Cell(int column) => column < 0 ? "" : Unguarded(csv.Field(column) ?? "");
            string? Optional(int column) => Cell(column) is { Length: > 0 } value ? value : null;
            double? Seconds(int column, string what)
            {
                if (Optional(column) is not { } value) return null;
                if (double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out double seconds) && double.IsFinite(seconds) && seconds >= 0) return seconds;
                throw new SimSearchException($"{where}: {what}='{Printable(value)}' must be a number of seconds, 0 or more");
            }
            string source = CheckedSource(Cell(file), root, where);
            if (columns.MissingFiles != MissingFiles.Keep && !File.Exists(Path.Combine(root, source)))
            {
                if (columns.MissingFiles == MissingFiles.Skip) continue;
                throw new SimSearchException($"{where}: file '{source}' does not exist in {root}; correct the path, give the folder it starts from as root, or leave such rows out with --skip-unreadable (DatasetOpenOptions.KeepMissing)");
            }
            double from = Seconds(start, "start") ?? 0;
            double? length = Seconds(duration, "duration");
            items.Add(new Item
            {
                Id = Printable(Optional(id) ?? (from > 0 || length is not null ? SegmentId(source, from, from + length) : source)),
                Source = source,
                Labels = columns.LabelSeparator is { Length: > 0 } separator
                    ? Cell(label).Split(separator, StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
                    : Optional(label) is { } one ? [one] : [],
                Group = Optional(group),
                Split = Optional(split),
                Start = from,
                Duration = length,
                Metadata = others.Where(c => csv.Field(c) is not null).ToDictionary(c => header[c], Cell, StringComparer.Ordinal),
            });
        }
        return items;
    }

    /// <summary>The path of a cell with forward slashes, after checks that it names a file and does not leave the root by "..".</summary>
    private static string CheckedSource(string cell, string root, string where)
    {
        if (cell.Length == 0) throw new SimSearchException($"{where}: the file is empty; every row must name one");
        if (cell.Any(char.IsControl)) throw new SimSearchException($"{where}: file '{Printable(cell)}' contains control characters, which no path may");
        string source = Path.DirectorySeparatorChar == '\\' ? cell.Replace('\\', '/') : cell;
        if (!Path.IsPathFullyQualified(source) && !IsBelow(Path.TrimEndingDirectorySeparator(root), Path.GetFullPath(Path.Combine(root, source))))
            throw new SimSearchException($"{where}: file '{source}' leaves the folder {root}; write it as an absolute path if it is meant, or give a root above it");
        return source;
    }

    // Spreadsheets run cells that begin with these; an apostrophe in front makes them text. Apostrophes before such a beginning are doubled up,
    // so that taking one off always gives the original back.
    private static bool LooksLikeFormula(string cell) => cell.AsSpan().TrimStart('\'') is { Length: > 0 } rest && rest[0] is '=' or '+' or '-' or '@' or '\t' or '\r';

    private static string Guarded(string cell) => LooksLikeFormula(cell) ? "'" + cell : cell;

    private static string Unguarded(string cell) => cell.StartsWith('\'') && LooksLikeFormula(cell) ? cell[1..] : cell;
}
