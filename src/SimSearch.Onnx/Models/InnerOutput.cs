using System.Text;

namespace SimSearch.Onnx;

/// <summary>Makes a value from within a graph one of its outputs: the features below a classifier, say, of a model that only declares the classes.</summary>
public static class InnerOutput
{
    private const int GraphField = 7, OutputField = 12, NameField = 1, Delimited = 2;

    /// <summary>The model with one more output; nothing else changes.</summary>
    /// <param name="model">The bytes of an ONNX file.</param>
    /// <param name="name">A value that some node of the graph gives; ONNX Runtime refuses the result when there is none of that name. It finds out type and shape itself.</param>
    /// <returns>New bytes. A protobuf message that occurs twice is the two put together, so a second piece of the graph, with nothing but the output in it, is added behind the model.</returns>
    public static byte[] Add(ReadOnlySpan<byte> model, string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        byte[] value = Field(NameField, Encoding.UTF8.GetBytes(name));
        return [.. model, .. Field(GraphField, Field(OutputField, value))];
    }

    private static byte[] Field(int number, byte[] content)
    {
        List<byte> field = [(byte)(number << 3 | Delimited)];
        for (uint length = (uint)content.Length; ; length >>= 7)
        {
            field.Add((byte)(length < 128 ? length : length & 127 | 128));
            if (length < 128) break;
        }
        return [.. field, .. content];
    }
}
