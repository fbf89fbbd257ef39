using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Unicode;

namespace SimSearch.Notebooks;

/// <summary>Reads a notebook and checks all it relies on; every fault names the cell and the field.</summary>
internal sealed class NotebookReader
{
    private static readonly string[] RootFields = ["cells", "metadata", "nbformat", "nbformat_minor"];
    private static readonly string[] CellFields = ["cell_type", "id", "metadata", "source", "attachments", "execution_count", "outputs"];

    private readonly string name;
    private int? cell;

    private NotebookReader(string name) => this.name = name;

    public static NotebookFormatException TooLarge(long bytes, NotebookLimits limits, string name) =>
        new($"{Prefix(name)}the notebook has {bytes:N0} bytes and at most {limits.MaxBytes:N0} are read; remove its outputs ('simsearch notebook strip') or show less");

    public static Notebook Read(ReadOnlyMemory<byte> json, NotebookLimits limits, string name)
    {
        if (json.Length > limits.MaxBytes) throw TooLarge(json.Length, limits, name);
        return new NotebookReader(name).Read(json, limits);
    }

    private Notebook Read(ReadOnlyMemory<byte> json, NotebookLimits limits)
    {
        if (json.Span.StartsWith("\uFEFF"u8)) json = json[3..];
        if (!Utf8.IsValid(json.Span)) throw Fault("", "is not UTF-8 text; a notebook (.ipynb) is JSON in UTF-8");
        JsonObject root;
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = limits.MaxDepth, AllowDuplicateProperties = false });
            CheckText(document.RootElement);
            root = JsonNode.Parse(json.Span, null, new JsonDocumentOptions { MaxDepth = limits.MaxDepth }) as JsonObject
                ?? throw Fault("", "is JSON but no object; a notebook is an object with cells, metadata, nbformat and nbformat_minor");
        }
        catch (JsonException e)
        {
            throw new NotebookFormatException($"{Prefix(name)}is not the JSON of a notebook: {e.Message}", inner: e);
        }
        catch (InvalidOperationException e)
        {
            throw new NotebookFormatException($"{Prefix(name)}holds an escape that is half of a character (such as \\ud800); it cannot be kept, so remove it", inner: e);
        }
        int major = Whole(root, "nbformat", "nbformat") ?? throw Fault("nbformat", "is missing; a notebook says its version, as in \"nbformat\": 4");
        if (major != 4) throw Fault("nbformat", $"is {major} and only version 4 is read; open and save the notebook once in Jupyter, or run 'jupyter nbconvert --to notebook'");
        int minor = Whole(root, "nbformat_minor", "nbformat_minor") ?? 0;
        if (minor < 0) throw Fault("nbformat_minor", $"is {minor} and cannot be negative");
        if (!root.ContainsKey("cells")) throw Fault("cells", "is missing; a notebook has a list of cells");
        if (root["cells"] is not JsonArray cells) throw Fault("cells", $"must be a list, not {KindOf(root["cells"])}");
        if (cells.Count > limits.MaxCells) throw Fault("cells", $"has {cells.Count:N0} cells and at most {limits.MaxCells:N0} are read; split the notebook");
        var ids = new HashSet<string>(StringComparer.Ordinal);
        // Ids that the file has go first, so that a made one never takes another cell's.
        for (int i = 0; i < cells.Count; i++)
        {
            cell = i + 1;
            if (cells[i] is not JsonObject o) throw Fault("", $"must be an object, not {KindOf(cells[i])}");
            if (o["id"] is not { } id) continue;
            string text = String(id, "id");
            if (!NotebookCell.IsId(text)) throw Fault("id", $"is '{Short(text)}' and must be 1 to 64 of A-Z, a-z, 0-9, - and _");
            ids.Add(text);
        }
        var given = new HashSet<string>(StringComparer.Ordinal);
        var read = new List<NotebookCell>(cells.Count);
        for (int i = 0; i < cells.Count; i++)
        {
            cell = i + 1;
            read.Add(Cell((JsonObject)cells[i]!, ids, given));
        }
        cell = null;
        return new Notebook { Metadata = Object(root, "metadata"), Cells = read, Minor = Math.Max(minor, 5), Extra = Extra(root, RootFields) };
    }

    private NotebookCell Cell(JsonObject fields, HashSet<string> taken, HashSet<string> given)
    {
        var kind = String(fields["cell_type"], "cell_type") switch
        {
            "code" => NotebookCellKind.Code,
            "markdown" => NotebookCellKind.Markdown,
            "raw" => NotebookCellKind.Raw,
            var other => throw Fault("cell_type", $"is '{Short(other)}' and must be code, markdown or raw"),
        };
        string source = Text(fields["source"], "source");
        string? id = fields["id"] is { } node ? String(node, "id") : null;
        // A copied cell may carry its original's id: the first keeps it, as Jupyter does.
        if (id is null || !given.Add(id))
        {
            id = MakeId(kind, source, taken);
            given.Add(id);
        }
        if (fields["attachments"] is not (null or JsonObject)) throw Fault("attachments", $"must be an object, not {KindOf(fields["attachments"])}");
        var read = new NotebookCell(kind, id, source)
        {
            Metadata = Object(fields, "metadata"),
            Attachments = fields["attachments"] is JsonObject attachments ? Attachments(attachments) : null,
            Extra = Extra(fields, kind == NotebookCellKind.Code ? CellFields : [.. CellFields.Except(["execution_count", "outputs"])]),
        };
        if (kind != NotebookCellKind.Code) return read;
        read.ExecutionCount = Whole(fields, "execution_count", "execution_count");
        if (fields["outputs"] is not (null or JsonArray)) throw Fault("outputs", $"must be a list, not {KindOf(fields["outputs"])}");
        read.Outputs = fields["outputs"] is JsonArray outputs ? [.. outputs.Select((o, i) => Output(o, $"outputs[{i}]"))] : [];
        return read;
    }

    private NotebookOutput Output(JsonNode? node, string field)
    {
        if (node is not JsonObject fields) throw Fault(field, $"must be an object, not {KindOf(node)}");
        string kind = String(fields["output_type"], $"{field}.output_type");
        switch (kind)
        {
            case "stream":
                return new StreamOutput(String(fields["name"], $"{field}.name"), Text(fields["text"], $"{field}.text")) { Extra = Extra(fields, ["output_type", "name", "text"]) };
            case "error":
                if (fields["traceback"] is not JsonArray trace) throw Fault($"{field}.traceback", $"must be a list of strings, not {KindOf(fields["traceback"])}");
                return new ErrorOutput(String(fields["ename"], $"{field}.ename"), String(fields["evalue"], $"{field}.evalue"), [.. trace.Select((t, i) => String(t, $"{field}.traceback[{i}]"))])
                {
                    Extra = Extra(fields, ["output_type", "ename", "evalue", "traceback"]),
                };
            case "display_data" or "execute_result":
                if (fields["data"] is not JsonObject data) throw Fault($"{field}.data", $"must be an object of mime types, not {KindOf(fields["data"])}");
                bool result = kind == "execute_result";
                return new DisplayOutput(Bundle(data, $"{field}.data"), result)
                {
                    Metadata = Object(fields, "metadata", field),
                    ExecutionCount = result ? Whole(fields, "execution_count", $"{field}.execution_count") : null,
                    Extra = Extra(fields, result ? ["output_type", "data", "metadata", "execution_count"] : ["output_type", "data", "metadata"]),
                };
            default:
                return new UnknownOutput(kind) { Extra = Extra(fields, ["output_type"]) };
        }
    }

    private JsonObject Attachments(JsonObject attachments)
    {
        var joined = new JsonObject();
        foreach (var (file, node) in attachments)
        {
            if (node is not JsonObject bundle) throw Fault($"attachments['{Short(file)}']", $"must be an object of mime types, not {KindOf(node)}");
            joined[file] = new JsonObject(Bundle(bundle, $"attachments['{Short(file)}']").Select(p => KeyValuePair.Create(p.Key, p.Value?.DeepClone())));
        }
        return joined;
    }

    /// <summary>Mime type to content; lists of lines are joined, except for the JSON types, whose lists are data.</summary>
    private Dictionary<string, JsonNode?> Bundle(JsonObject data, string field)
    {
        var bundle = new Dictionary<string, JsonNode?>(StringComparer.Ordinal);
        foreach (var (mime, value) in data)
            bundle[mime] = MimeTypes.IsJson(mime) ? value : JsonValue.Create(Text(value, $"{field}['{Short(mime)}']"));
        return bundle;
    }

    private string Text(JsonNode? node, string field) => node switch
    {
        JsonArray lines => string.Concat(lines.Select((line, i) => String(line, $"{field}[{i}]"))),
        JsonValue value when value.TryGetValue(out string? text) => text,
        _ => throw Fault(field, $"must be a string or a list of strings, not {KindOf(node)}"),
    };

    private string String(JsonNode? node, string field) =>
        node is JsonValue value && value.TryGetValue(out string? text) ? text : throw Fault(field, $"must be a string, not {KindOf(node)}");

    private int? Whole(JsonObject parent, string property, string field) => parent[property] switch
    {
        null => null,
        JsonValue value when value.TryGetValue(out int number) => number,
        var node => throw Fault(field, $"must be a whole number, not {KindOf(node)}"),
    };

    private JsonObject Object(JsonObject parent, string property, string within = "")
    {
        if (parent[property] is null) return [];
        if (parent[property] is not JsonObject found) throw Fault(within.Length > 0 ? $"{within}.{property}" : property, $"must be an object, not {KindOf(parent[property])}");
        parent.Remove(property);
        return found;
    }

    private static ImmutableDictionary<string, JsonNode?> Extra(JsonObject fields, string[] known) => fields.Any(f => !known.Contains(f.Key))
        ? fields.Where(f => !known.Contains(f.Key)).ToImmutableDictionary(f => f.Key, f => f.Value, StringComparer.Ordinal)
        : ImmutableDictionary<string, JsonNode?>.Empty;

    /// <summary>An id from the cell's text: the same file gets the same ids every time it is read.</summary>
    private static string MakeId(NotebookCellKind kind, string source, HashSet<string> taken)
    {
        for (int copy = 0; ; copy++)
        {
            string id = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{kind}\n{copy}\n{source}")))[..8];
            if (taken.Add(id)) return id;
        }
    }

    /// <summary>JSON can spell half of a surrogate pair, which is no text and could not be written again: asking for the text finds it.</summary>
    /// <exception cref="InvalidOperationException">There is one.</exception>
    private static void CheckText(JsonElement node)
    {
        if (node.ValueKind == JsonValueKind.String) node.GetString();
        else if (node.ValueKind == JsonValueKind.Array) foreach (var item in node.EnumerateArray()) CheckText(item);
        else if (node.ValueKind == JsonValueKind.Object)
            foreach (var member in node.EnumerateObject())
            {
                _ = member.Name;
                CheckText(member.Value);
            }
    }

    private NotebookFormatException Fault(string field, string what) =>
        new($"{Prefix(name)}{(cell is { } n ? $"cell {n}: " : "")}{(field.Length > 0 ? $"'{field}' " : "")}{what}", cell, field);

    private static string Prefix(string name) => name.Length > 0 ? $"{name}: " : "";

    private static string Short(string text) => text.Length <= 40 ? text : text[..40] + "...";

    private static string KindOf(JsonNode? node) => node?.GetValueKind() switch
    {
        null => "nothing", JsonValueKind.String => "a string", JsonValueKind.Number => $"the number {Short(node.ToJsonString())}", JsonValueKind.True or JsonValueKind.False => "true or false",
        JsonValueKind.Array => "a list", JsonValueKind.Object => "an object", _ => "nothing",
    };
}
