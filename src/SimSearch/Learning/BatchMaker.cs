using System.Numerics.Tensors;
using SimSearch.Datasets;

namespace SimSearch.Learning;

/// <summary>What one training step is fed with; pinned, so that a session can be bound to it, and used again and again.</summary>
internal sealed class TrainingBatch(int views, int viewLength, int targetWidth)
{
    /// <summary>[views x frames x bands].</summary>
    public float[] Inputs { get; } = GC.AllocateArray<float>(checked(views * viewLength), pinned: true);

    /// <summary>[views x classes]: shares of the classes, each row with sum 1; without labels, [views x clips]: which clip a view is of.</summary>
    public float[] Targets { get; } = GC.AllocateArray<float>(views * targetWidth, pinned: true);

    /// <summary>The step it is for.</summary>
    public long Step { get; set; }
}

/// <summary>
/// Makes the batch of a step: a function of seed and step alone, whichever thread does it and whatever was made before. One thread at a time.
/// </summary>
internal sealed class BatchMaker
{
    private readonly BatchSampler[] samplers;
    private readonly ViewMaker views;
    private readonly ViewOptions options;
    private readonly IReadOnlyList<int>? labels;
    private readonly int classes, viewsPerClip;
    private readonly SeededRandom random = new(0);
    private readonly float[] raw;
    private readonly int[] partner;
    private readonly int[][] epochBatches;
    private int epoch = -1;

    /// <summary>Makes the buffers.</summary>
    /// <param name="store">The clips.</param>
    /// <param name="options">How views are made.</param>
    /// <param name="samplers">Which clips make up the part of each network in a batch, numbers as in <paramref name="clips"/>; all of one size. Their seeds decide how the views look.</param>
    /// <param name="clips">The clips of the store that take part.</param>
    /// <param name="labels">Class of each of them; null: two views of each clip, and the clip is the class.</param>
    /// <param name="classes">Number of classes.</param>
    public BatchMaker(MelPowerStore store, ViewOptions options, IReadOnlyList<BatchSampler> samplers, IReadOnlyList<int> clips, IReadOnlyList<int>? labels, int classes)
    {
        (this.samplers, this.options, this.labels, Clips) = ([.. samplers], options, labels, clips);
        views = new(store, options);
        viewsPerClip = labels is null ? 2 : 1;
        this.classes = labels is null ? samplers[0].BatchSize : classes;
        raw = new float[(long)Views * views.Length];
        partner = new int[Views];
        epochBatches = new int[samplers.Count][];
    }

    private IReadOnlyList<int> Clips { get; }

    /// <summary>Views in the part of one network.</summary>
    public int Views => samplers[0].BatchSize * viewsPerClip;

    /// <summary>A batch of the right size.</summary>
    public TrainingBatch NewBatch() => new(samplers.Length * Views, views.Length, classes);

    /// <summary>Fills a batch.</summary>
    /// <param name="step">Steps since the beginning of the training.</param>
    /// <param name="batch">From <see cref="NewBatch"/>.</param>
    public void Fill(long step, TrainingBatch batch)
    {
        int now = (int)(step / samplers[0].Steps), inputs = Views * views.Length, targets = Views * classes;
        for (int n = 0; now != epoch && n < samplers.Length; n++) epochBatches[n] = samplers[n].Epoch(now);
        epoch = now;
        batch.Targets.AsSpan().Clear();
        for (int n = 0; n < samplers.Length; n++) Fill(step, n, batch.Inputs.AsSpan(n * inputs, inputs), batch.Targets.AsSpan(n * targets, targets));
        batch.Step = step;
    }

    private void Fill(long step, int network, Span<float> inputs, Span<float> targets)
    {
        int length = views.Length, clipsInBatch = samplers[network].BatchSize;
        ulong seed = samplers[network].Seed;
        var clips = epochBatches[network].AsSpan((int)(step % samplers[network].Steps) * clipsInBatch, clipsInBatch);
        bool mixes = options.MixShare > 0 || options.BackgroundShare > 0;
        var cut = mixes ? raw.AsSpan() : inputs;
        for (int v = 0; v < Views; v++)
        {
            random.Restart(seed, Stream(step, v, 0));
            views.Cut(Clips[clips[v % clipsInBatch]], random, cut.Slice(v * length, length));
        }
        random.Restart(seed, Stream(step, Views, 0));
        for (int v = 0; v < Views; v++) partner[v] = v;
        random.Shuffle<int>(partner);
        for (int v = 0; v < Views; v++)
        {
            random.Restart(seed, Stream(step, v, 1));
            var view = inputs.Slice(v * length, length);
            int own = Target(clips, v);
            float share = random.NextDouble() < options.MixShare ? (float)random.NextDouble() : 1;
            float level = random.NextDouble() < options.BackgroundShare ? (float)Math.Pow(10, -random.Between(5, 25) / 10) : 0;
            if (mixes)
            {
                var other = raw.AsSpan(partner[v] * length, length);
                TensorPrimitives.Multiply(raw.AsSpan(v * length, length), share, view);
                if (1 - share + level > 0) TensorPrimitives.MultiplyAdd(other, 1 - share + level, view, view);
            }
            targets[v * classes + own] += share;
            targets[v * classes + Target(clips, partner[v])] += 1 - share;
            views.Finish(random, view);
        }
    }

    private int Target(ReadOnlySpan<int> clips, int view) => labels is null ? view % clips.Length : labels[clips[view % clips.Length]];

    private static ulong Stream(long step, int view, int part) => ((ulong)step << 20) | ((ulong)view << 2) | (uint)part;
}
