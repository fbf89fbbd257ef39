using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using SimSearch.Cli.Terminal;
using SimSearch.Embedding;

namespace SimSearch.Cli.Commands;

/// <summary><c>simsearch embed SOURCE --embedder NAME --out DIR</c>: vectors.npy, items.csv and embedder.json.</summary>
internal static class EmbedCommand
{
    private static readonly SourceOptions Source = new();

    private static readonly Option<string> Embedder =
        CommonOptions.Choice("--embedder", "How sounds become vectors", "combined-stats", [.. AudioEmbedders.Names]);

    private static readonly Option<string?> EmbedderFrom = new("--embedder-from")
    {
        Description = "Use the fitted embedder of these embeddings or of this index, so that the vectors can be compared with theirs", HelpName = "DIR",
    };

    private static readonly Option<int> SampleRate = new("--sample-rate") { Description = "Bring every sound to this rate first, in Hz", HelpName = "HZ", DefaultValueFactory = _ => 22050 };
    private static readonly Option<bool> SkipUnreadable = new("--skip-unreadable") { Description = "Leave out files that cannot be read, and name them, instead of stopping" };
    private static readonly Option<string> Out = CommonOptions.Out("Folder for vectors.npy, items.csv and embedder.json");

    public static Command Create(CancellationToken stop)
    {
        var command = Source.AddTo(new Command("embed", "Turn sounds into vectors; what was embedded before is not embedded again"));
        foreach (var option in (Option[])[Embedder, EmbedderFrom, SampleRate, SkipUnreadable, Out]) command.Options.Add(option);
        return command.Does(stop, Run).WithExamples(
            "simsearch embed sounds --out embeddings                            sounds/dog/*.wav, sounds/rain/*.flac, ...",
            "simsearch embed clips.csv --file-column path --label-column animal --group-column site --out embeddings",
            "simsearch embed fsdd --split train --sample-rate 8000 --out train",
            "simsearch embed fsdd --split test --embedder-from train --out test",
            "simsearch embed vectors.fvecs --labels labels.csv --out embeddings");
    }

    private static void Run(Invocation call)
    {
        string folder = call.Get(Out);
        var clock = Stopwatch.StartNew();
        IReadOnlyList<string> skipped = [];
        using var embeddings = Source.IsVectors(call) ? Source.OpenVectors(call) : Embed(call, out skipped);
        embeddings.Save(folder);

        var document = new JsonObject
        {
            ["out"] = Path.GetFullPath(folder), ["items"] = embeddings.Count, ["dimension"] = embeddings.Dimension, ["embedder"] = embeddings.EmbedderName,
            ["fingerprint"] = embeddings.Fingerprint, ["seconds"] = Math.Round(clock.Elapsed.TotalSeconds, 3), ["skipped"] = new JsonArray([.. skipped.Select(s => (JsonNode)s)]),
        };
        call.Screen.Result(document, console => console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{embeddings.Count} items x {embeddings.Dimension} by {embeddings.EmbedderName} in {clock.Elapsed.TotalSeconds:0.0} s -> {folder}")));
    }
}
