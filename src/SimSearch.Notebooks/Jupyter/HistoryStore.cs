using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace SimSearch.Notebooks;

/// <summary>A cell that was run.</summary>
/// <param name="Session">1 for the oldest session that is kept.</param>
/// <param name="Line">The cell's number in its session.</param>
/// <param name="Code">The cell.</param>
/// <param name="Output">Its result as text, or null.</param>
internal readonly record struct HistoryEntry(int Session, int Line, string Code, string? Output);

/// <summary>
/// Earlier sessions on disk: a file for each, a line for each cell, readable by their owner only. Kernels that run side by side write to files of their
/// own. The oldest are deleted when there are too many; a line that cannot be read is passed over, and a disk that cannot be written to costs the memory
/// of this session and nothing else.
/// </summary>
/// <param name="folder">Where the files are; made when the first cell is written.</param>
/// <param name="log">Receives why something could not be kept.</param>
internal sealed class HistoryStore(string folder, Action<string> log) : IDisposable
{
    private const int MostSessions = 100, MostCode = 100_000, MostOutput = 2_000;
    private const long MostBytes = 16 << 20, MostBytesOfSession = 4 << 20;

    // In the order of their names the oldest comes first.
    private readonly string name = string.Create(CultureInfo.InvariantCulture, $"{DateTime.UtcNow:yyyyMMdd-HHmmssfff}-{Environment.ProcessId}.jsonl");
    private FileStream? file;
    private bool broken;

    /// <summary>Writes a cell of this session, at once, so that a kernel that is killed loses nothing.</summary>
    public void Add(int line, string code, string? output)
    {
        if (broken || code.Length > MostCode || file is { Position: > MostBytesOfSession }) return;
        try
        {
            file ??= Open();
            file.Write([.. JupyterJson.Bytes(new JsonArray(line, code, output is { Length: > MostOutput } ? output[..MostOutput] : output)), (byte)'\n']);
            file.Flush();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or NotSupportedException or ObjectDisposedException)
        {
            broken = true;
            log($"history: the cells of this session are not kept: {error.Message}");
        }
    }

    /// <summary>The cells of the sessions before this one, the oldest first, and the number of this one.</summary>
    public (List<HistoryEntry> Entries, int Session) Earlier()
    {
        var entries = new List<HistoryEntry>();
        int session = 0;
        foreach (var old in Files().Where(f => string.CompareOrdinal(f.Name, name) < 0))
        {
            session++;
            try
            {
                if (old.Length > 2 * MostBytesOfSession) continue;
                using var input = new FileStream(old.FullName, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
                using var reader = new StreamReader(input, Encoding.UTF8);
                while (reader.ReadLine() is { } line)
                    if (Parse(session, line) is { } entry) entries.Add(entry);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                log($"history: {old.FullName} cannot be read: {error.Message}");
            }
        }
        return (entries, session + 1);
    }

    /// <inheritdoc/>
    public void Dispose() => file?.Dispose();

    private FileStream Open()
    {
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(folder);
        else Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        // Room for this session, before it begins.
        long bytes = 0;
        int kept = 1;
        foreach (var old in Files().Reverse())
        {
            bytes += old.Length;
            if (++kept <= MostSessions && bytes <= MostBytes) continue;
            try
            {
                old.Delete();
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                log($"history: {old.FullName} is to make room and cannot be deleted: {error.Message}");
            }
        }
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.Read | FileShare.Delete };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return new FileStream(Path.Combine(folder, name), options);
    }

    private FileInfo[] Files()
    {
        try
        {
            return Directory.Exists(folder) ? [.. new DirectoryInfo(folder).GetFiles("*.jsonl").OrderBy(f => f.Name, StringComparer.Ordinal)] : [];
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            log($"history: {folder} cannot be read: {error.Message}");
            return [];
        }
    }

    private static HistoryEntry? Parse(int session, string line)
    {
        try
        {
            var row = JsonElement.Parse(line);
            if (row.ValueKind != JsonValueKind.Array || row.GetArrayLength() != 3) return null;
            return row[0].Number() is { } number && row[1].Text() is { } code ? new HistoryEntry(session, number, code, row[2].Text()) : null;
        }
        catch (JsonException)
        {
            return null; // half a line, of a machine that lost its power
        }
    }
}
