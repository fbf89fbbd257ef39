namespace SimSearch.Onnx;

/// <summary>
/// Walks a model's bytes before ONNX Runtime does. ONNX Runtime itself refuses most wrong models with an error; this refuses what it would obey (files outside the
/// model, terabytes of zeros), and what is cheaper or clearer to refuse here.
/// </summary>
internal sealed class ModelInspector(OnnxLimits limits)
{
    private const int MaxDepth = 24, MaxRank = 64;

    /// <summary>The operators whose output is as large as numbers in one of their inputs say, and which input that is.</summary>
    private static readonly Dictionary<string, int> ShapeInputs = new() { ["ConstantOfShape"] = 0, ["Expand"] = 1, ["Tile"] = 1, ["Resize"] = 3, ["OneHot"] = 1, ["Range"] = 1 };

    private readonly SortedDictionary<string, int> operators = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, long> opsets = new(StringComparer.Ordinal);
    private readonly List<long> dimensions = [];

    // What is called how often, in the model's graphs and in each of its functions: functions of functions of functions can stand for more nodes than there are atoms.
    private readonly Dictionary<string, Dictionary<string, long>> functions = [];
    private readonly Dictionary<string, long> calls = [];
    private Dictionary<string, long>? within;
    private long parameters, parameterBytes, nodes;

