namespace SimSearch.Evaluation;

/// <summary>What becomes of queries that have no relevant item in the gallery.</summary>
public enum NoRelevant
{
    /// <summary>They count as 0 in every mean (the default; TREC's "all topics" convention).</summary>
    CountAsZero,

    /// <summary>They are left out of every mean.</summary>
    LeaveOut,
}

/// <summary>The protocol of an evaluation.</summary>
public sealed record EvaluationOptions
{
    /// <summary>Ranks at which precision, recall, hit rate, nDCG and kNN accuracy are read; each 1 or more. Default 1, 5, 10.</summary>
    public IReadOnlyList<int> Ks { get; init; } = [1, 5, 10];

    /// <summary>Takes items of the query's own group (fold, speaker, recording) out of the gallery. Items without a group stay.</summary>
    public bool ExcludeSameGroup { get; init; }

    /// <summary>
    /// Takes the item with the query's own id out of the gallery when queries are given apart; leave-one-out always takes the query's own row out.
    /// </summary>
    public bool ExcludeSelf { get; init; }

    /// <summary>What becomes of queries without a relevant item.</summary>
    public NoRelevant NoRelevant { get; init; }

    /// <summary>
    /// How many neighbours an approximate index is asked for; relevant items beyond that count as never retrieved (0 in AP). Null (the default)
    /// means 1,000 or the gallery when that is smaller. Exact search always ranks the whole gallery.
    /// </summary>
    public int? Depth { get; init; }

    /// <summary>Search parameters of an approximate index, such as nprobe or efSearch.</summary>
    public IReadOnlyDictionary<string, double> Parameters { get; init; } = new Dictionary<string, double>();

    /// <summary>Neighbours per query in the count of hubs; default 10.</summary>
    public int HubnessK { get; init; } = 10;

    /// <summary>Resamplings for the confidence intervals; default 1,000, 0 for none.</summary>
    public int BootstrapSamples { get; init; } = 1000;

    /// <summary>Share of the means inside the interval; default 0.95.</summary>
    public double Confidence { get; init; } = 0.95;

    /// <summary>Seed of the resampling.</summary>
    public int Seed { get; init; }

    /// <summary>Threads; 0 (the default) means all cores.</summary>
    public int Threads { get; init; }
}
