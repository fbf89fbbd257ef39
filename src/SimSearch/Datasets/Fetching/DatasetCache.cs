using SimSearch.Storage;

namespace SimSearch.Datasets;

/// <summary>Where fetched data sets are kept.</summary>
public static class DatasetCache
{
    /// <summary>The folder of all fetched data sets; see <see cref="CacheFolder"/>.</summary>
    public static string Folder => CacheFolder.Of("datasets");

    /// <summary>The folder of one data set.</summary>
    public static string FolderOf(DatasetManifest manifest) => Path.Combine(Folder, manifest.Folder);
}
