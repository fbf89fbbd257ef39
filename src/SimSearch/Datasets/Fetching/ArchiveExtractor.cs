using System.Formats.Tar;
using System.IO.Compression;

namespace SimSearch.Datasets;

/// <summary>What an archive may at most contain.</summary>
internal sealed record ArchiveLimits
{
    public long MaxBytes { get; init; } = 8L << 30;

    public int MaxEntries { get; init; } = 1_000_000;

    /// <summary>Most bytes out for one byte in; sound packs at best a few times, silence more.</summary>
    public int MaxRatio { get; init; } = 200;

    /// <summary>Up to this many bytes any ratio is harmless.</summary>
    public long RatioFrom { get; init; } = 64L << 20;
}

/// <summary>
/// Unpacks zip and tar.gz archives that strangers made. Every entry must be a plain file or folder whose place is below the target; links, devices,
/// absolute names, "..", names that Windows reads as something else, and more than the limits refuse the whole archive.
/// </summary>
internal static class ArchiveExtractor
{
    private static readonly HashSet<string> DeviceNames = new(
        ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", .. Enumerable.Range(0, 10).SelectMany(n => new[] { $"COM{n}", $"LPT{n}" }), "COM¹", "COM²", "COM³", "LPT¹", "LPT²", "LPT³"],
        StringComparer.OrdinalIgnoreCase);

    public static void Extract(string archive, ArchiveKind kind, string target, ArchiveLimits limits, Action<long>? written = null, CancellationToken cancellation = default)
    {
        string root = Path.GetFullPath(target);
        Directory.CreateDirectory(root);
        try
        {
            using var file = File.OpenRead(archive);
            var budget = new Budget(limits, file.Length, written, cancellation);
            if (kind == ArchiveKind.Zip) ExtractZip(file, root, budget);
            else ExtractTar(file, root, budget);
        }
        catch (SimSearchException e)
        {
            throw new SimSearchException($"archive '{archive}': {e.Message}; nothing of it was unpacked. It is not the archive that was meant, or it is hostile: delete it", e);
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException or FormatException or NotSupportedException)
        {
            throw new SimSearchException($"archive '{archive}' is damaged: {e.Message}; delete it and fetch it again", e);
        }
    }

    private static void ExtractZip(Stream file, string root, Budget budget)
    {
        using var zip = new ZipArchive(file, ZipArchiveMode.Read);
        foreach (var entry in zip.Entries)
        {
            budget.CountEntry();
            string path = PlaceOf(entry.FullName, root);
            int type = entry.ExternalAttributes >>> 16 & 0xF000;
            if (type is not (0 or 0x8000 or 0x4000)) throw new SimSearchException($"entry '{Dataset.Printable(entry.FullName)}' is a link or device");
            if (entry.FullName.EndsWith('/') || entry.FullName.EndsWith('\\') || type == 0x4000)
            {
                CreateFolder(path, root);
                continue;
            }
            using var content = entry.Open();
            WriteFile(path, content, root, budget);
        }
    }

    private static void ExtractTar(Stream file, string root, Budget budget)
    {
        using var unpacked = new TarGuardStream(new GZipStream(file, CompressionMode.Decompress), budget.CheckRead);
        using var tar = new TarReader(unpacked);
        while (tar.GetNextEntry() is { } entry)
        {
            budget.CountEntry();
            switch (entry.EntryType)
            {
                case TarEntryType.GlobalExtendedAttributes:
                    break;
                case TarEntryType.Directory:
                    CreateFolder(PlaceOf(entry.Name, root), root);
                    break;
                case TarEntryType.RegularFile or TarEntryType.V7RegularFile or TarEntryType.ContiguousFile:
                    WriteFile(PlaceOf(entry.Name, root), entry.DataStream ?? Stream.Null, root, budget);
                    break;
                default:
                    throw new SimSearchException($"entry '{Dataset.Printable(entry.Name)}' is a {entry.EntryType}, and only plain files and folders are unpacked");
            }
        }
    }

    /// <summary>The path an entry's name stands for, or an error. A backslash counts as a separator everywhere, as it does on Windows.</summary>
    internal static string PlaceOf(string name, string root)
    {
        SimSearchException Refused(string why) => new($"entry '{Dataset.Printable(name)}' {why}");
        if (name.Length is 0 or > 4096) throw Refused("has no name, or one that is too long");
        string slashed = name.Replace('\\', '/');
        if (slashed[0] == '/' || name.Contains(':')) throw Refused("has an absolute name");
        if (name.Any(char.IsControl)) throw Refused("has control characters in its name");
        var kept = new List<string>();
        foreach (string part in slashed.Split('/'))
        {
            if (part is "" or ".") continue;
            if (part == "..") throw Refused("leads out of the target folder");
            if (part[^1] is '.' or ' ' || IsDeviceName(part)) throw Refused("has a name that Windows takes for another file or a device");
            kept.Add(part);
        }
        string path = Path.GetFullPath(Path.Combine([root, .. kept]));
        if (kept.Count > 0 && !Dataset.IsBelow(root, path)) throw Refused("leads out of the target folder");
        return path;
    }

    internal static bool IsDeviceName(string name) => DeviceNames.Contains(name.Split('.')[0].TrimEnd());

    private static void CreateFolder(string path, string root)
    {
        if (File.Exists(path)) throw new SimSearchException($"entry '{Path.GetRelativePath(root, path)}' is a folder and a file");
        Directory.CreateDirectory(path);
    }

    private static void WriteFile(string path, Stream content, string root, Budget budget)
    {
        string name = Path.GetRelativePath(root, path);
        if (path == root || Path.Exists(path)) throw new SimSearchException($"entry '{Dataset.Printable(name)}' is there twice");
        for (string? above = Path.GetDirectoryName(path); above is not null && above.Length > root.Length; above = Path.GetDirectoryName(above))
            if (File.Exists(above)) throw new SimSearchException($"entry '{Dataset.Printable(name)}' lies in a file");
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using var stream = new FileStream(path, FileMode.CreateNew, FileAccess.Write);
        var buffer = new byte[1 << 16];
        for (int read; (read = content.Read(buffer)) > 0;)
        {
            budget.CountBytes(read);
            stream.Write(buffer, 0, read);
        }
    }

    /// <summary>Counts entries and bytes against the limits.</summary>
    private sealed class Budget(ArchiveLimits limits, long archiveBytes, Action<long>? report, CancellationToken cancellation)
    {
        private long bytes;
        private int entries;
        private readonly long most = Math.Min(limits.MaxBytes, Math.Max(limits.RatioFrom, archiveBytes * limits.MaxRatio));

        public void CountEntry()
        {
            cancellation.ThrowIfCancellationRequested();
            if (++entries > limits.MaxEntries) throw new SimSearchException($"it has more than {limits.MaxEntries} entries");
        }

        public void CountBytes(int count)
        {
            cancellation.ThrowIfCancellationRequested();
            Check(bytes += count);
            report?.Invoke(bytes);
        }

        /// <summary>For what is read of a tar stream in all, with its headers and what is skipped.</summary>
        public void CheckRead(long readInAll) => Check(readInAll - (long)entries * 2048 - (1 << 20));

        private void Check(long count)
        {
            if (count > most) throw new SimSearchException($"{archiveBytes} bytes unpack to more than {most}");
        }
    }
}
