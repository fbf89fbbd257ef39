namespace SimSearch.Indexing;

/// <summary>
/// The k nearest seen so far, for one query: a heap with the farthest of them on top, over spans that the caller owns. Nearness is a
/// key, lower is nearer; equal keys are ordered by lower row, so the result does not depend on the order of arrival.
/// </summary>
internal ref struct TopK(Span<double> keys, Span<long> rows, int count = 0)
{
    private readonly Span<double> keys = keys;
    private readonly Span<long> rows = rows;

    /// <summary>How many are held; at most k.</summary>
    public int Count { get; private set; } = count;

    /// <summary>Whether this key could enter; a quick look before the row is even considered.</summary>
    public readonly bool MayEnter(double key) => Count < keys.Length || (keys.Length > 0 && key <= keys[0]);

    /// <summary>Takes the row in when it is among the k nearest.</summary>
    public void Offer(double key, long row)
    {
        if (Count < keys.Length)
        {
            int at = Count++;
            while (at > 0)
            {
                int parent = (at - 1) / 2;
                if (!Farther(key, row, keys[parent], rows[parent])) break;
                (keys[at], rows[at]) = (keys[parent], rows[parent]);
                at = parent;
            }
            (keys[at], rows[at]) = (key, row);
        }
        else if (keys.Length > 0 && Farther(keys[0], rows[0], key, row)) SiftDown(key, row, keys.Length);
    }

    /// <summary>Orders what is held, nearest first, and fills the rest with (+infinity, -1). The heap is used up by it.</summary>
    public void Sort()
    {
        for (int end = Count - 1; end > 0; end--)
        {
            var (lastKey, lastRow) = (keys[end], rows[end]);
            (keys[end], rows[end]) = (keys[0], rows[0]);
            SiftDown(lastKey, lastRow, end);
        }
        keys[Count..].Fill(double.PositiveInfinity);
        rows[Count..].Fill(-1);
    }

    private readonly void SiftDown(double key, long row, int length)
    {
        int at = 0;
        while (true)
        {
            int child = 2 * at + 1;
            if (child >= length) break;
            if (child + 1 < length && Farther(keys[child + 1], rows[child + 1], keys[child], rows[child])) child++;
            if (!Farther(keys[child], rows[child], key, row)) break;
            (keys[at], rows[at]) = (keys[child], rows[child]);
            at = child;
        }
        (keys[at], rows[at]) = (key, row);
    }

    private static bool Farther(double keyA, long rowA, double keyB, long rowB) => keyA > keyB || (keyA == keyB && rowA > rowB);
}
