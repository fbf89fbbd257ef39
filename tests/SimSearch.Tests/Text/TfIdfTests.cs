using System.Text.Json;
using SimSearch.Storage;
using SimSearch.Tests.Support;
using SimSearch.Text;

namespace SimSearch.Tests.Text;

public sealed class TfIdfTests
{
    /// <summary>scikit-learn's TfidfVectorizer over nine sentences, one of them empty: the terms it finds and the numbers it gives them.</summary>
    [Theory]
    [InlineData("default")]
    [InlineData("sublinear")]
    [InlineData("no_idf")]
    [InlineData("unsmoothed")]
    [InlineData("bigrams")]
    [InlineData("char3")]
    public void Agrees_with_scikit_learn(string name)
    {
        using var golden = JsonDocument.Parse(File.ReadAllText(SharedData.Golden("other.json")));
        var text = golden.RootElement.GetProperty("text");
        var expected = text.GetProperty("cases").GetProperty(name);
        string[] docs = [.. text.GetProperty("docs").EnumerateArray().Select(d => d.GetString()!)];
        Func<string, IEnumerable<string>> terms = name switch { "bigrams" => d => TextTerms.Words(d, 1, 2), "char3" => d => TextTerms.Characters(d), _ => d => TextTerms.Words(d) };
        string[] vocabulary = [.. docs.SelectMany(terms).Distinct().Order(StringComparer.Ordinal)];
        Assert.Equal(expected.GetProperty("vocabulary").EnumerateArray().Select(v => v.GetString()!), vocabulary);

        var options = new TfIdfOptions { Sublinear = name == "sublinear", UseIdf = name != "no_idf", Smooth = name != "unsmoothed" };
        double[] weights = TfIdf.Weights(docs.Length, [.. vocabulary.Select(v => docs.Count(d => terms(d).Contains(v)))], options);
        double[] matrix = Npy.Read<double>(SharedData.Golden($"text/{name}.npy"), out long[] shape);
        Assert.Equal([docs.Length, vocabulary.Length], shape);
        for (int d = 0; d < docs.Length; d++)
        {
            double[] row = [.. vocabulary.Select(v => (double)terms(docs[d]).Count(t => t == v))];
            TfIdf.Weigh(row, weights, options);
            for (int i = 0; i < row.Length; i++) Assert.Equal(matrix[d * row.Length + i], row[i], 1e-9);
        }
    }

    [Fact]
    public void Counts_below_zero_keep_their_sign()
    {
        double[] counts = [-3, 0, 1, 3];
        TfIdf.Weigh(counts, [1, 1, 2, 1], new TfIdfOptions { Sublinear = true });
        double three = 1 + Math.Log(3), length = Math.Sqrt(2 * three * three + 4);
        Assert.Equal([-three / length, 0, 2 / length, three / length], counts, (a, b) => Math.Abs(a - b) < 1e-12);
    }
}
