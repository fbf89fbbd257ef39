using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using SimSearch.Cli.Terminal;
using SimSearch.Datasets;
using SimSearch.Embedding;
using SimSearch.Indexing;
using Spectre.Console;

namespace SimSearch.Cli.Commands;

/// <summary><c>simsearch search INDEX QUERY...</c>: by audio file, by id, by text, or by vectors.</summary>
internal static class SearchCommand
{
    private static readonly Argument<string> Index = CommonOptions.Word("INDEX", "Folder of the index");
    private static readonly Argument<string[]> Queries = CommonOptions.Words("QUERY", "Sound files or images, as in the index; ids with --ids; texts with --text; or one file of vectors (.npy, .fvecs, .bvecs)");
    private static readonly Option<int> K = new Option<int>("-k", "--k") { Description = "Neighbours per query", HelpName = "N", DefaultValueFactory = _ => 10 }.Check(k => k >= 1, "1 or more");
    private static readonly Option<bool> Ids = new("--ids") { Description = "The queries are ids of items in the index; an item does not find itself" };
    private static readonly Option<bool> Texts = new("--text") { Description = "The queries are texts, for an index of texts" };
    private static readonly Option<string?> Out = new Option<string?>("--out", "-o") { Description = "Write the neighbours to a file: .csv, or .npy for the int64 row numbers [queries x k]", HelpName = "PATH" }.IsFile();

    public static Command Create(CancellationToken stop) =>
        new Command("search", "Find the nearest neighbours of sounds, images, texts, items or vectors") { Index, Queries, K, Ids, Texts, IndexParameters.Option, Out }.Does(stop, Run).WithExamples(
            "simsearch search index bark.wav -k 5",
            "simsearch search index apple.jpg -k 5",
            "simsearch search index --ids dog/07.wav rain/01.wav -k 5",
            "simsearch search index --text 'my card has not arrived' -k 5",
            "simsearch search index queries.npy -k 100 --param nprobe=16 --out hits.npy");

    private static void Run(Invocation call)
    {
        if (call.Get(Out) is { } path && Path.GetExtension(path).ToLowerInvariant() is not (".csv" or ".npy"))
            throw new UsageException($"--out {path} must end in .csv or .npy");
        using var index = VectorIndex.Load(call.Get(Index), memoryMap: true);
        var result = Search(call, index);
        if (call.Get(Out) is { } file)
        {
            if (file.EndsWith(".npy", StringComparison.OrdinalIgnoreCase)) result.SaveNpy(file);
            else result.SaveCsv(file);
        }
        long missing = result.Rows.Count(-1L), possible = (long)result.Queries * Math.Min(result.K, index.Count - (call.Get(Ids) ? 1 : 0));
        long found = (long)result.Queries * result.K - missing;
        if (found < possible) call.Screen.Warn($"the index found {found} of {possible} neighbours; let it look further with --param (it has {string.Join(", ", index.Info.Parameters.Keys)})");
        call.Screen.Result(Document(result), console => Show(console, result, call.Get(Out)));
    }

    private static SearchResult Search(Invocation call, VectorIndex index)
    {
        string[] queries = call.Get(Queries);
        var options = new SearchOptions { Parameters = IndexParameters.Of(call), ExcludeSelf = call.Get(Ids), Threads = call.Threads };
        if (call.Get(Ids) && call.Get(Texts)) throw new UsageException("--ids and --text exclude each other");
        if (call.Get(Texts)) return index.SearchTexts(queries, call.Get(K), options, call.Stop);
        if (call.Get(Ids)) return index.SearchById(queries, call.Get(K), options, call.Stop);
        if (!queries.Any(SourceOptions.IsVectorFile)) return index.SearchFiles(queries, call.Get(K), options, cancellation: call.Stop);
        if (queries.Length > 1) throw new UsageException("give one file of vectors at a time");
        using var vectors = VectorMatrix.Open(queries[0]);
        return index.Search(vectors, call.Get(K), options, call.Stop);
    }

