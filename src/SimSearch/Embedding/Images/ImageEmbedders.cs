using SimSearch.Images;

namespace SimSearch.Embedding;

/// <summary>The embedders of images that can be named on the command line.</summary>
/// <remarks>
/// <c>colour-stats</c>: how often each colour occurs in the image (<see cref="ColourHistogram"/>, 8 x 16 x 16 bins of L*a*b*; 2,048 dimensions); needs no data set to be fitted on. <c>edge-stats</c>: which way the
/// edges run where (<see cref="EdgeHistogram"/>, 8 x 8 cells, 9 directions; 1,764 dimensions), standardised over the first data set that is embedded. <c>colour-edges</c>: both side by side, each scaled to length 1, so
/// that the cosine of two images is the mean of two (3,812). The bins, and that colours are not standardised, were chosen on half of the grocery photos (docs/embedders.md).
/// </remarks>
public static class ImageEmbedders
{
    private static readonly ColourHistogram Colours = new(Lightness: 8, Chroma: 16, Grid: 1);
    private static readonly EdgeHistogram Edges = new(Cells: 8, Directions: 9);

    /// <summary>Names that <see cref="Create"/> knows, beside models; the first is the standard.</summary>
    public static IReadOnlyList<string> Names { get; } = ["colour-stats", "edge-stats", "colour-edges"];

    /// <summary>Makes an embedder by its name. Some of <see cref="Names"/> still have to be fitted: embed a data set with it (<see cref="DatasetEmbedding"/>).</summary>
    /// <param name="name">One of <see cref="Names"/>; or a model: a file that ends in .onnx, with its manifest beside it, that manifest, or a name from <see cref="ModelShelf"/>.</param>
    /// <exception cref="SimSearchException">There is no such embedder of images.</exception>
    public static ImageEmbedder Create(string name) => name switch
    {
        "colour-stats" => new ImageStatisticsEmbedder(name, new() { Colours = [Colours] }),
        "edge-stats" => new ImageStatisticsEmbedder(name, new() { Edges = Edges }, new StandardizerRecipe()),
        "colour-edges" => new ImageStatisticsEmbedder(name, new() { Colours = [Colours], Edges = Edges }, new UnitBlocks(Colours.Length, Edges.Length)),
        _ when ModelShelf.IsModel(name) => ModelShelf.OpenImage(name),
        _ => throw new SimSearchException($"embedder '{name}' does not embed images; {string.Join(", ", Names)} do, and an image model's file"),
    };
}
