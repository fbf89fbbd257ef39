using System.Text.Json;
using System.Text.Json.Nodes;

namespace SimSearch.Embedding;

/// <summary>Turns texts into vectors. Immutable; safe to use from several threads at once.</summary>
public abstract class TextEmbedder : IEmbedder<string>
{
    internal const string Format = "simsearch-text-embedder-1";

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    private readonly Lazy<string> fingerprint;

    /// <summary>Makes the common part.</summary>
    private protected TextEmbedder(string name, int dimension)
    {
        (Name, Dimension) = (name, dimension);
        fingerprint = new(() => Canonical.Hash(Description()));
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public int Dimension { get; }

    /// <inheritdoc/>
    public string Fingerprint => fingerprint.Value;

    /// <summary>Whether it can embed; if not, it takes numbers from a data set first (<see cref="Fit"/>).</summary>
    public abstract bool IsFitted { get; }

    /// <summary>The same embedder with its numbers taken from texts; itself when it is fitted.</summary>
    /// <param name="texts">The texts, one at least.</param>
    /// <param name="cancellation">Stops the work between two texts.</param>
    public abstract TextEmbedder Fit(IReadOnlyList<string> texts, CancellationToken cancellation = default);

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The embedder is not fitted.</exception>
    /// <exception cref="SimSearchException">A text holds nothing to embed.</exception>
    public void Embed(IReadOnlyList<string> batch, Span<float> vectors, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(batch);
        if (!IsFitted) throw new InvalidOperationException($"{Name} takes numbers from a data set before it can embed; embed one with TextEmbedding, or load the embedder that did");
        if (vectors.Length != (long)batch.Count * Dimension) throw new ArgumentException($"the output has room for {vectors.Length} values, {batch.Count} vectors of {Dimension} need {(long)batch.Count * Dimension}", nameof(vectors));
        for (int i = 0; i < batch.Count; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            if (string.IsNullOrWhiteSpace(batch[i])) throw new SimSearchException("the text is empty; there is nothing to embed");
            EmbedOne(batch[i], vectors.Slice(i * Dimension, Dimension));
        }
    }

    /// <summary>Everything that makes the embedder, as indented JSON, with its fingerprint.</summary>
    public string ToJson()
    {
        var json = Description();
        (json["format"], json["dimension"], json["fingerprint"]) = (Format, Dimension, Fingerprint);
        AddHints(json);
        return json.ToJsonString(Indented) + "\n";
    }

    /// <summary>Reads an embedder back.</summary>
    /// <param name="json">What <see cref="ToJson"/> wrote.</param>
    /// <param name="source">Where it comes from, for errors.</param>
    /// <exception cref="SimSearchException">The text is damaged, of another version or of an embedder of sounds, or its fingerprint does not fit its content.</exception>
    public static TextEmbedder FromJson(string json, string source = "the embedder")
    {
        var root = Canonical.ParseObject(json, source);
        string? format = root["format"]?.ToString();
        if (format is AudioEmbedder.JsonFormat or ImageEmbedder.JsonFormat)
            throw new SimSearchException($"{source} takes {(format == ImageEmbedder.JsonFormat ? "images" : "sounds")}, not texts; give files instead (without --text or --text-column)");
        try
        {
            if (format != Format) throw new SimSearchException($"format '{format}' is not '{Format}'");
            var raw = root["raw"] as JsonObject ?? throw new SimSearchException("raw is missing");
            TextEmbedder embedder = raw["kind"]?.ToString() == OnnxTextEmbedder.RawKind ? OnnxTextEmbedder.FromRawJson(raw, root["model_folder"]?.ToString()) : HashedTextEmbedder.FromRawJson(raw);
            return embedder.Fingerprint == root["fingerprint"]?.ToString() ? embedder : throw new SimSearchException("its fingerprint does not fit its content; the text was changed or damaged");
        }
        catch (Exception e) when (e is SimSearchException or ArgumentException or FormatException or InvalidOperationException)
        {
            throw new SimSearchException($"{source} cannot be used: {e.Message}", e);
        }
    }

    /// <summary>Options, version and numbers.</summary>
    private protected abstract JsonObject RawJson();

    /// <summary>Adds to the JSON what helps to find files again and does not belong to what the embedder is.</summary>
    private protected virtual void AddHints(JsonObject json) { }

    /// <summary>Embeds one text that is not blank.</summary>
    private protected abstract void EmbedOne(string text, Span<float> vector);

    private JsonObject Description() => new() { ["name"] = Name, ["raw"] = RawJson() };
}
