using System.Text.Json;
using System.Text.Json.Nodes;

namespace SimSearch.Notebooks;

/// <summary>Builds the contents of replies that only need the engine. Cursor positions count Unicode code points in Jupyter and UTF-16 units here.</summary>
internal static class KernelReplies
{
    /// <summary>What the kernel is.</summary>
    public static JsonObject Info(JupyterKernelOptions options) => new()
    {
        ["protocol_version"] = "5.3",
        ["implementation"] = options.Implementation,
        ["implementation_version"] = options.Version,
        ["language_info"] = new JsonObject
        {
            ["name"] = "C#",
            ["version"] = "14.0",
            ["mimetype"] = "text/x-csharp",
            ["file_extension"] = ".cs",
            ["pygments_lexer"] = "csharp",
            ["codemirror_mode"] = "text/x-csharp",
            ["nbconvert_exporter"] = "script",
        },
        ["banner"] = options.Banner,
        ["help_links"] = new JsonArray(),
    };

    /// <summary>What could stand at the cursor.</summary>
    public static JsonObject Complete(ICellEngine engine, JsonElement request)
    {
        string code = Code(request);
        Completions found = engine.Complete(code, Cursor(code, request));
        int start = CodePoints(code, found.Start), end = CodePoints(code, found.End);
        var matches = new JsonArray();
        var typed = new JsonArray();
        foreach (CompletionItem item in found.Items)
        {
            matches.Add(item.Text);
            typed.Add(new JsonObject { ["text"] = item.Text, ["type"] = item.Kind, ["start"] = start, ["end"] = end });
        }
        return new JsonObject
        {
            ["matches"] = matches,
            ["cursor_start"] = start,
            ["cursor_end"] = end,
            ["metadata"] = new JsonObject { ["_jupyter_types_experimental"] = typed },
        };
    }

    /// <summary>What is known of the name at the cursor.</summary>
    public static JsonObject Inspect(ICellEngine engine, JsonElement request)
    {
        string code = Code(request);
        IReadOnlyDictionary<string, string>? found = engine.Inspect(code, Cursor(code, request), request.Member("detail_level").Number() ?? 0);
        var data = new JsonObject();
        foreach ((string mime, string content) in found ?? new Dictionary<string, string>()) data[mime] = content;
        return new JsonObject { ["found"] = found is not null, ["data"] = data, ["metadata"] = new JsonObject() };
    }

    /// <summary>Whether a cell can be run as it stands.</summary>
    public static JsonObject IsComplete(ICellEngine engine, JsonElement request)
    {
        (string status, string indent) = engine.IsComplete(Code(request));
        var reply = new JsonObject { ["status"] = status };
        if (status == "incomplete") reply["indent"] = indent;
        return reply;
    }

    /// <summary>An error as replies and iopub carry it.</summary>
    public static JsonObject Error(CellError error)
    {
        var trace = new JsonArray();
        foreach (string line in error.Trace) trace.Add(IsHeadline(line) ? $"\e[31m{line}\e[0m" : line);
        return new JsonObject { ["ename"] = error.Name, ["evalue"] = error.Message, ["traceback"] = trace };
    }

    // What went wrong in red, as people know it from other kernels; where it happened, and the source, as they are.
    private static bool IsHeadline(string line) => line.Length > 0 && !char.IsWhiteSpace(line[0]) || line.TrimStart().StartsWith('^');

    /// <summary>The answer to expressions that a client wants evaluated beside the cell: each is refused by name.</summary>
    public static JsonObject UserExpressions(JsonElement request)
    {
        var answers = new JsonObject();
        JsonElement wanted = request.Member("user_expressions");
        if (wanted.ValueKind != JsonValueKind.Object) return answers;
        foreach (JsonProperty expression in wanted.EnumerateObject())
        {
            JsonObject refusal = Error(new CellError("NotSupported", "user_expressions are not evaluated; run the expression as a cell", []));
            refusal["status"] = "error";
            answers[expression.Name] = refusal;
        }
        return answers;
    }

    /// <summary>The code of a request.</summary>
    /// <exception cref="FormatException">There is none.</exception>
    public static string Code(JsonElement request) => request.Member("code").Text() ?? throw new FormatException("the request's code is missing or no text");

    private static int Cursor(string code, JsonElement request)
    {
        int points = request.Member("cursor_pos").Number() ?? int.MaxValue, at = 0;
        for (; points > 0 && at < code.Length; points--) at += char.IsSurrogatePair(code, at) ? 2 : 1;
        return at;
    }

    private static int CodePoints(string code, int offset)
    {
        int points = 0;
        for (int at = 0; at < Math.Min(offset, code.Length); points++) at += char.IsSurrogatePair(code, at) ? 2 : 1;
        return points;
    }
}
