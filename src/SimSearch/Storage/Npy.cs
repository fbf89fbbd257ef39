using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.RegularExpressions;

namespace SimSearch.Storage;

/// <summary>The header of a NumPy <c>.npy</c> file.</summary>
/// <param name="Descr">NumPy's type string, for example <c>&lt;f4</c>.</param>
/// <param name="Shape">Length of each axis; empty for a scalar.</param>
/// <param name="DataOffset">Where the values start, in bytes from the beginning of the file.</param>
public sealed record NpyHeader(string Descr, IReadOnlyList<long> Shape, long DataOffset)
{
    /// <summary>Number of values, the product of <see cref="Shape"/>.</summary>
    public long Count => Shape.Aggregate(1L, (product, n) => checked(product * n));
}

/// <summary>
/// Reads and writes NumPy arrays: format versions 1 to 3, little-endian or single-byte numbers, C order.
/// Format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
/// </summary>
public static partial class Npy
{
    private const int MaxHeaderBytes = 64 * 1024;
    private const int ChunkBytes = 1 << 20;

    private static ReadOnlySpan<byte> Magic => [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y'];

    private static readonly Dictionary<string, Type> Types = new()
    {
        ["<f4"] = typeof(float), ["<f8"] = typeof(double), ["<i2"] = typeof(short), ["<i4"] = typeof(int), ["<i8"] = typeof(long),
        ["|u1"] = typeof(byte), ["|i1"] = typeof(sbyte), ["<u2"] = typeof(ushort), ["<u4"] = typeof(uint), ["<u8"] = typeof(ulong),
    };

    /// <summary>Writes an array to a file, by rename.</summary>
    /// <typeparam name="T">float, double, or an integer type.</typeparam>
    /// <param name="path">The file to create or replace.</param>
    /// <param name="values">The values in row-major (C) order.</param>
    /// <param name="shape">Length of each axis; the product must equal the number of values.</param>
    public static unsafe void Write<T>(string path, ReadOnlySpan<T> values, params ReadOnlySpan<long> shape) where T : unmanaged
    {
        byte[] header = Header<T>(shape);
        long count = ParseHeader(header).Count;
        if (count != values.Length)
            throw new ArgumentException($"shape ({string.Join(" x ", shape.ToArray())}) holds {count} values, but {values.Length} were given", nameof(shape));
        // A lambda cannot capture a span; a pointer it can, and the array stays pinned until the file is written.
        fixed (T* first = values)
        {
            nint data = (nint)first;
            int length = values.Length;
            AtomicFile.Write(path, stream =>
            {
                stream.Write(header);
                WriteValues(stream, new ReadOnlySpan<T>((T*)data, length));
            });
        }
    }

    /// <summary>Writes bare values, without a header, in pieces (a byte span cannot hold more than 2 GiB).</summary>
    public static void WriteValues<T>(Stream stream, ReadOnlySpan<T> values) where T : unmanaged
    {
        int step = ChunkBytes / Marshal.SizeOf<T>();
        for (int start = 0; start < values.Length; start += step)
            stream.Write(MemoryMarshal.AsBytes(values.Slice(start, Math.Min(step, values.Length - start))));
    }

    /// <summary>The bytes that come before the values in a version 1 file of this type and shape; a multiple of 64.</summary>
    public static byte[] Header<T>(params ReadOnlySpan<long> shape) where T : unmanaged
    {
        string descr = Types.FirstOrDefault(t => t.Value == typeof(T)).Key ?? throw new NotSupportedException($"{typeof(T).Name} has no NumPy type here");
        string tuple = shape.Length == 1 ? $"({shape[0]},)" : $"({string.Join(", ", shape.ToArray())})";
        string text = $"{{'descr': '{descr}', 'fortran_order': False, 'shape': {tuple}, }}";
        var bytes = new byte[(Magic.Length + 4 + text.Length + 1 + 63) / 64 * 64];
        bytes.AsSpan().Fill((byte)' ');
        Magic.CopyTo(bytes);
        bytes[6] = 1;
        bytes[7] = 0;
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(8), (ushort)(bytes.Length - 10));
        Encoding.ASCII.GetBytes(text, bytes.AsSpan(10));
        bytes[^1] = (byte)'\n';
        return bytes;
    }

    /// <summary>Reads only the header of a file and checks that the file is long enough for what it promises.</summary>
    /// <exception cref="SimSearchException">Not an .npy file, truncated, an unsupported type, or Fortran order.</exception>
    public static NpyHeader ReadHeader(string path)
    {
        using var stream = File.OpenRead(path);
        return Named(path, () => ReadHeader(stream));
    }

