namespace SimSearch.Evaluation;

/// <summary>One value per metric and query, filled query by query from several threads; nothing here grows with the gallery.</summary>
internal sealed class PerQueryFigures
{
    public const int RecallLevels = 11;

    private readonly int[] ks;

    public PerQueryFigures(int queries, int[] ks, int width)
    {
        this.ks = ks;
        Width = width;
        Precision = PerK();
        Recall = PerK();
        HitRate = PerK();
        Ndcg = PerK();
        KnnCorrect = PerK();
        AveragePrecision = new double[queries];
        AveragePrecisionAtR = new double[queries];
        RPrecision = new double[queries];
        ReciprocalRank = new double[queries];
        Relevant = new int[queries];
        Interpolated = new double[queries * RecallLevels];
        Rows = new long[queries * width];
        Scores = new float[queries * width];
        IsHit = new bool[queries * width];

        double[][] PerK() => [.. ks.Select(_ => new double[queries])];
    }

    /// <summary>Neighbours kept per query.</summary>
    public int Width { get; }

    // [k][query]
    public double[][] Precision { get; }
    public double[][] Recall { get; }
    public double[][] HitRate { get; }
    public double[][] Ndcg { get; }
    public double[][] KnnCorrect { get; }

    // [query]
    public double[] AveragePrecision { get; }
    public double[] AveragePrecisionAtR { get; }
    public double[] RPrecision { get; }
    public double[] ReciprocalRank { get; }
    public int[] Relevant { get; }

    // [query x recall levels], [query x width]
    public double[] Interpolated { get; }
    public long[] Rows { get; }
    public float[] Scores { get; }
    public bool[] IsHit { get; }

    /// <summary>Interpolated precision of every query at one recall level, 0 to RecallLevels - 1.</summary>
    public double[] PrecisionAtLevel(int level) => [.. Enumerable.Range(0, Relevant.Length).Select(q => Interpolated[q * RecallLevels + level])];

    /// <summary>What a report keeps of it: the figures per query that it shows, of the queries it counts.</summary>
    public QueryFigures Keep(int[] counted) =>
        new([.. counted.Select(q => AveragePrecision[q])], [.. counted.Select(q => ReciprocalRank[q])], [.. counted.Select(q => Relevant[q])]);

    /// <summary>Reads every metric off one ranking.</summary>
    /// <param name="query">Which query.</param>
    /// <param name="hitRanks">Ranks of its relevant items.</param>
    /// <param name="relevant">Number of relevant items in the gallery, found or not.</param>
    /// <param name="neighbourLabels">Class numbers of the nearest, in order; -1 for an item without a label.</param>
    /// <param name="label">Class number of the query.</param>
    public void Set(int query, ReadOnlySpan<int> hitRanks, int relevant, ReadOnlySpan<int> neighbourLabels, int label)
    {
        for (int i = 0; i < ks.Length; i++)
        {
            int k = ks[i];
            Precision[i][query] = RetrievalMetrics.PrecisionAtK(hitRanks, k);
            Recall[i][query] = RetrievalMetrics.RecallAtK(hitRanks, relevant, k);
            HitRate[i][query] = RetrievalMetrics.HitRateAtK(hitRanks, k);
            Ndcg[i][query] = RetrievalMetrics.NdcgAtK(hitRanks, relevant, k);
            KnnCorrect[i][query] = KnnVote.Winner(neighbourLabels[..Math.Min(k, neighbourLabels.Length)]) == label ? 1 : 0;
        }
        AveragePrecision[query] = RetrievalMetrics.AveragePrecision(hitRanks, relevant);
        AveragePrecisionAtR[query] = RetrievalMetrics.AveragePrecisionAtR(hitRanks, relevant);
        RPrecision[query] = RetrievalMetrics.RPrecision(hitRanks, relevant);
        ReciprocalRank[query] = RetrievalMetrics.ReciprocalRank(hitRanks);
        Relevant[query] = relevant;
        RetrievalMetrics.InterpolatedPrecision(hitRanks, relevant, Interpolated.AsSpan(query * RecallLevels, RecallLevels));
        foreach (int rank in hitRanks)
        {
            if (rank > Width) break;
            IsHit[query * Width + rank - 1] = true;
        }
    }
}

/// <summary>Classification by the labels of the nearest neighbours.</summary>
internal static class KnnVote
{
    /// <summary>The label with most votes, of equal ones that whose member comes first; -1 when nobody has a label.</summary>
    public static int Winner(ReadOnlySpan<int> labels)
    {
        int winner = -1, most = 0;
        for (int i = 0; i < labels.Length; i++)
        {
            if (labels[i] < 0 || labels[..i].Contains(labels[i])) continue;
            int votes = labels[i..].Count(labels[i]);
            if (votes > most) (winner, most) = (labels[i], votes);
        }
        return winner;
    }
}

/// <summary>Figures of single queries that a report shows.</summary>
internal sealed record QueryFigures(double[] AveragePrecision, double[] ReciprocalRank, int[] Relevant);
