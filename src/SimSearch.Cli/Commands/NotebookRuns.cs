using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using SimSearch.Cli.Terminal;
using SimSearch.Diagnostics;
using SimSearch.Notebooks;

namespace SimSearch.Cli.Commands;

/// <summary>What is asked of the run of a notebook.</summary>
internal sealed record NotebookRunWish(IReadOnlyDictionary<string, string> Parameters, TimeSpan? Timeout = null, bool AllowErrors = false, long? MaxMemory = null, int Threads = 0);

/// <summary>Runs notebooks, each in a process of its own, and knows when a run need not be repeated.</summary>
internal static partial class NotebookRuns
{
    private const string HiddenName = "worker";
    private const long MostDataBytes = 8L << 30;

    /// <summary>The hidden command that such a process runs.</summary>
    public static System.CommandLine.Command Worker()
    {
        var command = new System.CommandLine.Command(HiddenName, "Runs one notebook for another process") { Hidden = true };
        // A thread that the notebook left must not keep the process.
        command.SetAction(_ => Environment.Exit(NotebookWorker.Serve(WarmEngine)));
        return command;
    }

    /// <summary>The first cell is not to pay for the start: its time is shown, and may be limited.</summary>
    private static CSharpEngine WarmEngine()
    {
        var engine = NotebookEngine.Create();
        engine.WarmUp();
        return engine;
    }

    /// <summary>Runs a notebook and keeps what it shows in another file, or the same.</summary>
    /// <param name="file">The notebook.</param>
    /// <param name="target">Where it is written to.</param>
    /// <param name="wish">How.</param>
    /// <param name="progress">Told about every cell; null for nobody.</param>
    /// <param name="stop">Ends it.</param>
    public static NotebookRun Run(string file, string target, NotebookRunWish wish, IProgress<Progress>? progress, CancellationToken stop)
    {
        var job = new NotebookJob(Path.GetFullPath(file), Path.GetFullPath(target)) { CellTimeout = wish.Timeout, AllowErrors = wish.AllowErrors, Parameters = wish.Parameters, MaxMemory = wish.MaxMemory };
        string name = Path.GetFileName(file);
        return NotebookProcess.RunAsync(job, Start(wish.Threads), step => progress?.Report(new Progress(name, step.Ended ? step.Step : step.Step - 1, step.Steps, $"cell {step.Number}")), stop).GetAwaiter().GetResult();
    }

    /// <summary>What the outputs of a notebook depend on, in one hash.</summary>
    public static string KeyOf(string file, Notebook notebook, NotebookRunWish wish)
    {
        var text = new StringBuilder($"{NotebookRunRecord.SourceHash(notebook)}\n{LibraryHash}\n");
        foreach (var (name, value) in wish.Parameters.OrderBy(p => p.Key, StringComparer.Ordinal)) text.Append(CultureInfo.InvariantCulture, $"{name}={value}\n");
        string folder = Path.GetDirectoryName(Path.GetFullPath(file))!;
        foreach (var path in notebook.Cells.Where(c => c.Kind == NotebookCellKind.Code).SelectMany(c => Directive().Matches(c.Source)).Select(m => Path.Combine(folder, m.Groups[1].Value)).Where(File.Exists))
            text.Append(NotebookRunRecord.Hash(File.ReadAllBytes(path))).Append('\n');
        // By name, size and time: reading a large set each time would cost more than it saves.
        if (DataPath(folder, notebook, wish) is { } data)
            foreach (var entry in Files(data)) text.Append(CultureInfo.InvariantCulture, $"{entry.FullName}|{entry.Length}|{entry.LastWriteTimeUtc.Ticks}\n");
        return NotebookRunRecord.Hash(Encoding.UTF8.GetBytes(text.ToString()));
    }

    /// <summary>The record of a run, to be kept beside the executed notebook.</summary>
    public static NotebookRunRecord RecordOf(string file, Notebook notebook, string target, NotebookRun run, NotebookRunWish wish, string problem) => new()
    {
        Source = NotebookRunRecord.SourceHash(notebook), Key = KeyOf(file, notebook, wish), Executed = NotebookRunRecord.Hash(File.ReadAllBytes(target)), Parameters = wish.Parameters,
        Problem = problem, CellsRun = run.CellsRun, CellsToRun = run.CellsToRun, Seconds = Math.Round(run.Elapsed.TotalSeconds, 3), Finished = DateTime.UtcNow,
        Environment = Machine(), Data = Describe(Path.GetDirectoryName(Path.GetFullPath(file))!, notebook, wish),
    };

    /// <summary>Machine and versions, by name.</summary>
    public static Dictionary<string, string> Machine() => Doctor.Examine().Where(part => part.Part is "SimSearch" or "machine" or "SIMD" or "FAISS").ToDictionary(part => part.Part, part => WithoutPath(part.Found));

