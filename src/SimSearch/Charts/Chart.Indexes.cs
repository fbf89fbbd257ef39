using System.Globalization;
using SimSearch.Embedding;
using SimSearch.Evaluation;
using SimSearch.Indexing;

namespace SimSearch.Charts;

public sealed partial record Chart
{
    /// <summary>ANN recall against speed, a line for each index and a point for each of its settings: up and to the right is better.</summary>
    /// <param name="title">One line that says what is shown.</param>
    /// <param name="measurements">What <see cref="AnnComparison"/> measured, those of one index in the order of its settings.</param>
    public static Chart AnnTradeOff(string title, IEnumerable<AnnMeasurement> measurements)
    {
        ArgumentNullException.ThrowIfNull(measurements);
        AnnMeasurement[] all = [.. measurements];
        double least = all.Select(m => m.AnnRecall).Append(0.9).Min();
        return new Chart(
            title,
            new ChartAxis("ANN recall", "share of the exact nearest neighbours found") { Max = 1 + 0.02 * (1 - least) }, // room for the marks at 1
            new ChartAxis("Speed", "queries per second, one thread") { Scale = AxisScale.Logarithmic },
            [.. all.GroupBy(m => m.Index).Select(index => new LineSeries(index.Key, index.Select(m => m.AnnRecall), index.Select(m => m.QueriesPerSecond)) { Markers = true })]);
    }

    /// <summary>The cells of an inverted file over vectors of two dimensions, and what a search looks at.</summary>
    /// <param name="index">An index "IVF&lt;n&gt;,..." over vectors of two dimensions, L2.</param>
    /// <param name="query">[2].</param>
    /// <param name="nprobe">How many cells are looked into, 1 to the number of cells.</param>
    /// <param name="k">How many nearest neighbours are asked for, 1 or more; the subtitle says how many of them lie in other cells.</param>
    /// <exception cref="ArgumentException">The index has another dimension or metric, or the query has.</exception>
    /// <exception cref="IndexEngineException">The index has no cells, or nprobe is out of range.</exception>
    public static Chart Cells(VectorIndex index, float[] query, int nprobe, int k = 10)
    {
        CheckPlane(index, query);
        var lists = index.Lists();
        var queries = VectorMatrix.FromArray(query, 2);
        var found = index.Search(queries, k, new SearchOptions { Parameters = new Dictionary<string, double> { ["nprobe"] = nprobe } });
        long[] exact = [.. ExactSearch.Search(index.Vectors, queries, k, Metric.L2).Rows.ToArray().Where(row => row >= 0)];
        var centres = Enumerable.Range(0, lists.Ids.Count).Select(i => (X: (double)lists.Centroids[2 * i], Y: (double)lists.Centroids[2 * i + 1])).ToArray();
        var visited = Enumerable.Range(0, centres.Length).OrderBy(i => Square(centres[i].X - query[0]) + Square(centres[i].Y - query[1])).Take(nprobe).ToArray();
        long[] looked = [.. visited.SelectMany(list => lists.Ids[list])], missed = [.. exact.Except(found.Rows.ToArray())];
        PointSeries Rows(string name, IEnumerable<long> rows)
        {
            long[] all = [.. rows];
            return new PointSeries(name, all.Select(row => (double)index.Vectors.Row(row)[0]), all.Select(row => (double)index.Vectors.Row(row)[1]));
        }
        double[] xs = [.. Enumerable.Range(0, index.Count).Select(row => (double)index.Vectors.Row(row)[0])], ys = [.. Enumerable.Range(0, index.Count).Select(row => (double)index.Vectors.Row(row)[1])];
        var frame = (Left: xs.Min() - 0.05 * (xs.Max() - xs.Min()), Right: xs.Max() + 0.05 * (xs.Max() - xs.Min()), Bottom: ys.Min() - 0.05 * (ys.Max() - ys.Min()), Top: ys.Max() + 0.05 * (ys.Max() - ys.Min()));
        var (borderX, borderY) = Borders(centres, frame);
        return new Chart(
            $"{index.Factory}: the cells, and those a search with nprobe={nprobe} looks into",
            new ChartAxis("First dimension", "") { Min = frame.Left, Max = frame.Right },
            new ChartAxis("Second dimension", "") { Min = frame.Bottom, Max = frame.Top },
            Rows("not looked at", Enumerable.Range(0, index.Count).Select(row => (long)row).Except(looked).Except(missed)), Rows("looked at", looked),
            new PointSeries("centre of a cell", centres.Select(c => c.X), centres.Select(c => c.Y)), new PointSeries("query", [query[0]], [query[1]]), Rows("true neighbour, missed", missed),
            new LineSeries("border of a cell", borderX, borderY) { Quiet = true })
        {
            Subtitle = string.Create(CultureInfo.InvariantCulture, $"{looked.Length} of {index.Count} vectors compared; {exact.Length - missed.Length} of the {exact.Length} nearest found"),
            Height = 460,
        };
    }

