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

        Assert.Equal(2, Tool.Run("embed", folder["train.csv"], "--text-column", "text", "--pca", "2", "--out", folder["x"]).ExitCode);
        Assert.Equal(2, Tool.Run("search", folder["i"], "--text", "--ids", "euro").ExitCode);
        var missing = Tool.Run("embed", folder["train.csv"], "--text-column", "body", "--out", folder["x"]);
        Assert.Equal(1, missing.ExitCode);
        Assert.False(Directory.Exists(folder["x"]));
    }
}
