using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace SimSearch.Onnx;

/// <summary>Protocol Buffers wire format, as much of it as an ONNX model needs: varints, 32-bit floats, bytes and nested messages.</summary>
internal sealed class ProtoWriter
{
    private readonly ArrayBufferWriter<byte> buffer = new();

    public ProtoWriter Integer(int field, long value)
    {
        Varint((ulong)field << 3);
        Varint((ulong)value);
        return this;
    }

    public ProtoWriter Float(int field, float value)
    {
        Varint(((ulong)field << 3) | 5);
        BinaryPrimitives.WriteSingleLittleEndian(buffer.GetSpan(4), value);
        buffer.Advance(4);
        return this;
    }

    public ProtoWriter Bytes(int field, ReadOnlySpan<byte> value)
    {
        Varint(((ulong)field << 3) | 2);
        Varint((ulong)value.Length);
        buffer.Write(value);
        return this;
    }

    public ProtoWriter Text(int field, string value) => Bytes(field, Encoding.UTF8.GetBytes(value));

    public ProtoWriter Message(int field, ProtoWriter message) => Bytes(field, message.buffer.WrittenSpan);

    public byte[] ToArray() => buffer.WrittenSpan.ToArray();

    private void Varint(ulong value)
    {
        Span<byte> span = buffer.GetSpan(10);
        int n = 0;
        for (; value >= 0x80; value >>= 7) span[n++] = (byte)(value | 0x80);
        span[n++] = (byte)value;
        buffer.Advance(n);
    }
}
