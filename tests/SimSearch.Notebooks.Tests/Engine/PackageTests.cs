using System.IO.Compression;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace SimSearch.Notebooks.Tests;

public sealed class PackageTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("packages").FullName;

    public void Dispose()
    {
        // A child of the SDK's that was just killed may still hold a file; then the system's own cleaning has to do.
        try { Directory.Delete(folder, recursive: true); }
        catch (IOException) { }
    }

    [Fact]
    public async Task Packages_of_a_folder_feed_are_restored_once_with_what_they_depend_on()
    {
        Configure();
        // Names of their own: an assembly once loaded stays in the process.
        Pack("Cells.Inner", "1.0.0", "namespace Cells { public class Inner { public static int Two => 2; } }");
        Pack("Cells.Outer", "2.1.0", "namespace Cells { public class Outer { public static int Four => Inner.Two * 2; } }", "Cells.Inner");
        PackageRequest[] request = [new("Cells.Outer", "2.1.0"), new("Cells.Inner", "1.0.0")];
        var files = await PackageRestorer.RestoreAsync(request, folder, Path.Combine(folder, "cache"), CancellationToken.None);
        Assert.Equal(["Cells.Inner.dll", "Cells.Outer.dll"], files.Select(Path.GetFileName).Order(StringComparer.Ordinal));

        await using var notebook = new CellSession();
        Assert.Equal("4", await notebook.TextAsync($"#r \"{files.Single(f => f.EndsWith("Cells.Outer.dll", StringComparison.Ordinal))}\"\nCells.Outer.Four"));

        // The second time nothing is asked of the feed: it is gone.
        Directory.Delete(Path.Combine(folder, "feed"), recursive: true);
        Assert.Equal(files, await PackageRestorer.RestoreAsync(request, folder, Path.Combine(folder, "cache"), CancellationToken.None));
    }

    [Fact]
    public async Task A_package_that_does_not_exist_is_named_and_a_broken_cache_is_made_anew()
    {
        Configure();
        var error = await Assert.ThrowsAsync<CellException>(() =>
            PackageRestorer.RestoreAsync([new PackageRequest("Cells.Missing", "1.0.0")], folder, Path.Combine(folder, "cache"), CancellationToken.None));
        Assert.Equal("PackageError", error.Name);
        Assert.Contains("Cells.Missing 1.0.0 can't be restored", error.Message);
        Assert.Contains(error.Trace, l => l.Contains("NU1101", StringComparison.Ordinal));

        Pack("Cells.Missing", "1.0.0", "public class Here;");
        string cache = Path.Combine(Directory.GetDirectories(Path.Combine(folder, "cache")).Single(), "resolved.json");
        await File.WriteAllTextAsync(cache, "{ \"Compile\": [");
        Assert.Single(await PackageRestorer.RestoreAsync([new PackageRequest("Cells.Missing", "1.0.0")], folder, Path.Combine(folder, "cache"), CancellationToken.None));
    }

    [Fact]
    public async Task Restoring_can_be_interrupted()
    {
        Configure();
        using var cancel = new CancellationTokenSource();
        var restoring = PackageRestorer.RestoreAsync([new PackageRequest("Cells.Never", "1.0.0")], folder, Path.Combine(folder, "cache"), cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => restoring);
    }

    private void Configure()
    {
        Directory.CreateDirectory(Path.Combine(folder, "feed"));
        File.WriteAllText(Path.Combine(folder, "nuget.config"), """
            <configuration>
              <config><add key="globalPackagesFolder" value="global" /></config>
              <packageSources><clear /><add key="folder" value="feed" /></packageSources>
            </configuration>
            """);
    }

    private void Pack(string name, string version, string code, string? dependency = null)
    {
        var references = new List<MetadataReference> { MetadataReference.CreateFromFile(typeof(object).Assembly.Location) };
        if (dependency is not null) references.Add(MetadataReference.CreateFromFile(Path.Combine(folder, dependency + ".dll")));
        string library = Path.Combine(folder, name + ".dll");
        Assert.True(CSharpCompilation.Create(name, [CSharpSyntaxTree.ParseText(code)], references, new(OutputKind.DynamicallyLinkedLibrary)).Emit(library).Success);
        string dependencies = dependency is null ? "" : $"<dependencies><group targetFramework=\"net8.0\"><dependency id=\"{dependency}\" version=\"1.0.0\" /></group></dependencies>";
        using var package = ZipFile.Open(Path.Combine(folder, "feed", $"{name}.{version}.nupkg"), ZipArchiveMode.Create);
        package.CreateEntryFromFile(library, $"lib/net8.0/{name}.dll");
        using var specification = new StreamWriter(package.CreateEntry($"{name}.nuspec").Open());
        specification.Write($"""
            <?xml version="1.0"?>
            <package xmlns="http://schemas.microsoft.com/packaging/2013/05/nuspec.xsd"><metadata>
              <id>{name}</id><version>{version}</version><authors>test</authors><description>test</description>{dependencies}
            </metadata></package>
            """);
    }
}
