using SimSearch.Images;

namespace SimSearch.Embedding;

/// <summary>The embedders of images that can be named on the command line.</summary>
/// <remarks>
/// <c>colour-edges</c>: colours of the whole image (4 x 8 x 8 bins of L*a*b*) and of its 3 x 3 parts (2 x 4 x 4 bins), and edges (HOG of 8 x 8 cells, 9 directions), each standardised over the first
/// data set that is embedded and scaled to length 1, so that the cosine of two images is the mean of three (2,308 dimensions). <c>colour-stats</c>: the colours alone (544). <c>edge-stats</c>: the edges alone (1,764).
/// </remarks>
public static class ImageEmbedders
{
    private static readonly ColourHistogram Whole = new(4, 8, 1), Parts = new(2, 4, 3);
    private static readonly EdgeHistogram Edges = new(8, 9);

    private static readonly (string Name, ImageStatisticsOptions Options)[] All =
    [
        ("colour-edges", new() { Colours = [Whole, Parts], Edges = Edges }),
        ("colour-stats", new() { Colours = [Whole, Parts] }),
        ("edge-stats", new() { Edges = Edges }),
    ];

    /// <summary>Names that <see cref="Create"/> knows, beside models; the first is the standard.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. All.Select(e => e.Name)];

    /// <summary>Makes an embedder by its name. One of <see cref="Names"/> still has to be fitted: embed a data set with it (<see cref="DatasetEmbedding"/>).</summary>
    /// <param name="name">One of <see cref="Names"/>; or a model: a file that ends in .onnx, with its manifest beside it, that manifest, or a name from <see cref="ModelShelf"/>.</param>
    /// <exception cref="SimSearchException">There is no such embedder of images.</exception>
    public static ImageEmbedder Create(string name)
    {
        if (ModelShelf.IsModel(name)) return ModelShelf.OpenImage(name);
        var options = All.FirstOrDefault(e => e.Name == name).Options ?? throw new SimSearchException($"embedder '{name}' does not embed images; {string.Join(", ", Names)} do, and an image model's file");
        return new ImageStatisticsEmbedder(name, options, new StandardizerRecipe(), new UnitBlocks(options.Blocks));
    }
}
