using SimSearch.Onnx;

namespace SimSearch.Learning;

/// <summary>
/// A small convolutional network from [frames x bands] to a vector of length 1. The same parameters can be applied to several inputs of one graph, with dropout or without.
/// </summary>
/// <remarks>
/// A 5x5 convolution of stride 2, then 3x3 ones, each followed by layer normalisation over channels, bands and frames of one clip and by ReLU; 2x2 average pooling after all but the first and
/// the last. Where in frequency something lies is kept: mean and maximum over time of every channel and band, dropout, a linear layer. No statistics are kept from clip to clip: the network
/// that learns is the network that embeds.
/// </remarks>
internal sealed class EmbeddingNetwork
{
    private sealed record Layer(GraphTensor Weight, GraphTensor Gain, GraphTensor Offset);

    private readonly GraphBuilder graph;
    private readonly LearningOptions options;
    private readonly List<(Layer Main, Layer? Residual)> layers = [];
    private readonly GraphTensor weight, bias;
    private readonly (GraphTensor Weight, GraphTensor Bias)[] head = [];

    /// <summary>Declares the parameters.</summary>
    /// <param name="graph">The graph that they belong to.</param>
    /// <param name="options">Shape of the network.</param>
    /// <exception cref="ArgumentException">Pooling leaves no band.</exception>
    public EmbeddingNetwork(GraphBuilder graph, LearningOptions options)
    {
        (this.graph, this.options) = (graph, options);
        int before = 1, bands = (options.Features.Mel.Bands + 1) / 2;
        for (int i = 0; i < options.Channels.Count; i++)
        {
            int channels = options.Channels[i];
            var main = Declare($"conv{i + 1}", before, channels, i == 0 ? 5 : 3);
            var residual = i > 0 && i >= options.Channels.Count - options.Residuals ? Declare($"residual{i + 1}", channels, channels, 3) : null;
            layers.Add((main, residual));
            if (i > 0 && i < options.Channels.Count - 1) bands /= 2;
            before = channels;
        }
        if (bands < 1) throw new ArgumentException($"{options.Channels.Count} convolutions leave nothing of {options.Features.Mel.Bands} bands; use fewer convolutions or more bands");
        int fewest = 1 << (options.Channels.Count - 1), frames = Math.Min(options.Features.Frames ?? options.Features.MinFrames, options.Views.Frames);
        if (frames < fewest) throw new ArgumentException($"{options.Channels.Count} convolutions need {fewest} frames where there can be {frames}; use fewer convolutions or more frames");
        Pooled = 2 * before * bands;
        (weight, bias) = Linear("head", Pooled, options.Dimension);
        if (options.Head > 0) head = [Linear("projection1", options.Dimension, options.Dimension), Linear("projection2", options.Dimension, options.Head)];
    }

    /// <summary>Values between pooling and the linear layer.</summary>
    public int Pooled { get; }

    /// <summary>The vectors of a batch.</summary>
    /// <param name="input">[batch x frames x bands], scaled (see <see cref="InputScaler"/>).</param>
    /// <param name="learning">Whether values are dropped.</param>
    /// <returns>[batch x dimension], each of length 1; while learning with a projection, [batch x its length].</returns>
    public GraphTensor Apply(GraphTensor input, bool learning)
    {
        var x = graph.Transpose(input, 0, 2, 1);
        x = graph.Reshape(x, 0, 1, options.Features.Mel.Bands, -1);
        for (int i = 0; i < layers.Count; i++)
        {
            var (main, residual) = layers[i];
            x = Block(x, main, i == 0 ? 2 : 1, i == 0 ? 2 : 1);
            if (i > 0 && i < layers.Count - 1) x = graph.AveragePool(x, 2);
            if (residual is not null) x += Block(x, residual, 1, 1);
        }
        x = graph.Reshape(x, 0, Pooled / 2, -1);
        x = graph.Concat(1, graph.Mean(x, [2]), graph.Max(x, [2]));
        if (learning && options.Dropout > 0) x = graph.Dropout(x, options.Dropout);
        x = graph.Gemm(x, weight) + bias;
        if (learning && head.Length > 0) x = graph.Gemm(graph.Relu(graph.Gemm(x, head[0].Weight) + head[0].Bias), head[1].Weight) + head[1].Bias;
        return graph.L2Normalise(x);
    }

    /// <summary>Mel power to the network's input, as <see cref="InputScaler"/> does it, as part of a graph.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="power">[batch x frames x bands], of any loudness.</param>
    /// <param name="scaling">How.</param>
    public static GraphTensor Scale(GraphBuilder graph, GraphTensor power, InputScaling scaling)
    {
        int[] clip = [1, 2];
        var x = power / (graph.Max(power, clip, keep: true) + 1e-12);
        x = graph.Log(graph.Maximum(x, graph.Constant(InputScaler.Floor))) * (10 / Math.Log(10));
        var peak = graph.Max(x, clip, keep: true);
        if (scaling == InputScaling.Peak) return (graph.Maximum(x - peak, graph.Constant(-InputScaler.Range)) + InputScaler.Range / 2.0) * (2 / (InputScaler.Range / 2.0));
        x = graph.Maximum(x, peak - InputScaler.Range);
        var deviation = graph.Sqrt(graph.Mean(graph.Square(x - graph.Mean(x, clip, keep: true)), clip, keep: true));
        return (x - graph.Mean(x, [1], keep: true)) / (deviation + InputScaler.DeviationFloor);
    }

    private (GraphTensor Weight, GraphTensor Bias) Linear(string name, int before, int after)
    {
        using var inside = graph.Scope(name);
        return (graph.Parameter("weight", [before, after], Initialiser.FanIn(before)), graph.Parameter("bias", [after], Initialiser.FanIn(before), decay: false));
    }

    private Layer Declare(string name, int before, int channels, int kernel)
    {
        using var inside = graph.Scope(name);
        return new Layer(
            graph.Parameter("weight", [channels, before, kernel, kernel], Initialiser.FanIn((long)before * kernel * kernel)),
            graph.Parameter("gain", [channels], Initialiser.Constant(1), decay: false),
            graph.Parameter("offset", [channels], Initialiser.Constant(0), decay: false));
    }

    private GraphTensor Block(GraphTensor x, Layer layer, int stride, int pad) =>
        graph.Relu(graph.LayerNorm(graph.Conv(x, layer.Weight, stride, pad), layer.Gain, layer.Offset));
}
