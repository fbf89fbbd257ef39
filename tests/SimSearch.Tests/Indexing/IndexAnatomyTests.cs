using SimSearch.Charts;
using SimSearch.Embedding;
using SimSearch.Evaluation;
using SimSearch.Indexing;

namespace SimSearch.Tests;

/// <summary>Looking into an index, comparing indexes, and the pictures of both.</summary>
public sealed class IndexAnatomyTests
{
    public IndexAnatomyTests() => Galleries.NeedFaiss();

    private static Embeddings Plane(int rows, int seed = 1)
    {
        using var all = Galleries.Make(rows, seed);
        return all.Through(Pca.Fit(all.Vectors, 2));
    }

    [Theory]
    [InlineData("Flat", Metric.L2, 0)]
    [InlineData("Flat", Metric.Cosine, 0)]
    [InlineData("IVF8,Flat", Metric.Cosine, 0)]
    [InlineData("HNSW8", Metric.L2, 0)]
    [InlineData("PQ8np", Metric.L2, 0.3)]
    [InlineData("IVF8,PQ8np", Metric.L2, 0.3)]
    public void A_stored_vector_is_the_one_given_as_nearly_as_the_index_keeps_it(string factory, Metric metric, double off)
    {
        using var gallery = Galleries.Make(300);
        using var index = VectorIndex.Build(gallery, factory, metric);
        index.Remove(["i3"]);
        foreach (int row in (int[])[0, 7, 299])
        {
            float[] given = gallery.Vectors.Row(row).ToArray(), stored = index.StoredVector($"i{row}");
            if (metric == Metric.Cosine) given = [.. given.Select(v => v / (float)Math.Sqrt(given.Sum(x => (double)x * x)))];
            Assert.All(given.Zip(stored), pair => Assert.Equal(pair.First, pair.Second, off + 1e-6));
        }
        Assert.Throws<ItemIdException>(() => index.StoredVector("i3"));
    }

    [Fact]
    public void Lists_name_the_rows_that_are_left()
    {
        using var gallery = Galleries.Make(300);
        using var index = VectorIndex.Build(gallery, "IVF8,Flat", Metric.L2);
        index.Remove(["i0", "i5"]);
        Assert.Equal(Enumerable.Range(0, 298).Select(row => (long)row), index.Lists().Ids.SelectMany(ids => ids).Order());
    }

    [Fact]
    public void What_an_index_has_not_is_said()
    {
        using var gallery = Galleries.Make(300);
        using var flat = VectorIndex.Build(gallery, "Flat", Metric.L2);
        using var graph = VectorIndex.Build(gallery, "HNSW8", Metric.L2);
        Assert.Equal(4L * 300 * Galleries.Dimension, flat.SizeInBytes);
        Assert.InRange(graph.SizeInBytes, flat.SizeInBytes, 2 * flat.SizeInBytes + 10_000);
        foreach (Func<object> look in (Func<object>[])[flat.Lists, flat.Graph, flat.Codebook, graph.Lists, graph.Codebook]) Assert.Throws<IndexEngineException>(() => look());
        Assert.Equal(300, graph.Graph().Heights.Count);
        graph.Remove(["i0"]);
        Assert.Contains("anew", Assert.Throws<IndexEngineException>(() => graph.Graph()).Message);
    }

    [Fact]
    public void A_comparison_finds_what_the_index_misses_and_nothing_else()
    {
        using var gallery = Galleries.Make(2000);
        using var queries = Galleries.Make(50, seed: 2);
        var compare = new AnnComparison(gallery.Vectors, queries.Vectors, k: 5) { Rounds = 1 };
        using var flat = VectorIndex.Build(gallery, "Flat", Metric.L2);
        Assert.Equal(("Flat", "", 1.0), (compare.Measure(flat).Index, compare.Measure(flat).Setting, compare.Measure(flat).AnnRecall));
        using var lists = VectorIndex.Build(gallery, "IVF32,Flat", Metric.L2);
        var sweep = compare.Sweep(lists, "nprobe", 1, 4, 32);
        Assert.Equal(["nprobe=1", "nprobe=4", "nprobe=32"], sweep.Select(m => m.Setting));
        Assert.True(sweep[0].AnnRecall < 1 && sweep[0].AnnRecall <= sweep[1].AnnRecall);
        Assert.Equal(1, sweep[2].AnnRecall);
        Assert.All(sweep, m => Assert.True(m.QueriesPerSecond > 0 && double.IsFinite(m.QueriesPerSecond)));
        var one = lists.Search(queries, 5);
        Assert.Equal(Enumerable.Range(0, 50).Average(q => one.RowsOf(q).ToArray().Intersect(flat.Search(queries, 5).RowsOf(q).ToArray()).Count() / 5.0), sweep[0].AnnRecall, 1e-9);
        var chart = Chart.AnnTradeOff("Trade-off", [compare.Measure(flat), .. sweep]);
        Assert.Equal(["Flat", "IVF32,Flat"], chart.Series.Select(s => s.Name));
        Assert.Contains("<svg", chart.ToSvg());
    }

