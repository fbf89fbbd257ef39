using System.Text;

namespace SimSearch.Tests.Support;

/// <summary>Writes small ONNX models by hand, right ones and wrong ones: protobuf fields in the order they are given, nothing checked.</summary>
public static class TinyModel
{
    public const int Float = 1, Int32 = 6, Int64 = 7, Float16 = 10, Double = 11;

    public static byte[] Varint(ulong value)
    {
        var bytes = new List<byte>();
        for (; value >= 128; value >>= 7) bytes.Add((byte)(value | 128));
        bytes.Add((byte)value);
        return [.. bytes];
    }

    public static byte[] Number(int field, long value) => [.. Varint((ulong)field << 3), .. Varint((ulong)value)];

    public static byte[] Bytes(int field, params byte[][] parts)
    {
        byte[] content = [.. parts.SelectMany(p => p)];
        return [.. Varint(((ulong)field << 3) | 2), .. Varint((ulong)content.Length), .. content];
    }

    public static byte[] Text(int field, string text) => Bytes(field, Encoding.UTF8.GetBytes(text));

    /// <summary>A ModelProto over a graph's fields.</summary>
    public static byte[] Model(byte[][] graph, long opset = 17, long ir = 8, params byte[][] more) =>
        [.. Number(1, ir), .. Text(2, "tiny"), .. Bytes(8, Text(1, ""), Number(2, opset)), .. Bytes(7, [Text(2, "g"), .. graph]), .. more.SelectMany(m => m)];

    public static byte[] Input(string name, int type, params object[] shape) => Bytes(11, Value(name, type, shape));

    public static byte[] Output(string name, int type, params object[] shape) => Bytes(12, Value(name, type, shape));

    public static byte[] Node(string op, string[] inputs, string[] outputs, params byte[][] attributes) =>
        Bytes(1, [.. inputs.Select(i => Text(1, i)), .. outputs.Select(o => Text(2, o)), Text(4, op), .. attributes]);

    /// <summary>A set of operators that a model uses, for <see cref="Model"/>'s last part.</summary>
    public static byte[] Opset(string domain, long version = 1) => Bytes(8, Text(1, domain), Number(2, version));

    /// <summary>A node of another domain than ONNX's own.</summary>
    public static byte[] Custom(string domain, string op, string[] inputs, string[] outputs) => Bytes(1, NodeFields(domain, op, inputs, outputs));

    /// <summary>A function of the model's own, of one input "a" and one output "b"; each call has a domain ("" for ONNX's), an operator, an input and an output.</summary>
    public static byte[] Function(string domain, string name, params (string Domain, string Op, string Input, string Output)[] calls) => Bytes(25,
    [
        Text(1, name), Text(4, "a"), Text(5, "b"), .. calls.Select(c => Bytes(7, NodeFields(c.Domain, c.Op, [c.Input], [c.Output]))),
        Bytes(9, Text(1, ""), Number(2, 17)), Bytes(9, Text(1, domain), Number(2, 1)), Text(10, domain),
    ]);

    private static byte[][] NodeFields(string domain, string op, string[] inputs, string[] outputs) =>
        [.. inputs.Select(i => Text(1, i)), .. outputs.Select(o => Text(2, o)), Text(4, op), Text(7, domain)];

    /// <summary>An integer attribute of a node.</summary>
    public static byte[] IntAttribute(string name, long value) => Bytes(5, Text(1, name), Number(3, value), Number(20, 2));

    /// <summary>A graph attribute of a node.</summary>
    public static byte[] GraphAttribute(string name, params byte[][] graph) => Bytes(5, Text(1, name), Bytes(6, [Text(2, "sub"), .. graph]), Number(20, 5));

    public static byte[] Weights(string name, long[] shape, float[] values) =>
        Bytes(5, [.. shape.Select(d => Number(1, d)), Number(2, Float), Text(8, name), Bytes(9, values.SelectMany(BitConverter.GetBytes).ToArray())]);

    /// <summary>An attribute of integers.</summary>
    public static byte[] IntsAttribute(string name, params long[] values) => Bytes(5, [Text(1, name), .. values.Select(v => Number(8, v)), Number(20, 7)]);

    public static byte[] Integers(string name, params long[] values) =>
        Bytes(5, Number(1, values.Length), Number(2, Int64), Text(8, name), Bytes(9, values.SelectMany(BitConverter.GetBytes).ToArray()));

    /// <summary>y = x * w + b over [n, 3], with w = (2, 3, 4) and b = (10, 20, 30).</summary>
    public static byte[] Affine(int type = Float, params byte[][] more) => Model(
    [
        Node("Mul", ["x", "w"], ["m"]), Node("Add", ["m", "b"], ["y"]),
        Weights("w", [3], [2, 3, 4]), Weights("b", [3], [10, 20, 30]),
        Input("x", type, "n", 3), Output("y", type, "n", 3),
    ], more: more);

    /// <summary>One node from input x to output y of the same type.</summary>
    public static byte[] Unary(string op, int type = Float, params object[] shape) => Model([Node(op, ["x"], ["y"]), Input("x", type, shape), Output("y", type, shape)]);

    private static byte[][] Value(string name, int type, object[] shape) =>
        [Text(1, name), Bytes(2, Bytes(1, Number(1, type), Bytes(2, [.. shape.Select(d => Bytes(1, d is string s ? Text(2, s) : Number(1, Convert.ToInt64(d))))])))];
}