    /// <summary>The graph of an HNSW index over vectors of two dimensions, its layers as the floors of a house, and the way of a search through it.</summary>
    /// <param name="index">An index "HNSW&lt;M&gt;" over vectors of two dimensions, L2; a hundred vectors and a small M can be taken in.</param>
    /// <param name="query">[2].</param>
    /// <exception cref="ArgumentException">The index has another dimension or metric, or the query has.</exception>
    /// <exception cref="IndexEngineException">The index has no graph.</exception>
    public static Chart Graph(VectorIndex index, float[] query)
    {
        CheckPlane(index, query);
        var graph = index.Graph();
        var (steps, distances) = graph.Walk(node => Square(index.Vectors.Row(node)[0] - query[0]) + Square(index.Vectors.Row(node)[1] - query[1]));
        double Low(int d) => Enumerable.Range(0, index.Count).Select(row => (double)index.Vectors.Row(row)[d]).Append(query[d]).Min();
        double High(int d) => Enumerable.Range(0, index.Count).Select(row => (double)index.Vectors.Row(row)[d]).Append(query[d]).Max();
        (double left, double wide, double near, double deep) = (Low(0), Math.Max(High(0) - Low(0), 1e-12), Low(1), Math.Max(High(1) - Low(1), 1e-12));
        // Looked at from the front and above: what lies further back stands higher and a little to the right.
        (double X, double Y) At(double x, double y, int layer) => ((x - left) / wide + 0.35 * (y - near) / deep, layer + 0.72 * (y - near) / deep);
        (double X, double Y) Node(long node, int layer) => At(index.Vectors.Row(node)[0], index.Vectors.Row(node)[1], layer);
        var links = new List<(double X, double Y)>();
        for (int node = 0; node < index.Count; node++)
            for (int layer = 0; layer < graph.Heights[node]; layer++)
                foreach (long other in graph.Neighbours[node][layer])
                    // Most links go both ways; those are drawn once.
                    if (node < other || !graph.Neighbours[(int)other][layer].Contains(node)) links.AddRange([Node(node, layer), Node(other, layer), (double.NaN, double.NaN)]);
        var nodes = Enumerable.Range(0, index.Count).SelectMany(node => Enumerable.Range(0, graph.Heights[node]).Select(layer => Node(node, layer))).ToArray();
        var way = steps.Select(step => Node(step.Node, step.Layer)).ToArray();
        // The outline of each floor, so that the eye sees floors.
        (double X, double Y)[] floors = [.. Enumerable.Range(0, graph.Layers).SelectMany(layer => ((double X, double Y)[])[(0, 0), (1, 0), (1, 1), (0, 1), (0, 0), (double.NaN, 0)], (layer, corner) => At(left + corner.X * wide, near + corner.Y * deep, layer))];
        (double X, double Y)[] asked = [.. Enumerable.Range(0, graph.Layers).Select(layer => At(query[0], query[1], layer))];
        return new Chart(
            $"{index.Factory}: the graph, layer on layer, and the way of a search down through it",
            new ChartAxis("", "") { Ticks = [] },
            new ChartAxis("Layer", "") { Ticks = [.. Enumerable.Range(0, graph.Layers).Select(layer => new AxisTick(layer + 0.36, layer.ToString(CultureInfo.InvariantCulture)))] },
            new LineSeries("way of the search", way.Select(p => p.X), way.Select(p => p.Y)), new PointSeries("vector", nodes.Select(p => p.X), nodes.Select(p => p.Y)),
            new LineSeries("link", links.Select(p => p.X), links.Select(p => p.Y)) { Quiet = true }, new PointSeries("query", asked.Select(p => p.X), asked.Select(p => p.Y)),
            new LineSeries("", floors.Select(p => p.X), floors.Select(p => p.Y)) { Quiet = true })
        {
            Subtitle = string.Create(CultureInfo.InvariantCulture, $"{distances} of {index.Count} vectors compared on {steps.Count} steps"),
            Height = 180 + 150 * Math.Max(1, graph.Layers),
        };
    }

    private static void CheckPlane(VectorIndex index, float[] query)
    {
        ArgumentNullException.ThrowIfNull(index);
        ArgumentNullException.ThrowIfNull(query);
        if (index.Dimension != 2 || query.Length != 2) throw new ArgumentException($"index of {index.Dimension} and query of {query.Length} dimensions: only vectors of two dimensions can be drawn; reduce them with Pca.Fit(vectors, 2)", nameof(index));
        if (index.Metric != Metric.L2) throw new ArgumentException($"metric={index.Metric.Name()}: distances on paper are Euclidean; build the index with Metric.L2", nameof(index));
        if (index.Count == 0) throw new ArgumentException("the index is empty; there is nothing to draw", nameof(index));
    }

    /// <summary>The borders of the cells: around each centre the part of the frame that is nearer to it than to any other, one polygon after the other with gaps between.</summary>
    private static (double[] X, double[] Y) Borders((double X, double Y)[] centres, (double Left, double Right, double Bottom, double Top) frame)
    {
        List<double> x = [], y = [];
        foreach (var own in centres)
        {
            List<(double X, double Y)> cell = [(frame.Left, frame.Bottom), (frame.Right, frame.Bottom), (frame.Right, frame.Top), (frame.Left, frame.Top)];
            foreach (var other in centres)
            {
                // Inside where the point is on the own side of the line half way between the two centres.
                double a = other.X - own.X, b = other.Y - own.Y, limit = (Square(other.X) + Square(other.Y) - Square(own.X) - Square(own.Y)) / 2;
                if (a == 0 && b == 0) continue;
                var cut = new List<(double X, double Y)>();
                for (int i = 0; i < cell.Count; i++)
                {
                    var (from, to) = (cell[i], cell[(i + 1) % cell.Count]);
                    double before = a * from.X + b * from.Y - limit, after = a * to.X + b * to.Y - limit;
                    if (before <= 0) cut.Add(from);
                    if (before < 0 != after < 0 && before != after) cut.Add((from.X + (to.X - from.X) * before / (before - after), from.Y + (to.Y - from.Y) * before / (before - after)));
                }
                cell = cut;
            }
            foreach (var corner in cell.Count > 0 ? cell.Append(cell[0]) : [])
            {
                x.Add(corner.X);
                y.Add(corner.Y);
            }
            x.Add(double.NaN);
            y.Add(double.NaN);
        }
        return ([.. x], [.. y]);
    }

    private static double Square(double value) => value * value;
}
