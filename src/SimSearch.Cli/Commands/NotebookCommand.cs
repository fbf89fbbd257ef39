using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using SimSearch.Cli.Terminal;
using SimSearch.Diagnostics;
using SimSearch.Notebooks;
using Spectre.Console;

namespace SimSearch.Cli.Commands;

/// <summary><c>simsearch notebook run | new | strip | html</c>: C# notebooks without Jupyter and without Python.</summary>
internal static class NotebookCommand
{
    private static readonly Argument<string[]> Files = CommonOptions.Words("NB", "Notebooks (.ipynb)");
    private static readonly Argument<string> NewFile = CommonOptions.Word("NB", "The notebook (.ipynb) to write");
    private static readonly Option<string?> Out = new("--out", "-o") { Description = "Folder for the executed notebooks and pages; without it each notebook is replaced by its executed self", HelpName = "DIR" };
    private static readonly Option<string> Site = CommonOptions.Out("Folder for the pages");
    private static readonly Option<bool> Html = new("--html") { Description = "Also write a page of each, in one file" };
    private static readonly Option<bool> Check = new("--check") { Description = "Compare the outputs with those in the file and fail when they differ; the file is left as it is" };
    private static readonly Option<double> Tolerance = new Option<double>("--tolerance") { Description = "How far numbers may differ in --check, as a fraction", HelpName = "X", DefaultValueFactory = _ => 0 }.Check(x => x >= 0 && double.IsFinite(x), "0 or more");
    private static readonly Option<bool> AllowErrors = new("--allow-errors") { Description = "Go on after a cell that fails" };
    private static readonly Option<double?> Timeout = new Option<double?>("--timeout") { Description = "Longest time for one cell, in seconds  [default: none]", HelpName = "S" }.Check(x => x is > 0 and <= 1e6, "above 0");
    private static readonly Option<string[]> Parameters = new("--param") { Description = "Value for a name of the cell tagged 'parameters'; may be given several times", HelpName = "NAME=VALUE" };
    private static readonly Option<string?> Title = new("--title") { Description = "Its heading  [default: the file's name]", HelpName = "TEXT" };

    public static Command Create(CancellationToken stop) => new Command("notebook", "Run C# notebooks without Jupyter, make pages of them, start and strip them")
    {
        new Command("run", "Run every cell and keep what it shows; a cell that fails ends the run with exit code 1") { Files, Out, Html, Check, Tolerance, AllowErrors, Timeout, Parameters }.Does(stop, Run).WithExamples(
            "simsearch notebook run lesson.ipynb --out executed --html",
            "simsearch notebook run lesson.ipynb --param folder=sounds --param k=10 --out executed",
            "simsearch notebook run notebooks/*.ipynb --check --tolerance 1e-6"),
        new Command("new", "Write a notebook to begin with") { NewFile, Title }.Does(stop, New).WithExamples("simsearch notebook new lesson.ipynb --title \"My sounds\""),
        new Command("strip", "Take the outputs out, for version control") { Files }.Does(stop, Strip).WithExamples("simsearch notebook strip lesson.ipynb"),
        new Command("html", "Make a linked site of notebooks as they are; nothing is run") { Files, Site }.Does(stop, Pages).WithExamples("simsearch notebook html executed/*.ipynb --out site"),
    }.WithExamples("simsearch notebook run lesson.ipynb --out executed --html");

    private static void Run(Invocation call)
    {
        string[] files = call.Get(Files);
        var parameters = Pairs(call);
        if (call.Get(Out) is { } folder && files.GroupBy(Path.GetFileName, StringComparer.OrdinalIgnoreCase).FirstOrDefault(g => g.Count() > 1)?.Key is { } twice)
            throw new UsageException($"--out {folder} would get two notebooks named {twice}; run them one by one");
        // One process each: the next notebook must not find statics, working folder or memory of the one before.
        if (files.Length > 1)
        {
            RunEach(call, files);
            return;
        }
        var result = RunOne(call, files[0], parameters);
        call.Screen.Result(result, console => console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{files[0]}: {result["cells"]} cells in {(double)result["seconds"]!:0.0} s{(call.Get(Check) ? ", outputs as committed" : $" -> {result["out"]}")}")));
    }

    private static void RunEach(Invocation call, string[] files)
    {
        string[] typed = [.. Environment.GetCommandLineArgs().Skip(1).Where(word => !files.Contains(word) && word is not ("notebook" or "run"))];
        var results = new JsonArray();
        int failed = 0;
        foreach (string file in files)
        {
            call.Stop.ThrowIfCancellationRequested();
            var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = call.Screen.Json };
            if (Path.GetFileNameWithoutExtension(start.FileName).Equals("dotnet", StringComparison.OrdinalIgnoreCase)) start.ArgumentList.Add(typeof(NotebookCommand).Assembly.Location);
            foreach (string word in (string[])["notebook", "run", file, .. typed]) start.ArgumentList.Add(word);
            using var process = Process.Start(start)!;
            if (call.Screen.Json && process.StandardOutput.ReadToEnd() is { Length: > 0 } text) results.Add(JsonNode.Parse(text));
            process.WaitForExit();
            if (process.ExitCode != 0) failed++;
        }
        call.Screen.Result(results, _ => { });
        if (failed > 0) throw new SimSearchException($"{failed} of {files.Length} notebooks failed");
    }

