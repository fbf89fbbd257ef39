using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using SimSearch.Cli.Terminal;
using SimSearch.Datasets;
using SimSearch.Embedding;
using SimSearch.Experiments;
using Spectre.Console;

namespace SimSearch.Cli.Commands;

/// <summary><c>simsearch run [SOURCE]</c>: the whole path from sounds to a report.</summary>
internal static class RunCommand
{
    private static readonly Argument<string?> Source = new("SOURCE")
    {
        Description = "Folder of class folders, ESC-50/ESC-10/FSDD folder or table (.csv)  [default: synthetic sounds are made]", Arity = ArgumentArity.ZeroOrOne,
    };

    static RunCommand() => Source.Validators.Add(CommonOptions.RefuseOptions);

    private static readonly Option<string> Out = new("--out", "-o") { Description = "Where everything goes", HelpName = "DIR", DefaultValueFactory = _ => "out" };
    private static readonly Option<string> Embedder = CommonOptions.Choice("--embedder", "How sounds become vectors", "combined-stats", [.. AudioEmbedders.Names]);
    private static readonly Option<int> SampleRate = new("--sample-rate") { Description = "Bring every sound to this rate first, in Hz", HelpName = "HZ", DefaultValueFactory = _ => 22050 };
    private static readonly Option<string> Factory = new("--factory") { Description = "FAISS factory string of the index", HelpName = "STRING", DefaultValueFactory = _ => "Flat" };
    private static readonly Option<bool> SkipUnreadable = new("--skip-unreadable") { Description = "Leave out files that cannot be read instead of stopping" };

    public static Command Create(CancellationToken stop) =>
        new Command("run", "Go the whole way: sounds, embeddings, index, search, evaluation, report") { Source, Out, Embedder, SampleRate, Factory, IndexParameters.Option, SkipUnreadable }.Does(stop, Run).WithExamples(
            "simsearch run                                 synthetic sounds; look at out/index.html",
            "simsearch run ~/Music/samples --out mine      your own folder of class folders",
            "simsearch run --factory IVF16,Flat --param nprobe=8 --seed 3");

    private static void Run(Invocation call)
    {
        var clock = Stopwatch.StartNew();
        var options = new ExperimentOptions
        {
            Source = call.Get(Source), OutFolder = call.Get(Out), Embedder = call.Get(Embedder), SampleRate = call.Get(SampleRate), Factory = call.Get(Factory), Parameters = IndexParameters.Of(call),
            SkipUnreadable = call.Get(SkipUnreadable), Seed = call.Seed, Threads = call.Threads, Command = CommandLine.Typed,
        };
        var result = call.Screen.Track(progress => Experiment.Run(options, progress, call.Stop));
        foreach (string message in result.Messages) call.Screen.Warn(message);
        foreach (var item in result.Skipped) call.Screen.Warn($"left out {item.Item.Id}: {item.Reason}");

        foreach (string warning in result.Figures?.Warnings ?? []) call.Screen.Warn(warning);
        var document = result.Figures?.ToJsonObject() ?? [];
        document["report"] = result.ReportPath is { } written ? Path.GetFullPath(written) : null;
        document["index"] = Path.GetFullPath(result.IndexFolder);
        call.Screen.Result(document, console =>
        {
            if (result.Figures is { } figures) Figures.Show(console, figures);
            console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{result.Dataset}; {result.Embedded} embedded in this run, {clock.Elapsed.TotalSeconds:0.0} s in all"));
            console.WriteLine($"classes: {Classes(result.Dataset)}");
            console.WriteLine(result.ReportPath is { } page
                ? $"look and listen: {Path.GetFullPath(page)}"
                : "no item has a label, so there is nothing to measure; the index can be searched all the same");
            console.WriteLine($"search yourself: ./simsearch search {CommandLine.Quoted(result.IndexFolder)} SOUND.wav");
        });
    }

    private static string Classes(Dataset dataset)
    {
        const int shown = 12;
        var counts = dataset.CountsByLabel.Select(c => $"{c.Key} ({c.Value})").ToArray();
        return counts.Length == 0 ? "none" : string.Join(", ", counts.Take(shown)) + (counts.Length > shown ? $" and {counts.Length - shown} more" : "");
    }
}
