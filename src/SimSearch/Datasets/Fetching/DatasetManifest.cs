using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;

namespace SimSearch.Datasets;

/// <summary>What a file of a manifest is packed as.</summary>
public enum ArchiveKind
{
    /// <summary>Not packed: the file is taken as it is.</summary>
    None,

    /// <summary>A zip archive.</summary>
    Zip,

    /// <summary>A tar archive, compressed with gzip.</summary>
    TarGz,
}

/// <summary>The layout of a data set, that is, which loader reads it.</summary>
public enum DatasetLayout
{
    /// <summary>One sub-folder a class, or whatever else <see cref="DatasetLoader"/> recognises.</summary>
    Folder,

    /// <summary>See <see cref="EscDataset.LoadEsc50"/>.</summary>
    Esc50,

    /// <summary>See <see cref="EscDataset.LoadEsc10"/>.</summary>
    Esc10,

    /// <summary>See <see cref="FsddDataset.Load"/>.</summary>
    Fsdd,

    /// <summary>See <see cref="SpeechCommandsDataset.Load"/>.</summary>
    SpeechCommands,
}

/// <summary>One file to download.</summary>
public sealed record ManifestFile
{
    /// <summary>Where it is; https, or http with a SHA-256 (or on this machine).</summary>
    public required Uri Url { get; init; }

    /// <summary>Its name on disk; a plain file name.</summary>
    public required string Name { get; init; }

    /// <summary>Its exact size, or null where it is not known.</summary>
    public long? Bytes { get; init; }

    /// <summary>Its SHA-256 in lower-case hex, or null where it is not known (it is then not checked).</summary>
    public string? Sha256 { get; init; }

    /// <summary>What it is packed as.</summary>
    public ArchiveKind Archive { get; init; }
}

/// <summary>What a data set is, whose it is, and where it can be had. Read from JSON, of which data/README.md describes the fields.</summary>
public sealed partial record DatasetManifest
{
    private const int MaxFileBytes = 1 << 20;

    /// <summary>The name on the command line: lower-case letters, digits and hyphens.</summary>
    public required string Name { get; init; }

    /// <summary>The full name.</summary>
    public required string Title { get; init; }

    /// <summary>What is in it, in a sentence or two.</summary>
    public required string Description { get; init; }

    /// <summary>The licence and what it forbids.</summary>
    public required string Licence { get; init; }

    /// <summary>How to cite it.</summary>
    public required string Citation { get; init; }

    /// <summary>Its page.</summary>
    public required Uri Homepage { get; init; }

    /// <summary>Name of its folder in the cache; the same for manifests that share their files. Written like a name.</summary>
    public required string Folder { get; init; }

    /// <summary>Which loader reads it.</summary>
    public DatasetLayout Layout { get; init; }

    /// <summary>Most bytes it may unpack to. Default 8 GiB.</summary>
    public long MaxUnpackedBytes { get; init; } = 8L << 30;

    /// <summary>What else is to be known, such as why a hash is missing; or null.</summary>
    public string? Note { get; init; }

    /// <summary>The files.</summary>
    public required IReadOnlyList<ManifestFile> Files { get; init; }

    /// <summary>The manifests that come with the library, in ordinal order of their names.</summary>
    public static IReadOnlyList<DatasetManifest> BuiltIn => builtIn.Value;

    private static readonly Lazy<IReadOnlyList<DatasetManifest>> builtIn = new(() =>
    {
        var assembly = Assembly.GetExecutingAssembly();
        return [.. assembly.GetManifestResourceNames().Where(n => n.StartsWith("data/", StringComparison.Ordinal)).Select(name =>
        {
            using var text = new StreamReader(assembly.GetManifestResourceStream(name)!);
            return Parse(text.ReadToEnd(), name);
        }).OrderBy(m => m.Name, StringComparer.Ordinal)];
    });

    /// <summary>The manifest of a name among <see cref="BuiltIn"/>.</summary>
    /// <exception cref="SimSearchException">There is none; the message lists the names.</exception>
    public static DatasetManifest Find(string name) => BuiltIn.FirstOrDefault(m => m.Name == name)
        ?? throw new SimSearchException($"data set '{name}' is not known; there are {string.Join(", ", BuiltIn.Select(m => m.Name))}");

