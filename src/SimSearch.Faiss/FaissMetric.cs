namespace SimSearch.Faiss;

/// <summary>How near two vectors are. The numbers are FAISS's own.</summary>
public enum FaissMetric
{
    /// <summary>The inner product; larger is nearer. On vectors of length 1 it is the cosine similarity.</summary>
    InnerProduct = 0,

    /// <summary>The Euclidean distance, reported squared as FAISS does; smaller is nearer.</summary>
    L2 = 1,
}
