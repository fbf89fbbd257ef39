using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;

namespace SimSearch.Benchmarks;

/// <summary>
/// The notebook kernel as Jupyter's client sees it: <c>kernel</c> measures start, first cell, simple cells, completion and memory beside ipykernel;
/// <c>interrupts</c> how long runaway cells take to end. Both want Debian's python3-jupyter-client, the first python3-ipykernel too.
/// </summary>
internal static class KernelSideBySide
{
    private const string Python = "/usr/bin/python3";

    public static void Run(string[] arguments)
    {
        var table = Peer("kernel_peer.py", ["simsearch=csharp", "python3=python", .. arguments]);
        var (ours, theirs) = (table["simsearch"]!, table["python3"]!);
        Console.WriteLine("| what | this kernel | ipykernel | ratio |\n| --- | ---: | ---: | ---: |");
        foreach (var (key, what) in new[] { ("start", "start to first reply"), ("first", "first cell, one second later"), ("simple", "simple cell, median"), ("complete", "completion of a member, median") })
            Row(what, (double)ours[key]!, (double)theirs[key]!, "ms");
        if (ours["memory"] is not JsonObject memory) return;
        foreach (var (cell, mib) in memory) Row($"resident memory after cell {cell}", (double)mib!, (double)theirs["memory"]![cell]!, "MiB");
    }

    public static void Interrupts(string[] arguments)
    {
        var result = Peer("interrupt_peer.py", arguments);
        Console.WriteLine("| runaway cell | interrupts | slowest |\n| --- | ---: | ---: |");
        double slowest = 0;
        int all = 0, late = 0;
        foreach (var (kind, seconds) in result["seconds"]!.AsObject())
        {
            double[] each = [.. seconds!.AsArray().Select(s => (double)s!)];
            if (each.Length == 0) continue;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {kind} | {each.Length} | {each.Max():0.00} s |"));
            (slowest, all, late) = (Math.Max(slowest, each.Max()), all + each.Length, late + each.Count(s => s > 2));
        }
        var wrong = result["wrong"]!.AsArray();
        foreach (var line in wrong) Console.WriteLine(line);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{all - late} of {all} within 2 s (slowest {slowest:0.00} s), {(wrong.Count == 0 ? "state kept in all" : $"{wrong.Count} not as they should be")}"));
    }

    private static void Row(string what, double ours, double theirs, string unit) =>
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {what} | {ours:0.#} {unit} | {theirs:0.#} {unit} | {ours / theirs:0.00} |"));

    // The tool that was built beside this, installed as a kernel in a folder that is gone afterwards.
    private static JsonNode Peer(string script, IEnumerable<string> arguments)
    {
        string home = Directory.CreateTempSubdirectory("simsearch-kernel-").FullName;
        try
        {
            string root = AppContext.BaseDirectory;
            while (!File.Exists(Path.Combine(root, "SimSearch.sln"))) root = Path.GetDirectoryName(root) ?? throw new InvalidOperationException("run this inside of the checkout");
            string tool = Path.Combine(root, "src", "SimSearch.Cli", "bin", "Release", "net10.0", "SimSearch.Cli.dll");
            if (!File.Exists(tool)) throw new InvalidOperationException($"{tool} is missing; build it first: dotnet build src/SimSearch.Cli -c Release");
            Start("dotnet", [tool, "kernel", "install", "--prefix", home], home);
            return JsonNode.Parse(Start(Python, [Path.Combine(AppContext.BaseDirectory, "peers", script), .. arguments], home))!;
        }
        finally { Directory.Delete(home, recursive: true); }
    }

    private static string Start(string program, IEnumerable<string> arguments, string home)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, WorkingDirectory = home };
        start.Environment["JUPYTER_PATH"] = Path.Combine(home, "share", "jupyter") + ":/usr/share/jupyter";
        start.Environment["SIMSEARCH_CACHE"] = Path.Combine(home, "cache");
        start.Environment["PYDEVD_DISABLE_FILE_VALIDATION"] = "1";
        using var process = Process.Start(start)!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{program} {string.Join(' ', start.ArgumentList)} ended with code {process.ExitCode}");
    }
}
