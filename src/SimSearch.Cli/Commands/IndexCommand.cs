using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using SimSearch.Cli.Terminal;
using SimSearch.Embedding;
using SimSearch.Indexing;
using Spectre.Console;

namespace SimSearch.Cli.Commands;

/// <summary><c>simsearch index build | info | export | import</c>.</summary>
internal static class IndexCommand
{
    private static readonly Argument<string> Folder = CommonOptions.Word("DIR", "Folder of embeddings, made by 'simsearch embed'");
    private static readonly Argument<string> Index = CommonOptions.Word("INDEX", "Folder of an index, made by 'simsearch index build'");
    private static readonly Argument<string> FaissFile = CommonOptions.Word("FAISS", "An index file of FAISS; open only files from people you trust");
    private static readonly Option<string> Factory = new("--factory") { Description = "FAISS factory string: Flat (exact), IVF64,Flat, HNSW32, IVF64,PQ16np, ...", HelpName = "STRING", DefaultValueFactory = _ => "Flat" };
    private static readonly Option<string> MetricName = CommonOptions.Choice("--metric", "What near means", "cosine", "cosine", "l2", "ip");
    private static readonly Option<string?> DeclaredMetric = new Option<string?>("--metric")
    {
        Description = "What near means  [default: what the file says; say cosine for an inner-product index of vectors of length 1]", HelpName = "cosine|l2|ip",
    }.Check(m => m is "cosine" or "l2" or "ip", "one of cosine, l2, ip");
    private static readonly Option<string?> Embeddings = new("--embeddings") { Description = "Folder of the embeddings it was built from, in the same order; gives ids and labels", HelpName = "DIR" };
    private static readonly Option<string> Out = CommonOptions.Out("Folder for the index; an index that is there is replaced").IsOutput(folder => VectorIndex.CheckSave(folder));
    private static readonly Option<bool> WithSteps = new("--with-steps") { Description = "Put the embedder's steps (standardisation, PCA, ...) in front, so that the file takes vectors as they are before them" };
    private static readonly Option<string> FaissOut = new Option<string>("--faiss") { Description = "The FAISS file to write; faiss.read_index opens it", Required = true, HelpName = "PATH" }.IsFile();

    public static Command Create(CancellationToken stop) => new Command("index", "Build an index over embeddings, look at one, exchange it with FAISS")
    {
        new Command("build", "Build an index over embeddings") { Folder, Factory, MetricName, Out }.Does(stop, Build).WithExamples(
            "simsearch index build embeddings --out index                          exact search, cosine",
            "simsearch index build embeddings --factory IVF64,Flat --out index     64 lists; search with --param nprobe=8",
            "simsearch index build embeddings --factory PCA64,IVF64,PQ16np --out index   to 64 dimensions, then 16 bytes a vector"),
        new Command("info", "Say what an index is") { Index }.Does(stop, Info).WithExamples("simsearch index info index", "simsearch index info index --json"),
        new Command("export", "Write the index as a file that FAISS in any language reads") { Index, FaissOut, WithSteps }.Does(stop, Export).WithExamples(
            "simsearch index export index --faiss index.faiss",
            "simsearch index export index --with-steps --faiss index.faiss      takes vectors as they were before --pca and the like"),
        new Command("import", "Take over an index file made by FAISS in any language") { FaissFile, Embeddings, DeclaredMetric, Out }.Does(stop, Import).WithExamples(
            "simsearch index import index.faiss --metric l2 --out index",
            "simsearch index import index.faiss --embeddings embeddings --metric cosine --out index"),
    }.WithExamples("simsearch index build embeddings --factory Flat --metric cosine --out index");

    private static Metric MetricOf(Invocation call) => MetricExtensions.Parse(call.Get(MetricName))!.Value; // the option has let no other word through

    private static void Build(Invocation call)
    {
        var clock = Stopwatch.StartNew();
        using var embeddings = SimSearch.Embedding.Embeddings.Load(call.Get(Folder));
        var options = new IndexOptions { Seed = call.Seed, Threads = call.Threads };
        VectorIndex.CheckSave(call.Get(Out), embeddings.Count * embeddings.Dimension * sizeof(float)); // its copy of the vectors is the least
        using var index = call.Screen.Track(progress => VectorIndex.Build(embeddings, call.Get(Factory), MetricOf(call), options, progress, call.Stop));
        index.Save(call.Get(Out));
        if (index.BuildNote is { } note) call.Screen.Warn(note);
        var document = Describe(index);
        document["out"] = Path.GetFullPath(call.Get(Out));
        document["seconds"] = Math.Round(clock.Elapsed.TotalSeconds, 3);
        call.Screen.Result(document, console => console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{index.Factory} over {index.Count} x {index.Dimension}, {index.Metric.Name()}, in {clock.Elapsed.TotalSeconds:0.0} s -> {call.Get(Out)}")));
    }

    private static void Info(Invocation call)
    {
        using var index = VectorIndex.Load(call.Get(Index), memoryMap: true);
        var document = Describe(index);
        call.Screen.Result(document, console =>
        {
            var table = new Table().Border(TableBorder.None).HideHeaders().AddColumns("", "");
            foreach (var (name, value) in document) table.AddRow($"[grey]{Markup.Escape(name)}[/]", Markup.Escape(value?.ToString() ?? "-"));
            console.Write(table);
        });
    }

    private static void Export(Invocation call)
    {
        using var index = VectorIndex.Load(call.Get(Index));
        bool steps = call.Get(WithSteps);
        index.ExportFaiss(call.Get(FaissOut), steps);
        int takes = steps ? index.Steps!.InputDimension : index.Dimension;
        var document = new JsonObject { ["out"] = Path.GetFullPath(call.Get(FaissOut)), ["count"] = index.Count, ["metric"] = index.Metric.Name(), ["takes"] = takes };
        string hint = steps ? $"; it takes vectors of {takes} dimensions as they are before {string.Join(", ", index.Steps!.Steps.Select(s => s.Kind))}"
            : index.Metric == Metric.Cosine ? "; its vectors have length 1: scale queries to length 1 too" : "";
        call.Screen.Result(document, console => console.WriteLine($"{index.Count} vectors -> {call.Get(FaissOut)}{hint}"));
    }

    private static void Import(Invocation call)
    {
        using var embeddings = call.Get(Embeddings) is { } folder ? SimSearch.Embedding.Embeddings.Load(folder) : null;
        Metric? metric = call.Get(DeclaredMetric) is { } word ? MetricExtensions.Parse(word) : null;
        using var index = VectorIndex.ImportFaiss(call.Get(FaissFile), embeddings, metric);
        index.Save(call.Get(Out));
        var document = Describe(index);
        document["out"] = Path.GetFullPath(call.Get(Out));
        call.Screen.Result(document, console => console.WriteLine($"{index.Factory}: {index.Count} x {index.Dimension}, {index.Metric.Name()} -> {call.Get(Out)}"));
    }

    private static JsonObject Describe(VectorIndex index)
    {
        var info = index.Info;
        return new JsonObject
        {
            ["factory"] = info.Factory, ["metric"] = info.Metric.Name(), ["count"] = info.Count, ["removed"] = info.Removed, ["dimension"] = info.Dimension,
            ["exact"] = info.IsExact, ["embedder"] = info.EmbedderName, ["fingerprint"] = info.Fingerprint, ["root"] = info.Root,
            ["labels"] = index.Items.Select(i => i.Label).OfType<string>().Distinct().Count(),
            ["parameters"] = new JsonObject(info.Parameters.Select(p => KeyValuePair.Create(p.Key, (JsonNode?)p.Value))),
        };
    }
}
