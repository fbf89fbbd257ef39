using System.Runtime.CompilerServices;

namespace SimSearch.Tests.Support;

/// <summary>
/// Finds the reference numbers and the labelled data that are not part of the repository. They lie in a folder <c>shared</c> beside the
/// checkout, or where SIMSEARCH_SHARED points. A test that needs them is skipped, saying so, when they are absent; with
/// SIMSEARCH_STRICT=1 (as in CI) it fails instead, so that a green run there has run everything.
/// </summary>
public static class SharedData
{
    /// <summary>The root of the repository this test was compiled from.</summary>
    public static string RepositoryRoot { get; } = Path.GetFullPath(Path.Combine(SourceFolder(), "..", ".."));

    private static string Root => Environment.GetEnvironmentVariable("SIMSEARCH_SHARED") ?? Path.GetFullPath(Path.Combine(RepositoryRoot, "..", "shared"));

    /// <summary>Whether a missing prerequisite is a failure.</summary>
    public static bool Strict => Environment.GetEnvironmentVariable("SIMSEARCH_STRICT") == "1";

    /// <summary>A path below shared/data; skips the test when it is absent.</summary>
    public static string Data(string relative) => Require(Path.Combine(Root, "data", relative));

    /// <summary>A path below shared/golden; skips the test when it is absent.</summary>
    public static string Golden(string relative) => Require(Path.Combine(Root, "golden", relative));

    /// <summary>Skips the test for a stated reason, or fails it in strict mode.</summary>
    public static void SkipUnless(bool present, string reason)
    {
        if (present) return;
        if (Strict) Assert.Fail($"SIMSEARCH_STRICT=1 and a prerequisite is missing: {reason}");
        Assert.Skip(reason);
    }

    private static string Require(string path)
    {
        SkipUnless(Path.Exists(path), $"{path} is absent: the shared reference data is not on this machine");
        return path;
    }

    private static string SourceFolder([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
}
