namespace SimSearch.Datasets;

/// <summary>Where fetched data sets are kept.</summary>
public static class DatasetCache
{
    /// <summary>
    /// The folder of all fetched data sets: the environment variable SIMSEARCH_CACHE where it is set; otherwise %LOCALAPPDATA%\simsearch\datasets on
    /// Windows, and simsearch/datasets below $XDG_CACHE_HOME or ~/.cache elsewhere. It need not exist.
    /// </summary>
    public static string Folder
    {
        get
        {
            if (Environment.GetEnvironmentVariable("SIMSEARCH_CACHE") is { Length: > 0 } given) return Path.GetFullPath(given);
            string? below = OperatingSystem.IsWindows()
                ? Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData)
                : Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } cache && Path.IsPathFullyQualified(cache)
                    ? cache
                    : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache");
            return Path.Combine(below, "simsearch", "datasets");
        }
    }

    /// <summary>The folder of one data set.</summary>
    public static string FolderOf(DatasetManifest manifest) => Path.Combine(Folder, manifest.Folder);
}
