namespace SimSearch.Indexing;

/// <summary>How alike two vectors are.</summary>
public enum Metric
{
    /// <summary>Squared Euclidean distance, sum (q - x)^2, as FAISS gives it; lower is nearer.</summary>
    L2,

    /// <summary>Inner product, sum q * x; higher is nearer.</summary>
    InnerProduct,

    /// <summary>
    /// Cosine similarity, the inner product of both vectors scaled to length 1; higher is nearer. A vector of zeros has no direction:
    /// its similarity to everything is 0.
    /// </summary>
    Cosine,
}

/// <summary>Names of the metrics.</summary>
public static class MetricExtensions
{
    /// <summary>The name on the command line and in files: "l2", "ip" or "cosine".</summary>
    public static string Name(this Metric metric) => metric switch
    {
        Metric.L2 => "l2",
        Metric.InnerProduct => "ip",
        Metric.Cosine => "cosine",
        _ => throw new ArgumentOutOfRangeException(nameof(metric), $"metric={(int)metric} must be L2, InnerProduct or Cosine"),
    };

    /// <summary>The metric of a name as <see cref="Name"/> writes it; null for any other text.</summary>
    public static Metric? Parse(string name) => name switch
    {
        "l2" => Metric.L2,
        "ip" => Metric.InnerProduct,
        "cosine" => Metric.Cosine,
        _ => null,
    };
}
