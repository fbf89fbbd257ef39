using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using SimSearch.Audio;
using SimSearch.Cli.Terminal;
using SimSearch.Datasets;
using Spectre.Console;

namespace SimSearch.Cli.Commands;

/// <summary><c>simsearch datasets list | fetch NAME | synthetic DIR</c>.</summary>
internal static class DatasetsCommand
{
    private static readonly Argument<string> Name = new("NAME") { Description = "Name from 'simsearch datasets list', or the path of a manifest (.json)" };
    private static readonly Option<string?> Out = new("--out", "-o") { Description = "Folder to put it in  [default: the cache]", HelpName = "DIR" };
    private static readonly Argument<string> Folder = new("DIR") { Description = "A new folder, or one with a synthetic set" };
    private static readonly Option<int> PerClass = new Option<int>("--per-class") { Description = "Sounds of each of the 16 classes", HelpName = "N", DefaultValueFactory = _ => 16 }.Check(n => n is >= 1 and <= 10_000, "from 1 to 10000");

    public static Command Create(CancellationToken stop) => new Command("datasets", "List and fetch public data sets, or make the synthetic one")
    {
        new Command("list", "List the data sets that can be fetched").Does(stop, List).WithExamples("simsearch datasets list"),
        new Command("fetch", "Download a data set, resuming where an earlier download stopped, and unpack it") { Name, Out }.Does(stop, Fetch).WithExamples(
            "simsearch datasets fetch fsdd", "simsearch datasets fetch esc-10 --out sounds/esc10"),
        new Command("synthetic", "Make the synthetic sound set: the same seed gives the same bytes") { Folder, PerClass }.Does(stop, Synthetic).WithExamples(
            "simsearch datasets synthetic sounds --per-class 40 --seed 7"),
    }.WithExamples("simsearch datasets list", "simsearch datasets fetch fsdd");

    private static void List(Invocation call)
    {
        var manifests = DatasetManifest.BuiltIn;
        var document = new JsonArray([.. manifests.Select(m => new JsonObject
        {
            ["name"] = m.Name, ["title"] = m.Title, ["licence"] = m.Licence, ["bytes"] = Size(m), ["homepage"] = m.Homepage.ToString(), ["fetched"] = DatasetFetcher.IsFetched(m),
        })]);
        call.Screen.Result(document, console =>
        {
            var table = new Table().Border(TableBorder.Rounded).AddColumns("name", "what", "licence").AddColumn(new TableColumn("MB").RightAligned()).AddColumn("here");
            foreach (var m in manifests)
                table.AddRow(Markup.Escape(m.Name), Markup.Escape($"{m.Title}. {m.Description}"), Markup.Escape(m.Licence),
                    Size(m) is { } bytes ? (bytes / 1e6).ToString("0", CultureInfo.InvariantCulture) : "?", DatasetFetcher.IsFetched(m) ? "yes" : "");
            console.Write(table);
            console.WriteLine($"cache: {DatasetCache.Folder}");
        });
    }

    private static long? Size(DatasetManifest manifest) => manifest.Files.Any(f => f.Bytes is null) ? null : manifest.Files.Sum(f => f.Bytes);

    private static void Fetch(Invocation call)
    {
        string name = call.Get(Name);
        var manifest = name.EndsWith(".json", StringComparison.OrdinalIgnoreCase) ? DatasetManifest.Load(name) : DatasetManifest.Find(name);
        call.Screen.Say($"{manifest.Title}: {manifest.Licence}");
        string folder = call.Screen.Track(progress => DatasetFetcher.Fetch(manifest, call.Get(Out), progress: progress, cancellation: call.Stop));
        var dataset = manifest.Open(folder);
        Show(call, dataset, folder, $"cite: {manifest.Citation}");
    }

    private static void Synthetic(Invocation call)
    {
        string folder = call.Get(Folder);
        var options = new SyntheticOptions { Seed = call.Seed, ItemsPerClass = call.Get(PerClass) };
        var dataset = call.Screen.Track(progress => Dataset.Synthetic(folder, options, progress, call.Stop));
        Show(call, dataset, folder, null);
    }

    private static void Show(Invocation call, Dataset dataset, string folder, string? note)
    {
        var document = new JsonObject
        {
            ["name"] = dataset.Name, ["folder"] = Path.GetFullPath(folder), ["items"] = dataset.Count, ["groups"] = dataset.Groups.Count,
            ["labels"] = new JsonObject(dataset.CountsByLabel.Select(c => KeyValuePair.Create(c.Key, (JsonNode?)c.Value))),
        };
        call.Screen.Result(document, console =>
        {
            console.WriteLine($"{dataset} -> {folder}");
            if (note is not null) console.WriteLine(note);
        });
    }
}
