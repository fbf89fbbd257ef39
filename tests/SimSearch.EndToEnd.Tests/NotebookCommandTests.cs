using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using SimSearch.Tests.Support;

namespace SimSearch.EndToEnd.Tests;

/// <summary>C# notebooks through the command line, without Jupyter.</summary>
public sealed partial class NotebookCommandTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    private string Write(string name, params string[] cells)
    {
        var notebook = new JsonObject
        {
            ["nbformat"] = 4, ["nbformat_minor"] = 5,
            ["metadata"] = new JsonObject { ["kernelspec"] = new JsonObject { ["name"] = "simsearch", ["display_name"] = "C#", ["language"] = "C#" } },
            ["cells"] = new JsonArray([.. cells.Select((source, i) => (JsonNode)new JsonObject
            {
                ["cell_type"] = "code", ["id"] = $"c{i + 1}", ["source"] = source, ["execution_count"] = null, ["outputs"] = new JsonArray(),
                ["metadata"] = i == 0 ? new JsonObject { ["tags"] = new JsonArray("parameters") } : new JsonObject(),
            })]),
        };
        File.WriteAllText(folder[name], notebook.ToJsonString());
        return folder[name];
    }

    private static JsonArray Outputs(string path, int cell) => JsonNode.Parse(File.ReadAllText(path))!["cells"]![cell]!["outputs"]!.AsArray();

    private static string Text(JsonNode text) => text is JsonArray lines ? string.Concat(lines.Select(l => (string)l!)) : (string)text!;

    [Fact]
    public void A_notebook_searches_sounds_and_shows_a_chart_without_Jupyter()
    {
        string notebook = Write("sounds.ipynb",
            "int perClass = 2;",
            "using SimSearch.Audio;\nusing SimSearch.Charts;\nusing SimSearch.Datasets;\nusing SimSearch.Embedding;\nusing SimSearch.Indexing;\n" +
            "var sounds = Dataset.Synthetic(\"sounds\", new SyntheticOptions { ItemsPerClass = perClass, MinSeconds = 1, MaxSeconds = 1.2 });\nConsole.WriteLine(sounds.Count);",
            "var index = VectorIndex.Build(DatasetEmbedding.Embed(sounds, AudioEmbedders.Create(\"mfcc-stats\")));\nindex.SearchById([\"bell/bell-00.wav\"], 1).Hits(0)[0].Id",
            "Chart.Waveform(sounds.Load(sounds[\"bell/bell-00.wav\"]))");
        Tool.Run("notebook", "run", notebook, "--out", folder["out"], "--html", "--param", "perClass=1").Succeeded();
        string executed = folder["out/sounds.ipynb"];
        Assert.Equal("16\n", Text(Outputs(executed, 2)[0]!["text"]!));
        Assert.Contains("bell/bell-00.wav", Text(Outputs(executed, 3)[0]!["data"]!["text/plain"]!));
        Assert.Contains("<svg", Text(Outputs(executed, 4)[0]!["data"]!["text/html"]!));
        string page = File.ReadAllText(folder["out/sounds.html"]);
        Assert.Contains("Content-Security-Policy", page);
        Assert.Contains("<svg", page);
    }

    [Fact]
    public void Every_object_of_the_library_shows_itself_at_the_end_of_a_cell()
    {
        (string Cell, string Html, string Text)[] objects =
        [
            ("sounds", "<audio", "synthetic: 32 items"), ("sounds.Load(sounds[\"bell/bell-00.wav\"])", "<svg", "Sound of 1"), ("vectors", "Embedder", "Embeddings"), ("index", "exact", "Index"),
            ("index.SearchById([\"bell/bell-00.wav\", \"rain/rain-00.wav\"], 3)", "✓ right", "2 queries, 3 nearest by cosine"), ("RetrievalEvaluator.Evaluate(index)", "Mean average precision", "32 queries against 32 items"),
        ];
        string notebook = Write("objects.ipynb", ["int perClass = 1;",
            "using SimSearch.Audio;\nusing SimSearch.Datasets;\nusing SimSearch.Embedding;\nusing SimSearch.Evaluation;\nusing SimSearch.Indexing;\n" +
            $"var sounds = Dataset.Synthetic(@\"{folder["sounds"]}\", new SyntheticOptions {{ ItemsPerClass = perClass, MinSeconds = 1, MaxSeconds = 1.2 }});\n" +
            "var vectors = DatasetEmbedding.Embed(sounds, AudioEmbedders.Create(\"mfcc-stats\"));\nvar index = VectorIndex.Build(vectors);",
            .. objects.Select(o => o.Cell)]);
        Tool.Run("notebook", "run", notebook, "--out", folder["out"], "--html", "--param", "perClass=2").Succeeded();
        for (int i = 0; i < objects.Length; i++)
        {
            var data = Assert.Single(Outputs(folder["out/objects.ipynb"], 3 + i))!["data"]!;
            Assert.Contains(objects[i].Html, Text(data["text/html"]!));
            Assert.StartsWith(objects[i].Text, Text(data["text/plain"]!));
            Assert.InRange(Text(data["text/html"]!).Length, 100, 300_000);
        }
        string page = File.ReadAllText(folder["out/objects.html"]);
        Assert.Contains("data:audio/wav;base64,", page);
        Assert.Contains("✓ right", page);
    }

    [Fact]
    public void The_same_notebook_makes_the_same_bytes_and_check_sees_a_difference()
    {
        string notebook = Write("n.ipynb", "int n = 3;", "Enumerable.Range(0, n).Sum()");
        Tool.Run("notebook", "run", notebook, "--out", folder["a"]).Succeeded();
        Tool.Run("notebook", "run", notebook, "--out", folder["b"]).Succeeded();
        Assert.Equal(File.ReadAllBytes(folder["a/n.ipynb"]), File.ReadAllBytes(folder["b/n.ipynb"]));
        Tool.Run("notebook", "run", folder["a/n.ipynb"], "--check").Succeeded();

        File.WriteAllText(folder["a/n.ipynb"], File.ReadAllText(folder["a/n.ipynb"]).Replace("\"3\"", "\"4\""));
        byte[] before = File.ReadAllBytes(folder["a/n.ipynb"]);
        var differs = Tool.Run("notebook", "run", folder["a/n.ipynb"], "--check");
        Assert.Equal(1, differs.ExitCode);
        Assert.Contains("'c2'", differs.Errors);
        Assert.Equal(before, File.ReadAllBytes(folder["a/n.ipynb"]));
    }

    [Fact]
    public void A_cell_that_fails_ends_the_run_and_what_ran_is_kept()
    {
        string notebook = Write("fails.ipynb", "Console.WriteLine(\"before\");", "int Divide(int by) => 1 / by;\nDivide(0)", "Console.WriteLine(\"after\");");
        var run = Tool.Run("notebook", "run", notebook, "--out", folder["out"]);
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("DivideByZeroException", run.Errors);
        Assert.Contains("Cell [2]", run.Errors);
        Assert.Equal("before\n", Text(Outputs(folder["out/fails.ipynb"], 0)[0]!["text"]!));
        Assert.Equal("error", (string)Outputs(folder["out/fails.ipynb"], 1)[0]!["output_type"]!);
        Assert.Empty(Outputs(folder["out/fails.ipynb"], 2));
    }

    [Fact]
    public void A_folder_of_notebooks_is_run_with_a_line_for_each()
    {
        Directory.CreateDirectory(folder["many"]);
        Write("many/a.ipynb", "int n = 3;");
        Write("many/b.ipynb", "int n = 4;");
        var run = Tool.Run("notebook", "run", folder["many"], "--out", folder["out"]).Succeeded();
        Assert.Equal(2, run.Output.Trim().Split('\n').Length);
        Assert.Equal("", run.Errors);
        Assert.True(File.Exists(folder["out/b.ipynb"]));
        var unknown = Tool.Run("report", folder["many"], "--out", folder["site"], "--execute", "--param", "m=1");
        Assert.Equal((2, true, false), (unknown.ExitCode, unknown.Errors.Contains("--param m: no notebook has such a parameter; there are n", StringComparison.Ordinal), Directory.Exists(folder["site"])));
        // A log of a report has two lines for each: that it begins, and how it ended.
        string[] log = Tool.Run("report", folder["many"], "--out", folder["site"], "--execute").Succeeded().Errors.Trim().Split('\n');
        Assert.Equal(["a.ipynb: 1 cells in", "a.ipynb: running", "b.ipynb: 1 cells in", "b.ipynb: running"], log.Select(line => Regex.Replace(line, " [0-9.]+ s$", "")).Order(StringComparer.Ordinal));
        string[] again = Tool.Run("report", folder["many"], "--out", folder["site"], "--execute").Succeeded().Errors.Trim().Split('\n');
        Assert.Equal((2, true), (again.Length, again.All(line => line.Contains("nothing has changed", StringComparison.Ordinal))));
        Directory.CreateDirectory(folder["none"]);
        Assert.Contains("there are no notebooks", Tool.Run("notebook", "run", folder["none"]).Errors);
    }

    [Fact]
    public void Each_notebook_runs_in_a_process_of_its_own()
    {
        string first = Write("first.ipynb", "Environment.SetEnvironmentVariable(\"LEFT_BEHIND\", \"yes\");\nEnvironment.ProcessId");
        string second = Write("second.ipynb", "Environment.GetEnvironmentVariable(\"LEFT_BEHIND\") is null");
        var run = Tool.Run("notebook", "run", first, second, "--out", folder["out"], "--json").Succeeded();
        Assert.Equal(2, run.Json.AsArray().Count);
        Assert.Equal("true", Text(Outputs(folder["out/second.ipynb"], 0)[0]!["data"]!["text/plain"]!));
    }

    [Fact]
    public void A_progress_bar_leaves_one_output_with_its_last_state()
    {
        string notebook = Write("bar.ipynb", "int n = 4;", "using SimSearch.Audio;\nusing SimSearch.Datasets;\nusing SimSearch.Embedding;\n" +
            $"var sounds = Dataset.Synthetic(@\"{folder["sounds"]}\", new SyntheticOptions {{ ItemsPerClass = n, MinSeconds = 1, MaxSeconds = 1.1 }}, progress: Progress.Bar);",
            "var vectors = DatasetEmbedding.Embed(sounds, AudioEmbedders.Create(\"mfcc-stats\"), progress: Progress.Bar);\nvectors.Count");
        Tool.Run("notebook", "run", notebook, "--out", folder["a"], "--html").Succeeded();
        Tool.Run("notebook", "run", notebook, "--out", folder["b"]).Succeeded();
        Assert.Equal(File.ReadAllBytes(folder["a/bar.ipynb"]), File.ReadAllBytes(folder["b/bar.ipynb"]));
        Assert.Equal("making sounds: 64 of 64", Text(Assert.Single(Outputs(folder["a/bar.ipynb"], 1))!["data"]!["text/plain"]!));
        var embedded = Outputs(folder["a/bar.ipynb"], 2);
        Assert.Equal(["embedding: 64 of 64", "64"], embedded.Select(o => Text(o!["data"]!["text/plain"]!)));
        Assert.Contains("<progress max=\"64\" value=\"64\"", Text(embedded[0]!["data"]!["text/html"]!));
        Assert.Contains("<progress max=\"64\" value=\"64\"", File.ReadAllText(folder["a/bar.html"]));
    }

    public static TheoryData<string> Guided => [.. Directory.EnumerateFiles(Path.Combine(SharedData.RepositoryRoot, "notebooks"), "*.ipynb").Select(Path.GetFileName).Order(StringComparer.Ordinal).Select(name => name!)];

    [Theory]
    [MemberData(nameof(Guided))]
    public void A_guided_notebook_shows_what_is_committed_and_its_folded_solutions_run(string name)
    {
        string home = Path.Combine(SharedData.RepositoryRoot, "notebooks"), notebook = Path.Combine(home, name);
        Assert.InRange(new FileInfo(notebook).Length, 1_000, 1_500_000);
        var document = JsonNode.Parse(File.ReadAllText(notebook))!;
        var cells = document["cells"]!.AsArray();
        Assert.Contains(cells, cell => cell!["outputs"] is JsonArray { Count: > 0 });
        Assert.All(cells.Where(cell => (string)cell!["cell_type"]! == "code"), cell => Assert.InRange(Text(cell!["source"]!).Split('\n').Length, 1, 15));

        // The solutions follow as cells at the end, in a copy that finds the notebook's surroundings where the notebook does.
        string[] solutions = [.. cells.Where(cell => (string)cell!["cell_type"]! == "markdown").SelectMany(cell => Solution().Matches(Text(cell!["source"]!))).Select(match => match.Groups[1].Value)];
        Assert.NotEmpty(solutions);
        foreach (var (i, solution) in solutions.Index())
            cells.Add(new JsonObject
            {
                ["cell_type"] = "code", ["id"] = $"solution-{i + 1}", ["source"] = solution, ["execution_count"] = null, ["outputs"] = new JsonArray(),
                ["metadata"] = new JsonObject { ["tags"] = new JsonArray("no-check") },
            });
        Directory.CreateDirectory(folder["notebooks"]);
        Directory.CreateDirectory(Path.Combine(SharedData.RepositoryRoot, "out"));
        Directory.CreateSymbolicLink(folder["out"], Path.Combine(SharedData.RepositoryRoot, "out"));
        foreach (string beside in Directory.GetDirectories(home)) Directory.CreateSymbolicLink(Path.Combine(folder["notebooks"], Path.GetFileName(beside)), beside);
        File.WriteAllText(folder[$"notebooks/{name}"], document.ToJsonString());
        Tool.Run("notebook", "run", folder[$"notebooks/{name}"], "--check", "--tolerance", "1e-6").Succeeded();
    }

    [GeneratedRegex(@"```csharp\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Solution();
}
