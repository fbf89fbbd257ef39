using SimSearch.Embedding;
using SimSearch.Faiss;
using SimSearch.Storage;

namespace SimSearch.Indexing;

// The index for FAISS in other languages.
public sealed partial class VectorIndex
{
    /// <summary>
    /// The steps between raw vectors (features before they are standardised, what a network gives, the vectors of a file) and the vectors of this index: standardisation, PCA, random projection,
    /// scaling, fitted on the gallery. Null when there are none, or none are known.
    /// </summary>
    /// <exception cref="SimSearchException">The embedder of the index is damaged.</exception>
    public VectorTransform? Steps => Origin.EmbedderJson is { } json ? VectorTransform.OfEmbedder(json, "the embedder of the index") : null;

    /// <summary>Writes only the FAISS index, as <c>faiss.read_index</c> reads it: labels are rows, vectors of a cosine index have length 1. By rename.</summary>
    /// <param name="path">The file to create or replace.</param>
    /// <param name="withSteps">
    /// Whether <see cref="Steps"/> stand in front, so that the file takes raw vectors; of a cosine index it then scales them to length 1 by itself too. False by default: the file takes vectors as they are in
    /// the index.
    /// </param>
    /// <exception cref="SimSearchException">With <paramref name="withSteps"/>: there are no steps, or one of them cannot be said in FAISS's terms (scaling of several blocks, as in combined-stats). Nothing is written.</exception>
    public void ExportFaiss(string path, bool withSteps = false)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        Reading(() =>
        {
            if (withSteps) ExportBehind(path, FaissSteps());
            else SaveFaiss(path);
            return 0;
        });
    }

    /// <summary>The steps in FAISS's terms, and length 1 at the end where the metric asks for it.</summary>
    private List<FaissTransform> FaissSteps()
    {
        if (Steps is not { } steps)
            throw new SimSearchException($"there are no steps to put in front: the vectors of this index ('{Origin.EmbedderName}') are as {(Origin.EmbedderJson is null ? "they were given" : "the embedder makes them")}; export it without steps");
        List<FaissTransform> transforms = [.. FaissTransforms.Of(steps)];
        if (Metric == Metric.Cosine && transforms[^1] is not FaissTransform.UnitLength) transforms.Add(new FaissTransform.UnitLength(Dimension));
        return transforms;
    }

    private void ExportBehind(string path, List<FaissTransform> steps)
    {
        // FAISS owns what stands behind a transform: the steps go in front of a copy, which comes from a file of its own.
        string full = Path.GetFullPath(path), temporary = Leftovers.TemporaryName(full);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        FaissIndex? copy = null;
        try
        {
            SaveFaiss(temporary);
            copy = FaissIndex.Load(temporary);
            foreach (var step in steps.AsEnumerable().Reverse()) copy = copy.Behind(step);
            copy.Save(full);
        }
        finally
        {
            copy?.Dispose();
            File.Delete(temporary);
        }
    }
}
