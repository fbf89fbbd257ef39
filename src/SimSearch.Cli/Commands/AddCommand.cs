using System.CommandLine;
using System.Text.Json.Nodes;
using SimSearch.Cli.Terminal;
using SimSearch.Embedding;
using SimSearch.Indexing;
using Spectre.Console;

namespace SimSearch.Cli.Commands;

/// <summary><c>simsearch add INDEX SOURCE|DIR</c>: sounds (embedded with the index's own embedder) or ready embeddings.</summary>
internal static class AddCommand
{
    private static readonly Argument<string> Index = CommonOptions.Word("INDEX", "Folder of the index");
    private static readonly SourceOptions Source = new();

    public static Command Create(CancellationToken stop) =>
        Source.AddTo(new Command("add", "Add sounds or embeddings to an index; sounds are embedded with the index's own embedder") { Index }).Does(stop, Run).WithExamples(
            "simsearch add index more-sounds",
            "simsearch add index embeddings-of-today",
            "simsearch add index clips.csv --file-column path --label-column animal");

    private static void Run(Invocation call)
    {
        string folder = call.Get(Index);
        using var index = VectorIndex.Load(folder);
        VectorIndex.CheckSave(folder);
        using var added = Open(call, index);
        call.Screen.Track(progress =>
        {
            index.Add(added, progress, call.Stop);
            return 0;
        });
        index.Save(folder);
        var document = new JsonObject { ["index"] = Path.GetFullPath(folder), ["added"] = added.Count, ["count"] = index.Count };
        call.Screen.Result(document, console => console.WriteLine($"added {added.Count}, the index holds {index.Count}"));
    }

    private static Embeddings Open(Invocation call, VectorIndex index)
    {
        if (Source.IsVectors(call)) return Source.OpenVectors(call);
        if (File.Exists(Path.Combine(Source.Path(call), "vectors.npy"))) return Embeddings.Load(Source.Path(call));
        return Source.Embed(call, index.OpenEmbedder()).Embeddings;
    }
}

/// <summary><c>simsearch remove INDEX ID...</c>.</summary>
internal static class RemoveCommand
{
    private static readonly Argument<string> Index = CommonOptions.Word("INDEX", "Folder of the index");
    private static readonly Argument<string[]> Ids = CommonOptions.Words("ID", "Ids of the items to remove");

    public static Command Create(CancellationToken stop) =>
        new Command("remove", "Remove items from an index") { Index, Ids }.Does(stop, Run).WithExamples("simsearch remove index dog/07.wav dog/08.wav");

    private static void Run(Invocation call)
    {
        string folder = call.Get(Index);
        using var index = VectorIndex.Load(folder);
        int before = index.Count;
        index.Remove(call.Get(Ids));
        index.Save(folder);
        var document = new JsonObject { ["index"] = Path.GetFullPath(folder), ["removed"] = before - index.Count, ["count"] = index.Count };
        call.Screen.Result(document, console => console.WriteLine($"removed {before - index.Count}, the index holds {index.Count}"));
    }
}
