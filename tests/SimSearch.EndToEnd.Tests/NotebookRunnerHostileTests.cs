using System.Text;
using System.Text.Json.Nodes;
using SimSearch.Tests.Support;

namespace SimSearch.EndToEnd.Tests;

/// <summary>Notebooks that are none, cells that end the process, disks that are full: a message that names the place, nothing lost, and on to the next notebook.</summary>
public sealed class NotebookRunnerHostileTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    private string Write(string name, params string[] cells)
    {
        File.WriteAllText(folder[name], new JsonObject
        {
            ["nbformat"] = 4, ["nbformat_minor"] = 5, ["metadata"] = new JsonObject(),
            ["cells"] = new JsonArray([.. cells.Select((source, i) => (JsonNode)new JsonObject { ["cell_type"] = "code", ["id"] = $"c{i + 1}", ["source"] = source, ["execution_count"] = null, ["outputs"] = new JsonArray(), ["metadata"] = new JsonObject() })]),
        }.ToJsonString());
        return folder[name];
    }

    private static JsonArray Outputs(string path, int cell) => JsonNode.Parse(File.ReadAllText(path))!["cells"]![cell]!["outputs"]!.AsArray();

    private static string Text(JsonNode text) => text is JsonArray lines ? string.Concat(lines.Select(l => (string)l!)) : (string)text!;

    [Fact]
    public async Task A_cell_that_ends_the_process_or_never_ends_is_a_failed_cell_and_the_next_notebook_runs()
    {
        (string Name, string Code, string[] Says)[] ends =
        [
            ("exit", "Environment.Exit(0);", ["exit code 0"]), ("failfast", "Environment.FailFast(\"no more\");", ["exit code 134", "no more"]),
            ("overflow", "int F(int n) => F(n + 1) + 1;\nF(0)", ["a stack overflow"]),
            ("fault", "System.Runtime.InteropServices.Marshal.Copy(new byte[4096], 0, (IntPtr)0x10000000000, 4096);", ["exit code"]),
            ("killed", "System.Diagnostics.Process.GetCurrentProcess().Kill();\nThread.Sleep(10000);", ["exit code 137", "killed"]),
            ("thread", "new Thread(() => throw new Exception(\"from a thread\")).Start();\nThread.Sleep(10000);", ["from a thread"]),
            // These are failures of the ordinary kind, in a process that lives on; unless it is another thread that gets no memory.
            ("null", "System.Runtime.InteropServices.Marshal.WriteByte(IntPtr.Zero, 1);", ["AccessViolationException"]),
            ("memory", "var all = new List<byte[]>();\nwhile (true) all.Add(new byte[1 << 20]);", ["OutOfMemoryException|out of memory"]),
        ];
        (string Name, string Code, string[] Says)[] endless =
        [
            ("endless", "while (true) { }", ["CellTimeout", "10 s"]),
            ("asleep", "[System.Runtime.InteropServices.DllImport(\"libc\")] static extern uint sleep(uint seconds);\nsleep(600)", ["CellTimeout", "10 s"]),
        ];
        // What a notebook leaves running must not keep the runner: a thread, and a process that holds the output open.
        string good = Write("good.ipynb", "new Thread(() => Thread.Sleep(Timeout.Infinite)).Start();\nSystem.Diagnostics.Process.Start(\"sleep\", \"20\");\n1 + 1");
        var runs = await Task.WhenAll([Run([.. ends, ("good", "", [])], "--max-memory", "300"), .. endless.Select(e => Run([e], "--timeout", "10"))]);
        Assert.All(runs, run => Assert.Equal(1, run.ExitCode));
        Assert.Contains($"{ends.Length} of {ends.Length + 1} notebooks failed", runs[0].Errors);
        JsonNode[] documents = [.. runs[0].Json.AsArray().Select(n => n!), runs[1].Json, runs[2].Json];
        Assert.Null(documents[ends.Length]["problem"]);
        Assert.Equal("2", Text(Outputs(folder["out/good.ipynb"], 0)[0]!["data"]!["text/plain"]!));
        foreach (var (name, _, says) in (IEnumerable<(string, string, string[])>)[.. ends, .. endless])
        {
            string problem = (string)documents.First(d => ((string)d["notebook"]!).EndsWith($"{name}.ipynb", StringComparison.Ordinal))["problem"]!;
            Assert.Contains("cell 2 ('c2')", problem);
            Assert.All(says, say => Assert.Matches(say, problem));
            string executed = folder[$"out/{name}.ipynb"];
            Assert.Equal("before\n", Text(Outputs(executed, 0)[0]!["text"]!));
            Assert.Equal("error", (string)Outputs(executed, 1)[^1]!["output_type"]!);
            Assert.Empty(Outputs(executed, 2));
            Assert.Empty(Outputs(folder[$"{name}.ipynb"], 0)); // the file that was given is as it was
        }
        Assert.Empty(Directory.EnumerateFiles(folder["out"], "*.tmp", new EnumerationOptions { AttributesToSkip = 0 }));

        Task<ToolResult> Run((string Name, string Code, string[] Says)[] notebooks, params string[] options)
        {
            string[] files = [.. notebooks.Select(n => n.Name == "good" ? good : Write($"{n.Name}.ipynb", "Console.WriteLine(\"before\");", n.Code, "Console.WriteLine(\"after\");"))];
            return Task.Run(() => Tool.Run(["notebook", "run", .. files, "--out", folder["out"], "--json", .. options]));
        }
    }

    [Fact]
    public void In_place_the_file_keeps_what_ran_and_all_of_its_text()
    {
        string file = Write("place.ipynb", "Console.WriteLine(\"before\");", "Environment.Exit(1);", "// the end");
        Assert.Equal(1, Tool.Run("notebook", "run", file).ExitCode);
        Assert.Equal("before\n", Text(Outputs(file, 0)[0]!["text"]!));
        Assert.Equal("ProcessEnded", (string)Outputs(file, 1)[0]!["ename"]!);
        Assert.Equal("// the end", Text(JsonNode.Parse(File.ReadAllText(file))!["cells"]![2]!["source"]!));
    }

    [Fact]
    public void What_is_no_notebook_is_named_and_the_others_run()
    {
        string good = File.ReadAllText(Write("good.ipynb", "1 + 1"));
        (string Name, byte[] Bytes, string Says)[] bad =
        [
            ("empty", [], "JSON"), ("text", "not json"u8.ToArray(), "JSON"), ("list", "[]"u8.ToArray(), "no object"), ("latin1", [.. "{\"cells\": \""u8, 0xe9, .. "\"}"u8], "UTF-8"),
            ("version3", Encoding.UTF8.GetBytes(good.Replace("\"nbformat\":4", "\"nbformat\":3")), "only version 4"), ("nocells", "{\"nbformat\":4,\"nbformat_minor\":5,\"metadata\":{}}"u8.ToArray(), "'cells' is missing"),
            ("twice", "{\"nbformat\":4,\"nbformat\":4,\"cells\":[]}"u8.ToArray(), "nbformat"), ("deep", Encoding.UTF8.GetBytes($"{{\"nbformat\":4,\"cells\":{new string('[', 100_000)}"), "JSON"),
            ("cell", Encoding.UTF8.GetBytes(good.Replace("\"source\":\"1 \\u002B 1\"", "\"source\":5")), "cell 1: 'source'"), ("half", Encoding.UTF8.GetBytes(good[..^30]), "JSON"), ("huge", new byte[100_000_000], "100,000,000"),
        ];
        foreach (var (name, bytes, _) in bad) File.WriteAllBytes(folder[$"{name}.ipynb"], bytes);
        // The same id twice is no fault: the first keeps it.
        File.WriteAllText(folder["ids.ipynb"], good.Replace("\"cells\":[", "\"cells\":[{\"cell_type\":\"markdown\",\"id\":\"c1\",\"metadata\":{},\"source\":\"x\"},"));
        string[] files = [.. bad.Select(b => folder[$"{b.Name}.ipynb"]), folder["missing.ipynb"], folder["ids.ipynb"], folder["good.ipynb"]];
        var run = Tool.Run(["notebook", "run", .. files, "--out", folder["out"], "--json"]);
        Assert.Equal(1, run.ExitCode);
        var documents = run.Json.AsArray();
        for (int i = 0; i < bad.Length; i++)
        {
            Assert.Contains(bad[i].Says, (string)documents[i]!["problem"]!);
            Assert.Contains($"{bad[i].Name}.ipynb", (string)documents[i]!["problem"]!);
            Assert.Equal(bad[i].Bytes, File.ReadAllBytes(files[i]));
        }
        Assert.Contains("missing.ipynb: there is no such file", (string)documents[bad.Length]!["problem"]!);
        Assert.Equal(["good.ipynb", "ids.ipynb"], Directory.EnumerateFiles(folder["out"], "*.ipynb").Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.DoesNotContain("unexpected", run.Errors);

        // The report shows what there is to show.
        var report = Tool.Run("report", folder["text.ipynb"], folder["missing.ipynb"], folder["good.ipynb"], "--out", folder["site"]);
        Assert.Equal(1, report.ExitCode);
        Assert.Contains("2 of 3 notebooks failed: text.ipynb, missing.ipynb", report.Errors);
        Assert.Contains("missing.ipynb", File.ReadAllText(folder["site/index.html"]));
        Assert.True(File.Exists(folder["site/good.html"]));
    }

    [Fact]
    public void Outputs_without_end_leave_a_file_that_can_be_read_again()
    {
        string file = Write("loud.ipynb", "var line = new string('x', 1000);\nfor (int i = 0; i < 100_000; i++) Console.WriteLine(line);", "Console.Write(new string('\\u0001', 30_000_000));", "\"still here\"");
        Tool.Run("notebook", "run", file, "--out", folder["out"]).Succeeded();
        string executed = folder["out/loud.ipynb"];
        Assert.InRange(new FileInfo(executed).Length, 30_000_000, 64 << 20);
        Assert.Contains("the rest is left out", Text(Outputs(executed, 1)[^1]!["text"]!));
        Tool.Run("notebook", "strip", executed).Succeeded();
        Assert.InRange(new FileInfo(executed).Length, 100, 10_000);
    }

    [Fact]
    public void A_folder_that_cannot_be_written_to_is_named_and_the_notebook_stays()
    {
        string file = Write("n.ipynb", "1 + 1");
        File.WriteAllText(folder["taken"], "a file");
        byte[] before = File.ReadAllBytes(file);
        foreach (string[] arguments in (string[][])[["notebook", "run", file, "--out", folder["taken"]], ["report", file, "--out", folder["taken"]], ["report", file, "--execute", "--out", folder["taken"]]])
        {
            var run = Tool.Run(arguments);
            Assert.Equal(1, run.ExitCode);
            Assert.Contains("taken", run.Errors);
            Assert.DoesNotContain("unexpected", run.Errors);
        }
        Assert.Equal(before, File.ReadAllBytes(file));
        Assert.Equal("a file", File.ReadAllText(folder["taken"]));
    }

    [Fact]
    public void A_full_disk_ends_the_run_with_the_cell_and_keeps_what_was_saved()
    {
        SharedData.SkipUnless(File.Exists("/bin/bash"), "there is no bash to set a limit with");
        string file = Write("full.ipynb", "Console.WriteLine(\"small\");", "Console.Write(new string('x', 3_000_000));", "1");
        // No file may grow above a megabyte; that the limit is a signal too is not wanted here, nor that the runtime maps its code as a large file.
        string command = string.Join(' ', Tool.Command("notebook", "run", file, "--out", folder["out"]).Select(w => $"'{w}'"));
        var run = Tool.Start("/bin/bash", ["-c", $"trap '' XFSZ; export DOTNET_EnableWriteXorExecute=0 DOTNET_EnableDiagnostics=0; ulimit -f 1000; exec {command}"]);
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("cannot be saved after cell 2", run.Errors);
        Assert.DoesNotContain("unexpected", run.Errors);
        Assert.Equal("small\n", Text(Outputs(folder["out/full.ipynb"], 0)[0]!["text"]!));
        Assert.Empty(Directory.EnumerateFiles(folder["out"], "*.tmp", new EnumerationOptions { AttributesToSkip = 0 }));
    }

    [Fact]
    public void Check_shows_lines_of_both_and_repeat_counts_the_runs()
    {
        string file = Write("n.ipynb", "Console.WriteLine(\"one\");\nConsole.WriteLine(DateTime.Now.Ticks);\nConsole.WriteLine(\"three\");", "3");
        Tool.Run("notebook", "run", file).Succeeded();
        byte[] before = File.ReadAllBytes(file);
        string ticks = Text(Outputs(file, 0)[0]!["text"]!).Split('\n')[1];
        var differs = Tool.Run("notebook", "run", file, "--check", "--repeat", "3");
        Assert.Equal(1, differs.ExitCode);
        Assert.Contains("cell 1 ('c1'), stdout, line 2:", differs.Errors);
        Assert.Contains($"  - {ticks}", differs.Errors);
        Assert.Matches(@"  \+ \d{18}", differs.Errors);
        Assert.DoesNotContain("- three", differs.Errors);
        Assert.Equal(before, File.ReadAllBytes(file));

        string steady = Write("steady.ipynb", "6 * 7");
        Tool.Run("notebook", "run", steady).Succeeded();
        Assert.Contains("in 2 of 2 runs", Tool.Run("notebook", "run", steady, "--check", "--repeat", "2").Succeeded().Output);
        Assert.Equal(2, Tool.Run("notebook", "run", steady, "--repeat", "3").ExitCode);
        Assert.Equal(2, Tool.Run("notebook", "run", steady, "--check", "--out", folder["out"]).ExitCode);
    }

    [Fact]
    public void What_has_not_changed_is_not_run_again()
    {
        string file = Write("n.ipynb", "#load \"helper.csx\"\nFile.AppendAllText(\"runs.txt\", \"x\");\nhelp"), helper = folder["helper.csx"], runs = folder["runs.txt"];
        File.WriteAllText(helper, "var help = 1;");
        string[] arguments = ["report", file, "--execute", "--out", folder["site"]];
        Tool.Run(arguments).Succeeded();
        Assert.Contains("nothing has changed", Tool.Run(arguments).Succeeded().Errors);
        Assert.Equal(1, new FileInfo(runs).Length);
        File.WriteAllText(helper, "var help = 2;");
        Tool.Run(arguments).Succeeded();
        Assert.Equal(2, new FileInfo(runs).Length);
        File.AppendAllText(folder["site/notebooks/n.ipynb"], " "); // somebody has touched the executed one
        Tool.Run(arguments).Succeeded();
        Assert.Equal("unchanged", (string)Tool.Run([.. arguments, "--json"]).Succeeded().Json["notebooks"]![0]!["status"]!);
        Tool.Run([.. arguments, "--force"]).Succeeded();
        Assert.Equal(4, new FileInfo(runs).Length);
        // Without --execute nothing runs, and the options that speak of runs are refused.
        Tool.Run("report", file, "--out", folder["site2"]).Succeeded();
        Assert.Equal(4, new FileInfo(runs).Length);
        Assert.Equal(2, Tool.Run("report", file, "--force").ExitCode);
        Assert.Equal(2, Tool.Run("report", file, "--execute", "--no-execute").ExitCode);
    }
}
