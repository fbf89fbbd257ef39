using System.Text.Json;
using SimSearch.Evaluation;
using SimSearch.Tests.Support;

namespace SimSearch.Tests;

public sealed class RetrievalMetricsTests
{
    private static readonly int[] Ks = [1, 5, 10, 20];

    private static JsonElement Golden() => JsonDocument.Parse(File.ReadAllText(SharedData.Golden("other.json"))).RootElement.GetProperty("metrics");

    private static Dictionary<string, double> Ours(long[] ranked, Dictionary<long, double> grades)
    {
        int[] hits = RetrievalMetrics.HitRanks(ranked, grades.Where(g => g.Value >= 1).Select(g => g.Key).ToHashSet());
        int relevant = grades.Count(g => g.Value >= 1);
        double[] rankedGrades = [.. ranked.Select(id => grades.GetValueOrDefault(id))], all = [.. grades.Values];
        var values = new Dictionary<string, double>
        {
            ["ap"] = RetrievalMetrics.AveragePrecision(hits, relevant),
            ["rr"] = RetrievalMetrics.ReciprocalRank(hits),
            ["r_precision"] = RetrievalMetrics.RPrecision(hits, relevant),
            ["ap_at_r"] = RetrievalMetrics.AveragePrecisionAtR(hits, relevant),
        };
        foreach (int k in Ks)
        {
            values[$"precision@{k}"] = RetrievalMetrics.PrecisionAtK(hits, k);
            values[$"recall@{k}"] = RetrievalMetrics.RecallAtK(hits, relevant, k);
            values[$"hit_rate@{k}"] = RetrievalMetrics.HitRateAtK(hits, k);
            values[$"ap@{k}"] = RetrievalMetrics.AveragePrecisionAtK(hits, relevant, k);
            values[$"ndcg@{k}"] = RetrievalMetrics.NdcgAtK(rankedGrades, all, k);
            values[$"ndcg_exp@{k}"] = RetrievalMetrics.NdcgAtK(rankedGrades, all, k, exponential: true);
            if (all.All(g => g <= 1)) Assert.Equal(values[$"ndcg@{k}"], RetrievalMetrics.NdcgAtK(hits, relevant, k), 1e-12);
        }
        return values;
    }

    private static IEnumerable<(string Name, Dictionary<string, double> Ours, JsonElement Golden, int Relevant)> Cases() =>
        Golden().GetProperty("cases").EnumerateArray().Select(c =>
        {
            var grades = c.GetProperty("relevant").EnumerateObject().ToDictionary(p => long.Parse(p.Name), p => p.Value.GetDouble());
            return (c.GetProperty("name").GetString()!, Ours([.. c.GetProperty("ranked").EnumerateArray().Select(id => id.GetInt64())], grades), c.GetProperty("values"), grades.Count(g => g.Value >= 1));
        });

    [Fact]
    public void Every_golden_value_is_met()
    {
        int compared = 0;
        foreach (var (name, ours, golden, _) in Cases())
            foreach (var value in golden.EnumerateObject())
            {
                Assert.True(ours.TryGetValue(value.Name, out double mine), $"{name}: {value.Name} is not computed");
                Assert.True(Math.Abs(mine - value.Value.GetDouble()) <= 1e-9, $"{name}: {value.Name} is {mine}, the reference says {value.Value}");
                compared++;
            }
        Assert.Equal(22 * 28, compared);
    }

    [Theory]
    [InlineData("include_queries_without_relevant")]
    [InlineData("exclude_queries_without_relevant")]
    public void Means_follow_either_convention(string convention)
    {
        var cases = Cases().Where(c => convention.StartsWith("include") || c.Relevant > 0).ToArray();
        foreach (var mean in Golden().GetProperty("means").GetProperty(convention).EnumerateObject())
            Assert.Equal(mean.Value.GetDouble(), Bootstrap.Estimates([[.. cases.Select(c => c.Ours[mean.Name])]], 10)[0].Value, 1e-9);
    }

    [Fact]
    public void Equal_scores_are_ordered_by_lower_id()
    {
        foreach (var tie in Golden().GetProperty("ties").EnumerateArray())
        {
            // "relevant" is written by id, "ids" and "scores" by position.
            long[] ids = [.. tie.GetProperty("ids").EnumerateArray().Select(e => e.GetInt64())];
            double[] scores = [.. tie.GetProperty("scores").EnumerateArray().Select(e => e.GetDouble())];
            int[] relevant = [.. tie.GetProperty("relevant").EnumerateArray().Select(e => e.GetInt32())];
            var golden = tie.GetProperty("by_score_then_lower_id");
            int[] order = RetrievalMetrics.Order(ids, scores);
            Assert.Equal(golden.GetProperty("ranked").EnumerateArray().Select(e => e.GetInt64()), order.Select(i => ids[i]));
            int[] hits = RetrievalMetrics.HitRanks([.. order.Select(i => relevant[i] > 0)]);
            Assert.Equal(golden.GetProperty("ap").GetDouble(), RetrievalMetrics.AveragePrecision(hits, relevant.Sum()), 1e-9);
            Assert.Equal(golden.GetProperty("rr").GetDouble(), RetrievalMetrics.ReciprocalRank(hits), 1e-9);
            Assert.Equal(golden.GetProperty("precision_5").GetDouble(), RetrievalMetrics.PrecisionAtK(hits, 5), 1e-9);
        }
    }

