namespace SimSearch.Onnx.Tests;

/// <summary>Runs a graph in double precision with plain loops, from the operators' definitions: slow, readable, and written apart from both the builder and ONNX Runtime.</summary>
internal sealed class SlowTwin(IReadOnlyList<GraphNode> nodes, IReadOnlyDictionary<GraphTensor, Array> constants)
{
    public SlowTwin(GraphBuilder g) : this(g.Nodes, g.Constants) { }

    public Numbers[] Run(IReadOnlyDictionary<GraphTensor, double[]> feeds, params GraphTensor[] outputs)
    {
        var values = new Dictionary<GraphTensor, Numbers>();
        foreach (var (tensor, numbers) in constants) values[tensor] = new(tensor.Dims, [.. numbers.Cast<object>().Select(Convert.ToDouble)]);
        foreach (var (tensor, numbers) in feeds) values[tensor] = new(tensor.Dims, numbers);
        foreach (var node in ModelWriter.Needed(nodes, outputs))
        {
            var result = Compute(node, [.. node.Inputs.Select(i => values[i])]);
            Assert.Equal(node.Output.Dims, result.Shape);
            values[node.Output] = result;
        }
        return [.. outputs.Select(o => values[o])];
    }

    private static Numbers Compute(GraphNode node, Numbers[] x)
    {
        long[] shape = node.Output.Dims;
        Numbers Each(Func<double, double> f) => Numbers.Map(shape, a => f(a[0]), x[0]);
        Numbers Two(Func<double, double, double> f) => Numbers.Map(shape, a => f(a[0], a[1]), x[0], x[1]);
        double Truth(bool b) => b ? 1 : 0;
        return node.Op switch
        {
            "Add" => Two((a, b) => a + b),
            "Sub" => Two((a, b) => a - b),
            "Mul" => Two((a, b) => a * b),
            "Div" => Two((a, b) => a / b),
            "Pow" => Two(Math.Pow),
            "Max" => Two(Math.Max),
            "Min" => Two(Math.Min),
            "Greater" => Two((a, b) => Truth(a > b)),
            "Less" => Two((a, b) => Truth(a < b)),
            "Equal" => Two((a, b) => Truth(a == b)),
            "And" => Two((a, b) => a * b),
            "Or" => Two(Math.Max),
            "Not" => Each(a => 1 - a),
            "Where" => Numbers.Map(shape, a => a[0] != 0 ? a[1] : a[2], x[0], x[1], x[2]),
            "Neg" => Each(a => -a),
            "Abs" => Each(Math.Abs),
            "Sign" => Each(a => Math.Sign(a)),
            "Exp" => Each(Math.Exp),
            "Log" => Each(Math.Log),
            "Sqrt" => Each(Math.Sqrt),
            "Reciprocal" => Each(a => 1 / a),
            "Relu" => Each(a => Math.Max(a, 0)),
            "HardSigmoid" => Each(a => Math.Clamp(3e38 * a, 0, 1)),
            "Tanh" => Each(Math.Tanh),
            "Sigmoid" => Each(a => 1 / (1 + Math.Exp(-a))),
            "Erf" => Each(Erf),
            "Identity" or "Cast" => Each(a => a),
            "Reshape" => new(shape, x[0].Values),
            "Size" => new(shape, [x[0].Values.Length]),
            "Shape" => new(shape, [.. x[0].Shape.Take((int)node.Integer("end")).Skip((int)node.Integer("start")).Select(n => (double)n)]),
            "Expand" => Numbers.Map(shape, a => a[0], x[0]),
            "Softmax" => Softmax(x[0], node.Integer("axis"), logarithm: false),
            "LogSoftmax" => Softmax(x[0], node.Integer("axis"), logarithm: true),
            "ReduceSum" => Reduce(node, x, 0, (a, b) => a + b),
            "ReduceMean" => Reduce(node, x, 0, (a, b) => a + b, (double)x[0].Values.Length / shape.Aggregate(1L, (a, b) => a * b)),
            "ReduceSumSquare" => Reduce(node, x, 0, (a, b) => a + b * b),
            "ReduceMax" => Reduce(node, x, double.NegativeInfinity, Math.Max),
            "ReduceMin" => Reduce(node, x, double.PositiveInfinity, Math.Min),
            "MatMul" => MatMul(shape, x[0], x[1]),
            "Gemm" => Gemm(shape, x[0], x[1], node.Integer("transA") == 1, node.Integer("transB") == 1),
            "Transpose" => Transpose(x[0], shape, node.Integers("perm")),
            "Concat" => Concat(x, shape, (int)(node.Integer("axis") < 0 ? node.Integer("axis") + shape.Length : node.Integer("axis"))),
            "Slice" => Slice(x, shape),
            "Pad" => Pad(x, shape),
            "Gather" => Gather(x, shape),
            "ScatterElements" => ScatterAdd(x),
            "BatchNormalization" => x[0].Pick(shape, i => i.Zip(Numbers.Strides(shape), (a, b) => a * b).Sum()).WithChannels(x),
            _ => SlowTwinSpatial.Compute(node, x, shape),
        };
    }

    // The series for small arguments, the continued fraction for the others: both to double precision.
    private static double Erf(double x)
    {
        double a = Math.Abs(x);
        if (a < 2.5)
        {
            double sum = 0, term = a;
            for (int n = 0; Math.Abs(term) > 1e-18 && n < 200; n++)
            {
                sum += term / (2 * n + 1);
                term *= -a * a / (n + 1);
            }
            return Math.Sign(x) * 2 / Math.Sqrt(Math.PI) * sum;
        }
        double fraction = 0;
        for (int k = 200; k > 0; k--) fraction = k / 2.0 / (a + fraction);
        return Math.Sign(x) * (1 - Math.Exp(-a * a) / Math.Sqrt(Math.PI) / (a + fraction));
    }

