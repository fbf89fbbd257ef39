using System.Runtime.InteropServices;

namespace SimSearch.Storage;

/// <summary>
/// Writes a folder of files that belong together so that at any moment, also after a crash, all of the old ones or all of the new ones
/// are there. (Where the system cannot exchange two folders, a crash between two renames can leave the old one under the hidden name
/// ".NAME.*.tmp.old" beside it; it is never deleted.) A reader that opens the files one by one just then may meet both: checksums in one of the files tell it so.
/// </summary>
public static partial class AtomicFolder
{
    private const int LongestWait = 60_000; // ms

    /// <summary>
    /// Fills a temporary folder beside <paramref name="folder"/>, flushes it to disk and puts it in the place of the old one: in one
    /// step where the system can exchange two folders (Linux), otherwise by two renames that are undone when the second fails.
    /// Several writers of one folder, in whatever processes, take turns.
    /// </summary>
    /// <param name="folder">The folder to create or replace.</param>
    /// <param name="owns">Whether a file of this name may be replaced. A folder that holds anything else is left alone.</param>
    /// <param name="write">Writes all files into the folder it is given. When it throws, the old folder stays.</param>
    /// <exception cref="SimSearchException">The folder holds files that are not ours to delete, or its name is taken by a file, or another program keeps writing it for more than a minute.</exception>
    public static void Write(string folder, Func<string, bool> owns, Action<string> write)
    {
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        string parent = Path.GetDirectoryName(full) ?? throw new ArgumentException($"folder='{folder}' must not be a root folder", nameof(folder));
        CheckReplaceable(full, owns);
        Directory.CreateDirectory(parent);
        Leftovers.SweepOnce(parent);
        using var turn = TakeTurn(full);
        string temporary = Leftovers.TemporaryName(full);
        Directory.CreateDirectory(temporary);
        try
        {
            write(temporary);
            foreach (string file in Directory.EnumerateFiles(temporary)) FlushToDisk(file);
            // Looked at again: writing may have taken long, and somebody may have put a file there meanwhile.
            CheckReplaceable(full, owns);
            if (Directory.Exists(full)) Exchange(temporary, full);
            else Directory.Move(temporary, full);
        }
        finally
        {
            // After a success this is the old folder, after a failure the unfinished new one.
            if (Directory.Exists(temporary)) Directory.Delete(temporary, recursive: true);
        }
    }

    /// <summary>Whether <see cref="Write"/> could replace the folder now; see <see cref="OutputPlace"/>.</summary>
    /// <param name="folder">The folder to create or replace.</param>
    /// <param name="owns">Whether a file of this name may be replaced.</param>
    /// <param name="bytes">About how large it will be, where that is known; 0 by default.</param>
    /// <exception cref="SimSearchException">It could not; the message says why and what to do.</exception>
    public static void Check(string folder, Func<string, bool> owns, long bytes = 0)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        if (Path.GetDirectoryName(full) is null) throw new SimSearchException($"{folder}: is the root of a drive; name a folder in it");
        CheckReplaceable(full, owns);
        OutputPlace.CheckParent(folder, full, bytes);
    }

    /// <summary>Waits until no other writer holds the lock file beside the folder. A killed writer lets go of it; the file it leaves is taken over.</summary>
    private static FileStream TakeTurn(string folder)
    {
        const int sharingViolation = 32, tryAgainLinux = 11, tryAgainMac = 35;
        string path = Path.Combine(Path.GetDirectoryName(folder)!, $".{Path.GetFileName(folder)}.lock");
        long begin = Environment.TickCount64;
        while (true)
        {
            try { return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.DeleteOnClose); }
            catch (IOException e) when ((e.HResult & 0xFFFF) is sharingViolation or tryAgainLinux or tryAgainMac)
            {
                if (Environment.TickCount64 - begin > LongestWait) throw new SimSearchException($"{folder}: another program has been writing it for more than a minute; try again when it has ended", e);
            }
            Thread.Sleep(20);
        }
    }

    private static void CheckReplaceable(string folder, Func<string, bool> owns)
    {
        if (File.Exists(folder)) throw new SimSearchException($"{folder}: is a file; name a folder that is new, empty or of the same kind");
        if (!Directory.Exists(folder)) return;
        string? foreign = Directory.EnumerateFileSystemEntries(folder).Select(Path.GetFileName).FirstOrDefault(name => !owns(name!));
        if (foreign is not null)
            throw new SimSearchException($"{folder}: holds '{foreign}', which would be lost when the folder is replaced; name a folder that is new, empty or of the same kind");
    }

    private static void FlushToDisk(string file)
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.ReadWrite);
        stream.Flush(flushToDisk: true);
    }

    private static void Exchange(string newer, string older)
    {
        if (OperatingSystem.IsLinux() && TryExchange(newer, older)) return;
        string aside = $"{newer}.old";
        Directory.Move(older, aside);
        try
        {
            Directory.Move(newer, older);
        }
        catch
        {
            Directory.Move(aside, older);
            throw;
        }
        Directory.Move(aside, newer);
    }

    private static bool TryExchange(string a, string b)
    {
        const int currentFolder = -100, exchange = 2;
        try { return RenameAt2(currentFolder, a, currentFolder, b, exchange) == 0; }
        catch (EntryPointNotFoundException) { return false; } // a C library older than glibc 2.28
    }

    [LibraryImport("libc", EntryPoint = "renameat2", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int RenameAt2(int oldFolder, string oldPath, int newFolder, string newPath, uint flags);
}
