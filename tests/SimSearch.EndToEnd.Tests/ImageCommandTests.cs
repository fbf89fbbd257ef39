using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using SimSearch.Tests.Support;

namespace SimSearch.EndToEnd.Tests;

/// <summary>The way of images on the command line: a folder, its vectors, an index, an image as the question, figures, a page, a map.</summary>
public sealed class ImageCommandTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    /// <summary>Five photos each of three classes of the grocery set, in class folders.</summary>
    private string Photos()
    {
        string grocery = SharedData.Data(Path.Combine("images", "grocery"));
        foreach (string name in (string[])["Banana", "Carrots", "Kiwi"])
        {
            Directory.CreateDirectory(folder[$"photos/{name}"]);
            foreach (string file in Directory.GetFiles(Path.Combine(grocery, name)).Order(StringComparer.Ordinal).Take(5)) File.Copy(file, folder[$"photos/{name}/{Path.GetFileName(file)}"]);
        }
        return folder["photos"];
    }

    [Fact]
    public void Images_are_embedded_indexed_evaluated_found_and_mapped()
    {
        string photos = Photos(), banana = Directory.GetFiles(folder["photos/Banana"]).Order(StringComparer.Ordinal).First();
        var embedded = Tool.Run("embed", photos, "--out", folder["e"], "--json").Succeeded().Json;
        Assert.Equal((15, "colour-stats"), ((int)embedded["items"]!, (string)embedded["embedder"]!));
        Tool.Run("index", "build", folder["e"], "--out", folder["i"]).Succeeded();
        var hits = Tool.Run("search", folder["i"], banana, "-k", "3", "--json").Succeeded().Json["queries"]![0]!["hits"]!.AsArray();
        Assert.Equal("Banana/" + Path.GetFileName(banana), (string)hits[0]!["id"]!);
        Assert.Equal(["Banana", "Banana", "Banana"], hits.Select(h => (string)h!["label"]!));
        Assert.DoesNotContain("from s", Tool.Run("search", folder["i"], banana, "-k", "3").Succeeded().Output);
        Assert.StartsWith("error: the embedder of the index takes images, not texts", Tool.Run("search", folder["i"], "--text", "banana").Errors);
        File.WriteAllText(folder["bark.wav"], "RIFF, more or less");
        Assert.StartsWith($"error: {folder["bark.wav"]}: the index holds images (embedder 'colour-stats'), and this is a sound", Tool.Run("search", folder["i"], folder["bark.wav"]).Errors);
        double precision = (double)Tool.Run("evaluate", folder["i"], "--k", "1", "--html", folder["page.html"], "--json").Succeeded().Json["precision"]!["1"]!["value"]!;
        Assert.InRange(precision, 0.8, 1);
        string page = File.ReadAllText(folder["page.html"]);
        Assert.True(Pictures(page) > 20);
        foreach (string ofSounds in (string[])["Not playable", "<audio", "Listen to", "look and sound"]) Assert.DoesNotContain(ofSounds, page);
        Tool.Run("project", folder["e"], "--method", "pca", "--out", folder["map"]).Succeeded();
        Assert.Equal(15, Pictures(File.ReadAllText(folder["map/index.html"])));

        // More of them, later; and what cannot be read is named and, if wanted, left out.
        Directory.CreateDirectory(folder["more/Kiwi"]);
        File.Copy(banana, folder["more/Kiwi/wrong.jpg"]);
        File.WriteAllBytes(folder["more/Kiwi/cut.jpg"], File.ReadAllBytes(banana)[..2000]);
        var refused = Tool.Run("add", folder["i"], folder["more"]);
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("Kiwi/cut.jpg", refused.Errors);
        Assert.Contains("the index holds 16", Tool.Run("add", folder["i"], folder["more"], "--skip-unreadable").Succeeded().Output);

        foreach (string[] wrong in (string[][])[["embed", photos, "--segment", "1", "--out", folder["x"]], ["embed", photos, "--sample-rate", "8000", "--out", folder["x"]], ["embed", photos, "--embedder", "colour-stats", "--sample-rate", "8000", "--out", folder["x"]]])
            Assert.Equal(2, Tool.Run(wrong).ExitCode);
        Assert.Equal(1, Tool.Run("embed", photos, "--embedder", "mfcc-stats", "--out", folder["x"]).ExitCode);
        Assert.False(Directory.Exists(folder["x"]));
    }

    [Fact]
    public void The_whole_path_takes_a_folder_of_images()
    {
        var run = Tool.Run("run", Photos(), "--out", folder["out"], "--embedder", "colour-edges").Succeeded();
        Assert.Contains("IMAGE.jpg", run.Output);
        string page = File.ReadAllText(folder["out/index.html"]);
        Assert.Contains("What the classes look like", page);
        Assert.True(Pictures(page) > 20);

        // A table whose groups are kinds of classes: leaving the query's own out would leave nothing to be found.
        File.WriteAllLines(folder["photos/table.csv"], ["file,class,group", .. Directory.GetFiles(folder["photos"], "*.jpg", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(folder["photos"], f)).Select(f => $"{f},{f.Split('/')[0]},{(f[0] == 'C' ? "vegetable" : "fruit")}")]);
        var table = Tool.Run("run", folder["photos/table.csv"], "--out", folder["table"], "--json").Succeeded();
        Assert.InRange((double)table.Json["precision"]!["1"]!["value"]!, 0.8, 1);
        Assert.Contains("every class lies within one group", table.Errors);
    }

    [Fact]
    public void A_machine_without_libvips_is_told_what_to_do()
    {
        string photos = Photos();
        var parts = Tool.Start("env", ["SIMSEARCH_VIPS=/nowhere/libvips.so", .. Tool.Command("doctor", "--json")]).Json.AsArray();
        JsonNode part = parts.Single(p => (string)p!["part"]! == "libvips")!;
        Assert.Equal("limited", (string)part["health"]!);
        Assert.Contains("npm ci --ignore-scripts", (string)part["remedy"]!);
        var embed = Tool.Start("env", ["SIMSEARCH_VIPS=/nowhere/libvips.so", $"SIMSEARCH_CACHE={folder["cache"]}", .. Tool.Command("embed", photos, "--out", folder["x"])]);
        Assert.Equal(1, embed.ExitCode);
        Assert.Contains("npm ci --ignore-scripts", embed.Errors);
        Assert.Contains("Jpeg, Png, Gif, WebP, Tiff", Tool.Run("doctor", "--json").Json.ToJsonString());
    }

    private static int Pictures(string page) => Regex.Count(page, "src=\"data:image/jpeg;base64,");
}
