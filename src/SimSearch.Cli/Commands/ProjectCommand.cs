using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using SimSearch.Charts;
using SimSearch.Cli.Terminal;
using SimSearch.Embedding;
using SimSearch.Indexing;
using Spectre.Console;

namespace SimSearch.Cli.Commands;

/// <summary><c>simsearch project EMBEDDINGS</c>: a map of embeddings, with how far it can be trusted.</summary>
internal static class ProjectCommand
{
    private static readonly Argument<string> Source = CommonOptions.Word("EMBEDDINGS", "Folder of embeddings or of an index, or a file of vectors (.npy, .fvecs, .bvecs)");
    private static readonly Option<string> Method = CommonOptions.Choice("--method", "How", "tsne", "pca", "tsne");
    private static readonly Option<int> Dimensions = new Option<int>("--dimensions") { Description = "Of the map; the page has one of three to turn", HelpName = "2|3", DefaultValueFactory = _ => 2 }.Check(d => d is 2 or 3, "2 or 3");
    private static readonly Option<double?> Perplexity = new("--perplexity") { Description = "t-SNE: about how many neighbours count for each point  [default: 30, or a third of the items]", HelpName = "X" };
    private static readonly Option<int> Iterations = new("--iterations") { Description = "t-SNE: steps", HelpName = "N", DefaultValueFactory = _ => 1000 };
    private static readonly Option<double> Theta = new("--theta") { Description = "t-SNE: how coarsely far-away points are lumped together; 0 looks at every pair", HelpName = "X", DefaultValueFactory = _ => 0.5 };
    private static readonly Option<bool> Normalize = new("--normalize") { Description = "Scale vectors to length 1 first: neighbours by cosine" };
    private static readonly Option<int?> K = new("--k") { Description = "Neighbourhoods for trustworthiness and continuity  [default: 10]", HelpName = "K" };
    private static readonly Option<string?> Labels = new("--labels") { Description = "Table with a row per vector, when EMBEDDINGS is a file of vectors", HelpName = "CSV" };
    private static readonly Option<string> Out = CommonOptions.Out("Folder for index.html, projection.svg, .csv, .npy and .json").IsOutput(ProjectionFolder.CheckSave);

    public static Command Create(CancellationToken stop) =>
        new Command("project", "Draw a map of embeddings in two or three dimensions, with points to listen to") { Source, Method, Dimensions, Perplexity, Iterations, Theta, Normalize, K, Labels, Out }.Does(stop, Run).WithExamples(
            "simsearch project embeddings --out map                               t-SNE; open map/index.html and click on points",
            "simsearch project embeddings --method pca --out map                  the two directions of largest variance",
            "simsearch project embeddings --perplexity 10 --normalize --seed 3 --out map",
            "simsearch project vectors.npy --labels labels.csv --method pca --dimensions 3 --out map --json");

    private static void Run(Invocation call)
    {
        bool pca = call.Get(Method) == "pca";
        if (pca && (call.Given(Perplexity) || call.Given(Iterations) || call.Given(Theta))) throw new UsageException("--perplexity, --iterations and --theta are for --method tsne");
        var clock = Stopwatch.StartNew();
        using var embeddings = Open(call);
        var options = new TsneOptions
        {
            Dimensions = call.Get(Dimensions), Perplexity = call.Get(Perplexity), Iterations = call.Get(Iterations), Theta = call.Get(Theta), Normalize = call.Get(Normalize), Seed = call.Seed, Threads = call.Threads,
        };
        var projection = pca
            ? Projection.Pca(embeddings, call.Get(Dimensions), call.Get(Normalize), call.Get(K), call.Stop)
            : call.Screen.Track(progress => Projection.Tsne(embeddings, options, progress, call.Stop, call.Get(K)));
        string folder = call.Get(Out);
        ProjectionFolder.Save(projection, folder, command: CommandLine.Typed, cancellation: call.Stop);
        var document = ProjectionFolder.ToJson(projection);
        document["out"] = Path.GetFullPath(folder);
        document["seconds"] = Math.Round(clock.Elapsed.TotalSeconds, 3);
        call.Screen.Result(document, console =>
        {
            console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{projection}, in {clock.Elapsed.TotalSeconds:0.0} s"));
            console.WriteLine($"page: {Path.GetFullPath(Path.Combine(folder, "index.html"))}");
        });
    }

    private static Embeddings Open(Invocation call)
    {
        string source = call.Get(Source);
        if (SourceOptions.IsVectorFile(source)) return Embeddings.FromVectors(source, call.Get(Labels));
        if (call.Given(Labels)) throw new UsageException("--labels is for a file of vectors; embeddings bring their labels along");
        if (!File.Exists(Path.Combine(source, "manifest.json"))) return Embeddings.Load(source);
        var index = VectorIndex.Load(source, memoryMap: true);
        return new Embeddings(index.Vectors, index.Items, index.Info.EmbedderName, index.Info.Fingerprint, index.Root);
    }
}
