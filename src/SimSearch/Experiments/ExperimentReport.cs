using System.Globalization;
using System.Security.Cryptography;
using SimSearch.Charts;
using SimSearch.Datasets;
using SimSearch.Diagnostics;
using SimSearch.Embedding;
using SimSearch.Evaluation;
using SimSearch.Faiss;
using SimSearch.Indexing;

namespace SimSearch.Experiments;

/// <summary>Fills in a <see cref="SearchReport"/> from what an evaluation was run on.</summary>
public static class ExperimentReport
{
    /// <summary>Below this many items a projection onto two directions says nothing.</summary>
    private const int FewestProjected = 3;

    /// <summary>Up to this many points each says what it is.</summary>
    private const int MostProjected = 3000;

    /// <summary>Puts a report together; <see cref="SearchReport.Save"/> writes it.</summary>
    /// <param name="dataset">What was searched, with the sounds to play; null for ready-made vectors.</param>
    /// <param name="index">What it was searched with.</param>
    /// <param name="indexFolder">Where the index lies; its manifest, which holds the hash of every file, is named by its own hash.</param>
    /// <param name="figures">What came of it.</param>
    /// <param name="command">The command that repeats it; "" for none.</param>
    /// <param name="seed">The seed it was run with.</param>
    public static SearchReport Of(Dataset? dataset, VectorIndex index, string indexFolder, RetrievalReport figures, string command, int seed)
    {
        var known = DatasetManifest.BuiltIn.FirstOrDefault(m => Plain(m.Name) == Plain(dataset?.Name ?? ""));
        return new SearchReport
        {
            Title = $"Similarity search: {dataset?.Name ?? "vectors"}",
            Figures = figures,
            Dataset = dataset,
            Projection = Project(index),
            Embedder = index.Info.EmbedderName,
            Description = dataset?.Name == "synthetic"
                ? "Sounds made by the program itself from simple physics (strings, bells, engines, weather, birds, steps, voices), each in one of four simulated rooms with its own echo, microphone and noise."
                : known?.Description ?? "",
            Licence = known?.Licence ?? "",
            Citation = known?.Citation ?? "",
            Command = command,
            Environment =
            [
                ("seed", seed.ToString(CultureInfo.InvariantCulture)),
                ("index", $"{index.Factory}, {index.Metric}, {index.Count} x {index.Dimension}"),
                ("index manifest, SHA-256", HashOf(Path.Combine(indexFolder, "manifest.json"))),
                ("embedder fingerprint", index.Info.Fingerprint),
                ("SimSearch", Versions.Library),
                ("FAISS", FaissRuntime.IsAvailable(out _) ? $"{FaissRuntime.Version}, {FaissRuntime.SimdLevel}" : "not used"),
            ],
        };
    }

    /// <summary>Manifests write "esc-10" where the set's own files say "esc10".</summary>
    private static string Plain(string name) => name.Replace("-", "", StringComparison.Ordinal);

    private static string HashOf(string file) => Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(file)));

    /// <summary>The two directions of largest variance; of many items evenly chosen ones, which show as much. Null where there is nothing to see.</summary>
    private static Projection? Project(VectorIndex index)
    {
        if (index.Count < FewestProjected || index.Dimension < 2) return null;
        int step = (int)((index.Count + MostProjected - 1) / MostProjected);
        int[] rows = [.. Enumerable.Range(0, (int)((index.Count + step - 1) / step)).Select(i => i * step)];
        var vectors = VectorMatrix.Allocate(rows.Length, index.Dimension);
        for (int i = 0; i < rows.Length; i++) index.Vectors.Row(rows[i]).CopyTo(vectors.WritableRows(i, 1));
        using var chosen = new Embeddings(vectors, [.. rows.Select(row => index.Items[row])], index.Info.EmbedderName, index.Info.Fingerprint, index.Root);
        try
        {
            return Projection.Pca(chosen, normalize: index.Metric == Metric.Cosine);
        }
        catch (SimSearchException)
        {
            return null; // all vectors are equal
        }
    }
}
