using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using SimSearch.Audio;
using SimSearch.Datasets;
using SimSearch.Embedding;
using SimSearch.Evaluation;
using SimSearch.Indexing;
using SimSearch.Tests.Support;

namespace SimSearch.Tests;

/// <summary>The C# of README.md is compiled and run here, and compared with README.md line by line.</summary>
public sealed class ReadmeExampleTests
{
    [Fact]
    public void The_example_of_the_readme_runs()
    {
        string folder = Directory.CreateTempSubdirectory("simsearch-readme-").FullName;
        try
        {
            string sounds = Path.Combine(folder, "sounds");
            Dataset.Synthetic(sounds, new SyntheticOptions { ItemsPerClass = 4, MinSeconds = 1, MaxSeconds = 1.5 });
            Example(sounds, Directory.EnumerateFiles(Path.Combine(sounds, "birds")).First(), Path.Combine(folder, "index"));
            using var saved = VectorIndex.Load(Path.Combine(folder, "index"));
            Assert.Equal(64, saved.Count);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void The_readme_shows_the_code_that_is_run()
    {
        string readme = File.ReadAllText(Path.Combine(SharedData.RepositoryRoot, "README.md"));
        string shown = Regex.Match(readme, "```csharp\n(.*?)```", RegexOptions.Singleline).Groups[1].Value
            .Replace("\"sounds\"", "folder").Replace("\"bark.wav\"", "query").Replace("\"index\"", "target");
        string run = Regex.Match(File.ReadAllText(ThisFile()), "// The README's lines\n(.*?)// ... end here", RegexOptions.Singleline).Groups[1].Value;
        Assert.NotEmpty(Lines(run));
        Assert.Equal(Lines(run), Lines(shown).Where(line => !line.StartsWith("using Sim", StringComparison.Ordinal)));
    }

    private static void Example(string folder, string query, string target)
    {
        // The README's lines
        var sounds = Dataset.FromFolder(folder);
        using var embeddings = DatasetEmbedding.Embed(sounds, AudioEmbedders.Create("combined-stats"));
        using var index = VectorIndex.Build(embeddings, "Flat", Metric.Cosine);

        foreach (var hit in index.SearchFiles([query], k: 5).Hits(0))
            Console.WriteLine($"{hit.Rank}. {hit.Id} ({hit.Item?.Label}) {hit.Score:0.000}");

        var report = RetrievalEvaluator.Evaluate(index, options: new EvaluationOptions { ExcludeSameGroup = true });
        Console.WriteLine($"P@1 {report.Precision[1].Value:0.000}, MAP {report.Map.Value:0.000}");
        index.Save(target);
        // ... end here
    }

    private static string[] Lines(string code) => [.. code.Split('\n').Select(line => Regex.Replace(line, "//.*$", "").Trim()).Where(line => line.Length > 0)];

    private static string ThisFile([CallerFilePath] string path = "") => path;
}