    private static Numbers Softmax(Numbers x, long axis, bool logarithm)
    {
        int at = (int)(axis < 0 ? axis + x.Rank : axis);
        long step = Numbers.Strides(x.Shape)[at], size = x.Shape[at];
        var result = Numbers.Of(x.Shape);
        for (long i = 0; i < result.Values.Length; i++)
        {
            long start = i - i / step % size * step;
            double top = Enumerable.Range(0, (int)size).Max(k => x.Values[start + k * step]);
            double log = x.Values[i] - top - Math.Log(Enumerable.Range(0, (int)size).Sum(k => Math.Exp(x.Values[start + k * step] - top)));
            result.Values[i] = logarithm ? log : Math.Exp(log);
        }
        return result;
    }

    private static Numbers Reduce(GraphNode node, Numbers[] x, double start, Func<double, double, double> join, double divisor = 1)
    {
        var axes = x[1].Values.Select(a => (int)(a < 0 ? a + x[0].Rank : a)).ToHashSet();
        long[] kept = [.. x[0].Shape.Select((n, i) => axes.Contains(i) ? 1 : n)];
        var result = Numbers.Of(kept);
        Array.Fill(result.Values, start);
        for (long i = 0; i < x[0].Values.Length; i++)
        {
            long place = Numbers.Source(i, x[0].Shape, kept);
            result.Values[place] = join(result.Values[place], x[0].Values[i]);
        }
        return new(node.Output.Dims, [.. result.Values.Select(v => v / divisor)]);
    }

    private static Numbers MatMul(long[] shape, Numbers a, Numbers b)
    {
        var result = Numbers.Of(shape);
        long m = shape[^2], n = shape[^1], inner = a.Shape[^1];
        long[] stack = shape[..^2];
        for (long s = 0; s < result.Values.Length / (m * n); s++)
        {
            long fromA = Numbers.Source(s, stack, a.Shape[..^2]) * m * inner, fromB = Numbers.Source(s, stack, b.Shape[..^2]) * inner * n;
            for (long i = 0; i < m; i++)
                for (long j = 0; j < n; j++)
                    for (long k = 0; k < inner; k++) result.Values[s * m * n + i * n + j] += a.Values[fromA + i * inner + k] * b.Values[fromB + k * n + j];
        }
        return result;
    }

    private static Numbers Gemm(long[] shape, Numbers a, Numbers b, bool ta, bool tb)
    {
        Numbers Flip(Numbers x) => x.Pick([x.Shape[1], x.Shape[0]], i => i[1] * x.Shape[1] + i[0]);
        return MatMul(shape, ta ? Flip(a) : a, tb ? Flip(b) : b);
    }

    private static Numbers Transpose(Numbers x, long[] shape, long[] order)
    {
        long[] strides = Numbers.Strides(x.Shape);
        return x.Pick(shape, index => order.Select((from, to) => strides[from] * index[to]).Sum());
    }

    private static Numbers Concat(Numbers[] x, long[] shape, int axis)
    {
        var all = new List<double>();
        long outer = shape.Take(axis).Aggregate(1L, (a, b) => a * b);
        for (int o = 0; o < outer; o++)
            foreach (var part in x) all.AddRange(part.Values.Skip((int)(o * part.Values.Length / outer)).Take((int)(part.Values.Length / outer)));
        return new(shape, [.. all]);
    }

    private static Numbers Slice(Numbers[] x, long[] shape)
    {
        long[] from = new long[shape.Length], steps = [.. shape.Select(_ => 1L)], strides = Numbers.Strides(x[0].Shape);
        for (int i = 0; i < x[3].Values.Length; i++)
        {
            int axis = (int)(x[3].Values[i] < 0 ? x[3].Values[i] + shape.Length : x[3].Values[i]);
            from[axis] = (long)(x[1].Values[i] < 0 ? x[1].Values[i] + x[0].Shape[axis] : x[1].Values[i]);
            steps[axis] = (long)x[4].Values[i];
        }
        return x[0].Pick(shape, index => index.Select((n, axis) => (from[axis] + n * steps[axis]) * strides[axis]).Sum());
    }

    private static Numbers Pad(Numbers[] x, long[] shape)
    {
        long[] strides = Numbers.Strides(x[0].Shape);
        return x[0].Pick(shape, index =>
        {
            long place = 0;
            for (int axis = 0; axis < index.Length; axis++)
            {
                long at = index[axis] - (long)x[1].Values[axis];
                if (at < 0 || at >= x[0].Shape[axis]) return -1;
                place += at * strides[axis];
            }
            return place;
        }, x[2].Values[0]);
    }

    private static Numbers Gather(Numbers[] x, long[] shape)
    {
        long width = x[0].Values.Length / x[0].Shape[0];
        return new(shape, [.. x[1].Values.SelectMany(row => x[0].Values.Skip((int)((long)row * width)).Take((int)width))]);
    }

    private static Numbers ScatterAdd(Numbers[] x)
    {
        var result = new Numbers(x[0].Shape, [.. x[0].Values]);
        long width = x[0].Shape[1];
        for (long i = 0; i < x[1].Values.Length; i++) result.Values[(long)x[1].Values[i] * width + i % width] += x[2].Values[i];
        return result;
    }
}
