using CsvHelper;

namespace SimSearch.Storage;

/// <summary>
/// Reads a comma-separated file (UTF-8, RFC 4180, a header line) record by record. Bad quoting, a line with another number of fields
/// than the header and a record over 16 MiB are errors that name the file.
/// </summary>
internal sealed class CsvTable : IDisposable
{
    private const int MaxRecordBytes = 16 << 20;

    private readonly CsvReader reader;

    /// <exception cref="SimSearchException">The file is absent, empty, or its header is damaged or names a column twice.</exception>
    public CsvTable(string path)
    {
        Path = path;
        if (!File.Exists(path)) throw new SimSearchException($"{path}: there is no such file");
        reader = CsvReader.FromFile(path, new CsvReaderOptions
        {
            Separator = ',',
            MaxRecordSize = MaxRecordBytes,
            TrackLineNumbers = true,
            MalformedData = CsvMalformedDataHandling.Throw,
            FieldCountMismatch = CsvFieldCountHandling.Throw,
        });
        try
        {
            Columns = Guarded(() => reader.Headers.ToArray());
            if (Columns.Count == 0) throw new SimSearchException($"{path}: it is empty; the first line must name the columns");
            if (Columns.CountBy(c => c, StringComparer.Ordinal).FirstOrDefault(c => c.Value > 1).Key is { } twice)
                throw new SimSearchException($"{path}: column '{twice}' is named twice; every column needs its own name");
        }
        catch
        {
            reader.Dispose();
            throw;
        }
    }

    /// <summary>The file, as it was named.</summary>
    public string Path { get; }

    /// <summary>The names in the header line, each once.</summary>
    public IReadOnlyList<string> Columns { get; }

    /// <summary>Line of the file at which the current record starts, counted from 1.</summary>
    public long Line => reader.LineNumber;

    /// <summary>Where a column stands, or -1 when there is none of this name.</summary>
    public int IndexOf(string column) => Columns.ToList().IndexOf(column);

    /// <summary>Goes to the next record; false at the end.</summary>
    /// <exception cref="SimSearchException">The record is damaged.</exception>
    public bool Read() => Guarded(reader.Read);

    /// <summary>A field of the current record; null when it is empty or the index is -1.</summary>
    public string? Field(int column) => column >= 0 && reader.GetString(column) is { Length: > 0 } text ? text : null;

    /// <inheritdoc/>
    public void Dispose() => reader.Dispose();

    private T Guarded<T>(Func<T> read)
    {
        try { return read(); }
        catch (CsvFormatException e)
        {
            throw new SimSearchException($"{Path}: cannot be read as comma-separated text: {e.Message}", e);
        }
    }
}
