using SimSearch.Audio;
using SimSearch.Datasets;
using SimSearch.Embedding;
using SimSearch.Evaluation;
using SimSearch.Indexing;
using SimSearch.Onnx;
using SimSearch.Storage;

namespace SimSearch.Experiments;

/// <summary>What an experiment runs on and with.</summary>
public sealed record ExperimentOptions
{
    /// <summary>Folder of class folders, table or known layout (see <see cref="DatasetLoader.Open"/>); null makes the synthetic sounds.</summary>
    public string? Source { get; init; }

    /// <summary>Where everything goes: sounds/ (synthetic ones), embeddings/, index/ and the page.</summary>
    public required string OutFolder { get; init; }

    /// <summary>
    /// One of <see cref="FileEmbedders.Names"/>, or a model (see <see cref="FileEmbedders.Create"/>). Null, the default: for the synthetic sounds the model that was trained on such sounds, where it and ONNX
    /// Runtime are present; otherwise <see cref="FileEmbedders.StandardFor"/>: combined-stats for sounds, which does better on real recordings, and colour-stats for images.
    /// </summary>
    public string? Embedder { get; init; }

    /// <summary>Rate that sounds are brought to, in Hz; default 22,050.</summary>
    public int SampleRate { get; init; } = 22050;

    /// <summary>FAISS factory string; default "Flat", exact search.</summary>
    public string Factory { get; init; } = "Flat";

    /// <summary>Search settings of an approximate index for the evaluation, such as nprobe; see <see cref="EvaluationOptions.Parameters"/>.</summary>
    public IReadOnlyDictionary<string, double> Parameters { get; init; } = new Dictionary<string, double>();

    /// <summary>What near means; default cosine.</summary>
    public Metric Metric { get; init; } = Metric.Cosine;

    /// <summary>Leaves out files that cannot be read instead of stopping. Default false.</summary>
    public bool SkipUnreadable { get; init; }

    /// <summary>Seed of everything random.</summary>
    public int Seed { get; init; }

    /// <summary>Threads, 1 or more; default all cores.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>Name of the page in <see cref="OutFolder"/>; default "index.html".</summary>
    public string ReportName { get; init; } = "index.html";

    /// <summary>The command that repeats the experiment, for the report; "" for none.</summary>
    public string Command { get; init; } = "";
}

/// <summary>What came of an experiment.</summary>
/// <param name="Dataset">What was searched.</param>
/// <param name="Figures">How good the search is; null when no item has a label.</param>
/// <param name="IndexFolder">The index, ready for <see cref="VectorIndex.Load"/>.</param>
/// <param name="ReportPath">The page to look at and listen to; null when there is nothing to measure.</param>
/// <param name="Embedded">Vectors that had to be computed; the others had not changed since the last run.</param>
/// <param name="Skipped">Items that could not be read and were left out.</param>
/// <param name="Messages">What people should know, one sentence each.</param>
public sealed record ExperimentResult(
    Dataset Dataset, RetrievalReport? Figures, string IndexFolder, string? ReportPath, long Embedded, IReadOnlyList<SkippedItem> Skipped, IReadOnlyList<string> Messages);

/// <summary>
/// The whole path: sounds or images, embeddings, index, search, evaluation, report. A second run with the same output folder embeds only what is new
/// or changed and keeps the index when it would come out the same.
/// </summary>
public static class Experiment
{
    /// <summary>The model that comes with the program.</summary>
    private const string OwnModel = "simsearch-synthetic";

    /// <summary>Runs every step.</summary>
    /// <param name="options">What to run on and with.</param>
    /// <param name="progress">Told about every step.</param>
    /// <param name="cancellation">Stops between two pieces of work; what is finished stays and is used by the next run.</param>
    /// <exception cref="SimSearchException">The source cannot be used.</exception>
    public static ExperimentResult Run(ExperimentOptions options, IProgress<Progress>? progress = null, CancellationToken cancellation = default)
    {
        string Folder(string name) => Path.Combine(options.OutFolder, name);
        Embeddings.CheckSave(Folder("embeddings"));
        VectorIndex.CheckSave(Folder("index"));
        OutputPlace.CheckFile(Folder(options.ReportName));
        var embedder = options.Embedder is { } named ? FileEmbedders.Create(named, options.SampleRate) : null;
        var dataset = options.Source is { } source
            ? DatasetLoader.Open(source, new DatasetOpenOptions { KeepMissing = options.SkipUnreadable, Accept = embedder is null ? null : embedder.Accepts })
            : Dataset.Synthetic(Folder("sounds"), new SyntheticOptions { Seed = options.Seed }, progress, cancellation);

        var embedOptions = new EmbedOptions { Threads = options.Threads, CacheFolder = CacheFolder.Of("vectors"), SkipUnreadable = options.SkipUnreadable };
        embedder ??= FileEmbedders.Create(UsesOwnModel(options) ? OwnModel : FileEmbedders.StandardFor(dataset), options.SampleRate);
        var embedded = DatasetEmbedding.Run(dataset, embedder, embedOptions, progress, cancellation);
        using var embeddings = embedded.Embeddings;
        embeddings.Save(Folder("embeddings"));

        using var index = SameIndex(Folder("index"), embeddings, options) ?? BuildIndex(Folder("index"), embeddings, options, progress, cancellation);
        ExperimentResult Result(RetrievalReport? figures, string? page) =>
            new(dataset, figures, Folder("index"), page, embeddings.Count - embedded.FromCache, embedded.Skipped, [.. embedded.Messages, .. index.BuildNote is { } note ? [note] : Array.Empty<string>(), .. KnownSounds(options), .. DeepFolders(dataset), .. NestedGroups(dataset)]);
        if (dataset.Labels.Count == 0) return Result(null, null);

        // Recordings of one place or speaker resemble each other whatever they are of: where groups are known, an item must find its like elsewhere.
        var evaluation = new EvaluationOptions { ExcludeSameGroup = dataset.Groups.Count > 1 && !IsNested(dataset), Parameters = options.Parameters, Seed = options.Seed, Threads = options.Threads };
        var figures = RetrievalEvaluator.Evaluate(index, queries: null, evaluation, progress, cancellation);

        progress?.Report(new Progress("writing the report", 0, 1));
        string page = Folder(options.ReportName);
        var report = ExperimentReport.Of(dataset, index, Folder("index"), figures, options.Command, options.Seed);
        // Under another name it is a page of a site, whose index is beside it.
        (options.ReportName == "index.html" ? report : report with { Contents = "index.html" }).Save(page, cancellation);
        progress?.Report(new Progress("writing the report", 1, 1));
        return Result(figures, page);
    }

