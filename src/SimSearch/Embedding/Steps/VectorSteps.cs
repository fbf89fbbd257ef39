using System.Text.Json.Nodes;

namespace SimSearch.Embedding;

/// <summary>Reads steps back from JSON.</summary>
public static class VectorSteps
{
    /// <summary>The step that a <see cref="IVectorStep.ToJson"/> wrote.</summary>
    /// <param name="json">The step's description.</param>
    /// <exception cref="SimSearchException">It is of an unknown kind or its numbers do not fit together.</exception>
    public static IVectorStep FromJson(JsonObject json)
    {
        ArgumentNullException.ThrowIfNull(json);
        string kind = json["kind"]?.ToString() ?? "";
        try
        {
            return (kind, IsFitted: json.ContainsKey("mean") || json.ContainsKey("input")) switch
            {
                (Standardizer.StepKind, true) => new Standardizer(Numbers<double>(json, "mean"), Numbers<double>(json, "scale")),
                (Standardizer.StepKind, false) => new StandardizerRecipe { Shared = [.. Array(json, "shared").Select(pair => new SharedScale((int)pair![0]!, (int)pair[1]!))] },
                (Pca.StepKind, true) => new Pca(Numbers<double>(json, "mean"), Numbers<float>(json, "components"), Numbers<double>(json, "variances"), (double)json["total_variance"]!, (bool)json["whiten"]!),
                (Pca.StepKind, false) => new PcaRecipe((int)json["count"]!, (bool)json["whiten"]!) { Seed = (int?)json["seed"] ?? 0 },
                (RandomProjection.StepKind, true) => new RandomProjection((int)json["input"]!, (int)json["count"]!, RandomProjection.Parse((string?)json["projection"]), (int)json["seed"]!, (double?)json["density"]),
                (RandomProjection.StepKind, false) => new RandomProjectionRecipe((int)json["count"]!, RandomProjection.Parse((string?)json["projection"]), (int)json["seed"]!, (double?)json["density"]),
                (UnitLengthRecipe.StepKind, _) => new UnitLengthRecipe(),
                (UnitBlocks.StepKind, _) => new UnitBlocks(Numbers<int>(json, "lengths")),
                _ => throw new SimSearchException($"step '{kind}' is not one of {Standardizer.StepKind}, {Pca.StepKind}, {UnitBlocks.StepKind}, {UnitLengthRecipe.StepKind}, {RandomProjection.StepKind}; it was written by a newer version"),
            };
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException or FormatException or OverflowException or NullReferenceException or IndexOutOfRangeException)
        {
            throw new SimSearchException($"step '{kind}' cannot be read: {e.Message}", e);
        }
    }

    internal static JsonArray Array<T>(ReadOnlySpan<T> values) where T : struct
    {
        var array = new JsonArray();
        foreach (T value in values) array.Add(JsonValue.Create(value));
        return array;
    }

    private static T[] Numbers<T>(JsonObject json, string key) => [.. Array(json, key).Select(n => n is null ? throw new ArgumentException($"{key} holds a null") : n.GetValue<T>())];

    private static JsonArray Array(JsonObject json, string key) => json[key] as JsonArray ?? throw new ArgumentException($"{key} must be a list");

    internal static void CheckLengths(IFittedStep step, ReadOnlySpan<float> input, ReadOnlySpan<float> output)
    {
        if (input.Length != step.InputDimension) throw new ArgumentException($"the vector has {input.Length} values, the {step.Kind} was fitted on {step.InputDimension}", nameof(input));
        if (output.Length != step.OutputDimension) throw new ArgumentException($"the output has room for {output.Length} values, the {step.Kind} gives {step.OutputDimension}", nameof(output));
    }
}
