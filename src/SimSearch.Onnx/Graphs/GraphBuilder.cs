namespace SimSearch.Onnx;

/// <summary>
/// Builds a graph of standard ONNX operators (opset 18) with static shapes, and its gradients. Everything is checked while building: a wrong shape or type is an
/// <see cref="OnnxGraphException"/> that names the tensors. A network, its loss and a training:
/// <code>
/// var g = new GraphBuilder();
/// GraphTensor x = g.Input("x", [30, 1, 64, 128]), labels = g.Input("labels", [30, 10]);
/// GraphTensor h = x;
/// using (g.Scope("stem"))                                          // names: stem.weight, stem.gain, ...
///     h = g.Relu(g.LayerNormLayer(g.ConvLayer(h, 16, kernel: 5, stride: 2, pad: 2)));
/// h = g.Reshape(h, 0, 16 * 32, -1);                                // channel and band together; 0 keeps an axis, -1 is what is left
/// h = g.Concat(1, g.Mean(h, [-1]), g.Max(h, [-1]));
/// GraphTensor z = g.L2Normalise(g.LinearLayer(g.Dropout(h, 0.2), 128, "head"));
/// GraphTensor loss = g.CosineSoftmax(z, g.Parameter("classes", [10, 128], Initialiser.Normal(0.05), decay: true), labels) + g.SupervisedContrastive(z, labels, 0.1);
/// using var training = TrainingGraph.Compile(g, loss, new TrainingOptions { Seed = 7, ClipNorm = 5, AverageDecay = 0.98 });
/// batch.CopyTo(training.Input("x")); ...                           // pinned memory: write the batch straight into it
/// StepResult step = training.Step(rate: schedule.Rate(training.StepCount));
/// byte[] model = training.Export(z, new ExportOptions { Open = [("x", 0, "batch"), ("x", 3, "frames")] });
/// </code>
/// Not thread-safe. Tensors of two builders do not mix.
/// </summary>
public sealed partial class GraphBuilder
{
    private readonly HashSet<string> names = [];
    private readonly Dictionary<string, GraphTensor> cached = [];
    private readonly Dictionary<GraphTensor, Array> constants = [];
    private readonly List<GraphTensor> inputs = [];
    private readonly List<GraphParameter> parameters = [];
    private readonly List<GraphNode> nodes = [];
    private readonly Dictionary<GraphTensor, double> dropouts = [];
    private string scope = "";
    private int number;
    private bool compiled;

    /// <summary>An empty graph.</summary>
    /// <param name="type">What inputs, parameters and constants are made of: <see cref="OnnxElementType.Float"/>, or <see cref="OnnxElementType.Double"/> for checks.</param>
    /// <exception cref="OnnxGraphException">Another type.</exception>
    public GraphBuilder(OnnxElementType type = OnnxElementType.Float)
    {
        if (type is not (OnnxElementType.Float or OnnxElementType.Double)) throw new OnnxGraphException($"a graph computes in Float or Double, not in {type}");
        Type = type;
    }

    /// <summary>The version of the standard operators that graphs are written in.</summary>
    public const int Opset = 18;

    /// <summary>What the graph computes in.</summary>
    public OnnxElementType Type { get; }

    /// <summary>The inputs, in the order of declaration.</summary>
    public IReadOnlyList<GraphTensor> Inputs => inputs;

    /// <summary>The parameters, in the order of declaration.</summary>
    public IReadOnlyList<GraphParameter> Parameters => parameters;

    internal List<GraphNode> Nodes => nodes;

    internal IReadOnlyDictionary<GraphTensor, Array> Constants => constants;

    /// <summary>The inputs that are masks of dropout, with their rates.</summary>
    internal IReadOnlyDictionary<GraphTensor, double> Dropouts => dropouts;

    /// <summary>Outputs of several operators together whose gradient is written as one.</summary>
    internal Dictionary<GraphTensor, (GraphTensor[] Inputs, GradientRule Rule)> Rules { get; } = [];

    /// <summary>Declares an input of the graph's type: what each run is given.</summary>
    /// <param name="name">Unique; the current <see cref="Scope"/> stands before it.</param>
    /// <param name="shape">Sizes of 0 are refused here: an empty batch is never meant.</param>
    /// <exception cref="OnnxGraphException">The name is taken or empty, or an axis is not positive.</exception>
    public GraphTensor Input(string name, ReadOnlySpan<long> shape) => Input(name, shape, Type);

    /// <summary>Declares an input of the graph's type, or of <see cref="OnnxElementType.Int64"/> for indices.</summary>
    /// <exception cref="OnnxGraphException">As above, or another type.</exception>
    public GraphTensor Input(string name, ReadOnlySpan<long> shape, OnnxElementType type)
    {
        if (type != Type && type != OnnxElementType.Int64) throw new OnnxGraphException($"input '{name}': the type must be {Type} or Int64, not {type}; truth values come of comparing numbers");
        var tensor = new GraphTensor(this, Claim(name, "input"), type, Positive(name, shape));
        inputs.Add(tensor);
        return tensor;
    }

