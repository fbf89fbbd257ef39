using static SimSearch.Faiss.NativeMethods;

namespace SimSearch.Faiss;

/// <summary>The cells of an inverted file.</summary>
/// <param name="Centroids">[lists x d]: the centre of each cell; behind transforms (PCA, OPQ) in the space they lead to.</param>
/// <param name="Ids">For each list the ids of the vectors in it, in the order of arrival.</param>
public sealed record FaissLists(float[] Centroids, IReadOnlyList<long[]> Ids)
{
    /// <summary>
    /// How uneven the lists are: n * sum of size^2 / (sum of sizes)^2, FAISS's imbalance factor. 1 when all are equally long; at 2 a search looks at twice as many vectors as it would
    /// then. 1 when the index is empty.
    /// </summary>
    public double Imbalance
    {
        get
        {
            double sum = Ids.Sum(ids => (double)ids.Length), squares = Ids.Sum(ids => (double)ids.Length * ids.Length);
            return sum == 0 ? 1 : Ids.Count * squares / (sum * sum);
        }
    }
}

/// <summary>The graph of an HNSW index.</summary>
/// <param name="EntryPoint">Where every search begins; -1 when the index is empty.</param>
/// <param name="Heights">For each node in how many layers it is, 1 or more: layers 0 to height - 1.</param>
/// <param name="Neighbours">[node][layer]: the nodes it is linked to, by id.</param>
public sealed record FaissGraph(long EntryPoint, IReadOnlyList<int> Heights, IReadOnlyList<IReadOnlyList<long[]>> Neighbours)
{
    /// <summary>Number of layers; 0 when the index is empty.</summary>
    public int Layers => Heights.Count == 0 ? 0 : Heights.Max();

    /// <summary>
    /// The way of the simplest search (Malkov and Yashunin 2016, with one candidate): from the entry point go to the neighbour that is nearest to the query as long as one is nearer, then
    /// down a layer and on. A real search keeps <c>efSearch</c> candidates on the lowest layer and so gets out of dead ends.
    /// </summary>
    /// <param name="distance">The distance of a node from the query; lower is nearer.</param>
    /// <returns>The nodes passed, with their layer, first to last; and how many distances were asked for. Empty for an empty graph.</returns>
    public (IReadOnlyList<(int Layer, long Node)> Steps, int Distances) Walk(Func<long, double> distance)
    {
        ArgumentNullException.ThrowIfNull(distance);
        if (EntryPoint < 0) return ([], 0);
        var known = new Dictionary<long, double>();
        double To(long node) => known.TryGetValue(node, out double value) ? value : known[node] = distance(node);
        var steps = new List<(int, long)>();
        long at = EntryPoint;
        for (int layer = Layers - 1; layer >= 0; layer--)
        {
            for (bool moved = true; moved;)
            {
                steps.Add((layer, at));
                long next = at;
                foreach (long neighbour in Neighbours[(int)at][layer])
                    if (To(neighbour) < To(next)) next = neighbour;
                moved = next != at;
                at = next;
            }
        }
        return (steps, known.Count);
    }
}

/// <summary>The code book of a product quantizer: a vector is cut into parts, and each part is replaced by the number of the nearest of its entries.</summary>
/// <param name="Parts">Parts that a vector is cut into.</param>
/// <param name="Entries">Entries to choose from for each part.</param>
/// <param name="Length">Components of one part.</param>
/// <param name="Values">[parts x entries x length]; behind an inverted file these are differences from the centre of the cell.</param>
public sealed record FaissCodebook(int Parts, int Entries, int Length, float[] Values)
{
    /// <summary>The entry of a part, [Length].</summary>
    /// <param name="part">0 to Parts - 1.</param>
    /// <param name="entry">0 to Entries - 1.</param>
    public ReadOnlySpan<float> Entry(int part, int entry)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)part, (uint)Parts, nameof(part));
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)entry, (uint)Entries, nameof(entry));
        return Values.AsSpan((part * Entries + entry) * Length, Length);
    }

    /// <summary>The code of a vector: for each part the number of its nearest entry (squared L2, the lower number of two equally near).</summary>
    /// <param name="vector">[Parts * Length].</param>
    public int[] Encode(ReadOnlySpan<float> vector)
    {
        if (vector.Length != Parts * Length) throw new ArgumentException($"the vector has {vector.Length} components; it must have {Parts * Length}", nameof(vector));
        var code = new int[Parts];
        for (int part = 0; part < Parts; part++)
        {
            double least = double.PositiveInfinity;
            for (int entry = 0; entry < Entries; entry++)
            {
                double distance = 0;
                var values = Entry(part, entry);
                for (int i = 0; i < Length; i++) distance += ((double)vector[part * Length + i] - values[i]) * ((double)vector[part * Length + i] - values[i]);
                if (distance < least) (least, code[part]) = (distance, entry);
            }
        }
        return code;
    }

    /// <summary>The vector that a code stands for, [Parts * Length].</summary>
    /// <param name="code">[Parts], each 0 to Entries - 1.</param>
    public float[] Decode(ReadOnlySpan<int> code)
    {
        if (code.Length != Parts) throw new ArgumentException($"the code has {code.Length} numbers; it must have {Parts}", nameof(code));
        var vector = new float[Parts * Length];
        for (int part = 0; part < Parts; part++) Entry(part, code[part]).CopyTo(vector.AsSpan(part * Length));
        return vector;
    }
}

