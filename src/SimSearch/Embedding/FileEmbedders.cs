using SimSearch.Datasets;

namespace SimSearch.Embedding;

/// <summary>The embedders of files, sounds and images alike, by name.</summary>
public static class FileEmbedders
{
    /// <summary>Names that <see cref="Create"/> knows, beside models: those of <see cref="AudioEmbedders"/>, then those of <see cref="ImageEmbedders"/>.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. AudioEmbedders.Names, .. ImageEmbedders.Names];

    /// <summary>The name of the standard embedder for a data set: for images (<see cref="Dataset.HoldsImages"/>) the first of <see cref="ImageEmbedders.Names"/>, otherwise <see cref="AudioEmbedders.Standard"/>.</summary>
    public static string StandardFor(Dataset dataset)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        return dataset.HoldsImages ? ImageEmbedders.Names[0] : AudioEmbedders.Standard;
    }

    /// <summary>Makes an embedder by its name.</summary>
    /// <param name="name">One of <see cref="Names"/>, or a model of sounds or images.</param>
    /// <param name="sampleRate">As <see cref="AudioEmbedders.Create"/> takes it; not used for images and models.</param>
    /// <exception cref="SimSearchException">There is no such embedder.</exception>
    public static FileEmbedder Create(string name, int sampleRate = 22050) => ImageEmbedders.Names.Contains(name) || ModelShelf.IsModel(name) && ModelShelf.Find(name).Kind == ModelKind.Image
        ? ImageEmbedders.Create(name)
        : AudioEmbedders.Create(name, sampleRate);

    /// <summary>Reads an embedder of sounds or of images from its file.</summary>
    /// <param name="embedderJsonPath">An <c>embedder.json</c>, from embeddings or an index.</param>
    /// <exception cref="SimSearchException">The file is absent, damaged or of another version.</exception>
    public static FileEmbedder Load(string embedderJsonPath)
    {
        if (!File.Exists(embedderJsonPath)) throw new SimSearchException($"{embedderJsonPath}: there is no such file; embeddings of ready-made vectors have no embedder");
        return FileEmbedder.FromJson(File.ReadAllText(embedderJsonPath), embedderJsonPath);
    }
}
