namespace SimSearch.Onnx;

/// <summary>
/// A training that is ready to run: forward, backward and the optimiser's step are one ONNX graph. Its state lives in two sets of pinned memory that change places after every step
/// that went well: a step that diverges, fails or is cancelled leaves weights, moments and the step count as they were. One thread at a time.
/// </summary>
public sealed class TrainingGraph : IDisposable
{
    private readonly TrainingPlan plan;
    private readonly TrainingOptions options;
    private readonly OnnxSession session;
    private readonly Dictionary<string, OnnxTensor> inputs = [];
    private readonly OnnxTensor[] numbers, reports;
    private readonly OnnxTensor[][] states = new OnnxTensor[2][];
    private readonly OnnxBinding[] bindings = new OnnxBinding[2];
    private readonly (OnnxTensor Mask, CounterRandom Random, double Rate)[] dropouts;
    private int current;

    private TrainingGraph(TrainingPlan plan, TrainingOptions options, bool planMemory)
    {
        this.plan = plan;
        this.options = options;
        // The last level would move poolings alone to another memory layout and back: weights that change keep the convolutions where they are.
        session = OnnxSession.FromBytes(plan.Model(), new OnnxSessionOptions { Optimization = OnnxOptimization.Extended, PlanMemory = planMemory, Threads = options.Threads, Device = options.Device, ProfilePrefix = options.ProfilePrefix });
        var own = plan.States.Select(s => s.In).Concat(plan.Numbers).ToHashSet();
        var taken = session.Inputs.Select(i => i.Name).ToHashSet();
        foreach (var input in plan.Graph.Inputs.Where(i => !own.Contains(i) && taken.Contains(i.Name)))
            inputs[input.Name] = input.Type == OnnxElementType.Int64 ? OnnxTensor.Create<long>(input.Shape) : OnnxTensor.Create<float>(input.Shape);
        numbers = [.. plan.Numbers.Select(n => OnnxTensor.Create<float>(n.Shape))];
        reports = [.. plan.Reports.Select(r => OnnxTensor.Create<float>(r.Shape))];
        for (int i = 0; i < 2; i++) states[i] = [.. plan.States.Select(s => OnnxTensor.Create<float>(s.In.Shape))];
        dropouts = [.. plan.Graph.Dropouts.Where(d => inputs.ContainsKey(d.Key.Name)).Select(d => (inputs[d.Key.Name], CounterRandom.For(options.Seed, $"dropout {d.Key.Name}"), d.Value))];
        for (int i = 0; i < 2; i++)
        {
            var from = states[i];
            var to = states[1 - i];
            bindings[i] = session.Bind(
                [.. inputs.Select(x => (x.Key, x.Value)), .. plan.Numbers.Select((n, k) => (n.Name, numbers[k])).Where(n => taken.Contains(n.Name)), .. plan.States.Select((s, k) => (s.In.Name, from[k])).Where(s => taken.Contains(s.Name))],
                [.. plan.Reports.Select((r, k) => (r.Name, reports[k])), .. plan.States.Select((s, k) => (s.Out.Name, to[k]))]);
        }
        Initialise();
    }

    /// <summary>Steps done since the first weights.</summary>
    public long StepCount { get; private set; }

    /// <summary>How many numbers are trained.</summary>
    public long ParameterCount => plan.States[0].In.Count;

    /// <summary>What a step takes, as predicted before it ran.</summary>
    public MemoryEstimate Memory => plan.Memory;

    /// <summary>Why the device asked for is not used; null when it is.</summary>
    public string? Warning => session.Warning;

    /// <summary>The vectors that make up the state, beside <see cref="StepCount"/>: "parameters" first, then the optimiser's and "average". A checkpoint holds them all.</summary>
    public IReadOnlyList<string> StateNames => [.. plan.States.Select(s => s.Name)];

