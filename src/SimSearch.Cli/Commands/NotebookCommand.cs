using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using SimSearch.Cli.Terminal;
using SimSearch.Notebooks;
using Spectre.Console;

namespace SimSearch.Cli.Commands;

/// <summary><c>simsearch notebook run | new | strip | html</c>: C# notebooks without Jupyter and without Python.</summary>
internal static class NotebookCommand
{
    private static readonly Argument<string[]> Files = CommonOptions.Words("NB", "Notebooks (.ipynb), or folders of them");
    private static readonly Argument<string> NewFile = CommonOptions.Word("NB", "The notebook (.ipynb) to write");
    private static readonly Option<string?> Out = new Option<string?>("--out", "-o") { Description = "Folder for the executed notebooks and pages; without it each notebook is replaced by its executed self", HelpName = "DIR" }.IsFolder();
    private static readonly Option<string> Site = CommonOptions.Out("Folder for the pages").IsFolder();
    private static readonly Option<bool> Html = new("--html") { Description = "Also write a page of each, in one file" };
    private static readonly Option<bool> Check = new("--check") { Description = "Compare the outputs with those in the file and fail when they differ; the file is left as it is" };
    private static readonly Option<double> Tolerance = new Option<double>("--tolerance") { Description = "How far numbers may differ in --check, as a fraction", HelpName = "X", DefaultValueFactory = _ => 0 }.Check(x => x >= 0 && double.IsFinite(x), "0 or more");
    public static readonly Option<bool> AllowErrors = new("--allow-errors") { Description = "Go on after a cell that fails" };
    public static readonly Option<double?> Timeout = new Option<double?>("--timeout") { Description = "Longest time for one cell, in seconds  [default: none]", HelpName = "S" }.Check(x => x is > 0 and <= 1e6, "above 0");
    public static readonly Option<string[]> Parameters = new("--param") { Description = "Value for a name of the cell tagged 'parameters'; may be given several times", HelpName = "NAME=VALUE" };
    private static readonly Option<int> Repeat = new Option<int>("--repeat") { Description = "With --check: run it so many times, and each must show the same", HelpName = "N", DefaultValueFactory = _ => 1 }.Check(n => n is >= 1 and <= 10_000, "from 1 to 10000");
    private static readonly Option<double?> MaxMemory = new Option<double?>("--max-memory") { Description = "Most memory for the objects of a notebook, in MB; a cell above it fails  [default: three quarters of the machine's]", HelpName = "MB" }.Check(x => x is >= 64 and <= 1e7, "64 or more");
    private static readonly Option<string?> Title = new("--title") { Description = "Its heading  [default: the file's name]", HelpName = "TEXT" };

    public static Command Create(CancellationToken stop) => new Command("notebook", "Run C# notebooks without Jupyter, make pages of them, start and strip them")
    {
        new Command("run", "Run every cell and keep what it shows; a cell that fails ends the run with exit code 1") { Files, Out, Html, Check, Tolerance, Repeat, AllowErrors, Timeout, MaxMemory, Parameters }.Does(stop, Run).WithExamples(
            "simsearch notebook run lesson.ipynb --out executed --html",
            "simsearch notebook run lesson.ipynb --param folder=sounds --param k=10 --out executed",
            "simsearch notebook run notebooks/*.ipynb --check --tolerance 1e-6",
            "simsearch notebook run lesson.ipynb --check --repeat 20         do 20 runs show the same?"),
        new Command("new", "Write a notebook to begin with") { NewFile, Title }.Does(stop, New).WithExamples("simsearch notebook new lesson.ipynb --title \"My sounds\""),
        new Command("strip", "Take the outputs out, for version control") { Files }.Does(stop, Strip).WithExamples("simsearch notebook strip lesson.ipynb"),
        new Command("html", "Make a linked site of notebooks as they are; nothing is run") { Files, Site }.Does(stop, Pages).WithExamples("simsearch notebook html executed/*.ipynb --out site"),
        NotebookRuns.Worker(),
    }.WithExamples("simsearch notebook run lesson.ipynb --out executed --html");

