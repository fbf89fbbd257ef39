using System.Runtime.InteropServices;
using System.Text.Json;
using SimSearch.Datasets;
using SimSearch.Embedding;
using SimSearch.Onnx;
using SimSearch.Storage;

namespace SimSearch.Learning;

/// <summary>Which clips a network learns from, and how the training is run.</summary>
public sealed record LearningJob
{
    /// <summary>Clips of the store to learn from; null: all.</summary>
    public IReadOnlyList<int>? Train { get; init; }

    /// <summary>Clips that are not learned from but looked for among the others, to see how the training goes; null: none.</summary>
    public IReadOnlyList<int>? Validation { get; init; }

    /// <summary>Threads of a step, 1 or more. Another number can change the last digits of the result.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>What computes.</summary>
    public OnnxDevice Device { get; init; }

    /// <summary>Where the state of the training is kept while it lasts; null: nowhere.</summary>
    public string? Checkpoint { get; init; }

    /// <summary>Shortest time from one checkpoint to the next, in seconds; they are written after an epoch. Default 5.</summary>
    public double CheckpointSeconds { get; init; } = 5;

    /// <summary>Whether to go on from the checkpoint, when there is one; false begins anew and replaces it.</summary>
    public bool Resume { get; init; }
}

/// <summary>Trains a network so that clips of a class (or views of a clip) come to lie near each other.</summary>
/// <remarks>
/// Forward, backward and the optimiser's step are one ONNX graph. Batches are made ahead on another thread and depend on seed and step alone. Same options, clips, thread count and machine:
/// same bytes, also when the training was killed and resumed in between.
/// </remarks>
public sealed class MetricLearner : IDisposable
{
    internal const string InputName = "power", OutputName = "embedding";

    private readonly MelPowerStore store;
    private readonly LearningOptions options;
    private readonly LearningJob job;
    private readonly int[] train, labels;
    private readonly string[] classes;
    private readonly BatchSampler[] samplers;
    private readonly TrainingGraph graph;
    private readonly GraphTensor exported;
    private readonly TrainingBatch shape;
    private readonly List<LearningEpoch> history = [];
    private byte[] best = [];

