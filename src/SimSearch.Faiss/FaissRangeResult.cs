namespace SimSearch.Faiss;

/// <summary>What a range search found: for each query as many neighbours as lie within the radius, in no particular order.</summary>
/// <param name="Offsets">[queries + 1]; the neighbours of query q are at Offsets[q] up to, not including, Offsets[q + 1] of the other two.</param>
/// <param name="Ids">The ids found, query after query.</param>
/// <param name="Distances">Their squared L2 distances or inner products.</param>
public sealed record FaissRangeResult(long[] Offsets, long[] Ids, float[] Distances);
