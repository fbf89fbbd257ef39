namespace SimSearch.Onnx;

// None of these norms keeps running statistics: the graph that trains is the graph that runs. Each has a gradient of its own, because the one that follows
// from its steps would walk over the large tensors about twice as often.
public sealed partial class GraphBuilder
{
    /// <summary>
    /// Layer normalisation of feature maps: over channels and positions of one item together, then a gain and an offset per channel (group normalisation with one
    /// group). Keeps the relation between channels, which <see cref="FilterResponseNorm"/> loses.
    /// </summary>
    /// <param name="x">[batch, channels, ...].</param>
    /// <param name="gain">[channels].</param>
    /// <param name="offset">[channels].</param>
    /// <param name="epsilon">Added to the variance.</param>
    public GraphTensor LayerNorm(GraphTensor x, GraphTensor gain, GraphTensor offset, double epsilon = 1e-5) => GroupNorm(x, 1, gain, offset, epsilon);

    /// <summary><see cref="LayerNorm"/> with parameters of its own: "gain" (1) and "offset" (0) in the current scope, without decay.</summary>
    public GraphTensor LayerNormLayer(GraphTensor x, double epsilon = 1e-5) => LayerNorm(x, Gain(x), Offset(x), epsilon);

    /// <summary>Group normalisation (Wu and He 2018): (x - mean) / sqrt(variance + epsilon) over each group of neighbouring channels of one item, then gain and offset per channel.</summary>
    /// <param name="x">[batch, channels, ...], three axes or more.</param>
    /// <param name="groups">Divides the channels.</param>
    /// <param name="gain">[channels].</param>
    /// <param name="offset">[channels].</param>
    /// <param name="epsilon">Added to the variance (the mean square deviation, divisor n).</param>
    /// <exception cref="OnnxGraphException">The channels do not divide or the parameters have another size.</exception>
    public GraphTensor GroupNorm(GraphTensor x, int groups, GraphTensor gain, GraphTensor offset, double epsilon = 1e-5)
    {
        RequirePerChannel(x, gain, offset);
        if (groups < 1 || x[1] % groups != 0) throw new OnnxGraphException($"{x}: {x[1]} channels cannot be split into {groups} groups");
        long each = x[1] / groups;
        // Centred first: a variance as mean of squares minus square of mean loses all digits where the mean is large.
        var centred = x - PerChannel(OverGroups("ReduceMean", x, groups), each, x);
        var n = ElementsPerItem(x) / groups;
        var rows = Reshape(centred, 0, groups, -1);
        var inverse = Reciprocal(Root(Dots(rows, rows) / n, epsilon));
        GraphTensor gains = Reshape(gain, 1, groups, each), scale = inverse * gains;
        var y = ChannelAffine(centred, scale, Reshape(offset, 1, groups, each));
        return WithGradient(y, [x, gain, offset], (d, _) =>
        {
            GraphTensor sum = Reshape(Positions(d), -1, groups, each), product = Reshape(Positions(d, centred), -1, groups, each) * inverse;
            var mean = Sum(sum * gains, [2], keep: true) * inverse / n;
            var alongItself = Sum(product * gains, [2], keep: true) * Square(inverse) / n;
            var dx = ChannelAffine(d, scale, -mean) - centred * PerChannel(alongItself, each, x);
            return [dx, Reshape(Sum(product, [0]), gain.Shape), Reshape(Sum(sum, [0]), offset.Shape)];
        });
    }

    /// <summary>Filter-response normalisation (Singh and Krishnan 2020) without its threshold: x / sqrt(mean over positions of x² + epsilon) for each channel of each item, then gain and offset.</summary>
    /// <remarks>Sets every channel's energy to one, so a global pooling after it hardly tells items apart: prefer <see cref="LayerNorm"/> there.</remarks>
    public GraphTensor FilterResponseNorm(GraphTensor x, GraphTensor gain, GraphTensor offset, double epsilon = 1e-3)
    {
        RequirePerChannel(x, gain, offset);
        var n = ElementsPerItem(x) / x[1];
        var rows = Reshape(x, 0, x[1], -1);
        var inverse = Reciprocal(Root(Reshape(Dots(rows, rows), 0, x[1]) / n, epsilon));
        var scale = inverse * gain;
        return WithGradient(ChannelAffine(x, scale, Reshape(offset, 1, -1)), [x, gain, offset], (d, _) =>
        {
            GraphTensor sum = Positions(d), product = Positions(d, x) * inverse;
            var alongItself = product * scale * inverse / n;
            var dx = d * Open(scale, x) - x * Open(alongItself, x);
            return [dx, Sum(product, [0]), Sum(sum, [0])];
        });
    }

    /// <summary><see cref="FilterResponseNorm"/> with parameters of its own: "gain" (1) and "offset" (0) in the current scope, without decay.</summary>
    public GraphTensor FilterResponseNormLayer(GraphTensor x, double epsilon = 1e-3) => FilterResponseNorm(x, Gain(x), Offset(x), epsilon);

