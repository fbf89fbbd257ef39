using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace SimSearch.Notebooks;

/// <summary>
/// Restores the packages of a cell with the .NET SDK: one generated project for all of them, in a folder named by the hash of what was asked for, so
/// that the same request is answered from disk the next time. The <c>nuget.config</c> of the working directory counts.
/// </summary>
internal static class PackageRestorer
{
    private sealed record Resolved(string[] Compile, string[] Runtime, string[] Native);

    /// <summary>Where resolved requests are kept.</summary>
    public static string DefaultCache => Path.Combine(
        Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify), "simsearch-notebooks", "packages");

    /// <summary>Restores packages and makes their assemblies findable.</summary>
    /// <param name="packages">What the cell asks for.</param>
    /// <param name="workingFolder">Whose <c>nuget.config</c> counts.</param>
    /// <param name="cacheFolder">Where resolved requests are kept.</param>
    /// <param name="cancellation">Ends the SDK's process.</param>
    /// <returns>The assemblies to reference.</returns>
    /// <exception cref="CellException">There is no SDK, or a package can't be had.</exception>
    public static async Task<IReadOnlyList<string>> RestoreAsync(IReadOnlyList<PackageRequest> packages, string workingFolder, string cacheFolder, CancellationToken cancellation)
    {
        if (packages.Count == 0) return [];
        string project = Project(workingFolder, packages.Distinct().OrderBy(p => p.Name, StringComparer.OrdinalIgnoreCase).ThenBy(p => p.Version, StringComparer.Ordinal));
        string hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(project)))[..32];
        string folder = Path.Combine(cacheFolder, hash);
        string cache = Path.Combine(folder, "resolved.json");
        // A floating version may mean another package tomorrow.
        bool exact = packages.All(p => p.Version.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '+'));
        if ((exact ? ReadCache(cache) : null) is not { } resolved)
        {
            resolved = await RunAsync(folder, project, packages, cancellation);
            string temporary = $"{cache}.{Environment.ProcessId}.tmp";
            await File.WriteAllTextAsync(temporary, JsonSerializer.Serialize(resolved), CancellationToken.None);
            File.Move(temporary, cache, overwrite: true);
        }
        foreach (string file in resolved.Runtime) AssemblyStore.Register(file);
        foreach (string file in resolved.Native) AssemblyStore.RegisterNative(file);
        // What is compiled against may be a reference assembly; what is loaded is the one for this machine.
        // The framework's own assemblies win over packages that bring older ones.
        string framework = Path.GetDirectoryName(typeof(object).Assembly.Location)!;
        return resolved.Compile.Where(c => !File.Exists(Path.Combine(framework, Path.GetFileName(c)))).Select(c => resolved.Runtime.FirstOrDefault(r => string.Equals(Path.GetFileName(r), Path.GetFileName(c), StringComparison.OrdinalIgnoreCase)) ?? c).ToArray();
    }

    private static string Project(string workingFolder, IEnumerable<PackageRequest> packages)
    {
        static string Escape(string text) => System.Security.SecurityElement.Escape(text)!;
        var items = string.Join("\n    ", packages.Select(p => $"<PackageReference Include=\"{Escape(p.Name)}\" Version=\"{Escape(p.Version)}\" />"));
        return $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <TargetFramework>net{Environment.Version.Major}.{Environment.Version.Minor}</TargetFramework>
                <RuntimeIdentifier>{RuntimeInformation.RuntimeIdentifier}</RuntimeIdentifier>
                <SelfContained>false</SelfContained>
                <ManagePackageVersionsCentrally>false</ManagePackageVersionsCentrally>
                <RestoreRootConfigDirectory>{Escape(workingFolder)}</RestoreRootConfigDirectory>
              </PropertyGroup>
              <ItemGroup>
                {items}
              </ItemGroup>
            </Project>
            """;
    }

    private static Resolved? ReadCache(string file)
    {
        try
        {
            var resolved = JsonSerializer.Deserialize<Resolved>(File.ReadAllText(file));
            return resolved is { Compile: not null, Runtime: not null, Native: not null }
                && resolved.Compile.Concat(resolved.Runtime).Concat(resolved.Native).All(File.Exists) ? resolved : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException) { return null; }
    }

    private static async Task<Resolved> RunAsync(string folder, string project, IReadOnlyList<PackageRequest> packages, CancellationToken cancellation)
    {
        Directory.CreateDirectory(folder);
        // Files above the folder must not change what the project means.
        foreach (string stop in new[] { "Directory.Build.props", "Directory.Build.targets", "Directory.Packages.props" })
            await File.WriteAllTextAsync(Path.Combine(folder, stop), "<Project />", cancellation);
        await File.WriteAllTextAsync(Path.Combine(folder, "packages.csproj"), project, cancellation);

        string names = string.Join(", ", packages.Select(p => p.Version == "*" ? p.Name : $"{p.Name} {p.Version}"));
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") is { Length: > 0 } host && File.Exists(host) ? host : "dotnet")
        {
            WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true, UseShellExecute = false,
        };
        foreach (string argument in (ReadOnlySpan<string>)[
                     "msbuild", "packages.csproj", "-restore", "-t:ResolvePackageAssets", "-getItem:RuntimeCopyLocalItems", "-getItem:NativeCopyLocalItems",
                     "-getItem:ResolvedCompileFileDefinitions", "-nologo", "-v:q", "-nodeReuse:false",
                 ])
            start.ArgumentList.Add(argument);
        foreach (string variable in (ReadOnlySpan<string>)["MSBuildSDKsPath", "MSBUILD_EXE_PATH", "MSBuildExtensionsPath", "MSBuildLoadMicrosoftTargetsReadOnly"]) start.Environment.Remove(variable);
        start.Environment["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1";
        start.Environment["DOTNET_NOLOGO"] = "1";
        start.Environment["DOTNET_CLI_UI_LANGUAGE"] = "en";

        using var process = Start(start);
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(CancellationToken.None), process.StandardError.ReadToEndAsync(CancellationToken.None));
        process.StandardInput.Close();
        try { await process.WaitForExitAsync(cancellation); }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None);
            throw;
        }
        string text = await output;
        if (process.ExitCode != 0)
        {
            var lines = (text + "\n" + await errors).Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
                .Where(l => l.Contains("error", StringComparison.OrdinalIgnoreCase)).Distinct().Take(10).ToArray();
            throw new CellException("PackageError", $"{names} can't be restored", [$"PackageError: {names} can't be restored; check the name, the version and the sources in nuget.config", .. lines]);
        }
        using var document = JsonDocument.Parse(text[Math.Max(0, text.IndexOf('{'))..]);
        var items = document.RootElement.GetProperty("Items");
        return new Resolved(Paths("ResolvedCompileFileDefinitions"), Paths("RuntimeCopyLocalItems"), Paths("NativeCopyLocalItems"));

        string[] Paths(string item) => items.TryGetProperty(item, out var list)
            ? [.. list.EnumerateArray().Select(i => i.GetProperty("FullPath").GetString()!).Where(p => item[0] == 'N' || p.EndsWith(".dll", StringComparison.OrdinalIgnoreCase))]
            : [];
    }

    private static Process Start(ProcessStartInfo start)
    {
        try { return Process.Start(start)!; }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new CellException("PackageError", $"#r \"nuget: ...\" needs the .NET SDK, and the command {start.FileName} can't be started: {e.Message}");
        }
    }
}
