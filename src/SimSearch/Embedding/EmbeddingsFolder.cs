using System.Text.Json;
using System.Text.Json.Nodes;
using SimSearch.Storage;

namespace SimSearch.Embedding;

/// <summary>Embeddings on disk: four files in a folder that is replaced as a whole and checked when it is read.</summary>
internal static class EmbeddingsFolder
{
    private const string Format = "simsearch-embeddings-1";
    private const string VectorsFile = "vectors.npy", ItemsFile = "items.csv", EmbedderFile = "embedder.json", ManifestFile = "embeddings.json";

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    public static void Check(string folder, long bytes) => AtomicFolder.Check(folder, IsOurs, bytes);

    private static bool IsOurs(string name) => name is VectorsFile or ItemsFile or EmbedderFile or ManifestFile;

    public static void Save(Embeddings embeddings, string folder) =>
        AtomicFolder.Write(folder, IsOurs, temporary =>
        {
            string vectors = Path.Combine(temporary, VectorsFile), items = Path.Combine(temporary, ItemsFile), embedder = Path.Combine(temporary, EmbedderFile);
            embeddings.Vectors.SaveNpy(vectors);
            ItemsCsv.Write(items, embeddings.Items);
            var files = new JsonObject { [VectorsFile] = Canonical.Sha256OfFile(vectors), [ItemsFile] = Canonical.Sha256OfFile(items) };
            if (embeddings.EmbedderJson is { } json)
            {
                AtomicFile.WriteText(embedder, json);
                files[EmbedderFile] = Canonical.Sha256OfFile(embedder);
            }
            var manifest = new JsonObject
            {
                ["format"] = Format,
                ["embedder"] = embeddings.EmbedderName,
                ["fingerprint"] = embeddings.Fingerprint,
                ["count"] = embeddings.Count,
                ["dimension"] = embeddings.Dimension,
                ["root"] = embeddings.Root,
                ["sha256"] = files,
            };
            AtomicFile.WriteText(Path.Combine(temporary, ManifestFile), manifest.ToJsonString(Indented) + "\n");
        });

    public static Embeddings Load(string folder)
    {
        string manifestPath = Path.Combine(folder, ManifestFile);
        if (!File.Exists(manifestPath)) throw new SimSearchException($"{folder}: holds no embeddings ({ManifestFile} is missing); make them with 'simsearch embed'");
        var manifest = Canonical.ParseObject(File.ReadAllText(manifestPath), manifestPath);
        var (name, fingerprint, root, count, dimension) = ReadManifest(manifest, manifestPath);
        foreach (string file in (string[])[VectorsFile, ItemsFile]) CheckFile(folder, file, manifest, manifestPath);
        bool hasEmbedder = manifest["sha256"]![EmbedderFile] is not null;
        if (hasEmbedder) CheckFile(folder, EmbedderFile, manifest, manifestPath);
        var vectors = VectorMatrix.Open(Path.Combine(folder, VectorsFile));
        try
        {
            var items = ItemsCsv.Read(Path.Combine(folder, ItemsFile));
            if (vectors.Rows != count || items.Count != count || vectors.Dimension != dimension)
                throw new SimSearchException($"{folder}: {ManifestFile} promises {count} vectors of {dimension}, the files hold {vectors.Rows} of {vectors.Dimension} and {items.Count} items; embed again");
            return new Embeddings(vectors, items, name, fingerprint, root, hasEmbedder ? File.ReadAllText(Path.Combine(folder, EmbedderFile)) : null);
        }
        catch
        {
            vectors.Dispose();
            throw;
        }
    }

    private static (string Name, string Fingerprint, string? Root, long Count, int Dimension) ReadManifest(JsonObject manifest, string path)
    {
        try
        {
            string? format = (string?)manifest["format"];
            if (format != Format) throw new SimSearchException($"{path}: format '{format}' is not '{Format}'; it was written by another version, so embed again");
            if (manifest["sha256"] is not JsonObject) throw new SimSearchException($"{path}: the checksums (sha256) are missing; embed again");
            return (manifest["embedder"]!.GetValue<string>(), manifest["fingerprint"]!.GetValue<string>(), (string?)manifest["root"], (long)manifest["count"]!, (int)manifest["dimension"]!);
        }
        catch (Exception e) when (e is InvalidOperationException or FormatException or OverflowException or ArgumentNullException or NullReferenceException)
        {
            throw new SimSearchException($"{path}: embedder, fingerprint, count and dimension must be there and of the right type; embed again", e);
        }
    }

    private static void CheckFile(string folder, string file, JsonObject manifest, string manifestPath)
    {
        string path = Path.Combine(folder, file);
        if (!File.Exists(path)) throw new SimSearchException($"{path}: is missing, {manifestPath} lists it; embed again");
        string? expected = manifest["sha256"]![file]?.ToString();
        if (Canonical.Sha256OfFile(path) != expected) throw new SimSearchException($"{path}: its content is not what was saved (SHA-256 differs); restore it or embed again");
    }
}
