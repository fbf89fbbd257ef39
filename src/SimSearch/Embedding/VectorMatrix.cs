using System.IO.MemoryMappedFiles;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using SimSearch.Storage;

namespace SimSearch.Embedding;

/// <summary>
/// Vectors side by side: float32, [rows x dimension], row-major and contiguous, with 64-bit row counts. The memory is an array, native
/// memory when an array is too small, or a memory-mapped file. Reading is safe from several threads; dispose it only when nobody
/// uses a span of it any more.
/// </summary>
public sealed unsafe class VectorMatrix : IDisposable
{
    private const int BlockValues = 1 << 18;

    private float[]? array;
    private float* memory;
    private bool isNative;
    private MemoryMappedViewAccessor? view;

    private VectorMatrix(long rows, int dimension) => (Rows, Dimension) = (rows, dimension);

    /// <summary>Number of vectors, 0 or more.</summary>
    public long Rows { get; }

    /// <summary>Length of each vector, 1 or more.</summary>
    public int Dimension { get; }

    /// <summary>Whether the vectors lie in a memory-mapped file and can only be read.</summary>
    public bool IsMapped => view is not null;

    /// <summary>One vector.</summary>
    /// <param name="row">0 to Rows - 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such row.</exception>
    /// <exception cref="ObjectDisposedException">The matrix has been disposed.</exception>
    public ReadOnlySpan<float> Row(long row) => Span(row, 1);

    /// <summary>Vectors that follow each other, [count x Dimension].</summary>
    /// <param name="start">First row, 0 to Rows.</param>
    /// <param name="count">How many rows; count * Dimension must fit a span (2^31 - 1 values).</param>
    /// <exception cref="ArgumentOutOfRangeException">The rows do not exist, or are too many for one span.</exception>
    /// <exception cref="ObjectDisposedException">The matrix has been disposed.</exception>
    public ReadOnlySpan<float> RowRange(long start, int count) => Span(start, count);

    /// <summary>The same as <see cref="RowRange"/>, for filling a matrix from <see cref="Allocate"/>.</summary>
    /// <param name="start">First row, 0 to Rows.</param>
    /// <param name="count">How many rows.</param>
    /// <exception cref="InvalidOperationException">The matrix is a mapped file; copy it first.</exception>
    public Span<float> WritableRows(long start, int count) =>
        IsMapped ? throw new InvalidOperationException("a memory-mapped matrix can only be read; copy its rows into VectorMatrix.Allocate(...)") : Span(start, count);

    /// <summary>Wraps an array without copying it.</summary>
    /// <param name="values">[rows x dimension], row-major.</param>
    /// <param name="dimension">Length of each vector, 1 or more.</param>
    /// <exception cref="ArgumentException">The length of the array is no multiple of the dimension.</exception>
    public static VectorMatrix FromArray(float[] values, int dimension)
    {
        ArgumentNullException.ThrowIfNull(values);
        CheckDimension(dimension);
        if (values.Length % dimension != 0) throw new ArgumentException($"{values.Length} values are not whole vectors of {dimension}", nameof(values));
        return new VectorMatrix(values.Length / dimension, dimension) { array = values };
    }

