namespace SimSearch.Embedding;

/// <summary>The embedders of texts that can be named on the command line.</summary>
public static class TextEmbedders
{
    /// <summary>Names that <see cref="Create"/> knows, beside models.</summary>
    public static IReadOnlyList<string> Names { get; } = [HashedTextEmbedder.StandardName];

    /// <summary>Makes an embedder by its name.</summary>
    /// <param name="name">One of <see cref="Names"/>; or a model: a file that ends in .onnx, with its manifest beside it, that manifest, or a name from <see cref="ModelShelf"/>.</param>
    /// <exception cref="SimSearchException">There is no such embedder of texts.</exception>
    public static TextEmbedder Create(string name) => name == HashedTextEmbedder.StandardName
        ? new HashedTextEmbedder()
        : ModelShelf.IsModel(name) ? ModelShelf.OpenText(name)
        : throw new SimSearchException($"embedder '{name}' does not embed texts; {string.Join(", ", Names)} does, and a text model's file");

    /// <summary>Reads an embedder from its file.</summary>
    /// <param name="embedderJsonPath">An <c>embedder.json</c>, from embeddings or an index.</param>
    /// <exception cref="SimSearchException">The file is absent, damaged or of another kind.</exception>
    public static TextEmbedder Load(string embedderJsonPath) => File.Exists(embedderJsonPath)
        ? TextEmbedder.FromJson(File.ReadAllText(embedderJsonPath), embedderJsonPath)
        : throw new SimSearchException($"{embedderJsonPath}: there is no such file; embeddings of ready-made vectors have no embedder");
}