    /// <summary>Layer normalisation over the last axis, as transformers use it (Ba, Kiros and Hinton 2016).</summary>
    /// <param name="x">[... x features].</param>
    /// <param name="gain">[features].</param>
    /// <param name="offset">[features].</param>
    /// <param name="epsilon">Added to the variance.</param>
    public GraphTensor FeatureNorm(GraphTensor x, GraphTensor gain, GraphTensor offset, double epsilon = 1e-5)
    {
        if (x.Rank < 1 || !Shapes.Same(gain.Shape, [x[-1]]) || !Shapes.Same(offset.Shape, [x[-1]])) throw new OnnxGraphException($"a norm over the last axis of {x} needs gain and offset of that size, not {gain} and {offset}");
        var centred = x - Mean(x, [-1], keep: true);
        var inverse = Reciprocal(Root(Mean(Square(centred), [-1], keep: true), epsilon));
        var unit = centred * inverse;
        int[] rows = [.. Enumerable.Range(0, x.Rank - 1)];
        return WithGradient(unit * gain + offset, [x, gain, offset], (d, _) =>
        {
            GraphTensor inner = d * gain, product = d * unit;
            var dx = (inner - Mean(inner, [-1], keep: true) - unit * Mean(product * gain, [-1], keep: true)) * inverse;
            return [dx, Sum(product, rows), Sum(d, rows)];
        });
    }

    /// <summary>sqrt(squares + epsilon), which can be divided by and has a gradient where all is 0.</summary>
    private GraphTensor Root(GraphTensor squares, double epsilon) => (float)epsilon > 0 && float.IsFinite((float)epsilon)
        ? Sqrt(squares + epsilon)
        : throw new OnnxGraphException($"epsilon={epsilon} must be positive (and a Float): a constant input would give NaN");

    private GraphTensor Gain(GraphTensor x) => Parameter("gain", [Channels(x)], Initialiser.Constant(1), decay: false);

    private GraphTensor Offset(GraphTensor x) => Parameter("offset", [Channels(x)], Initialiser.Constant(0), decay: false);

    private static long Channels(GraphTensor x) => x.Rank >= 3 ? x[1] : throw new OnnxGraphException($"{x}: a norm of feature maps takes [batch, channels, ...]");

    private static void RequirePerChannel(GraphTensor x, GraphTensor gain, GraphTensor offset)
    {
        long channels = Channels(x);
        if (!Shapes.Same(gain.Shape, [channels]) || !Shapes.Same(offset.Shape, [channels])) throw new OnnxGraphException($"a norm of {x} needs gain and offset of shape [{channels}], not {gain} and {offset}");
    }

    /// <summary>How many numbers one item has. Asked of the tensor at run time: an exported model sees other lengths than the training did.</summary>
    private GraphTensor ElementsPerItem(GraphTensor x) => Number(Emit("Size", [x])) / Number(Emit("Shape", [x], ("start", 0L), ("end", 1L)));

    /// <summary>A reduction over each group of channels of each item: [batch x groups x 1].</summary>
    private GraphTensor OverGroups(string op, GraphTensor x, int groups) => Reduce(op, Reshape(x, 0, groups, -1), [2], keep: true);

    /// <summary>[batch x groups x 1] to [batch x channels x 1 ...], which broadcasts against x; with one group a channel axis of 1 does, and is faster.</summary>
    private GraphTensor PerChannel(GraphTensor statistics, long each, GraphTensor x) =>
        Open(statistics[1] == 1 ? statistics : statistics * Constant(Enumerable.Repeat(1.0, (int)each).ToArray(), [1, 1, each]), x);

    /// <summary>A number for each channel of each item, with axes of 1 for the positions of x.</summary>
    private GraphTensor Open(GraphTensor perChannel, GraphTensor x)
    {
        long channels = perChannel.Count / x[0];
        return Reshape(perChannel, [0, channels, .. Enumerable.Repeat(1L, x.Rank - 2)]);
    }

    /// <summary>The axes of the positions.</summary>
    private static int[] Inner(GraphTensor x) => [.. Enumerable.Range(2, x.Rank - 2)];

    /// <summary>The sum over positions: [batch x channels].</summary>
    private GraphTensor Positions(GraphTensor x) => Sum(x, Inner(x));

    /// <summary>The sum of a b over positions: [batch x channels].</summary>
    private GraphTensor Positions(GraphTensor a, GraphTensor b) => Reshape(Dots(Reshape(a, 0, a[1], -1), Reshape(b, 0, b[1], -1)), 0, a[1]);

    /// <summary>
    /// The inner product of each row with its partner: [batch x rows x n] twice to [batch x rows x 1]. As a stack of products of a row with a transposed row: half the time of a
    /// product and a sum, and nothing is stored between.
    /// </summary>
    private GraphTensor Dots(GraphTensor a, GraphTensor b)
    {
        long rows = a[1];
        GraphTensor left = Unfold(a), right = ReferenceEquals(a, b) ? left : Unfold(b);
        return Reshape(MatMul(left, Transpose(right, 0, 1, 3, 2)), 0, rows, 1);

        GraphTensor Unfold(GraphTensor x) => Reshape(x, 0, rows, 1, -1);
    }

    /// <summary>
    /// x scale + shift with a number for each channel of each item, in one walk over x: batch and channels together are the channels of a batch normalisation with mean 0
    /// and variance 1. A product and a sum would be two walks.
    /// </summary>
    private GraphTensor ChannelAffine(GraphTensor x, GraphTensor scale, GraphTensor shift)
    {
        long[] positions = new long[x.Rank - 2];
        GraphTensor scales = Reshape(scale, -1), zeros = scales - scales;
        var walked = Emit("BatchNormalization", [Reshape(x, [1, -1, .. positions]), scales, Reshape(scale - scale + shift, -1), zeros, zeros + 1], ("epsilon", 0f));
        return Reshape(walked, [-1, x[1], .. positions]);
    }
}
