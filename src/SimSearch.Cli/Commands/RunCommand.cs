using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using SimSearch.Cli.Terminal;
using SimSearch.Datasets;
using SimSearch.Embedding;
using SimSearch.Experiments;
using SimSearch.Notebooks;
using Spectre.Console;

namespace SimSearch.Cli.Commands;

/// <summary><c>simsearch run [SOURCE]</c>: the whole path from sounds to a report.</summary>
internal static class RunCommand
{
    private const string ExperimentPage = "experiment.html";

    private static readonly Argument<string?> Source = new("SOURCE")
    {
        Description = "Folder of class folders (sounds, or images), ESC-50/ESC-10/FSDD folder or table (.csv)  [default: synthetic sounds are made]", Arity = ArgumentArity.ZeroOrOne,
    };

    static RunCommand() => Source.Validators.Add(CommonOptions.RefuseOptions);

    private static readonly Option<string> Out = new Option<string>("--out", "-o") { Description = "Where everything goes", HelpName = "DIR", DefaultValueFactory = _ => "out" }.IsFolder();
    private static readonly Option<string> Embedder = EmbedderOptions.Name("; the synthetic sounds take simsearch-synthetic when nothing is typed");
    private static readonly Option<int> SampleRate = EmbedderOptions.SampleRate();
    private static readonly Option<string> Factory = new("--factory") { Description = "FAISS factory string of the index", HelpName = "STRING", DefaultValueFactory = _ => "Flat" };
    private static readonly Option<bool> SkipUnreadable = new("--skip-unreadable") { Description = "Leave out files that cannot be read instead of stopping" };

    private static readonly Option<string?> Notebooks = new("--notebooks") { Description = "Folder of the guided notebooks to run as well  [default: those of the program; none with SOURCE]", HelpName = "DIR" };
    private static readonly Option<bool> NoNotebooks = new("--no-notebooks") { Description = "Run no notebooks; index.html is then the page of the experiment" };
    private static readonly Option<bool> Force = new("--force") { Description = "Run also the notebooks that have not changed since their last run" };

    public static Command Create(CancellationToken stop) =>
        new Command("run", "Go the whole way: sounds, embeddings, index, search, evaluation, the guided notebooks, report")
        {
            Source, Out, Embedder, SampleRate, Factory, IndexParameters.Option, SkipUnreadable, Notebooks, NoNotebooks, Force,
        }.Does(stop, Run).WithExamples(
            "simsearch run                                 synthetic sounds; look at out/index.html",
            "simsearch run ~/Music/samples --out mine      your own folder of class folders",
            "simsearch run --factory IVF16,Flat --param nprobe=8 --seed 3");

    private static void Run(Invocation call)
    {
        EmbedderOptions.Check(call, Embedder, SampleRate);
        var clock = Stopwatch.StartNew();
        if (call.Get(NoNotebooks) && call.Get(Notebooks) is not null) throw new UsageException("--notebooks and --no-notebooks exclude each other");
        // The chapters speak of the synthetic sounds; who comes with sounds wants those looked at.
        string? chapters = call.Get(NoNotebooks) ? null : call.Get(Notebooks) ?? (call.Get(Source) is null ? Guided() : null);
        string[] notebooks = chapters is null ? [] : ReportCommand.Find([chapters]);
        var options = new ExperimentOptions
        {
            Source = call.Get(Source), OutFolder = call.Get(Out), Embedder = call.Given(Embedder) ? call.Get(Embedder) : null, SampleRate = call.Get(SampleRate), Factory = call.Get(Factory), Parameters = IndexParameters.Of(call),
            SkipUnreadable = call.Get(SkipUnreadable), Seed = call.Seed, Threads = call.Threads, Command = CommandLine.Typed,
            ReportName = notebooks.Length > 0 ? ExperimentPage : "index.html",
        };
        var result = call.Screen.Track(progress => Experiment.Run(options, progress, call.Stop));
        foreach (string message in result.Messages) call.Screen.Warn(message);
        foreach (var item in result.Skipped) call.Screen.Warn($"left out {item.Item.Id}: {item.Reason}");

        foreach (string warning in result.Figures?.Warnings ?? []) call.Screen.Warn(warning);

        var outcomes = NotebookBatch.Run(notebooks, Path.Combine(options.OutFolder, "notebooks"), new NotebookRunWish(new Dictionary<string, string>(), Threads: call.Get(CommonOptions.Threads)), call.Get(Force), call.Screen, call.Stop);
        string? site = notebooks.Length == 0 ? null : ReportSite.Save(options.OutFolder, "SimSearch", outcomes, [.. result.ReportPath is null ? [] : new[] { Link(result) }]);
        var document = result.Figures?.ToJsonObject() ?? [];
        document["report"] = result.ReportPath is { } written ? Path.GetFullPath(written) : null;
        document["index"] = Path.GetFullPath(result.IndexFolder);
        document["site"] = site;
        document["notebooks"] = new JsonArray([.. outcomes.Select(o => o.ToJson())]);
        call.Screen.Result(document, console =>
        {
            if (result.Figures is { } figures) Figures.Show(console, figures);
            console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{result.Dataset}; {result.Embedded} embedded in this run, {clock.Elapsed.TotalSeconds:0.0} s in all"));
            console.WriteLine($"classes: {Classes(result.Dataset)}");
            console.WriteLine((site ?? result.ReportPath) is { } page
                ? $"look and listen: {Path.GetFullPath(page)}"
                : "no item has a label, so there is nothing to measure; the index can be searched all the same");
            console.WriteLine($"search yourself: ./simsearch search {CommandLine.Quoted(result.IndexFolder)} {(result.Dataset.HoldsImages ? "IMAGE.jpg" : "SOUND.wav")}");
        });
        ReportCommand.ThrowIfFailed(outcomes);
    }

    private static NotebookSiteLink Link(ExperimentResult result)
    {
        string figures = result.Figures is { } report
            ? string.Create(CultureInfo.InvariantCulture, $" Precision@1 {report.Precision[report.Ks[0]].Value:0.000}, MAP {report.Map.Value:0.000}, over {report.Queries} queries.") : "";
        return new NotebookSiteLink($"The experiment: {result.Dataset.Name}", ExperimentPage, $"Sounds to listen to, where they lie, how good the search is, what is confused with what, and queries with their hits.{figures}");
    }

    /// <summary>The guided notebooks beside the program's sources; null where it was installed without them.</summary>
    private static string? Guided()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "SimSearch.sln")) && Path.Combine(folder.FullName, "notebooks") is var notebooks && Directory.Exists(notebooks)) return notebooks;
        return null;
    }

    private static string Classes(Dataset dataset)
    {
        const int shown = 12;
        var counts = dataset.CountsByLabel.Select(c => $"{c.Key} ({c.Value})").ToArray();
        return counts.Length == 0 ? "none" : string.Join(", ", counts.Take(shown)) + (counts.Length > shown ? $" and {counts.Length - shown} more" : "");
    }
}
