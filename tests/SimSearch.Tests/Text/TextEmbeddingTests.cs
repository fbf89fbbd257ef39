using SimSearch.Embedding;
using SimSearch.Indexing;
using SimSearch.Tests.Support;
using SimSearch.Text;

namespace SimSearch.Tests.Text;

public sealed class TextEmbeddingTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("simsearch-text-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private string Write(string name, string content)
    {
        string path = Path.Combine(folder, name);
        File.WriteAllText(path, content);
        return path;
    }

    private const string Table = "text,category\n\"Where is my card, please?\nIt has not come\",card\nmy card has not arrived,card\nexchange rates of the euro,rate\n\"what is the \"\"rate\"\" today\",rate\n";

    [Fact]
    public void Texts_of_a_table_are_embedded_indexed_and_found_by_text()
    {
        var set = TextTable.FromCsv(Write("q.csv", Table));
        Assert.Equal(["q#00000000", "q#00000001", "q#00000002", "q#00000003"], set.Items.Select(i => i.Id));
        Assert.Equal("what is the \"rate\" today", TextTable.TextOf(set.Items[3]));
        var result = TextEmbedding.Run(set, new HashedTextEmbedder());
        using var embeddings = result.Embeddings;
        for (int i = 0; i < 4; i++)
        {
            double length = 0;
            foreach (float v in embeddings.Vectors.Row(i)) length += (double)v * v;
            Assert.Equal(1, length, 1e-5);
        }
        using var index = VectorIndex.Build(embeddings, "Flat", Metric.Cosine);
        index.Save(Path.Combine(folder, "index"));
        using var loaded = VectorIndex.Load(Path.Combine(folder, "index"));
        Assert.Equal("q#00000002", loaded.SearchTexts(["euro exchange"], 1).Hits(0).First().Id);
        Assert.Contains("texts, not sounds", Assert.Throws<SimSearchException>(() => loaded.SearchFiles(["x.wav"], 1)).Message);
        Assert.Contains("empty", Assert.Throws<SimSearchException>(() => loaded.SearchTexts([" "], 1)).Message);
    }

    [Fact]
    public void An_embedder_read_back_is_the_same_to_the_last_bit_and_one_that_was_changed_is_refused()
    {
        var made = TextEmbedding.Run(TextTable.FromCsv(Write("q.csv", Table)), new HashedTextEmbedder(64));
        using var embeddings = made.Embeddings;
        var back = TextEmbedder.FromJson(made.Embedder.ToJson());
        Assert.Equal(made.Embedder.Fingerprint, back.Fingerprint);
        float[] a = new float[64], b = new float[64];
        made.Embedder.Embed(["a card"], a);
        back.Embed(["a card"], b);
        Assert.Equal(a, b);
        string json = made.Embedder.ToJson();
        foreach (string bad in new[] { json.Replace("\"version\": 1", "\"version\": 9"), json.Replace("\"dimension\": 64", "\"dimension\": 65"), json.Replace("weights\": \"", "weights\": \"AA"), "{}", "[]", "" })
            Assert.Throws<SimSearchException>(() => TextEmbedder.FromJson(bad));
    }

    [Fact]
    public void Bad_tables_and_texts_are_named()
    {
        Assert.Contains("no column 'body'; the columns are text, category", Assert.Throws<SimSearchException>(() => TextTable.FromCsv(Write("a.csv", Table), "body")).Message);
        var gaps = TextTable.FromCsv(Write("b.csv", "text,category\n,x\nhello there,y\n"));
        Assert.Contains("'b#00000000': the text is empty", Assert.Throws<SimSearchException>(() => TextEmbedding.Run(gaps, new HashedTextEmbedder())).Message);
        var result = TextEmbedding.Run(gaps, new HashedTextEmbedder(), new EmbedOptions { SkipUnreadable = true });
        using var embeddings = result.Embeddings;
        Assert.Equal("b#00000000", Assert.Single(result.Skipped).Item.Id);
        Assert.Throws<SimSearchException>(() => TextEmbedding.Run(TextTable.FromCsv(Write("c.csv", "text\n\"\"\n")), new HashedTextEmbedder()));
        Assert.Throws<InvalidOperationException>(() => new HashedTextEmbedder().Embed(["a"], new float[2048]));
        File.WriteAllBytes(Path.Combine(folder, "d.csv"), [.. "text\n"u8, 0xFF, 0xFE, (byte)'\n']);
        Assert.Contains("UTF-8", Assert.Throws<SimSearchException>(() => TextTable.FromCsv(Path.Combine(folder, "d.csv"))).Message);
    }

    [Fact]
    public void Half_of_the_terms_count_downwards()
    {
        var embedder = new HashedTextEmbedder().Fit(["a b c", "d"]);
        var vector = new float[2048];
        embedder.Embed([string.Join(' ', Enumerable.Range(0, 60).Select(i => $"word{i * i}"))], vector);
        int used = vector.Count(v => v != 0);
        Assert.True(used > 200, $"{used}");
        Assert.InRange(vector.Count(v => v < 0) / (double)used, 0.4, 0.6);
    }

    [Fact]
    public void Any_text_gives_a_finite_vector_of_length_one()
    {
        var embedder = new HashedTextEmbedder(256).Fit(["a b c", "d"]);
        var vector = new float[256];
        foreach (string text in new[] { "?", "\uD83D", "\u0000", "中文", string.Concat(Enumerable.Repeat("word ", 200_000)), new string('x', 1_000_000) })
        {
            embedder.Embed([text], vector);
            Assert.Equal(1, vector.Sum(v => (double)v * v), 1e-5);
        }
    }
}
