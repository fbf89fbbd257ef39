namespace SimSearch.Embedding;

/// <summary>Models that are loaded, by manifest and files: opening an index again and again must not load its networks again and again. Nothing is kept alive that nobody uses.</summary>
/// <typeparam name="T">What a model is once it is loaded.</typeparam>
internal static class LoadedModels<T> where T : class
{
    private static readonly Dictionary<string, WeakReference<T>> Open = [];

    /// <summary>The model of a manifest, perhaps one that is loaded already from the same unchanged files.</summary>
    /// <param name="manifest">The manifest.</param>
    /// <param name="locate">Path of each of its files.</param>
    /// <param name="load">Loads the files from these paths.</param>
    public static T Of(ModelManifest manifest, Func<ModelFile, string> locate, Func<Func<ModelFile, string>, T> load)
    {
        var paths = manifest.Files.ToDictionary(file => file.Name, locate);
        string key = Canonical.Hash(manifest.ToNode()) + string.Concat(paths.Values.Select(path => $"|{path}|{ModelShelf.Behind(path).Length}|{ModelShelf.Behind(path).LastWriteTimeUtc.Ticks}"));
        lock (Open) // threads that ask for the same model at once must not all load it
        {
            if (Open.TryGetValue(key, out var known) && known.TryGetTarget(out var open)) return open;
            foreach (string gone in Open.Where(entry => !entry.Value.TryGetTarget(out _)).Select(entry => entry.Key).ToArray()) Open.Remove(gone);
            var made = load(file => paths[file.Name]);
            Open[key] = new WeakReference<T>(made);
            return made;
        }
    }
}
