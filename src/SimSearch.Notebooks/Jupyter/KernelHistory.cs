using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace SimSearch.Notebooks;

/// <summary>The cells that were run, in this session and those before it: the newest ten thousand.</summary>
/// <param name="store">Earlier sessions, and where this one is kept; null keeps nothing past the session's end.</param>
internal sealed class KernelHistory(HistoryStore? store)
{
    private const int Kept = 10_000;

    private readonly Lock _gate = new();
    private readonly Queue<HistoryEntry> _entries = new();
    private List<HistoryEntry>? _earlier;
    private int _session;

    /// <summary>Remembers a cell.</summary>
    public void Add(int line, string code, string? output)
    {
        lock (_gate)
        {
            store?.Add(line, code, output);
            _entries.Enqueue(new HistoryEntry(0, line, code, output));
            if (_entries.Count > Kept) _entries.Dequeue();
        }
    }

    /// <summary>
    /// Answers a history_request: the last n, a range of one session (0 for this one, -1 for the one before it, or a number that an answer has named),
    /// or those that match a glob pattern.
    /// </summary>
    public JsonObject Answer(JsonElement request)
    {
        bool output = request.Member("output").Flag(false);
        var history = new JsonArray();
        lock (_gate)
            foreach (var entry in Select(request))
                history.Add(new JsonArray(entry.Session == 0 ? _session : entry.Session, entry.Line, output ? new JsonArray(entry.Code, entry.Output) : JsonValue.Create(entry.Code)));
        return new JsonObject { ["history"] = history };
    }

    private List<HistoryEntry> Select(JsonElement request)
    {
        List<HistoryEntry> all = [.. Earlier(), .. _entries];
        int n = Math.Max(0, request.Member("n").Number() ?? Kept);
        switch (request.Member("hist_access_type").Text())
        {
            case "tail":
                return Last(all, n);
            case "range":
                int asked = request.Member("session").Number() ?? 0, session = asked > 0 ? asked : _session + asked;
                int start = request.Member("start").Number() ?? 0, stop = request.Member("stop").Number() ?? int.MaxValue;
                return all.FindAll(entry => (entry.Session == 0 ? _session : entry.Session) == session && entry.Line >= start && entry.Line < stop);
            case "search":
                Regex pattern = Glob(request.Member("pattern").Text() ?? "*");
                List<HistoryEntry> found = all.FindAll(entry => pattern.IsMatch(entry.Code));
                if (request.Member("unique").Flag(false)) found = [.. found.AsEnumerable().Reverse().DistinctBy(entry => entry.Code).Reverse()]; // the newest of each
                return Last(found, n);
            default:
                return [];
        }
    }

    // Read when somebody asks, which most clients never do; a kernel's start does not wait for it.
    private List<HistoryEntry> Earlier()
    {
        if (_earlier is null)
        {
            (_earlier, _session) = store?.Earlier() ?? ([], 1);
            _earlier = Last(_earlier, Kept);
        }
        return _earlier;
    }

    private static List<T> Last<T>(List<T> list, int n) => list.GetRange(Math.Max(0, list.Count - n), Math.Min(n, list.Count));

    // The engine that does not backtrack: a pattern of many stars costs time in proportion to the text, never exponential time.
    private static Regex Glob(string pattern) => new(
        "^" + Regex.Escape(pattern).Replace("\\*", ".*").Replace("\\?", ".") + "$",
        RegexOptions.NonBacktracking | RegexOptions.Singleline | RegexOptions.CultureInvariant);
}
