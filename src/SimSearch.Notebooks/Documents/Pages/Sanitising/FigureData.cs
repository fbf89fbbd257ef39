using System.Buffers;
using System.Collections.Frozen;
using System.Text;
using System.Text.Json;

namespace SimSearch.Notebooks;

/// <summary>
/// Makes a foreign plotly.js figure harmless by writing it anew from an allow-list: curves, bars and grids of numbers with their names and
/// axes. What could load or run something (pictures, links, templates, menus, maps, unknown kinds of curves) is left out, and no text
/// keeps a &lt;, so that plotly finds no markup in it.
/// </summary>
internal static class FigureData
{
    private const int MaxChars = 2_000_000, MaxDepth = 8, MaxText = 500;

    private static readonly FrozenSet<string> Names = """
        data layout type name x y z mode line marker color colorscale symbol size width dash fill fillcolor legendgroup showlegend hoverinfo text texttemplate opacity error_y symmetric
        array arrayminus visible zmin zmax colorbar title subtitle standoff xaxis yaxis automargin showgrid tickmode tickvals ticktext autorange range barmode hovermode height base scaleanchor scene zaxis aspectmode customdata
        """.Split((char[])[' ', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries).ToFrozenSet(StringComparer.Ordinal);

    private static readonly FrozenSet<string> Kinds = FrozenSet.ToFrozenSet(["scatter", "scatter3d", "bar", "heatmap", "linear", "log", "data"], StringComparer.Ordinal);

    /// <summary>The figure as JSON without &lt;, &gt;, &amp; and ', or null when there is none that could be drawn.</summary>
    /// <param name="json">What a notebook holds.</param>
    public static string? Safe(string json)
    {
        if (json.Length is 0 or > MaxChars) return null;
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = MaxDepth, AllowDuplicateProperties = false });
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("data", out var data) || data.ValueKind != JsonValueKind.Array || !data.EnumerateArray().All(IsTrace)) return null;
            if (!root.TryGetProperty("layout", out var layout) || layout.ValueKind != JsonValueKind.Object) return null;
            // The script that draws it reads these two.
            if (!layout.TryGetProperty("title", out var title) || title.ValueKind != JsonValueKind.Object) return null;
            var buffer = new ArrayBufferWriter<byte>(json.Length);
            using (var writer = new Utf8JsonWriter(buffer)) Write(writer, root);
            return Encoding.UTF8.GetString(buffer.WrittenSpan);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or ArgumentException)
        {
            return null; // also half of a surrogate pair, which shows only when the text is asked for
        }
    }

    private static bool IsTrace(JsonElement trace) =>
        trace.ValueKind == JsonValueKind.Object && trace.TryGetProperty("type", out var type) && type.ValueKind == JsonValueKind.String && type.GetString() is "scatter" or "scatter3d" or "bar" or "heatmap";

    private static void Write(Utf8JsonWriter writer, JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                writer.WriteStartObject();
                foreach (var member in value.EnumerateObject())
                    if (Names.Contains(member.Name) && IsAllowed(member.Name, member.Value))
                    {
                        writer.WritePropertyName(member.Name);
                        Write(writer, member.Value);
                    }
                writer.WriteEndObject();
                break;
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (var item in value.EnumerateArray()) Write(writer, item);
                writer.WriteEndArray();
                break;
            case JsonValueKind.String:
                string text = value.GetString()!;
                writer.WriteStringValue((text.Length <= MaxText ? text : text[..MaxText]).Replace("<", "&lt;", StringComparison.Ordinal));
                break;
            case JsonValueKind.Number when value.TryGetDouble(out double number) && double.IsFinite(number):
                value.WriteTo(writer);
                break;
            case JsonValueKind.True or JsonValueKind.False:
                value.WriteTo(writer);
                break;
            default:
                writer.WriteNullValue();
                break;
        }
    }

    private static bool IsAllowed(string name, JsonElement value) => name switch
    {
        "type" => value.ValueKind == JsonValueKind.String && Kinds.Contains(value.GetString()!),
        "scaleanchor" => value.ValueKind == JsonValueKind.String && value.GetString() is "x" or "y",
        "texttemplate" => value.ValueKind == JsonValueKind.String && value.GetString() == "%{text}",
        // Which element of the page a point plays: a name, and nothing that a script could take for more.
        "customdata" => value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(id => id.ValueKind == JsonValueKind.Null || (id.ValueKind == JsonValueKind.String && id.GetString() is { Length: <= 64 } name && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'))),
        "height" => value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double height) && height is >= 100 and <= 4000,
        _ => true,
    };
}
