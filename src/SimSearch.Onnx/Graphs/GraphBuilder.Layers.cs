namespace SimSearch.Onnx;

public sealed partial class GraphBuilder
{
    /// <summary>Matrix product over the last two axes; the axes before them broadcast.</summary>
    public GraphTensor MatMul(GraphTensor a, GraphTensor b) => Emit("MatMul", [a, b]);

    /// <summary>Product of two matrices, each of them transposed on request.</summary>
    public GraphTensor Gemm(GraphTensor a, GraphTensor b, bool transposeA = false, bool transposeB = false) =>
        Emit("Gemm", [a, b], ("transA", transposeA ? 1L : 0), ("transB", transposeB ? 1L : 0));

    /// <summary>Two-dimensional convolution (cross-correlation, as every framework means it), without bias.</summary>
    /// <param name="x">[batch, channels, height, width].</param>
    /// <param name="weight">[out, channels / groups, kernel height, kernel width].</param>
    /// <param name="stride">Steps along height and width, 1 or more.</param>
    /// <param name="pad">Zeros before and after height and width.</param>
    /// <param name="groups">Channels are split into so many groups that do not see each other.</param>
    /// <returns>[batch, out, (height + 2 pad - kernel) / stride + 1, ...], rounded down.</returns>
    /// <exception cref="OnnxGraphException">Channels, groups or window do not fit.</exception>
    public GraphTensor Conv(GraphTensor x, GraphTensor weight, int stride = 1, int pad = 0, int groups = 1) =>
        Conv(x, weight, (stride, stride), (pad, pad, pad, pad), groups);

    /// <summary>Convolution with a stride for each axis and padding for each side.</summary>
    public GraphTensor Conv(GraphTensor x, GraphTensor weight, (int Height, int Width) stride, (int Top, int Left, int Bottom, int Right) pad, int groups = 1)
    {
        if (groups < 1) throw new OnnxGraphException($"groups={groups} must be 1 or more");
        if (weight.Rank != 4) throw new OnnxGraphException($"{weight}: a convolution's weight has four axes, [out, in / groups, height, width]");
        return Emit("Conv", [x, weight], ("kernel_shape", weight.Dims[2..]), ("strides", new long[] { stride.Height, stride.Width }), ("pads", new long[] { pad.Top, pad.Left, pad.Bottom, pad.Right }), ("group", (long)groups));
    }

    /// <summary>The mean of each window of [batch, channels, height, width]. Padding counts as zeros only when <paramref name="countPadding"/>.</summary>
    /// <param name="x">[batch, channels, height, width].</param>
    /// <param name="kernel">The window's height and width.</param>
    /// <param name="stride">Steps; 0 means the window's size.</param>
    /// <param name="pad">Before and after each axis; smaller than the window.</param>
    /// <param name="countPadding">Whether the divisor counts padding.</param>
    public GraphTensor AveragePool(GraphTensor x, int kernel, int stride = 0, int pad = 0, bool countPadding = false) =>
        AveragePool(x, (kernel, kernel), stride == 0 ? (kernel, kernel) : (stride, stride), (pad, pad), countPadding);

    /// <summary>Average pooling with sizes for height and width apart.</summary>
    public GraphTensor AveragePool(GraphTensor x, (int Height, int Width) kernel, (int Height, int Width) stride, (int Height, int Width) pad = default, bool countPadding = false) =>
        Emit("AveragePool", [x], [.. Windows(kernel, stride, pad), ("count_include_pad", countPadding ? 1L : 0L)]);

    /// <summary>The largest element of each window; elements that share it share the gradient equally.</summary>
    public GraphTensor MaxPool(GraphTensor x, int kernel, int stride = 0, int pad = 0) =>
        MaxPool(x, (kernel, kernel), stride == 0 ? (kernel, kernel) : (stride, stride), (pad, pad));

    /// <summary>Max pooling with sizes for height and width apart.</summary>
    public GraphTensor MaxPool(GraphTensor x, (int Height, int Width) kernel, (int Height, int Width) stride, (int Height, int Width) pad = default) =>
        Emit("MaxPool", [x], Windows(kernel, stride, pad));

    /// <summary>A convolution with a weight of its own ("weight" in the current scope; uniform ±1/sqrt(fan in), with decay).</summary>
    /// <param name="x">[batch, channels, height, width].</param>
    /// <param name="filters">Output channels.</param>
    /// <param name="kernel">Height and width of the window.</param>
    /// <param name="stride">Steps along both axes.</param>
    /// <param name="pad">Zeros on all four sides.</param>
    /// <param name="groups">Groups of channels.</param>
    /// <param name="bias">Whether to add an offset for each channel ("bias", starting at 0, without decay); a norm after it makes one superfluous.</param>
    public GraphTensor ConvLayer(GraphTensor x, int filters, int kernel, int stride = 1, int pad = 0, int groups = 1, bool bias = false)
    {
        if (x.Rank != 4) throw new OnnxGraphException($"{x}: a convolution takes [batch, channels, height, width]");
        if (groups < 1 || x[1] % groups != 0) throw new OnnxGraphException($"{x}: {x[1]} channels cannot be split into {groups} groups");
        long channels = x[1] / groups;
        var y = Conv(x, Parameter("weight", [filters, channels, kernel, kernel], Initialiser.FanIn(channels * kernel * kernel)), stride, pad, groups);
        return bias ? y + Parameter("bias", [filters, 1, 1], Initialiser.Constant(0), decay: false) : y;
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

    private static (string Name, object Value)[] Windows((int Height, int Width) kernel, (int Height, int Width) stride, (int Height, int Width) pad) =>
    [
        ("kernel_shape", new long[] { kernel.Height, kernel.Width }),
        ("strides", new long[] { stride.Height, stride.Width }),
        ("pads", new long[] { pad.Height, pad.Width, pad.Height, pad.Width }),
    ];
}