    /// <summary>Declares a parameter: what training changes and an exported model holds.</summary>
    /// <param name="name">Unique; the current <see cref="Scope"/> stands before it.</param>
    /// <param name="shape">Positive sizes.</param>
    /// <param name="start">The first values.</param>
    /// <param name="decay">Whether weight decay applies.</param>
    /// <exception cref="OnnxGraphException">The name is taken or empty, or an axis is not positive.</exception>
    public GraphTensor Parameter(string name, ReadOnlySpan<long> shape, Initialiser start, bool decay = true)
    {
        ArgumentNullException.ThrowIfNull(start);
        var tensor = new GraphTensor(this, Claim(name, "parameter"), Type, Positive(name, shape));
        parameters.Add(new(tensor, start, decay));
        return tensor;
    }

    /// <summary>A scalar constant of the graph's type; the same number is stored once.</summary>
    public GraphTensor Constant(double value)
    {
        string key = $"c{BitConverter.DoubleToInt64Bits(value):x}";
        if (!cached.TryGetValue(key, out var tensor)) cached[key] = tensor = Constant([value], []);
        return tensor;
    }

    /// <summary>A constant tensor of the graph's type.</summary>
    /// <param name="values">Row-major; as many as the shape holds.</param>
    /// <param name="shape">The shape.</param>
    /// <exception cref="OnnxGraphException">The number of values does not fit the shape.</exception>
    public GraphTensor Constant(ReadOnlySpan<double> values, ReadOnlySpan<long> shape)
    {
        if (Type == OnnxElementType.Double) return StoreConstant(values.ToArray(), shape, Type);
        var floats = new float[values.Length];
        for (int i = 0; i < floats.Length; i++) floats[i] = (float)values[i];
        return StoreConstant(floats, shape, Type);
    }

    /// <summary>Puts a prefix and a dot before the names of everything declared until the result is disposed.</summary>
    public IDisposable Scope(string name)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        var leave = new ScopeEnd(this, scope);
        scope = $"{scope}{name}.";
        return leave;
    }

    internal GraphTensor Int64Constant(params ReadOnlySpan<long> values)
    {
        string key = "i" + string.Join(',', values.ToArray());
        if (!cached.TryGetValue(key, out var tensor)) cached[key] = tensor = StoreConstant(values.ToArray(), [values.Length], OnnxElementType.Int64);
        return tensor;
    }

    internal GraphTensor StoreConstant(Array values, ReadOnlySpan<long> shape, OnnxElementType type)
    {
        var tensor = new GraphTensor(this, Fresh("constant"), type, shape.ToArray());
        if (tensor.Count != values.Length) throw new OnnxGraphException($"a constant of shape {Shapes.Text(shape)} has {tensor.Count} elements; {values.Length} were given");
        constants[tensor] = values;
        return tensor;
    }

    /// <summary>Adds an operator; its output's type and shape follow from the inputs.</summary>
    internal GraphTensor Emit(string op, GraphTensor[] operands, params (string Name, object Value)[] attributes)
    {
        foreach (var operand in operands)
        {
            ArgumentNullException.ThrowIfNull(operand);
            if (operand.Graph != this) throw new OnnxGraphException($"{op}: {operand.Name} belongs to another GraphBuilder");
        }
        string name = Fresh(op.ToLowerInvariant());
        var (type, shape) = ShapeRules.Infer(op, name, operands, attributes, this);
        var output = new GraphTensor(this, name, type, shape);
        nodes.Add(new(op, operands, output, attributes));
        return output;
    }

    /// <summary>A graph is compiled once: its gradients and its optimiser become part of it.</summary>
    internal void ClaimTraining()
    {
        if (compiled) throw new OnnxGraphException("this graph is compiled already; build it again for a second training");
        compiled = true;
    }

    internal GraphTensor WithGradient(GraphTensor output, GraphTensor[] from, GradientRule rule)
    {
        Rules[output] = (from, rule);
        return output;
    }

    private static long[] Positive(string name, ReadOnlySpan<long> shape)
    {
        foreach (long size in shape)
            if (size < 1) throw new OnnxGraphException($"{name} {Shapes.Text(shape)}: every axis must have a size of 1 or more");
        return shape.ToArray();
    }

    private string Claim(string name, string what)
    {
        if (string.IsNullOrWhiteSpace(name)) throw new OnnxGraphException($"an {what} needs a name");
        string full = scope + name;
        return names.Add(full) ? full : throw new OnnxGraphException($"the name '{full}' is used twice; give each {what} a name of its own, or wrap the layer in a Scope");
    }

    private string Fresh(string kind)
    {
        string name;
        do name = $"{scope}{kind}_{number++}";
        while (!names.Add(name));
        return name;
    }

    private sealed class ScopeEnd(GraphBuilder graph, string before) : IDisposable
    {
        public void Dispose() => graph.scope = before;
    }
}
