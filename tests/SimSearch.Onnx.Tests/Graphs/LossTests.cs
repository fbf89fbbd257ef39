using SimSearch.Tests.Support;

namespace SimSearch.Onnx.Tests;

/// <summary>Losses against their definitions in plain loops (double, 1e-12), their gradients against differences, and batches that offer nothing to learn from.</summary>
public sealed class LossTests
{
    private const int N = 8, D = 5, Classes = 3;

    private static double[,] Unit(double[] rows, int n)
    {
        var z = new double[n, D];
        for (int i = 0; i < n; i++)
        {
            double length = Math.Sqrt(Enumerable.Range(0, D).Sum(k => rows[i * D + k] * rows[i * D + k]));
            for (int k = 0; k < D; k++) z[i, k] = rows[i * D + k] / length;
        }
        return z;
    }

    private static double Dot(double[,] a, int i, double[,] b, int j) => Enumerable.Range(0, D).Sum(k => a[i, k] * b[j, k]);

    private static double[] OneHot(params int[] classes)
    {
        var labels = new double[classes.Length * Classes];
        for (int i = 0; i < classes.Length; i++) labels[i * Classes + classes[i]] = 1;
        return labels;
    }

    /// <summary>One-hot rows, two of them mixed as mixup does.</summary>
    private static double[] Mixed()
    {
        double[] labels = OneHot(0, 0, 1, 1, 2, 2, 0, 1);
        (labels[0], labels[1]) = (0.7, 0.3);
        (labels[12], labels[14]) = (0.4, 0.6);
        return labels;
    }

    private static double Value(Func<GraphBuilder, GraphTensor, GraphTensor, GraphTensor> loss, double[] rows, double[] labels)
    {
        var g = new GraphBuilder(OnnxElementType.Double);
        int n = rows.Length / D;
        GraphTensor z = g.Input("z", [n, D]), y = g.Input("labels", [n, labels.Length / n]);
        return new SlowTwin(g).Run(new Dictionary<GraphTensor, double[]> { [z] = rows, [y] = labels }, loss(g, g.L2Normalise(z), y))[0].Values[0];
    }

    private static void Check(Func<GraphBuilder, GraphTensor, GraphTensor, GraphTensor> loss, Func<double[,], double> twin, double[] labels)
    {
        double[] rows = GradientCheck.Normal(new Random(5), N * D);
        Assert.Equal(twin(Unit(rows, N)), Value(loss, rows, labels), 1e-10);
        GradientCheck.Of(g => loss(g, g.L2Normalise(g.Input("z", [N, D])), g.Input("fixed labels", [N, Classes])), fill: (t, _) => t.Name == "fixed labels" ? labels : null);
    }

    private static double[] ClassVectors => GradientCheck.Normal(new Random(9), Classes * D);

    private static double SupCon(double[,] z, double[] labels, double temperature)
    {
        int n = z.GetLength(0), rows = 0;
        double loss = 0;
        for (int i = 0; i < n; i++)
        {
            double total = 0, partition = 0, sum = 0;
            double Weight(int j) => Enumerable.Range(0, Classes).Sum(c => labels[i * Classes + c] * labels[j * Classes + c]);
            for (int j = 0; j < n; j++)
            {
                if (j == i) continue;
                total += Weight(j);
                partition += Math.Exp(Dot(z, i, z, j) / temperature);
            }
            if (total < 1e-6) continue;
            rows++;
            for (int j = 0; j < n; j++)
                if (j != i) sum -= Weight(j) / total * (Dot(z, i, z, j) / temperature - Math.Log(partition));
            loss += sum;
        }
        return rows == 0 ? 0 : loss / rows;
    }

    [Fact]
    public void Supervised_contrastive_with_soft_labels() => Check((g, z, y) => g.SupervisedContrastive(z, y, 0.2), z => SupCon(z, Mixed(), 0.2), Mixed());

    [Fact]
    public void Supervised_contrastive_leaves_out_rows_without_a_positive()
    {
        double[] labels = OneHot(0, 0, 1, 2, 2, 0, 0, 2);
        Check((g, z, y) => g.SupervisedContrastive(z, y, 0.2), z => SupCon(z, labels, 0.2), labels);
    }

