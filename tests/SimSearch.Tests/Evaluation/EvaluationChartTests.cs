using System.Globalization;
using SimSearch.Charts;
using SimSearch.Embedding;
using SimSearch.Evaluation;
using SimSearch.Indexing;

namespace SimSearch.Tests;

/// <summary>What is drawn of an evaluation agrees with its figures.</summary>
public sealed class EvaluationChartTests
{
    private static RetrievalReport Report(int rows = 120, int hubnessK = 10) =>
        RetrievalEvaluator.Evaluate(Galleries.Make(rows), null, Metric.L2, new EvaluationOptions { BootstrapSamples = 50, HubnessK = hubnessK, Ks = [1, 5] });

    [Theory]
    [InlineData(10)]
    [InlineData(3)]
    public void Occurrences_are_what_hubness_is_computed_from(int k)
    {
        var report = Report(hubnessK: k);
        double[] occurrences = report.Occurrences();
        Assert.Equal((120, 120.0 * k), (occurrences.Length, occurrences.Sum()));
        Assert.Equal(report.Hubness, Hubness.Skewness(occurrences), 1e-12);
        var counts = Assert.IsType<HistogramSeries>(Assert.Single(Chart.Hubs(report).Series)).Counts;
        Assert.Equal(120, counts.Sum());
        Assert.Equal(occurrences.Count(n => n == 0), counts[0]);
    }

    [Fact]
    public void Curves_of_reports_carry_their_intervals()
    {
        var report = Report();
        var chart = Chart.PrecisionRecall("Two", ("a", report), ("b", report));
        Assert.Equal(["a", "b"], chart.Series.Select(s => s.Name));
        var line = (LineSeries)chart.Series[0];
        Assert.Equal(report.PrecisionRecall.Select(p => p.Precision), line.Y);
        Assert.Equal(report.PrecisionRecallIntervals.Select(e => e.High), line.Upper);
    }

    [Fact]
    public void Histograms_of_a_small_and_a_large_set_are_shares_over_the_same_intervals()
    {
        var chart = Chart.Histograms("H", new ChartAxis("Score", ""), ("few", [0, 1, double.NaN]), ("many", Enumerable.Range(0, 1001).Select(i => i / 1000.0)));
        var (few, many) = ((HistogramSeries)chart.Series[0], (HistogramSeries)chart.Series[1]);
        Assert.Equal(few.Edges, many.Edges);
        Assert.Equal((0.0, 1.0), (few.Edges[0], few.Edges[^1]));
        Assert.Equal((0.5, 0.5), (few.Counts[0], few.Counts[^1]));
        Assert.Equal(1, many.Counts.Sum(), 1e-9);
        // Nothing, or always the same: still a chart.
        Assert.Contains("<svg", Chart.Histograms("H", new ChartAxis("Score", ""), ("none", []), ("one", [3, 3])).ToSvg());
    }

    [Fact]
    public void A_confusion_matrix_is_drawn_as_its_counts_are()
    {
        var matrix = ConfusionMatrix.FromPairs(["a", "b"], [0, 0, 1], [0, 1, 1]);
        Assert.Equal(Chart.Confusion("C", ["a", "b"], [1, 1, 0, 1]).ToSvg(), Chart.Confusion("C", matrix).ToSvg());
    }

    [Fact]
    public void An_estimate_is_written_the_same_everywhere()
    {
        var before = CultureInfo.CurrentCulture;
        try
        {
            // The tests run without the data of real cultures.
            var other = (CultureInfo)CultureInfo.InvariantCulture.Clone();
            other.NumberFormat.NumberDecimalSeparator = ",";
            CultureInfo.CurrentCulture = other;
            Assert.Equal("0.622 (0.591 to 0.655)", new Estimate(0.6221, 0.591, 0.655).ToString());
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Fact]
    public void The_mean_of_embeddings_can_be_searched_for()
    {
        using var gallery = Galleries.Make(80);
        using var index = VectorIndex.Build(gallery, "Flat", Metric.L2);
        using var mean = gallery.Where(item => item.Label == "c3").Mean();
        Assert.Equal((1L, Galleries.Dimension), (mean.Rows, mean.Dimension));
        Assert.All(index.Search(mean, 5).Hits(0), hit => Assert.Equal("c3", hit.Item!.Label));
        Assert.Throws<InvalidOperationException>(() => gallery.Where(_ => false).Mean());
    }
}
