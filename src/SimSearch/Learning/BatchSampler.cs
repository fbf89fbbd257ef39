using SimSearch.Datasets;

namespace SimSearch.Learning;

/// <summary>
/// Which clips make up each batch. With labels: so many classes, so many clips of each, so that every clip has positives. Without: clips in random order. A function of
/// seed and epoch alone. Immutable; safe for use by many threads.
/// </summary>
/// <remarks>
/// In an epoch each class's clips are shuffled and dealt out in turn, beginning again when they are used up: a class with fewer clips than a batch takes of it gives some of them twice, as different views.
/// An epoch has clips / batch size steps, at least one.
/// </remarks>
internal sealed class BatchSampler
{
    private readonly ulong seed;
    private readonly int[][] clipsOf;
    private readonly int[] clips;
    private readonly int classesPerBatch, clipsPerClass;

    /// <summary>Class-balanced batches.</summary>
    /// <param name="labels">Class of each clip, 0 up, or -1 for clips that take no part.</param>
    /// <param name="classesPerBatch">Classes in a batch, 2 or more; fewer when there are not so many.</param>
    /// <param name="clipsPerClass">Clips of each, 1 or more.</param>
    /// <param name="seed">Seed.</param>
    /// <exception cref="SimSearchException">There are fewer than two classes, or a class has no clips.</exception>
    public BatchSampler(IReadOnlyList<int> labels, int classesPerBatch, int clipsPerClass, int seed)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(classesPerBatch, 2);
        ArgumentOutOfRangeException.ThrowIfLessThan(clipsPerClass, 1);
        clips = [.. Enumerable.Range(0, labels.Count).Where(i => labels[i] >= 0)];
        clipsOf = [.. Enumerable.Range(0, clips.Length == 0 ? 0 : labels.Max() + 1).Select(c => clips.Where(i => labels[i] == c).ToArray())];
        if (clipsOf.Length == 0) throw new SimSearchException("there are no labelled clips to learn from; give every sound a class (a sub-folder each, or --label-column)");
        if (Array.FindIndex(clipsOf, c => c.Length == 0) is >= 0 and var empty) throw new SimSearchException($"class {empty} has no clips to learn from; leave it out or give it some");
        if (clipsOf.Length < 2) throw new SimSearchException($"all {clips.Length} sounds are of one class; telling sounds apart needs two or more classes (or no labels at all: --loss ntxent)");
        if (clips.Length == clipsOf.Length && clipsPerClass > 1)
            throw new SimSearchException($"each of the {clips.Length} classes has one clip; learning what clips of a class share needs two or more of at least one class");
        (this.classesPerBatch, this.clipsPerClass, this.seed) = (Math.Min(classesPerBatch, clipsOf.Length), clipsPerClass, (ulong)seed);
    }

    /// <summary>Batches without labels.</summary>
    /// <param name="count">Number of clips, 2 or more.</param>
    /// <param name="batchSize">Clips in a batch, 2 or more; fewer when there are not so many.</param>
    /// <param name="seed">Seed.</param>
    /// <exception cref="SimSearchException">There are fewer than two clips.</exception>
    public BatchSampler(int count, int batchSize, int seed)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(batchSize, 2);
        if (count < 2) throw new SimSearchException($"{count} clip is too little; telling sounds apart needs two or more");
        clips = [.. Enumerable.Range(0, count)];
        clipsOf = [clips];
        (classesPerBatch, clipsPerClass, this.seed) = (1, Math.Min(batchSize, count), (ulong)seed);
    }

    /// <summary>The seed.</summary>
    public ulong Seed => seed;

    /// <summary>Clips in a batch.</summary>
    public int BatchSize => classesPerBatch * clipsPerClass;

    /// <summary>Steps of an epoch.</summary>
    public int Steps => Math.Max(1, clips.Length / BatchSize);

    /// <summary>The batches of an epoch, [steps x batch size]: clips of a class stand together.</summary>
    public int[] Epoch(int epoch)
    {
        var random = new SeededRandom(seed ^ 0x42415443, (ulong)epoch);
        int[][] order = [.. clipsOf.Select(c => (int[])[.. c])];
        foreach (int[] own in order) random.Shuffle<int>(own);
        int[] classes = [.. Enumerable.Range(0, clipsOf.Length)];
        var used = new int[clipsOf.Length];
        var batches = new int[Steps * BatchSize];
        int at = 0, place = classes.Length;
        for (int step = 0; step < Steps; step++)
        {
            if (place + classesPerBatch > classes.Length)
            {
                random.Shuffle<int>(classes);
                place = 0;
            }
            foreach (int label in classes.AsSpan(place, classesPerBatch))
                for (int i = 0; i < clipsPerClass; i++) batches[at++] = order[label][used[label]++ % order[label].Length];
            place += classesPerBatch;
        }
        return batches;
    }
}