    /// <summary>Differentiates the loss, adds the optimiser, and loads the result into ONNX Runtime. The weights are the initialisers' at first.</summary>
    /// <param name="graph">All its parameters are trained; it must not be compiled already.</param>
    /// <param name="loss">One element.</param>
    /// <param name="options">Optimiser, clipping, seed.</param>
    /// <exception cref="OnnxGraphException">A parameter that the loss does not depend on, a Double graph, or an option out of range.</exception>
    /// <exception cref="OnnxMemoryException">A step would take more memory than allowed; the message names the largest tensors.</exception>
    /// <exception cref="OnnxNotInstalledException">There is no ONNX Runtime.</exception>
    public static TrainingGraph Compile(GraphBuilder graph, GraphTensor loss, TrainingOptions? options = null)
    {
        options ??= new();
        options.Validate();
        graph.ClaimTraining();
        var plan = TrainingPlan.Of(graph, loss, options);
        // ONNX Runtime takes memory in pieces that double, up to twice what is needed at once, and with a plan nearly as much again (measured: 1.6 to 2 times, 3.3 to 3.6 times).
        long free = AvailableMemory.Bytes, limit = options.MaximumBytes > 0 ? options.MaximumBytes : free / 2;
        if (plan.Memory.Peak > limit) throw new OnnxMemoryException(plan.Memory, limit);
        return new TrainingGraph(plan, options, planMemory: plan.Memory.Peak <= free / 4);
    }

    /// <summary>The memory of an input of the graph's type: write the next batch there, then call <see cref="Step"/>. It keeps its contents.</summary>
    /// <param name="name">As declared.</param>
    /// <exception cref="OnnxGraphException">There is no such input, or it has another type (then <see cref="Indices"/>).</exception>
    public Span<float> Input(string name) => Find(name, OnnxElementType.Float).Span<float>();

    /// <summary>The memory of an Int64 input.</summary>
    public Span<long> Indices(string name) => Find(name, OnnxElementType.Int64).Span<long>();

    /// <summary>One of the vectors of <see cref="StateNames"/>, as it is now: copy it into a checkpoint, or write one back and call <see cref="Resume"/>. Valid until the next step.</summary>
    /// <exception cref="OnnxGraphException">There is no such vector.</exception>
    public Span<float> State(string name)
    {
        int i = Array.FindIndex(plan.States, s => s.Name == name);
        if (i < 0) throw new OnnxGraphException($"there is no state '{name}'; there are {string.Join(", ", StateNames)}");
        return states[current][i].Span<float>();
    }

    /// <summary>The values of one parameter, as they are now; a part of the vector "parameters", or of "average".</summary>
    /// <param name="name">As declared, with its scopes.</param>
    /// <param name="average">Whether to look into the average.</param>
    /// <exception cref="OnnxGraphException">There is no such parameter, or no average is kept.</exception>
    public Span<float> Parameter(string name, bool average = false)
    {
        long from = 0;
        foreach (var parameter in plan.Graph.Parameters)
        {
            if (parameter.Name == name) return State(average ? "average" : "parameters").Slice((int)from, (int)parameter.Tensor.Count);
            from += parameter.Tensor.Count;
        }
        throw new OnnxGraphException($"there is no parameter '{name}'; there are {string.Join(", ", plan.Graph.Parameters.Select(p => p.Name))}");
    }

