using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace SimSearch.Audio;

/// <summary>
/// Turns stored little-endian samples into floats, -1 to 1: integers divided by 2^(bits - 1), as libsndfile does, so both readers agree to the
/// last bit. Vectorised; nothing is allocated.
/// </summary>
internal static class SampleConverter
{
    private static readonly float[] ALawTable = [.. Enumerable.Range(0, 256).Select(code => ExpandALaw((byte)code) / 32768f)];
    private static readonly float[] MuLawTable = [.. Enumerable.Range(0, 256).Select(code => ExpandMuLaw((byte)code) / 32768f)];

    public static int Width(SampleType type) => type switch
    {
        SampleType.UInt8 or SampleType.ALaw or SampleType.MuLaw => 1,
        SampleType.Int16 => 2,
        SampleType.Int24 => 3,
        SampleType.Float64 => 8,
        _ => 4,
    };

    /// <param name="type">How the samples are stored.</param>
    /// <param name="bytes">Samples, little-endian; its length is that of <paramref name="samples"/> times the width.</param>
    /// <param name="samples">Receives the floats.</param>
    public static void Convert(SampleType type, ReadOnlySpan<byte> bytes, Span<float> samples)
    {
        if (bytes.Length != (long)samples.Length * Width(type)) throw new ArgumentException($"{bytes.Length} bytes are not {samples.Length} samples of {Width(type)} bytes", nameof(bytes));
        if (!BitConverter.IsLittleEndian) throw new PlatformNotSupportedException("WAV samples are read on little-endian machines only");
        switch (type)
        {
            case SampleType.UInt8: FromUInt8(bytes, samples); break;
            case SampleType.Int16: FromInt16(MemoryMarshal.Cast<byte, short>(bytes), samples); break;
            case SampleType.Int24: FromInt24(bytes, samples); break;
            case SampleType.Int24In4: FromInt32(MemoryMarshal.Cast<byte, int>(bytes), samples, shift: 8); break;
            case SampleType.Int32: FromInt32(MemoryMarshal.Cast<byte, int>(bytes), samples, shift: 0); break;
            case SampleType.Float32: MemoryMarshal.Cast<byte, float>(bytes).CopyTo(samples); break;
            case SampleType.Float64: FromFloat64(MemoryMarshal.Cast<byte, double>(bytes), samples); break;
            case SampleType.ALaw: Expand(ALawTable, bytes, samples); break;
            case SampleType.MuLaw: Expand(MuLawTable, bytes, samples); break;
            default: throw new ArgumentOutOfRangeException(nameof(type));
        }
    }

    private static void FromUInt8(ReadOnlySpan<byte> from, Span<float> to)
    {
        int i = 0, width = Vector<float>.Count;
        var scale = new Vector<float>(1f / 128);
        for (; i <= from.Length - 4 * width; i += 4 * width)
        {
            Vector.Widen(new Vector<byte>(from[i..]), out var low, out var high);
            Store(low, to[i..], scale);
            Store(high, to[(i + 2 * width)..], scale);
        }
        for (; i < from.Length; i++) to[i] = (from[i] - 128) * (1f / 128);

        static void Store(Vector<ushort> values, Span<float> to, Vector<float> scale)
        {
            Vector.Widen(values, out var a, out var b);
            var centre = new Vector<int>(128);
            (Vector.ConvertToSingle(Vector.AsVectorInt32(a) - centre) * scale).CopyTo(to);
            (Vector.ConvertToSingle(Vector.AsVectorInt32(b) - centre) * scale).CopyTo(to[Vector<float>.Count..]);
        }
    }

