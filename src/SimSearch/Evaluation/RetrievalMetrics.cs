namespace SimSearch.Evaluation;

/// <summary>
/// Retrieval metrics of one query, by definition. A ranking is given as its <i>hit ranks</i>: the 1-based ranks at which relevant items
/// stand, ascending. R is the number of relevant items there are, found or not. Every metric lies in 0 to 1 and is 0 when R is 0.
/// Mean values over queries and their intervals: <see cref="Bootstrap"/>. Agrees with ranx 0.3.20, scikit-learn 1.2 and (MAP@R)
/// pytorch-metric-learning to 1e-9.
/// </summary>
public static class RetrievalMetrics
{
    /// <summary>The hit ranks of a ranking.</summary>
    /// <param name="relevant">For each rank, best first, whether the item there is relevant.</param>
    public static int[] HitRanks(ReadOnlySpan<bool> relevant)
    {
        var ranks = new List<int>();
        for (int i = 0; i < relevant.Length; i++)
            if (relevant[i]) ranks.Add(i + 1);
        return [.. ranks];
    }

    /// <summary>The hit ranks of a ranking of ids.</summary>
    /// <param name="ranked">Ids, best first, none twice.</param>
    /// <param name="relevant">The ids that are relevant.</param>
    public static int[] HitRanks<T>(IReadOnlyList<T> ranked, IReadOnlySet<T> relevant) => HitRanks([.. ranked.Select(relevant.Contains)]);

    /// <summary>The order of a ranking by score: highest first, equal scores by lower id.</summary>
    /// <param name="ids">One id per item.</param>
    /// <param name="scores">One score per item, higher is better; not NaN.</param>
    /// <returns>Positions into <paramref name="ids"/>, best first.</returns>
    public static int[] Order(ReadOnlySpan<long> ids, ReadOnlySpan<double> scores)
    {
        if (ids.Length != scores.Length) throw new ArgumentException($"{ids.Length} ids and {scores.Length} scores must be equally many", nameof(scores));
        var keys = new (double, long)[ids.Length];
        var order = new int[ids.Length];
        for (int i = 0; i < ids.Length; i++) (keys[i], order[i]) = ((-scores[i], ids[i]), i);
        Array.Sort(keys, order);
        return order;
    }

    /// <summary>Precision@k: relevant items in the first k ranks / k, also when fewer than k came back.</summary>
    /// <param name="hitRanks">Ranks of the relevant items, 1-based, ascending.</param>
    /// <param name="k">1 or more.</param>
    public static double PrecisionAtK(ReadOnlySpan<int> hitRanks, int k) => (double)HitsIn(hitRanks, k) / k;

    /// <summary>Recall@k: relevant items in the first k ranks / R.</summary>
    /// <param name="hitRanks">Ranks of the relevant items, 1-based, ascending.</param>
    /// <param name="relevant">R.</param>
    /// <param name="k">1 or more.</param>
    public static double RecallAtK(ReadOnlySpan<int> hitRanks, long relevant, int k)
    {
        Check(hitRanks, relevant);
        return relevant == 0 ? 0 : (double)HitsIn(hitRanks, k) / relevant;
    }

    /// <summary>Hit rate@k (success@k): 1 when at least one relevant item is in the first k ranks, else 0.</summary>
    /// <param name="hitRanks">Ranks of the relevant items, 1-based, ascending.</param>
    /// <param name="k">1 or more.</param>
    public static double HitRateAtK(ReadOnlySpan<int> hitRanks, int k) => HitsIn(hitRanks, k) > 0 ? 1 : 0;

    /// <summary>Average precision: the precision at the rank of each hit, summed, / R. Relevant items that were not retrieved count as 0.</summary>
    /// <param name="hitRanks">Ranks of the relevant items, 1-based, ascending.</param>
    /// <param name="relevant">R.</param>
    public static double AveragePrecision(ReadOnlySpan<int> hitRanks, long relevant) => AveragePrecisionAtK(hitRanks, relevant, int.MaxValue);

    /// <summary>AP@k: average precision over the first k ranks, still divided by R (not by min(R, k)).</summary>
    /// <param name="hitRanks">Ranks of the relevant items, 1-based, ascending.</param>
    /// <param name="relevant">R.</param>
    /// <param name="k">1 or more.</param>
    public static double AveragePrecisionAtK(ReadOnlySpan<int> hitRanks, long relevant, int k)
    {
        Check(hitRanks, relevant);
        if (relevant == 0) return 0;
        double sum = 0;
        int within = HitsIn(hitRanks, k);
        for (int i = 0; i < within; i++) sum += (i + 1.0) / hitRanks[i];
        return sum / relevant;
    }

    /// <summary>The AP@R of one query, whose mean is MAP@R: (1/R) * sum over ranks i up to R of precision@i * relevant_i. Musgrave, Belongie and Lim 2020.</summary>
    /// <param name="hitRanks">Ranks of the relevant items, 1-based, ascending.</param>
    /// <param name="relevant">R.</param>
    public static double AveragePrecisionAtR(ReadOnlySpan<int> hitRanks, long relevant) =>
        relevant == 0 ? 0 : AveragePrecisionAtK(hitRanks, relevant, (int)Math.Min(relevant, int.MaxValue));

