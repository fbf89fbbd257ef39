namespace SimSearch.Datasets;

/// <summary>How <see cref="DatasetLoader.Open"/> reads a source.</summary>
public sealed record DatasetOpenOptions
{
    /// <summary>Folder that the file column of a table starts from; by default the table's own folder. Not used for folders.</summary>
    public string? Root { get; init; }

    /// <summary>Which column of a table holds what. Not used for folders.</summary>
    public CsvColumns Columns { get; init; } = new();

    /// <summary>
    /// Keeps items whose file does not exist or is a broken link, so that whoever reads them can say so and go on. Default: such an item is an error. Not used
    /// for data sets with a layout of their own (ESC-50, ESC-10, FSDD, Speech Commands).
    /// </summary>
    public bool KeepMissing { get; init; }

    /// <summary>
    /// Which files of a folder of class folders count. By default the sounds, by their extensions (<see cref="Dataset.AudioExtensions"/>), and where there is none the images
    /// (<see cref="Dataset.ImageExtensions"/>): a folder of music with covers is one of music.
    /// </summary>
    public Func<string, bool>? Accept { get; init; }
}

/// <summary>Opens whatever people have their sounds or images in.</summary>
public static class DatasetLoader
{
    /// <summary>
    /// Opens a data set: a table (.csv, .tsv), one file, or a folder. A folder is looked at in this order: a data set that was saved with an items.csv
    /// (the synthetic set, for one), ESC-50 (meta/esc50.csv), ESC-10 (esc10.csv), FSDD (recordings/7_jackson_32.wav and so on), Speech Commands
    /// (testing_list.txt and validation_list.txt), and otherwise a folder with one sub-folder a class, or folders train, test, val and such with sub-folders of classes in
    /// them, which become splits. If the only thing in the folder is another folder, as in most unpacked archives, that one is opened.
    /// </summary>
    /// <param name="source">Path of the table, file or folder.</param>
    /// <param name="options">Columns and root for tables, file filter for folders.</param>
    /// <exception cref="SimSearchException">There is no such path, a table cannot be read, or nothing that could be an item is there.</exception>
    public static Dataset Open(string source, DatasetOpenOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(source);
        options ??= new DatasetOpenOptions();
        if (Directory.Exists(source)) return OpenFolder(source, options);
        if (!File.Exists(source)) throw new SimSearchException($"'{source}' does not exist; give a folder of class folders, a table (.csv), a sound file or an image");
        return Path.GetExtension(source).ToLowerInvariant() switch
        {
            ".csv" => Dataset.FromCsv(source, ColumnsOf(options), options.Root),
            ".tsv" => Dataset.FromCsv(source, ColumnsOf(options) with { Delimiter = '\t' }, options.Root),
            _ when options.Accept?.Invoke(Path.GetFullPath(source)) ?? (Dataset.IsAudioFile(source) || Dataset.IsImageFile(source)) => Dataset.FromFiles([source], Path.GetFileNameWithoutExtension(source)),
            var other => throw new SimSearchException($"'{source}' is neither a table (.csv, .tsv) nor a sound file or an image that is looked for here ('{other}'; sounds end in {string.Join(" ", Dataset.AudioExtensions.Order())}, images in {string.Join(" ", Dataset.ImageExtensions.Order())})"),
        };
    }

    private static CsvColumns ColumnsOf(DatasetOpenOptions options) => options.KeepMissing ? options.Columns with { MissingFiles = MissingFiles.Keep } : options.Columns;

    private static Dataset OpenFolder(string folder, DatasetOpenOptions options)
    {
        string name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)));
        string items = Path.Combine(folder, "items.csv");
        // A folder of vectors has an items.csv too, but it is not a folder of sounds.
        if (File.Exists(items) && !File.Exists(Path.Combine(folder, "vectors.npy")))
            return Dataset.FromCsv(items, ColumnsOf(options), folder, File.Exists(Path.Combine(folder, "synthetic.json")) ? "synthetic" : name);
        if (File.Exists(Path.Combine(folder, "meta", "esc50.csv"))) return EscDataset.LoadEsc50(folder);
        if (File.Exists(Path.Combine(folder, "esc10.csv"))) return EscDataset.LoadEsc10(folder);
        if (FsddDataset.IsIn(folder)) return FsddDataset.Load(folder);
        if (File.Exists(Path.Combine(folder, "testing_list.txt")) && File.Exists(Path.Combine(folder, "validation_list.txt"))) return SpeechCommandsDataset.Load(folder);

        var set = Dataset.FromFolder(folder, options.Accept, keepMissing: options.KeepMissing);
        if (set.Count == 0 && options.Accept is null) set = Dataset.FromFolder(folder, Dataset.IsImageFile, keepMissing: options.KeepMissing);
        string[] entries = [.. Directory.EnumerateFileSystemEntries(folder).Where(e => !Path.GetFileName(e).StartsWith('.')).Take(2)];
        // A lone folder with folders inside is a wrapper; a lone folder with files is one class.
        if (entries is [var only] && Directory.Exists(only) && new DirectoryInfo(only).LinkTarget is null && Directory.EnumerateDirectories(only).Any()) return OpenFolder(only, options);
        if (set.Count == 0) throw new SimSearchException($"folder '{folder}' has no {Kinds(options.Accept)}; it should have one sub-folder a class with files like them");
        return WithSplits(set);
    }

    /// <summary>What is looked for, in words, by asking about a file of each kind.</summary>
    private static string Kinds(Func<string, bool>? accept)
    {
        string sounds = $"sound files ({string.Join(" ", Dataset.AudioExtensions.Order().Take(6))} ...)", images = $"image files ({string.Join(" ", Dataset.ImageExtensions.Order().Take(6))} ...)";
        if (accept is null) return $"{sounds} or {images}";
        return accept("a.wav") ? sounds : accept("a.jpg") ? images : "files of the kind that is looked for";
    }

    private static readonly string[] SplitNames = ["train", "training", "test", "testing", "val", "valid", "validation"];

    /// <summary>Where folders of classes lie in folders called train, test, val and such, and nothing lies elsewhere, the latter are splits and not classes.</summary>
    private static Dataset WithSplits(Dataset set)
    {
        var parts = set.Items.Select(item => item.Source.Split('/')).ToArray();
        bool isSplit = parts.All(p => p.Length >= 3 && SplitNames.Contains(p[0], StringComparer.OrdinalIgnoreCase)) && parts.Select(p => p[0]).Distinct().Skip(1).Any();
        return isSplit ? new Dataset(set.Name, set.Root, [.. set.Items.Select((item, i) => item with { Labels = [parts[i][1]], Split = parts[i][0].ToLowerInvariant() })]) : set;
    }
}
