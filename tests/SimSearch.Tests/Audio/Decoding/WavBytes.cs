using System.Buffers.Binary;
using System.Text;

namespace SimSearch.Tests;

/// <summary>Builds WAV files chunk by chunk, also wrong ones.</summary>
internal static class WavBytes
{
    public static byte[] Chunk(string id, byte[] body, uint? size = null, bool pad = true)
    {
        var bytes = new byte[8 + body.Length + (pad ? body.Length & 1 : 0)];
        Encoding.ASCII.GetBytes(id, bytes);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(4), size ?? (uint)body.Length);
        body.CopyTo(bytes, 8);
        return bytes;
    }

    public static byte[] Format(int tag, int channels, int rate, int bits, int? frameBytes = null, int size = 16)
    {
        var body = new byte[size];
        BinaryPrimitives.WriteUInt16LittleEndian(body, (ushort)tag);
        BinaryPrimitives.WriteUInt16LittleEndian(body.AsSpan(2), (ushort)channels);
        BinaryPrimitives.WriteUInt32LittleEndian(body.AsSpan(4), (uint)rate);
        int frame = frameBytes ?? channels * bits / 8;
        BinaryPrimitives.WriteUInt32LittleEndian(body.AsSpan(8), (uint)(frame * rate));
        BinaryPrimitives.WriteUInt16LittleEndian(body.AsSpan(12), (ushort)frame);
        BinaryPrimitives.WriteUInt16LittleEndian(body.AsSpan(14), (ushort)bits);
        return Chunk("fmt ", body);
    }

    public static byte[] Extensible(int tag, int channels, int rate, int bits, int valid, int frameBytes)
    {
        byte[] chunk = Format(0xFFFE, channels, rate, bits, frameBytes, 40);
        BinaryPrimitives.WriteUInt16LittleEndian(chunk.AsSpan(8 + 16), 22);
        BinaryPrimitives.WriteUInt16LittleEndian(chunk.AsSpan(8 + 18), (ushort)valid);
        BinaryPrimitives.WriteUInt16LittleEndian(chunk.AsSpan(8 + 24), (ushort)tag);
        Convert.FromHexString("000000001000800000AA00389B71").CopyTo(chunk, 8 + 26);
        return chunk;
    }

    public static byte[] Riff(params byte[][] chunks) => Container("RIFF", null, chunks);

    public static byte[] Container(string id, uint? size, params byte[][] chunks)
    {
        byte[] body = [.. "WAVE"u8, .. chunks.SelectMany(c => c)];
        var bytes = Chunk(id, body, size, pad: false);
        return bytes;
    }

    public static byte[] Int16(params short[] samples)
    {
        var bytes = new byte[2 * samples.Length];
        Buffer.BlockCopy(samples, 0, bytes, 0, bytes.Length);
        return bytes;
    }
}