    private static void Run(Invocation call)
    {
        string[] files = ReportCommand.Expand(call.Get(Files));
        if (call.Get(Out) is { } folder && files.GroupBy(Path.GetFileName, StringComparer.OrdinalIgnoreCase).FirstOrDefault(g => g.Count() > 1)?.Key is { } twice)
            throw new UsageException($"--out {folder} would get two notebooks named {twice}; run them one by one");
        if (call.Given(Repeat) && !call.Get(Check)) throw new UsageException("--repeat asks whether many runs show the same, so it needs --check");
        if (call.Get(Check) && call.Get(Out) is not null) throw new UsageException("--check keeps nothing, so it excludes --out");
        var wish = Wish(call);
        var results = new JsonArray();
        SimSearchException? failure = null;
        int failed = 0;
        foreach (string file in files)
        {
            call.Stop.ThrowIfCancellationRequested();
            try
            {
                var result = call.Get(Check) ? CheckOne(call, file, wish) : RunOne(call, file, wish);
                results.Add(result);
                if (!call.Screen.Json) call.Screen.Result(result, console => console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                    $"{file}: {result["cells"]} cells in {(double)result["seconds"]!:0.0} s{(call.Get(Check) ? $", outputs as committed{(call.Get(Repeat) > 1 ? $" in {call.Get(Repeat)} of {call.Get(Repeat)} runs" : "")}" : $" -> {result["out"]}")}")));
            }
            catch (Exception e) when (e is SimSearchException or NotebookException or IOException or UnauthorizedAccessException)
            {
                // The next notebook is not to suffer for this one.
                failed++;
                string problem = Explanation.Of(e);
                if (!problem.Contains(Path.GetFileName(file), StringComparison.Ordinal)) problem = $"{file}: {problem}";
                failure = new SimSearchException(problem, e);
                results.Add(new JsonObject { ["notebook"] = file, ["problem"] = problem });
                if (files.Length > 1) call.Screen.Error(problem, e);
            }
        }
        if (call.Screen.Json) call.Screen.Result(files.Length == 1 ? results[0]! : results, _ => { });
        if (failure is not null) throw files.Length == 1 ? failure : new SimSearchException($"{failed} of {files.Length} notebooks failed");
    }

    private static JsonObject RunOne(Invocation call, string file, NotebookRunWish wish)
    {
        var notebook = Notebook.Load(file);
        string target = Path.GetFullPath(call.Get(Out) is { } folder ? Path.Combine(folder, Path.GetFileName(file)) : file);
        var run = Executed(call, file, target, wish);
        string problem = NotebookRuns.ProblemOf(run);
        var record = call.Get(Out) is null && !call.Get(Html) ? null : NotebookRuns.RecordOf(file, notebook, target, run, wish, problem);
        if (call.Get(Out) is not null) record?.Save(target);
        if (call.Get(Html)) NotebookPage.Save(run.Notebook, Path.ChangeExtension(target, ".html"), new NotebookPageOptions { Scripts = ReportSite.Scripts, Facts = ReportSite.FactsOf(new NotebookOutcome(file, target, run.Notebook, record, "ran", problem)) });
        return run.Failures is [var first, ..] && !call.Get(AllowErrors) ? throw new SimSearchException($"{file}: {first}") : Document(file, target, run);
    }

    /// <summary>Runs a notebook as often as asked, beside it, and compares what each run shows with what is committed.</summary>
    private static JsonObject CheckOne(Invocation call, string file, NotebookRunWish wish)
    {
        var committed = Notebook.Load(file);
        int runs = call.Get(Repeat);
        string folder = Directory.CreateTempSubdirectory("simsearch-check-").FullName;
        try
        {
            JsonObject? document = null;
            for (int i = 1; i <= runs; i++)
            {
                string target = Path.Combine(folder, Path.GetFileName(file)), which = runs > 1 ? $" (run {i} of {runs})" : "";
                var run = Executed(call, file, target, wish);
                if (run.Failures is [var first, ..]) throw new SimSearchException($"{file}{which}: {first}");
                if (NotebookCheck.Compare(committed, run.Notebook, call.Get(Tolerance)) is { Count: > 0 } differences)
                    throw new SimSearchException($"{file}{which}: the outputs are not those committed (- committed, + now)\n{string.Join("\n", differences.Take(5))}{(differences.Count > 5 ? $"\nand {differences.Count - 5} more" : "")}");
                document = Document(file, null, run);
                if (runs > 1) call.Screen.Say($"{file}: run {i} of {runs} as committed, {document["seconds"]} s");
            }
            if (runs > 1) document!["runs"] = runs;
            return document!;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static NotebookRun Executed(Invocation call, string file, string target, NotebookRunWish wish) => call.Screen.Track(progress => NotebookRuns.Run(file, target, wish, progress, call.Stop), passing: true);

    private static JsonObject Document(string file, string? target, NotebookRun run) =>
        new() { ["notebook"] = file, ["out"] = target, ["cells"] = run.CellsRun, ["seconds"] = Math.Round(run.Elapsed.TotalSeconds, 3) };

    /// <summary>How notebooks are to be run, from the options that say so.</summary>
    public static NotebookRunWish Wish(Invocation call) => new(Pairs(call), call.Get(Timeout) is { } seconds ? TimeSpan.FromSeconds(seconds) : null, call.Get(AllowErrors),
        call.Get(MaxMemory) is { } megabytes ? (long)(megabytes * (1 << 20)) : null, call.Get(CommonOptions.Threads));

    private static void New(Invocation call)
    {
        string file = call.Get(NewFile);
        if (!file.EndsWith(".ipynb", StringComparison.OrdinalIgnoreCase)) throw new UsageException($"{file} must end in .ipynb");
        if (File.Exists(file)) throw new SimSearchException($"{file} exists already; choose another name");
        Notebook.New(call.Get(Title) ?? Path.GetFileNameWithoutExtension(file)).Save(file);
        call.Screen.Result(new JsonObject { ["out"] = Path.GetFullPath(file) }, console => console.WriteLine($"wrote {file}"));
    }

    private static void Strip(Invocation call)
    {
        string[] files = ReportCommand.Expand(call.Get(Files));
        foreach (string file in files)
        {
            var notebook = Notebook.Load(file);
            notebook.Strip();
            notebook.Save(file);
        }
        call.Screen.Result(new JsonObject { ["stripped"] = files.Length }, console => console.WriteLine(files.Length == 1 ? $"{files[0]}: outputs taken out" : $"{files.Length} notebooks: outputs taken out"));
    }

    private static void Pages(Invocation call)
    {
        var outcomes = NotebookBatch.Read(ReportCommand.Find(call.Get(Files)), call.Screen);
        string index = ReportSite.Save(call.Get(Site), "Notebooks", outcomes);
        call.Screen.Result(new JsonObject { ["index"] = index, ["pages"] = outcomes.Length }, console => console.WriteLine($"{outcomes.Length} {(outcomes.Length == 1 ? "page" : "pages")}: {index}"));
        ReportCommand.ThrowIfFailed([.. outcomes.Where(o => o.Notebook.Cells.Count == 0)]);
    }

    private static Dictionary<string, string> Pairs(Invocation call)
    {
        var pairs = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string text in call.Get(Parameters) ?? [])
        {
            int equals = text.IndexOf('=');
            if (equals < 1) throw new UsageException($"--param {text} must be NAME=VALUE");
            pairs[text[..equals]] = text[(equals + 1)..];
        }
        return pairs;
    }
}