    /// <summary>What was found, without where: a report is passed on, and says nothing of somebody's folders.</summary>
    public static string WithoutPath(string found) => string.Join(", ", found.Split(", ").Select(part => !Path.IsPathRooted(part) ? part : part.Split(" (", 2) is [_, var rest] ? rest.TrimEnd(')') : "").Where(part => part.Length > 0));

    /// <summary>The first failure in one line, or "" when the run is whole.</summary>
    public static string ProblemOf(NotebookRun run) => run.Failures is [var first, ..]
        ? $"Cell {first.Number} failed: {first.Error.Name}: {first.Error.Message.Split('\n')[0]}" : run.CellsRun < run.CellsToRun ? $"Only {run.CellsRun} of {run.CellsToRun} cells ran." : "";

    private static ProcessStartInfo Start(int threads)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!);
        if (Path.GetFileNameWithoutExtension(start.FileName).Equals("dotnet", StringComparison.OrdinalIgnoreCase)) start.ArgumentList.Add(typeof(NotebookRuns).Assembly.Location);
        foreach (string word in (string[])["notebook", HiddenName]) start.ArgumentList.Add(word);
        if (threads > 0)
        {
            start.ArgumentList.Add("--threads");
            start.ArgumentList.Add(threads.ToString(CultureInfo.InvariantCulture));
        }
        return start;
    }

    /// <summary>One hash of the program's own files and the runtime: another build may show something else.</summary>
    private static readonly Lazy<string> Library = new(() =>
    {
        var text = new StringBuilder(System.Runtime.InteropServices.RuntimeInformation.FrameworkDescription).Append('\n');
        foreach (string file in Directory.EnumerateFiles(AppContext.BaseDirectory, "*simsearch*", SearchOption.AllDirectories).Where(f => Path.GetExtension(f) is ".dll" or ".so" or ".dylib").Order(StringComparer.Ordinal))
            text.Append(Path.GetFileName(file)).Append(' ').Append(NotebookRunRecord.Hash(File.ReadAllBytes(file))).Append('\n');
        return NotebookRunRecord.Hash(Encoding.UTF8.GetBytes(text.ToString()));
    });

    /// <summary>SHA-256 of the program's own files.</summary>
    public static string LibraryHash => Library.Value;

    private static string Describe(string folder, Notebook notebook, NotebookRunWish wish)
    {
        if (Dataset(notebook, wish) is not { } name) return "";
        if ((DataPath(folder, notebook, wish) ?? (name == "synthetic" ? MadePath(folder, notebook) : null)) is not { } path) return name;
        FileInfo[] files = [.. Files(path)];
        if (files.Sum(f => f.Length) > MostDataBytes) return $"{name}: {files.Length} files, too large to be hashed here";
        using var all = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var file in files)
        {
            using var stream = file.OpenRead();
            all.AppendData(Encoding.UTF8.GetBytes($"{Path.GetRelativePath(path, file.FullName)}\n"));
            all.AppendData(SHA256.HashData(stream));
        }
        return $"{name}: {files.Length} files, SHA-256 of names and contents {Convert.ToHexStringLower(all.GetHashAndReset())}";
    }

    private static IEnumerable<FileInfo> Files(string path) => File.Exists(path) ? [new FileInfo(path)]
        : new DirectoryInfo(path).EnumerateFiles("*", SearchOption.AllDirectories).OrderBy(f => f.FullName, StringComparer.Ordinal);

    private static string? DataPath(string folder, Notebook notebook, NotebookRunWish wish) =>
        Dataset(notebook, wish) is { Length: > 0 } name && Path.Combine(folder, name) is var path && Path.Exists(path) ? path : null;

    /// <summary>The folder named in the code that the synthetic sounds were written to; null when none was.</summary>
    private static string? MadePath(string folder, Notebook notebook) => notebook.Cells.Where(c => c.Kind == NotebookCellKind.Code).SelectMany(c => FolderName().Matches(c.Source))
        .Select(m => Path.GetFullPath(Path.Combine(folder, m.Groups[1].Value))).FirstOrDefault(p => File.Exists(Path.Combine(p, "synthetic.json")));

    private static string? Dataset(Notebook notebook, NotebookRunWish wish) => wish.Parameters.TryGetValue("dataset", out string? value) ? value
        : NotebookParameters.Of(notebook).FirstOrDefault(p => p is { Name: "dataset", Type: "string" })?.Value.Trim('"');

    [GeneratedRegex("\"([^\"\\\\{}]*/[^\"\\\\{}]*)\"", RegexOptions.CultureInvariant)]
    private static partial Regex FolderName();

    [GeneratedRegex("^[ \\t]*#(?:load|r)[ \\t]+\"([^\":]+)\"", RegexOptions.Multiline | RegexOptions.CultureInvariant)]
    private static partial Regex Directive();
}
