using System.CommandLine;
using System.Globalization;
using SimSearch.Charts;
using SimSearch.Cli.Terminal;
using SimSearch.Datasets;
using SimSearch.Embedding;
using SimSearch.Evaluation;
using SimSearch.Experiments;
using SimSearch.Indexing;
using Spectre.Console;

namespace SimSearch.Cli.Commands;

/// <summary><c>simsearch evaluate INDEX</c>: retrieval figures with intervals, and a page to look at and listen to.</summary>
internal static class EvaluateCommand
{
    private static readonly Argument<string> Index = CommonOptions.Word("INDEX", "Folder of the index; its items need labels");
    private static readonly Option<string?> Queries = new("--queries") { Description = "Folder of embeddings to ask with, made by the index's embedder (see embed --embedder-from)", HelpName = "DIR" };
    private static readonly Option<bool> LeaveOneOut = new("--leave-one-out") { Description = "Ask every item of the index against all others (the default without --queries)" };
    private static readonly Option<bool> ExcludeSameGroup = new("--exclude-same-group") { Description = "Leave out items of the query's own group (fold, speaker, recording)" };
    private static readonly Option<string?> Html = new Option<string?>("--html") { Description = "Also write a page to look at and listen to", HelpName = "FILE" }.IsFile();

    private static readonly Option<int[]?> Ks = new("--k")
    {
        Description = "Ranks at which to measure, separated by commas  [default: 1,5,10]", HelpName = "1,5,10", Arity = ArgumentArity.ExactlyOne,
        CustomParser = result =>
        {
            string text = result.Tokens[0].Value;
            var ks = new List<int>();
            foreach (string part in text.Split(','))
            {
                if (int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out int k) && k is >= 1 and <= 100_000) ks.Add(k);
                else result.AddError($"--k {text} must be numbers from 1 to 100000 separated by commas, for example 1,5,10");
            }
            return [.. ks];
        },
    };

    public static Command Create(CancellationToken stop) =>
        new Command("evaluate", "Measure how well an index finds items of the same label") { Index, Queries, LeaveOneOut, ExcludeSameGroup, Ks, IndexParameters.Option, Html }.Does(stop, Run).WithExamples(
            "simsearch evaluate index --exclude-same-group",
            "simsearch evaluate index --queries test-embeddings --k 1,10 --json",
            "simsearch evaluate index --param nprobe=8 --html report.html");

    private static void Run(Invocation call)
    {
        if (call.Get(LeaveOneOut) && call.Get(Queries) is not null) throw new UsageException("--leave-one-out and --queries exclude each other");
        using var index = VectorIndex.Load(call.Get(Index), memoryMap: true);
        using var queries = call.Get(Queries) is { } folder ? Embeddings.Load(folder) : null;
        var options = new EvaluationOptions
        {
            Ks = call.Get(Ks) is { Length: > 0 } ks ? ks : [1, 5, 10], ExcludeSameGroup = call.Get(ExcludeSameGroup), Parameters = IndexParameters.Of(call), Seed = call.Seed, Threads = call.Threads,
        };
        var report = call.Screen.Track(progress => RetrievalEvaluator.Evaluate(index, queries, options, progress, call.Stop));
        foreach (string warning in report.Warnings) call.Screen.Warn(warning);
        if (call.Get(Html) is { } page)
        {
            var dataset = index.Root is { } root ? new Dataset(Path.GetFileName(root), root, index.Items) : null;
            ExperimentReport.Of(dataset, index, call.Get(Index), report, CommandLine.Typed, call.Seed).Save(page, call.Stop);
        }
        call.Screen.Result(report.ToJsonObject(), console =>
        {
            Figures.Show(console, report);
            if (call.Get(Html) is { } written) console.WriteLine($"page: {Path.GetFullPath(written)}");
        });
    }
}
