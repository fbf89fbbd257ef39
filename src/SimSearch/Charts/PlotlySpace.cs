using System.Buffers;
using System.Text;
using System.Text.Json;
using SimSearch.Embedding;

namespace SimSearch.Charts;

/// <summary>Writes a cloud of points as a plotly.js figure of type scatter3d, for plotly in any language and for the script of our own pages that turns it.</summary>
internal static class PlotlySpace
{
    // The shapes that scatter3d knows, in the order of ours as far as there are such.
    private static readonly string[] Symbols = ["circle", "square", "diamond-open", "diamond", "circle-open", "cross", "x"];

    public static string Json(string title, ChartAxis[] axes, IReadOnlyList<(string Name, int[] Rows)> classes, Projection projection, Func<int, string>? nameOf, IReadOnlyList<string?>? targets)
    {
        var buffer = new ArrayBufferWriter<byte>(4096);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteStartArray("data");
            for (int i = 0; i < classes.Count; i++) Trace(json, classes[i].Name, classes[i].Rows, i, projection, nameOf, targets);
            json.WriteEndArray();
            json.WriteStartObject("layout");
            PlotlyFigure.Title(json, title);
            json.WriteStartObject("scene");
            for (int axis = 0; axis < 3; axis++)
            {
                json.WriteStartObject($"{"xyz"[axis]}axis");
                PlotlyFigure.Title(json, axes[axis].Label);
                json.WriteEndObject();
            }
            json.WriteString("aspectmode", "data");
            json.WriteEndObject();
            json.WriteBoolean("showlegend", classes.Count > 1);
            json.WriteNumber("height", 640);
            json.WriteEndObject();
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static void Trace(Utf8JsonWriter json, string name, int[] rows, int index, Projection projection, Func<int, string>? nameOf, IReadOnlyList<string?>? targets)
    {
        json.WriteStartObject();
        json.WriteString("type", "scatter3d");
        json.WriteString("mode", "markers");
        PlotlyFigure.Text(json, "name", name);
        for (int axis = 0; axis < 3; axis++)
        {
            json.WriteStartArray("xyz".AsSpan(axis, 1));
            foreach (int row in rows) json.WriteNumberValue(projection.Points.Row(row)[axis]);
            json.WriteEndArray();
        }
        if (nameOf is not null)
        {
            PlotlyFigure.Texts(json, "text", [.. rows.Select(nameOf)]);
            json.WriteString("hoverinfo", "text+name");
        }
        if (targets is not null) PlotlyFigure.Targets(json, [.. rows.Select(row => targets[row])]);
        json.WriteStartObject("marker");
        json.WriteString("color", Palette.Light[index % Palette.Light.Length]);
        json.WriteString("symbol", Symbols[index % Symbols.Length]);
        json.WriteNumber("size", 4);
        json.WriteEndObject();
        json.WriteEndObject();
    }
}
