namespace SimSearch.Storage;

/// <summary>Where things are kept that can be had again: fetched data sets, vectors computed before. Deleting it costs time, nothing else.</summary>
public static class CacheFolder
{
    /// <summary>
    /// The folder of one kind of thing: below the environment variable SIMSEARCH_CACHE where it is set; otherwise below %LOCALAPPDATA%\simsearch
    /// on Windows, and simsearch below $XDG_CACHE_HOME or ~/.cache elsewhere. It need not exist.
    /// </summary>
    /// <param name="kind">"datasets", "vectors" or "history".</param>
    public static string Of(string kind) => Of(kind, Environment.GetEnvironmentVariable);

    internal static string Of(string kind, Func<string, string?> variable) => Path.Combine(Root(variable), kind);

    private static string Root(Func<string, string?> variable)
    {
        if (variable("SIMSEARCH_CACHE") is { Length: > 0 } given) return Path.GetFullPath(given);
        string below = OperatingSystem.IsWindows()
            ? Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData)
            : variable("XDG_CACHE_HOME") is { Length: > 0 } cache && Path.IsPathFullyQualified(cache)
                ? cache
                : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache");
        return Path.Combine(below, "simsearch");
    }
}