    /// <summary>Builds the network and its training.</summary>
    /// <param name="store">The clips.</param>
    /// <param name="options">How to train; features, warps and copies as the store was filled with.</param>
    /// <param name="job">Which clips, how to run.</param>
    /// <exception cref="SimSearchException">There are too few clips or classes, a clip has no label, or a step would take too much memory.</exception>
    public MetricLearner(MelPowerStore store, LearningOptions options, LearningJob? job = null)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(options);
        options.Check();
        (this.store, this.options, this.job) = (store, options, job ?? new());
        train = [.. this.job.Train ?? [.. Enumerable.Range(0, store.Count)]];
        CheckClips();
        (classes, labels, samplers) = Plan(store.Items, train, options);
        long inputs = (long)BatchViews * options.Views.Frames * store.Bands * sizeof(float), free = AvailableMemory.Bytes;
        if (inputs > Math.Min(free, Array.MaxLength)) throw TooLarge($"its inputs alone are {inputs / 1e9:N1} GB, {free / 1e9:N1} GB are free", BatchViews * Math.Min(free, Array.MaxLength) / inputs / 64);
        shape = NewMaker().NewBatch();
        Fingerprint = FingerprintOf();
        (graph, exported) = Compile();
    }

    /// <summary>Hash of everything that decides what comes out: options, clips, labels.</summary>
    public string Fingerprint { get; }

    /// <summary>Classes that are learned, in ordinal order; none without labels.</summary>
    public IReadOnlyList<string> Classes => classes;

    /// <summary>Numbers that are trained, those that only the loss needs included.</summary>
    public long ParameterCount => graph.ParameterCount;

    /// <summary>Why the device asked for is not used; null when it is.</summary>
    public string? Warning => graph.Warning;

    /// <summary>Threads of a step.</summary>
    public int Threads => job.Threads;

    /// <summary>Epochs so far.</summary>
    public IReadOnlyList<LearningEpoch> History => history;

    /// <summary>Epochs that the checkpoint holds; 0 when this training has neither written nor read one.</summary>
    public int SavedEpochs { get; private set; }

    /// <summary>Share of the time that the trainer waited for batches.</summary>
    public double WaitShare { get; private set; }

    /// <summary>Refuses what nothing can be learned from, before any of it is read.</summary>
    /// <param name="items">All clips.</param>
    /// <param name="train">Places of those to learn from.</param>
    /// <param name="options">How.</param>
    /// <exception cref="SimSearchException">There are too few clips or classes, or a clip has no label.</exception>
    public static void Check(IReadOnlyList<Item> items, IReadOnlyList<int> train, LearningOptions options)
    {
        ArgumentNullException.ThrowIfNull(items);
        ArgumentNullException.ThrowIfNull(train);
        ArgumentNullException.ThrowIfNull(options);
        options.Check();
        _ = Plan(items, train, options);
    }

    /// <summary>Trains to the end.</summary>
    /// <param name="progress">Told about every step, on this thread.</param>
    /// <param name="cancellation">Stops after the step in hand; what was saved stays.</param>
    /// <returns>The network as an ONNX model: input "power", [1 x frames x bands] of mel power; output "embedding".</returns>
    /// <exception cref="LearningException">The loss is no number any more; the last checkpoint is from before that.</exception>
    /// <exception cref="SimSearchException">The checkpoint is damaged or of another training.</exception>
    public byte[] Train(IProgress<LearningProgress>? progress = null, CancellationToken cancellation = default)
    {
        int steps = samplers[0].Steps;
        long total = (long)options.Epochs * steps;
        var schedule = new CosineSchedule(options.Rate, total, (long)(options.WarmUp * total));
        if (job.Checkpoint is { } path)
        {
            if (job.Resume) Restore(path);
            else if (!Checkpoint.Exists(path, Fingerprint)) File.Delete(path); // that of the same training leads to the same end, until a newer one takes its place
        }
        long began = Environment.TickCount64, saved = began;
        if (graph.StepCount < total && !IsStopped)
        {
            using var feed = new BatchFeed(NewMaker, graph.StepCount, total);
            double loss = 0, norm = 0;
            while (graph.StepCount < total)
            {
                cancellation.ThrowIfCancellationRequested();
                var result = Step(feed, schedule.Rate(graph.StepCount), cancellation);
                (loss, norm) = (loss + result.Loss / steps / options.Networks, norm + result.GradientNorm / steps);
                if (graph.StepCount % steps != 0)
                {
                    progress?.Report(new(graph.StepCount, total, null, result.Loss / options.Networks));
                    continue;
                }
                EndEpoch(new((int)(graph.StepCount / steps), loss, schedule.Rate(graph.StepCount - 1), norm));
                (loss, norm) = (0, 0);
                progress?.Report(new(graph.StepCount, total, history[^1], result.Loss / options.Networks));
                if (IsStopped) break;
                if (job.Checkpoint is null || Environment.TickCount64 - saved < 1000 * job.CheckpointSeconds) continue;
                Save(job.Checkpoint);
                saved = Environment.TickCount64;
            }
            WaitShare = feed.Waited.TotalMilliseconds / Math.Max(1, Environment.TickCount64 - began);
        }
        return options.Patience > 0 && best.Length > 0 ? best : Export();
    }

    /// <summary>The network as it is now (the average of its weights), as an ONNX model.</summary>
    public byte[] Export()
    {
        var open = options.Features.Frames is null ? new[] { (InputName, 1, "frames") } : [];
        return graph.Export(exported, new() { Open = open, OutputName = OutputName });
    }

    /// <summary>The vectors that the network, as it is now, gives to some clips.</summary>
    /// <param name="clips">Places in the store; null: all.</param>
    public Embeddings Embed(IReadOnlyList<int>? clips = null)
    {
        using var embedder = new ClipEmbedder(Export(), options.Features, job.Threads);
        return embedder.Embed(store, clips ?? [.. Enumerable.Range(0, store.Count)]);
    }

    /// <summary>The values of a parameter as they are exported.</summary>
    internal ReadOnlySpan<float> Parameter(string name) => graph.Parameter(name, average: options.AverageDecay > 0);

    /// <inheritdoc/>
    public void Dispose() => graph.Dispose();

    private bool IsStopped
    {
        get
        {
            if (options.Patience == 0 || job.Validation is null) return false;
            int bestEpoch = history.Where(e => e.Map is not null).MaxBy(e => e.Map)?.Epoch ?? 0;
            return history.Count > 0 && history[^1].Epoch - bestEpoch >= options.Patience && history[^1].Map is not null;
        }
    }

    private StepResult Step(BatchFeed feed, double rate, CancellationToken cancellation)
    {
        var batch = feed.Next(cancellation);
        batch.Inputs.CopyTo(graph.Input("input"));
        if (options.UsesLabels) batch.Targets.CopyTo(graph.Input("targets"));
        feed.Return(batch);
        try
        {
            return graph.Step(rate, cancellation);
        }
        catch (TrainingDivergedException e)
        {
            string kept = job.Checkpoint is { } path && File.Exists(path) ? $"; the last good state is in '{path}'" : "";
            throw new LearningException(FormattableString.Invariant($"step {e.Step + 1} (epoch {e.Step / samplers[0].Steps + 1}): the loss is {e.Loss}, training cannot go on; train with a lower rate than {options.Rate}{kept}"), e.Step + 1);
        }
    }

    private void EndEpoch(LearningEpoch epoch)
    {
        bool last = epoch.Epoch == options.Epochs;
        if (job.Validation is { Count: > 0 } validation && (last || epoch.Epoch % options.ValidateEvery == 0))
        {
            byte[] model = Export();
            using var embedder = new ClipEmbedder(model, options.Features, job.Threads);
            var figures = embedder.Evaluate(store, validation, train, job.Threads);
            epoch = epoch with { Map = figures.Map.Value, PrecisionAt1 = figures.Precision[1].Value };
            if (options.Patience > 0 && !history.Any(e => e.Map >= epoch.Map)) best = model;
        }
        history.Add(epoch);
    }

    private (GraphTensor Loss, GraphTensor Exported) Network(GraphBuilder g)
    {
        int views = shape.Inputs.Length / (options.Views.Frames * store.Bands), own = views / options.Networks;
        var input = g.Input("input", [views, options.Views.Frames, store.Bands]);
        var power = g.Input(InputName, [1, options.Features.Frames ?? options.Features.MaxFrames, store.Bands]);
        var scaled = EmbeddingNetwork.Scale(g, power, options.Features.Scaling);
        var targets = options.UsesLabels ? g.Input("targets", [views, classes.Length]) : null;
        var parts = new List<(GraphTensor Loss, GraphTensor Embedding)>();
        for (int n = 0; n < options.Networks; n++)
        {
            GraphTensor Own(GraphTensor all) => options.Networks == 1 ? all : g.Slice(all, 0, n * own, (n + 1) * own);
            using IDisposable? inside = n == 0 ? null : g.Scope($"network{n + 1}");
            var network = new EmbeddingNetwork(g, options);
            parts.Add((Loss(g, network.Apply(Own(input), learning: true), targets is null ? null : Own(targets)), network.Apply(scaled, learning: false)));
        }
        if (parts.Count == 1) return parts[0];
        return (parts.Select(p => p.Loss).Aggregate((a, b) => a + b), g.Concat(1, [.. parts.Select(p => p.Embedding)]) * (1 / Math.Sqrt(parts.Count)));
    }

    private GraphTensor Loss(GraphBuilder g, GraphTensor z, GraphTensor? targets)
    {
        if (targets is null) return g.NormalisedTemperature(g.Slice(z, 0, 0, z[0] / 2), g.Slice(z, 0, z[0] / 2, z[0]), options.Temperature);
        GraphTensor ClassVectors() => g.Parameter("classes", [classes.Length, z[1]], Initialiser.Normal(0.05));
        return options.Loss switch
        {
            LearningLoss.SupCon => g.SupervisedContrastive(z, targets, options.Temperature),
            LearningLoss.Softmax => g.CosineSoftmax(z, ClassVectors(), targets, options.Scale),
            LearningLoss.ArcFace => g.CosineSoftmax(z, ClassVectors(), targets, options.Scale, options.Margin),
            LearningLoss.Triplet => g.TripletSemiHard(z, targets, options.Margin),
            _ => g.CosineSoftmax(z, ClassVectors(), targets, options.Scale) + g.SupervisedContrastive(z, targets, options.Temperature),
        };
    }

    /// <summary>Classes, the class of each clip, and a sampler for each network; the first one's seed is the training's.</summary>
    private static (string[] Classes, int[] Labels, BatchSampler[] Samplers) Plan(IReadOnlyList<Item> items, IReadOnlyList<int> train, LearningOptions options)
    {
        BatchSampler[] Samplers(Func<int, BatchSampler> of) => [.. Enumerable.Range(0, options.Networks).Select(n => of(unchecked(options.Seed + n * 0x3C6EF372)))];
        if (!options.UsesLabels) return ([], [], Samplers(seed => new(train.Count, options.UnlabelledBatch, seed)));
        int bare = train.Count(i => items[i].Label is null);
        if (bare > 0)
            throw new SimSearchException($"{(bare == train.Count ? $"none of the {bare} sounds has a label" : $"'{items[train.First(i => items[i].Label is null)].Id}' has no label")}; give every sound a class (a sub-folder each, or --label-column), leave it out, or learn without labels (--loss ntxent)");
        string[] classes = [.. train.Select(i => items[i].Label!).Distinct().Order(StringComparer.Ordinal)];
        int[] labels = [.. train.Select(i => Array.BinarySearch(classes, items[i].Label!, StringComparer.Ordinal))];
        return (classes, labels, Samplers(seed => new(labels, options.ClassesPerBatch, options.ClipsPerClass, seed)));
    }

    private (TrainingGraph, GraphTensor) Compile()
    {
        try
        {
            var builder = new GraphBuilder();
            var (loss, embedding) = Network(builder);
            Optimiser optimiser = options.Sgd ? new Sgd(0.9, WeightDecay: options.WeightDecay) : new AdamW(0.9, 0.99, WeightDecay: options.WeightDecay);
            var training = TrainingGraph.Compile(builder, loss, new()
            {
                Optimiser = optimiser, ClipNorm = options.ClipNorm * Math.Sqrt(options.Networks), AverageDecay = options.AverageDecay, Seed = (ulong)options.Seed, Threads = job.Threads, Device = job.Device,
            });
            return (training, embedding);
        }
        catch (OnnxMemoryException e)
        {
            throw TooLarge(e.Message, (long)((Int128)BatchViews * e.Allowed / e.Estimate.Peak), e);
        }
        catch (OnnxGraphException e)
        {
            throw new SimSearchException($"the network cannot be trained like this: {e.Message}", e);
        }
    }

    private int BatchViews => samplers.Sum(s => s.BatchSize) * (options.UsesLabels ? 1 : 2);

    private SimSearchException TooLarge(string why, long fitting, Exception? inner = null) => new(
        $"a batch of {BatchViews} views, each {options.Views.Frames} frames x {store.Bands} bands, takes too much memory: {why}. About {fitting} such views would fit: take fewer clips a batch " +
        $"({(options.UsesLabels ? "LearningOptions.ClassesPerBatch and ClipsPerClass" : "LearningOptions.UnlabelledBatch")}), shorter views (ViewOptions.Frames) or fewer channels (LearningOptions.Channels), or end other programs", inner);

    private BatchMaker NewMaker() => new(store, options.Views, samplers, train, options.UsesLabels ? labels : null, classes.Length);

    private void Save(string path)
    {
        var state = new byte[graph.StateNames.Count * (int)graph.ParameterCount * sizeof(float)];
        int at = 0;
        foreach (string name in graph.StateNames)
        {
            var bytes = MemoryMarshal.AsBytes(graph.State(name));
            bytes.CopyTo(state.AsSpan(at));
            at += bytes.Length;
        }
        new Checkpoint { Fingerprint = Fingerprint, Step = graph.StepCount, History = history, State = state, Best = best }.Save(path);
        SavedEpochs = history.Count;
    }

    private void Restore(string path)
    {
        if (Checkpoint.Load(path, Fingerprint) is not { } checkpoint) return;
        if (checkpoint.State.Length != graph.StateNames.Count * graph.ParameterCount * sizeof(float) || checkpoint.Step % samplers[0].Steps != 0)
            throw new SimSearchException($"{path}: is the checkpoint of another network; delete it and train from the beginning");
        int at = 0;
        foreach (string name in graph.StateNames)
        {
            var bytes = MemoryMarshal.AsBytes(graph.State(name));
            checkpoint.State.AsSpan(at, bytes.Length).CopyTo(bytes);
            at += bytes.Length;
        }
        graph.Resume(checkpoint.Step);
        history.AddRange(checkpoint.History);
        best = checkpoint.Best;
        SavedEpochs = history.Count;
    }

    private void CheckClips()
    {
        foreach (int clip in train.Concat(job.Validation ?? []))
            if ((uint)clip >= (uint)store.Count) throw new ArgumentOutOfRangeException(nameof(job), $"clip {clip} is not one of the {store.Count} clips");
        if (job.Validation?.Intersect(train).Any() == true) throw new ArgumentException("a validation clip is also learned from; take it out of one of the lists", nameof(job));
        if (options.Patience > 0 && job.Validation is not { Count: > 0 }) throw new SimSearchException("stopping early needs validation clips to look at; set some apart (--validation 0.2), or train all epochs");
    }

    private string FingerprintOf() => Canonical.Sha256(JsonSerializer.Serialize(new
    {
        options,
        clips = train.Select((clip, i) => (store.Items[clip].Id, labels.Length > 0 ? labels[i] : 0, store.Frames(clip)).ToString()),
        validation = job.Validation?.Select(clip => store.Items[clip].Id) ?? [],
    }));
}
