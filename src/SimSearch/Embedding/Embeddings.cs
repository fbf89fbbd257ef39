using SimSearch.Datasets;
using SimSearch.Storage;

namespace SimSearch.Embedding;

/// <summary>Vectors with the items they were made from, row by row, and which embedder made them.</summary>
[TypeFormatterSource(typeof(NotebookFormatterSource<Embeddings>), PreferredMimeTypes = ["text/html", "text/plain"])]
public sealed class Embeddings : IDisposable
{
    /// <summary>Names the vectors' embedder when nothing is known about it.</summary>
    public const string UnknownEmbedder = "vectors";

    /// <summary>Puts vectors and items together; from here on the embeddings own the vectors.</summary>
    /// <param name="vectors">[items x dimension]; finite values only.</param>
    /// <param name="items">One item per row, in the same order.</param>
    /// <param name="embedderName">Name of the embedder, for people.</param>
    /// <param name="fingerprint">Fingerprint of the embedder; see <see cref="IEmbedder{T}.Fingerprint"/>.</param>
    /// <param name="root">Folder that relative sources of the items start from; null when they have none.</param>
    /// <param name="embedderJson">The embedder itself, as JSON; null when it is unknown.</param>
    /// <exception cref="SimSearchException">The counts differ, or a value is NaN or infinite.</exception>
    public Embeddings(VectorMatrix vectors, IReadOnlyList<Item> items, string embedderName, string fingerprint, string? root = null, string? embedderJson = null)
    {
        ArgumentNullException.ThrowIfNull(vectors);
        ArgumentNullException.ThrowIfNull(items);
        if (vectors.Rows != items.Count) throw new SimSearchException($"{vectors.Rows} vectors and {items.Count} items do not belong together; there must be one item per vector");
        if (vectors.FirstRowNotFinite() is >= 0 and var row)
            throw new SimSearchException($"the vector of item '{items[(int)row].Id}' (row {row}) holds NaN or an infinity; distances to it would mean nothing, so leave the item out");
        (Vectors, Items, EmbedderName, Fingerprint, Root, EmbedderJson) = (vectors, items, embedderName, fingerprint, root, embedderJson);
    }

    /// <summary>The vectors, [items x dimension].</summary>
    public VectorMatrix Vectors { get; }

    /// <summary>What each row was made from.</summary>
    public IReadOnlyList<Item> Items { get; }

    /// <summary>The items with sources that are found from another root: those relative to this one's become absolute. The same items when the roots are equal.</summary>
    internal IReadOnlyList<Item> ItemsFrom(string? root) => Root is null || Root == root
        ? Items
        : [.. Items.Select(item => Path.IsPathFullyQualified(item.Source) ? item : item with { Source = Path.Combine(Root, item.Source).Replace(Path.DirectorySeparatorChar, '/') })];

    /// <summary>Some of the rows, in the order given; a copy with the same embedder.</summary>
    /// <param name="rows">Rows, 0 to <see cref="Count"/> - 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such row.</exception>
    public Embeddings Subset(IReadOnlyList<int> rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        foreach (int row in rows) if ((uint)row >= (ulong)Count) throw new ArgumentOutOfRangeException(nameof(rows), $"row {row} is outside 0 to {Count - 1}");
        var vectors = VectorMatrix.Allocate(rows.Count, Dimension);
        for (int i = 0; i < rows.Count; i++) Vectors.Row(rows[i]).CopyTo(vectors.WritableRows(i, 1));
        return new Embeddings(vectors, [.. rows.Select(row => Items[row])], EmbedderName, Fingerprint, Root, EmbedderJson);
    }

    /// <summary>Number of vectors.</summary>
    public long Count => Vectors.Rows;

    /// <summary>Length of each vector.</summary>
    public int Dimension => Vectors.Dimension;

    /// <summary>Name of the embedder: "combined-stats", or <see cref="UnknownEmbedder"/>.</summary>
    public string EmbedderName { get; }

    /// <summary>Fingerprint of the embedder. Vectors of different fingerprints must never be compared.</summary>
    public string Fingerprint { get; }

    /// <summary>Folder that relative sources of the items start from, or null.</summary>
    public string? Root { get; }

    /// <summary>The embedder itself, to embed queries in the same way; of ready-made vectors the chain they went through (<see cref="VectorTransform"/>); null when nothing is known.</summary>
    public string? EmbedderJson { get; }

