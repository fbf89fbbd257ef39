using System.CommandLine;
using SimSearch.Audio;
using SimSearch.Cli.Terminal;
using SimSearch.Datasets;
using SimSearch.Embedding;
using SimSearch.Storage;
using SimSearch.Text;

namespace SimSearch.Cli.Commands;

/// <summary>SOURCE and the options that say how to read it, for the commands that take one.</summary>
internal sealed class SourceOptions
{
    private static readonly string[] VectorExtensions = [".npy", ".fvecs", ".bvecs"];

    private readonly Option<string?> root = Column("--root", "Folder that the files of a table start from", "DIR");
    private readonly Option<string?> file = Column("--file-column", "Column of a table with the file");
    private readonly Option<string?> text = Column("--text-column", "Column of a table with texts: they are embedded, not files");
    private readonly Option<string?> label = Column("--label-column", "Column of a table with the class");
    private readonly Option<string?> group = Column("--group-column", "Column of a table with what must not be split (fold, speaker, recording)");
    private readonly Option<string?> split = Column("--split-column", "Column of a table with train, test, ...");
    private readonly Option<string?> only = Column("--split", "Take only the items of this split", "NAME");
    private readonly Option<double?> segment = new("--segment") { Description = "Cut every sound into stretches of this many seconds; recordings stay together as groups", HelpName = "SECONDS" };
    private readonly Option<double> overlap = new Option<double>("--overlap") { Description = "Share of a stretch that the next one repeats", HelpName = "SHARE", DefaultValueFactory = _ => 0 }.Check(x => x is >= 0 and < 1, "from 0 to below 1");
    private readonly Option<string?> labels = Column("--labels", "Table with a row per vector, when SOURCE is a file of vectors", "CSV");

    private readonly Option<bool> skipUnreadable = new("--skip-unreadable") { Description = "Leave out files that cannot be read, and name them, instead of stopping" };

    private readonly Argument<string> source = CommonOptions.Word("SOURCE",
        "Folder of class folders (sounds, or images), ESC-50/ESC-10/FSDD folder, table (.csv), sound file or image, or vectors (.npy, .fvecs, .bvecs)");

    private readonly bool soundsOnly;

    /// <summary>Checks what can be checked before anything is read.</summary>
    /// <param name="soundsOnly">Whether the command takes sounds, and neither images nor vectors.</param>
    public SourceOptions(bool soundsOnly = false)
    {
        this.soundsOnly = soundsOnly;
        if (soundsOnly) source.Description = "Folder of class folders, ESC-50/ESC-10/FSDD folder, or table (.csv)";
        segment.Check(x => x is > 0 and <= 86_400, "above 0, in seconds");
    }

    /// <summary>Adds SOURCE and its options to a command.</summary>
    /// <param name="command">The command.</param>
    /// <param name="embeds">Whether it embeds the sounds, and so can leave out those that cannot be read.</param>
    public Command AddTo(Command command, bool embeds = true)
    {
        command.Arguments.Add(source);
        foreach (var option in (Option[])[root, file, label, group, split, only, segment, overlap]) command.Options.Add(option);
        if (!soundsOnly) command.Options.Add(labels);
        if (embeds) foreach (var option in (Option[])[text, skipUnreadable]) command.Options.Add(option);
        return command;
    }

    /// <summary>What was typed for SOURCE.</summary>
    public string Path(Invocation call) => call.Get(source);

    /// <summary>Whether SOURCE is a file of ready-made vectors.</summary>
    public bool IsVectors(Invocation call) => IsVectorFile(Path(call));

    /// <summary>Whether a path names a file of ready-made vectors.</summary>
    public static bool IsVectorFile(string path) => VectorExtensions.Contains(System.IO.Path.GetExtension(path).ToLowerInvariant());

    /// <summary>Reads SOURCE as ready-made vectors.</summary>
    public Embeddings OpenVectors(Invocation call) => Embeddings.FromVectors(Path(call), call.Get(labels), call.Get(label), call.Get(group));

    /// <summary>Embeds SOURCE as a data set of what the embedder takes, sounds or images, and says what was left out and what came from the cache.</summary>
    public EmbedResult Embed(Invocation call, FileEmbedder embedder) => Embed(call, OpenDataset(call, embedder.Accepts), embedder);

