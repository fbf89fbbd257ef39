using FsCheck;
using FsCheck.Fluent;
using SimSearch.Datasets;

namespace SimSearch.Tests;

public sealed class DatasetSplitTests
{
    private static Dataset Set(IEnumerable<(string Label, string? Group)> rows) => new("d", ".",
        [.. rows.Select((r, n) => new Item { Id = $"{n}", Source = $"{n}.wav", Labels = [r.Label], Group = r.Group })]);

    private static Dataset Balanced(int labels, int groups, int each) =>
        Set(from l in Enumerable.Range(0, labels) from g in Enumerable.Range(0, groups) from _ in Enumerable.Range(0, each) select ($"l{l}", (string?)$"g{g}"));

    private static string[] Ids(Dataset set) => [.. set.Items.Select(i => i.Id)];

    [Fact]
    public void Items_without_groups_are_divided_label_by_label_to_within_one_item()
    {
        var set = Set(Enumerable.Range(0, 300).Select(n => (n < 200 ? "much" : n < 290 ? "some" : "few", (string?)null)));
        var split = set.Split();
        Assert.Equal(300, split.Train.Count + split.Test.Count);
        Assert.Empty(Ids(split.Train).Intersect(Ids(split.Test)));
        foreach (var (label, count) in set.CountsByLabel) Assert.InRange(split.Test.CountsByLabel[label], count * 0.2 - 1, count * 0.2 + 1);
    }

    [Fact]
    public void Groups_can_be_given_anew_and_nothing_else_changes()
    {
        var set = Balanced(2, 3, 2);
        var bySource = set.GroupedBy(item => item.Source);
        Assert.Equal(set.Count, bySource.Groups.Count);
        Assert.Equal(set.Items.Select(i => (i.Id, i.Source, i.Label)), bySource.Items.Select(i => (i.Id, i.Source, i.Label)));
        Assert.Empty(set.GroupedBy(_ => null).Groups);
        Assert.Equal(3, set.Groups.Count);
    }

    [Fact]
    public void Labels_with_two_items_each_still_fill_the_test_part()
    {
        var split = Set(Enumerable.Range(0, 200).Select(n => ($"l{n / 2}", (string?)null))).Split();
        Assert.InRange(split.Test.Count, 30, 50);
        Assert.True(split.Test.CountsByLabel.Values.All(n => n == 1));
    }

    [Fact]
    public void The_same_seed_gives_the_same_parts_in_whatever_order_the_items_are_and_another_seed_gives_others()
    {
        var set = Balanced(4, 20, 2);
        var turned = new Dataset("d", ".", [.. set.Items.Reverse()]);
        Assert.Equal(Ids(set.Split(new() { Seed = 7 }).Test), Ids(set.Split(new() { Seed = 7 }).Test));
        Assert.Equal(Ids(set.Split(new() { Seed = 7 }).Test).Order(), Ids(turned.Split(new() { Seed = 7 }).Test).Order());
        Assert.NotEqual(Ids(set.Split(new() { Seed = 7 }).Test), Ids(set.Split(new() { Seed = 8 }).Test));
    }

