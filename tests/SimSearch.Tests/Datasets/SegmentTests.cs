using SimSearch.Datasets;

namespace SimSearch.Tests;

public sealed class SegmentTests
{
    private static Dataset One(double start = 0, double? duration = null, string? group = null) =>
        new("d", ".", [new Item { Id = "dog/a.wav", Source = "dog/a.wav", Labels = ["dog"], Group = group, Split = "train", Start = start, Duration = duration, Metadata = new Dictionary<string, string> { ["k"] = "v" } }]);

    [Fact]
    public void A_segment_keeps_where_it_comes_from()
    {
        var segment = One().Segment(1.5, 0, _ => 4.5).Items[1];
        Assert.Equal(("dog/a.wav#1.50-3.00", "dog/a.wav", 1.5, 1.5, "dog", "dog/a.wav", "train", "v"),
            (segment.Id, segment.Source, segment.Start, segment.Duration!.Value, segment.Label, segment.Group, segment.Split, segment.Metadata["k"]));
        Assert.Equal("fold-1", One(group: "fold-1").Segment(1.5, 0, _ => 4.5).Items[1].Group);
    }

    [Theory]
    [InlineData(5.0, 1.0, 0.0, new[] { 0.0, 1, 2, 3, 4 })]
    [InlineData(5.0, 2.0, 0.5, new[] { 0.0, 1, 2, 3 })]
    [InlineData(1.0, 0.1, 0.0, new[] { 0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9 })]
    [InlineData(3.0, 3.0, 0.75, new[] { 0.0 })]
    public void Lengths_that_fit_leave_no_tail_in_spite_of_rounding(double length, double seconds, double overlap, double[] starts)
    {
        foreach (var tail in Enum.GetValues<SegmentTail>())
        {
            var items = One().Segment(seconds, overlap, _ => length, tail).Items;
            Assert.Equal(starts.Length, items.Count);
            for (int i = 0; i < starts.Length; i++) Assert.Equal(starts[i], items[i].Start, 1e-9);
        }
    }

    [Fact]
    public void The_tail_is_shifted_kept_or_dropped()
    {
        (double, double)[] Cut(SegmentTail tail, double length) => [.. One().Segment(2, 0, _ => length, tail).Items.Select(i => (i.Start, i.Duration!.Value))];
        Assert.Equal([(0, 2), (2, 2), (3, 2)], Cut(SegmentTail.Shift, 5));
        Assert.Equal([(0, 2), (2, 2), (4, 1)], Cut(SegmentTail.Keep, 5));
        Assert.Equal([(0, 2), (2, 2)], Cut(SegmentTail.Drop, 5));
        Assert.Equal([(0, 0.5)], Cut(SegmentTail.Shift, 0.5));
        Assert.Equal([(0, 0.5)], Cut(SegmentTail.Keep, 0.5));
        Assert.Empty(Cut(SegmentTail.Drop, 0.5));
        Assert.Empty(Cut(SegmentTail.Keep, 0));
    }

    [Fact]
    public void A_stretch_is_cut_within_itself_and_its_own_length_is_believed()
    {
        var items = One(start: 10, duration: 3).Segment(1, 0, _ => throw new InvalidOperationException("not asked")).Items;
        Assert.Equal([(10.0, 1.0), (11, 1), (12, 1)], items.Select(i => (i.Start, i.Duration!.Value)));
        Assert.Equal([(10.0, 1.0), (11, 1)], One(start: 10).Segment(1, 0, _ => 12).Items.Select(i => (i.Start, i.Duration!.Value)));
    }

    [Fact]
    public void Ids_stay_unique_when_segments_are_a_millisecond_apart_and_when_segments_are_cut_again()
    {
        var fine = One().Segment(0.1, 0.99, _ => 1);
        Assert.Equal(901, fine.Count);
        Assert.Equal(fine.Count, fine.Items.Select(i => i.Id).Distinct().Count());
        Assert.Equal(4, One().Segment(2, 0, _ => 4).Segment(1, 0, _ => 4).Items.Select(i => i.Id).Distinct().Count());
    }

    [Fact]
    public void Bad_lengths_overlaps_and_files_are_refused_by_name()
    {
        Assert.Contains("overlap=1", Assert.Throws<ArgumentOutOfRangeException>(() => One().Segment(1, 1, _ => 5)).Message);
        Assert.Contains("seconds=0", Assert.Throws<ArgumentOutOfRangeException>(() => One().Segment(0, 0, _ => 5)).Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => One().Segment(double.NaN, 0, _ => 5));
        Assert.Contains("dog/a.wav", Assert.Throws<SimSearchException>(() => One().Segment(1, 0, _ => double.NaN)).Message);
        Assert.Contains("10000000", Assert.Throws<SimSearchException>(() => One().Segment(1e-9, 0, _ => 5)).Message);
    }
}
