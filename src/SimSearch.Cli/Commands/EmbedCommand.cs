using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using SimSearch.Cli.Terminal;
using SimSearch.Embedding;
using Spectre.Console;

namespace SimSearch.Cli.Commands;

/// <summary><c>simsearch embed SOURCE --embedder NAME --out DIR</c>: vectors.npy, items.csv and embedder.json.</summary>
internal static class EmbedCommand
{
    private static readonly SourceOptions Source = new();

    private static readonly Option<string> EmbedderName = EmbedderOptions.Name("; with --text-column: text-tfidf", texts: true);

    private static readonly Option<string?> EmbedderFrom = new("--embedder-from")
    {
        Description = "Use the fitted embedder of these embeddings or of this index, so that the vectors can be compared with theirs", HelpName = "DIR",
    };

    private static readonly Option<int> SampleRate = EmbedderOptions.SampleRate();
    private static readonly Option<int?> Pca = new("--pca") { Description = "Keep this many principal components, fitted on what is embedded", HelpName = "N" };
    private static readonly Option<bool> Whiten = new("--whiten") { Description = "Scale the components of --pca to variance 1" };
    private static readonly Option<int?> Random = new Option<int?>("--random-projection") { Description = "Project on this many random directions first, with --seed; learns nothing from the data", HelpName = "N" }.Check(n => n is >= 1 and <= 65_536, "1 to 65536");
    private static readonly Option<bool> UnitLength = new("--unit-length") { Description = "Scale vectors to length 1 at the end" };
    private static readonly Option<string> Out = CommonOptions.Out("Folder for vectors.npy, items.csv and embedder.json").IsOutput(folder => Embeddings.CheckSave(folder));

    public static Command Create(CancellationToken stop)
    {
        var command = Source.AddTo(new Command("embed", "Turn sounds, images or texts into vectors; what was embedded before is not embedded again"));
        foreach (var option in (Option[])[EmbedderName, EmbedderFrom, SampleRate, Pca, Whiten, Random, UnitLength, Out]) command.Options.Add(option);
        return command.Does(stop, Run).WithExamples(
            "simsearch embed sounds --out embeddings                            sounds/dog/*.wav, sounds/rain/*.flac, ...",
            "simsearch embed clips.csv --file-column path --label-column animal --group-column site --out embeddings",
            "simsearch embed recordings --segment 1 --overlap 0.5 --pca 32 --out embeddings",
            "simsearch embed sounds --random-projection 64 --unit-length --out embeddings",
            "simsearch embed fsdd --split train --sample-rate 8000 --out train",
            "simsearch embed fsdd --split test --embedder-from train --out test",
            "simsearch embed sounds --embedder model.onnx --out embeddings         a network, with model.model.json beside it",
            "simsearch embed photos --out embeddings                               photos/apple/*.jpg, photos/pear/*.png, ...",
            "simsearch embed questions.csv --text-column text --label-column category --out embeddings",
            "simsearch embed vectors.fvecs --labels labels.csv --out embeddings");
    }