    /// <summary>A matrix of zeros to be filled; native memory when an array cannot hold it.</summary>
    /// <param name="rows">Number of vectors, 0 or more.</param>
    /// <param name="dimension">Length of each vector, 1 or more.</param>
    /// <exception cref="OutOfMemoryException">There is not so much memory.</exception>
    public static VectorMatrix Allocate(long rows, int dimension)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        CheckDimension(dimension);
        long count = checked(rows * dimension);
        if (count <= Array.MaxLength) return FromArray(new float[count], dimension);
        return new VectorMatrix(rows, dimension) { memory = (float*)NativeMemory.AllocZeroed((nuint)count, sizeof(float)), isNative = true };
    }

    /// <summary>Opens vectors from a file.</summary>
    /// <param name="path">
    /// <c>.npy</c> with two axes (float32 is memory-mapped, other number types are read and converted), <c>.fvecs</c> or <c>.bvecs</c> (read).
    /// </param>
    /// <exception cref="SimSearchException">Another extension, a damaged file, or an array that has not two axes.</exception>
    public static VectorMatrix Open(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (!File.Exists(path)) throw new SimSearchException($"{path}: there is no such file");
        return Path.GetExtension(path).ToLowerInvariant() switch
        {
            ".npy" => OpenNpy(path),
            ".fvecs" or ".bvecs" => ReadVecs(path),
            var other => throw new SimSearchException($"{path}: extension '{other}' is not one of .npy, .fvecs, .bvecs"),
        };
    }

    /// <summary>Writes the vectors as a NumPy array, by rename.</summary>
    /// <param name="path">The file to create or replace.</param>
    public void SaveNpy(string path) => AtomicFile.Write(path, stream =>
    {
        stream.Write(Npy.Header<float>(Rows, Dimension));
        int step = BlockRows;
        for (long start = 0; start < Rows; start += step)
            Npy.WriteValues(stream, RowRange(start, (int)Math.Min(step, Rows - start)));
    });

    /// <summary>The first row that holds NaN or an infinity, or -1 when every value is finite.</summary>
    public long FirstRowNotFinite()
    {
        int step = BlockRows;
        for (long start = 0; start < Rows; start += step)
        {
            int count = (int)Math.Min(step, Rows - start);
            if (TensorPrimitives.IsFiniteAll(RowRange(start, count))) continue;
            for (int i = 0; i < count; i++)
                if (!TensorPrimitives.IsFiniteAll(Row(start + i))) return start + i;
        }
        return -1;
    }

    /// <summary>Gives the memory back or unmaps the file. Spans handed out before are invalid afterwards.</summary>
    public void Dispose()
    {
        if (isNative) NativeMemory.Free(memory);
        if (view is not null)
        {
            view.SafeMemoryMappedViewHandle.ReleasePointer();
            view.Dispose();
        }
        (array, isNative, view) = (null, false, null);
        memory = null;
    }

    private int BlockRows => Math.Max(1, BlockValues / Dimension);

    private Span<float> Span(long start, int count)
    {
        if ((ulong)start > (ulong)Rows) throw new ArgumentOutOfRangeException(nameof(start), $"row {start} is outside 0 to {Rows - 1}");
        if (count < 0 || count > Rows - start) throw new ArgumentOutOfRangeException(nameof(count), $"{count} rows from row {start} go beyond the {Rows} there are");
        long values = (long)count * Dimension;
        if (values > int.MaxValue) throw new ArgumentOutOfRangeException(nameof(count), $"{count} rows of {Dimension} values do not fit one span; ask for at most {int.MaxValue / Dimension} at a time");
        if (array is not null) return array.AsSpan((int)(start * Dimension), (int)values);
        ObjectDisposedException.ThrowIf(memory is null, this);
        return new Span<float>(memory + start * Dimension, (int)values);
    }

    private static void CheckDimension(int dimension)
    {
        if (dimension < 1) throw new ArgumentOutOfRangeException(nameof(dimension), $"dimension={dimension} must be 1 or more");
    }

    private static VectorMatrix OpenNpy(string path)
    {
        var header = Npy.ReadHeader(path);
        if (header.Shape.Count != 2 || header.Shape[1] is < 1 or > int.MaxValue)
            throw new SimSearchException($"{path}: its shape ({string.Join(" x ", header.Shape)}) must be rows x dimension, with a dimension of 1 or more");
        var (rows, dimension) = (header.Shape[0], (int)header.Shape[1]);
        // NumPy aligns the values to 64 bytes; a file that does not is legal but cannot be looked at in place.
        bool canMap = header.Descr == "<f4" && header.DataOffset % sizeof(float) == 0 && rows > 0;
        return canMap ? Map(path, rows, dimension, header.DataOffset) : FromArray(Npy.Read<float>(path, out _), dimension);
    }

    private static VectorMatrix Map(string path, long rows, int dimension, long offset)
    {
        // Delete sharing lets a newer version be renamed over the file while this one is still being read.
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 0);
        using var file = MemoryMappedFile.CreateFromFile(stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
        var view = file.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
        byte* first = null;
        view.SafeMemoryMappedViewHandle.AcquirePointer(ref first);
        return new VectorMatrix(rows, dimension) { view = view, memory = (float*)(first + offset) };
    }

    private static VectorMatrix ReadVecs(string path)
    {
        using var reader = new VecsReader(path);
        var matrix = Allocate(reader.Rows, reader.Dimension);
        try
        {
            for (long row = 0; row < matrix.Rows; row++) reader.ReadFloats(matrix.WritableRows(row, 1));
            return matrix;
        }
        catch
        {
            matrix.Dispose();
            throw;
        }
    }
}
