using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using SimSearch.Audio;
using SimSearch.Storage;

namespace SimSearch.Embedding;

/// <summary>What a model turns into vectors.</summary>
public enum ModelKind
{
    /// <summary>Sounds.</summary>
    Audio,

    /// <summary>Texts.</summary>
    Text,

    /// <summary>Images.</summary>
    Image,
}

/// <summary>A file that a model needs.</summary>
public sealed record ModelFile
{
    /// <summary>Its name, beside the manifest; a plain file name.</summary>
    public required string Name { get; init; }

    /// <summary>What stands for a hash that the author of the manifest does not know. Such a file can be fetched and looked at, never loaded.</summary>
    public const string Unknown = "unknown";

    /// <summary>Its exact size; 0 when its hash is <see cref="Unknown"/>.</summary>
    public required long Bytes { get; init; }

    /// <summary>Its SHA-256 in lower-case hex, or <see cref="Unknown"/>.</summary>
    public required string Sha256 { get; init; }

    /// <summary>Whether its size and hash are known.</summary>
    [JsonIgnore]
    public bool IsPinned => Sha256 != Unknown;

    /// <summary>Where it can be had, https; null for a model that comes with its manifest.</summary>
    public Uri? Url { get; init; }

    /// <summary>What a file at hand is, for a manifest.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static ModelFile Of(string path) => new() { Name = Path.GetFileName(path), Bytes = ModelShelf.Behind(path).Length, Sha256 = Canonical.Sha256OfFile(path) };
}

/// <summary>
/// Everything a model needs beside its numbers: the exact way from a sound to its input and from its output to a vector, whose it is and where it can be had. Lies beside NAME.onnx as
/// NAME.model.json. Read strictly: an unknown field is an error, because it might have changed the numbers. models/README.md describes the fields.
/// </summary>
public sealed partial record ModelManifest
{
    private const int MaxFileBytes = 4 << 20, MaxDimension = 1 << 16;

    /// <summary>The format of this version.</summary>
    public const string CurrentFormat = "simsearch-model-1";

    /// <summary>What the name of a manifest ends in.</summary>
    public const string Extension = ".model.json";

    /// <summary>Always <see cref="CurrentFormat"/>.</summary>
    public string Format { get; init; } = CurrentFormat;

    /// <summary>The name on the command line: lower-case letters, digits and hyphens.</summary>
    public required string Name { get; init; }

    /// <summary>What it is, in a sentence or two: architecture, what it was trained on.</summary>
    public required string Description { get; init; }

    /// <summary>The licence of the weights and what it forbids.</summary>
    public required string Licence { get; init; }

    /// <summary>Its page, or null.</summary>
    public Uri? Homepage { get; init; }

    /// <summary>How to cite it, or null.</summary>
    public string? Citation { get; init; }

    /// <summary>What else is to be known, such as what was and was not tested; or null.</summary>
    public string? Note { get; init; }

    /// <summary>What it embeds.</summary>
    public ModelKind Kind { get; init; }

    /// <summary>The rate that sounds are brought to first, in Hz; absent for texts and images.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int SampleRate { get; init; }

    /// <summary>The files it was trained on, by hash; null when that is not known.</summary>
    public LearnedFrom? LearnedFrom { get; init; }

    /// <summary>The files; each is used by a <see cref="NetworkStep"/>, or by <see cref="Text"/> or <see cref="Image"/>.</summary>
    public required IReadOnlyList<ModelFile> Files { get; init; }

    /// <summary>The way from samples to vector; empty for texts and images.</summary>
    public required IReadOnlyList<ModelStep> Steps { get; init; }

    /// <summary>Length of the vectors, 1 to 65,536.</summary>
    public required int Dimension { get; init; }

    /// <summary>A sound and its vector, compared when the model is first used; null for a model whose weights have not been seen (it then says so when used).</summary>
    public ModelGolden? Golden { get; init; }

    /// <summary>The way from a text to a vector, for kind <c>text</c>; null for others.</summary>
    public TextInput? Text { get; init; }

    /// <summary>The way from an image to a vector, for kind <c>image</c>; null for others.</summary>
    public ImageInput? Image { get; init; }

    /// <summary>Whether it has a golden vector.</summary>
    [JsonIgnore]
    public bool HasGolden => Golden is not null || Text?.Golden is not null || Image?.Golden is not null;

    /// <summary>The manifest that belongs to a path: the path itself, or NAME.model.json for NAME.onnx.</summary>
    public static string PathFor(string path) => path.EndsWith(Extension, StringComparison.OrdinalIgnoreCase) ? path : Path.ChangeExtension(path, null) + Extension;

