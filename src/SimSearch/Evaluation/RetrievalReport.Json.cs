using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using SimSearch.Indexing;

namespace SimSearch.Evaluation;

public sealed partial class RetrievalReport
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>
    /// The figures as one JSON object, the shape that <c>simsearch evaluate --json</c> prints: <c>queries</c>, <c>precision</c>, <c>recall</c>, <c>hit_rate</c>,
    /// <c>ndcg</c> and <c>knn_accuracy</c> by k, <c>map</c>, <c>map_at_r</c>, <c>r_precision</c>, <c>mrr</c>, each as <c>{"value", "low", "high"}</c>;
    /// <c>hubness</c>; <c>per_class</c> and <c>macro</c> with plain means; <c>ann_recall</c> (null when exact); curves and the <c>protocol</c>.
    /// Plain JSON, not escaped for HTML.
    /// </summary>
    public string ToJson() => ToJsonObject().ToJsonString(Indented);

    /// <summary>The same as <see cref="ToJson"/>, to be added to.</summary>
    public JsonObject ToJsonObject() => new()
    {
        ["queries"] = Queries,
        ["gallery"] = Gallery,
        ["queries_without_relevant"] = QueriesWithoutRelevant,
        ["unlabelled_queries"] = UnlabelledQueries,
        ["queries_in_gallery"] = QueriesInGallery,
        ["excluded_pairs"] = ExcludedPairs,
        ["precision"] = ByK(Precision, Json),
        ["recall"] = ByK(Recall, Json),
        ["hit_rate"] = ByK(HitRate, Json),
        ["map"] = Json(Map),
        ["map_at_r"] = Json(MapAtR),
        ["r_precision"] = Json(RPrecision),
        ["mrr"] = Json(Mrr),
        ["ndcg"] = ByK(Ndcg, Json),
        ["knn_accuracy"] = ByK(KnnAccuracy, Json),
        ["hubness"] = Hubness,
        ["ann_recall"] = AnnRecall is null ? null : ByK(AnnRecall, Json),
        ["macro"] = Json(Macro),
        ["per_class"] = new JsonObject(PerClass.Select(c => KeyValuePair.Create(c.Label, (JsonNode?)Json(c)))),
        ["precision_recall_curve"] = new JsonArray([.. PrecisionRecall.Select(p => (JsonNode)new JsonObject { ["recall"] = p.Recall, ["precision"] = p.Precision })]),
        ["precision_by_rank"] = new JsonArray([.. PrecisionByRank.Select(p => (JsonNode)p)]),
        ["warnings"] = new JsonArray([.. Warnings.Select(w => (JsonNode)w)]),
        ["protocol"] = new JsonObject
        {
            ["queries_from"] = Protocol.LeaveOneOut ? "leave-one-out" : "given",
            ["exclude_same_group"] = Protocol.ExcludeSameGroup,
            ["metric"] = Protocol.Metric.Name(),
            ["exact"] = Protocol.Exact,
            ["depth"] = Protocol.Depth,
            ["parameters"] = new JsonObject(Protocol.Parameters.Select(p => KeyValuePair.Create(p.Key, (JsonNode?)p.Value))),
            ["queries_without_relevant"] = Protocol.NoRelevant == NoRelevant.CountAsZero ? "count as 0" : "left out",
            ["confidence"] = Protocol.Confidence,
            ["bootstrap_samples"] = Protocol.BootstrapSamples,
            ["seed"] = Protocol.Seed,
            ["hubness_k"] = Protocol.HubnessK,
        },
    };

    private static JsonObject ByK<T>(IReadOnlyDictionary<int, T> figures, Func<T, JsonNode> json) =>
        new(figures.OrderBy(f => f.Key).Select(f => KeyValuePair.Create(f.Key.ToString(CultureInfo.InvariantCulture), (JsonNode?)json(f.Value))));

    private static JsonNode Json(Estimate e) => new JsonObject { ["value"] = e.Value, ["low"] = e.Low, ["high"] = e.High };

    private static JsonObject Json(ClassFigures c)
    {
        static JsonNode Plain(double value) => value;
        return new JsonObject
        {
            ["queries"] = c.Queries,
            ["precision"] = ByK(c.Precision, Plain),
            ["recall"] = ByK(c.Recall, Plain),
            ["hit_rate"] = ByK(c.HitRate, Plain),
            ["map"] = c.Map,
            ["map_at_r"] = c.MapAtR,
            ["r_precision"] = c.RPrecision,
            ["mrr"] = c.Mrr,
            ["ndcg"] = ByK(c.Ndcg, Plain),
            ["knn_accuracy"] = ByK(c.KnnAccuracy, Plain),
        };
    }
}
