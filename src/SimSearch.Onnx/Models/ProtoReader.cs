using System.Text;

namespace SimSearch.Onnx;

/// <summary>Reads the fields of one protobuf message; whatever is not well formed is an <see cref="OnnxModelException"/>, never a read past the end.</summary>
internal ref struct ProtoReader(ReadOnlySpan<byte> bytes)
{
    private const int Varint = 0, Fixed64 = 1, Delimited = 2, Fixed32 = 5;

    private readonly ReadOnlySpan<byte> bytes = bytes;
    private int at, wire;

    /// <summary>Number of the field read last.</summary>
    public int Field { get; private set; }

    /// <summary>The content of a field that has a length (a message, text, packed numbers); empty for the others.</summary>
    public ReadOnlySpan<byte> Content { get; private set; }

    /// <summary>The value of a field that is a number; 0 for the others.</summary>
    public ulong Number { get; private set; }

    /// <summary>The value as a signed number.</summary>
    public readonly long Int => (long)Number;

    /// <summary>Whether the field read last has a length.</summary>
    public readonly bool HasContent => wire == Delimited;

    /// <summary>The content of a field that must have one.</summary>
    /// <exception cref="OnnxModelException">It is a number.</exception>
    public readonly ReadOnlySpan<byte> Message => HasContent ? Content
        : throw new OnnxModelException($"this is not an ONNX model, or it is damaged: field {Field} is a number where a part of the model belongs");

    /// <summary>The content as text.</summary>
    public readonly string Text => Encoding.UTF8.GetString(Content);

    /// <summary>Reads the next field; false at the end.</summary>
    public bool Next()
    {
        if (at == bytes.Length) return false;
        ulong tag = ReadVarint();
        if (tag >> 3 is 0 or > 536_870_911) throw Damaged();
        (Field, wire) = ((int)(tag >> 3), (int)(tag & 7));
        Content = default;
        Number = 0;
        switch (wire)
        {
            case Varint: Number = ReadVarint(); break;
            case Fixed64: Number = BitConverter.ToUInt64(Take(8)); break;
            case Delimited:
                ulong length = ReadVarint();
                if (length > (ulong)(bytes.Length - at)) throw Damaged();
                Content = Take((int)length);
                break;
            case Fixed32: Number = BitConverter.ToUInt32(Take(4)); break;
            default: throw Damaged(); // groups were never part of the format
        }
        return true;
    }

    /// <summary>The numbers of a repeated field, packed or one by one, added to a list.</summary>
    public readonly void AddTo(List<long> numbers, int most)
    {
        if (!HasContent) numbers.Add(Int);
        else
        {
            var packed = new ProtoReader(Content);
            while (packed.at < packed.bytes.Length && numbers.Count <= most) numbers.Add((long)packed.ReadVarint());
        }
        if (numbers.Count > most) throw new OnnxModelException($"the model has a shape of more than {most} dimensions");
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > bytes.Length - at) throw Damaged();
        var taken = bytes.Slice(at, count);
        at += count;
        return taken;
    }

    private ulong ReadVarint()
    {
        ulong value = 0;
        for (int shift = 0; shift < 70; shift += 7)
        {
            if (at == bytes.Length) throw Damaged();
            byte b = bytes[at++];
            value |= (ulong)(b & 127) << shift;
            if (b < 128) return value;
        }
        throw Damaged();
    }

    private static OnnxModelException Damaged() => new("this is not an ONNX model, or it is damaged: its bytes are no sequence of protobuf fields");
}