    [Theory]
    [InlineData(1e-5)]
    [InlineData(1e3)]
    public void Any_temperature_leaves_an_item_out_of_its_own_row(double temperature)
    {
        double[] labels = OneHot(0, 0, 1, 1, 2, 2, 0, 1), rows = GradientCheck.Normal(new Random(5), N * D);
        double value = Value((g, z, y) => g.SupervisedContrastive(z, y, temperature), rows, labels);
        double[,] unit = Unit(rows, N);
        double expected = 0;
        for (int i = 0; i < N; i++)
        {
            int[] others = [.. Enumerable.Range(0, N).Where(j => j != i)];
            double top = others.Max(j => Dot(unit, i, unit, j)), log = top / temperature + Math.Log(others.Sum(j => Math.Exp((Dot(unit, i, unit, j) - top) / temperature)));
            double[] own = [.. others.Where(j => labels.AsSpan(i * Classes, Classes).SequenceEqual(labels.AsSpan(j * Classes, Classes))).Select(j => log - Dot(unit, i, unit, j) / temperature)];
            expected += own.Average() / N;
        }
        Assert.Equal(expected, value, 1e-9 * expected);
    }

    [Fact]
    public void Two_views_of_one_item_find_each_other() => Check(
        (g, z, _) => g.NormalisedTemperature(g.Slice(z, 0, 0, N / 2), g.Slice(z, 0, N / 2, N), 0.3),
        z =>
        {
            double loss = 0;
            for (int i = 0; i < N; i++)
                loss -= Dot(z, i, z, (i + N / 2) % N) / 0.3 - Math.Log(Enumerable.Range(0, N).Where(j => j != i).Sum(j => Math.Exp(Dot(z, i, z, j) / 0.3)));
            return loss / N;
        },
        Mixed());

    [Theory]
    [InlineData(0)]
    [InlineData(0.5)]
    public void Cosine_softmax_with_and_without_margin(double margin) => Check(
        (g, z, y) => g.CosineSoftmax(z, g.Constant(ClassVectors, [Classes, D]), y, 8, margin),
        z => Softmax(z, Unit(ClassVectors, Classes), OneHot(0, 0, 1, 1, 2, 2, 0, 1), 8, margin),
        OneHot(0, 0, 1, 1, 2, 2, 0, 1));

    [Fact]
    public void Class_vectors_learn_too() => GradientCheck.Of(
        g => g.CosineSoftmax(g.L2Normalise(g.Input("z", [N, D])), g.Parameter("classes", [Classes, D], Initialiser.Normal(1)), g.Input("fixed labels", [N, Classes]), 4, 0.3),
        fill: (t, _) => t.Name == "fixed labels" ? Mixed() : null);

    private static double Softmax(double[,] z, double[,] w, double[] labels, double scale, double margin)
    {
        double loss = 0;
        for (int i = 0; i < N; i++)
        {
            double[] logits = [.. Enumerable.Range(0, Classes).Select(c =>
            {
                double cosine = Dot(z, i, w, c);
                if (labels[i * Classes + c] != 1) return scale * cosine;
                double angle = Math.Acos(cosine);
                return scale * (angle + margin < Math.PI ? Math.Cos(angle + margin) : cosine - margin * Math.Sin(margin));
            })];
            for (int c = 0; c < Classes; c++) loss -= labels[i * Classes + c] * (logits[c] - Math.Log(logits.Sum(Math.Exp)));
        }
        return loss / N;
    }

    [Fact]
    public void A_margin_past_the_far_side_still_pushes_outwards()
    {
        // A vector opposite to its class: adding the margin to an angle of nearly pi would bring it closer again.
        double Loss(double margin) => Value((g, z, y) => g.CosineSoftmax(z, g.Constant([1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0], [3, 5]), y, 8, margin), [-1, 0.01, 0, 0, 0, 0, 0, 1, 0, 0], OneHot(0, 2));
        Assert.True(Loss(0.5) > Loss(0.2) && Loss(0.2) > Loss(0));
    }

    [Fact]
    public void Triplets_with_semi_hard_negatives()
    {
        double[] labels = OneHot(0, 0, 1, 1, 2, 2, 0, 1);
        Check((g, z, y) => g.TripletSemiHard(z, y, 0.3), z => Triplet(z, labels, 0.3), labels);
    }

    [Fact]
    public void Where_no_negative_is_farther_the_farthest_counts()
    {
        // Items of a class lie on opposite sides, those of other classes between them.
        double[] labels = OneHot(0, 0, 1, 1), rows = [1, 0.1, 0, 0, 0, -1, 0.1, 0, 0, 0, 0.1, 1, 0, 0, 0, 0.2, -1, 0.3, 0, 0];
        double[,] z = Unit(rows, 4);
        Assert.All(Enumerable.Range(2, 2), k => Assert.True(Dot(z, 0, z, k) > Dot(z, 0, z, 1)));
        Assert.Equal(Triplet(z, labels, 0.3), Value((g, e, y) => g.TripletSemiHard(e, y, 0.3), rows, labels), 1e-10);
    }

