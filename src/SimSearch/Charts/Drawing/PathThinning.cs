namespace SimSearch.Charts;

/// <summary>Leaves out points of a line that no eye can tell from their neighbours, and keeps every peak.</summary>
internal static class PathThinning
{
    /// <summary>
    /// First, lowest, highest and last point of each half-pixel column, in their order ("M4", Jugel and others 2014); lines that are
    /// short already, or that run back, stay whole.
    /// </summary>
    public static List<(double X, double Y)> Thin(List<(double X, double Y)> points, double width)
    {
        if (points.Count <= 4 * width || !Ascending(points, p => p.X)) return points;
        var kept = new List<(double, double)>();
        foreach (var (from, to) in Columns(points, p => p.X))
        {
            (int low, int high) = (from, from);
            for (int i = from + 1; i < to; i++)
            {
                if (points[i].Y < points[low].Y) low = i;
                if (points[i].Y > points[high].Y) high = i;
            }
            int last = -1;
            foreach (int i in (ReadOnlySpan<int>)[from, Math.Min(low, high), Math.Max(low, high), to - 1])
            {
                if (i > last) kept.Add(points[i]);
                last = i;
            }
        }
        return kept;
    }

    /// <summary>The whole height of the band in each half-pixel column.</summary>
    public static List<(double X, double Lower, double Upper)> Thin(List<(double X, double Lower, double Upper)> points, double width)
    {
        if (points.Count <= 2 * width || !Ascending(points, p => p.X)) return points;
        var kept = new List<(double, double, double)>();
        foreach (var (from, to) in Columns(points, p => p.X))
        {
            (double lower, double upper) = (points[from].Lower, points[from].Upper);
            // Pixels count downwards: the lower edge has the larger number.
            for (int i = from + 1; i < to; i++) (lower, upper) = (Math.Max(lower, points[i].Lower), Math.Min(upper, points[i].Upper));
            kept.Add((points[from].X, lower, upper));
        }
        return kept;
    }

    private static IEnumerable<(int From, int To)> Columns<T>(List<T> points, Func<T, double> x)
    {
        for (int from = 0; from < points.Count;)
        {
            int to = from + 1;
            double column = Math.Floor(x(points[from]) * 2);
            while (to < points.Count && Math.Floor(x(points[to]) * 2) == column) to++;
            yield return (from, to);
            from = to;
        }
    }

    private static bool Ascending<T>(List<T> points, Func<T, double> x)
    {
        for (int i = 1; i < points.Count; i++)
            if (x(points[i]) < x(points[i - 1])) return false;
        return true;
    }
}