    /// <summary>Reads a manifest.</summary>
    /// <param name="path">The manifest, or the model beside it.</param>
    /// <exception cref="ModelException">It is missing, too large, or not valid.</exception>
    public static ModelManifest Load(string path)
    {
        string manifest = PathFor(path);
        if (!File.Exists(manifest))
            throw new ModelException(File.Exists(path)
                ? $"{path} has no manifest: '{manifest}' must say how sounds become the model's input (see models/README.md)"
                : $"{path}: there is no such model");
        return Parse(ReadText(manifest), manifest);
    }

    // No further than a manifest may be long: what it says of its length may be a lie (a link to a device, a file that grows).
    private static string ReadText(string path)
    {
        try
        {
            using var reader = new StreamReader(path);
            var text = new StringBuilder();
            Span<char> part = stackalloc char[2048];
            for (int read; (read = reader.Read(part)) > 0; text.Append(part[..read]))
                if (text.Length > MaxFileBytes) throw new ModelException($"{path} is longer than the {MaxFileBytes} characters of a manifest");
            return text.ToString();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException) { throw new ModelException($"{path} cannot be read: {e.Message}", e); }
    }

    /// <summary>Reads a manifest from JSON text.</summary>
    /// <param name="json">The text.</param>
    /// <param name="source">Where it comes from, for messages.</param>
    /// <exception cref="ModelException">Not JSON, a field is unknown, missing or twice, or a value breaks its rule.</exception>
    public static ModelManifest Parse(string json, string source = "the manifest")
    {
        try
        {
            var manifest = JsonSerializer.Deserialize<ModelManifest>(json, JsonFormat) ?? throw new JsonException("it is null");
            manifest.Check();
            return manifest;
        }
        catch (Exception e) when (e is JsonException or NotSupportedException or NullReferenceException or ModelException)
        {
            throw new ModelException($"{source}: is not a valid model manifest: {InWords(e)}", e);
        }
    }

    /// <summary>What is wrong with a file in the words of the file: .NET's own speak of its types.</summary>
    private static string InWords(Exception e)
    {
        string where = e is JsonException { Path: { } path, LineNumber: { } line } ? string.Create(CultureInfo.InvariantCulture, $"line {line + 1}, {path}: ") : "";
        return e.Message switch
        {
            var m when e is not JsonException => m,
            var m when m.Contains("could not be mapped to any .NET member", StringComparison.Ordinal) && m.Split('\'') is [_, var field, ..] => $"there is no field '{field}' (models/README.md has them all)",
            var m when m.Contains("could not be converted to", StringComparison.Ordinal) && e is JsonException { Path: not "$" } => where + "the value is of another kind than this field's, or not one of those it can be (models/README.md)",
            var m when m.Contains("type discriminator id", StringComparison.Ordinal) && m.Split('\'') is [_, var step, ..] => $"{where}there is no step '{step}' (models/README.md has them all)",
            var m => m,
        };
    }

    /// <summary>The manifest as indented JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, JsonFormat) + "\n";

    /// <summary>Writes the manifest beside its model.</summary>
    /// <param name="path">The manifest, or the model beside it.</param>
    /// <exception cref="ModelException">A value breaks its rule.</exception>
    public void Save(string path)
    {
        Check();
        AtomicFile.WriteText(PathFor(path), ToJson());
    }

    /// <summary>The manifest with the vector that its golden sound has now; the model must be there.</summary>
    /// <param name="folder">Where the model's files are.</param>
    /// <param name="sound">The sound; null takes the manifest's own, or <see cref="ModelGolden.Sweep"/>.</param>
    /// <exception cref="ModelException">The model cannot be used.</exception>
    public ModelManifest WithGolden(string folder, ModelGolden? sound = null) => WithGolden(file => Path.Combine(folder, file.Name), sound);

    /// <summary>The manifest with the vector that its golden sound has now.</summary>
    /// <param name="locate">Where each of its files is.</param>
    /// <param name="sound">The sound; null takes the manifest's own, or <see cref="ModelGolden.Sweep"/>.</param>
    /// <exception cref="ModelException">The model cannot be used.</exception>
    public ModelManifest WithGolden(Func<ModelFile, string> locate, ModelGolden? sound = null)
    {
        foreach (var file in Files) ModelShelf.RequirePinned(this, file);
        if (Kind == ModelKind.Text) return OnnxTextEmbedder.WithGolden(this, locate);
        if (Kind == ModelKind.Image) return OnnxImageEmbedder.WithGolden(this, locate);
        sound ??= Golden ?? ModelGolden.Sweep;
        var bare = this with { Golden = null };
        bare.Check();
        var pipeline = new ModelPipeline(bare, locate);
        return this with { Golden = sound with { Vector = pipeline.Embed(sound.Samples(SampleRate)) } };
    }