    /// <summary>Embeds a data set that SOURCE was opened as.</summary>
    public EmbedResult Embed(Invocation call, Dataset dataset, FileEmbedder embedder)
    {
        var options = new EmbedOptions { Threads = call.Threads, CacheFolder = CacheFolder.Of("vectors"), SkipUnreadable = call.Get(skipUnreadable) };
        var result = call.Screen.Track(progress => DatasetEmbedding.Run(dataset, embedder, options, progress, call.Stop));
        foreach (string message in result.Messages) call.Screen.Warn(message);
        foreach (var item in result.Skipped) call.Screen.Warn($"left out {item.Item.Id}: {item.Reason}");
        if (result.FromCache > 0) call.Screen.Say($"{result.FromCache} of {dataset.Count} items had not changed since the last time");
        return result;
    }

    /// <summary>Whether SOURCE is a table of texts.</summary>
    public bool IsTexts(Invocation call) => call.Get(text) is not null;

    /// <summary>Embeds SOURCE as a table of texts, and says what was left out.</summary>
    public Embeddings Embed(Invocation call, TextEmbedder embedder)
    {
        foreach (var option in (Option[])[root, file, segment, overlap, labels])
            if (call.Given(option)) throw new UsageException($"{option.Name} does not go with --text-column");
        string path = Path(call), extension = System.IO.Path.GetExtension(path).ToLowerInvariant();
        if (extension is not (".csv" or ".tsv")) throw new UsageException($"--text-column reads a table; '{path}' does not end in .csv or .tsv");
        var columns = new CsvColumns { Label = call.Get(label), Group = call.Get(group), Split = call.Get(split), Delimiter = extension == ".tsv" ? '\t' : ',' };
        var dataset = TextTable.FromCsv(path, call.Get(text)!, columns);
        if (call.Get(only) is { } name) dataset = PartOf(dataset, name, path);
        var options = new EmbedOptions { Threads = call.Threads, SkipUnreadable = call.Get(skipUnreadable) };
        var result = call.Screen.Track(progress => TextEmbedding.Run(dataset, embedder, options, progress, call.Stop));
        foreach (var item in result.Skipped) call.Screen.Warn($"left out {item.Item.Id}: {item.Reason}");
        return result.Embeddings;
    }

    /// <summary>Reads SOURCE as a data set of sounds or images.</summary>
    /// <param name="call">What was typed.</param>
    /// <param name="accept">Which files of a folder count; null takes sounds, and where there are none images.</param>
    public Dataset OpenDataset(Invocation call, Func<string, bool>? accept = null)
    {
        // Files that are not there are then left for the embedding to name and skip.
        bool keepMissing = call.Get(skipUnreadable);
        var columns = new CsvColumns { File = call.Get(file), Label = call.Get(label), Group = call.Get(group), Split = call.Get(split) };
        var dataset = DatasetLoader.Open(Path(call), new DatasetOpenOptions { Root = call.Get(root), Columns = columns, KeepMissing = keepMissing, Accept = accept });
        if (call.Get(only) is { } name) dataset = PartOf(dataset, name, Path(call));
        if (call.Get(segment) is not { } seconds) return dataset;
        if (dataset.HoldsImages) throw new UsageException($"--segment cuts sounds into stretches; '{Path(call)}' holds images");
        return keepMissing ? dataset.Segment(seconds, call.Get(overlap), item => LengthOrOneSegment(dataset.PathOf(item), item.Start + seconds)) : dataset.Segment(seconds, call.Get(overlap));
    }

    /// <summary>A file whose length cannot be read counts as one segment, so that the embedding finds it, names it and skips it.</summary>
    private static double LengthOrOneSegment(string path, double oneSegment)
    {
        try { return AudioFile.Info(path).Duration; }
        catch (Exception e) when (e is SimSearchException or IOException or UnauthorizedAccessException) { return oneSegment; }
    }

    private static Dataset PartOf(Dataset dataset, string split, string source)
    {
        var part = dataset.Where(item => item.Split == split, $"{dataset.Name}-{split}");
        if (part.Count > 0) return part;
        string known = string.Join(", ", dataset.Items.Select(i => i.Split).OfType<string>().Distinct().Order(StringComparer.Ordinal));
        throw new SimSearchException($"--split {split}: '{source}' has no such split; it has {(known.Length > 0 ? known : "none at all")}");
    }

    private static Option<string?> Column(string name, string description, string argument = "NAME") => new(name) { Description = description, HelpName = argument };
}
