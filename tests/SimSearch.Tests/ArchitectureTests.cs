using System.Text.RegularExpressions;
using System.Xml.Linq;
using SimSearch.Tests.Support;

namespace SimSearch.Tests;

/// <summary>Dependencies point one way: what a folder of the library may know is written down here, and its sources are held to it.</summary>
public sealed partial class ArchitectureTests
{
    /// <summary>For each folder, the folders it may use. Each stands below those it uses, so the table itself can have no circle.</summary>
    private static readonly (string Folder, string[] Uses)[] Allowed =
    [
        ("Storage", []),
        ("Datasets", ["Storage"]),
        ("Audio", ["Storage", "Datasets"]),
        ("Text", ["Storage", "Datasets"]),
        ("Images", ["Storage", "Datasets"]),
        ("Embedding", ["Storage", "Datasets", "Audio", "Text", "Images", "Onnx"]),
        ("Indexing", ["Storage", "Datasets", "Audio", "Embedding", "Faiss"]),
        ("Evaluation", ["Storage", "Datasets", "Audio", "Embedding", "Indexing"]),
        ("Learning", ["Storage", "Datasets", "Audio", "Embedding", "Evaluation", "Onnx"]),
        ("Charts", ["Storage", "Datasets", "Audio", "Images", "Embedding", "Indexing", "Evaluation"]),
        ("Diagnostics", ["Storage", "Datasets", "Audio", "Images", "Embedding", "Indexing", "Evaluation", "Charts", "Faiss", "Onnx"]),
        ("Experiments", ["Storage", "Datasets", "Audio", "Embedding", "Indexing", "Evaluation", "Charts", "Diagnostics", "Learning", "Faiss", "Onnx"]),
    ];

    private static string Source(string project) => Path.Combine(SharedData.RepositoryRoot, "src", project);

    [Fact]
    public void Every_folder_uses_only_the_folders_below_it()
    {
        var known = new HashSet<string> { "Faiss", "Onnx" };
        foreach (var (folder, uses) in Allowed)
        {
            Assert.All(uses, used => Assert.Contains(used, known));
            known.Add(folder);
        }
        var wrong = new List<string>();
        int references = 0;
        foreach (string file in Files(Source("SimSearch")))
        {
            string path = Path.GetRelativePath(Source("SimSearch"), file), folder = path.Split(Path.DirectorySeparatorChar)[0], text = File.ReadAllText(file);
            bool top = folder.EndsWith(".cs", StringComparison.Ordinal);
            string own = top ? "SimSearch" : $"SimSearch.{folder}";
            if (!text.Contains($"namespace {own};", StringComparison.Ordinal)) wrong.Add($"{path}: its namespace is not {own}");
            string[] allowed = top ? [] : Allowed.FirstOrDefault(a => a.Folder == folder).Uses ?? throw new InvalidOperationException($"folder {folder} is not in the table");
            foreach (string used in Used(text, known).Where(u => u != folder))
            {
                references++;
                if (!allowed.Contains(used)) wrong.Add($"{path}: must not use SimSearch.{used}");
            }
        }
        Assert.Empty(wrong);
        Assert.True(references > 50, $"only {references} references were found: the test reads the wrong files");
    }

    [Theory]
    [InlineData("SimSearch.Faiss")]
    [InlineData("SimSearch.Onnx")]
    public void A_binding_knows_nothing_of_the_rest(string project)
    {
        string[] files = [.. Files(Source(project))];
        Assert.NotEmpty(files);
        Assert.All(files, file =>
        {
            string text = File.ReadAllText(file);
            Assert.Contains($"namespace {project};", text);
            Assert.Empty(Used(text, [.. Allowed.Select(a => a.Folder)]));
        });
        Assert.Empty(References(project));
    }

    [Fact]
    public void Projects_refer_to_each_other_in_one_direction()
    {
        Assert.Equal(["SimSearch.Faiss", "SimSearch.Onnx"], References("SimSearch"));
        Assert.Equal(["SimSearch", "SimSearch.Notebooks"], References("SimSearch.Cli"));
        Assert.Empty(References("SimSearch.Notebooks"));
    }

    [Fact]
    public void No_source_file_outgrows_400_lines() =>
        Assert.All(Directory.GetDirectories(Path.Combine(SharedData.RepositoryRoot, "src")).SelectMany(Files), file => Assert.InRange(File.ReadLines(file).Count(), 1, 400));

    private static IEnumerable<string> Files(string folder) => Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories)
        .Where(file => !Path.GetRelativePath(folder, file).Split(Path.DirectorySeparatorChar).Any(part => part is "bin" or "obj"));

    /// <summary>The folders among <paramref name="known"/> that a source names as namespaces, by using or in full.</summary>
    private static HashSet<string> Used(string text, HashSet<string> known) =>
        [.. Namespace().Matches(text).Select(m => m.Groups[1].Value).Where(known.Contains)];

    private static string[] References(string project) =>
        [.. XDocument.Load(Path.Combine(Source(project), $"{project}.csproj")).Descendants("ProjectReference").Select(r => Path.GetFileNameWithoutExtension(r.Attribute("Include")!.Value))];

    [GeneratedRegex(@"\bSimSearch\.(\w+)")]
    private static partial Regex Namespace();
}