    [Fact]
    public void A_comparison_refuses_what_cannot_be_compared()
    {
        using var gallery = Galleries.Make(100);
        using var other = Galleries.Make(99);
        var compare = new AnnComparison(gallery.Vectors, gallery.Vectors);
        using var smaller = VectorIndex.Build(other, "Flat", Metric.L2);
        using var cosine = VectorIndex.Build(gallery, "Flat", Metric.Cosine);
        Assert.Throws<ArgumentException>(() => compare.Measure(smaller));
        Assert.Throws<ArgumentException>(() => compare.Measure(cosine));
        Assert.Throws<ArgumentException>(() => new AnnComparison(gallery.Vectors, VectorMatrix.Allocate(0, Galleries.Dimension)));
        using var flat = VectorIndex.Build(gallery, "Flat", Metric.L2);
        Assert.Throws<IndexEngineException>(() => compare.Sweep(flat, "nprobe", 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new AnnComparison(gallery.Vectors, gallery.Vectors) { Rounds = 0 });
    }

    [Fact]
    public void A_picture_of_cells_shows_every_vector_once_and_counts_as_the_search_does()
    {
        using var plane = Plane(400);
        using var index = VectorIndex.Build(plane, "IVF16,Flat", Metric.L2);
        float[] query = plane.Vectors.Row(17).ToArray();
        foreach (int nprobe in (int[])[1, 3, 16])
        {
            var chart = Chart.Cells(index, query, nprobe);
            PointSeries Of(string name) => chart.Series.OfType<PointSeries>().Single(s => s.Name == name);
            int missed = Of("true neighbour, missed").X.Count, looked = Of("looked at").X.Count;
            Assert.Equal(400, Of("not looked at").X.Count + looked + missed);
            Assert.Equal(16, Of("centre of a cell").X.Count);
            Assert.Equal(FormattableString.Invariant($"{looked} of 400 vectors compared; {10 - missed} of the 10 nearest found"), chart.Subtitle);
            if (nprobe == 16) Assert.Equal((400, 0), (looked, missed));
            // Every point lies in its cell: the borders are one closed polygon for each centre.
            Assert.Equal(16, chart.Series.OfType<LineSeries>().Single().X.Count(double.IsNaN));
            Assert.DoesNotContain("NaN", chart.ToSvg());
        }
        Assert.Throws<IndexEngineException>(() => Chart.Cells(index, query, 17));
    }

    [Fact]
    public void A_picture_of_a_graph_leads_from_the_top_to_the_ground()
    {
        using var plane = Plane(120);
        using var index = VectorIndex.Build(plane, "HNSW4", Metric.L2, new IndexOptions { Threads = 1 });
        var chart = Chart.Graph(index, plane.Vectors.Row(60).ToArray());
        var graph = index.Graph();
        Assert.Equal(graph.Heights.Sum(), chart.Series.OfType<PointSeries>().Single(s => s.Name == "vector").X.Count);
        var way = chart.Series.OfType<LineSeries>().Single(s => s.Name == "way of the search");
        Assert.InRange(way.Y[0], graph.Layers - 1, graph.Layers);
        Assert.InRange(way.Y[^1], 0, 1);
        Assert.Equal(chart.ToSvg(), Chart.Graph(index, plane.Vectors.Row(60).ToArray()).ToSvg());
        Assert.Contains("stroke-width=\"0.8\"", chart.ToSvg());
    }

    [Fact]
    public void Only_a_plane_can_be_drawn()
    {
        using var gallery = Galleries.Make(100);
        using var deep = VectorIndex.Build(gallery, "IVF4,Flat", Metric.L2);
        Assert.Contains("Pca.Fit", Assert.Throws<ArgumentException>(() => Chart.Cells(deep, new float[16], 1)).Message);
        using var plane = Plane(100);
        using var cosine = VectorIndex.Build(plane, "HNSW4", Metric.Cosine);
        Assert.Throws<ArgumentException>(() => Chart.Graph(cosine, [0, 0]));
        using var flat = VectorIndex.Build(plane, "Flat", Metric.L2);
        Assert.Throws<ArgumentException>(() => Chart.Graph(flat, [0, 0, 0]));
        Assert.Throws<IndexEngineException>(() => Chart.Graph(flat, [0, 0]));
        Assert.Throws<IndexEngineException>(() => Chart.Cells(flat, [0, 0], 1));
    }

    [Fact]
    public void Views_of_embeddings_keep_rows_and_items_together()
    {
        using var gallery = Galleries.Make(20);
        using var part = gallery.Slice(5, 10);
        Assert.Equal((10, "i5", gallery.Fingerprint), (part.Count, part.Items[0].Id, part.Fingerprint));
        Assert.Equal(gallery.Vectors.Row(14).ToArray(), part.Vectors.Row(9).ToArray());
        Assert.Throws<ArgumentOutOfRangeException>(() => gallery.Slice(15, 6));
        using var chosen = gallery.Where(item => item.Label == "c3");
        Assert.Equal(["i3", "i11", "i19"], chosen.Items.Select(i => i.Id));
        Assert.Equal(gallery.Vectors.Row(11).ToArray(), chosen.Vectors.Row(1).ToArray());
        foreach (var (most, ids) in new[] { (20, 20), (19, 10), (7, 7), (1, 1) })
        {
            using var thin = gallery.Thinned(most);
            Assert.Equal(ids, thin.Count);
            Assert.Equal(gallery.Vectors.Row(gallery.Items.ToList().FindIndex(i => i.Id == thin.Items[^1].Id)).ToArray(), thin.Vectors.Row(thin.Count - 1).ToArray());
        }
        using var unit = gallery.Through(new UnitBlocks(Galleries.Dimension));
        Assert.Equal(1, unit.Vectors.Row(3).ToArray().Sum(v => (double)v * v), 1e-6);
        Assert.NotEqual(gallery.Fingerprint, unit.Fingerprint);
        Assert.Null(unit.EmbedderJson);
        Assert.Throws<ArgumentException>(() => gallery.Through(new UnitBlocks(3)));
    }
}
