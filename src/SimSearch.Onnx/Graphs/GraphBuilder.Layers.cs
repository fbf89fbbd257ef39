namespace SimSearch.Onnx;

public sealed partial class GraphBuilder
{
    /// <summary>Matrix product over the last two axes; the axes before them broadcast.</summary>
    public GraphTensor MatMul(GraphTensor a, GraphTensor b) => Emit("MatMul", [a, b]);

    /// <summary>Product of two matrices, each of them transposed on request; a bias is added with +.</summary>
    public GraphTensor Gemm(GraphTensor a, GraphTensor b, bool transposeA = false, bool transposeB = false) =>
        Emit("Gemm", [a, b], ("transA", transposeA ? 1L : 0), ("transB", transposeB ? 1L : 0));

    /// <summary>Convolution (cross-correlation, as every framework means it) over one or two axes, without bias.</summary>
    /// <param name="x">[batch, channels, height, width], or [batch, channels, length].</param>
    /// <param name="weight">[out, channels / groups, kernel height, kernel width], or [out, channels / groups, kernel].</param>
    /// <param name="stride">Steps along each axis, 1 or more.</param>
    /// <param name="pad">Zeros before and after each axis.</param>
    /// <param name="groups">Channels are split into so many groups that do not see each other.</param>
    /// <param name="dilation">Distance of neighbouring kernel elements, 1 or more; a kernel of k reaches over dilation (k - 1) + 1.</param>
    /// <returns>[batch, out, (height + 2 pad - reach) / stride + 1, ...], rounded down.</returns>
    /// <exception cref="OnnxGraphException">Channels, groups or window do not fit.</exception>
    public GraphTensor Conv(GraphTensor x, GraphTensor weight, int stride = 1, int pad = 0, int groups = 1, int dilation = 1) => x.Rank == 3 && weight.Rank == 3
        ? OverOneAxis(x, flat => Conv(flat, Reshape(weight, 0, 0, 1, -1), (1, stride), (0, pad, 0, pad), groups, (1, dilation)))
        : Conv(x, weight, (stride, stride), (pad, pad, pad, pad), groups, (dilation, dilation));

    /// <summary>Two-dimensional convolution with a stride and a dilation for each axis and padding for each side.</summary>
    public GraphTensor Conv(GraphTensor x, GraphTensor weight, (int Height, int Width) stride, (int Top, int Left, int Bottom, int Right) pad, int groups = 1, (int Height, int Width)? dilation = null)
    {
        if (groups < 1) throw new OnnxGraphException($"groups={groups} must be 1 or more");
        if (weight.Rank != 4) throw new OnnxGraphException($"{weight}: a convolution's weight has four axes, [out, in / groups, height, width], or three for an input of three");
        List<(string, object)> attributes = [("kernel_shape", weight.Dims[2..]), ("strides", new long[] { stride.Height, stride.Width }), ("pads", new long[] { pad.Top, pad.Left, pad.Bottom, pad.Right }), ("group", (long)groups)];
        if (dilation is { } apart && apart != (1, 1)) attributes.Add(("dilations", new long[] { apart.Height, apart.Width }));
        return Emit("Conv", [x, weight], [.. attributes]);
    }

    /// <summary>The mean of each window over one or two axes. Padding counts as zeros only when <paramref name="countPadding"/>.</summary>
    /// <param name="x">[batch, channels, height, width], or [batch, channels, length].</param>
    /// <param name="kernel">The window's size along each axis.</param>
    /// <param name="stride">Steps; 0 means the window's size.</param>
    /// <param name="pad">Before and after each axis; smaller than the window.</param>
    /// <param name="countPadding">Whether the divisor counts padding.</param>
    public GraphTensor AveragePool(GraphTensor x, int kernel, int stride = 0, int pad = 0, bool countPadding = false)
    {
        if (stride == 0) stride = kernel;
        return x.Rank == 3 ? OverOneAxis(x, flat => AveragePool(flat, (1, kernel), (1, stride), (0, pad), countPadding)) : AveragePool(x, (kernel, kernel), (stride, stride), (pad, pad), countPadding);
    }

    /// <summary>Average pooling with sizes for height and width apart.</summary>
    public GraphTensor AveragePool(GraphTensor x, (int Height, int Width) kernel, (int Height, int Width) stride, (int Height, int Width) pad = default, bool countPadding = false) =>
        Emit("AveragePool", [x], [.. Windows(kernel, stride, pad), ("count_include_pad", countPadding ? 1L : 0L)]);

