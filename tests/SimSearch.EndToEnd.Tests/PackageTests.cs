using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using SimSearch.Tests.Support;

namespace SimSearch.EndToEnd.Tests;

/// <summary>The NuGet packages and the .NET tool, used far from the repository: from a folder feed, in a folder that holds nothing but a notebook.</summary>
public sealed class PackageTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_notebook_in_an_empty_folder_works_with_the_packages_alone()
    {
        Tool.Start("dotnet", ["pack", Path.Combine(SharedData.RepositoryRoot, "SimSearch.sln"), "--no-build", "-c", Tool.Configuration, "-o", folder["feed"], "-v", "q", "-nodeReuse:false"]).Succeeded();
        // libvips is under the LGPL and large; who has images installs it (environment.md).
        Assert.All(Directory.GetFiles(folder["feed"], "*.nupkg"), package =>
        {
            using var archive = System.IO.Compression.ZipFile.OpenRead(package);
            Assert.DoesNotContain(archive.Entries, entry => entry.FullName.Contains("vips", StringComparison.OrdinalIgnoreCase));
        });
        Isolate();
        string version = Regex.Match(Path.GetFileName(Directory.GetFiles(folder["feed"], "SimSearch.Faiss.*.nupkg").Single()), @"Faiss\.(.+)\.nupkg").Groups[1].Value;
        // What the packages' own page tells people to type.
        string shown = Regex.Match(File.ReadAllText(Path.Combine(SharedData.RepositoryRoot, "src", "PACKAGE.md")), "```csharp\n(.*?)```", RegexOptions.Singleline).Groups[1].Value;
        Assert.Contains($"#r \"nuget: SimSearch, {version}\"", shown);

        // In a program that has nothing of ours but the cell engine, as another kernel would be. With the small sounds of a test.
        string cell = shown.Replace("Dataset.Synthetic(\"sounds\")", "Dataset.Synthetic(\"sounds\", new SyntheticOptions { ItemsPerClass = 1, MinSeconds = 1, MaxSeconds = 1.2 })");
        Assert.NotEqual(shown, cell);
        Directory.CreateDirectory(folder["notes"]);
        WriteNotebook(folder["notes/first.ipynb"], cell, "System.IO.Path.GetFullPath(typeof(VectorIndex).Assembly.Location)");
        WriteHost(version);
        Run("dotnet", "run", "--project", folder["host"], "-v", "q", "--", folder["notes"], "first.ipynb").Succeeded();
        JsonNode ran = JsonNode.Parse(File.ReadAllText(folder["notes/first.ipynb"]))!;
        Assert.Contains("<table", Html(ran, 0));
        Assert.Contains(folder["packages"], Html(ran, 1));

        // The tool, which brings the library along.
        Run("dotnet", "tool", "install", "SimSearch.Tool", "--tool-path", folder["tools"], "--version", version).Succeeded();
        var parts = Run(folder["tools/simsearch"], "doctor", "--json").Succeeded().Json;
        Assert.Contains(folder["tools"], parts.ToJsonString());
        Assert.DoesNotContain(SharedData.RepositoryRoot + "/", parts.ToJsonString());
        Run(folder["tools/simsearch"], "notebook", "run", folder["notes/first.ipynb"], "--out", folder["notes/again"]).Succeeded();
        Run(folder["tools/simsearch"], "kernel", "install", "--prefix", folder["jupyter"]).Succeeded();
        string kernel = File.ReadAllText(folder["jupyter/share/jupyter/kernels/simsearch/kernel.json"]);
        Assert.StartsWith(folder["tools"], (string)JsonNode.Parse(kernel)!["argv"]![0]!);
    }

    private ToolResult Run(string program, params string[] arguments) =>
        Tool.Start("env", [$"XDG_DATA_HOME={folder["data"]}", "DOTNET_NOLOGO=1", program, .. arguments], folder.Path);

    /// <summary>
    /// Ours come from the folder feed and are unpacked below the test's folder; everything else comes from what the build has restored, so that
    /// neither the network nor an older package of ours in this user's cache plays a part.
    /// </summary>
    private void Isolate()
    {
        string restored = Environment.GetEnvironmentVariable("NUGET_PACKAGES") ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        Directory.CreateDirectory(folder["others"]);
        foreach (string package in Directory.GetDirectories(restored).Where(p => !Path.GetFileName(p).StartsWith("simsearch", StringComparison.OrdinalIgnoreCase)))
            Directory.CreateSymbolicLink(Path.Combine(folder["others"], Path.GetFileName(package)), package);
        File.WriteAllText(folder["nuget.config"], $"""
            <configuration>
              <config><add key="globalPackagesFolder" value="{folder["packages"]}" /></config>
              <packageSources><clear /><add key="feed" value="{folder["feed"]}" /></packageSources>
              <fallbackPackageFolders><add key="others" value="{folder["others"]}" /></fallbackPackageFolders>
            </configuration>
            """);
    }

    private void WriteHost(string version)
    {
        Directory.CreateDirectory(folder["host"]);
        File.WriteAllText(folder["host/host.csproj"], $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup><OutputType>Exe</OutputType><TargetFramework>net10.0</TargetFramework><ImplicitUsings>enable</ImplicitUsings></PropertyGroup>
              <ItemGroup><PackageReference Include="SimSearch.Notebooks" Version="{version}" /></ItemGroup>
            </Project>
            """);
        File.WriteAllText(folder["host/Program.cs"], """
            using SimSearch.Notebooks;
            Directory.SetCurrentDirectory(args[0]);
            await using var engine = new CSharpEngine();
            var run = await NotebookRunner.RunAsync(Notebook.Load(args[1]), engine, new NotebookRunOptions { SaveTo = args[1] });
            foreach (var failure in run.Failures) Console.Error.WriteLine(failure);
            return run.Failures.Count;
            """);
    }

    private static void WriteNotebook(string path, params string[] cells) => File.WriteAllText(path, new JsonObject
    {
        ["nbformat"] = 4, ["nbformat_minor"] = 5, ["metadata"] = new JsonObject(),
        ["cells"] = new JsonArray([.. cells.Select((source, i) => (JsonNode)new JsonObject
        {
            ["cell_type"] = "code", ["id"] = $"c{i}", ["source"] = source, ["execution_count"] = null, ["outputs"] = new JsonArray(), ["metadata"] = new JsonObject(),
        })]),
    }.ToJsonString());

    private static string Html(JsonNode notebook, int cell)
    {
        JsonNode data = notebook["cells"]![cell]!["outputs"]![0]!["data"]!, html = data["text/html"] ?? data["text/plain"]!;
        return html is JsonArray lines ? string.Concat(lines.Select(line => (string)line!)) : (string)html!;
    }
}
