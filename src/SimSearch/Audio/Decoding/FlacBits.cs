using System.Buffers.Binary;
using System.Numerics;

namespace SimSearch.Audio;

/// <summary>Reads FLAC's big-endian bit fields. Past the end it reads zeros and remembers that it did, so that callers need to ask only once a frame.</summary>
internal ref struct FlacBits(ReadOnlySpan<byte> bytes)
{
    private readonly ReadOnlySpan<byte> bytes = bytes;
    private long position; // in bits

    /// <summary>Bytes begun so far.</summary>
    public readonly int Bytes => (int)((position + 7) >> 3);

    public readonly bool Overrun => position > 8L * bytes.Length;

    /// <summary>An unsigned field of 0 to 32 bits.</summary>
    public uint Unsigned(int count)
    {
        if (count == 0) return 0;
        uint value = (uint)(Window() >> (64 - count));
        position += count;
        return value;
    }

    /// <summary>A two's complement field of 0 to 33 bits.</summary>
    public long Signed(int count)
    {
        if (count == 0) return 0;
        long value = (long)Window() >> (64 - count);
        position += count;
        return value;
    }

    /// <summary>The number of zeros before the next one.</summary>
    public int Unary()
    {
        int zeros = 0;
        while (true)
        {
            ulong window = Window();
            if (window != 0 && BitOperations.LeadingZeroCount(window) is var run and < 56)
            {
                position += run + 1;
                return zeros + run;
            }
            zeros += 56;
            position += 56;
            if (Overrun) return zeros;
        }
    }

    public void Align() => position = (position + 7) & ~7L;

    /// <summary>At least 56 bits from the position on, at the top.</summary>
    private readonly ulong Window()
    {
        long at = position >> 3;
        int shift = (int)(position & 7);
        if (at + 8 <= bytes.Length) return BinaryPrimitives.ReadUInt64BigEndian(bytes[(int)at..]) << shift;
        ulong window = 0;
        for (int i = 0; i < 8; i++) window = window << 8 | (at + i < bytes.Length ? bytes[(int)at + i] : (byte)0);
        return window << shift;
    }
}