    /// <summary>Reads a manifest from a file of up to 1 MiB.</summary>
    /// <exception cref="SimSearchException">The file is missing or larger, or is not a valid manifest.</exception>
    public static DatasetManifest Load(string path)
    {
        var file = new FileInfo(path);
        if (!file.Exists) throw new SimSearchException($"manifest '{path}' does not exist; check the name");
        if (file.Length > MaxFileBytes) throw new SimSearchException($"manifest '{path}' has {file.Length} bytes, more than {MaxFileBytes}; is it a manifest?");
        return Parse(File.ReadAllText(path), path);
    }

    /// <summary>Reads a manifest from JSON text.</summary>
    /// <param name="json">The text.</param>
    /// <param name="source">Where it comes from, for messages.</param>
    /// <exception cref="SimSearchException">Not JSON, a field is unknown or missing, or a value breaks its rule.</exception>
    public static DatasetManifest Parse(string json, string source = "manifest")
    {
        try
        {
            var manifest = JsonSerializer.Deserialize<DatasetManifest>(json, Format) ?? throw new JsonException("it is null");
            manifest.Check(source);
            return manifest;
        }
        catch (JsonException e)
        {
            throw new SimSearchException($"{source}: is not a valid manifest: {e.Message}; compare it with one of those in data/", e);
        }
    }

    /// <summary>Opens the data set after it was fetched.</summary>
    /// <param name="folder">Where it was fetched to; by default its folder in the cache.</param>
    /// <exception cref="SimSearchException">It is not there, or not complete.</exception>
    public Dataset Open(string? folder = null)
    {
        folder ??= DatasetCache.FolderOf(this);
        if (!Directory.Exists(folder)) throw new SimSearchException($"data set '{Name}' is not in '{folder}'; fetch it first");
        // Archives of repositories unpack to a folder of their own inside.
        while (Layout != DatasetLayout.Folder && Directory.EnumerateFileSystemEntries(folder).Where(e => !Path.GetFileName(e).StartsWith('.')).Take(2).ToArray() is [var only] && Directory.Exists(only)) folder = only;
        return Layout switch
        {
            DatasetLayout.Esc50 => EscDataset.LoadEsc50(folder),
            DatasetLayout.Esc10 => EscDataset.LoadEsc10(folder),
            DatasetLayout.Fsdd => FsddDataset.Load(folder),
            DatasetLayout.SpeechCommands => SpeechCommandsDataset.Load(folder),
            _ => DatasetLoader.Open(folder),
        };
    }

    private void Check(string source)
    {
        void Rule(bool holds, string message)
        {
            if (!holds) throw new SimSearchException($"{source}: {message}");
        }
        Rule(PlainName().IsMatch(Name), $"name '{Name}' must be lower-case letters, digits and hyphens");
        Rule(PlainName().IsMatch(Folder), $"folder '{Folder}' must be lower-case letters, digits and hyphens");
        Rule(MaxUnpackedBytes > 0, $"maxUnpackedBytes={MaxUnpackedBytes} must be above 0");
        Rule(Homepage.IsAbsoluteUri && Homepage.Scheme is "https" or "http", $"homepage '{Homepage}' must be a web address");
        Rule(Files.Count > 0, "names no files");
        Rule(!Files.Contains(null!), "one of its files is null");
        foreach (var file in Files)
        {
            Rule(FileName().IsMatch(file.Name) && !ArchiveExtractor.IsDeviceName(file.Name), $"file name '{file.Name}' must be a plain name of letters, digits, dots, hyphens and underscores");
            Rule(file.Url.IsAbsoluteUri && (file.Url.Scheme == "https" || file.Url.Scheme == "http" && (file.Sha256 is not null || file.Url.IsLoopback)), $"url '{file.Url}' must be https, or http with a sha256");
            Rule(file.Bytes is null or > 0, $"{file.Name}: bytes={file.Bytes} must be above 0 or null");
            Rule(file.Sha256 is null || Hex().IsMatch(file.Sha256), $"{file.Name}: sha256 '{file.Sha256}' must be 64 lower-case hex digits or null");
        }
        Rule(Files.Select(f => f.Name).Distinct(StringComparer.OrdinalIgnoreCase).Count() == Files.Count, "two files have the same name");
    }

    private static readonly JsonSerializerOptions Format = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower, allowIntegerValues: false) },
    };

    [GeneratedRegex(@"^[a-z0-9][a-z0-9-]{0,63}\z")]
    private static partial Regex PlainName();

    [GeneratedRegex(@"^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}\z")]
    private static partial Regex FileName();

    [GeneratedRegex(@"^[0-9a-f]{64}\z")]
    private static partial Regex Hex();
}
