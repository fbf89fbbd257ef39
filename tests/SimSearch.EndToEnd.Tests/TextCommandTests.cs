using SimSearch.Tests.Support;

namespace SimSearch.EndToEnd.Tests;

/// <summary>The way of texts on the command line: a table, its vectors, an index, a question.</summary>
public sealed class TextCommandTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Texts_are_embedded_evaluated_and_found()
    {
        File.WriteAllText(folder["train.csv"], "text,category\nwhere is my card,card\nmy card has not come,card\nthe rate of the euro,rate\nwhat rate do I get,rate\n");
        File.WriteAllText(folder["test.csv"], "question,kind\nhas my card come,card\neuro rate,rate\n");
        Tool.Run("embed", folder["train.csv"], "--text-column", "text", "--label-column", "category", "--out", folder["train"]).Succeeded();
        Tool.Run("embed", folder["test.csv"], "--text-column", "question", "--label-column", "kind", "--embedder-from", folder["train"], "--out", folder["test"]).Succeeded();
        Tool.Run("index", "build", folder["train"], "--out", folder["i"]).Succeeded();
        Assert.Contains("2 queries against 4 items", Tool.Run("evaluate", folder["i"], "--queries", folder["test"], "--k", "1").Succeeded().Output);
        Assert.Equal("train#00000002", (string)Tool.Run("search", folder["i"], "--text", "euro", "-k", "1", "--json").Succeeded().Json["queries"]![0]!["hits"]![0]!["id"]!);

        // What was found is read, not looked up by its number.
        string found = Tool.Run("search", folder["i"], "--text", "euro", "-k", "1", "--out", folder["hits.csv"]).Succeeded().Output;
        Assert.Matches(@"rate +the rate of the euro +train#00000002", found);
        Assert.DoesNotContain("from s", found);
        Assert.Contains("train#00000000: where is my card", Tool.Run("search", folder["i"], "--ids", "train#00000000", "-k", "1").Succeeded().Output);
        Assert.StartsWith("query,rank,id,score,label,start,duration,text\neuro,1,train#00000002,", File.ReadAllText(folder["hits.csv"]));
        Assert.EndsWith(",the rate of the euro\n", File.ReadAllText(folder["hits.csv"]));
        Tool.Run("evaluate", folder["i"], "--queries", folder["test"], "--k", "1", "--html", folder["page.html"]).Succeeded();
        string page = File.ReadAllText(folder["page.html"]);
        Assert.Contains("<q class=\"ss-words\">has my card come</q>", page);
        foreach (string ofSounds in (string[])["Not playable", "<audio", "Listen to", "look and sound"]) Assert.DoesNotContain(ofSounds, page);

        Assert.Equal(2, Tool.Run("embed", folder["train.csv"], "--text-column", "text", "--pca", "2", "--out", folder["x"]).ExitCode);
        Assert.Equal(2, Tool.Run("search", folder["i"], "--text", "--ids", "euro").ExitCode);
        Assert.StartsWith("error: the embedder of the index takes texts, not sounds or images; give texts", Tool.Run("search", folder["i"], "bark.wav").Errors);
        // What a newcomer tries first leads on.
        Assert.Contains("--text-column", Tool.Run("embed", folder["train.csv"], "--out", folder["x"]).Errors);
        var missing = Tool.Run("embed", folder["train.csv"], "--text-column", "body", "--out", folder["x"]);
        Assert.Equal(1, missing.ExitCode);
        Assert.False(Directory.Exists(folder["x"]));
    }
}
