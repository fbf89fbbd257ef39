using SimSearch.Notebooks;

namespace SimSearch.Notebooks.Tests;

public sealed class CSharpTokenizerTests
{
    private static string Marked(string code) => string.Concat(CSharpTokenizer.Tokens(code).Select(t => t.Kind switch
    {
        CSharpTokenKind.Comment => "C", CSharpTokenKind.Text => "S", CSharpTokenKind.Number => "N", CSharpTokenKind.Keyword => "K", CSharpTokenKind.Name => "I", CSharpTokenKind.Directive => "D", CSharpTokenKind.Space => " ", _ => code.Substring(t.Start, 1),
    }));

    [Theory]
    [InlineData("var k = 5; // x", "K I = N; C")]
    [InlineData("#r \"nuget: A\"\n#!time\nF();", "D D I();")]
    [InlineData("a # b", "I # I")]
    [InlineData("\"a\\\"b\" + @\"c\"\"d\\\" + '\\''", "S + S + S")]
    [InlineData("$\"{a[\"x\"]} {{ {b:0.00}\" + 1", "S + N")]
    [InlineData("\"\"\"a \"quoted\" b\"\"\" + 1", "S + N")]
    [InlineData("$$\"\"\"\n{{x}}\n\"\"\";", "S;")]
    [InlineData("1_000 0xFFu 1.5e-3f 1..2 .5", "N N N N..N N")]
    [InlineData("/* a\nb */ @class", "C I")]
    [InlineData("\"unclosed\nnext", "S I")]
    public void Code_is_cut_where_the_compiler_cuts_it(string code, string kinds) => Assert.Equal(kinds, Marked(code));

    [Fact]
    public void Tokens_cover_any_text_without_gaps()
    {
        const string pieces = "\"'@$#/*\\{}(\n r1.e_é😀";
        var random = new Random(3);
        for (int i = 0; i < 20_000; i++)
        {
            string code = string.Concat(Enumerable.Range(0, random.Next(20)).Select(_ => pieces[random.Next(pieces.Length)]));
            int at = 0;
            foreach (var token in CSharpTokenizer.Tokens(code))
            {
                Assert.Equal(at, token.Start);
                Assert.True(token.Length > 0);
                at += token.Length;
            }
            Assert.Equal(code.Length, at);
        }
    }

    [Fact]
    public void Coloured_code_has_the_text_it_had() =>
        Assert.Equal("<span class=\"nb-k\">var</span> s = <span class=\"nb-s\">&quot;&lt;b&gt;&quot;</span>;", CSharpHighlighter.ToHtml("var s = \"<b>\";"));
}
