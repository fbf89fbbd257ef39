using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace SimSearch.Notebooks;

/// <summary>JSON as Jupyter wants it: UTF-8 without needless escapes; reading that never trusts the kind of a value.</summary>
internal static class JupyterJson
{
    private static readonly JsonWriterOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly JsonWriterOptions Indented = Compact with { Indented = true, NewLine = "\n" };

    /// <summary>The bytes of a value; half a surrogate pair in a text becomes U+FFFD.</summary>
    public static byte[] Bytes(JsonNode value) => Bytes(value, Compact);

    /// <summary>Writes a file by a temporary one beside it and a rename, so that a reader sees the old content or the new.</summary>
    public static void WriteFile(string path, JsonNode value, bool ownerOnly = false)
    {
        string full = Path.GetFullPath(path);
        string temporary = $"{full}.{Guid.NewGuid():N}.tmp";
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (ownerOnly && !OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        try
        {
            using (var file = new FileStream(temporary, options))
            {
                file.Write(Bytes(value, Indented));
                file.Write("\n"u8);
                file.Flush(flushToDisk: true);
            }
            File.Move(temporary, full, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }

    /// <summary>An object from bytes that anybody may have sent.</summary>
    /// <exception cref="JsonException">The bytes are not UTF-8, not JSON, nested more than 64 deep, or not an object.</exception>
    public static JsonElement Object(ReadOnlySpan<byte> utf8)
    {
        if (!System.Text.Unicode.Utf8.IsValid(utf8)) throw new JsonException("not UTF-8");
        JsonElement root = JsonElement.Parse(utf8);
        return root.ValueKind == JsonValueKind.Object ? root : throw new JsonException($"{root.ValueKind} instead of an object");
    }

    /// <summary>A member, or an undefined element when there is none.</summary>
    public static JsonElement Member(this JsonElement parent, string name) =>
        parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out JsonElement value) ? value : default;

    /// <summary>A text, or null when the value is something else or holds half a surrogate pair.</summary>
    public static string? Text(this JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.String) return null;
        try
        {
            return value.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>True or false, or <paramref name="missing"/> when the value is neither.</summary>
    public static bool Flag(this JsonElement value, bool missing) => value.ValueKind switch { JsonValueKind.True => true, JsonValueKind.False => false, _ => missing };

    /// <summary>A whole number of 32 bits, or null.</summary>
    public static int? Number(this JsonElement value) => value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number) ? number : null;

    private static byte[] Bytes(JsonNode value, JsonWriterOptions options)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, options)) value.WriteTo(writer);
        return buffer.WrittenSpan.ToArray();
    }
}
