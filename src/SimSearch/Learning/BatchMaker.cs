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
    private readonly BatchSampler sampler;
    private readonly ViewMaker views;
    private readonly ViewOptions options;
    private readonly IReadOnlyList<int>? labels;
    private readonly int classes, viewsPerClip;
    private readonly ulong seed;
    private readonly SeededRandom random = new(0);
    private readonly float[] raw;
    private readonly int[] partner;
    private int[] epochBatches = [];
    private int epoch = -1;

    /// <summary>Makes the buffers.</summary>
    /// <param name="store">The clips.</param>
    /// <param name="options">How views are made.</param>
    /// <param name="sampler">Which clips make up a batch; numbers as in <paramref name="clips"/>.</param>
    /// <param name="clips">The clips of the store that take part.</param>
    /// <param name="labels">Class of each of them; null: two views of each clip, and the clip is the class.</param>
    /// <param name="classes">Number of classes.</param>
    /// <param name="seed">Seed.</param>
    public BatchMaker(MelPowerStore store, ViewOptions options, BatchSampler sampler, IReadOnlyList<int> clips, IReadOnlyList<int>? labels, int classes, int seed)
    {
        (this.sampler, this.options, this.labels, this.seed, Clips) = (sampler, options, labels, (ulong)seed, clips);
        views = new(store, options);
        viewsPerClip = labels is null ? 2 : 1;
        this.classes = labels is null ? sampler.BatchSize : classes;
        raw = new float[(long)Views * views.Length];
        partner = new int[Views];
    }

    private IReadOnlyList<int> Clips { get; }

    /// <summary>Views in a batch.</summary>
    public int Views => sampler.BatchSize * viewsPerClip;

    /// <summary>A batch of the right size.</summary>
    public TrainingBatch NewBatch() => new(Views, views.Length, classes);

    /// <summary>Fills a batch.</summary>
    /// <param name="step">Steps since the beginning of the training.</param>
    /// <param name="batch">From <see cref="NewBatch"/>.</param>
    public void Fill(long step, TrainingBatch batch)
    {
        int now = (int)(step / sampler.Steps), length = views.Length, clipsInBatch = sampler.BatchSize;
        if (now != epoch) (epochBatches, epoch) = (sampler.Epoch(now), now);
        var clips = epochBatches.AsSpan((int)(step % sampler.Steps) * clipsInBatch, clipsInBatch);
        bool mixes = options.MixShare > 0 || options.BackgroundShare > 0;
        float[] cut = mixes ? raw : batch.Inputs;
        for (int v = 0; v < Views; v++)
        {
            random.Restart(seed, Stream(step, v, 0));
            views.Cut(Clips[clips[v % clipsInBatch]], random, cut.AsSpan(v * length, length));
        }
        random.Restart(seed, Stream(step, Views, 0));
        for (int v = 0; v < Views; v++) partner[v] = v;
        random.Shuffle<int>(partner);
        batch.Targets.AsSpan().Clear();
        for (int v = 0; v < Views; v++)
        {
            random.Restart(seed, Stream(step, v, 1));
            var view = batch.Inputs.AsSpan(v * length, length);
            int own = Target(clips, v);
            float share = random.NextDouble() < options.MixShare ? (float)random.NextDouble() : 1;
            float level = random.NextDouble() < options.BackgroundShare ? (float)Math.Pow(10, -random.Between(5, 25) / 10) : 0;
            if (mixes)
            {
                var other = raw.AsSpan(partner[v] * length, length);
                TensorPrimitives.Multiply(raw.AsSpan(v * length, length), share, view);
                if (1 - share + level > 0) TensorPrimitives.MultiplyAdd(other, 1 - share + level, view, view);
            }
            batch.Targets[v * classes + own] += share;
            batch.Targets[v * classes + Target(clips, partner[v])] += 1 - share;
            views.Finish(random, view);
        }
        batch.Step = step;
    }

    private int Target(ReadOnlySpan<int> clips, int view) => labels is null ? view % clips.Length : labels[clips[view % clips.Length]];

    private static ulong Stream(long step, int view, int part) => ((ulong)step << 20) | ((ulong)view << 2) | (uint)part;
}
