namespace SimSearch.Datasets;

/// <summary>One part of a split.</summary>
/// <param name="Name">"train", "test", ...</param>
/// <param name="Fraction">Share of the items it should get; the shares are scaled to a sum of 1.</param>
public readonly record struct SplitPart(string Name, double Fraction);

/// <summary>How a data set is divided.</summary>
public sealed record SplitOptions
{
    /// <summary>The parts; two or more, names distinct, fractions above 0. Default: train 0.8, test 0.2.</summary>
    public IReadOnlyList<SplitPart> Parts { get; init; } = [new("train", 0.8), new("test", 0.2)];

    /// <summary>Decides which of the equally good divisions is made. Default 0.</summary>
    public int Seed { get; init; }

    /// <summary>Whether every label should be divided in the same proportion, as far as whole groups allow. Default true.</summary>
    public bool Stratify { get; init; } = true;

    /// <summary>
    /// Whether items of one group stay together; an item without a group goes with the others of its source. Default true. With false, items are
    /// divided one by one, and figures on the test part are too good wherever items of a group resemble each other.
    /// </summary>
    public bool ByGroup { get; init; } = true;
}

/// <summary>A data set divided into named parts without common items.</summary>
public sealed class DatasetSplit
{
    internal DatasetSplit(IReadOnlyList<(string Name, Dataset Items)> parts) => Parts = parts;

    /// <summary>The parts in order; within each the items keep the order they had.</summary>
    public IReadOnlyList<(string Name, Dataset Items)> Parts { get; }

    /// <summary>The part with a name.</summary>
    /// <exception cref="SimSearchException">There is none; the message lists those there are.</exception>
    public Dataset this[string name]
    {
        get
        {
            foreach (var part in Parts) if (part.Name == name) return part.Items;
            throw new SimSearchException($"the split has no part '{name}'; its parts are {string.Join(", ", Parts.Select(p => p.Name))}");
        }
    }

    /// <summary>The part "train".</summary>
    public Dataset Train => this["train"];

    /// <summary>The part "test".</summary>
    public Dataset Test => this["test"];

    /// <summary>Names and sizes.</summary>
    public override string ToString() => string.Join(", ", Parts.Select(p => $"{p.Name} {p.Items.Count}"));
}

public sealed partial class Dataset
{
    /// <summary>Divides the items into parts, each label in proportion, whole groups only; the same options give the same parts.</summary>
    /// <param name="options">Parts, seed and rules; by default 80 % train and 20 % test.</param>
    /// <remarks>
    /// Groups are taken largest first (equals in an order drawn by the seed), each going to the part where it brings the counts of its labels and of
    /// all items closest to what they should be, in squared distance relative to the label's count. With groups of one item this is stratified
    /// sampling to within an item a label; with large groups it is as near as a greedy choice gets. No part stays empty.
    /// </remarks>
    /// <exception cref="ArgumentException">Fewer than two parts, a repeated or empty name, or a fraction that is not above 0.</exception>
    /// <exception cref="SimSearchException">There are fewer groups (or items) than parts.</exception>
    public DatasetSplit Split(SplitOptions? options = null)
    {
        options ??= new SplitOptions();
        if (options.Parts.Count < 2) throw new ArgumentException($"{options.Parts.Count} part is no split; give two or more", nameof(options));
        foreach (var part in options.Parts)
        {
            if (string.IsNullOrEmpty(part.Name)) throw new ArgumentException("a part has no name", nameof(options));
            if (!(part.Fraction > 0) || !double.IsFinite(part.Fraction)) throw new ArgumentException($"part '{part.Name}': fraction={part.Fraction} must be above 0", nameof(options));
        }
        if (options.Parts.Select(p => p.Name).Distinct().Count() < options.Parts.Count) throw new ArgumentException("two parts have the same name", nameof(options));
        int[] partOf = Splitter.Assign(this, [.. options.Parts.Select(p => p.Fraction)], options);
        return new DatasetSplit([.. options.Parts.Select((p, n) => (p.Name, Part(p.Name, partOf, n)))]);
    }

    /// <summary>Divides the items into k parts of like size and gives k splits, each with one part as "test" and the rest as "train".</summary>
    /// <param name="k">Number of folds, 2 or more.</param>
    /// <param name="options">Seed and rules; its parts play no role.</param>
    /// <exception cref="SimSearchException">There are fewer groups (or items) than folds.</exception>
    public IReadOnlyList<DatasetSplit> Folds(int k, SplitOptions? options = null)
    {
        if (k < 2) throw new ArgumentOutOfRangeException(nameof(k), $"k={k} must be 2 or more");
        int[] partOf = Splitter.Assign(this, [.. Enumerable.Repeat(1.0, k)], options ?? new SplitOptions());
        return [.. Enumerable.Range(0, k).Select(fold => TrainAndTest(n => partOf[n] == fold))];
    }

    /// <summary>One split for each group, in the order of <see cref="Groups"/>: that group as "test", all others as "train".</summary>
    /// <exception cref="SimSearchException">There are fewer than two groups, or an item has none.</exception>
    public IReadOnlyList<DatasetSplit> LeaveOneGroupOut()
    {
        if (Items.FirstOrDefault(i => i.Group is null) is { } without) throw new SimSearchException($"item '{without.Id}' has no group; every item needs one to leave groups out");
        if (Groups.Count < 2) throw new SimSearchException($"data set '{Name}' has {Groups.Count} group; leaving one out needs two or more");
        return [.. Groups.Select(g => TrainAndTest(n => Items[n].Group == g))];
    }

    /// <summary>The split that the data set itself assigns (<see cref="Item.Split"/>), its parts in the order in which they first occur.</summary>
    /// <exception cref="SimSearchException">An item has no split, or there is only one.</exception>
    public DatasetSplit SplitByColumn()
    {
        if (Items.FirstOrDefault(i => i.Split is null) is { } without)
            throw new SimSearchException($"data set '{Name}': item '{without.Id}' is assigned to no split; fill the split column of every row, or divide with Split()");
        string[] names = [.. Items.Select(i => i.Split!).Distinct(StringComparer.Ordinal)];
        if (names.Length < 2) throw new SimSearchException($"data set '{Name}' has {(names.Length == 0 ? "no items" : $"only the split '{names[0]}'")}; two or more parts are needed");
        return new DatasetSplit([.. names.Select(name => (name, Where(i => i.Split == name, $"{Name}-{name}")))]);
    }

    private DatasetSplit TrainAndTest(Func<int, bool> isTest)
    {
        int[] partOf = [.. Enumerable.Range(0, Count).Select(n => isTest(n) ? 1 : 0)];
        return new DatasetSplit([("train", Part("train", partOf, 0)), ("test", Part("test", partOf, 1))]);
    }

    private Dataset Part(string name, int[] partOf, int part) => new($"{Name}-{name}", Root, [.. Items.Where((_, n) => partOf[n] == part)]);
}
