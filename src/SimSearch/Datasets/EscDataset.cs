namespace SimSearch.Datasets;

/// <summary>
/// ESC-50 and its part ESC-10 (Piczak 2015): environmental sounds of 5 s, 40 a class, in 5 folds made so that clips of one source recording lie in
/// one fold. ESC-50 is licensed CC BY-NC, ESC-10 CC BY.
/// </summary>
public static class EscDataset
{
    /// <summary>Reads ESC-50 in the layout of its repository: meta/esc50.csv and audio/*.wav.</summary>
    /// <param name="folder">The folder that contains meta and audio.</param>
    /// <returns>2,000 items in the order of the table: category as label, fold as group, metadata target, esc10, src_file, take.</returns>
    /// <exception cref="SimSearchException">The table or a file that it names is missing, or the table has other columns.</exception>
    public static Dataset LoadEsc50(string folder)
    {
        string table = Path.Combine(folder, "meta", "esc50.csv");
        if (!File.Exists(table)) throw new SimSearchException($"folder '{folder}' has no meta/esc50.csv; give the folder of ESC-50");
        var read = Dataset.FromCsv(table, Columns, Path.Combine(folder, "audio"), "esc50");
        return new Dataset("esc50", folder, [.. read.Items.Select(i => i with { Id = "audio/" + i.Id, Source = "audio/" + i.Source })]);
    }

    /// <summary>Reads ESC-10: from its own table (esc10.csv beside the audio), or as the rows of ESC-50 whose column esc10 says True.</summary>
    /// <param name="folder">A folder with esc10.csv, whose paths start from it, or the folder of ESC-50.</param>
    /// <returns>400 items in the order of the table: category as label, fold as group, metadata target, src_file, take.</returns>
    /// <exception cref="SimSearchException">Neither table is there, or a file that it names is missing, or it has other columns.</exception>
    public static Dataset LoadEsc10(string folder)
    {
        string own = Path.Combine(folder, "esc10.csv");
        if (File.Exists(own)) return Dataset.FromCsv(own, Columns, folder, "esc10");
        if (!File.Exists(Path.Combine(folder, "meta", "esc50.csv"))) throw new SimSearchException($"folder '{folder}' has neither esc10.csv nor meta/esc50.csv; give the folder of ESC-10 or ESC-50");
        return LoadEsc50(folder).Where(i => i.Metadata.GetValueOrDefault("esc10", "").Equals("true", StringComparison.OrdinalIgnoreCase), "esc10");
    }

    private static readonly CsvColumns Columns = new() { File = "filename", Label = "category", Group = "fold", LabelSeparator = null };
}
