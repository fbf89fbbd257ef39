using System.Collections.Frozen;
using System.Globalization;
using System.Text;

namespace SimSearch.Datasets;

public sealed partial class Dataset
{
    /// <summary>Extensions taken for audio when nothing else is said, in lower case with the dot.</summary>
    public static IReadOnlySet<string> AudioExtensions { get; } = new[]
    {
        ".wav", ".wave", ".rf64", ".bw64", ".w64", ".aif", ".aiff", ".aifc", ".au", ".snd", ".caf", ".flac", ".ogg", ".oga", ".opus", ".mp3",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>Extensions taken for images when nothing else is said, in lower case with the dot.</summary>
    public static IReadOnlySet<string> ImageExtensions { get; } = new[] { ".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".gif", ".webp", ".tif", ".tiff", ".bmp" }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>Makes a data set of a folder in which every sub-folder is a class.</summary>
    /// <param name="root">The folder. The first folder below it on the way to a file is the file's label; a file directly in it has none.</param>
    /// <param name="accept">Says by absolute path which files count; by default those with one of the <see cref="AudioExtensions"/>.</param>
    /// <param name="name">Name of the data set; by default the folder's.</param>
    /// <param name="keepMissing">Keeps broken links and names that are not valid text as items, for a reader that names and skips what it cannot read.</param>
    /// <returns>
    /// Items in ordinal order of their paths, whatever the file system's order is. The id is the path relative to the root with forward
    /// slashes, control characters written as %XX. Hidden files and folders (a leading dot, or the hidden attribute) are left out. Linked
    /// folders are followed, but no folder is entered twice, so a link back to where it came from does no harm. No file fits: no items.
    /// </returns>
    /// <exception cref="SimSearchException">The folder does not exist or cannot be read, or (unless they are kept) a file's name is a broken link or not valid text.</exception>
    public static Dataset FromFolder(string root, Func<string, bool>? accept = null, string? name = null, bool keepMissing = false)
    {
        ArgumentException.ThrowIfNullOrEmpty(root);
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(root));
        if (!Directory.Exists(full)) throw new SimSearchException($"folder '{root}' does not exist; give a folder with one sub-folder a class");
        accept ??= IsAudioFile;
        var paths = new List<string>();
        var entered = new HashSet<string>(StringComparer.Ordinal) { RealPath(new DirectoryInfo(full)) };
        try { Collect(new DirectoryInfo(full), "", accept, keepMissing, entered, paths); }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            throw new SimSearchException($"folder '{root}' cannot be read: {e.Message}; check that the folder is there and may be read", e);
        }
        paths.Sort(StringComparer.Ordinal);
        var items = paths.Select(path =>
        {
            int slash = path.IndexOf('/');
            return new Item { Id = Printable(path), Source = path, Labels = slash < 0 ? [] : [path[..slash]] };
        });
        return new Dataset(name ?? NameOf(full), full, [.. items]);
    }

    /// <summary>Makes an unlabelled data set of a plain list of files.</summary>
    /// <param name="paths">Files, absolute or relative to the current folder; their order is kept. Each may be given once.</param>
    /// <param name="name">Name of the data set.</param>
    /// <returns>Items whose sources are relative to the current folder where they lie in it, and absolute elsewhere; ids as the sources.</returns>
    /// <exception cref="SimSearchException">A file does not exist or is given twice.</exception>
    public static Dataset FromFiles(IEnumerable<string> paths, string name = "files")
    {
        ArgumentNullException.ThrowIfNull(paths);
        string root = Path.GetFullPath(".");
        var items = new List<Item>();
        foreach (string path in paths)
        {
            string full = Path.GetFullPath(path);
            if (!File.Exists(full)) throw new SimSearchException($"file '{path}' does not exist; check the name (relative names start from {root})");
            string source = IsBelow(root, full) ? Path.GetRelativePath(root, full) : full;
            source = source.Replace(Path.DirectorySeparatorChar, '/');
            items.Add(new Item { Id = Printable(source), Source = source });
        }
        return new Dataset(name, root, items);
    }

    /// <summary>Whether a path has one of the <see cref="AudioExtensions"/> (upper or lower case).</summary>
    public static bool IsAudioFile(string path) => AudioExtensions.Contains(Path.GetExtension(path));

    /// <summary>Whether a path has one of the <see cref="ImageExtensions"/> (upper or lower case).</summary>
    public static bool IsImageFile(string path) => ImageExtensions.Contains(Path.GetExtension(path));

    private static void Collect(DirectoryInfo folder, string prefix, Func<string, bool> accept, bool keepMissing, HashSet<string> entered, List<string> paths)
    {
        // Sorted, so that of two links to one folder it is always the same one that is entered.
        foreach (var entry in folder.EnumerateFileSystemInfos().OrderBy(e => e.Name, StringComparer.Ordinal))
        {
            if (entry.Name.StartsWith('.') || entry.Attributes.HasFlag(FileAttributes.Hidden)) continue;
            string relative = prefix + entry.Name;
            if (entry is DirectoryInfo child)
            {
                if (entered.Add(RealPath(child))) Collect(child, relative + "/", accept, keepMissing, entered, paths);
            }
            else if (accept(entry.FullName))
            {
                // A name with bytes that are not UTF-8 arrives with a replacement character and cannot be opened by that name.
                bool there = entry.LinkTarget is null ? !entry.Name.Contains('\uFFFD') || entry.Exists : entry.ResolveLinkTarget(returnFinalTarget: true) is FileInfo { Exists: true };
                if (!there && !keepMissing)
                    throw new SimSearchException($"'{Printable(relative)}' in '{folder.FullName}' is a broken link or has a name that is not valid text; remove or rename it");
                paths.Add(relative);
            }
        }
    }

    private static string RealPath(DirectoryInfo folder) =>
        folder.LinkTarget is null ? folder.FullName : folder.ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? folder.FullName;

    private static string NameOf(string folder) => Path.GetFileName(folder) is { Length: > 0 } name ? name : "dataset";

    /// <summary>Whether a full path lies inside a full folder path; the folder itself does not count.</summary>
    internal static bool IsBelow(string folder, string path)
    {
        string prefix = Path.EndsInDirectorySeparator(folder) ? folder : folder + Path.DirectorySeparatorChar;
        return path.Length > prefix.Length && path.StartsWith(prefix, StringComparison.Ordinal);
    }

    /// <summary>Text that can be printed without moving the cursor or turning the reading direction: such characters become %XX.</summary>
    internal static string Printable(string text)
    {
        static bool IsUnsafe(char c) => char.IsControl(c) || c is >= '\u202A' and <= '\u202E' or >= '\u2066' and <= '\u2069' or '\u2028' or '\u2029';
        if (!text.Any(IsUnsafe)) return text;
        var safe = new StringBuilder();
        foreach (char c in text)
        {
            if (IsUnsafe(c)) safe.Append(CultureInfo.InvariantCulture, $"%{(int)c:X2}");
            else safe.Append(c);
        }
        return safe.ToString();
    }
}
