using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json.Serialization;
using SimSearch.Datasets;

namespace SimSearch.Embedding;

/// <summary>
/// Which files a model was trained on, by the beginnings of the SHA-256 of their bytes: with a model that has heard the queries already, figures flatter. A file that was converted or cut is another
/// file. 48 bits of each hash are kept, which confuse one of a million files with one of ten thousand at most about once in 30,000 evaluations, and of more than 16,384 files those with the smallest hashes.
/// </summary>
public sealed record LearnedFrom
{
    private const int MaxKept = 16_384, HashBytes = 6;

    /// <summary>How many different files there were, 1 or more.</summary>
    public required int Sounds { get; init; }

    /// <summary>The beginnings of their hashes, six bytes each, ascending, in base64.</summary>
    public required string Hashes { get; init; }

    /// <summary>Whether hashes of all files are kept.</summary>
    [JsonIgnore]
    public bool IsWhole => Sounds <= MaxKept;

    /// <summary>Takes down files.</summary>
    /// <param name="files">Their paths; a file named twice counts once, as do equal files. At least one.</param>
    /// <param name="cancellation">Stops between two files.</param>
    /// <exception cref="ArgumentException">There are none.</exception>
    /// <exception cref="IOException">One cannot be read.</exception>
    public static LearnedFrom Of(IEnumerable<string> files, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(files);
        long[] hashes = [.. HashesOf(files, cancellation).Values.Distinct().Order()];
        if (hashes.Length == 0) throw new ArgumentException("there are no files to have learned from", nameof(files));
        var bytes = new byte[Math.Min(MaxKept, hashes.Length) * HashBytes];
        for (int i = 0; i < bytes.Length; i++) bytes[i] = (byte)(hashes[i / HashBytes] >> (8 * (HashBytes - 1 - i % HashBytes)));
        return new() { Sounds = hashes.Length, Hashes = Convert.ToBase64String(bytes) };
    }

    /// <summary>How many items are of files that the model was trained on; files that are not there any more, or cannot be read, do not count.</summary>
    /// <param name="items">The items.</param>
    /// <param name="root">Folder that their sources are relative to, or null.</param>
    /// <param name="cancellation">Stops between two files.</param>
    public int CountIn(IReadOnlyList<Item> items, string? root, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(items);
        string[] paths = [.. items.Select(item => Path.Combine(root ?? "", item.Source))];
        var hashes = HashesOf(paths.Where(File.Exists), cancellation, mustBeRead: false);
        var known = Known().ToHashSet();
        return paths.Count(path => hashes.TryGetValue(path, out long hash) && known.Contains(hash));
    }

    /// <summary>What to say before figures are believed.</summary>
    /// <param name="embedderJson">The embedder, as embeddings and indexes carry it; null when it is unknown.</param>
    /// <param name="queries">What is asked.</param>
    /// <param name="root">Folder that their sources are relative to, or null.</param>
    /// <param name="cancellation">Stops between two files.</param>
    /// <returns>A sentence, or null when the embedder is no model that says what it was trained on, or none of the queries are among that.</returns>
    internal static string? Warning(string? embedderJson, IReadOnlyList<Item> queries, string? root, CancellationToken cancellation)
    {
        if (embedderJson is null || !embedderJson.Contains("learned_from", StringComparison.Ordinal)) return null;
        ModelManifest manifest;
        try { manifest = ModelManifest.Parse(Canonical.ParseObject(embedderJson, "")["raw"]?["manifest"]?.ToJsonString() ?? "null"); }
        catch (Exception e) when (e is SimSearchException or InvalidOperationException) { return null; } // whoever opens the embedder hears of it
        if (manifest.LearnedFrom is not { } learned || learned.CountIn(queries, root, cancellation) is not (> 0 and var count)) return null;
        return string.Create(CultureInfo.InvariantCulture,
            $"{(learned.IsWhole ? "" : "at least ")}{count} of the {queries.Count} queries are files that model '{manifest.Name}' was trained on, which flatters it; what it is worth, sounds tell that it has not heard (simsearch train --exclude-group, or --evaluate groups)");
    }

    internal void Check()
    {
        static void Rule(bool holds, string message)
        {
            if (!holds) throw new ModelException($"learned_from: {message}");
        }
        Rule(Sounds >= 1, $"sounds={Sounds} must be 1 or more");
        int kept = Math.Min(Sounds, MaxKept), length = kept * HashBytes;
        var bytes = new byte[length + 3];
        Rule(Hashes.Length == (length + 2) / 3 * 4 && Convert.TryFromBase64String(Hashes, bytes, out int written) && written == length, $"hashes must be {kept} times {HashBytes} bytes in base64");
        long last = -1;
        foreach (long hash in Known())
        {
            Rule(hash > last, "hashes must ascend");
            last = hash;
        }
    }

    private IEnumerable<long> Known()
    {
        byte[] bytes = Convert.FromBase64String(Hashes);
        for (int i = 0; i < bytes.Length; i += HashBytes) yield return Beginning(bytes.AsSpan(i));
    }

    private static long Beginning(ReadOnlySpan<byte> hash)
    {
        long value = 0;
        for (int i = 0; i < HashBytes; i++) value = value << 8 | hash[i];
        return value;
    }

    private static ConcurrentDictionary<string, long> HashesOf(IEnumerable<string> files, CancellationToken cancellation, bool mustBeRead = true)
    {
        var hashes = new ConcurrentDictionary<string, long>(StringComparer.Ordinal);
        Errors.Unwrapped(() => Parallel.ForEach(files.Distinct(StringComparer.Ordinal), new ParallelOptions { CancellationToken = cancellation }, path =>
        {
            try
            {
                using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, FileOptions.SequentialScan);
                hashes[path] = Beginning(SHA256.HashData(stream));
            }
            catch (Exception e) when (!mustBeRead && e is IOException or UnauthorizedAccessException) { }
        }));
        return hashes;
    }
}
