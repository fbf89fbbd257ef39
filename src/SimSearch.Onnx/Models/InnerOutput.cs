using System.Text;

namespace SimSearch.Onnx;

/// <summary>Makes a value from within a graph one of its outputs: the features below a classifier, say, of a model that only declares the classes.</summary>
public static class InnerOutput
{
    private const int GraphField = 7, OutputField = 12, NameField = 1, Delimited = 2;

    /// <summary>The model with one more output; nothing else changes.</summary>
    /// <param name="model">The bytes of an ONNX file.</param>
    /// <param name="name">A value that some node of the graph gives; ONNX Runtime refuses the result when there is none of that name. It finds out type and shape itself.</param>
    /// <exception cref="OnnxModelException">The bytes are no ONNX model.</exception>
    /// <returns>New bytes; the same where it is an output already. A protobuf message that occurs twice is the two put together, so a second piece of the graph, with nothing but the output in it, is added behind the model.</returns>
    public static byte[] Add(ReadOnlySpan<byte> model, string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (Declares(model, name)) return model.ToArray();
        byte[] value = Field(NameField, Encoding.UTF8.GetBytes(name));
        return [.. model, .. Field(GraphField, Field(OutputField, value))];
    }

    private static bool Declares(ReadOnlySpan<byte> model, string name)
    {
        var parts = new ProtoReader(model);
        while (parts.Next())
        {
            if (parts.Field != GraphField) continue;
            var graph = new ProtoReader(parts.Message);
            while (graph.Next())
            {
                if (graph.Field != OutputField) continue;
                var output = new ProtoReader(graph.Message);
                while (output.Next())
                    if (output.Field == NameField && output.Text == name) return true;
            }
        }
        return false;
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
