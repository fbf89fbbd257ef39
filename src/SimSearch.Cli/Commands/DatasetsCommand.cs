using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using SimSearch.Audio;
using SimSearch.Cli.Terminal;
using SimSearch.Datasets;
using Spectre.Console;

namespace SimSearch.Cli.Commands;

/// <summary><c>simsearch datasets list | fetch NAME | synthetic DIR | split SOURCE | check SOURCE</c>.</summary>
internal static class DatasetsCommand
{
    private static readonly Argument<string> Name = CommonOptions.Word("NAME", "Name from 'simsearch datasets list', or the path of a manifest (.json)");
    private static readonly Option<string?> Out = new Option<string?>("--out", "-o") { Description = "Folder to put it in  [default: the cache]", HelpName = "DIR" }.IsFolder();
    private static readonly Argument<string> Folder = CommonOptions.Word("DIR", "A new folder, or one with a synthetic set");
    private static readonly Option<int> PerClass = new Option<int>("--per-class") { Description = "Sounds of each of the 16 classes", HelpName = "N", DefaultValueFactory = _ => 16 }.Check(n => n is >= 1 and <= SyntheticOptions.MaxItemsPerClass, $"from 1 to {SyntheticOptions.MaxItemsPerClass}");
    private static readonly Option<int> Rooms = new Option<int>("--rooms") { Description = "Simulated rooms, dealt out in turn; each is a group", HelpName = "N", DefaultValueFactory = _ => 4 }.Check(n => n is >= 1 and <= 6, "from 1 to 6");

    private static readonly SourceOptions Source = new();
    private static readonly Option<double> TestShare = new Option<double>("--test") { Description = "Share of the items that goes to the test part", HelpName = "SHARE", DefaultValueFactory = _ => 0.2 }.Check(x => x is > 0 and < 1, "between 0 and 1");
    private static readonly Option<string> TableOut = CommonOptions.Out("The table (.csv) to write, with a column 'split'").IsFile();
    private static readonly Option<bool> Content = new("--content") { Description = "Also compare the decoded samples, which finds copies under other names" };

    public static Command Create(CancellationToken stop) => new Command("datasets", "List and fetch public data sets, make the synthetic one, split sets and check the splits")
    {
        new Command("list", "List the data sets that can be fetched").Does(stop, List).WithExamples("simsearch datasets list"),
        new Command("fetch", "Download a data set, resuming where an earlier download stopped, and unpack it") { Name, Out }.Does(stop, Fetch).WithExamples(
            "simsearch datasets fetch fsdd", "simsearch datasets fetch esc-10 --out sounds/esc10"),
        new Command("synthetic", "Make the synthetic sound set: the same seed gives the same bytes") { Folder, PerClass, Rooms }.Does(stop, Synthetic).WithExamples(
            "simsearch datasets synthetic sounds --per-class 40 --seed 7"),
        Source.AddTo(new Command("split", "Split a set into train and test: every class in both, no group (fold, speaker, recording) in both") { TestShare, TableOut }, embeds: false).Does(stop, Split).WithExamples(
            "simsearch datasets split sounds --test 0.25 --out sounds.csv",
            "simsearch embed sounds.csv --split train --out train"),
        Source.AddTo(new Command("check", "Look for items that lie on both sides of a split and make figures too good") { Content }, embeds: false).Does(stop, Check).WithExamples(
            "simsearch datasets check sounds.csv --content"),
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
        var options = new SyntheticOptions { Seed = call.Seed, ItemsPerClass = call.Get(PerClass), Folds = call.Get(Rooms) };
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

    private static void Split(Invocation call)
    {
        var dataset = Source.OpenDataset(call);
        double share = call.Get(TestShare);
        var split = dataset.Split(new SplitOptions { Parts = [new("train", 1 - share), new("test", share)], Seed = call.Seed });
        var partOf = split.Parts.SelectMany(p => p.Items.Items.Select(i => (i.Id, p.Name))).ToDictionary(p => p.Id, p => p.Name, StringComparer.Ordinal);
        // Absolute paths: the table may lie anywhere.
        var items = dataset.Items.Select(i => i with { Split = partOf[i.Id], Source = dataset.PathOf(i).Replace('\\', '/') });
        new Dataset(dataset.Name, dataset.Root, [.. items]).SaveCsv(call.Get(TableOut));
        var document = new JsonObject { ["out"] = Path.GetFullPath(call.Get(TableOut)), ["parts"] = new JsonObject(split.Parts.Select(p => KeyValuePair.Create(p.Name, (JsonNode?)p.Items.Count))) };
        call.Screen.Result(document, console => console.WriteLine($"{split} -> {call.Get(TableOut)}"));
    }

    private static void Check(Invocation call)
    {
        var dataset = Source.OpenDataset(call);
        var parts = dataset.SplitByColumn().Parts;
        var pairs = parts.SelectMany((a, i) => parts.Skip(i + 1).Select(b => (a, b)));
        Func<Item, string?>? hash = call.Get(Content) ? item => AudioContent.HashOf(dataset, item) : null;
        var reports = pairs.Select(p => LeakageCheck.Find(p.a.Items, p.b.Items, hash)).ToList();
        var document = new JsonObject
        {
            ["clean"] = reports.All(r => r.IsClean),
            ["findings"] = new JsonArray([.. reports.SelectMany(r => r.Findings.Select(f => new JsonObject
            {
                ["kind"] = f.Kind.ToString(), ["key"] = f.Key, [r.TrainName] = Names(f.Train), [r.TestName] = Names(f.Test),
            }))]),
        };
        call.Screen.Result(document, console => console.WriteLine(string.Join("\n", reports)));
        if (reports.Any(r => !r.IsClean)) throw new SimSearchException($"'{Source.Path(call)}' leaks between its splits; figures measured on them are too good");
    }

    private static JsonArray Names(IEnumerable<Item> items) => [.. items.Select(i => (JsonNode)i.Id)];
}
