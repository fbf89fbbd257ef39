using System.Numerics;
using System.Runtime.InteropServices;

namespace SimSearch.Storage;

/// <summary>Writes the row files of the nearest-neighbour benchmarks, by rename; see <see cref="VecsReader"/> for the format.</summary>
public static class VecsWriter
{
    /// <summary>Writes rows as <c>.fvecs</c> (float), <c>.bvecs</c> (byte) or <c>.ivecs</c> (int).</summary>
    /// <typeparam name="T">float, byte or int.</typeparam>
    /// <param name="path">The file to create or replace; its extension must be the one of <typeparamref name="T"/>.</param>
    /// <param name="values">[rows x dimension], row-major.</param>
    /// <param name="dimension">Values per row, 1 to 2^20.</param>
    /// <exception cref="ArgumentException">The extension, the dimension or the number of values does not fit.</exception>
    public static unsafe void Write<T>(string path, ReadOnlySpan<T> values, int dimension) where T : unmanaged, INumber<T>
    {
        string extension = typeof(T) == typeof(float) ? ".fvecs" : typeof(T) == typeof(byte) ? ".bvecs" : typeof(T) == typeof(int) ? ".ivecs"
            : throw new ArgumentException($"{typeof(T).Name} has no row file; use float, byte or int");
        if (!path.EndsWith(extension, StringComparison.OrdinalIgnoreCase)) throw new ArgumentException($"path='{path}' must end in {extension} for {typeof(T).Name} values", nameof(path));
        if (dimension is < 1 or > VecsReader.MaxDimension) throw new ArgumentOutOfRangeException(nameof(dimension), $"dimension={dimension} must be 1 to {VecsReader.MaxDimension}");
        if (values.Length % dimension != 0) throw new ArgumentException($"{values.Length} values are not whole rows of {dimension}", nameof(values));
        // A lambda cannot capture a span; a pointer it can, and the memory stays pinned until the file is written.
        fixed (T* first = values)
        {
            nint data = (nint)first;
            int length = values.Length;
            AtomicFile.Write(path, stream =>
            {
                var all = new ReadOnlySpan<T>((T*)data, length);
                for (int start = 0; start < all.Length; start += dimension)
                {
                    stream.Write(MemoryMarshal.AsBytes(new ReadOnlySpan<int>(in dimension)));
                    stream.Write(MemoryMarshal.AsBytes(all.Slice(start, dimension)));
                }
            });
        }
    }
}