    /// <summary>
    /// Writes a folder with <c>vectors.npy</c>, <c>items.csv</c>, <c>embedder.json</c> (when the embedder is known) and
    /// <c>embeddings.json</c> (counts and checksums). The folder appears, or changes, as a whole.
    /// </summary>
    /// <param name="folder">A new or empty folder, or one with older embeddings, which are replaced.</param>
    /// <exception cref="SimSearchException">The folder holds files that are not embeddings.</exception>
    public void Save(string folder) => EmbeddingsFolder.Save(this, folder);

    /// <summary>Whether embeddings could be saved there, asked before they are made.</summary>
    /// <param name="folder">The folder that <see cref="Save"/> will be given.</param>
    /// <param name="bytes">About how large they will be, where that is known; 0 by default.</param>
    /// <exception cref="SimSearchException">They could not; the message says why and what to do.</exception>
    public static void CheckSave(string folder, long bytes = 0) => EmbeddingsFolder.Check(folder, bytes);

    /// <summary>Opens a folder that <see cref="Save"/> wrote. The vectors stay in their file, memory-mapped.</summary>
    /// <param name="folder">The folder.</param>
    /// <exception cref="SimSearchException">A file is missing, damaged or does not fit the others.</exception>
    public static Embeddings Load(string folder) => EmbeddingsFolder.Load(folder);

    /// <summary>Takes ready-made vectors of unknown origin, with labels when there is a table of them.</summary>
    /// <param name="path">A <c>.npy</c> file with two axes, <c>.fvecs</c> or <c>.bvecs</c>.</param>
    /// <param name="labelsCsv">A table with one line per vector, in the same order; null for none.</param>
    /// <param name="labelColumn">The column with the label; null means "label" when there is one.</param>
    /// <param name="groupColumn">The column with the group; null means "group" when there is one.</param>
    /// <param name="idColumn">The column with the id; null means "id" when there is one, otherwise ids are row numbers.</param>
    /// <exception cref="SimSearchException">A file is damaged, a column named is missing, or the counts differ.</exception>
    public static Embeddings FromVectors(string path, string? labelsCsv = null, string? labelColumn = null, string? groupColumn = null, string? idColumn = null)
    {
        var vectors = VectorMatrix.Open(path);
        try
        {
            if (vectors.Rows > Array.MaxLength) throw new SimSearchException($"{path}: {vectors.Rows} vectors are more than {Array.MaxLength}; split the file");
            string source = Path.GetFileName(path);
            var items = labelsCsv is null
                ? RowItems.Numbered(source, (int)vectors.Rows)
                : RowItems.Read(labelsCsv, source, vectors.Rows, labelColumn, groupColumn, idColumn);
            return new Embeddings(vectors, items, UnknownEmbedder, UnknownFingerprint(vectors.Dimension), Path.GetDirectoryName(Path.GetFullPath(path)));
        }
        catch
        {
            vectors.Dispose();
            throw;
        }
    }

    /// <summary>Puts vectors made by hand together with their items; like ready-made vectors from a file they count as of unknown origin.</summary>
    /// <param name="items">What each row was made from.</param>
    /// <param name="rows">One vector per item, in the same order, all of one length of 1 or more; finite. They are copied.</param>
    /// <param name="root">Folder that relative sources of the items start from; null when they have none.</param>
    /// <exception cref="SimSearchException">The vectors are not equally long, not as many as the items, or hold NaN or infinity.</exception>
    public static Embeddings FromRows(IReadOnlyList<Item> items, IEnumerable<float[]> rows, string? root = null)
    {
        ArgumentNullException.ThrowIfNull(items);
        ArgumentNullException.ThrowIfNull(rows);
        float[][] all = [.. rows];
        int dimension = all.Length == 0 ? 0 : all[0].Length;
        if (dimension == 0) throw new SimSearchException("there is no vector, or the first one is empty; give one per item, of one number or more");
        if (Array.FindIndex(all, row => row.Length != dimension) is >= 0 and var odd) throw new SimSearchException($"row {odd} has {all[odd].Length} numbers where the first has {dimension}; all vectors must be equally long");
        return new Embeddings(VectorMatrix.FromArray([.. all.SelectMany(row => row)], dimension), items, UnknownEmbedder, UnknownFingerprint(dimension), root);
    }

    /// <summary>The fingerprint of vectors of which only the dimension is known; all such vectors count as comparable.</summary>
    /// <param name="dimension">Length of the vectors.</param>
    public static string UnknownFingerprint(int dimension) => Canonical.Sha256($$"""{"dimension":{{dimension}},"name":"{{UnknownEmbedder}}"}""");

    /// <summary>Gives the vectors back; see <see cref="VectorMatrix.Dispose"/>.</summary>
    public void Dispose() => Vectors.Dispose();
}
