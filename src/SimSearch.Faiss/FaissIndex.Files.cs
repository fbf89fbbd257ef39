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
            if (Directory.Exists(folder)) File.Delete(temporary);
        }
    }

    /// <summary>Reads an index file, ours or another FAISS's.</summary>
    /// <remarks>
    /// FAISS trusts what it reads: a damaged or hostile file can end the process. So a file comes in by one of three ways: with its
    /// checksum, compared before FAISS sees a byte; without one, after a process of its own has read, checked and searched it under a memory
    /// limit (this costs reading it twice); or with <see cref="FaissLoadOptions.Trusted"/>. What was read is then checked for inner contradictions in any case.
    /// </remarks>
    /// <param name="path">The file.</param>
    /// <param name="options">Checksum, trust and memory mapping; see there.</param>
    /// <exception cref="FaissIndexFileException">The file is missing, does not match its checksum, or is not an index that can be used here.</exception>
    /// <exception cref="FaissNotInstalledException">There is no FAISS here.</exception>
    public static FaissIndex Load(string path, FaissLoadOptions? options = null)
    {
        options ??= new FaissLoadOptions();
        string full = Path.GetFullPath(path);
        if (!File.Exists(full)) throw new FaissIndexFileException($"{full} does not exist");
        NativeLoader.EnsureLoaded();
        if (options.ExpectedSha256 is { } expected) Verify(full, expected);
        else if (!options.Trusted) FileTrial.Run(full);

        int status = ssf_read(full, options.MemoryMap ? 1 : 0, out nint read);
        if (status != Ok) throw NotAnIndex(full);
        if (ssf_check(read) != Ok)
        {
            FaissIndexFileException error = NotAnIndex(full);
            ssf_free(read);
            throw error;
        }
        return new FaissIndex(read);
    }

    private static FaissIndexFileException NotAnIndex(string path) =>
        new($"{path} is not an index that FAISS {FaissRuntime.Version} can use here: {Brief(ErrorMessage())}; restore it from a copy or build it again");

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
