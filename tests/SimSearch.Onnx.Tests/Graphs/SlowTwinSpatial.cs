namespace SimSearch.Onnx.Tests;

/// <summary>Convolutions and pooling of the slow twin.</summary>
internal static class SlowTwinSpatial
{
    public static Numbers Compute(GraphNode node, Numbers[] x, long[] shape) => node.Op switch
    {
        "Conv" => Conv(node, x, shape),
        "ConvTranspose" => ConvTranspose(node, x, shape),
        "AveragePool" => Pool(node, x[0], shape, average: true),
        "MaxPool" => Pool(node, x[0], shape, average: false),
        _ => throw new NotSupportedException(node.Op),
    };

    /// <summary>(x - mean) / sqrt(variance + epsilon) scale + shift, a number for each channel.</summary>
    public static Numbers WithChannels(this Numbers x, Numbers[] p)
    {
        long inner = x.Values.Length / (x.Shape[0] * x.Shape[1]);
        for (long i = 0; i < x.Values.Length; i++)
        {
            long c = i / inner % x.Shape[1];
            x.Values[i] = (x.Values[i] - p[3].Values[c]) / Math.Sqrt(p[4].Values[c]) * p[1].Values[c] + p[2].Values[c];
        }
        return x;
    }

    private static Numbers Conv(GraphNode node, Numbers[] x, long[] shape)
    {
        var y = Numbers.Of(shape);
        long[] s = node.Integers("strides"), p = node.Integers("pads"), apart = node.Dilations, w = x[1].Shape, d = x[0].Shape;
        long groups = node.Integer("group", 1), filters = w[0] / groups;
        for (long b = 0; b < shape[0]; b++)
            for (long f = 0; f < shape[1]; f++)
                for (long i = 0; i < shape[2]; i++)
                    for (long j = 0; j < shape[3]; j++)
                    {
                        double sum = 0;
                        for (long c = 0; c < w[1]; c++)
                            for (long u = 0; u < w[2]; u++)
                                for (long v = 0; v < w[3]; v++)
                                {
                                    long row = i * s[0] - p[0] + u * apart[0], column = j * s[1] - p[1] + v * apart[1], channel = f / filters * w[1] + c;
                                    if (row < 0 || row >= d[2] || column < 0 || column >= d[3]) continue;
                                    sum += x[0].Values[((b * d[1] + channel) * d[2] + row) * d[3] + column] * x[1].Values[((f * w[1] + c) * w[2] + u) * w[3] + v];
                                }
                        y.Values[((b * shape[1] + f) * shape[2] + i) * shape[3] + j] = sum;
                    }
        return y;
    }

    private static Numbers ConvTranspose(GraphNode node, Numbers[] x, long[] shape)
    {
        var y = Numbers.Of(shape);
        long[] s = node.Integers("strides"), p = node.Integers("pads"), apart = node.Dilations, w = x[1].Shape, d = x[0].Shape;
        long groups = node.Integer("group", 1), each = d[1] / groups;
        for (long b = 0; b < d[0]; b++)
            for (long f = 0; f < d[1]; f++)
                for (long i = 0; i < d[2]; i++)
                    for (long j = 0; j < d[3]; j++)
                        for (long c = 0; c < w[1]; c++)
                            for (long u = 0; u < w[2]; u++)
                                for (long v = 0; v < w[3]; v++)
                                {
                                    long row = i * s[0] - p[0] + u * apart[0], column = j * s[1] - p[1] + v * apart[1], channel = f / each * w[1] + c;
                                    if (row < 0 || row >= shape[2] || column < 0 || column >= shape[3]) continue;
                                    y.Values[((b * shape[1] + channel) * shape[2] + row) * shape[3] + column] += x[0].Values[((b * d[1] + f) * d[2] + i) * d[3] + j] * x[1].Values[((f * w[1] + c) * w[2] + u) * w[3] + v];
                                }
        return y;
    }

    private static Numbers Pool(GraphNode node, Numbers x, long[] shape, bool average)
    {
        var y = Numbers.Of(shape);
        long[] s = node.Integers("strides"), p = node.Integers("pads"), k = node.Integers("kernel_shape"), d = x.Shape;
        for (long plane = 0; plane < shape[0] * shape[1]; plane++)
            for (long i = 0; i < shape[2]; i++)
                for (long j = 0; j < shape[3]; j++)
                {
                    var window = new List<double>();
                    for (long row = Math.Max(0, i * s[0] - p[0]); row < Math.Min(d[2], i * s[0] - p[0] + k[0]); row++)
                        for (long column = Math.Max(0, j * s[1] - p[1]); column < Math.Min(d[3], j * s[1] - p[1] + k[1]); column++) window.Add(x.Values[(plane * d[2] + row) * d[3] + column]);
                    y.Values[(plane * shape[2] + i) * shape[3] + j] = !average ? window.Max() : window.Sum() / (node.Integer("count_include_pad") == 1 ? k[0] * k[1] : window.Count);
                }
        return y;
    }
}
