using System.Reflection;
using SimSearch.Datasets;
using SimSearch.Storage;

namespace SimSearch.Embedding;

/// <summary>Where models are: those that come with the program, those that were fetched, and those in folders that SIMSEARCH_MODELS names.</summary>
public static partial class ModelShelf
{
    private const string FoldersVariable = "SIMSEARCH_MODELS";

    private static readonly Lazy<IReadOnlyList<ModelManifest>> BuiltInManifests = new(() =>
    {
        var assembly = Assembly.GetExecutingAssembly();
        return [.. assembly.GetManifestResourceNames().Where(n => n.StartsWith("models/", StringComparison.Ordinal)).Select(name =>
        {
            using var text = new StreamReader(assembly.GetManifestResourceStream(name)!);
            return ModelManifest.Parse(text.ReadToEnd(), name);
        }).OrderBy(m => m.Name, StringComparer.Ordinal)];
    });

    /// <summary>The manifests that come with the library, in ordinal order of their names. Not every one's weights need be here.</summary>
    public static IReadOnlyList<ModelManifest> BuiltIn => BuiltInManifests.Value;

    /// <summary>The folder that a model is fetched to.</summary>
    public static string CacheFolderOf(ModelManifest manifest) => Path.Combine(CacheFolder.Of("models"), manifest.Name);

    /// <summary>Whether a name is that of a model: a path that ends in .onnx or .model.json, or a name among <see cref="BuiltIn"/>.</summary>
    public static bool IsModel(string name) => IsPath(name) || BuiltIn.Any(m => m.Name == name);

    /// <summary>Opens a model of texts by path or by name.</summary>
    /// <param name="name">NAME.onnx, NAME.model.json, or a name among <see cref="BuiltIn"/>.</param>
    /// <exception cref="ModelException">It is not known, not here, not for texts, or cannot be used.</exception>
    public static OnnxTextEmbedder OpenText(string name) => IsPath(name) ? OnnxTextEmbedder.Load(name) : OnnxTextEmbedder.From(Find(name));

    /// <summary>Opens a model of images by path or by name.</summary>
    /// <param name="name">NAME.onnx, NAME.model.json, or a name among <see cref="BuiltIn"/>.</param>
    /// <exception cref="ModelException">It is not known, not here, not for images, or cannot be used.</exception>
    public static OnnxImageEmbedder OpenImage(string name) => IsPath(name) ? OnnxImageEmbedder.Load(name) : OnnxImageEmbedder.From(Find(name));

    /// <summary>Opens a model of sounds by path or by name.</summary>
    /// <param name="name">NAME.onnx, NAME.model.json, or a name among <see cref="BuiltIn"/>.</param>
    /// <exception cref="ModelException">It is not known, not here, or cannot be used.</exception>
    public static OnnxEmbedder Open(string name) => IsPath(name) ? OnnxEmbedder.Load(name) : OnnxEmbedder.From(Find(name));

    /// <summary>The manifest of a path or of a name among <see cref="BuiltIn"/>.</summary>
    /// <exception cref="ModelException">There is none; the message lists the names.</exception>
    public static ModelManifest Find(string name) => IsPath(name) ? ModelManifest.Load(name) : BuiltIn.FirstOrDefault(m => m.Name == name) is { } known ? WithAccepted(known)
        : throw new ModelException($"model '{name}' is not known; there are {(BuiltIn.Count == 0 ? "none" : string.Join(", ", BuiltIn.Select(m => m.Name)))}, and files that end in .onnx");

    /// <summary>Downloads a model's files to <see cref="CacheFolderOf"/>; what broke off is continued, what is there already is not fetched again.</summary>
    /// <param name="manifest">The model; each of its files must have an address.</param>
    /// <param name="options">Patience, size cap, HTTP client; null for the defaults.</param>
    /// <param name="progress">Hears of bytes downloaded.</param>
    /// <param name="cancellation">Stops; the next call continues.</param>
    /// <returns>The folder. Files whose hash the manifest does not know lie in it unchecked and are not loaded until it does.</returns>
    /// <exception cref="SimSearchException">
    /// The model comes with its manifest and cannot be fetched; the server cannot be reached (the message says which file to put where by hand); a file has another size or hash.
    /// </exception>
    public static string Fetch(ModelManifest manifest, FetchOptions? options = null, IProgress<Progress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        manifest.Check();
        if (manifest.Files.FirstOrDefault(f => f.Url is null) is { } own) throw new ModelException($"model '{manifest.Name}' is not fetched: {own.Name} comes with its manifest");
        manifest = Original(manifest);
        // A data set whose files are not archives: resuming, limits, redirections and hashes are the same.
        var files = new DatasetManifest
        {
            Name = manifest.Name, Title = manifest.Name, Description = manifest.Description, Licence = manifest.Licence, Citation = manifest.Citation ?? "", Homepage = manifest.Homepage ?? manifest.Files[0].Url!,
            Folder = manifest.Name, Files = [.. manifest.Files.Select(f => new ManifestFile { Name = f.Name, Url = f.Url!, Bytes = f.IsPinned ? f.Bytes : null, Sha256 = f.IsPinned ? f.Sha256 : null })],
        };
        return DatasetFetcher.Fetch(files, CacheFolderOf(manifest), options, progress, cancellation);
    }