    /// <summary>One step as JSON.</summary>
    public static string StepJson(ModelStep step) => JsonSerializer.Serialize(step, JsonFormat);

    /// <summary>The part of an image model as JSON.</summary>
    public static string ImageJson(ImageInput image) => JsonSerializer.Serialize(image, JsonFormat);

    internal JsonObject ToNode() => JsonSerializer.SerializeToNode(this, JsonFormat)!.AsObject();

    internal void Check()
    {
        static void Rule(bool holds, string message)
        {
            if (!holds) throw new ModelException(message);
        }
        Rule(Format == CurrentFormat, $"format '{Format}' is not '{CurrentFormat}'; it was written for another version of this program");
        Rule(PlainName().IsMatch(Name), $"name '{Name}' must be lower-case letters, digits, dots and hyphens");
        bool isAudio = Kind == ModelKind.Audio, isText = Kind == ModelKind.Text;
        string kind = Kind.ToString().ToLowerInvariant();
        Rule(isText == Text is not null, "text must be given for kind text, and only there");
        Rule(Kind == ModelKind.Image == Image is not null, "image must be given for kind image, and only there");
        Rule(isAudio || SampleRate == 0 && Steps.Count == 0 && Golden is null, $"kind {kind} has no sample_rate, steps or golden of its own; {kind} says everything");
        Rule(!isAudio || SampleRate is >= 1000 and <= AudioLimits.MaxSampleRate, $"sample_rate={SampleRate} must be 1000 to {AudioLimits.MaxSampleRate}");
        Rule(Dimension is >= 1 and <= MaxDimension, $"dimension={Dimension} must be 1 to {MaxDimension}");
        Rule(Files.Count is >= 1 and <= 16 && !Files.Contains(null!), "files must name one to sixteen files");
        foreach (var file in Files)
        {
            Rule(FileName().IsMatch(file.Name), $"file name '{file.Name}' must be a plain name of letters, digits, dots, hyphens and underscores that ends in .onnx, or .txt for a vocabulary");
            Rule(isText || file.Name.EndsWith(".onnx", StringComparison.Ordinal), $"file name '{file.Name}' must end in .onnx");
            Rule(file.IsPinned || file.Bytes == 0 && file.Url is not null, $"{file.Name}: with sha256 '{ModelFile.Unknown}' goes bytes=0, and a url");
            Rule(!file.IsPinned || file.Bytes is > 0 and <= int.MaxValue, $"{file.Name}: bytes={file.Bytes} must be 1 to {int.MaxValue}");
            Rule(!file.IsPinned || Hex().IsMatch(file.Sha256), $"{file.Name}: sha256 '{file.Sha256}' must be 64 lower-case hex digits, or '{ModelFile.Unknown}'");
            Rule(file.Url is null || file.Url.IsAbsoluteUri && (file.Url.Scheme == Uri.UriSchemeHttps || file.Url.Scheme == Uri.UriSchemeHttp && file.Url.IsLoopback), $"{file.Name}: url '{file.Url}' must be https");
            Rule(!isAudio || Steps.OfType<NetworkStep>().Any(step => step.File == file.Name), $"{file.Name}: no step uses it");
        }
        Rule(Files.Select(f => f.Name).Distinct(StringComparer.OrdinalIgnoreCase).Count() == Files.Count, "two files have the same name");
        Text?.Check(this);
        Image?.Check(this);
        Rule(!isAudio || Steps.Count is >= 1 and <= 64 && !Steps.Contains(null!), "steps must be one to sixty-four");
        foreach (var step in Steps) step.Check(this);
        Golden?.Check(this);
        LearnedFrom?.Check();
    }

    private static readonly JsonSerializerOptions JsonFormat = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        AllowDuplicateProperties = false,
        RespectNullableAnnotations = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        MaxDepth = 16,
        WriteIndented = true,
        NewLine = "\n",
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false) },
    };

    [GeneratedRegex(@"^[a-z0-9][a-z0-9.-]{0,63}\z")]
    private static partial Regex PlainName();

    [GeneratedRegex(@"^[A-Za-z0-9_][A-Za-z0-9._-]{0,122}\.(onnx|txt)\z")]
    private static partial Regex FileName();

    [GeneratedRegex(@"^[0-9a-f]{64}\z")]
    private static partial Regex Hex();
}