    private static JsonObject Document(SearchResult result) => new()
    {
        ["k"] = result.K,
        ["metric"] = result.Metric.Name(),
        ["queries"] = new JsonArray([.. Enumerable.Range(0, result.Queries).Select(q => new JsonObject
        {
            ["query"] = result.NameOf(q),
            ["hits"] = new JsonArray([.. result.Hits(q).Select(h => new JsonObject
            {
                ["rank"] = h.Rank, ["id"] = h.Id, ["row"] = h.Row, ["score"] = h.Score, ["label"] = h.Item?.Label, ["text"] = h.Item?.Text, ["start"] = h.Item?.Start, ["duration"] = h.Item?.Duration,
            })]),
        })]),
    };

    private static void Show(IAnsiConsole console, SearchResult result, string? file)
    {
        const int shown = 20;
        for (int query = 0; query < Math.Min(shown, result.Queries); query++)
        {
            var hits = result.Hits(query);
            // Sounds have a stretch of time, texts have words; a sound with a transcript has both, an image neither.
            bool words = hits.Any(h => h.Item?.Text is not null), times = !hits.All(h => h.Item?.IsText == true || h.Item?.IsImage == true);
            var table = new Table().Border(TableBorder.Simple).Title(Markup.Escape(TitleOf(result, query)))
                .AddColumn(new TableColumn("rank").RightAligned()).AddColumn(new TableColumn(result.Metric == Metric.L2 ? "squared distance" : "similarity").RightAligned()).AddColumn("label");
            if (words) table.AddColumn("text");
            table.AddColumn("id");
            if (times) table.AddColumn(new TableColumn("from s").RightAligned());
            foreach (var hit in hits)
                table.AddRow([Number($"{hit.Rank}"), Number($"{hit.Score:0.0000}"), Markup.Escape(hit.Item?.Label ?? ""), .. words ? [Markup.Escape(hit.Item?.Excerpt() ?? "")] : Array.Empty<string>(),
                    Markup.Escape(hit.Id), .. times ? [Number($"{hit.Item?.Start ?? 0:0.##}")] : Array.Empty<string>()]);
            console.Write(table);
        }
        if (result.Queries > shown) console.WriteLine($"... and {result.Queries - shown} more queries{(file is null ? "; write them all with --out hits.csv" : "")}");
        if (file is not null) console.WriteLine($"{result.Queries} {(result.Queries == 1 ? "query" : "queries")} x {result.K} -> {file}");
    }

    private static string TitleOf(SearchResult result, int query) =>
        ItemText.OneLine(result.QueryItems?[query] is { Text: { } text } ? $"{result.NameOf(query)}: {text}" : result.NameOf(query), 200);

    private static string Number(FormattableString text) => Markup.Escape(text.ToString(CultureInfo.InvariantCulture));
}

/// <summary>The option <c>--param name=value</c> of the commands that search.</summary>
internal static class IndexParameters
{
    public static readonly Option<string[]> Option = new("--param")
    {
        Description = "Setting of the index for this search: nprobe=16 (IVF), efSearch=64 (HNSW), ...; may be given several times", HelpName = "NAME=VALUE",
    };

    /// <summary>The settings typed.</summary>
    /// <exception cref="UsageException">One is not of the form name=number.</exception>
    public static IReadOnlyDictionary<string, double> Of(Invocation call)
    {
        var parameters = new Dictionary<string, double>();
        foreach (string text in call.Get(Option) ?? [])
        {
            int equals = text.IndexOf('=');
            if (equals < 1 || !double.TryParse(text.AsSpan(equals + 1), NumberStyles.Float, CultureInfo.InvariantCulture, out double value))
                throw new UsageException($"--param {text} must be NAME=NUMBER, for example nprobe=16");
            parameters[text[..equals]] = value;
        }
        return parameters;
    }
}
