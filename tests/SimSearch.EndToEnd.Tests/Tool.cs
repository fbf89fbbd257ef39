using System.Diagnostics;
using System.Text.Json.Nodes;
using SimSearch.Tests.Support;

namespace SimSearch.EndToEnd.Tests;

/// <summary>What a finished process said.</summary>
public sealed record ToolResult(int ExitCode, string Output, string Errors)
{
    /// <summary>stdout as the one JSON document that --json promises; anything else on stdout makes this fail.</summary>
    public JsonNode Json => JsonNode.Parse(Output)!;

    /// <summary>Fails with everything the process said unless it ended well.</summary>
    public ToolResult Succeeded()
    {
        Assert.True(ExitCode == 0, $"exit code {ExitCode}\n{Errors}\n{Output}");
        return this;
    }
}

/// <summary>Runs the command-line tool the way a shell does: a process of its own, redirected, no terminal.</summary>
public static class Tool
{
#if DEBUG
    internal const string Configuration = "Debug";
#else
    internal const string Configuration = "Release";
#endif

    private static readonly string Library = Path.Combine(SharedData.RepositoryRoot, "src", "SimSearch.Cli", "bin", Configuration, "net10.0", "SimSearch.Cli.dll");

    /// <summary>A cache that is new in every run of the tests, so that they find nothing of an earlier one.</summary>
    private static readonly string Cache = Directory.CreateTempSubdirectory("simsearch-cache-").FullName;

    static Tool() => AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(Cache, recursive: true);

    /// <summary>Runs <c>simsearch ARGUMENTS</c>.</summary>
    public static ToolResult Run(params IEnumerable<string> arguments) => Start("dotnet", [Library, .. arguments]);

    /// <summary>The words of <c>simsearch ARGUMENTS</c>, for a program that starts it.</summary>
    public static string[] Command(params IEnumerable<string> arguments) => ["dotnet", Library, .. arguments];

    /// <summary>Runs a program with a time limit of five minutes.</summary>
    public static ToolResult Start(string program, IEnumerable<string> arguments, string? folder = null)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true, WorkingDirectory = folder ?? "",
        };
        start.Environment["SIMSEARCH_CACHE"] = Cache;
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(TimeSpan.FromMinutes(5)))
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"{program} {string.Join(' ', start.ArgumentList)} did not end within five minutes");
        }
        return new ToolResult(process.ExitCode, output.Result, errors.Result);
    }
}

/// <summary>A folder that is gone after the test.</summary>
public sealed class TemporaryFolder : IDisposable
{
    /// <summary>The absolute path.</summary>
    public string Path { get; } = Directory.CreateTempSubdirectory("simsearch-e2e-").FullName;

    /// <summary>A path inside.</summary>
    public string this[string name] => System.IO.Path.Combine(Path, name);

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(Path, recursive: true);
}