    public OnnxModelInfo Inspect(ReadOnlySpan<byte> model)
    {
        if (model.Length > limits.ModelBytes) throw new OnnxModelException($"the model has {model.Length} bytes; at most {limits.ModelBytes} are allowed");
        long version = 0;
        string producer = "", producerVersion = "";
        bool graph = false;
        var reader = new ProtoReader(model);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1: version = reader.Int; break;
                case 2: producer = reader.Text; break;
                case 3: producerVersion = reader.Text; break;
                case 7:
                    Graph(reader.Message, 0);
                    graph = true;
                    break;
                case 8: Opset(reader.Message); break;
                case 20: Training(reader.Message); break;
                case 25: Function(reader.Message); break;
            }
        }
        var sizes = new Dictionary<string, long>();
        foreach (string function in functions.Keys) Expanded(function, sizes, 0);
        if (Expanded(calls, sizes, 0) > limits.Nodes) throw new OnnxModelException($"the model's functions, written out, have more than {limits.Nodes} nodes");
        if (!graph) throw new OnnxModelException("this is not an ONNX model: it holds no graph");
        if (version is < 1 or > 1000) throw new OnnxModelException($"this is not an ONNX model: its format version is {version}");
        if (opsets.Count == 0) throw new OnnxModelException("the model names no operator set; export it again");
        return new OnnxModelInfo { IrVersion = version, Producer = $"{producer} {producerVersion}".Trim(), Opsets = opsets, Parameters = parameters, ParameterBytes = parameterBytes, Operators = operators };
    }

    private void Opset(ReadOnlySpan<byte> bytes)
    {
        string domain = "";
        long version = 0;
        var reader = new ProtoReader(bytes);
        while (reader.Next())
        {
            if (reader.Field == 1) domain = reader.Text;
            else if (reader.Field == 2) version = reader.Int;
        }
        opsets[domain] = version;
    }

    private void Training(ReadOnlySpan<byte> bytes)
    {
        var reader = new ProtoReader(bytes);
        while (reader.Next())
            if (reader.Field is 1 or 2) Graph(reader.Message, 1);
    }

    private void Function(ReadOnlySpan<byte> bytes)
    {
        var constants = new Dictionary<string, long[]>();
        string name = "", domain = "";
        within = [];
        var reader = new ProtoReader(bytes);
        while (reader.Next())
        {
            if (reader.Field == 1) name = reader.Text;
            else if (reader.Field == 10) domain = reader.Text;
            else if (reader.Field == 7) Node(reader.Message, 1, constants);
            else if (reader.Field == 11) Attribute(reader.Message, 1, out _);
            else if (reader.Field == 12) Value(reader.Message);
        }
        functions[Key(domain, name)] = within;
        within = null;
    }

    private static string Key(string domain, string name) => domain.Length == 0 ? name : $"{domain}.{name}";

    private long Expanded(string function, Dictionary<string, long> sizes, int depth)
    {
        if (depth > MaxDepth) throw new OnnxModelException($"the model's functions call each other more than {MaxDepth} deep, or in a circle ({function})");
        return sizes.TryGetValue(function, out long size) ? size : sizes[function] = Expanded(functions[function], sizes, depth);
    }

    private long Expanded(Dictionary<string, long> calls, Dictionary<string, long> sizes, int depth)
    {
        Int128 sum = 0;
        foreach (var (called, times) in calls) sum += (Int128)times * (functions.ContainsKey(called) ? Expanded(called, sizes, depth + 1) : 1);
        return (long)Int128.Min(sum, long.MaxValue);
    }

    private void Graph(ReadOnlySpan<byte> bytes, int depth)
    {
        if (depth > MaxDepth) throw new OnnxModelException($"the model's graphs are nested more than {MaxDepth} deep");
        // Small integer tensors by name: what the sizes of other tensors may be read from. Initialisers come behind the nodes, so they are read first.
        var constants = new Dictionary<string, long[]>();
        var reader = new ProtoReader(bytes);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 5:
                    if (Tensor(reader.Message, out string name) is { } values) constants[name] = values;
                    break;
                case 11 or 12 or 13: Value(reader.Message); break;
                case 15: Sparse(reader.Message); break;
            }
        }
        reader = new ProtoReader(bytes);
        while (reader.Next())
            if (reader.Field == 1) Node(reader.Message, depth, constants);
    }

    private void Node(ReadOnlySpan<byte> bytes, int depth, Dictionary<string, long[]> constants)
    {
        if (++nodes > limits.Nodes) throw new OnnxModelException($"the model has more than {limits.Nodes} nodes");
        string type = "", domain = "";
        var inputs = new List<string>();
        string? output = null;
        long[]? constant = null;
        var reader = new ProtoReader(bytes);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1: inputs.Add(reader.Text); break;
                case 2: output ??= reader.Text; break;
                case 4: type = reader.Text; break;
                case 5:
                    var found = Attribute(reader.Message, depth, out string name);
                    if (name is "value" or "value_ints" or "shape") constant = found;
                    break;
                case 7: domain = reader.Text; break;
            }
        }
        string key = Key(domain, type);
        operators[key] = operators.GetValueOrDefault(key) + 1;
        (within ?? calls)[key] = (within ?? calls).GetValueOrDefault(key) + 1;
        if (type == "Constant" && constant is not null && output is not null) constants[output] = constant;
        if (type is "RandomNormal" or "RandomUniform" && constant is not null) Size(constant, 4, $"the output of {type}");
        if (ShapeInputs.TryGetValue(type, out int index) && index < inputs.Count && constants.TryGetValue(inputs[index], out long[]? shape)) Size(shape, 4, $"the output of {type}");
    }

    /// <returns>The value, where it is a few integers.</returns>
    private long[]? Attribute(ReadOnlySpan<byte> bytes, int depth, out string name)
    {
        name = "";
        long[]? value = null;
        List<long> integers = [];
        var reader = new ProtoReader(bytes);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1: name = reader.Text; break;
                case 5: value = Tensor(reader.Message, out _); break;
                case 6 or 11: Graph(reader.Message, depth + 1); break;
                case 8 when integers.Count < MaxRank: reader.AddTo(integers, int.MaxValue); break;
                case 10: Tensor(reader.Message, out _); break;
                case 22 or 23: Sparse(reader.Message); break;
            }
        }
        return value ?? (integers.Count is > 0 and <= MaxRank ? [.. integers] : null);
    }

    private void Sparse(ReadOnlySpan<byte> bytes)
    {
        var shape = new List<long>();
        var reader = new ProtoReader(bytes);
        while (reader.Next())
        {
            if (reader.Field is 1 or 2) Tensor(reader.Message, out _);
            else if (reader.Field == 3) reader.AddTo(shape, MaxRank);
        }
        Size(shape, 4, "a sparse tensor");
    }

    /// <returns>The values, where they are a few 64-bit integers.</returns>
    private long[]? Tensor(ReadOnlySpan<byte> bytes, out string name)
    {
        name = "";
        dimensions.Clear();
        int type = 0;
        bool external = false;
        ReadOnlySpan<byte> raw = default;
        bool hasRaw = false;
        var reader = new ProtoReader(bytes);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1: reader.AddTo(dimensions, MaxRank); break;
                case 2: type = (int)reader.Int; break;
                case 8: name = reader.Text; break;
                case 9:
                    raw = reader.Message;
                    hasRaw = true;
                    break;
                case 13: external = true; break;
                case 14: external |= reader.Int != 0; break;
            }
        }
        if (external) throw new OnnxModelException($"tensor '{name}' keeps its numbers in another file (external data), which is refused: a model must not read files; save it with its weights inside");
        int bits = ((OnnxElementType)type).Bits();
        long count = Size(dimensions, Math.Max(bits, 1) / 8.0, $"tensor '{name}'");
        parameters += count;
        parameterBytes += (long)((Int128)count * bits / 8);
        if (hasRaw && bits > 0 && (Int128)raw.Length * 8 is var given && (given < (Int128)count * bits || given - (Int128)count * bits >= 8))
            throw new OnnxModelException($"tensor '{name}' holds {raw.Length} bytes, its shape [{string.Join(", ", dimensions)}] needs {((Int128)count * bits + 7) / 8}; the model is damaged");
        if (type != (int)OnnxElementType.Int64 || count > MaxRank) return null;
        if (hasRaw) return System.Runtime.InteropServices.MemoryMarshal.Cast<byte, long>(raw).ToArray();
        var values = new List<long>();
        var numbers = new ProtoReader(bytes);
        while (numbers.Next())
            if (numbers.Field == 7) numbers.AddTo(values, MaxRank);
        return [.. values];
    }

    private void Value(ReadOnlySpan<byte> bytes)
    {
        string name = "";
        ReadOnlySpan<byte> type = default;
        var reader = new ProtoReader(bytes);
        while (reader.Next())
        {
            if (reader.Field == 1) name = reader.Text;
            else if (reader.Field == 2) type = reader.Message;
        }
        Type(type, name, 0);
    }

    private void Type(ReadOnlySpan<byte> bytes, string name, int depth)
    {
        if (depth > MaxDepth) throw new OnnxModelException($"the type of '{name}' is nested more than {MaxDepth} deep");
        var reader = new ProtoReader(bytes);
        while (reader.Next())
        {
            if (reader.Field is not (1 or 4 or 5 or 8 or 9)) continue;
            bool tensor = reader.Field is 1 or 8, map = reader.Field == 5;
            int elementType = 0;
            var shape = new List<long>();
            var inner = new ProtoReader(reader.Message);
            while (inner.Next())
            {
                if (tensor && inner.Field == 1) elementType = (int)inner.Int;
                else if (tensor && inner.Field == 2) Shape(inner.Message, shape);
                else if (!tensor && inner.Field == (map ? 2 : 1)) Type(inner.Message, name, depth + 1);
            }
            if (tensor) Size(shape, Math.Max(((OnnxElementType)elementType).Bits(), 8) / 8.0, $"'{name}'");
        }
    }

    // Open dimensions count as 1.
    private static void Shape(ReadOnlySpan<byte> bytes, List<long> shape)
    {
        var reader = new ProtoReader(bytes);
        while (reader.Next())
        {
            if (reader.Field != 1) continue;
            if (shape.Count == MaxRank) throw new OnnxModelException($"the model has a shape of more than {MaxRank} dimensions");
            long length = 1;
            var dimension = new ProtoReader(reader.Message);
            while (dimension.Next())
                if (dimension.Field == 1) length = dimension.Int < 0 ? 1 : dimension.Int;
            shape.Add(length);
        }
    }

    private long Size(IReadOnlyList<long> shape, double bytesEach, string what)
    {
        Int128 count = 1;
        foreach (long d in shape)
        {
            if (d < 0 && what.StartsWith("tensor", StringComparison.Ordinal)) throw new OnnxModelException($"{what} has a negative dimension in [{string.Join(", ", shape)}]; the model is damaged");
            if (d > limits.Dimension) throw new OnnxModelException($"{what} has a dimension of {d} in [{string.Join(", ", shape)}]; at most {limits.Dimension} is allowed");
            count *= d < 0 ? 1 : d; // -1 in a shape to be computed stands for what is left
            if ((double)count * bytesEach > limits.TensorBytes)
                throw new OnnxModelException($"{what} of shape [{string.Join(", ", shape)}] would take more than {limits.TensorBytes} bytes; such a model is refused (OnnxLimits.TensorBytes)");
        }
        return (long)count;
    }
}
