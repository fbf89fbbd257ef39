using System.Diagnostics;
using SimSearch.Datasets;
using SimSearch.Evaluation;

namespace SimSearch.Learning;

/// <summary>Clips to learn from, and clips to look for among them.</summary>
/// <param name="Name">The group or split that is left out.</param>
/// <param name="Train">What is learned from, and then searched.</param>
/// <param name="Queries">What is asked: never learned from.</param>
public sealed record Fold(string Name, IReadOnlyList<int> Train, IReadOnlyList<int> Queries);

/// <summary>What one fold came to.</summary>
/// <param name="Fold">The group or split that was left out.</param>
/// <param name="Seed">Seed of the training.</param>
/// <param name="Figures">How well its clips found those of their class.</param>
/// <param name="Loss">Mean loss of the last epoch.</param>
/// <param name="Seconds">Time of the training.</param>
public sealed record FoldResult(string Fold, int Seed, RetrievalReport Figures, double Loss, double Seconds);

/// <summary>Measures a training honestly: on clips of groups that it has not seen. Nothing is chosen by the clips that are asked; the last weights count, or those that validation clips taken from the others chose.</summary>
public static class FoldExperiment
{
    /// <summary>Each group in turn left out: its clips ask all others.</summary>
    /// <param name="items">The clips.</param>
    /// <exception cref="SimSearchException">There are fewer than two groups, or a clip has none.</exception>
    public static IReadOnlyList<Fold> ByGroup(IReadOnlyList<Item> items)
    {
        ArgumentNullException.ThrowIfNull(items);
        if (items.FirstOrDefault(i => i.Group is null) is { } bare) throw new SimSearchException($"'{bare.Id}' has no group (fold, speaker, recording); leaving groups out needs one for every clip (--group-column)");
        string[] groups = [.. items.Select(i => i.Group!).Distinct().Order(StringComparer.Ordinal)];
        if (groups.Length < 2) throw new SimSearchException($"there is {groups.Length} group; leaving one out needs two or more");
        return [.. groups.Select(g => Of(items, g, i => i.Group == g))];
    }

    /// <summary>The split that the data set itself assigns: what is not "train" asks what is.</summary>
    /// <param name="items">The clips.</param>
    /// <exception cref="SimSearchException">No clip, or every clip, is of the split "train".</exception>
    public static IReadOnlyList<Fold> BySplit(IReadOnlyList<Item> items)
    {
        ArgumentNullException.ThrowIfNull(items);
        int train = items.Count(i => i.Split == "train");
        if (train == 0 || train == items.Count) throw new SimSearchException($"{train} of the {items.Count} clips are of the split 'train'; asking the others needs some of both (--split-column)");
        return [Of(items, "official", i => i.Split != "train")];
    }

    /// <summary>Trains on a fold's clips and asks with those left out.</summary>
    /// <param name="store">The clips.</param>
    /// <param name="options">How to train.</param>
    /// <param name="fold">What is left out.</param>
    /// <param name="job">Threads, device, checkpoint; its clips are not used.</param>
    /// <param name="progress">Told about every step.</param>
    /// <param name="cancellation">Stops after the step in hand.</param>
    public static FoldResult Run(MelPowerStore store, LearningOptions options, Fold fold, LearningJob? job = null, IProgress<LearningProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(fold);
        job ??= new();
        var clock = Stopwatch.StartNew();
        using var learner = new MetricLearner(store, options, job with { Train = fold.Train, Validation = null });
        byte[] model = learner.Train(progress, cancellation);
        double seconds = clock.Elapsed.TotalSeconds;
        using var embedder = new ClipEmbedder(model, options.Features, job.Threads);
        return new FoldResult(fold.Name, options.Seed, embedder.Evaluate(store, fold.Queries, fold.Train, job.Threads), learner.History[^1].Loss, seconds);
    }

    private static Fold Of(IReadOnlyList<Item> items, string name, Func<Item, bool> isQuery)
    {
        int[] all = [.. Enumerable.Range(0, items.Count)];
        return new(name, [.. all.Where(i => !isQuery(items[i]))], [.. all.Where(i => isQuery(items[i]))]);
    }
}
