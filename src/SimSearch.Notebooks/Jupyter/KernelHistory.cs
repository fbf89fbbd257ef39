using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace SimSearch.Notebooks;

/// <summary>What this session has run: the newest thousand cells.</summary>
internal sealed class KernelHistory
{
    private const int Kept = 1000, Session = 1;
    private readonly Queue<(int Line, string Code, string? Output)> _entries = new();

    /// <summary>Remembers a cell.</summary>
    public void Add(int line, string code, string? output)
    {
        lock (_entries)
        {
            _entries.Enqueue((line, code, output));
            if (_entries.Count > Kept) _entries.Dequeue();
        }
    }

    /// <summary>Answers a history_request: the last n, a range of this session, or those that match a glob pattern.</summary>
    public JsonObject Answer(JsonElement request)
    {
        bool output = request.Member("output").Flag(false);
        var history = new JsonArray();
        foreach ((int line, string code, string? result) in Select(request))
            history.Add(new JsonArray(Session, line, output ? new JsonArray(code, result) : JsonValue.Create(code)));
        return new JsonObject { ["history"] = history };
    }

    private List<(int Line, string Code, string? Output)> Select(JsonElement request)
    {
        List<(int Line, string Code, string? Output)> all;
        lock (_entries) all = [.. _entries];
        int n = Math.Max(0, request.Member("n").Number() ?? Kept);
        switch (request.Member("hist_access_type").Text())
        {
            case "tail":
                return Last(all, n);
            case "range":
                if ((request.Member("session").Number() ?? 0) is not (0 or Session)) return [];
                int start = request.Member("start").Number() ?? 0, stop = request.Member("stop").Number() ?? int.MaxValue;
                return all.FindAll(entry => entry.Line >= start && entry.Line < stop);
            case "search":
                Regex pattern = Glob(request.Member("pattern").Text() ?? "*");
                List<(int Line, string Code, string? Output)> found = all.FindAll(entry => pattern.IsMatch(entry.Code));
                if (request.Member("unique").Flag(false)) found = [.. found.AsEnumerable().Reverse().DistinctBy(entry => entry.Code).Reverse()]; // the newest of each
                return Last(found, n);
            default:
                return [];
        }
    }

    private static List<T> Last<T>(List<T> list, int n) => list.GetRange(Math.Max(0, list.Count - n), Math.Min(n, list.Count));

    // The engine that does not backtrack: a pattern of many stars costs time in proportion to the text, never exponential time.
    private static Regex Glob(string pattern) => new(
        "^" + Regex.Escape(pattern).Replace("\\*", ".*").Replace("\\?", ".") + "$",
        RegexOptions.NonBacktracking | RegexOptions.Singleline | RegexOptions.CultureInvariant);
}
