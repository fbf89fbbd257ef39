using System.CommandLine;
using System.Text.Json.Nodes;
using SimSearch.Cli.Terminal;
using Spectre.Console;

namespace SimSearch.Cli.Commands;

/// <summary><c>simsearch report</c>: notebooks as one linked site.</summary>
internal static class ReportCommand
{
    private static readonly Argument<string[]> Sources = new("NOTEBOOKS") { Description = "Notebooks (.ipynb), or folders of them  [default: notebooks]", Arity = ArgumentArity.ZeroOrMore };
    private static readonly Option<string> Out = new Option<string>("--out", "-o") { Description = "Folder for the site", HelpName = "DIR", DefaultValueFactory = _ => "report" }.IsFolder();
    private static readonly Option<bool> Execute = new("--execute") { Description = "Run the notebooks first, into DIR/notebooks; what has not changed since its last run there is not run again" };
    private static readonly Option<bool> NoExecute = new("--no-execute") { Description = "Show the notebooks as they are (this is the default)" };
    private static readonly Option<bool> Force = new("--force") { Description = "With --execute: run also what has not changed" };
    private static readonly Option<string> Title = new("--title") { Description = "Heading of the site", HelpName = "TEXT", DefaultValueFactory = _ => "Notebooks" };

    static ReportCommand() => Sources.Validators.Add(CommonOptions.RefuseOptions);

    public static Command Create(CancellationToken stop) => new Command("report", "Make one linked site of notebooks; they are run only with --execute")
    {
        Sources, Out, Execute, NoExecute, Force, Title, NotebookCommand.Parameters, NotebookCommand.Timeout, NotebookCommand.AllowErrors,
    }.Does(stop, Run).WithExamples(
        "simsearch report notebooks --out site                 the notebooks with the outputs they have",
        "simsearch report notebooks --out site --execute --param seed=3",
        "simsearch report executed/*.ipynb --title \"Our sounds\"");

    private static void Run(Invocation call)
    {
        if (call.Get(Execute) && call.Get(NoExecute)) throw new UsageException("--execute and --no-execute exclude each other");
        if (!call.Get(Execute))
            foreach (var option in (Option[])[Force, NotebookCommand.Parameters, NotebookCommand.Timeout, NotebookCommand.AllowErrors])
                if (call.Given(option)) throw new UsageException($"{option.Name} says how notebooks are run, and without --execute none is");
        string[] files = Find(call.Get(Sources) is { Length: > 0 } given ? given : ["notebooks"]);
        string folder = call.Get(Out);
        var wish = NotebookCommand.Wish(call);
        NotebookBatch.CheckParameters(files, wish);
        var outcomes = call.Get(Execute)
            ? NotebookBatch.Run(files, Path.Combine(folder, "notebooks"), wish, call.Get(Force), call.Screen, call.Stop)
            : NotebookBatch.Read(files, call.Screen);
        string index = ReportSite.Save(folder, call.Get(Title), outcomes);
        call.Screen.Result(new JsonObject { ["index"] = index, ["notebooks"] = new JsonArray([.. outcomes.Select(o => o.ToJson())]) }, console => console.WriteLine($"{outcomes.Length} {(outcomes.Length == 1 ? "notebook" : "notebooks")}; look and listen: {index}"));
        ThrowIfFailed(outcomes);
    }

    /// <summary>The end of a command some of whose notebooks failed; each has been named before.</summary>
    public static void ThrowIfFailed(IReadOnlyCollection<NotebookOutcome> outcomes)
    {
        string[] failed = [.. outcomes.Where(o => o.Problem.Length > 0).Select(o => Path.GetFileName(o.File))];
        if (failed.Length > 0) throw new SimSearchException($"{failed.Length} of {outcomes.Count} notebooks failed: {string.Join(", ", failed)}");
    }

    /// <summary>The notebooks among files and folders, in order, whose names a site can bear.</summary>
    public static string[] Find(IEnumerable<string> sources)
    {
        string[] found = Expand(sources);
        if (!found.Any(File.Exists)) throw new SimSearchException($"'{found[0]}' does not exist; give notebooks (.ipynb) or folders of them");
        if (found.GroupBy(Path.GetFileNameWithoutExtension, StringComparer.OrdinalIgnoreCase).FirstOrDefault(g => g.Count() > 1)?.Key is { } twice)
            throw new UsageException($"two notebooks are named '{twice}', and a site has one page of a name; rename one");
        if (Array.Find(found, f => Path.GetFileNameWithoutExtension(f).Equals("index", StringComparison.OrdinalIgnoreCase)) is { } index) throw new UsageException($"'{index}' would take the place of the site's index.html; rename it");
        return found;
    }

    /// <summary>The notebooks among files and folders, in order; of a folder those right in it, by name.</summary>
    public static string[] Expand(IEnumerable<string> sources)
    {
        var found = new List<string>();
        foreach (string source in sources)
        {
            if (!Directory.Exists(source))
            {
                // A missing file is said by whoever opens it.
                found.Add(source);
                continue;
            }
            string[] inside = [.. Directory.EnumerateFiles(source, "*.ipynb").Where(f => !Path.GetFileName(f).StartsWith('.')).Order(StringComparer.Ordinal)];
            if (inside.Length == 0) throw new SimSearchException($"there are no notebooks (*.ipynb) in '{source}'");
            found.AddRange(inside);
        }
        return [.. found];
    }
}
