using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using SimSearch.Cli.Terminal;
using SimSearch.Embedding;
using SimSearch.Onnx;
using Spectre.Console;

namespace SimSearch.Cli.Commands;

/// <summary><c>simsearch models list | fetch NAME | check MODEL | card MODEL</c>.</summary>
internal static class ModelsCommand
{
    private static readonly Argument<string> Name = CommonOptions.Word("NAME", "Name from 'simsearch models list', or the path of a manifest (.model.json)");
    private static readonly Argument<string> Model = CommonOptions.Word("MODEL", "Name from 'simsearch models list', or a model's file (MODEL.onnx, with MODEL.model.json beside it)");
    private static readonly Option<bool> Golden = new("--write-golden") { Description = "Write the vector that the manifest's golden sound has now into the manifest: for the author of a model, when its output was meant to change" };

    private static readonly Option<string[]> Hashes = new("--sha256")
    {
        Description = "For a model whose manifest knows no hash: the one that you trust, 64 hex digits. The file is used from then on if that is its hash", HelpName = "HASH",
    };

    public static Command Create(CancellationToken stop) => new Command("models", "List, fetch and check models that turn sounds, images and texts into vectors")
    {
        new Command("list", "List the models that come along or can be fetched").Does(stop, List).WithExamples("simsearch models list"),
        new Command("fetch", "Download a model, resuming where an earlier download stopped, and check its hash") { Name, Hashes }.Does(stop, Fetch).WithExamples("simsearch models fetch speech-embedding"),
        new Command("check", "Load a model, check its files' hashes, inputs and outputs, and compare its golden vector") { Model, Golden }.Does(stop, Check).WithExamples(
            "simsearch models check speech-embedding", "simsearch models check mine.onnx"),
        new Command("card", "Show what a model is, whose it is, and what becomes its input and how") { Model }.Does(stop, Card).WithExamples("simsearch models card speech-embedding"),
    }.WithExamples("simsearch models list", "simsearch embed sounds --embedder mine.onnx --out embeddings");

    private static void List(Invocation call)
    {
        ModelManifest[] manifests = [.. ModelShelf.BuiltIn.Select(m => ModelShelf.Find(m.Name))];
        var document = new JsonArray([.. manifests.Select(m => new JsonObject
        {
            ["name"] = m.Name, ["description"] = m.Description, ["licence"] = m.Licence, ["dimension"] = m.Dimension, ["bytes"] = m.Files.Sum(f => f.Bytes), ["here"] = ModelShelf.IsHere(m),
        })]);
        call.Screen.Result(document, console =>
        {
            var table = new Table().Border(TableBorder.Rounded).AddColumns("name", "what", "licence").AddColumn(new TableColumn("dimension").RightAligned()).AddColumn(new TableColumn("MB").RightAligned()).AddColumn("here");
            foreach (var m in manifests)
                table.AddRow(Markup.Escape(m.Name), Markup.Escape(Short(m.Description)), Markup.Escape(m.Licence), m.Dimension.ToString(CultureInfo.InvariantCulture), Megabytes(m), ModelShelf.IsHere(m) ? "yes" : "");
            console.Write(table);
            console.WriteLine("more of each: simsearch models card NAME");
        });
    }

    /// <summary>What a description says first, so that the list stays one; the card has the rest.</summary>
    private static string Short(string description) => description[..((string[])[": ", ", ", " (", ". "]).Select(end => description.IndexOf(end, StringComparison.Ordinal)).Where(at => at > 0).DefaultIfEmpty(description.Length).Min()];

    private static string Megabytes(ModelManifest manifest) => manifest.Files.Any(file => !file.IsPinned) ? "?" : (manifest.Files.Sum(f => f.Bytes) / 1e6).ToString("0.0", CultureInfo.InvariantCulture);

    private static void Fetch(Invocation call)
    {
        var manifest = ModelShelf.Find(call.Get(Name));
        string[] hashes = call.Get(Hashes) ?? [];
        if (hashes.FirstOrDefault(hash => hash.Length != 64 || !hash.All(char.IsAsciiHexDigit)) is { } wrong) throw new UsageException($"--sha256 {wrong} must be 64 hex digits");
        if (hashes.Length > 0 && manifest.Files.All(file => file.IsPinned)) throw new UsageException($"--sha256 is for files whose hash the manifest does not know; '{manifest.Name}' has all of them");
        call.Screen.Say($"{manifest.Name}: {manifest.Licence}");
        string folder = call.Screen.Track(progress => ModelShelf.Fetch(manifest, progress: progress, cancellation: call.Stop));
        if (hashes.Length > 0) manifest = ModelShelf.Accept(manifest, hashes);
        ModelFile[] loose = [.. manifest.Files.Where(file => !file.IsPinned).Select(file => ModelFile.Of(Path.Combine(folder, file.Name)))];
        foreach (var file in loose)
            call.Screen.Warn($"nothing vouches for {file.Name}: it has {file.Bytes} bytes and SHA-256 {file.Sha256}; compare with the publisher's; if it is that hash, 'simsearch models fetch {manifest.Name} --sha256 {file.Sha256}' says so, and it is used from then on");
        var document = new JsonObject
        {
            ["name"] = manifest.Name, ["folder"] = folder,
            ["unconfirmed"] = new JsonArray([.. loose.Select(f => (JsonNode)new JsonObject { ["name"] = f.Name, ["bytes"] = f.Bytes, ["sha256"] = f.Sha256 })]),
        };
        call.Screen.Result(document, console => console.WriteLine($"{manifest.Name} -> {folder}"));
    }