    [Fact]
    public void Fast_metrics_equal_their_definitions_read_aloud()
    {
        var random = new Random(1);
        for (int trial = 0; trial < 500; trial++)
        {
            int length = random.Next(0, 40), unretrieved = random.Next(0, 5);
            double share = random.NextDouble();
            bool[] list = [.. Enumerable.Range(0, length).Select(_ => random.NextDouble() < share)];
            int[] hits = RetrievalMetrics.HitRanks(list);
            int relevant = hits.Length + unretrieved;
            int HitsWithin(int rank) => Enumerable.Range(0, Math.Min(rank, length)).Count(i => list[i]);
            double PrecisionAt(int rank) => (double)HitsWithin(rank) / rank;
            double Ap(int upTo) => relevant == 0 ? 0 : Enumerable.Range(1, Math.Min(length, upTo)).Where(rank => list[rank - 1]).Sum(PrecisionAt) / relevant;
            foreach (int k in (int[])[1, 2, 7, 50])
            {
                Assert.Equal(PrecisionAt(k), RetrievalMetrics.PrecisionAtK(hits, k), 1e-12);
                Assert.Equal(relevant == 0 ? 0 : (double)HitsWithin(k) / relevant, RetrievalMetrics.RecallAtK(hits, relevant, k), 1e-12);
                Assert.Equal(HitsWithin(k) > 0 ? 1 : 0, RetrievalMetrics.HitRateAtK(hits, k));
                Assert.Equal(Ap(k), RetrievalMetrics.AveragePrecisionAtK(hits, relevant, k), 1e-12);
                double gained = Enumerable.Range(1, Math.Min(k, length)).Sum(rank => list[rank - 1] ? 1 / Math.Log2(rank + 1) : 0);
                double ideal = Enumerable.Range(1, Math.Min(k, relevant)).Sum(rank => 1 / Math.Log2(rank + 1));
                Assert.Equal(relevant == 0 ? 0 : gained / ideal, RetrievalMetrics.NdcgAtK(hits, relevant, k), 1e-12);
            }
            Assert.Equal(Ap(length), RetrievalMetrics.AveragePrecision(hits, relevant), 1e-12);
            Assert.Equal(relevant == 0 ? 0 : Ap(relevant), RetrievalMetrics.AveragePrecisionAtR(hits, relevant), 1e-12);
            Assert.Equal(relevant == 0 ? 0 : PrecisionAt(relevant), RetrievalMetrics.RPrecision(hits, relevant), 1e-12);
            Assert.Equal(Array.IndexOf(list, true) is >= 0 and var first ? 1.0 / (first + 1) : 0, RetrievalMetrics.ReciprocalRank(hits), 1e-12);
            var interpolated = new double[11];
            RetrievalMetrics.InterpolatedPrecision(hits, relevant, interpolated);
            for (int level = 0; level <= 10; level++)
            {
                var reached = Enumerable.Range(1, length).Where(rank => list[rank - 1] && 10 * HitsWithin(rank) >= level * relevant).Select(PrecisionAt);
                Assert.Equal(relevant == 0 ? 0 : reached.DefaultIfEmpty(0).Max(), interpolated[level], 1e-12);
            }
        }
    }

    [Fact]
    public void A_perfect_ranking_scores_1_and_a_swap_for_the_worse_never_scores_more()
    {
        int[] perfect = [1, 2, 3, 4];
        Assert.Equal(1, RetrievalMetrics.AveragePrecision(perfect, 4));
        Assert.Equal(1, RetrievalMetrics.AveragePrecisionAtR(perfect, 4));
        Assert.Equal(1, RetrievalMetrics.RPrecision(perfect, 4));
        Assert.Equal(1, RetrievalMetrics.NdcgAtK(perfect, 4, 10));
        var random = new Random(2);
        int swaps = 0;
        for (int trial = 0; trial < 300; trial++)
        {
            bool[] list = [.. Enumerable.Range(0, 30).Select(_ => random.Next(3) == 0)];
            int at = random.Next(29);
            if (!list[at] || list[at + 1]) continue;
            int[] better = RetrievalMetrics.HitRanks(list);
            (list[at], list[at + 1]) = (list[at + 1], list[at]);
            int[] worse = RetrievalMetrics.HitRanks(list);
            Assert.True(RetrievalMetrics.AveragePrecision(worse, worse.Length) < RetrievalMetrics.AveragePrecision(better, better.Length));
            Assert.True(RetrievalMetrics.NdcgAtK(worse, worse.Length, 30) < RetrievalMetrics.NdcgAtK(better, better.Length, 30));
            for (int k = 1; k < 30; k++)
            {
                Assert.True(RetrievalMetrics.PrecisionAtK(worse, k) <= RetrievalMetrics.PrecisionAtK(better, k));
                Assert.True(RetrievalMetrics.RecallAtK(worse, worse.Length, k) <= RetrievalMetrics.RecallAtK(worse, worse.Length, k + 1));
                Assert.True(RetrievalMetrics.HitRateAtK(worse, k) <= RetrievalMetrics.HitRateAtK(worse, k + 1));
            }
            swaps++;
        }
        Assert.True(swaps > 30);
    }

    [Fact]
    public void Wrong_questions_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => RetrievalMetrics.PrecisionAtK([1], 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => RetrievalMetrics.AveragePrecision([1, 2], 1));
        Assert.Throws<ArgumentException>(() => RetrievalMetrics.Order([1], [1.0, 2.0]));
    }
}
