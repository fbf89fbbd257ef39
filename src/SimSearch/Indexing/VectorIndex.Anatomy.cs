using SimSearch.Faiss;

namespace SimSearch.Indexing;

// What the index is made of: for lessons, pictures and for judging whether it fits its data.
public sealed partial class VectorIndex
{
    /// <summary>
    /// Bytes of the index alone, as FAISS writes it; in memory about as many. Of "Flat" 4 a component. The original vectors, which this class keeps beside every other index (to build
    /// it anew, to rank exactly), are not counted; opened memory-mapped they stay on disk.
    /// </summary>
    /// <exception cref="IndexEngineException">The index was opened memory-mapped.</exception>
    public long SizeInBytes => Reading(() => engine?.Faiss.SizeInBytes ?? 4L * items.Length * Dimension);

    /// <summary>The vector of an item as the index holds it: as given by Flat, at length 1 for cosine, approximately by PQ and SQ. An inverted file makes a table for it at the first question, which it keeps (about 50 bytes a vector).</summary>
    /// <param name="id">An id in the index.</param>
    /// <returns>[Dimension].</returns>
    /// <exception cref="ItemIdException">There is no such id.</exception>
    /// <exception cref="IndexEngineException">This kind of index cannot give vectors back.</exception>
    public float[] StoredVector(string id)
    {
        ArgumentNullException.ThrowIfNull(id);
        return Writing(() =>
        {
            int row = RowOf(id);
            var vector = new float[Dimension];
            if (engine is null)
            {
                if (Metric == Metric.Cosine) UnitVector.Write(vectors.Row(row), vector);
                else vectors.Row(row).CopyTo(vector);
                return vector;
            }
            long label = engine.LabelMap is { } rows ? Array.IndexOf(rows, row) : row;
            if (engine.Faiss.HasLists && !IsReadOnly) engine.Faiss.EnableReconstruct();
            engine.Faiss.Reconstruct(label, vector);
            return vector;
        });
    }

    /// <summary>The cells of an inverted file: their centres and the rows in each; of a cosine index over vectors of length 1.</summary>
    /// <exception cref="IndexEngineException">The index has no cells.</exception>
    public FaissLists Lists() => Reading(() =>
    {
        var lists = Engine("cells; an index 'IVF<n>,...' has").Lists();
        return engine!.LabelMap is { } rows ? lists with { Ids = [.. lists.Ids.Select(ids => ids.Select(label => rows[label]).Where(row => row >= 0).ToArray())] } : lists;
    });

    /// <summary>The graph of an HNSW index; its nodes are the rows.</summary>
    /// <exception cref="IndexEngineException">The index has no graph; or items were removed, whose nodes are still part of it.</exception>
    public FaissGraph Graph() => Reading(() =>
    {
        var graph = Engine("graph; an index 'HNSW<M>' has").Graph();
        return engine!.LabelMap is null ? graph : throw new IndexEngineException("items were removed from this index, but their nodes are still in its graph; build it anew to look at it");
    });

    /// <summary>The code book of a product quantizer.</summary>
    /// <exception cref="IndexEngineException">The index has none.</exception>
    public FaissCodebook Codebook() => Reading(() => Engine("code book; an index 'PQ<M>np' or 'IVF<n>,PQ<M>np' has").Codebook());

    private FaissIndex Engine(string what) => engine?.Faiss ?? throw new IndexEngineException($"Flat holds nothing but the vectors and has no {what} one");
}
