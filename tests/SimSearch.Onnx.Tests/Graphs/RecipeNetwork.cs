namespace SimSearch.Onnx.Tests;

/// <summary>The audio network that trainings here are about: a strided stem and three convolutions with layer norm, mean and maximum over time with the bands kept, a linear layer, unit length.</summary>
internal static class RecipeNetwork
{
    public static (GraphTensor Embedding, GraphTensor Loss) Build(GraphBuilder g, int batch, int bands, int frames, int classes, int width = 16, double dropout = 0.2, int dimension = 128)
    {
        var z = Embed(g, batch, bands, frames, width, dropout, dimension);
        var labels = g.Input("labels", [batch, classes]);
        var vectors = g.Parameter("classes", [classes, dimension], Initialiser.Normal(0.05));
        return (z, g.CosineSoftmax(z, vectors, labels) + g.SupervisedContrastive(z, labels));
    }

    public static GraphTensor Embed(GraphBuilder g, int batch, int bands, int frames, int width = 16, double dropout = 0.2, int dimension = 128)
    {
        var h = g.Input("x", [batch, 1, bands, frames]);
        for (int i = 0; i < 4; i++)
        {
            using var scope = g.Scope(i == 0 ? "stem" : $"block{i}");
            h = i == 0 ? g.ConvLayer(h, width, 5, stride: 2, pad: 2) : g.ConvLayer(h, width << i, 3, pad: 1);
            h = g.Relu(g.LayerNormLayer(h));
            if (i is 1 or 2) h = g.AveragePool(h, 2);
        }
        h = g.Reshape(h, 0, h[1] * h[2], -1);
        h = g.Concat(1, g.Mean(h, [-1]), g.Max(h, [-1]));
        return g.L2Normalise(g.LinearLayer(g.Dropout(h, dropout), dimension, "head"));
    }
}