    private static bool UsesOwnModel(ExperimentOptions options) =>
        options is { Embedder: null, Source: null, SampleRate: 22050 } && OnnxRuntime.IsAvailable(out _) && ModelShelf.BuiltIn.FirstOrDefault(m => m.Name == OwnModel) is { } model && ModelShelf.IsHere(model);

    /// <summary>Figures on sounds of the kind that a model was trained on say little about others.</summary>
    private static IEnumerable<string> KnownSounds(ExperimentOptions options)
    {
        if (UsesOwnModel(options))
            yield return $"the vectors are those of {OwnModel}, a network trained on other sounds of this kind in the same simulated rooms; for your own sounds the standard is combined-stats, which does better on real recordings (models/{OwnModel}.md)";
    }

    /// <summary>Whether every class lies within one group, so that nothing would be found elsewhere: the groups are kinds of classes, not places or speakers.</summary>
    private static bool IsNested(Dataset dataset) => dataset.Items.Where(i => i.Label is not null).GroupBy(i => i.Label).All(label => label.Select(i => i.Group).Distinct().Count() == 1);

    private static IEnumerable<string> NestedGroups(Dataset dataset)
    {
        if (dataset.Groups.Count > 1 && dataset.Labels.Count > 0 && IsNested(dataset))
            yield return $"every class lies within one group ('{dataset.Items.First(i => i.Label is not null && i.Group is not null).Group}', ...), so items of the query's own group are not left out";
    }

    /// <summary>Says so when classes were taken from folders that hold folders themselves: perhaps the source is one level too high.</summary>
    private static IEnumerable<string> DeepFolders(Dataset dataset)
    {
        var deep = dataset.Items.Where(i => i.Label is { } label && i.Source.StartsWith(label + "/", StringComparison.Ordinal) && i.Source.AsSpan(label.Length + 1).Contains('/')).ToList();
        if (deep.Count > 0 && deep.Count * 2 > dataset.Count)
            yield return $"most files lie deeper than one sub-folder ('{deep[0].Source}'); the class is the first folder ('{deep[0].Label}'): is '{dataset.Root}' one level too high?";
    }

    /// <summary>The index of an earlier run, when building it again would give the same; otherwise null.</summary>
    private static VectorIndex? SameIndex(string folder, Embeddings embeddings, ExperimentOptions options)
    {
        if (!Directory.Exists(folder)) return null;
        VectorIndex? index = null;
        try
        {
            index = VectorIndex.Load(folder);
            if (index.Factory == options.Factory && index.Metric == options.Metric && index.Info.Fingerprint == embeddings.Fingerprint && index.Root == embeddings.Root && SameRows(index, embeddings)) return index;
        }
        catch (IndexFormatException)
        {
            // A damaged index is built anew, like one that is not there.
        }
        index?.Dispose();
        return null;
    }

    private static bool SameRows(VectorIndex index, Embeddings embeddings)
    {
        if (index.Count != embeddings.Count || index.Dimension != embeddings.Dimension) return false;
        for (int row = 0; row < index.Count; row++)
            if (!SameItem(index.Items[row], embeddings.Items[row]) || !index.Vectors.Row(row).SequenceEqual(embeddings.Vectors.Row(row)))
                return false;
        return true;
    }

    /// <summary>Everything about an item that a search or an evaluation shows or uses; lists are compared by what is in them, which records do not.</summary>
    private static bool SameItem(Item a, Item b) =>
        a.Labels.SequenceEqual(b.Labels) && a.Metadata.Count == b.Metadata.Count && a.Metadata.All(m => b.Metadata.TryGetValue(m.Key, out string? value) && value == m.Value)
        && a with { Labels = b.Labels, Metadata = b.Metadata } == b;

    private static VectorIndex BuildIndex(string folder, Embeddings embeddings, ExperimentOptions options, IProgress<Progress>? progress, CancellationToken cancellation)
    {
        var index = VectorIndex.Build(embeddings, options.Factory, options.Metric, new IndexOptions { Seed = options.Seed, Threads = options.Threads }, progress, cancellation);
        index.Save(folder);
        return index;
    }
}
