using SimSearch.Tests.Support;

namespace SimSearch.Onnx.Tests;

/// <summary>
/// Holds a graph's gradients against three things. The slow twin computes both the function and the gradient graph in double precision, so finite differences of the first must
/// give the second (1e-7 of the largest entry: central differences of fourth order reach about 1e-10). ONNX Runtime runs the same graph in Float and must agree with the twin
/// (2e-5), and in Double where it has the operators (1e-11).
/// </summary>
internal static class GradientCheck
{
    public const double Differences = 1e-7, Single = 2e-5, Twice = 1e-11;

    /// <summary>Operators that ONNX Runtime's processor kernels have in Float only.</summary>
    private static readonly HashSet<string> FloatOnly = ["Conv", "ConvTranspose", "AveragePool", "MaxPool", "Erf"];

    /// <summary>Checks the gradient of sum(y weights), with fixed random weights, for every float input.</summary>
    /// <param name="build">Declares inputs and returns y.</param>
    /// <param name="seed">Of inputs and weights.</param>
    /// <param name="fill">Input values by name and shape; normal numbers by default.</param>
    public static void Of(Func<GraphBuilder, GraphTensor> build, int seed = 1, Func<GraphTensor, Random, double[]?>? fill = null)
    {
        double[][] exact = Twin(build, seed, fill, out int largest);
        if (!OnnxRuntime.IsAvailable(out string? reason)) SharedData.SkipUnless(false, reason);
        Compare(exact, Runtime(build, seed, fill, OnnxElementType.Float, out _), Single, "Float");
        double[][] twice = Runtime(build, seed, fill, OnnxElementType.Double, out bool ran);
        if (ran) Compare(exact, twice, Twice, "Double");
        Assert.True(largest > 0, "every gradient is zero: the check could not fail");
    }

    private static (GraphTensor Loss, GraphTensor[] Wanted, GraphTensor[] Gradients, Dictionary<GraphTensor, double[]> Feeds) Make(GraphBuilder g, Func<GraphBuilder, GraphTensor> build, int seed, Func<GraphTensor, Random, double[]?>? fill)
    {
        var y = build(g);
        var random = new Random(seed);
        var feeds = g.Inputs.Concat(g.Parameters.Select(p => p.Tensor)).ToDictionary(i => i, i => fill?.Invoke(i, random) ?? Normal(random, i.Count));
        var loss = y.Count == 1 ? g.Reshape(y) : g.Sum(y * g.Constant(Normal(random, y.Count), y.Shape));
        GraphTensor[] wanted = [.. feeds.Keys.Where(i => i.Type == g.Type && !i.Name.StartsWith("fixed", StringComparison.Ordinal))];
        return (loss, wanted, g.Gradients(loss, wanted), feeds);
    }

    private static double[][] Twin(Func<GraphBuilder, GraphTensor> build, int seed, Func<GraphTensor, Random, double[]?>? fill, out int nonZero)
    {
        var g = new GraphBuilder(OnnxElementType.Double);
        var (loss, wanted, gradients, feeds) = Make(g, build, seed, fill);
        var twin = new SlowTwin(g);
        double[][] results = [.. twin.Run(feeds, [loss, .. gradients]).Select(r => r.Values)];
        for (int k = 0; k < wanted.Length; k++)
        {
            double[] values = feeds[wanted[k]], analytic = results[k + 1];
            double scale = Math.Max(1e-3, analytic.Max(Math.Abs));
            // Not every element of large tensors: a fixed stride through them.
            for (int i = 0; i < values.Length; i += 1 + values.Length / 60)
            {
                double kept = values[i], h = 1e-4;
                double At(double step)
                {
                    values[i] = kept + step;
                    double result = twin.Run(feeds, loss)[0].Values[0];
                    values[i] = kept;
                    return result;
                }
                double numeric = (8 * (At(h) - At(-h)) - (At(2 * h) - At(-2 * h))) / (12 * h);
                Assert.True(Math.Abs(numeric - analytic[i]) <= Differences * scale, $"gradient {i} of {wanted[k]}: {analytic[i]:R}, differences say {numeric:R} (largest {scale:G3})");
            }
        }
        nonZero = results.Skip(1).Sum(r => r.Count(v => v != 0));
        return results;
    }

    private static double[][] Runtime(Func<GraphBuilder, GraphTensor> build, int seed, Func<GraphTensor, Random, double[]?>? fill, OnnxElementType type, out bool ran)
    {
        var g = new GraphBuilder(type);
        var (loss, _, gradients, feeds) = Make(g, build, seed, fill);
        ran = type == OnnxElementType.Float || !g.Nodes.Any(n => FloatOnly.Contains(n.Op));
        return ran ? GraphRun.Run(g, feeds, [loss, .. gradients]) : [];
    }

    private static void Compare(double[][] expected, double[][] actual, double tolerance, string type)
    {
        for (int k = 0; k < expected.Length; k++)
        {
            double scale = Math.Max(1, expected[k].Max(Math.Abs));
            for (int i = 0; i < expected[k].Length; i++)
                Assert.True(Math.Abs(actual[k][i] - expected[k][i]) <= tolerance * scale, $"{type}: number {i} of output {k} is {actual[k][i]:R}, the slow twin says {expected[k][i]:R}");
        }
    }

    public static double[] Normal(Random random, long count) =>
        [.. Enumerable.Range(0, (int)count).Select(_ => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()))];
}

/// <summary>Runs any tensors of a graph in ONNX Runtime.</summary>
internal static class GraphRun
{
    public static byte[] Model(GraphBuilder g, IEnumerable<GraphTensor> feeds, GraphTensor[] outputs)
    {
        var writer = new ModelWriter(g.Nodes, g.Constants);
        var used = ModelWriter.Needed(g.Nodes, outputs).SelectMany(n => n.Inputs).ToHashSet();
        foreach (var input in feeds.Where(used.Contains)) writer.Inputs.Add((input, []));
        for (int i = 0; i < outputs.Length; i++) writer.Outputs.Add((outputs[i], $"result{i}", []));
        return writer.Write();
    }

    public static double[][] Run(GraphBuilder g, IReadOnlyDictionary<GraphTensor, double[]> feeds, GraphTensor[] outputs)
    {
        using var session = OnnxSession.FromBytes(Model(g, feeds.Keys, outputs), OnnxSessionOptions.SingleThread);
        var taken = session.Inputs.Select(i => i.Name).ToHashSet();
        var inputs = feeds.Where(f => taken.Contains(f.Key.Name)).Select(f => (f.Key.Name, Tensor: Tensor(f.Key, f.Value))).ToArray();
        using var results = session.Run(inputs);
        foreach (var (_, tensor) in inputs) tensor.Dispose();
        return [.. outputs.Select((_, i) => results[$"result{i}"] is { ElementType: OnnxElementType.Double } d ? d.Span<double>().ToArray() : Array.ConvertAll(results[$"result{i}"].Span<float>().ToArray(), v => (double)v))];
    }

    private static OnnxTensor Tensor(GraphTensor tensor, double[] values) => tensor.Type switch
    {
        OnnxElementType.Int64 => OnnxTensor.Of<long>(Array.ConvertAll(values, v => (long)v), tensor.Shape),
        OnnxElementType.Double => OnnxTensor.Of<double>(values, tensor.Shape),
        _ => OnnxTensor.Of<float>(Array.ConvertAll(values, v => (float)v), tensor.Shape),
    };
}
