using SimSearch.Notebooks;

namespace SimSearch.Notebooks.Tests;

public sealed class NotebookParametersTests
{
    private static Notebook With(string source) => new() { Cells = [Make.Code("first", "1"), Make.Code("p", source, "parameters"), Make.Code("last", "2")] };

    private static string Inject(string source, string name, string value) =>
        NotebookParameters.Inject(With(source), new Dictionary<string, string> { [name] = value }).Cells[2].Source.Split('\n')[^1];

    [Theory]
    [InlineData("var k = 5;", "k", "7", "k = 7;")]
    [InlineData("int k = 5;", "k", "-7", "k = -7;")]
    [InlineData("int k = -5; // five", "k", "7", "k = 7;")]
    [InlineData("var k = 5_000_000_000;", "k", "7", "k = 7L;")]
    [InlineData("long k = 5;", "k", "9999999999", "k = 9999999999L;")]
    [InlineData("double x = 5;", "x", "2.5", "x = 2.5d;")]
    [InlineData("var x = 1e-3;", "x", "1e5", "x = 100000d;")]
    [InlineData("var x = 0.5f;", "x", "0.1", "x = 0.1f;")]
    [InlineData("var x = 0.5m;", "x", "0.10", "x = 0.10m;")]
    [InlineData("bool b = true;", "b", "false", "b = false;")]
    [InlineData("var c = 'a';", "c", "'", "c = '\\'';")]
    [InlineData("string s = \"...\";", "s", "a \"b\" \\ \n;}", "s = \"a \\\"b\\\" \\\\ \\n;}\";")]
    [InlineData("string? s = null;", "s", "x", "s = \"x\";")]
    [InlineData("var s = @\"c:\\x\";", "s", "y\u202e", "s = \"y\\u202e\";")]
    [InlineData("var a = 1; var s = $\"{a};\"; var k = 2;", "k", "3", "k = 3;")]
    [InlineData("/* var k = 1; */ var k = 2;", "k", "3", "k = 3;")]
    [InlineData("int F(int k) { var j = 1; return j; }\nvar k = 2;", "k", "3", "k = 3;")]
    public void A_value_becomes_a_literal_of_the_type_of_the_default(string source, string name, string value, string line) => Assert.Equal(line, Inject(source, name, value));

    [Theory]
    [InlineData("var k = 5;", "k", "2.5", "whole number")]
    [InlineData("var k = 5;", "k", "99999999999", "whole number")]
    [InlineData("var k = 5;", "k", "5; Evil()", "whole number")]
    [InlineData("var x = 0.5;", "x", "NaN", "finite")]
    [InlineData("var x = 0.5;", "x", "1e999", "finite")]
    [InlineData("var x = 0.5;", "x", "0,5", "finite")]
    [InlineData("var b = true;", "b", "True", "true or false")]
    [InlineData("var c = 'x';", "c", "xy", "one character")]
    [InlineData("var p = Path.Combine(\"a\", \"b\");", "p", "x", "cannot be set")]
    [InlineData("const int k = 5;", "k", "6", "cannot be set")]
    [InlineData("int[] a = [1, 2];", "a", "1", "cannot be set")]
    [InlineData("var k = 5; var name = \"x\";", "K", "1", "it has k (5), name (\"x\")")]
    [InlineData("var k = 5; if (k == 3) { k = 4; }", "j", "1", "it has k (5)")]
    public void A_wrong_name_or_value_is_refused_with_what_would_be_right(string source, string name, string value, string says) =>
        Assert.Contains(says, Assert.Throws<NotebookParameterException>(() => Inject(source, name, value)).Message);

    [Fact]
    public void The_injected_cell_follows_the_parameters_and_replaces_an_earlier_one()
    {
        var once = NotebookParameters.Inject(With("var k = 5;\nvar j = 6;"), new Dictionary<string, string> { ["j"] = "8", ["k"] = "7" });
        Assert.Equal(["first", "p", "injected-parameters", "last"], once.Cells.Select(c => c.Id));
        Assert.EndsWith("k = 7;\nj = 8;", once.Cells[2].Source);
        Assert.True(once.Cells[2].HasTag("injected-parameters"));
        var twice = NotebookParameters.Inject(once, new Dictionary<string, string> { ["k"] = "9" });
        Assert.Equal(4, twice.Cells.Count);
        Assert.EndsWith("k = 9;", twice.Cells[2].Source);
        Assert.Equal(twice.ToJson(), NotebookParameters.Inject(twice, new Dictionary<string, string> { ["k"] = "9" }).ToJson());
    }

    [Fact]
    public void Without_a_parameters_cell_the_message_says_how_to_make_one() =>
        Assert.Contains("tagged 'parameters'", Assert.Throws<NotebookParameterException>(() => NotebookParameters.Inject(Make.Notebook("var k = 1;"), new Dictionary<string, string> { ["k"] = "2" })).Message);
}
