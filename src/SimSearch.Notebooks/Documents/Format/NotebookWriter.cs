using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace SimSearch.Notebooks;

/// <summary>Writes a notebook as Jupyter does: Python's <c>json.dumps(indent=1, sort_keys=True, ensure_ascii=False)</c> and a line break.</summary>
internal static class NotebookWriter
{
    private static readonly string[] TransientNotebook = ["orig_nbformat", "orig_nbformat_minor", "signature"], TransientCell = ["trusted"];

    public static void Write(Notebook notebook, Stream stream)
    {
        using var writer = new StreamWriter(stream, new UTF8Encoding(false), 1 << 15, leaveOpen: true);
        var root = Sorted(notebook.Extra);
        root["cells"] = notebook.Cells.Select(Cell);
        root["metadata"] = Without(notebook.Metadata, TransientNotebook);
        root["nbformat"] = 4;
        root["nbformat_minor"] = notebook.Minor;
        Value(writer, root, 0);
        writer.Write('\n');
    }

    private static object Cell(NotebookCell cell)
    {
        var fields = Sorted(cell.Extra);
        fields["cell_type"] = cell.Kind.ToString().ToLowerInvariant();
        fields["id"] = cell.Id;
        fields["metadata"] = Without(cell.Metadata, TransientCell);
        fields["source"] = Lines(cell.Source);
        if (cell.Attachments is { } attachments) fields["attachments"] = attachments.ToDictionary(a => a.Key, a => a.Value is JsonObject bundle ? Bundle(bundle) : (object?)a.Value);
        if (cell.Kind == NotebookCellKind.Code)
        {
            fields["execution_count"] = cell.ExecutionCount;
            fields["outputs"] = cell.Outputs.Select(Output);
        }
        return fields;
    }

    private static object Output(NotebookOutput output)
    {
        var fields = Sorted(output.Extra);
        switch (output)
        {
            case StreamOutput stream:
                (fields["output_type"], fields["name"], fields["text"]) = ("stream", stream.Name, Lines(stream.Text));
                break;
            case DisplayOutput display:
                (fields["output_type"], fields["data"], fields["metadata"]) = (display.IsResult ? "execute_result" : "display_data", Bundle(display.Data), display.Metadata);
                if (display.IsResult) fields["execution_count"] = display.ExecutionCount;
                break;
            case ErrorOutput error:
                (fields["output_type"], fields["ename"], fields["evalue"], fields["traceback"]) = ("error", error.Name, error.Message, error.Trace);
                break;
            case UnknownOutput unknown:
                fields["output_type"] = unknown.Kind;
                break;
        }
        return fields;
    }

    private static Dictionary<string, object?> Bundle(IEnumerable<KeyValuePair<string, JsonNode?>> data) => data.ToDictionary(d => d.Key, d =>
        (d.Key.StartsWith("text/", StringComparison.Ordinal) || d.Key is "application/javascript" or "image/svg+xml") && d.Value is JsonValue v && v.TryGetValue(out string? text)
            ? Lines(text) : (object?)d.Value);

    private static Dictionary<string, object?> Sorted(IReadOnlyDictionary<string, JsonNode?> extra) => extra.ToDictionary(e => e.Key, object? (e) => e.Value);

    private static Dictionary<string, object?> Without(JsonObject source, string[] names) =>
        source.Where(p => !names.Contains(p.Key)).ToDictionary(p => p.Key, object? (p) => p.Value);

    /// <summary>Python's <c>splitlines(True)</c>: the line ends stay; more characters end a line than in C#.</summary>
    internal static List<string> Lines(string text)
    {
        var lines = new List<string>();
        int start = 0;
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] is not ('\n' or '\r' or '\v' or '\f' or '\x1c' or '\x1d' or '\x1e' or '\x85' or '\u2028' or '\u2029')) continue;
            if (text[i] == '\r' && i + 1 < text.Length && text[i + 1] == '\n') i++;
            lines.Add(text[start..(i + 1)]);
            start = i + 1;
        }
        if (start < text.Length) lines.Add(text[start..]);
        return lines;
    }

    private static void Value(TextWriter writer, object? value, int depth)
    {
        switch (value)
        {
            case null: writer.Write("null"); break;
            case string text: Text(writer, text); break;
            case int number: writer.Write(number.ToString(CultureInfo.InvariantCulture)); break;
            case JsonObject o: Members(writer, o.Select(p => (p.Key, (object?)p.Value)), depth); break;
            case JsonArray array: Items(writer, array, depth); break;
            // The text of a number is kept as it was read.
            case JsonValue leaf when leaf.TryGetValue(out string? text): Text(writer, text); break;
            case JsonValue leaf: writer.Write(leaf.ToJsonString()); break;
            case Dictionary<string, object?> fields: Members(writer, fields.Select(p => (p.Key, p.Value)), depth); break;
            case IEnumerable<object?> items: Items(writer, items, depth); break;
            default: throw new InvalidOperationException($"{value.GetType()} is no JSON");
        }
    }

    private static void Members(TextWriter writer, IEnumerable<(string Key, object? Value)> members, int depth)
    {
        bool first = true;
        foreach (var (key, value) in members.OrderBy(m => m.Key, StringComparer.Ordinal))
        {
            writer.Write(first ? '{' : ',');
            first = false;
            NewLine(writer, depth + 1);
            Text(writer, key);
            writer.Write(": ");
            Value(writer, value, depth + 1);
        }
        End(writer, first, "{}", '}', depth);
    }

    private static void Items(TextWriter writer, IEnumerable<object?> items, int depth)
    {
        bool first = true;
        foreach (object? item in items)
        {
            writer.Write(first ? '[' : ',');
            first = false;
            NewLine(writer, depth + 1);
            Value(writer, item, depth + 1);
        }
        End(writer, first, "[]", ']', depth);
    }

    private static void End(TextWriter writer, bool empty, string nothing, char close, int depth)
    {
        if (empty)
        {
            writer.Write(nothing);
            return;
        }
        NewLine(writer, depth);
        writer.Write(close);
    }

    private static void NewLine(TextWriter writer, int depth)
    {
        writer.Write('\n');
        for (int i = 0; i < depth; i++) writer.Write(' ');
    }

    private static void Text(TextWriter writer, string text)
    {
        writer.Write('"');
        int start = 0;
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] >= ' ' && text[i] is not ('"' or '\\')) continue;
            writer.Write(text.AsSpan(start, i - start));
            start = i + 1;
            writer.Write(text[i] switch
            {
                '"' => "\\\"", '\\' => "\\\\", '\n' => "\\n", '\r' => "\\r", '\t' => "\\t", '\b' => "\\b", '\f' => "\\f",
                char c => $"\\u{(int)c:x4}",
            });
        }
        writer.Write(text.AsSpan(start));
        writer.Write('"');
    }
}
