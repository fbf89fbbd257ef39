using System.Text.Json.Serialization;

namespace SimSearch.Embedding;

/// <summary>What becomes of the vectors that a network gives for the pieces of a text.</summary>
public enum TextPooling
{
    /// <summary>Their mean, over the pieces that the attention mask lets through.</summary>
    Mean,

    /// <summary>The first, that of [CLS].</summary>
    Cls,
}

/// <summary>The way from a text to a network of the BERT family and back to a vector: the part of a manifest of kind <c>text</c> that stands in place of its steps.</summary>
public sealed record TextInput
{
    /// <summary>File of the vocabulary among the manifest's files; ends in .txt.</summary>
    public required string Vocabulary { get; init; }

    /// <summary>File of the network among the manifest's files.</summary>
    public required string Network { get; init; }

    /// <summary>Whether text is lowered and loses its accents first.</summary>
    public required bool LowerCase { get; init; }

    /// <summary>Most pieces of a text, [CLS] and [SEP] among them, 2 to 8,192; what is longer is cut off.</summary>
    public required int MaxLength { get; init; }

    /// <summary>Input that takes the ids of the pieces, int64 [texts x pieces].</summary>
    public string Ids { get; init; } = "input_ids";

    /// <summary>Input that takes 1 for every piece, int64 [texts x pieces].</summary>
    public string Mask { get; init; } = "attention_mask";

    /// <summary>Input that takes 0 for every piece, int64 [texts x pieces]; null when the network has none.</summary>
    public string? Types { get; init; }

    /// <summary>Output with a vector for every piece, float [texts x pieces x dimension].</summary>
    public required string Output { get; init; }

    /// <summary>How one vector is made of them.</summary>
    public required TextPooling Pooling { get; init; }

    /// <summary>Whether the vector is then scaled to length 1.</summary>
    public required bool Unit { get; init; }

    /// <summary>A text and its vector, compared when the model is loaded; null for a model whose weights have not been seen.</summary>
    public TextGolden? Golden { get; init; }

    internal void Check(ModelManifest manifest)
    {
        static void Rule(bool holds, string message)
        {
            if (!holds) throw new ModelException(message);
        }
        Rule(manifest.Files.Count == 2, "files of a text model are two: its network and its vocabulary");
        Rule(Vocabulary.EndsWith(".txt", StringComparison.Ordinal) && manifest.Files.Any(f => f.Name == Vocabulary), $"text: vocabulary '{Vocabulary}' must be the file that ends in .txt");
        Rule(Network.EndsWith(".onnx", StringComparison.Ordinal) && manifest.Files.Any(f => f.Name == Network), $"text: network '{Network}' must be the file that ends in .onnx");
        Rule(MaxLength is >= 2 and <= 8192, $"text: max_length={MaxLength} must be 2 to 8192");
        Rule(new[] { Ids, Mask, Types, Output }.OfType<string>().All(name => name.Length is >= 1 and <= 200), "text: names of inputs and outputs must have 1 to 200 characters");
        Golden?.Check(manifest.Dimension);
    }
}

/// <summary>A text and the vector that a model must give for it.</summary>
public sealed record TextGolden
{
    /// <summary>What is embedded when nothing else is asked for.</summary>
    public const string StandardText = "Similarity search finds the nearest neighbours of a caf\u00E9's jingle, in 3.5 ms.";

    /// <summary>The text.</summary>
    public required string Text { get; init; }

    /// <summary>The vector.</summary>
    public required IReadOnlyList<float> Vector { get; init; }

    /// <summary>Largest difference allowed, as a share of the vector's largest value; above 0 to 0.1.</summary>
    public double Tolerance { get; init; } = 1e-3;

    /// <summary>By what they hold.</summary>
    public bool Equals(TextGolden? other) => other is not null && (Text, Tolerance) == (other.Text, other.Tolerance) && Vector.SequenceEqual(other.Vector);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Text, Vector.Count);

    internal void Check(int dimension)
    {
        if (Text.Length is 0 or > 10_000) throw new ModelException($"golden: the text has {Text.Length} characters; it must have 1 to 10000");
        if (!(Tolerance is > 0 and <= 0.1)) throw new ModelException($"golden: tolerance={Tolerance} must be above 0, up to 0.1");
        if (Vector.Count != dimension || !Vector.All(float.IsFinite) || Vector.All(v => v == 0)) throw new ModelException($"golden: the vector must be of {dimension} finite numbers, not all 0; it has {Vector.Count}");
    }
}
