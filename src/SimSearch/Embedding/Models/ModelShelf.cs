using System.Reflection;
using SimSearch.Storage;

namespace SimSearch.Embedding;

/// <summary>Where models are: those that come with the program, those that were fetched, and those in folders that SIMSEARCH_MODELS names.</summary>
public static class ModelShelf
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

    /// <summary>Opens a model by path or by name.</summary>
    /// <param name="name">NAME.onnx, NAME.model.json, or a name among <see cref="BuiltIn"/>.</param>
    /// <exception cref="ModelException">It is not known, not here, or cannot be used.</exception>
    public static OnnxEmbedder Open(string name) => IsPath(name) ? OnnxEmbedder.Load(name) : OnnxEmbedder.From(Find(name));

    /// <summary>The manifest of a path or of a name among <see cref="BuiltIn"/>.</summary>
    /// <exception cref="ModelException">There is none; the message lists the names.</exception>
    public static ModelManifest Find(string name) => IsPath(name) ? ModelManifest.Load(name) : BuiltIn.FirstOrDefault(m => m.Name == name)
        ?? throw new ModelException($"model '{name}' is not known; there are {(BuiltIn.Count == 0 ? "none" : string.Join(", ", BuiltIn.Select(m => m.Name)))}, and files that end in .onnx");

    /// <summary>Whether all files of a model are on this machine, by name and size.</summary>
    public static bool IsHere(ModelManifest manifest) => manifest.Files.All(file => Candidates(manifest, file, null).Any());

    /// <summary>The path of a model's file.</summary>
    /// <exception cref="ModelException">It is not on this machine; the message says what is missing, by hash, and how to get it.</exception>
    internal static string Locate(ModelManifest manifest, ModelFile file, string? folder) => Candidates(manifest, file, folder).FirstOrDefault()
        ?? (folder is not null && Path.Combine(folder, file.Name) is var beside && File.Exists(beside)
            ? throw new ModelException($"{beside} has {new FileInfo(beside).Length} bytes, its manifest says {file.Bytes}: it is another model or damaged")
            : throw new ModelException($"model '{manifest.Name}' needs {file.Name} ({file.Bytes} bytes, SHA-256 {file.Sha256}), which is not on this machine; " +
                $"{(file.Url is null ? "" : BuiltIn.Any(m => m.Name == manifest.Name) ? $"fetch it with 'simsearch models fetch {manifest.Name}', or " : $"fetch it from {file.Url}, or ")}put it in a folder that {FoldersVariable} names"));

    private static bool IsPath(string name) => name.EndsWith(".onnx", StringComparison.OrdinalIgnoreCase) || name.EndsWith(ModelManifest.Extension, StringComparison.OrdinalIgnoreCase);

    // Files of the right size: first by name, then, in folders that people put models in, under any name. The hash is checked when a file is loaded.
    private static IEnumerable<string> Candidates(ModelManifest manifest, ModelFile file, string? folder)
    {
        List<string> folders = [.. Folders()];
        if (folder is not null) folders.Insert(0, folder);
        folders.Add(CacheFolderOf(manifest));
        return folders.Select(f => Path.Combine(f, file.Name)).Where(path => new FileInfo(path) is { Exists: true } found && found.Length == file.Bytes)
            .Concat(Folders().Where(Directory.Exists).SelectMany(f => Directory.EnumerateFiles(f, "*.onnx", SearchOption.TopDirectoryOnly))
                .Where(path => new FileInfo(path).Length == file.Bytes && Canonical.Sha256OfFile(path) == file.Sha256));
    }

    private static IEnumerable<string> Folders()
    {
        foreach (string folder in (Environment.GetEnvironmentVariable(FoldersVariable) ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)) yield return folder;
        yield return Path.Combine(AppContext.BaseDirectory, "models");
        // Loaded into another process (a notebook kernel), the library lies beside this assembly rather than beside the application.
        if (Path.GetDirectoryName(Assembly.GetExecutingAssembly().Location) is { Length: > 0 } own) yield return Path.Combine(own, "models");
    }
}