    [Fact]
    public void No_group_is_ever_on_both_sides_and_nothing_is_lost_or_doubled()
    {
        Prop.ForAll(Gen.Choose(0, 1_000_000).ToArbitrary(), seed =>
        {
            var random = new SeededRandom((ulong)seed);
            int groups = 2 + random.Below(20), parts = 2 + random.Below(Math.Min(groups, 4) - 1);
            var set = Set(Enumerable.Range(0, groups + random.Below(100)).Select(n => ($"l{random.Below(5)}", (string?)$"g{(n < groups ? n : random.Below(groups))}")));
            var split = set.Split(new SplitOptions { Seed = seed, Parts = [.. Enumerable.Range(0, parts).Select(p => new SplitPart($"p{p}", random.Between(0.01, 1)))] });
            Assert.Equal(Ids(set).Order(), split.Parts.SelectMany(p => Ids(p.Items)).Order());
            Assert.Equal(set.Groups.Count, split.Parts.Sum(p => p.Items.Groups.Count));
            Assert.All(split.Parts, p => Assert.NotEqual(0, p.Items.Count));
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Segments_of_a_recording_without_a_group_stay_together()
    {
        var set = new Dataset("d", ".", [.. Enumerable.Range(0, 40).Select(n => new Item { Id = $"{n}", Source = $"{n / 4}.wav", Start = n % 4, Duration = 1 })]);
        Assert.True(LeakageCheck.Find(set.Split().Train, set.Split().Test).IsClean);
        var careless = set.Split(new SplitOptions { ByGroup = false });
        Assert.False(LeakageCheck.Find(careless.Train, careless.Test).IsClean);
    }

    [Fact]
    public void A_stretch_without_a_group_goes_with_the_grouped_ones_of_its_file()
    {
        var set = new Dataset("d", ".", [.. Enumerable.Range(0, 120).Select(n => new Item { Id = $"{n}", Source = $"{n / 4}.wav", Group = n % 3 == 0 ? null : $"g{n / 12}", Start = n % 4, Duration = 1 })]);
        for (int seed = 0; seed < 20; seed++)
        {
            var split = set.Split(new SplitOptions { Seed = seed });
            Assert.True(LeakageCheck.Find(split.Train, split.Test).IsClean);
        }
    }

    [Fact]
    public void Folds_test_every_item_once_and_are_of_equal_size_when_groups_allow()
    {
        var set = Balanced(5, 4, 3);
        var folds = set.Folds(4);
        Assert.Equal(Ids(set).Order(), folds.SelectMany(f => Ids(f.Test)).Order());
        Assert.All(folds, f =>
        {
            Assert.Equal(15, f.Test.Count);
            Assert.Single(f.Test.Groups);
            Assert.Equal(5, f.Test.Labels.Count);
            Assert.Equal(60, f.Train.Count + f.Test.Count);
        });
    }

    [Fact]
    public void Leaving_one_group_out_tests_each_group_once()
    {
        var splits = Balanced(2, 3, 2).LeaveOneGroupOut();
        Assert.Equal(["g0", "g1", "g2"], splits.Select(s => Assert.Single(s.Test.Groups)));
        Assert.All(splits, s => Assert.Equal(8, s.Train.Count));
    }

    [Fact]
    public void What_cannot_be_divided_is_refused_with_the_reason()
    {
        string Refusal(Action split) => Assert.Throws<SimSearchException>(split).Message;
        Assert.Contains("1 groups", Refusal(() => Balanced(3, 1, 9).Split()));
        Assert.Contains("fewer than the 5 parts", Refusal(() => Balanced(3, 4, 9).Folds(5)));
        Assert.Contains("0 items", Refusal(() => Set([]).Split(new() { ByGroup = false })));
        Assert.Contains("1 group", Refusal(() => Balanced(3, 1, 9).LeaveOneGroupOut()));
        Assert.Contains("'0' has no group", Refusal(() => Set([("a", null), ("b", "g")]).LeaveOneGroupOut()));
        Assert.Throws<ArgumentException>(() => Balanced(2, 2, 2).Split(new() { Parts = [new("all", 1)] }));
        Assert.Throws<ArgumentException>(() => Balanced(2, 2, 2).Split(new() { Parts = [new("a", 1), new("a", 1)] }));
        Assert.Contains("fraction=NaN", Assert.Throws<ArgumentException>(() => Balanced(2, 2, 2).Split(new() { Parts = [new("a", 1), new("b", double.NaN)] })).Message);
    }

    [Fact]
    public void A_given_split_column_is_honoured_and_must_be_whole()
    {
        Item Of(string id, string? split) => new() { Id = id, Source = id, Split = split };
        var split = new Dataset("d", ".", [Of("a", "train"), Of("b", "dev"), Of("c", "train")]).SplitByColumn();
        Assert.Equal(["a", "c"], Ids(split.Train));
        Assert.Equal(["b"], Ids(split["dev"]));
        Assert.Contains("train, dev", Assert.Throws<SimSearchException>(() => split.Test).Message);
        Assert.Contains("'b'", Assert.Throws<SimSearchException>(() => new Dataset("d", ".", [Of("a", "train"), Of("b", null)]).SplitByColumn()).Message);
        Assert.Contains("'train'", Assert.Throws<SimSearchException>(() => new Dataset("d", ".", [Of("a", "train")]).SplitByColumn()).Message);
    }
}