    private static void FromInt16(ReadOnlySpan<short> from, Span<float> to)
    {
        int i = 0, width = Vector<float>.Count;
        var scale = new Vector<float>(1f / 32768);
        for (; i <= from.Length - 2 * width; i += 2 * width)
        {
            Vector.Widen(new Vector<short>(from[i..]), out var low, out var high);
            (Vector.ConvertToSingle(low) * scale).CopyTo(to[i..]);
            (Vector.ConvertToSingle(high) * scale).CopyTo(to[(i + width)..]);
        }
        for (; i < from.Length; i++) to[i] = from[i] * (1f / 32768);
    }

    private static void FromInt24(ReadOnlySpan<byte> from, Span<float> to)
    {
        // Each sample's three bytes go to the top of an int32, so that its sign is the int's sign; the lowest byte becomes 0.
        var spread = Vector128.Create(0xFF, 0, 1, 2, 0xFF, 3, 4, 5, 0xFF, 6, 7, 8, 0xFF, 9, 10, 11);
        var scale = Vector128.Create(1f / 2147483648f);
        int i = 0;
        for (; 3 * i <= from.Length - 16; i += 4)
        {
            var ints = Vector128.Shuffle(Vector128.Create(from.Slice(3 * i, 16)), spread).AsInt32();
            (Vector128.ConvertToSingle(ints) * scale).CopyTo(to[i..]);
        }
        for (; i < to.Length; i++)
            to[i] = (from[3 * i] << 8 | from[3 * i + 1] << 16 | from[3 * i + 2] << 24) * (1f / 2147483648f);
    }

    private static void FromInt32(ReadOnlySpan<int> from, Span<float> to, int shift)
    {
        int i = 0, width = Vector<int>.Count;
        var scale = new Vector<float>(1f / 2147483648f);
        for (; i <= from.Length - width; i += width)
            (Vector.ConvertToSingle(Vector.ShiftLeft(new Vector<int>(from[i..]), shift)) * scale).CopyTo(to[i..]);
        for (; i < from.Length; i++) to[i] = (from[i] << shift) * (1f / 2147483648f);
    }

    private static void FromFloat64(ReadOnlySpan<double> from, Span<float> to)
    {
        int i = 0, width = Vector<double>.Count;
        for (; i <= from.Length - 2 * width; i += 2 * width)
            Vector.Narrow(new Vector<double>(from[i..]), new Vector<double>(from[(i + width)..])).CopyTo(to[i..]);
        for (; i < from.Length; i++) to[i] = (float)from[i];
    }

    private static void Expand(float[] table, ReadOnlySpan<byte> from, Span<float> to)
    {
        for (int i = 0; i < from.Length; i++) to[i] = table[from[i]];
    }

    /// <summary>The index of the first sample that is NaN, infinite or beyond <see cref="AudioLimits.MaxMagnitude"/>; -1 when all are sound.</summary>
    public static int FirstUnsound(ReadOnlySpan<float> samples)
    {
        int i = 0, width = Vector<float>.Count;
        var limit = new Vector<float>(AudioLimits.MaxMagnitude);
        for (; i <= samples.Length - width; i += width)
            if (!Vector.LessThanOrEqualAll(Vector.Abs(new Vector<float>(samples[i..])), limit)) break;
        for (; i < samples.Length; i++)
            if (!(MathF.Abs(samples[i]) <= AudioLimits.MaxMagnitude)) return i;
        return -1;
    }

    /// <summary>ITU-T G.711 A-law, 13 bits scaled to 16.</summary>
    private static int ExpandALaw(byte code)
    {
        int a = code ^ 0x55, segment = (a >> 4) & 7, value = ((a & 15) << 4) + 8;
        if (segment > 0) value = (value + 0x100) << (segment - 1);
        return (a & 0x80) != 0 ? value : -value;
    }

    /// <summary>ITU-T G.711 mu-law, 14 bits scaled to 16.</summary>
    private static int ExpandMuLaw(byte code)
    {
        int u = ~code & 0xFF, value = ((((u & 15) << 3) + 0x84) << ((u >> 4) & 7)) - 0x84;
        return (u & 0x80) != 0 ? -value : value;
    }
}