    /// <summary>Reads a whole array, converting its numbers to <typeparamref name="T"/>.</summary>
    /// <typeparam name="T">float, double, int, long or byte.</typeparam>
    /// <param name="path">The file.</param>
    /// <param name="shape">Receives the length of each axis.</param>
    /// <exception cref="SimSearchException">Not an .npy file, truncated, an unsupported type, Fortran order, or more values than an array can hold.</exception>
    public static T[] Read<T>(string path, out long[] shape) where T : unmanaged, System.Numerics.INumber<T>
    {
        using var stream = File.OpenRead(path);
        (T[] values, shape) = Named(path, () =>
        {
            var header = ReadHeader(stream);
            if (header.Count > Array.MaxLength) throw new SimSearchException($"{header.Count} values are more than one array can hold ({Array.MaxLength})");
            stream.Position = header.DataOffset;
            return (ReadValues<T>(stream, header.Descr, (int)header.Count), header.Shape.ToArray());
        });
        return values;
    }

    private static T Named<T>(string path, Func<T> read)
    {
        try { return read(); }
        catch (Exception e) when (e is SimSearchException or OverflowException or EndOfStreamException)
        {
            throw new SimSearchException($"{path}: cannot be read as a NumPy array: {e.Message}", e);
        }
    }

    private static T[] ReadValues<T>(Stream stream, string descr, int count) where T : unmanaged, System.Numerics.INumber<T> => descr switch
    {
        "<f4" => Convert<float, T>(stream, count),
        "<f8" => Convert<double, T>(stream, count),
        "<i2" => Convert<short, T>(stream, count),
        "<i4" => Convert<int, T>(stream, count),
        "<i8" => Convert<long, T>(stream, count),
        "|u1" => Convert<byte, T>(stream, count),
        "|i1" => Convert<sbyte, T>(stream, count),
        "<u2" => Convert<ushort, T>(stream, count),
        "<u4" => Convert<uint, T>(stream, count),
        "<u8" => Convert<ulong, T>(stream, count),
        _ => throw new SimSearchException($"type '{descr}' is not supported"),
    };

    private static T[] Convert<TFile, T>(Stream stream, int count)
        where TFile : unmanaged, System.Numerics.INumber<TFile> where T : unmanaged, System.Numerics.INumber<T>
    {
        var values = GC.AllocateUninitializedArray<T>(count);
        var buffer = new TFile[Math.Min(count, ChunkBytes / Marshal.SizeOf<TFile>())];
        for (int done = 0; done < count;)
        {
            var part = buffer.AsSpan(0, Math.Min(buffer.Length, count - done));
            stream.ReadExactly(MemoryMarshal.AsBytes(part));
            if (typeof(T) == typeof(TFile)) MemoryMarshal.Cast<TFile, T>(part).CopyTo(values.AsSpan(done));
            else for (int i = 0; i < part.Length; i++) values[done + i] = T.CreateChecked(part[i]);
            done += part.Length;
        }
        return values;
    }

    private static NpyHeader ReadHeader(Stream stream)
    {
        Span<byte> start = stackalloc byte[12];
        int got = stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        if (got < start.Length || !start[..6].SequenceEqual(Magic)) throw new SimSearchException("it does not begin with the .npy signature");
        if (start[6] is < 1 or > 3) throw new SimSearchException($"format version {start[6]} is not one of 1, 2, 3");
        long length = start[6] == 1 ? BinaryPrimitives.ReadUInt16LittleEndian(start[8..]) : BinaryPrimitives.ReadUInt32LittleEndian(start[8..]);
        int fixedBytes = start[6] == 1 ? 10 : 12;
        if (length > MaxHeaderBytes) throw new SimSearchException($"its header claims {length} bytes, more than {MaxHeaderBytes}");
        var bytes = new byte[fixedBytes + length];
        stream.Position = 0;
        stream.ReadExactly(bytes);
        var header = ParseHeader(bytes);
        int width = Marshal.SizeOf(Types[header.Descr]);
        if (header.Count > (stream.Length - bytes.Length) / width)
            throw new SimSearchException($"its header promises {header.Count} values of {width} bytes, the file holds {stream.Length - bytes.Length} bytes after it");
        return header;
    }

    private static NpyHeader ParseHeader(ReadOnlySpan<byte> bytes)
    {
        string text = Encoding.ASCII.GetString(bytes[(bytes[6] == 1 ? 10 : 12)..]);
        var match = HeaderPattern().Match(text);
        if (!match.Success) throw new SimSearchException("its header is not the dictionary NumPy writes (descr, fortran_order, shape)");
        string descr = match.Groups["descr"].Value;
        if (!Types.ContainsKey(descr)) throw new SimSearchException($"type '{descr}' must be one of {string.Join(", ", Types.Keys)}; convert it with astype first");
        if (match.Groups["order"].Value == "True") throw new SimSearchException("it is in Fortran order; save it with numpy.ascontiguousarray first");
        var shape = match.Groups["shape"].Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Select(n => long.Parse(n, CultureInfo.InvariantCulture)).ToArray();
        return new NpyHeader(descr, shape, bytes.Length);
    }

    [GeneratedRegex(@"^\s*\{\s*'descr':\s*'(?<descr>[^']*)',\s*'fortran_order':\s*(?<order>True|False),\s*'shape':\s*\((?<shape>[\d,\s]*)\),?\s*\}\s*$")]
    private static partial Regex HeaderPattern();
}