    private static JsonObject RunOne(Invocation call, string file, IReadOnlyDictionary<string, string> parameters)
    {
        var committed = Notebook.Load(file);
        bool check = call.Get(Check);
        string target = call.Get(Out) is { } folder ? Path.Combine(folder, Path.GetFileName(file)) : file;
        using var engine = new OwnedEngine();
        // Relative paths in a notebook start at the notebook, as in Jupyter.
        string home = Directory.GetCurrentDirectory();
        target = Path.GetFullPath(target);
        Directory.SetCurrentDirectory(Path.GetDirectoryName(Path.GetFullPath(file))!);
        try
        {
            var options = new NotebookRunOptions
            {
                CellTimeout = call.Get(Timeout) is { } seconds ? TimeSpan.FromSeconds(seconds) : null, AllowErrors = call.Get(AllowErrors), Parameters = parameters,
                SaveTo = check ? null : target,
            };
            var run = call.Screen.Track(progress => NotebookRunner.RunAsync(committed, engine.Engine, options with
            {
                Progress = cell => progress.Report(new Progress(Path.GetFileName(file), cell.Result is null ? cell.Step - 1 : cell.Step, cell.Steps)),
            }, call.Stop).GetAwaiter().GetResult());
            if (call.Get(Html)) NotebookPage.Save(run.Notebook, Path.ChangeExtension(target, ".html"), new NotebookPageOptions { Facts = Facts(file) });
            if (run.Failures is [var failure, ..]) throw new SimSearchException($"{file}: {failure}");
            if (check && NotebookCheck.Compare(committed, run.Notebook, call.Get(Tolerance)) is { Count: > 0 } differences)
                throw new SimSearchException($"{file}: the outputs are not those committed\n{string.Join("\n", differences.Take(5))}{(differences.Count > 5 ? $"\nand {differences.Count - 5} more" : "")}");
            return new JsonObject { ["notebook"] = file, ["out"] = check ? null : target, ["cells"] = run.CellsRun, ["seconds"] = Math.Round(run.Elapsed.TotalSeconds, 3) };
        }
        finally
        {
            Directory.SetCurrentDirectory(home);
        }
    }

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
        string[] files = call.Get(Files);
        foreach (string file in files)
        {
            var notebook = Notebook.Load(file);
            notebook.Strip();
            notebook.Save(file);
        }
        call.Screen.Result(new JsonObject { ["stripped"] = files.Length }, console => console.WriteLine($"{files.Length} notebooks without outputs"));
    }

    private static void Pages(Invocation call)
    {
        var pages = call.Get(Files).Select(file => new NotebookSitePage(Path.GetFileName(file), Notebook.Load(file))).ToArray();
        string index = new NotebookSite("Notebooks", pages) { Facts = Facts(null) }.Save(call.Get(Site));
        call.Screen.Result(new JsonObject { ["index"] = index, ["pages"] = pages.Length }, console => console.WriteLine($"{pages.Length} pages: {index}"));
    }

    private static NotebookFact[] Facts(string? file) =>
    [
        .. file is null ? [] : (NotebookFact[])[new NotebookFact("command", $"simsearch notebook run {CommandLine.Quoted(file)}", IsCode: true)],
        .. Doctor.Examine().Where(part => part.Part is "SimSearch" or "machine" or "FAISS").Select(part => new NotebookFact(part.Part, part.Found)),
    ];

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

    private sealed class OwnedEngine : IDisposable
    {
        public CSharpEngine Engine { get; } = NotebookEngine.Create();

        public void Dispose() => Engine.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }
}