    [Fact]
    public void A_share_of_a_class_that_is_next_to_nothing_makes_no_positive()
    {
        double[] labels = OneHot(0, 0, 1, 2, 2, 1, 1, 0);
        (labels[3], labels[6], labels[7]) = (0, 1e-8, 0); // the second and the third item
        Check((g, z, y) => g.SupervisedContrastive(z, y, 0.2), z => SupCon(z, labels, 0.2), labels);
    }

    private static double Triplet(double[,] z, double[] labels, double margin)
    {
        int n = z.GetLength(0), pairs = 0;
        double loss = 0;
        bool Same(int i, int j) => Enumerable.Range(0, Classes).All(c => labels[i * Classes + c] == labels[j * Classes + c]);
        double Distance(int i, int j) => Math.Sqrt(Math.Max(0, Dot(z, i, z, i) + Dot(z, j, z, j) - 2 * Dot(z, i, z, j)) + 1e-8);
        for (int a = 0; a < n; a++)
            for (int p = 0; p < n; p++)
            {
                double[] negatives = [.. Enumerable.Range(0, n).Where(k => !Same(a, k)).Select(k => Distance(a, k))];
                if (p == a || !Same(a, p) || negatives.Length == 0) continue;
                double[] farther = [.. negatives.Where(d => d > Distance(a, p))];
                pairs++;
                loss += Math.Max(0, Distance(a, p) - (farther.Length > 0 ? farther.Min() : negatives.Max()) + margin);
            }
        return pairs == 0 ? 0 : loss / pairs;
    }

    public static TheoryData<string, string> Degenerate => new()
    {
        { "supcon", "all different" }, { "supcon", "one class" }, { "triplet", "all different" }, { "triplet", "one class" }, { "supcon", "no labels" }, { "triplet", "no labels" },
    };

    [Theory]
    [MemberData(nameof(Degenerate))]
    public void A_batch_that_offers_nothing_gives_zero_and_no_NaN(string loss, string batch)
    {
        if (!OnnxRuntime.IsAvailable(out string? reason)) SharedData.SkipUnless(false, reason);
        double[] labels = batch == "all different" ? OneHot(0, 1, 2) : batch == "one class" ? OneHot(1, 1, 1) : new double[9];
        // The second and third row are equal: distance zero.
        double[] rows = [1, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 2, 0, 0, 0];
        var g = new GraphBuilder();
        GraphTensor z = g.Input("z", [3, D]), y = g.Input("labels", [3, Classes]), unit = g.L2Normalise(z);
        var value = loss == "supcon" ? g.SupervisedContrastive(unit, y) : g.TripletSemiHard(unit, y);
        double[][] results = GraphRun.Run(g, new Dictionary<GraphTensor, double[]> { [z] = rows, [y] = labels }, [value, .. g.Gradients(value, z)]);
        Assert.All(results.SelectMany(r => r), v => Assert.True(double.IsFinite(v)));
        if (!(loss == "supcon" && batch == "one class")) Assert.All(results.SelectMany(r => r), v => Assert.Equal(0, v));
        else Assert.True(results[0][0] > 0);
    }

    [Fact]
    public void Cross_entropy_of_uniform_logits_is_the_logarithm_of_the_classes() =>
        Assert.Equal(Math.Log(3), Value((g, z, y) => g.CrossEntropy(g.MatMul(z, g.Constant(new double[15], [5, 3])), y), GradientCheck.Normal(new Random(1), 40), Mixed()), 1e-12);

    [Fact]
    public void Settings_out_of_range_are_refused()
    {
        var g = new GraphBuilder();
        GraphTensor z = g.Input("z", [4, 5]), y = g.Input("labels", [4, 3]), w = g.Input("w", [3, 5]);
        foreach (double wrong in new[] { 0, -1, double.NaN })
        {
            Assert.Throws<OnnxGraphException>(() => g.SupervisedContrastive(z, y, wrong));
            Assert.Throws<OnnxGraphException>(() => g.TripletSemiHard(z, y, wrong));
            Assert.Throws<OnnxGraphException>(() => g.CosineSoftmax(z, w, y, scale: wrong));
        }
        Assert.Throws<OnnxGraphException>(() => g.CosineSoftmax(z, w, y, margin: 2));
        Assert.Throws<OnnxGraphException>(() => g.CosineSoftmax(z, w, g.Input("fewer", [4, 2])));
        Assert.Throws<OnnxGraphException>(() => g.SupervisedContrastive(z, g.Input("shorter", [3, 3])));
        Assert.Throws<OnnxGraphException>(() => g.SupervisedContrastive(g.Input("one", [1, 5]), g.Input("its label", [1, 3])));
        Assert.Throws<OnnxGraphException>(() => g.NormalisedTemperature(z, w));
        Assert.Throws<OnnxGraphException>(() => g.CrossEntropy(g.Input("logits", [3]), g.Input("targets", [3])));
    }
}
