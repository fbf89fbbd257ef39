using System.Security.Cryptography;
using System.Text;
using SimSearch.Datasets;
using SimSearch.Embedding;
using SimSearch.Faiss;
using SimSearch.Storage;

namespace SimSearch.Indexing;

public sealed partial class VectorIndex
{
    private const string ManifestFile = "manifest.json", VectorsFile = "vectors.npy", ItemsFile = "items.csv", EmbedderFile = "embedder.json", FaissFile = "index.faiss", RowsFile = "rows.npy";
    private static readonly string[] BundleFiles = [ManifestFile, VectorsFile, ItemsFile, EmbedderFile, FaissFile, RowsFile];

    /// <summary>
    /// Writes the index as a folder: <c>index.faiss</c> (FAISS's own format, readable from Python; labels are rows unless <c>rows.npy</c> says which row each label is),
    /// <c>vectors.npy</c> (as given), <c>items.csv</c>, <c>embedder.json</c> (when known) and <c>manifest.json</c> (settings, sizes and SHA-256 of all files).
    /// At every moment, also after a crash, either the old folder or the new one is there.
    /// </summary>
    /// <param name="folder">A new or empty folder, or one with an older index, which is replaced.</param>
    /// <exception cref="SimSearchException">
    /// The folder holds files that are no part of an index; or the index was loaded from this folder and another program has changed it since, whose
    /// changes would be lost. Nothing was written then.
    /// </exception>
    /// <exception cref="IndexEngineException">The index was opened memory-mapped: copy its folder instead.</exception>
    public void Save(string folder)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        Reading(() =>
        {
            if (IsReadOnly) throw new IndexEngineException("the index was opened memory-mapped and cannot be saved; copy its folder, or open it without memory mapping");
            string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)), manifest = Path.Combine(full, ManifestFile), written = "";
            lock (saving)
            {
                AtomicFolder.Write(full, BundleFiles.Contains, temporary =>
                {
                    SaveInto(temporary);
                    written = Canonical.Sha256OfFile(Path.Combine(temporary, ManifestFile));
                    if (loadedFrom is { } from && from.Folder == full && File.Exists(manifest) && Canonical.Sha256OfFile(manifest) != from.ManifestSha256)
                        throw new SimSearchException($"{folder}: another program has changed this index since it was opened; nothing was written: do it again on the index as it is now");
                });
                if (loadedFrom?.Folder == full) loadedFrom = (full, written);
            }
            return 0;
        });
    }

    /// <summary>Whether an index could be saved there, asked before it is built.</summary>
    /// <param name="folder">The folder that <see cref="Save"/> will be given.</param>
    /// <param name="bytes">About how large it will be, where that is known; 0 by default.</param>
    /// <exception cref="SimSearchException">It could not; the message says why and what to do.</exception>
    public static void CheckSave(string folder, long bytes = 0) => AtomicFolder.Check(folder, BundleFiles.Contains, bytes);

    /// <summary>Opens a folder that <see cref="Save"/> wrote. Every file is compared with its checksum before anything of it is used.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="memoryMap">Leaves vectors and inverted lists in their files; such an index is read-only and must not be replaced while it is open. Default false.</param>
    /// <exception cref="IndexFormatException">There is no index, a file is missing or changed, or it was written by a newer version.</exception>
    public static VectorIndex Load(string folder, bool memoryMap = false)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        for (int attempt = 1; ; attempt++)
        {
            string? manifest = ManifestHash(folder);
            try { return LoadOnce(folder, memoryMap); }
            // Somebody replaced the index while its files were opened one by one: some of them are of the old one.
            catch (IndexFormatException) when (attempt < 5 && ManifestHash(folder) != manifest) { }
        }
    }

    private static string? ManifestHash(string folder)
    {
        try { return Canonical.Sha256OfFile(Path.Combine(folder, ManifestFile)); }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException) { return null; }
    }

    private static VectorIndex LoadOnce(string folder, bool memoryMap)
    {
        try
        {
            return LoadChecked(folder, memoryMap);
        }
        catch (FaissException e)
        {
            throw Translated(e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IndexFormatException($"{folder}: cannot be read: {e.Message}", e);
        }
    }

    /// <summary>
    /// Takes in a FAISS index file, Python's or ours. Its labels must be 0 to n - 1. Where no embeddings are given the vectors are read back out of the index: exact for
    /// Flat and HNSW, approximate where it compresses.
    /// </summary>
    /// <param name="path">The file. It is native code that reads it: open only files from people you trust.</param>
    /// <param name="embeddings">The vectors and items it was built from, in order; null for items named "0", "1", ...</param>
    /// <param name="metric">Null means what the file says. An inner-product index over vectors of length 1 may be declared cosine; queries are then scaled too.</param>
    /// <exception cref="IndexFormatException">The file is missing or no FAISS index.</exception>
    /// <exception cref="IndexEngineException">Its labels are not 0 to n - 1, its vectors cannot be read back, or the metric does not fit.</exception>
    public static VectorIndex ImportFaiss(string path, Embeddings? embeddings = null, Metric? metric = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        FaissIndex? faiss = null;
        try
        {
            faiss = FaissIndex.Load(path);
            var index = Imported(faiss, path, embeddings, metric);
            if (index.IsExact) faiss.Dispose();
            return index;
        }
        catch (Exception e)
        {
            faiss?.Dispose();
            if (e is FaissException error) throw Translated(error);
            throw;
        }
    }

    private void SaveInto(string folder)
    {
        string At(string name) => Path.Combine(folder, name);
        vectors.SaveNpy(At(VectorsFile));
        ItemsCsv.Write(At(ItemsFile), items);
        if (Origin.EmbedderJson is { } json) AtomicFile.WriteText(At(EmbedderFile), json);
        if (engine is not null) engine.Faiss.Save(At(FaissFile));
        else if (FaissRuntime.IsAvailable(out _)) SaveFaiss(At(FaissFile));
        if (engine?.LabelMap is { } rows) Npy.Write<long>(At(RowsFile), rows, rows.Length);
        var files = BundleFiles.Where(name => File.Exists(At(name))).Select(name => new IndexManifest.Entry(name, new FileInfo(At(name)).Length, Canonical.Sha256OfFile(At(name)))).ToArray();
        AtomicFile.WriteText(At(ManifestFile), new IndexManifest(Factory, Metric, Dimension, items.Length, Origin.EmbedderName, Origin.Fingerprint, Origin.Root, files).ToText());
    }

    private void SaveFaiss(string path)
    {
        if (engine is { LabelMap: null }) engine.Faiss.Save(path);
        else if (IsImported(Factory)) throw new IndexEngineException("items were removed from this imported index, and FAISS numbers the rest as before; export is possible only for an index built here");
        else
        {
            // A flat index is made for the occasion; one with removed rows is built anew, so that labels are rows.
            using var fresh = FaissEngine.Build(vectors, Factory, Metric, options, null, CancellationToken.None);
            fresh.Faiss.Save(path);
        }
    }

    private static VectorIndex LoadChecked(string folder, bool memoryMap)
    {
        string At(string name) => Path.Combine(folder, name);
        string manifestPath = At(ManifestFile);
        if (!File.Exists(manifestPath)) throw new IndexFormatException($"{folder}: holds no index ({ManifestFile} is missing); make one with 'simsearch index build'");
        if (new FileInfo(manifestPath).Length > IndexManifest.LargestBytes) throw new IndexFormatException($"{manifestPath}: is larger than any index manifest; this is no index, or it is damaged");
        byte[] bytes = File.ReadAllBytes(manifestPath);
        string text = Encoding.UTF8.GetString(bytes);
        if (!Encoding.UTF8.GetBytes(text).AsSpan().SequenceEqual(bytes)) throw new IndexFormatException($"{manifestPath}: is not UTF-8, so it has changed since it was written; restore it from a copy or build the index again");
        var manifest = IndexManifest.Parse(text, manifestPath);
        // FAISS compares its file itself, right before it reads it; every other file is compared here.
        foreach (var file in manifest.Files) Check(At(file.Name), file, withContent: file.Name != FaissFile || manifest.Factory == "Flat");
        bool Has(string name) => manifest.Files.Any(file => file.Name == name);
        if (!Has(VectorsFile) || !Has(ItemsFile) || (manifest.Factory != "Flat" && !Has(FaissFile))) throw new IndexFormatException($"{manifestPath}: does not list all files of an index; build it again");

        VectorMatrix? vectors = null;
        FaissIndex? faiss = null;
        try
        {
            vectors = VectorMatrix.Open(At(VectorsFile));
            Item[] items = [.. ItemsCsv.Read(At(ItemsFile))];
            if (vectors.Rows != manifest.Count || items.Length != manifest.Count || vectors.Dimension != manifest.Dimension)
                throw new IndexFormatException($"{folder}: {ManifestFile} promises {manifest.Count} vectors of {manifest.Dimension}, the files hold {vectors.Rows} of {vectors.Dimension} and {items.Length} items; build it again");
            if (vectors.FirstRowNotFinite() is >= 0 and var row) throw new IndexFormatException($"{folder}: the vector in row {row} holds NaN or infinity; build the index again");
            if (!memoryMap && vectors.IsMapped)
            {
                var mapped = vectors;
                vectors = Copy(mapped, mapped.Rows);
                mapped.Dispose();
            }
            FaissEngine? engine = null;
            if (manifest.Factory != "Flat")
            {
                faiss = FaissIndex.Load(At(FaissFile), new FaissLoadOptions { MemoryMap = memoryMap, ExpectedSha256 = manifest.Files.First(file => file.Name == FaissFile).Sha256 });
                engine = FaissEngine.Wrap(faiss, manifest.Metric, Has(RowsFile) ? Npy.Read<long>(At(RowsFile), out _) : null);
                engine.Check(manifest.Count, manifest.Dimension, folder);
            }
            var from = new Provenance(manifest.EmbedderName, manifest.Fingerprint, manifest.Root, Has(EmbedderFile) ? File.ReadAllText(At(EmbedderFile)) : null);
            return new VectorIndex(vectors, items, engine, manifest.Factory, manifest.Metric, from, new IndexOptions(), isReadOnly: memoryMap)
            {
                loadedFrom = (Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)), Convert.ToHexStringLower(SHA256.HashData(bytes))),
            };
        }
        catch
        {
            faiss?.Dispose();
            vectors?.Dispose();
            throw;
        }
    }

    private static void Check(string path, IndexManifest.Entry entry, bool withContent)
    {
        if (!BundleFiles.Contains(entry.Name) || entry.Name == ManifestFile) throw new IndexFormatException($"{path}: '{entry.Name}' is no file of an index; build the index again");
        if (!File.Exists(path)) throw new IndexFormatException($"{path}: is missing; restore it from a copy or build the index again");
        long length = new FileInfo(path).Length;
        if (length != entry.Bytes) throw new IndexFormatException($"{path}: has {length} bytes and should have {entry.Bytes}; restore it from a copy or build the index again");
        if (withContent && Canonical.Sha256OfFile(path) != entry.Sha256) throw new IndexFormatException($"{path}: has changed since it was written (its SHA-256 differs); restore it from a copy or build the index again");
    }

    private static VectorIndex Imported(FaissIndex faiss, string path, Embeddings? embeddings, Metric? metric)
    {
        var found = faiss.Metric == FaissMetric.L2 ? Metric.L2 : Metric.InnerProduct;
        if (metric is { } wanted && FaissEngine.FaissMetricOf(wanted) != faiss.Metric) throw new IndexEngineException($"{path}: was built for {found.Name()} and cannot be searched by {wanted.Name()}; build an index for that");
        if (faiss.Count > int.MaxValue) throw new IndexEngineException($"{path}: holds {faiss.Count} vectors, more than {int.MaxValue}; split it");
        int count = (int)faiss.Count;
        if (embeddings is not null && (embeddings.Count != count || embeddings.Dimension != faiss.Dimension))
            throw new VectorException($"{path}: holds {count} vectors of {faiss.Dimension}, the embeddings {embeddings.Count} of {embeddings.Dimension}; give those it was built from");

        var vectors = embeddings is not null && !faiss.HasOwnIds ? Copy(embeddings.Vectors, count) : ReadBack(path, count);
        if (embeddings is not null && faiss.HasOwnIds) CopyRows(embeddings.Vectors, 0, vectors, 0, count);
        Item[] items = embeddings is not null ? [.. embeddings.Items] : [.. Enumerable.Range(0, count).Select(row => new Item { Id = $"{row}", Source = Path.GetFileName(path) })];
        var from = embeddings is not null
            ? new Provenance(embeddings.EmbedderName, embeddings.Fingerprint, embeddings.Root, embeddings.EmbedderJson)
            : new Provenance(Embeddings.UnknownEmbedder, Embeddings.UnknownFingerprint(faiss.Dimension), null, null);
        bool flat = faiss.Kind == "Flat";
        return new VectorIndex(vectors, items, flat ? null : FaissEngine.Wrap(faiss, metric ?? found, null), flat ? "Flat" : $"<{faiss.Kind}>", metric ?? found, from, new IndexOptions(), isReadOnly: false);
    }

    /// <summary>Reads all vectors back, from a second copy of the index: the table that inverted files need for it would be saved with the first.</summary>
    private static VectorMatrix ReadBack(string path, int count)
    {
        using var copy = FaissIndex.Load(path);
        var vectors = VectorMatrix.Allocate(count, copy.Dimension);
        try
        {
            try { copy.EnableReconstruct(); }
            catch (FaissNotSupportedException) { } // no inverted lists: it needs no table
            for (int row = 0; row < count; row++) copy.Reconstruct(row, vectors.WritableRows(row, 1));
            return vectors;
        }
        catch (Exception e) when (e is ArgumentOutOfRangeException or FaissNotSupportedException)
        {
            vectors.Dispose();
            throw new IndexEngineException($"{path}: vectors 0 to {count - 1} cannot be read back ({e.Message}); its labels must be row numbers and its kind one that keeps vectors", e);
        }
    }
}
