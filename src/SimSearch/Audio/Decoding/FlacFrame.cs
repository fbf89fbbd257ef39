namespace SimSearch.Audio;

/// <summary>One decoded FLAC frame (RFC 9639, section 9).</summary>
internal sealed class FlacFrame
{
    private static readonly byte[] Crc8 = [.. Enumerable.Range(0, 256).Select(i => (byte)Crc(i, 0x07, 8))];
    private static readonly ushort[] Crc16 = [.. Enumerable.Range(0, 256).Select(i => (ushort)Crc(i << 8, 0x8005, 16))];

    private readonly long[][] samples = [.. Enumerable.Range(0, 8).Select(_ => Array.Empty<long>())];

    /// <summary>Samples per channel.</summary>
    public int Length { get; private set; }

    public int Channels { get; private set; }

    /// <summary>Hz; 0 means "as STREAMINFO says".</summary>
    public int SampleRate { get; private set; }

    public int Bits { get; private set; }

    /// <summary>The integers of one channel.</summary>
    public ReadOnlySpan<long> Channel(int channel) => samples[channel].AsSpan(0, Length);

    /// <summary>Decodes the frame at the start of some bytes; returns its length in bytes, or 0 when there is none or it is damaged.</summary>
    /// <param name="bytes">From the frame's first byte on.</param>
    /// <param name="usualBits">Bits per sample that STREAMINFO gives, for frames that do not say.</param>
    public int Decode(ReadOnlySpan<byte> bytes, int usualBits)
    {
        if (bytes.Length < 6 || bytes[0] != 0xFF || (bytes[1] & 0xFE) != 0xF8) return 0;
        var bits = new FlacBits(bytes);
        bits.Unsigned(16);
        int blockCode = (int)bits.Unsigned(4), rateCode = (int)bits.Unsigned(4), assignment = (int)bits.Unsigned(4), depthCode = (int)bits.Unsigned(3);
        if (bits.Unsigned(1) != 0 || blockCode == 0 || rateCode == 15 || assignment > 10 || depthCode == 3) return 0;
        int numberBytes = CodedNumberBytes((byte)bits.Unsigned(8));
        if (numberBytes == 0) return 0;
        for (int i = 1; i < numberBytes; i++) bits.Unsigned(8);
        Length = blockCode switch
        {
            1 => 192,
            <= 5 => 144 << blockCode,
            6 => (int)bits.Unsigned(8) + 1,
            7 => (int)bits.Unsigned(16) + 1,
            _ => 1 << blockCode,
        };
        SampleRate = rateCode switch
        {
            0 => 0, 1 => 88200, 2 => 176400, 3 => 192000, 4 => 8000, 5 => 16000, 6 => 22050, 7 => 24000, 8 => 32000, 9 => 44100, 10 => 48000, 11 => 96000,
            12 => (int)bits.Unsigned(8) * 1000,
            13 => (int)bits.Unsigned(16),
            _ => (int)bits.Unsigned(16) * 10,
        };
        Bits = depthCode switch { 1 => 8, 2 => 12, 4 => 16, 5 => 20, 6 => 24, 7 => 32, _ => usualBits };
        Channels = assignment < 8 ? assignment + 1 : 2;
        int header = bits.Bytes;
        if (bits.Overrun || header > bytes.Length || Bits is < 4 or > 32 || bits.Unsigned(8) != Check8(bytes[..header])) return 0;

        for (int channel = 0; channel < Channels; channel++)
        {
            if (samples[channel].Length < Length) samples[channel] = new long[Length];
            bool difference = assignment is 8 or 10 && channel == 1 || assignment == 9 && channel == 0;
            if (!FlacSubframe.Decode(ref bits, samples[channel].AsSpan(0, Length), Bits + (difference ? 1 : 0))) return 0;
        }
        bits.Align();
        int end = bits.Bytes;
        if (bits.Overrun || bits.Unsigned(16) != Check16(bytes[..end]) || bits.Overrun) return 0;
        Decorrelate(assignment, samples[0].AsSpan(0, Length), samples[1].AsSpan(0, Channels > 1 ? Length : 0));
        return end + 2;
    }

    private static void Decorrelate(int assignment, Span<long> first, Span<long> second)
    {
        for (int i = 0; i < first.Length && assignment >= 8; i++)
            switch (assignment)
            {
                case 8: second[i] = first[i] - second[i]; break; // left, side
                case 9: first[i] += second[i]; break;            // side, right
                default:                                          // mid, side
                    long mid = first[i] << 1 | second[i] & 1, side = second[i];
                    first[i] = mid + side >> 1;
                    second[i] = mid - side >> 1;
                    break;
            }
    }

    /// <summary>Bytes of the frame's number, which is coded as in UTF-8 but up to 36 bits; 0 when its first byte is impossible.</summary>
    private static int CodedNumberBytes(byte first)
    {
        int ones = System.Numerics.BitOperations.LeadingZeroCount((uint)~(first << 24));
        return ones switch { 0 => 1, 1 or 8 => 0, _ => ones };
    }

    private static byte Check8(ReadOnlySpan<byte> bytes)
    {
        byte crc = 0;
        foreach (byte b in bytes) crc = Crc8[crc ^ b];
        return crc;
    }

    private static ushort Check16(ReadOnlySpan<byte> bytes)
    {
        ushort crc = 0;
        foreach (byte b in bytes) crc = (ushort)(crc << 8 ^ Crc16[crc >> 8 ^ b]);
        return crc;
    }

    private static int Crc(int value, int polynomial, int width)
    {
        for (int i = 0; i < 8; i++) value = (value & 1 << width - 1) != 0 ? value << 1 ^ polynomial : value << 1;
        return value & (1 << width) - 1;
    }
}
