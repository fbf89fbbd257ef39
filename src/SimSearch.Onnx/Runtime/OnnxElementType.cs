namespace SimSearch.Onnx;

/// <summary>The type of a tensor's elements, with ONNX's numbers.</summary>
public enum OnnxElementType
{
    /// <summary>Not a tensor, or not known.</summary>
    Undefined = 0,
    /// <summary>float (32 bit).</summary>
    Float = 1,
    /// <summary>byte.</summary>
    UInt8 = 2,
    /// <summary>sbyte.</summary>
    Int8 = 3,
    /// <summary>ushort.</summary>
    UInt16 = 4,
    /// <summary>short.</summary>
    Int16 = 5,
    /// <summary>int.</summary>
    Int32 = 6,
    /// <summary>long.</summary>
    Int64 = 7,
    /// <summary>Text.</summary>
    String = 8,
    /// <summary>bool, one byte an element.</summary>
    Bool = 9,
    /// <summary>Half (IEEE 16 bit).</summary>
    Float16 = 10,
    /// <summary>double.</summary>
    Double = 11,
    /// <summary>uint.</summary>
    UInt32 = 12,
    /// <summary>ulong.</summary>
    UInt64 = 13,
    /// <summary>Two floats.</summary>
    Complex64 = 14,
    /// <summary>Two doubles.</summary>
    Complex128 = 15,
    /// <summary>The upper half of a float.</summary>
    BFloat16 = 16,
}

/// <summary>Element types and the .NET types that hold them.</summary>
public static class OnnxElementTypes
{
    /// <summary>The element type of a .NET type.</summary>
    /// <exception cref="ArgumentException">No tensor of this binding holds <typeparamref name="T"/>.</exception>
    public static OnnxElementType Of<T>() where T : unmanaged =>
        typeof(T) == typeof(float) ? OnnxElementType.Float
        : typeof(T) == typeof(double) ? OnnxElementType.Double
        : typeof(T) == typeof(long) ? OnnxElementType.Int64
        : typeof(T) == typeof(int) ? OnnxElementType.Int32
        : typeof(T) == typeof(short) ? OnnxElementType.Int16
        : typeof(T) == typeof(sbyte) ? OnnxElementType.Int8
        : typeof(T) == typeof(byte) ? OnnxElementType.UInt8
        : typeof(T) == typeof(ushort) ? OnnxElementType.UInt16
        : typeof(T) == typeof(uint) ? OnnxElementType.UInt32
        : typeof(T) == typeof(ulong) ? OnnxElementType.UInt64
        : typeof(T) == typeof(bool) ? OnnxElementType.Bool
        : typeof(T) == typeof(Half) ? OnnxElementType.Float16
        : throw new ArgumentException($"{typeof(T).Name} is not the type of a tensor's elements; use float, double, Half, bool or an integer type");

    /// <summary>Bits of one element; 0 for text and for types of unknown size.</summary>
    public static int Bits(this OnnxElementType type) => (int)type switch
    {
        2 or 3 or 9 or 17 or 18 or 19 or 20 or 24 => 8,
        4 or 5 or 10 or 16 => 16,
        1 or 6 or 12 => 32,
        7 or 11 or 13 or 14 => 64,
        15 => 128,
        21 or 22 or 23 => 4,
        25 or 26 => 2,
        _ => 0,
    };
}
