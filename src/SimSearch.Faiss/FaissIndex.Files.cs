using System.Security.Cryptography;
using static SimSearch.Faiss.NativeMethods;

namespace SimSearch.Faiss;

public sealed unsafe partial class FaissIndex
{
    /// <summary>Writes the index in FAISS's own format, which every FAISS (Python's, C++'s) of the same or a newer version reads.</summary>
    /// <param name="path">The file to create or replace: written beside it, flushed to disk, then renamed over it. Its folder is created when missing.</param>
    /// <returns>The file's SHA-256 in lower-case hexadecimal, for <see cref="FaissLoadOptions.ExpectedSha256"/>.</returns>
    /// <exception cref="FaissIndexFileException">The file cannot be written (disk full, no permission); what was there before is still there.</exception>
    /// <exception cref="FaissNotSupportedException">The index is memory-mapped: FAISS would write a reference to the mapped file. Copy that file.</exception>
    public string Save(string path)
    {
        string full = Path.GetFullPath(path);
        string folder = Path.GetDirectoryName(full) ?? throw new ArgumentException($"path='{path}' must name a file, not a root folder", nameof(path));
        string temporary = Path.Combine(folder, $".{Path.GetFileName(full)}.{Guid.NewGuid():N}.tmp");
        try
        {
            Directory.CreateDirectory(folder);
            Read(h =>
            {
                if (InfoOf(h).Traits.HasFlag(Traits.Mapped)) throw new FaissNotSupportedException("a memory-mapped index cannot be saved; copy the file it was loaded from");
                int status = ssf_write(h, temporary);
                if (status is FaissError or OtherError) throw new FaissIndexFileException($"{full} could not be written: {Brief(ErrorMessage())}");
                ThrowOn(status, $"writing {full}");
                return 0;
            });
            string hash;
            using (var stream = new FileStream(temporary, FileMode.Open, FileAccess.ReadWrite, FileShare.None, 1 << 16))
            {
                hash = Convert.ToHexStringLower(SHA256.HashData(stream));
                stream.Flush(flushToDisk: true);
            }
            File.Move(temporary, full, overwrite: true);
            return hash;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new FaissIndexFileException($"{full} could not be written: {error.Message}", error);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    /// <summary>Reads an index file, ours or another FAISS's.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">Checksum and memory mapping; see there.</param>
    /// <exception cref="FaissIndexFileException">The file is missing, does not match its checksum, or is not an index that can be used here.</exception>
    /// <exception cref="FaissNotInstalledException">There is no FAISS here.</exception>
    public static FaissIndex Load(string path, FaissLoadOptions? options = null)
    {
        options ??= new FaissLoadOptions();
        string full = Path.GetFullPath(path);
        if (!File.Exists(full)) throw new FaissIndexFileException($"{full} does not exist");
        if (options.ExpectedSha256 is { } expected) Verify(full, expected);
        NativeLoader.EnsureLoaded();
        int status = ssf_read(full, options.MemoryMap ? 1 : 0, out nint read);
        if (status is FaissError or NotSupported or OtherError or OutOfMemory)
            throw new FaissIndexFileException($"{full} is not a FAISS index that version {FaissRuntime.Version} can read: {Brief(ErrorMessage())}");
        var index = new FaissIndex(read);
        if (Enum.IsDefined(index.Metric)) return index;
        index.Dispose();
        throw new FaissIndexFileException($"{full} uses a metric other than L2 and inner product; build it again with one of these");
    }

    private static void Verify(string path, string expected)
    {
        string found;
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, FileOptions.SequentialScan);
            found = Convert.ToHexStringLower(SHA256.HashData(stream));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new FaissIndexFileException($"{path} could not be read: {error.Message}", error);
        }
        if (!found.Equals(expected, StringComparison.OrdinalIgnoreCase))
            throw new FaissIndexFileException($"{path} has changed since it was written: its SHA-256 is {found} and should be {expected.ToLowerInvariant()}; restore it from a copy or build it again");
    }
}
