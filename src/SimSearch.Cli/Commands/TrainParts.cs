using SimSearch.Datasets;

namespace SimSearch.Cli.Commands;

/// <summary>Which sounds of a data set are learned from, which are looked at meanwhile, and which are left out; places in the data set.</summary>
internal sealed record TrainParts(int[] Train, int[] Validation, int[] Left)
{
    /// <summary>Divides a data set: first what is left out, then, of the rest, what is looked at.</summary>
    /// <param name="dataset">The sounds.</param>
    /// <param name="exclude">Groups to leave out.</param>
    /// <param name="validation">Share of the rest to look at: whole groups where there are two or more, otherwise single sounds, each label in proportion.</param>
    /// <param name="seed">Decides which.</param>
    /// <exception cref="SimSearchException">There is no such group, or too little is left.</exception>
    public static TrainParts Of(Dataset dataset, string[] exclude, double validation, int seed)
    {
        if (exclude.FirstOrDefault(name => !dataset.Groups.Contains(name)) is { } unknown)
            throw new SimSearchException($"--exclude-group {unknown}: there is no such group; there are {(dataset.Groups.Count == 0 ? "none" : string.Join(", ", dataset.Groups.Take(20)))}");
        var rest = dataset.Where(item => item.Group is null || !exclude.Contains(item.Group));
        if (rest.Count == 0) throw new SimSearchException("every sound is left out by --exclude-group; leave some to learn from");
        var placeOf = dataset.Items.Select((item, place) => (item.Id, place)).ToDictionary(p => p.Id, p => p.place);
        int[] Places(Dataset part) => [.. part.Items.Select(item => placeOf[item.Id])];
        int[] left = [.. Enumerable.Range(0, dataset.Count).Except(Places(rest))];
        if (validation == 0) return new(Places(rest), [], left);
        var split = rest.Split(new() { Parts = [new("train", 1 - validation), new("validation", validation)], Seed = seed, ByGroup = rest.Groups.Count > 1 });
        return new(Places(split["train"]), Places(split["validation"]), left);
    }
}