    private static void Check(Invocation call)
    {
        string name = call.Get(Model);
        if (call.Get(Golden)) WriteGolden(name);
        var manifest = ModelShelf.Find(name);
        // Hashes, those of vocabularies too, and the golden vector are compared on the way.
        string fingerprint = manifest.Kind switch { ModelKind.Text => ModelShelf.OpenText(name).Fingerprint, ModelKind.Image => ModelShelf.OpenImage(name).Fingerprint, _ => ModelShelf.Open(name).Fingerprint };
        var files = manifest.Files.Where(file => file.Name.EndsWith(".onnx", StringComparison.Ordinal)).Select(file =>
        {
            string path = ModelShelf.PathOf(manifest, file, name);
            using var session = OnnxSession.FromFile(path, OnnxSessionOptions.SingleThread, file.Sha256);
            return (file.Name, Path: path, Info: OnnxModelInfo.Read(File.ReadAllBytes(path)), session.Inputs, session.Outputs);
        }).ToList();
        if (!manifest.HasGolden) call.Screen.Warn($"the manifest of {manifest.Name} has no golden vector: nothing shows that its preprocessing is the one the model was made with");
        var document = new JsonObject
        {
            ["name"] = manifest.Name, ["fingerprint"] = fingerprint, ["dimension"] = manifest.Dimension, ["golden"] = !manifest.HasGolden ? null : "equal",
            ["files"] = new JsonArray([.. files.Select(f => (JsonNode)new JsonObject
            {
                ["name"] = f.Name, ["path"] = f.Path, ["nodes"] = f.Info.Nodes, ["parameters"] = f.Info.Parameters, ["opset"] = f.Info.Opsets.GetValueOrDefault("", f.Info.Opsets.GetValueOrDefault("ai.onnx")),
                ["inputs"] = new JsonArray([.. f.Inputs.Select(v => (JsonNode)v.ToString())]), ["outputs"] = new JsonArray([.. f.Outputs.Select(v => (JsonNode)v.ToString())]),
            })]),
        };
        call.Screen.Result(document, console =>
        {
            foreach (var f in files) console.WriteLine($"{f.Name}: hash as it should be; {f.Info}\n  takes {string.Join("; ", f.Inputs)}\n  gives {string.Join("; ", f.Outputs)}");
            console.WriteLine($"{manifest.Name}: {manifest.Dimension} dimensions{(!manifest.HasGolden ? "" : ", the golden vector comes out")}; fingerprint {fingerprint}");
        });
    }

    private static void WriteGolden(string name)
    {
        if (!File.Exists(ModelManifest.PathFor(name))) throw new UsageException($"--write-golden changes a manifest; give its path instead of '{name}'");
        var manifest = ModelManifest.Load(name);
        manifest.WithGolden(file => ModelShelf.PathOf(manifest, file, name)).Save(name);
    }

    private static void Card(Invocation call)
    {
        var manifest = ModelShelf.Find(call.Get(Model));
        call.Screen.Result(JsonNode.Parse(manifest.ToJson())!, console =>
        {
            console.WriteLine($"{manifest.Name}: {manifest.Description}");
            // Lines rather than a table: steps are long, and a table would pad every line to the longest.
            void Row(string what, string? text)
            {
                if (text is not null) console.MarkupLine($"[grey]{what,-9}[/]{Markup.Escape(text)}");
            }
            Row("licence", manifest.Licence);
            Row("page", manifest.Homepage?.ToString());
            Row("cite", manifest.Citation);
            Row("note", manifest.Note);
            Row("takes", manifest.Kind switch { ModelKind.Text => "texts", ModelKind.Image => "images", _ => $"sounds, brought to {manifest.SampleRate} Hz" });
            if (manifest.Text is { } text) Row("text", string.Create(CultureInfo.InvariantCulture, $"WordPiece of {text.Vocabulary}, {(text.LowerCase ? "lower case" : "cased")}, up to {text.MaxLength} pieces; {text.Output}, {text.Pooling.ToString().ToLowerInvariant()}{(text.Unit ? ", length 1" : "")}"));
            if (manifest.Image is { } image) Row("image", JsonNode.Parse(ModelManifest.ImageJson(image with { Golden = null }))!.ToJsonString());
            for (int i = 0; i < manifest.Steps.Count; i++) Row(i == 0 ? "steps" : "", JsonNode.Parse(ModelManifest.StepJson(manifest.Steps[i]))!.ToJsonString());
            if (manifest.LearnedFrom is { } learned) Row("learned", string.Create(CultureInfo.InvariantCulture, $"from {learned.Sounds} files, known by their hashes: evaluations say when they come back"));
            Row("gives", $"{manifest.Dimension} numbers");
            foreach (var file in manifest.Files) Row("file", $"{file.Name}, {file.Bytes} bytes, SHA-256 {file.Sha256}{(file.Url is null ? "" : $", {file.Url}")}");
            Row("here", ModelShelf.IsHere(manifest, call.Get(Model)) ? "yes" : "no");
        });
    }
}
