using System.Text.Json;
using System.Text.Json.Nodes;
using SimSearch.Storage;

namespace SimSearch.Embedding;

/// <summary>
/// A chain of fitted steps: standardise, reduce, whiten, scale to length 1, in any order. It is fitted once, applied to whatever comes later, saved and loaded.
/// <code>
/// var transform = VectorTransform.Fit(train.Vectors, new PcaRecipe(32, Whiten: true), new UnitLengthRecipe());
/// using var reduced = transform.ApplyTo(train);
/// transform.Save("transform.json");
/// </code>
/// </summary>
/// <remarks>Immutable; safe to use from several threads at once. The same chain has the same <see cref="Fingerprint"/> everywhere.</remarks>
public sealed class VectorTransform
{
    private const string Format = "simsearch-transform-1";
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };
    private readonly Lazy<string> fingerprint;

    /// <summary>Puts fitted steps into a chain.</summary>
    /// <param name="steps">One or more; each takes vectors of the length that the one before gives.</param>
    /// <exception cref="SimSearchException">There is none, or lengths do not fit.</exception>
    public VectorTransform(params IReadOnlyList<IFittedStep> steps)
    {
        ArgumentNullException.ThrowIfNull(steps);
        if (steps.Count == 0) throw new SimSearchException("a transform needs at least one step");
        for (int i = 1; i < steps.Count; i++)
            if (steps[i].InputDimension != steps[i - 1].OutputDimension)
                throw new SimSearchException($"step '{steps[i].Kind}' takes vectors of {steps[i].InputDimension}, '{steps[i - 1].Kind}' before it gives {steps[i - 1].OutputDimension}");
        Steps = [.. steps];
        fingerprint = new(() => Canonical.Hash(StepsJson()));
    }

    /// <summary>The steps, first to last.</summary>
    public IReadOnlyList<IFittedStep> Steps { get; }

    /// <summary>Length of the vectors it takes.</summary>
    public int InputDimension => Steps[0].InputDimension;

    /// <summary>Length of the vectors it gives.</summary>
    public int OutputDimension => Steps[^1].OutputDimension;

    /// <summary>SHA-256 of everything it consists of: equal for equal transforms.</summary>
    public string Fingerprint => fingerprint.Value;

    /// <summary>Takes the numbers of recipes from vectors, each from what the steps before it make of them.</summary>
    /// <param name="vectors">[rows x dimension]; finite.</param>
    /// <param name="steps">Fitted steps or recipes, one or more.</param>
    /// <exception cref="SimSearchException">There are too few vectors for a step, a value is NaN or infinite, or lengths do not fit.</exception>
    public static VectorTransform Fit(VectorMatrix vectors, params IReadOnlyList<IVectorStep> steps)
    {
        ArgumentNullException.ThrowIfNull(vectors);
        ArgumentNullException.ThrowIfNull(steps);
        if (vectors.FirstRowNotFinite() is >= 0 and var row) throw new SimSearchException($"vector {row} holds NaN or an infinity; leave it out before fitting");
        return new VectorTransform(FitSteps(vectors, steps));
    }

    /// <summary>Transforms vectors.</summary>
    /// <param name="vectors">[rows x InputDimension].</param>
    /// <returns>[rows x OutputDimension]; a new matrix.</returns>
    /// <exception cref="SimSearchException">The vectors have another length.</exception>
    public VectorMatrix Apply(VectorMatrix vectors)
    {
        ArgumentNullException.ThrowIfNull(vectors);
        if (vectors.Dimension != InputDimension) throw new SimSearchException($"the transform takes vectors of {InputDimension}, these have {vectors.Dimension}; it was fitted on others");
        return ApplySteps(Steps, vectors);
    }

    /// <summary>
    /// Transforms embeddings. When their embedder is known to this library the result knows it too, with the steps behind it, so that queries are treated in the same way; of ready-made vectors it
    /// knows the chain (as <see cref="Embeddings.EmbedderJson"/>).
    /// </summary>
    /// <param name="embeddings">Of <see cref="InputDimension"/>.</param>
    /// <exception cref="SimSearchException">The embeddings have another dimension, or a result is not finite.</exception>
    public Embeddings ApplyTo(Embeddings embeddings)
    {
        ArgumentNullException.ThrowIfNull(embeddings);
        var vectors = Apply(embeddings.Vectors);
        if (Embedder(embeddings) is { } embedder)
        {
            foreach (var step in Steps) embedder = embedder.With(step);
            return new Embeddings(vectors, embeddings.Items, embedder.Name, embedder.Fingerprint, embeddings.Root, embedder.ToJson());
        }
        bool after = IsTransform(embeddings.EmbedderJson);
        string? chain = after ? new VectorTransform([.. FromJson(embeddings.EmbedderJson!, "the chain of the embeddings").Steps, .. Steps]).ToJson() : embeddings.EmbedderJson is null ? ToJson() : null;
        return new Embeddings(vectors, embeddings.Items, embeddings.EmbedderName, Canonical.Sha256($"{embeddings.Fingerprint}\n{Fingerprint}"), embeddings.Root, chain);
    }

    /// <summary>The chain as JSON, with its fingerprint.</summary>
    public string ToJson() => new JsonObject { ["format"] = Format, ["fingerprint"] = Fingerprint, ["steps"] = StepsJson() }.ToJsonString(Indented) + "\n";

    /// <summary>Reads a chain back.</summary>
    /// <param name="json">What <see cref="ToJson"/> wrote.</param>
    /// <param name="source">Where it comes from, for errors.</param>
    /// <exception cref="SimSearchException">The text is damaged or of another version, or its fingerprint does not fit its content.</exception>
    public static VectorTransform FromJson(string json, string source = "the transform")
    {
        var root = Canonical.ParseObject(json, source);
        try
        {
            if (root["format"]?.ToString() != Format) throw new SimSearchException($"format '{root["format"]}' is not '{Format}'");
            var transform = OfSteps(root["steps"] as JsonArray ?? throw new SimSearchException("steps is missing"));
            if (transform.Fingerprint != root["fingerprint"]?.ToString()) throw new SimSearchException("its fingerprint does not fit its content; the text was changed or damaged");
            return transform;
        }
        catch (SimSearchException e)
        {
            throw new SimSearchException($"{source}: is not a usable transform: {e.Message}", e);
        }
    }

    /// <summary>Whether JSON that stands where an embedder does is a chain: that of ready-made vectors, which have no embedder.</summary>
    internal static bool IsTransform(string? json)
    {
        try { return json is not null && Canonical.ParseObject(json, "")["format"]?.ToString() == Format; }
        catch (SimSearchException) { return false; }
    }

    /// <summary>The chain that an embedder of any kind ends in, or that ready-made vectors went through; null when there are no steps.</summary>
    /// <param name="json">The embedder as JSON, or what <see cref="ToJson"/> wrote.</param>
    /// <param name="source">Where it comes from, for errors.</param>
    /// <exception cref="SimSearchException">The text is damaged.</exception>
    internal static VectorTransform? OfEmbedder(string json, string source)
    {
        if (IsTransform(json)) return FromJson(json, source);
        try { return Canonical.ParseObject(json, source)["steps"] is JsonArray { Count: > 0 } steps ? OfSteps(steps) : null; }
        catch (SimSearchException e) { throw new SimSearchException($"{source}: its steps cannot be read: {e.Message}", e); }
    }

    private static VectorTransform OfSteps(JsonArray json)
    {
        IVectorStep[] steps = [.. json.Select(step => VectorSteps.FromJson(step as JsonObject ?? throw new SimSearchException("a step must be an object")))];
        if (steps.FirstOrDefault(s => s is not IFittedStep) is { } recipe) throw new SimSearchException($"step '{recipe.Kind}' is not fitted");
        return new VectorTransform([.. steps.Cast<IFittedStep>()]);
    }

    /// <summary>Writes <see cref="ToJson"/>, by rename.</summary>
    /// <param name="path">The file to create or replace.</param>
    public void Save(string path) => AtomicFile.WriteText(path, ToJson());

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="SimSearchException">It is absent, damaged or of another version.</exception>
    public static VectorTransform Load(string path) =>
        File.Exists(path) ? FromJson(File.ReadAllText(path), path) : throw new SimSearchException($"{path}: there is no such file");

    /// <summary>Fits steps one after the other, each on what those before it give.</summary>
    internal static IFittedStep[] FitSteps(VectorMatrix vectors, IReadOnlyList<IVectorStep> steps)
    {
        var fitted = new List<IFittedStep>();
        var owned = new List<VectorMatrix>();
        try
        {
            var current = vectors;
            foreach (var step in steps)
            {
                fitted.Add(step.Fit(current));
                if (fitted[^1].InputDimension != current.Dimension) throw new SimSearchException($"step '{step.Kind}' was fitted on vectors of {fitted[^1].InputDimension}, here they have {current.Dimension}");
                if (fitted.Count < steps.Count) owned.Add(current = ApplySteps([fitted[^1]], current));
            }
            return [.. fitted];
        }
        finally
        {
            foreach (var matrix in owned) matrix.Dispose();
        }
    }

    /// <summary>Runs steps over vectors; a copy when there are none.</summary>
    internal static VectorMatrix ApplySteps(IReadOnlyList<IFittedStep> steps, VectorMatrix vectors)
    {
        int widest = steps.Count == 0 ? 0 : steps.Max(s => Math.Max(s.InputDimension, s.OutputDimension));
        var result = VectorMatrix.Allocate(vectors.Rows, steps.Count == 0 ? vectors.Dimension : steps[^1].OutputDimension);
        float[] from = new float[widest], to = new float[widest];
        for (long row = 0; row < vectors.Rows; row++)
        {
            var current = vectors.Row(row);
            for (int s = 0; s < steps.Count; s++)
            {
                var output = to.AsSpan(0, steps[s].OutputDimension);
                steps[s].Apply(current, output);
                current = output;
                (from, to) = (to, from);
            }
            current.CopyTo(result.WritableRows(row, 1));
        }
        return result;
    }

    private JsonArray StepsJson() => new([.. Steps.Select(step => step.ToJson())]);

    private static FileEmbedder? Embedder(Embeddings embeddings)
    {
        if (embeddings.EmbedderJson is null || IsTransform(embeddings.EmbedderJson)) return null;
        try
        {
            return FileEmbedder.FromJson(embeddings.EmbedderJson);
        }
        catch (SimSearchException)
        {
            return null; // of a kind that takes no steps
        }
    }
}