    /// <summary>The largest element of each window over one or two axes; elements that share it share the gradient equally. Parameters as for <see cref="AveragePool(GraphTensor, int, int, int, bool)"/>.</summary>
    /// <remarks>The gradient's memory grows with the window's area; for the maximum of whole maps use <see cref="Max"/>.</remarks>
    public GraphTensor MaxPool(GraphTensor x, int kernel, int stride = 0, int pad = 0)
    {
        if (stride == 0) stride = kernel;
        return x.Rank == 3 ? OverOneAxis(x, flat => MaxPool(flat, (1, kernel), (1, stride), (0, pad))) : MaxPool(x, (kernel, kernel), (stride, stride), (pad, pad));
    }

    /// <summary>Max pooling with sizes for height and width apart.</summary>
    public GraphTensor MaxPool(GraphTensor x, (int Height, int Width) kernel, (int Height, int Width) stride, (int Height, int Width) pad = default) =>
        Emit("MaxPool", [x], Windows(kernel, stride, pad));

    /// <summary>A convolution with a weight of its own ("weight" in the current scope; uniform ±1/sqrt(fan in), with decay).</summary>
    /// <param name="x">[batch, channels, height, width], or [batch, channels, length].</param>
    /// <param name="filters">Output channels.</param>
    /// <param name="kernel">The window's size along each axis.</param>
    /// <param name="stride">Steps along each axis.</param>
    /// <param name="pad">Zeros on all sides.</param>
    /// <param name="groups">Groups of channels.</param>
    /// <param name="bias">Whether to add an offset for each channel ("bias", starting at 0, without decay); a norm after it makes one superfluous.</param>
    /// <param name="dilation">Distance of neighbouring kernel elements.</param>
    public GraphTensor ConvLayer(GraphTensor x, int filters, int kernel, int stride = 1, int pad = 0, int groups = 1, bool bias = false, int dilation = 1)
    {
        if (x.Rank is not (3 or 4)) throw new OnnxGraphException($"{x}: a convolution takes [batch, channels, height, width] or [batch, channels, length]");
        if (groups < 1 || x[1] % groups != 0) throw new OnnxGraphException($"{x}: {x[1]} channels cannot be split into {groups} groups");
        long channels = x[1] / groups;
        long[] window = [.. Enumerable.Repeat((long)kernel, x.Rank - 2)], perFilter = [.. Enumerable.Repeat(1L, x.Rank - 2)];
        var weight = Parameter("weight", [filters, channels, .. window], Initialiser.FanIn(window.Aggregate(channels, (a, b) => a * b)));
        var y = Conv(x, weight, stride, pad, groups, dilation);
        return bias ? y + Parameter("bias", [filters, .. perFilter], Initialiser.Constant(0), decay: false) : y;
    }

    /// <summary>x W + b with W [in x out] (uniform ±1/sqrt(in), with decay) and b starting at 0, without decay.</summary>
    /// <param name="x">[rows x in].</param>
    /// <param name="size">out.</param>
    /// <param name="name">The scope for "weight" and "bias".</param>
    /// <param name="bias">Whether there is b.</param>
    public GraphTensor LinearLayer(GraphTensor x, int size, string name, bool bias = true)
    {
        if (x.Rank != 2) throw new OnnxGraphException($"{x}: a linear layer takes [rows x features]; reshape first");
        using var inside = Scope(name);
        var y = Gemm(x, Parameter("weight", [x[1], size], Initialiser.FanIn(x[1])));
        return bias ? y + Parameter("bias", [size], Initialiser.Constant(0), decay: false) : y;
    }

    /// <summary>What is done to [batch, channels, 1, length], done to [batch, channels, length].</summary>
    private GraphTensor OverOneAxis(GraphTensor x, Func<GraphTensor, GraphTensor> layer) => Reshape(layer(Reshape(x, 0, 0, 1, -1)), 0, 0, -1);

    private static (string Name, object Value)[] Windows((int Height, int Width) kernel, (int Height, int Width) stride, (int Height, int Width) pad) =>
    [
        ("kernel_shape", new long[] { kernel.Height, kernel.Width }),
        ("strides", new long[] { stride.Height, stride.Width }),
        ("pads", new long[] { pad.Height, pad.Width, pad.Height, pad.Width }),
    ];
}
