using SimSearch.Datasets;

namespace SimSearch.Tests;

public sealed class LeakageCheckTests
{
    private static Item Clip(string id, string source, double start = 0, double? duration = null, string? group = null) =>
        new() { Id = id, Source = source, Start = start, Duration = duration, Group = group };

    private static Dataset Side(string name, params Item[] items) => new(name, "/data", items);

    private static LeakageFinding Only(LeakageReport report) => Assert.Single(report.Findings);

    [Fact]
    public void Sides_with_nothing_in_common_are_clean()
    {
        var report = LeakageCheck.Find(Side("a", Clip("1", "1.wav", group: "x")), Side("b", Clip("2", "2.wav", group: "y")), i => i.Id);
        Assert.True(report.IsClean);
        Assert.Contains("no leakage", report.ToString());
    }

    [Fact]
    public void An_item_on_both_sides_is_named_once()
    {
        var found = Only(LeakageCheck.Find(Side("a", Clip("1", "1.wav")), Side("b", Clip("1", "1.wav"))));
        Assert.Equal((LeakageKind.SameId, "1"), (found.Kind, found.Key));
    }

    [Fact]
    public void Overlapping_stretches_are_told_from_those_that_only_touch()
    {
        var train = Side("a", Clip("t1", "x.wav", 0, 1), Clip("t2", "x.wav", 4, 1));
        var touching = Only(LeakageCheck.Find(train, Side("b", Clip("q", "x.wav", 1, 3))));
        Assert.Equal(LeakageKind.SameSource, touching.Kind);
        Assert.Equal(2, touching.Train.Count);
        var overlapping = Only(LeakageCheck.Find(train, Side("b", Clip("q", "x.wav", 0.9, 1), Clip("r", "x.wav", 2, 1))));
        Assert.Equal(LeakageKind.OverlappingSegments, overlapping.Kind);
        Assert.Equal("t1", Assert.Single(overlapping.Train).Id);
        Assert.Equal("q", Assert.Single(overlapping.Test).Id);
        Assert.Equal(LeakageKind.OverlappingSegments, Only(LeakageCheck.Find(train, Side("b", Clip("whole", "x.wav")))).Kind);
    }

    [Fact]
    public void Overlaps_agree_with_comparing_every_pair()
    {
        var random = new SeededRandom(5);
        for (int round = 0; round < 200; round++)
        {
            Item[] Clips(string side, int count) => [.. Enumerable.Range(0, count).Select(n => Clip($"{side}{n}", "x.wav", random.Below(12), random.Below(8) == 0 ? null : random.Below(4)))];
            Item[] train = Clips("t", 1 + random.Below(6)), test = Clips("q", 1 + random.Below(6));
            static double End(Item i) => i.Start + (i.Duration ?? 1e9);
            bool Pair(Item a, Item b) => a.Start < End(b) - 1e-6 && b.Start < End(a) - 1e-6;
            string[] expectedTrain = [.. train.Where(a => test.Any(b => Pair(a, b))).Select(i => i.Id)], expectedTest = [.. test.Where(b => train.Any(a => Pair(a, b))).Select(i => i.Id)];
            var found = Only(LeakageCheck.Find(Side("a", train), Side("b", test)));
            if (expectedTrain.Length == 0) Assert.Equal(LeakageKind.SameSource, found.Kind);
            else
            {
                Assert.Equal(LeakageKind.OverlappingSegments, found.Kind);
                Assert.Equal(expectedTrain, found.Train.Select(i => i.Id));
                Assert.Equal(expectedTest, found.Test.Select(i => i.Id));
            }
        }
    }

    [Fact]
    public void One_file_is_recognised_under_two_roots()
    {
        var a = new Dataset("a", "/data", [Clip("1", "deep/x.wav", 0, 1)]);
        var b = new Dataset("b", "/data/deep", [Clip("2", "./x.wav", 0.5, 1)]);
        Assert.Equal(LeakageKind.OverlappingSegments, Only(LeakageCheck.Find(a, b)).Kind);
    }

    [Fact]
    public void A_copy_under_another_name_is_found_by_its_content()
    {
        var hashes = new Dictionary<string, string?> { ["1"] = "same", ["2"] = "same", ["3"] = null, ["4"] = null };
        var found = Only(LeakageCheck.Find(Side("a", Clip("1", "1.wav"), Clip("3", "3.wav")), Side("b", Clip("2", "2.wav"), Clip("4", "4.wav")), i => hashes[i.Id]));
        Assert.Equal((LeakageKind.SameContent, "same", "1", "2"), (found.Kind, found.Key, found.Train[0].Id, found.Test[0].Id));
    }

    [Fact]
    public void A_group_on_both_sides_is_one_finding_and_the_report_stays_short()
    {
        var train = Side("train", [.. Enumerable.Range(0, 100).Select(n => Clip($"t{n}", $"t{n}.wav", group: $"g{n % 10}"))]);
        var test = Side("test", [.. Enumerable.Range(0, 100).Select(n => Clip($"q{n}", $"q{n}.wav", group: $"g{n % 10}"))]);
        var report = LeakageCheck.Find(train, test);
        Assert.Equal(10, report.Findings.Count);
        Assert.All(report.Findings, f => Assert.Equal((LeakageKind.SameGroup, 10, 10), (f.Kind, f.Train.Count, f.Test.Count)));
        string text = report.ToString();
        Assert.Contains("same group: 10", text);
        Assert.Contains("t0, t10, t20 and 7 more | q0", text);
        Assert.InRange(text.Split('\n').Length, 7, 12);
    }
}
