namespace SimSearch.Faiss.Tests;

/// <summary>Factory strings that fit 16 dimensions: at least one for every component on offer.</summary>
public static class Factories
{
    public static TheoryData<string> All() =>
    [
        "Flat", "SQ8", "SQ6", "SQ4", "SQfp16", "PQ4np", "PQ4x6np", "PQ8x1np", "PQ4x4fs", "PQ16x4fs", "LSH", "LSHr", "LSHt", "LSHrt",
        "HNSW", "HNSW8", "HNSW16,Flat", "HNSW16_SQ8", "HNSW16_PQ4",
        "IVF8,Flat", "IVF8,SQ8", "IVF8,SQfp16", "IVF8,PQ4np", "IVF8,PQ4x6np", "IVF8,PQ4x4fs", "IVF8,PQ4x4fsr", "IVF8_HNSW8,Flat", "IMI2x3,Flat", "IMI2x3,PQ4np",
        "PCA8,Flat", "PCAR8,IVF8,Flat", "PCAW8,SQ8", "PCAWR16,Flat", "OPQ4,PQ4np", "OPQ4_8,IVF8,PQ4np", "RR8,Flat", "RR,LSH", "ITQ8,LSH", "Pad32,Flat", "L2norm,Flat", "L2norm,PCA8,IVF8,SQ8",
        "IVF8,Flat,RFlat", "PQ4x4fs,RFlat", "IVF8,PQ4x4fs,Refine(SQ8)", "PCA8,PQ4np,Refine(PQ8np)", "HNSW16,RFlat",
        "IDMap,Flat", "IDMap2,Flat", "IDMap,HNSW16", "IDMap2,PCA8,SQ8", "IDMap,PQ4x4fs", "IDMap2,IVF8,PQ4np,RFlat",
    ];

    public static bool KeepsIds(string factory) => factory.StartsWith("IDMap", StringComparison.Ordinal);

    /// <summary>A trained and filled index; ids, where they are the caller's, are 3 times the row.</summary>
    internal static FaissIndex Filled(string factory, float[] vectors, int d, FaissMetric metric = FaissMetric.L2)
    {
        var index = FaissIndex.Create(d, factory, metric);
        index.Train(vectors);
        if (KeepsIds(factory)) index.AddWithIds(vectors, [.. Enumerable.Range(0, vectors.Length / d).Select(i => 3L * i)]);
        else index.Add(vectors);
        return index;
    }
}
