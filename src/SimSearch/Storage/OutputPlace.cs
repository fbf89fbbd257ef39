using System.Globalization;

namespace SimSearch.Storage;

/// <summary>
/// Whether a result can be written where it is to go, asked before the work that makes it. A "yes" is no promise (a disk fills up, a folder goes away), a "no" saves the work.
/// Folders that are missing are no obstacle: they are made when the result is written. Nothing stays behind.
/// </summary>
public static class OutputPlace
{
    private const long LeastSpace = 1 << 16;

    /// <summary>Checks the place of a file.</summary>
    /// <param name="path">The file, new or to be replaced.</param>
    /// <param name="bytes">About how large it will be, where that is known; 0 by default.</param>
    /// <exception cref="SimSearchException">It is a folder or a device, lies below a file, or nothing can be written there; the message says which and what to do.</exception>
    public static void CheckFile(string path, long bytes = 0)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        string full = Path.GetFullPath(path);
        if (Directory.Exists(full) || Path.EndsInDirectorySeparator(full)) throw new SimSearchException($"{path}: is a folder, and a file is to be written; name a file in it");
        if (!OperatingSystem.IsWindows() && full.StartsWith("/dev/", StringComparison.Ordinal)) throw new SimSearchException($"{path}: is a device, and a file that is written replaces what is there; name a file elsewhere");
        CheckParent(path, full, bytes);
    }

    /// <summary>Checks the place of a folder into which files are written, beside what is there.</summary>
    /// <param name="folder">The folder, new or not.</param>
    /// <param name="bytes">About how much will be written, where that is known; 0 by default.</param>
    /// <exception cref="SimSearchException">It is a file or lies below one, or nothing can be written there; the message says which and what to do.</exception>
    public static void CheckFolder(string folder, long bytes = 0)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        if (File.Exists(full)) throw new SimSearchException($"{folder}: is a file, and a folder is to be written; name a folder");
        CheckParent(folder, Path.Combine(full, "x"), bytes);
    }

    /// <summary>Tries to write in the nearest folder that is there.</summary>
    internal static void CheckParent(string asked, string full, long bytes)
    {
        string? folder = Path.GetDirectoryName(full);
        while (folder is not null && !Directory.Exists(folder))
        {
            if (File.Exists(folder)) throw new SimSearchException($"{asked}: '{folder}' is a file, so nothing can lie in it; name another folder");
            folder = Path.GetDirectoryName(folder);
        }
        if (folder is null) throw new SimSearchException($"{asked}: there is no such drive; name another folder");
        try
        {
            using var probe = new FileStream(Leftovers.TemporaryName(Path.Combine(folder, Path.GetFileName(full))), FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            string why = e is PathTooLongException ? "the name is too long" : e is UnauthorizedAccessException ? "it may not be written to" : e.Message;
            throw new SimSearchException($"{asked}: nothing can be written in '{folder}' ({why}); name a place that you may write to", e);
        }
        if (Free(folder) is { } free && free < bytes + LeastSpace)
            throw new SimSearchException(string.Create(CultureInfo.InvariantCulture, $"{asked}: needs {(bytes + LeastSpace) / 1e6:#,0.#} MB, and the disk of '{folder}' has {free / 1e6:#,0.#} MB left; free some or name another place"));
    }

    /// <summary>Bytes left for this user, or null where the system does not say.</summary>
    private static long? Free(string folder)
    {
        try { return new DriveInfo(OperatingSystem.IsWindows() ? Path.GetPathRoot(folder)! : folder).AvailableFreeSpace; }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException) { return null; }
    }
}
