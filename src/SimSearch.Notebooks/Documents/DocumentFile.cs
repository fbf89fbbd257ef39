using System.Text;

namespace SimSearch.Notebooks;

/// <summary>Writes files so that a reader sees the old content or the new, never a half of it.</summary>
internal static class DocumentFile
{
    /// <summary>Writes a temporary file in the same folder, flushes it to disk and renames it over <paramref name="path"/>; when writing throws, the old file stays.</summary>
    public static void Write(string path, Action<Stream> write)
    {
        string full = Path.GetFullPath(path);
        string folder = Path.GetDirectoryName(full) ?? throw new ArgumentException($"path='{path}' must name a file, not a root folder", nameof(path));
        Directory.CreateDirectory(folder);
        string temporary = Path.Combine(folder, $".{Path.GetFileName(full)}.{Guid.NewGuid():N}.tmp");
        try
        {
            using (var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1 << 16))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }
            File.Move(temporary, full, overwrite: true);
        }
        catch (Exception e)
        {
            File.Delete(temporary);
            // What the system says of a file above its limit comes as a fault in an argument.
            if (e is ArgumentOutOfRangeException) throw new IOException($"'{full}' cannot be written: {e.Message}", e);
            throw;
        }
    }

    /// <summary>Writes text as UTF-8 without a byte-order mark; see <see cref="Write"/>.</summary>
    public static void WriteText(string path, string text) => Write(path, stream => stream.Write(Encoding.UTF8.GetBytes(text)));
}