    /// <summary>R-precision: precision at rank R.</summary>
    /// <param name="hitRanks">Ranks of the relevant items, 1-based, ascending.</param>
    /// <param name="relevant">R.</param>
    public static double RPrecision(ReadOnlySpan<int> hitRanks, long relevant) =>
        relevant == 0 ? 0 : RecallAtK(hitRanks, relevant, (int)Math.Min(relevant, int.MaxValue));

    /// <summary>Reciprocal rank: 1 / rank of the first relevant item, 0 when none was found. Its mean is MRR.</summary>
    /// <param name="hitRanks">Ranks of the relevant items, 1-based, ascending.</param>
    public static double ReciprocalRank(ReadOnlySpan<int> hitRanks) => hitRanks.IsEmpty ? 0 : 1.0 / hitRanks[0];

    /// <summary>nDCG@k of relevance yes or no: sum of 1 / log2(rank + 1) over the hits in the first k, / the same sum with all R items in front.</summary>
    /// <param name="hitRanks">Ranks of the relevant items, 1-based, ascending.</param>
    /// <param name="relevant">R.</param>
    /// <param name="k">1 or more.</param>
    public static double NdcgAtK(ReadOnlySpan<int> hitRanks, long relevant, int k)
    {
        Check(hitRanks, relevant);
        if (relevant == 0) return 0;
        double gained = 0, ideal = 0;
        int within = HitsIn(hitRanks, k);
        for (int i = 0; i < within; i++) gained += Discount(hitRanks[i]);
        for (int rank = 1; rank <= Math.Min(relevant, k); rank++) ideal += Discount(rank);
        return gained / ideal;
    }

    /// <summary>
    /// nDCG@k of graded relevance: sum of gain / log2(rank + 1) over the first k, / that of the ideal order of all grades (first k); 0 when no grade is
    /// above 0. Gain is the grade itself (Jarvelin and Kekalainen 2002), or 2^grade - 1 when <paramref name="exponential"/> (Burges et al. 2005).
    /// </summary>
    /// <param name="rankedGrades">The grade of the item at each rank, best first; 0 for one that is not relevant.</param>
    /// <param name="allGrades">The grades of all relevant items, retrieved or not, in any order.</param>
    /// <param name="k">1 or more.</param>
    /// <param name="exponential">Which gain.</param>
    public static double NdcgAtK(ReadOnlySpan<double> rankedGrades, ReadOnlySpan<double> allGrades, int k, bool exponential = false)
    {
        CheckK(k);
        double[] best = allGrades.ToArray();
        Array.Sort(best, (a, b) => b.CompareTo(a));
        double ideal = Dcg(best, k, exponential);
        return ideal > 0 ? Dcg(rankedGrades, k, exponential) / ideal : 0;
    }

    /// <summary>
    /// Interpolated precision at recall levels 0, 0.1, ..., 1: the highest precision at any rank whose recall reaches the level, 0 where none does
    /// (Manning, Raghavan and Schuetze 2008, section 8.4).
    /// </summary>
    /// <param name="hitRanks">Ranks of the relevant items, 1-based, ascending.</param>
    /// <param name="relevant">R.</param>
    /// <param name="precision">Receives one value a level, evenly spread over 0 to 1; 2 or more, 11 by custom.</param>
    public static void InterpolatedPrecision(ReadOnlySpan<int> hitRanks, long relevant, Span<double> precision)
    {
        Check(hitRanks, relevant);
        if (precision.Length < 2) throw new ArgumentException($"{precision.Length} recall levels are too few; give room for 11", nameof(precision));
        precision.Clear();
        if (relevant == 0) return;
        int last = precision.Length - 1;
        double best = 0;
        int level = last;
        for (int hits = hitRanks.Length; hits > 0; hits--)
        {
            // Level l / last is reached by the first h hits when h / R >= l / last; compared in whole numbers.
            for (; level >= 0 && level * relevant > (long)(hits) * last; level--) precision[level] = best;
            best = Math.Max(best, (double)hits / hitRanks[hits - 1]);
        }
        for (; level >= 0; level--) precision[level] = best;
    }

    private static double Dcg(ReadOnlySpan<double> grades, int k, bool exponential)
    {
        double sum = 0;
        for (int i = 0; i < Math.Min(k, grades.Length); i++) sum += (exponential ? Math.Pow(2, grades[i]) - 1 : grades[i]) * Discount(i + 1);
        return sum;
    }

    private static double Discount(int rank) => 1 / Math.Log2(rank + 1.0);

    private static int HitsIn(ReadOnlySpan<int> hitRanks, int k)
    {
        CheckK(k);
        int at = hitRanks.BinarySearch(k);
        return at >= 0 ? at + 1 : ~at;
    }

    private static void CheckK(int k)
    {
        if (k < 1) throw new ArgumentOutOfRangeException(nameof(k), $"k={k} must be 1 or more");
    }

    private static void Check(ReadOnlySpan<int> hitRanks, long relevant)
    {
        if (relevant < hitRanks.Length)
            throw new ArgumentOutOfRangeException(nameof(relevant), $"relevant={relevant} is fewer than the {hitRanks.Length} relevant items that were found");
    }
}