    /// <summary>Says at which step the vectors written to <see cref="State"/> stood: corrections, average and dropout go on from there.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is negative.</exception>
    /// <exception cref="OnnxGraphException">A state holds a number that is not finite.</exception>
    public void Resume(long stepCount)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(stepCount);
        foreach (string name in StateNames)
        {
            var values = State(name);
            for (int i = 0; i < values.Length; i++)
                if (!float.IsFinite(values[i])) throw new OnnxGraphException($"value {i} of the state '{name}' is {values[i]}; use an earlier checkpoint");
        }
        StepCount = stepCount;
    }

    /// <summary>Runs forward, backward and the optimiser on the batch that the inputs hold.</summary>
    /// <param name="rate">The learning rate of this step, finite and 0 or more.</param>
    /// <param name="cancellation">Stops before the next operator; the state stays that before the step.</param>
    /// <exception cref="TrainingDivergedException">The loss, the gradient or the new weights are not finite; the state is that before the step.</exception>
    /// <exception cref="OnnxRunException">ONNX Runtime reports an error.</exception>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public StepResult Step(double rate, CancellationToken cancellation = default)
    {
        if (!(rate >= 0) || double.IsInfinity(rate)) throw new ArgumentOutOfRangeException(nameof(rate), rate, $"rate={rate} must be finite and 0 or more");
        long step = StepCount + 1;
        Span<float> scalars = stackalloc float[numbers.Length - (options.AverageDecay > 0 ? 1 : 0)];
        options.Optimiser.Fill(scalars, rate, step);
        for (int i = 0; i < scalars.Length; i++) numbers[i].Span<float>()[0] = scalars[i];
        if (options.AverageDecay > 0) numbers[^1].Span<float>()[0] = (float)Math.Min(options.AverageDecay, (1.0 + step) / (10.0 + step));
        foreach (var (mask, random, drop) in dropouts) FillMask(mask.Span<float>(), random, drop, StepCount);
        bindings[current].Run(cancellation);
        float loss = reports[0].Span<float>()[0], norm = reports[1].Span<float>()[0];
        // The new weights too: a step of finite gradients can be so long that they are not finite any more.
        if (!float.IsFinite(loss) || !float.IsFinite(norm) || !float.IsFinite(reports[2].Span<float>()[0])) throw new TrainingDivergedException(StepCount, loss, norm);
        current = 1 - current;
        StepCount = step;
        return new(loss, norm);
    }

    /// <summary>A metric of <see cref="TrainingOptions.Metrics"/>, as the last step reported it.</summary>
    /// <exception cref="OnnxGraphException">There is no such metric.</exception>
    public float Metric(string name)
    {
        for (int i = 0; i < options.Metrics.Count; i++)
            if (options.Metrics[i].Name == name) return reports[i + 3].Span<float>()[0];
        throw new OnnxGraphException($"there is no metric '{name}'");
    }

    /// <summary>Writes the network up to a tensor as a model of its own, with the weights as they are now (their average where one is kept); see <see cref="GraphBuilder.Export"/>.</summary>
    public byte[] Export(GraphTensor output, ExportOptions? options = null)
    {
        options ??= new();
        bool average = options.Average && this.options.AverageDecay > 0;
        return plan.Graph.Export(output, p => Parameter(p.Name, average).ToArray(), options);
    }

    /// <summary>Ends a training with <see cref="TrainingOptions.ProfilePrefix"/> and returns the path of the file.</summary>
    public string EndProfiling() => session.EndProfiling();

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var binding in bindings) binding.Dispose();
        foreach (var tensor in inputs.Values.Concat(numbers).Concat(reports).Concat(states.SelectMany(s => s))) tensor.Dispose();
        session.Dispose();
    }

    private void Initialise()
    {
        foreach (var parameter in plan.Graph.Parameters) parameter.Start.Fill(Parameter(parameter.Name), CounterRandom.For(options.Seed, parameter.Name));
        if (options.AverageDecay > 0) State("parameters").CopyTo(State("average"));
    }

    private OnnxTensor Find(string name, OnnxElementType type)
    {
        if (!inputs.TryGetValue(name, out var tensor) || plan.Graph.Dropouts.Keys.Any(d => d.Name == name))
            throw new OnnxGraphException($"the training has no input '{name}'; it has {string.Join(", ", inputs.Keys.Except(plan.Graph.Dropouts.Keys.Select(d => d.Name)))}");
        return tensor.ElementType == type ? tensor : throw new OnnxGraphException($"input '{name}' holds {tensor.ElementType}, not {type}");
    }

    private static void FillMask(Span<float> mask, CounterRandom random, double rate, long step)
    {
        float keep = (float)(1 / (1 - rate));
        ulong from = (ulong)step * (ulong)mask.Length;
        for (int i = 0; i < mask.Length; i++) mask[i] = random.Uniform(from + (ulong)i) < rate ? 0 : keep;
    }
}