// For pictures and lessons: a copy of what the index is made of.
public sealed unsafe partial class FaissIndex
{
    /// <summary>Bytes that <see cref="Save"/> would write; in memory the index takes about as many.</summary>
    /// <exception cref="FaissNotSupportedException">The index is memory-mapped: its file says how large it is.</exception>
    public long SizeInBytes => Read(h => Looked(() =>
    {
        if (IsMemoryMapped) throw new FaissNotSupportedException("the lists of a memory-mapped index lie in its file; look at the file's size");
        ThrowOn(ssf_size(h, out long bytes), $"measuring {Kind}");
        return bytes;
    }));

    /// <summary>The cells of an inverted file and what is in them, as a copy.</summary>
    /// <exception cref="FaissNotSupportedException">The index has no inverted lists.</exception>
    /// <exception cref="FaissNotTrainedException">The cells have not been learnt yet.</exception>
    public FaissLists Lists() => Read(h => Looked(() =>
    {
        ThrowOn(ssf_list_count(h, out long count, out int dimension), $"looking into {Kind}");
        RequireTrained(InfoOf(h), "looking at its cells");
        var centroids = new float[count * dimension];
        var ids = new long[count][];
        for (long list = 0; list < count; list++)
        {
            ThrowOn(ssf_list(h, list, out long size, null, null), $"looking into {Kind}");
            ids[list] = new long[size];
            fixed (long* i = ids[list])
            fixed (float* c = centroids) ThrowOn(ssf_list(h, list, out _, i, c + list * dimension), $"looking into {Kind}");
        }
        return new FaissLists(centroids, ids);
    }));

    /// <summary>The graph of an HNSW index, as a copy.</summary>
    /// <exception cref="FaissNotSupportedException">The index has no graph; that of IVF&lt;n&gt;_HNSW&lt;M&gt; over the cells is not shown.</exception>
    public FaissGraph Graph() => Read(h => Looked(() =>
    {
        const int mostNeighbours = 2 * 512; // twice the largest M on offer, which is what the lowest layer has
        int count = checked((int)InfoOf(h).Count);
        var heights = new int[count];
        long entry;
        fixed (int* l = heights) ThrowOn(ssf_graph(h, out entry, l), $"looking into {Kind}");
        var neighbours = new IReadOnlyList<long[]>[count];
        long* buffer = stackalloc long[mostNeighbours];
        for (int node = 0; node < count; node++)
        {
            var layers = new long[heights[node]][];
            for (int layer = 0; layer < layers.Length; layer++)
            {
                ThrowOn(ssf_graph_neighbours(h, node, layer, buffer, mostNeighbours, out int found), $"looking into {Kind}");
                layers[layer] = new Span<long>(buffer, found).ToArray();
            }
            neighbours[node] = layers;
        }
        return new FaissGraph(count == 0 ? -1 : entry, heights, neighbours);
    }));

    /// <summary>The code book of a product quantizer, as a copy.</summary>
    /// <exception cref="FaissNotSupportedException">The index has none (Flat, SQ, HNSW); fast-scan codes are not shown.</exception>
    /// <exception cref="FaissNotTrainedException">It has not been learnt yet.</exception>
    public FaissCodebook Codebook() => Read(h => Looked(() =>
    {
        ThrowOn(ssf_codebook(h, out int parts, out int entries, out int length, null), $"looking into {Kind}");
        RequireTrained(InfoOf(h), "looking at its code book");
        var values = new float[parts * entries * length];
        fixed (float* v = values) ThrowOn(ssf_codebook(h, out _, out _, out _, v), $"looking into {Kind}");
        return new FaissCodebook(parts, entries, length, values);
    }));

    // The functions came into the shim later than its interface's version 1.
    private static T Looked<T>(Func<T> look)
    {
        try { return look(); }
        catch (EntryPointNotFoundException e)
        {
            throw new FaissNotSupportedException($"{FaissRuntime.LibraryPath} is too old to look into an index; rebuild it with {NativeLoader.BuildCommand}: {e.Message}");
        }
    }
}