    /// <summary>The path of one of a model's files.</summary>
    /// <param name="manifest">The model.</param>
    /// <param name="file">One of its files.</param>
    /// <param name="name">How the model was named: the files of one that was given by path are looked for beside it first.</param>
    /// <exception cref="ModelException">It is not on this machine.</exception>
    public static string PathOf(ModelManifest manifest, ModelFile file, string name) => Locate(manifest, file, FolderOf(name));

    /// <summary>Whether all files of a model are on this machine, by name and size.</summary>
    /// <param name="manifest">The model.</param>
    /// <param name="name">How the model was named: the files of one that was given by path may also lie beside it. Null looks in the usual places only.</param>
    public static bool IsHere(ModelManifest manifest, string? name = null) => WithAccepted(manifest).Files.All(file => Candidates(manifest, file, FolderOf(name)).Any());

    /// <summary>The path of a model's file.</summary>
    /// <exception cref="ModelException">It is not on this machine; the message says what is missing, by hash, and how to get it.</exception>
    internal static string Locate(ModelManifest manifest, ModelFile file, string? folder)
    {
        RequirePinned(manifest, file);
        return Find(manifest, file, folder);
    }

    /// <summary>A file that nobody vouches for is not loaded.</summary>
    internal static void RequirePinned(ModelManifest manifest, ModelFile file)
    {
        if (!file.IsPinned)
            throw new ModelException($"model '{manifest.Name}': its manifest does not know the SHA-256 of {file.Name}, so nothing shows that a file is the one that is meant; 'simsearch models fetch' prints size and hash of what it downloads: compare the hash with the publisher's, and when it is that, say so with 'simsearch models fetch {manifest.Name} --sha256 HASH' or in a manifest of your own");
    }

    private static string Find(ModelManifest manifest, ModelFile file, string? folder) => Candidates(manifest, file, folder).FirstOrDefault()
        ?? (folder is not null && Path.Combine(folder, file.Name) is var beside && File.Exists(beside)
            ? throw new ModelException($"{beside} has {Behind(beside).Length} bytes, its manifest says {file.Bytes}: it is another model or damaged")
            : throw new ModelException($"model '{manifest.Name}' needs {file.Name} ({file.Bytes} bytes, SHA-256 {file.Sha256}), which is not on this machine; " +
                $"{(file.Url is null ? "" : BuiltIn.Any(m => m.Name == manifest.Name) ? $"fetch it with 'simsearch models fetch {manifest.Name}', or " : $"fetch it from {file.Url}, or ")}put it in a folder that {FoldersVariable} names"));

    /// <summary>The file behind a path, also where that is a link: download caches are full of them.</summary>
    internal static FileInfo Behind(string path)
    {
        var file = new FileInfo(path);
        try { return file.LinkTarget is null ? file : file.ResolveLinkTarget(returnFinalTarget: true) as FileInfo ?? file; }
        catch (IOException) { return file; } // a circle of links: whoever opens it hears of that
    }

    private static string? FolderOf(string? name) => name is not null && IsPath(name) ? Path.GetDirectoryName(Path.GetFullPath(name)) : null;

    private static bool IsPath(string name) => name.EndsWith(".onnx", StringComparison.OrdinalIgnoreCase) || name.EndsWith(ModelManifest.Extension, StringComparison.OrdinalIgnoreCase);

    // Files of the right size: first by name, then, in folders that people put models in, under any name. The hash is checked when a file is loaded.
    private static IEnumerable<string> Candidates(ModelManifest manifest, ModelFile file, string? folder)
    {
        List<string> folders = [.. Folders()];
        if (folder is not null) folders.Insert(0, folder);
        folders.Add(CacheFolderOf(manifest));
        return folders.Select(f => Path.Combine(f, file.Name)).Where(path => Behind(path) is { Exists: true } found && found.Length == file.Bytes)
            .Concat(Folders().Where(Directory.Exists).SelectMany(f => Directory.EnumerateFiles(f, "*.onnx", SearchOption.TopDirectoryOnly))
                .Where(path => Behind(path) is { Exists: true } found && found.Length == file.Bytes && Canonical.Sha256OfFile(path) == file.Sha256));
    }

    private static IEnumerable<string> Folders()
    {
        foreach (string folder in (Environment.GetEnvironmentVariable(FoldersVariable) ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)) yield return folder;
        yield return Path.Combine(AppContext.BaseDirectory, "models");
        // Loaded into another process (a notebook kernel), the library lies beside this assembly rather than beside the application.
        if (Path.GetDirectoryName(Assembly.GetExecutingAssembly().Location) is { Length: > 0 } own) yield return Path.Combine(own, "models");
    }
}
