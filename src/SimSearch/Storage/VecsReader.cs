using System.Buffers.Binary;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace SimSearch.Storage;

/// <summary>
/// Reads the row files of the nearest-neighbour benchmarks front to back: <c>.fvecs</c> (float32), <c>.bvecs</c> (bytes) and
/// <c>.ivecs</c> (int32). Every row is a little-endian int32 length followed by that many values; all rows of a file are equally long.
/// Format: http://corpus-texmex.irisa.fr
/// </summary>
public sealed class VecsReader : IDisposable
{
    /// <summary>Rows longer than this are taken for damage: no data set comes near it.</summary>
    public const int MaxDimension = 1 << 20;

    private readonly FileStream stream;
    private readonly string path;
    private readonly byte[] row;

    /// <summary>Opens a file and checks that its length is a whole number of rows.</summary>
    /// <param name="path">A file whose name ends in .fvecs, .bvecs or .ivecs.</param>
    /// <exception cref="SimSearchException">Another extension, an empty or truncated file, or a row length outside 1 to 2^20.</exception>
    public VecsReader(string path)
    {
        this.path = path;
        ElementBytes = Path.GetExtension(path).ToLowerInvariant() switch
        {
            ".fvecs" or ".ivecs" => 4,
            ".bvecs" => 1,
            var other => throw new SimSearchException($"{path}: extension '{other}' is not one of .fvecs, .bvecs, .ivecs"),
        };
        stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 20);
        try
        {
            Span<byte> first = stackalloc byte[4];
            if (stream.ReadAtLeast(first, 4, throwOnEndOfStream: false) < 4)
                throw new SimSearchException($"{path}: {stream.Length} bytes are too few for one row; the file is empty or truncated");
            Dimension = CheckedLength(first, 0);
            int rowBytes = 4 + Dimension * ElementBytes;
            if (stream.Length % rowBytes != 0)
                throw new SimSearchException($"{path}: {stream.Length} bytes are not a whole number of rows of {Dimension} values ({rowBytes} bytes each); the file is truncated or of another type than its extension says");
            Rows = stream.Length / rowBytes;
            row = new byte[rowBytes];
            stream.Position = 0;
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <summary>Number of rows in the file, 1 or more.</summary>
    public long Rows { get; }

    /// <summary>Values per row, 1 or more.</summary>
    public int Dimension { get; }

    /// <summary>Number of rows read so far.</summary>
    public long Position { get; private set; }

    private int ElementBytes { get; }

    private bool IsInteger => path.EndsWith(".ivecs", StringComparison.OrdinalIgnoreCase);

    /// <summary>Reads the next rows of an .fvecs or .bvecs file; bytes become 0 to 255.</summary>
    /// <param name="values">Receives whole rows, row-major; its length must be a multiple of <see cref="Dimension"/>.</param>
    /// <exception cref="SimSearchException">Fewer rows are left, or a row has another length than the first.</exception>
    public void ReadFloats(Span<float> values)
    {
        if (IsInteger) throw new SimSearchException($"{path}: .ivecs files hold row numbers, not vectors; give the .fvecs or .bvecs file");
        for (int done = 0; done < values.Length; done += Dimension)
        {
            var target = values.Slice(done, Dimension);
            ReadOnlySpan<byte> bytes = NextRow();
            if (ElementBytes == 4) MemoryMarshal.Cast<byte, float>(bytes).CopyTo(target);
            else TensorPrimitives.ConvertTruncating(bytes, target);
        }
    }

    /// <summary>Reads the next rows of an .ivecs file.</summary>
    /// <param name="values">Receives whole rows, row-major; its length must be a multiple of <see cref="Dimension"/>.</param>
    /// <exception cref="SimSearchException">Not an .ivecs file, fewer rows are left, or a row has another length than the first.</exception>
    public void ReadInts(Span<int> values)
    {
        if (!IsInteger) throw new SimSearchException($"{path}: only .ivecs files hold integers");
        for (int done = 0; done < values.Length; done += Dimension)
            MemoryMarshal.Cast<byte, int>(NextRow()).CopyTo(values.Slice(done, Dimension));
    }

    /// <summary>Reads a whole .ivecs file, for example the true neighbours of every query.</summary>
    /// <param name="path">The file.</param>
    /// <param name="dimension">Receives the values per row.</param>
    /// <returns>[rows x dimension], row-major.</returns>
    /// <exception cref="SimSearchException">The file is damaged or holds more values than an array can.</exception>
    public static int[] ReadIvecs(string path, out int dimension)
    {
        using var reader = new VecsReader(path);
        dimension = reader.Dimension;
        long count = reader.Rows * dimension;
        if (count > Array.MaxLength) throw new SimSearchException($"{path}: {count} values are more than one array can hold ({Array.MaxLength})");
        var values = new int[count];
        reader.ReadInts(values);
        return values;
    }

    /// <inheritdoc/>
    public void Dispose() => stream.Dispose();

    private ReadOnlySpan<byte> NextRow()
    {
        if (Position == Rows) throw new SimSearchException($"{path}: all {Rows} rows have been read");
        stream.ReadExactly(row);
        int length = CheckedLength(row, Position);
        if (length != Dimension) throw new SimSearchException($"{path}: row {Position} has {length} values, the first has {Dimension}; all rows must be equally long");
        Position++;
        return row.AsSpan(4);
    }

    private int CheckedLength(ReadOnlySpan<byte> bytes, long at)
    {
        int length = BinaryPrimitives.ReadInt32LittleEndian(bytes);
        return length is >= 1 and <= MaxDimension
            ? length
            : throw new SimSearchException($"{path}: row {at} claims {length} values; it must be 1 to {MaxDimension}");
    }
}