    private static void Run(Invocation call)
    {
        string folder = call.Get(Out);
        var clock = Stopwatch.StartNew();
        IReadOnlyList<SkippedItem> skipped = [];
        using var embeddings = Source.IsTexts(call) ? Source.Embed(call, TextEmbedder(call)) : Source.IsVectors(call) ? Vectors(call) : Embed(call, out skipped);
        embeddings.Save(folder);

        var document = new JsonObject
        {
            ["out"] = Path.GetFullPath(folder), ["items"] = embeddings.Count, ["dimension"] = embeddings.Dimension, ["embedder"] = embeddings.EmbedderName,
            ["fingerprint"] = embeddings.Fingerprint, ["seconds"] = Math.Round(clock.Elapsed.TotalSeconds, 3), ["skipped"] = new JsonArray([.. skipped.Select(s => (JsonNode)s.Item.Id)]),
        };
        call.Screen.Result(document, console => console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{embeddings.Count} items x {embeddings.Dimension} by {embeddings.EmbedderName} in {clock.Elapsed.TotalSeconds:0.0} s -> {folder}")));
    }

    private static Embeddings Embed(Invocation call, out IReadOnlyList<SkippedItem> skipped)
    {
        var result = call.Given(EmbedderName) || call.Given(EmbedderFrom) ? Source.Embed(call, Embedder(call)) : EmbedByStandard(call);
        skipped = result.Skipped;
        return result.Embeddings;
    }

    /// <summary>With the embedder that is usual for what SOURCE holds.</summary>
    private static EmbedResult EmbedByStandard(Invocation call)
    {
        var dataset = Source.OpenDataset(call);
        if (dataset.HoldsImages && call.Given(SampleRate)) throw new UsageException($"--sample-rate is for sounds; '{Source.Path(call)}' holds images");
        return Source.Embed(call, dataset, WithSteps(call, FileEmbedders.Create(FileEmbedders.StandardFor(dataset), call.Get(SampleRate))));
    }

    private static TextEmbedder TextEmbedder(Invocation call)
    {
        foreach (var option in (Option[])[SampleRate, Pca, Whiten, Random, UnitLength])
            if (call.Given(option)) throw new UsageException($"{option.Name} does not go with --text-column");
        if (call.Get(EmbedderFrom) is not { } folder) return TextEmbedders.Create(call.Given(EmbedderName) ? call.Get(EmbedderName) : TextEmbedders.Names[0]);
        if (call.Given(EmbedderName)) throw new UsageException("--embedder-from brings everything along; leave out --embedder");
        return TextEmbedders.Load(Path.Combine(folder, "embedder.json"));
    }

    /// <summary>Ready-made vectors, through the steps that were asked for.</summary>
    private static Embeddings Vectors(Invocation call)
    {
        var steps = Steps(call);
        if (call.Get(EmbedderFrom) is { } folder)
        {
            if (steps.Count > 0) throw new UsageException("--embedder-from brings the steps along; leave out --pca, --whiten, --random-projection and --unit-length");
            var chain = VectorTransform.Load(Path.Combine(folder, "embedder.json"));
            using var given = Source.OpenVectors(call);
            return chain.ApplyTo(given);
        }
        var vectors = Source.OpenVectors(call);
        if (steps.Count == 0) return vectors;
        using (vectors) return VectorTransform.Fit(vectors.Vectors, steps).ApplyTo(vectors);
    }

    private static FileEmbedder Embedder(Invocation call)
    {
        if (call.Get(EmbedderFrom) is { } folder)
        {
            if (call.Given(EmbedderName) || call.Given(SampleRate) || call.Given(Pca) || call.Given(Whiten) || call.Given(Random) || call.Given(UnitLength)) throw new UsageException("--embedder-from brings everything along; leave out --embedder, --sample-rate, --pca, --whiten, --random-projection and --unit-length");
            return FileEmbedders.Load(Path.Combine(folder, "embedder.json"));
        }
        EmbedderOptions.Check(call, EmbedderName, SampleRate);
        return WithSteps(call, FileEmbedders.Create(call.Get(EmbedderName), call.Get(SampleRate)));
    }

    private static FileEmbedder WithSteps(Invocation call, FileEmbedder embedder) => Steps(call).Aggregate(embedder, (made, step) => made.With(step));

    /// <summary>Random projection, then PCA, then scaling, as far as asked for.</summary>
    private static List<IVectorStep> Steps(Invocation call)
    {
        if (call.Get(Whiten) && call.Get(Pca) is null) throw new UsageException("--whiten scales the components of --pca; say how many with --pca N");
        var steps = new List<IVectorStep>();
        if (call.Get(Random) is { } directions) steps.Add(new RandomProjectionRecipe(directions, Seed: call.Seed));
        if (call.Get(Pca) is { } count) steps.Add(new PcaRecipe(count, call.Get(Whiten)) { Seed = call.Seed });
        if (call.Get(UnitLength)) steps.Add(new UnitLengthRecipe());
        return steps;
    }
}
