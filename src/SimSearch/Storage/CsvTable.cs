using System.Text;
using CsvHelper;

namespace SimSearch.Storage;

/// <summary>
/// Reads a table with a header line record by record: UTF-8 with or without a byte-order mark, quotes as in RFC 4180, empty lines skipped. Text that
/// is not UTF-8, bad quoting, a record with another number of cells than the header, and one over 4 MiB are errors that name file and line.
/// </summary>
internal sealed class CsvTable : IDisposable
{
    private const int MaxRecordBytes = 4 << 20;
    private const int MaxColumns = 1024;

    private readonly StreamReader text;
    private readonly CsvReader reader;

    /// <param name="path">The file.</param>
    /// <param name="separator">What stands between two cells.</param>
    /// <exception cref="SimSearchException">The file is absent or empty, or its header is damaged, names a column twice or names more than 1,024.</exception>
    public CsvTable(string path, char separator = ',')
    {
        Path = path;
        if (!File.Exists(path)) throw new SimSearchException($"table '{path}' does not exist; check the name");
        text = Guarded(() => new StreamReader(path, new UTF8Encoding(false, throwOnInvalidBytes: true)));
        try
        {
            reader = Guarded(() => CsvReader.Create(text, new CsvReaderOptions
            {
                Separator = separator,
                MaxRecordSize = MaxRecordBytes,
                MalformedData = CsvMalformedDataHandling.Throw,
                FieldCountMismatch = CsvFieldCountHandling.Throw,
                SkipEmptyLines = true,
                TrackLineNumbers = true,
            }, leaveOpen: true));
            Columns = Guarded(() => reader.Headers.Select(name => name.Trim()).ToArray());
            if (Columns.Count == 0) throw new SimSearchException($"{path}: is empty; its first line must name the columns");
            if (Columns.Count > MaxColumns) throw new SimSearchException($"{path}: has {Columns.Count} columns, more than {MaxColumns}; is the separator '{separator}' right?");
            if (Columns.CountBy(c => c, StringComparer.OrdinalIgnoreCase).FirstOrDefault(c => c.Value > 1).Key is { } twice)
                throw new SimSearchException($"{path}: has two columns named '{twice}'; rename one");
        }
        catch
        {
            text.Dispose();
            throw;
        }
    }

    /// <summary>The file, as it was named.</summary>
    public string Path { get; }

    /// <summary>The names in the header line, each once.</summary>
    public IReadOnlyList<string> Columns { get; }

    /// <summary>Line of the file at which the current record starts, counted from 1.</summary>
    public long Line => reader.LineNumber;

    /// <summary>Where a column stands, upper and lower case being the same; -1 when there is none of this name.</summary>
    public int IndexOf(string column) => Columns.ToList().FindIndex(name => name.Equals(column, StringComparison.OrdinalIgnoreCase));

    /// <summary>Goes to the next record; false at the end.</summary>
    /// <exception cref="SimSearchException">The record is damaged.</exception>
    public bool Read() => Guarded(reader.Read);

    /// <summary>A field of the current record; null when it is empty or the index is -1.</summary>
    public string? Field(int column) => column >= 0 && reader.GetString(column) is { Length: > 0 } text ? text : null;

    /// <inheritdoc/>
    public void Dispose()
    {
        reader.Dispose();
        text.Dispose();
    }

    private T Guarded<T>(Func<T> read)
    {
        try { return read(); }
        catch (CsvFormatException e)
        {
            throw new SimSearchException($"{Path}: line {e.LineNumber} is not a row that can be read: {e.Message} A row has as many cells as the header, takes at most {MaxRecordBytes} bytes, and a cell with separators, quotes or line breaks stands in quotes, with the quotes in it doubled.", e);
        }
        catch (Exception e) when (e is DecoderFallbackException or IOException or UnauthorizedAccessException)
        {
            throw new SimSearchException($"{Path}: cannot be read as UTF-8 text: {e.Message}; save it as UTF-8", e);
        }
    }
}
