using SimSearch.Storage;

namespace SimSearch.Embedding;

public static partial class ModelShelf
{
    /// <summary>
    /// Takes the fetched files of a model whose manifest does not know their hashes for the right ones, because somebody who vouches for them has said their hashes. Remembered on this machine:
    /// from then on <see cref="Find(string)"/> gives the manifest with sizes and hashes.
    /// </summary>
    /// <param name="manifest">One of <see cref="BuiltIn"/>; <see cref="Fetch"/> has fetched its files.</param>
    /// <param name="sha256">The hashes as their author or another source prints them, 64 hex digits each; one for every file that the manifest has none for.</param>
    /// <returns>The manifest with sizes and hashes.</returns>
    /// <exception cref="ModelException">It has all hashes already, is not built in, or a file is absent or has another hash.</exception>
    public static ModelManifest Accept(ModelManifest manifest, IReadOnlyList<string> sha256)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        ArgumentNullException.ThrowIfNull(sha256);
        var original = Original(manifest);
        if (BuiltIn.All(m => m.Name != original.Name)) throw new ModelException($"model '{original.Name}' does not come along; write sizes and hashes into its own manifest");
        if (original.Files.All(file => file.IsPinned)) throw new ModelException($"the manifest of '{original.Name}' has all hashes already; they are checked as they stand");
        string folder = CacheFolderOf(original);
        var files = original.Files.Select(file =>
        {
            if (file.IsPinned) return file;
            string path = Path.Combine(folder, file.Name);
            if (!File.Exists(path)) throw new ModelException($"{path} is not there; fetch it first");
            var found = ModelFile.Of(path);
            return sha256.Contains(found.Sha256, StringComparer.OrdinalIgnoreCase) ? file with { Bytes = found.Bytes, Sha256 = found.Sha256 }
                : throw new ModelException($"{file.Name} as it was fetched has SHA-256 {found.Sha256}, which is not {string.Join(" or ", sha256)}: it is another file than the one you know, or damaged; it stays unused (delete '{folder}' to fetch it again)");
        });
        var accepted = original with { Files = [.. files] };
        AtomicFile.WriteText(AcceptedPath(original), accepted.ToJson());
        return accepted;
    }

    // Sizes and hashes alone are taken from there: how sounds become vectors is for this version of the program to say.
    private static ModelManifest WithAccepted(ModelManifest manifest)
    {
        if (manifest.Files.All(file => file.IsPinned) || !File.Exists(AcceptedPath(manifest))) return manifest;
        var accepted = ModelManifest.Load(AcceptedPath(manifest));
        return manifest with { Files = [.. manifest.Files.Select(file => file.IsPinned ? file : accepted.Files.FirstOrDefault(a => a.Name == file.Name && a.Url == file.Url) ?? file)] };
    }

    // Files are fetched under the manifest they were first fetched under.
    private static ModelManifest Original(ModelManifest manifest) => BuiltIn.FirstOrDefault(m => m.Name == manifest.Name && m.Files.Select(f => f.Url).SequenceEqual(manifest.Files.Select(f => f.Url))) ?? manifest;

    private static string AcceptedPath(ModelManifest manifest) => CacheFolderOf(manifest) + ".accepted" + ModelManifest.Extension;
}
