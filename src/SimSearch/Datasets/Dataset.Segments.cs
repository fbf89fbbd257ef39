using System.Globalization;

namespace SimSearch.Datasets;

/// <summary>What becomes of the end of a file that does not fill a whole segment.</summary>
public enum SegmentTail
{
    /// <summary>The last segment is moved back so that it ends with the item: all segments have the same length, and nothing is lost.</summary>
    Shift,

    /// <summary>The rest becomes a shorter segment.</summary>
    Keep,

    /// <summary>The rest is left out; an item shorter than one segment then disappears.</summary>
    Drop,
}

public sealed partial class Dataset
{
    private const int MaxSegments = 10_000_000;

    /// <summary>Cuts every item into stretches of one length.</summary>
    /// <param name="seconds">Length of a segment, above 0.</param>
    /// <param name="overlap">Fraction of a segment that it shares with the next: 0 (the default, none) up to but not including 1.</param>
    /// <param name="durationOf">
    /// Length in seconds of the *file* of an item; asked only for items without a <see cref="Item.Duration"/>. A file of no length gives no segment.
    /// </param>
    /// <param name="tail">What becomes of an end that does not fill a segment. Except with <see cref="SegmentTail.Drop"/>, an item shorter than a segment stays whole.</param>
    /// <returns>
    /// Segments in the order of the items, then of time. Each keeps source, labels, split and metadata; an item without a group gives its source
    /// as the group, so that segments of one recording never end up on both sides of a split. The id is the item's with #start-end in seconds.
    /// </returns>
    /// <exception cref="ArgumentOutOfRangeException">seconds or overlap is out of range.</exception>
    /// <exception cref="SimSearchException">A duration is negative or not finite, or more than 10 million segments would come out.</exception>
    public Dataset Segment(double seconds, double overlap, Func<Item, double> durationOf, SegmentTail tail = SegmentTail.Shift)
    {
        if (!(seconds > 0) || !double.IsFinite(seconds)) throw new ArgumentOutOfRangeException(nameof(seconds), $"seconds={seconds} must be above 0");
        if (!(overlap >= 0 && overlap < 1)) throw new ArgumentOutOfRangeException(nameof(overlap), $"overlap={overlap} is a fraction: it must be at least 0 and below 1");
        ArgumentNullException.ThrowIfNull(durationOf);
        double hop = seconds * (1 - overlap);
        var segments = new List<Item>();
        foreach (var item in Items)
        {
            double length = item.Duration ?? durationOf(item) - item.Start;
            if (!double.IsFinite(length)) throw new SimSearchException($"item '{item.Id}': duration {length} s is not a length; is the file whole?");
            // A quarter of a sample at 192 kHz: rounding of k * hop must not make or drop a segment.
            const double Tolerance = 1.3e-6;
            double lastWhole = Math.Floor((length - seconds + Tolerance) / hop);
            if (lastWhole >= MaxSegments - segments.Count) throw new SimSearchException($"item '{item.Id}': more than {MaxSegments} segments of {seconds} s; make them longer or overlap less");
            int whole = (int)Math.Max(lastWhole + 1, 0);
            for (int k = 0; k < whole; k++) segments.Add(SegmentOf(item, k * hop, seconds));
            double covered = whole == 0 ? 0 : (whole - 1) * hop + seconds;
            if (tail == SegmentTail.Drop || length - covered <= Tolerance) continue;
            double start = tail == SegmentTail.Shift ? Math.Max(length - seconds, 0) : whole * hop;
            segments.Add(SegmentOf(item, start, Math.Min(seconds, length - start)));
        }
        return new Dataset(Name, Root, segments);
    }

    private static Item SegmentOf(Item item, double offset, double length) => item with
    {
        Id = SegmentId(item.Id, item.Start + offset, item.Start + offset + length),
        Group = item.Group ?? item.Source,
        Start = item.Start + offset,
        Duration = length,
    };

    private static string SegmentId(string id, double start, double? end) =>
        string.Create(CultureInfo.InvariantCulture, $"{id}#{start:0.00####}-{end:0.00####}");
}
