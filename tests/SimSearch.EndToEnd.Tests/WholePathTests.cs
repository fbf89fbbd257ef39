using System.Text.Json.Nodes;
using SimSearch.Storage;
using SimSearch.Tests.Support;

namespace SimSearch.EndToEnd.Tests;

/// <summary>Sounds made once, embedded and indexed through the command line; each test goes on from there in a folder of its own.</summary>
public sealed class SmallIndex : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public SmallIndex()
    {
        Tool.Run("datasets", "synthetic", Sounds, "--per-class", "4", "--seed", "5").Succeeded();
        Tool.Run("embed", Sounds, "--out", Embeddings).Succeeded();
        Tool.Run("index", "build", Embeddings, "--out", Index).Succeeded();
    }

    public string Sounds => folder["sounds"];
    public string Embeddings => folder["embeddings"];
    public string Index => folder["index"];

    public void Dispose() => folder.Dispose();
}

/// <remarks>One process at a time can use the cache of an embedder, and others go without it: classes that embed with the command line do not run side by side.</remarks>
[Collection("the cache of vectors")]
public sealed class WholePathTests(SmallIndex small) : IClassFixture<SmallIndex>, IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    private static string Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (string file in Directory.EnumerateFiles(from)) File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        return to;
    }

    private static string[] Ids(JsonNode search, int query = 0) => [.. search["queries"]![query]!["hits"]!.AsArray().Select(h => (string)h!["id"]!)];

    [Fact]
    public void Embeddings_are_a_plain_array_and_a_plain_table()
    {
        float[] values = Npy.Read<float>(Path.Combine(small.Embeddings, "vectors.npy"), out long[] shape);
        Assert.Equal(64, shape[0]);
        Assert.All(values, v => Assert.True(float.IsFinite(v)));
        Assert.Equal(65, File.ReadAllLines(Path.Combine(small.Embeddings, "items.csv")).Length);
        Assert.True(File.Exists(Path.Combine(small.Embeddings, "embedder.json")));
    }

    [Fact]
    public void A_second_run_embeds_nothing_and_gives_the_same_bytes()
    {
        string vectors = Path.Combine(small.Embeddings, "vectors.npy");
        byte[] before = File.ReadAllBytes(vectors);
        var again = Tool.Run("embed", small.Sounds, "--out", small.Embeddings).Succeeded();
        Assert.Contains("64 of 64 items had not changed", again.Errors);
        Assert.Equal(before, File.ReadAllBytes(vectors));
    }

    [Fact]
    public void A_file_of_the_gallery_finds_itself_first_and_by_id_it_does_not()
    {
        string file = Directory.EnumerateFiles(Path.Combine(small.Sounds, "siren")).Order(StringComparer.Ordinal).First();
        string id = $"siren/{Path.GetFileName(file)}";
        var byFile = Tool.Run("search", small.Index, file, "-k", "3", "--json").Succeeded().Json;
        Assert.Equal(id, Ids(byFile)[0]);
        Assert.Equal(3, Ids(byFile).Length);
        Assert.InRange((double)byFile["queries"]![0]!["hits"]![0]!["score"]!, 0.9999, 1.0001);
        var byId = Tool.Run("search", small.Index, "--ids", id, "-k", "3", "--json").Succeeded().Json;
        Assert.DoesNotContain(id, Ids(byId));
        Assert.Equal(Ids(byFile)[1..], Ids(byId)[..2]);
    }

    [Fact]
    public void Vectors_find_their_own_rows_in_csv_and_npy()
    {
        string vectors = Path.Combine(small.Embeddings, "vectors.npy");
        Tool.Run("search", small.Index, vectors, "-k", "2", "--out", folder["hits.npy"]).Succeeded();
        long[] rows = Npy.Read<long>(folder["hits.npy"], out long[] shape);
        Assert.Equal([64L, 2L], shape);
        Assert.Equal("<i8", Npy.ReadHeader(folder["hits.npy"]).Descr);
        Assert.Equal(Enumerable.Range(0, 64).Select(i => (long)i), rows.Where((_, i) => i % 2 == 0));

        Tool.Run("search", small.Index, vectors, "-k", "2", "--out", folder["hits.csv"]).Succeeded();
        string[] lines = File.ReadAllLines(folder["hits.csv"]);
        Assert.Equal("query,rank,id,score,label,start,duration", lines[0]);
        Assert.Equal(129, lines.Length);
    }

    [Fact]
    public void What_is_removed_is_not_found_and_what_is_added_again_is()
    {
        string index = Copy(small.Index, folder["index"]);
        string file = Directory.EnumerateFiles(Path.Combine(small.Sounds, "organ")).Order(StringComparer.Ordinal).First();
        string id = $"organ/{Path.GetFileName(file)}";
        var removed = Tool.Run("remove", index, id, "--json").Succeeded().Json;
        Assert.Equal(63, (int)removed["count"]!);
        Assert.DoesNotContain(id, Ids(Tool.Run("search", index, file, "-k", "63", "--json").Succeeded().Json));
        Assert.Equal(1, Tool.Run("remove", index, id).ExitCode);

        string one = Path.Combine(folder["more"], "organ");
        Directory.CreateDirectory(one);
        File.Copy(file, Path.Combine(one, Path.GetFileName(file)));
        File.WriteAllText(Path.Combine(one, "broken.wav"), "this is no sound");
        var refused = Tool.Run("add", index, folder["more"], "--json");
        Assert.Equal((1, ""), (refused.ExitCode, refused.Output));
        Assert.Contains("--skip-unreadable", refused.Errors);
        var added = Tool.Run("add", index, folder["more"], "--skip-unreadable", "--json").Succeeded();
        Assert.Equal(1, (int)added.Json["added"]!);
        Assert.Contains("organ/broken.wav", added.Errors);
        Assert.Equal(id, Ids(Tool.Run("search", index, file, "-k", "1", "--json").Succeeded().Json)[0]);
    }

    [Fact]
    public void An_exported_index_comes_back_with_the_same_neighbours()
    {
        Tool.Run("index", "export", small.Index, "--faiss", folder["i.faiss"]).Succeeded();
        Tool.Run("index", "import", folder["i.faiss"], "--embeddings", small.Embeddings, "--metric", "cosine", "--out", folder["back"]).Succeeded();
        string file = Directory.EnumerateFiles(Path.Combine(small.Sounds, "rain")).First();
        var here = Tool.Run("search", small.Index, file, "--json").Succeeded().Json;
        var back = Tool.Run("search", folder["back"], Path.Combine(small.Embeddings, "vectors.npy"), "--json").Succeeded().Json;
        int query = Array.FindIndex(Ids(here), id => id.StartsWith("rain/", StringComparison.Ordinal));
        Assert.True(query >= 0);
        Assert.Equal(64, back["queries"]!.AsArray().Count);
        string own = $"rain/{Path.GetFileName(file)}";
        var same = back["queries"]!.AsArray().First(q => (string)q!["hits"]![0]!["id"]! == own)!;
        Assert.Equal(Ids(here), same["hits"]!.AsArray().Select(h => (string)h!["id"]!).ToArray());
    }

    [Fact]
    public void Evaluation_prints_the_figures_other_programs_read()
    {
        var figures = Tool.Run("evaluate", small.Index, "--exclude-same-group", "--k", "1,3", "--json", "--html", folder["page.html"]).Succeeded().Json;
        Assert.Equal(64, (int)figures["queries"]!);
        foreach (string name in (string[])["precision", "recall", "ndcg", "knn_accuracy"])
            foreach (string k in (string[])["1", "3"])
            {
                double value = (double)figures[name]![k]!["value"]!, low = (double)figures[name]![k]!["low"]!, high = (double)figures[name]![k]!["high"]!;
                Assert.True(0 <= low && low <= value && value <= high && high <= 1, $"{name}@{k}: {low} {value} {high}");
            }
        foreach (string name in (string[])["map", "map_at_r", "r_precision", "mrr"]) Assert.InRange((double)figures[name]!["value"]!, 0.05, 1);
        Assert.True(double.IsFinite((double)figures["hubness"]!));
        Assert.Equal(16, figures["per_class"]!.AsObject().Count);
        Assert.InRange((double)figures["precision"]!["1"]!["value"]!, 0.4, 0.999);
        Assert.Contains("<svg", File.ReadAllText(folder["page.html"]));
    }

    [Fact]
    public void An_approximate_index_reports_its_own_recall_which_grows_with_nprobe()
    {
        Tool.Run("index", "build", small.Embeddings, "--factory", "IVF8,Flat", "--out", folder["ivf"]).Succeeded();
        double Recall(string nprobe) => (double)Tool.Run("evaluate", folder["ivf"], "--param", $"nprobe={nprobe}", "--json").Succeeded().Json["ann_recall"]!["10"]!["value"]!;
        double narrow = Recall("1"), wide = Recall("8");
        Assert.True(narrow < wide, $"{narrow} {wide}");
        Assert.Equal(1, wide, 6);
        var wrong = Tool.Run("evaluate", folder["ivf"], "--param", "efSearch=4");
        Assert.Equal(1, wrong.ExitCode);
        Assert.Contains("nprobe", wrong.Errors);
    }

    [Fact]
    public void A_query_made_by_another_embedder_is_refused_with_an_explanation()
    {
        Tool.Run("embed", small.Sounds, "--embedder", "chroma-stats", "--out", folder["chroma"]).Succeeded();
        var result = Tool.Run("evaluate", small.Index, "--queries", folder["chroma"]);
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("chroma-stats", result.Errors);
        Assert.Contains("combined-stats", result.Errors);
    }

    [Fact]
    public void A_damaged_index_is_refused()
    {
        string index = Copy(small.Index, folder["damaged"]);
        string file = Path.Combine(index, "vectors.npy");
        byte[] bytes = File.ReadAllBytes(file);
        bytes[bytes.Length / 2] ^= 1;
        File.WriteAllBytes(file, bytes);
        var result = Tool.Run("search", index, Path.Combine(small.Embeddings, "vectors.npy"));
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("vectors.npy", result.Errors);
    }

    [Fact]
    public void Run_writes_a_page_and_the_second_run_embeds_nothing()
    {
        // A sample rate that no other test embeds these sounds at: nothing of them is in the cache.
        string[] arguments = ["run", small.Sounds, "--sample-rate", "11025", "--out", folder["out"]];
        var first = Tool.Run(arguments).Succeeded();
        Assert.Contains("64 embedded in this run", first.Output);
        Assert.Contains("precision@1", first.Output);
        byte[] page = File.ReadAllBytes(folder["out/index.html"]);
        var second = Tool.Run(arguments).Succeeded();
        Assert.Contains("0 embedded in this run", second.Output);
        Assert.Equal(page, File.ReadAllBytes(folder["out/index.html"]));
    }

    [Fact]
    public void A_rerun_with_other_labels_does_not_keep_the_old_index()
    {
        string[] files = [.. Directory.EnumerateFiles(small.Sounds, "*.wav", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Take(12)];
        void Write(string second) => File.WriteAllLines(folder["table.csv"], files.Select((file, i) => $"{file},{(i % 2 == 0 ? "even" : "odd")}|{second}").Prepend("file,labels"));
        string[] arguments = ["run", folder["table.csv"], "--embedder", "spectral-stats", "--sample-rate", "8000", "--out", folder["out"]];
        Write("loud");
        Tool.Run(arguments).Succeeded();
        Assert.Contains("even|loud", File.ReadAllText(folder["out/index/items.csv"]));
        // The vectors and the first labels are the same; the second label counts in an evaluation too.
        Write("quiet");
        Tool.Run(arguments).Succeeded();
        Assert.Contains("even|quiet", File.ReadAllText(folder["out/index/items.csv"]));
        Assert.DoesNotContain("loud", File.ReadAllText(folder["out/index/items.csv"]));
    }

    [Fact]
    public void Long_sounds_are_cut_into_stretches_that_hits_point_into()
    {
        Tool.Run("embed", small.Sounds, "--segment", "0.5", "--overlap", "0.5", "--pca", "8", "--whiten", "--embedder", "mfcc-stats", "--out", folder["e"]).Succeeded();
        Assert.Equal(8, Npy.ReadHeader(Path.Combine(folder["e"], "vectors.npy")).Shape[1]);
        Tool.Run("index", "build", folder["e"], "--out", folder["i"]).Succeeded();
        string file = Directory.EnumerateFiles(Path.Combine(small.Sounds, "siren")).First();
        var hit = Tool.Run("search", folder["i"], file, "-k", "1", "--json").Succeeded().Json["queries"]![0]!["hits"]![0]!;
        Assert.Equal(0.5, (double)hit["duration"]!, 6);
        Assert.InRange((double)hit["start"]!, 0, 3);
        Assert.Contains('#', (string)hit["id"]!);
        Assert.Equal(2, Tool.Run("embed", small.Sounds, "--whiten", "--out", folder["x"]).ExitCode);
    }

    [Fact]
    public void A_split_keeps_groups_apart_and_a_leak_in_it_is_found()
    {
        Tool.Run("datasets", "split", small.Sounds, "--test", "0.25", "--out", folder["s.csv"]).Succeeded();
        Assert.True((bool)Tool.Run("datasets", "check", folder["s.csv"], "--content", "--json").Succeeded().Json["clean"]!);
        Tool.Run("embed", folder["s.csv"], "--split", "test", "--out", folder["e"]).Succeeded();
        Assert.Equal(16, Npy.ReadHeader(Path.Combine(folder["e"], "vectors.npy")).Shape[0]);

        // The same sound under another name on the other side.
        string copy = folder["copy.wav"], original = Directory.EnumerateFiles(Path.Combine(small.Sounds, "rain")).First();
        File.Copy(original, copy);
        File.WriteAllText(folder["leaky.csv"], $"file,label,split\n{original},rain,train\n{copy},rain,test\n");
        var leak = Tool.Run("datasets", "check", folder["leaky.csv"], "--content");
        Assert.Equal(1, leak.ExitCode);
        Assert.Contains("copy.wav", leak.Output);
        Assert.Contains("leaks", leak.Errors);
    }

    [Fact]
    public void Sounds_without_labels_are_indexed_and_can_be_searched()
    {
        Directory.CreateDirectory(folder["flat"]);
        string[] files = [.. Directory.EnumerateFiles(Path.Combine(small.Sounds, "bell"))];
        foreach (string file in files) File.Copy(file, Path.Combine(folder["flat"], Path.GetFileName(file)));
        var run = Tool.Run("run", folder["flat"], "--out", folder["o"]).Succeeded();
        Assert.Contains("no item has a label", run.Output);
        Assert.False(File.Exists(folder["o/index.html"]));
        Assert.Equal(Path.GetFileName(files[0]), Ids(Tool.Run("search", folder["o/index"], files[0], "-k", "1", "--json").Succeeded().Json)[0]);
    }

    [Fact]
    public void Figures_that_mean_little_come_with_a_warning()
    {
        var oneClass = Tool.Run("run", Path.GetDirectoryName(small.Sounds)!, "--skip-unreadable", "--out", folder["o"]);
        Assert.Contains("every hit is right by definition", oneClass.Errors);
        Assert.Contains("one level too high", oneClass.Errors);

        Tool.Run("index", "build", small.Embeddings, "--factory", "IVF8,Flat", "--out", folder["ivf"]).Succeeded();
        var narrow = Tool.Run("evaluate", folder["ivf"], "--json").Succeeded();
        Assert.Contains("nprobe=4", narrow.Errors);
        Assert.Equal(1, (double)narrow.Json["protocol"]!["parameters"]!["nprobe"]!);
        Assert.NotEmpty(narrow.Json["warnings"]!.AsArray());
        Assert.Empty(Tool.Run("evaluate", small.Index, "--json").Succeeded().Json["warnings"]!.AsArray());
    }

    [Fact]
    public void A_sound_added_from_another_folder_is_found_where_it_lies()
    {
        string index = Copy(small.Index, folder["index"]);
        string elsewhere = Path.Combine(folder["other"], "meow");
        Directory.CreateDirectory(elsewhere);
        File.Copy(Directory.EnumerateFiles(Path.Combine(small.Sounds, "birds")).First(), Path.Combine(elsewhere, "new.wav"));
        Tool.Run("add", index, folder["other"]).Succeeded();
        Assert.Contains(Path.Combine(elsewhere, "new.wav"), File.ReadAllText(Path.Combine(index, "items.csv")));
    }

    [Fact]
    public void Ready_made_vectors_with_labels_are_indexed_and_evaluated()
    {
        string vectors = SharedData.Data("ann/fsdd_oww96.fvecs"), labels = SharedData.Data("audio/fsdd/fsdd.csv");
        Tool.Run("embed", vectors, "--labels", labels, "--label-column", "digit", "--group-column", "speaker", "--out", folder["e"]).Succeeded();
        Tool.Run("index", "build", folder["e"], "--out", folder["i"]).Succeeded();
        var figures = Tool.Run("evaluate", folder["i"], "--leave-one-out", "--k", "1,5,10", "--json").Succeeded().Json;
        Assert.Equal(0.73333, (double)figures["precision"]!["1"]!["value"]!, 4);
        Assert.Equal(0.64607, (double)figures["precision"]!["5"]!["value"]!, 4);
        Assert.Equal(0.21357, (double)figures["map"]!["value"]!, 4);
    }
}
