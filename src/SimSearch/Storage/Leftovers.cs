using System.Collections.Concurrent;
using System.Text.RegularExpressions;

namespace SimSearch.Storage;

/// <summary>What a process that was killed while it wrote leaves behind: temporary files and folders beside their targets.</summary>
internal static partial class Leftovers
{
    /// <summary>A write that has not touched its temporary file for so long is taken for dead.</summary>
    private static readonly TimeSpan Age = TimeSpan.FromDays(1);

    private static readonly ConcurrentDictionary<string, bool> Swept = new(StringComparer.Ordinal);

    /// <summary>The name under which something is written before it is renamed to <paramref name="target"/>: hidden, in the same folder, never used twice.</summary>
    public static string TemporaryName(string target) => Path.Combine(Path.GetDirectoryName(target)!, $".{Path.GetFileName(target)}.{Guid.NewGuid():N}.tmp");

    /// <summary>Removes what is older than a day, the first time this process writes into a folder. Never fails: what cannot be removed stays.</summary>
    /// <param name="folder">The folder; its sub-folders are not looked at.</param>
    public static void SweepOnce(string folder)
    {
        // A temporary folder is new, and would only make the list of those swept grow with every write.
        if (!Name().IsMatch(Path.GetFileName(folder)) && Swept.TryAdd(folder, true)) Sweep(folder, DateTime.UtcNow - Age);
    }

    internal static void Sweep(string folder, DateTime before)
    {
        try
        {
            foreach (var entry in new DirectoryInfo(folder).EnumerateFileSystemInfos(".*.tmp"))
            {
                if (!Name().IsMatch(entry.Name) || LastTouched(entry) >= before) continue;
                if (entry is DirectoryInfo tree) tree.Delete(recursive: true);
                else entry.Delete();
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Tidying is a service, not a duty: the write that called is what counts.
        }
    }

    private static DateTime LastTouched(FileSystemInfo entry) => entry is DirectoryInfo folder
        ? folder.EnumerateFileSystemInfos().Select(inner => inner.LastWriteTimeUtc).Append(folder.LastWriteTimeUtc).Max()
        : entry.LastWriteTimeUtc;

    [GeneratedRegex(@"^\..+\.[0-9a-f]{32}\.tmp\z")]
    private static partial Regex Name();
}
