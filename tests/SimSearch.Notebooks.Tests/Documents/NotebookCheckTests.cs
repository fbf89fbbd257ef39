using System.Text.Json.Nodes;
using SimSearch.Notebooks;

namespace SimSearch.Notebooks.Tests;

public sealed class NotebookCheckTests
{
    private static Notebook With(params NotebookOutput[] outputs)
    {
        var notebook = Make.Notebook("code");
        notebook.Cells[0].Outputs = outputs;
        return notebook;
    }

    private static DisplayOutput Show(string plain, params string[] more)
    {
        var data = new Dictionary<string, JsonNode?> { ["text/plain"] = plain };
        foreach (string mime in more) data[mime] = Guid.NewGuid().ToString();
        return new DisplayOutput(data, false);
    }

    private static string[] Compare(Notebook committed, Notebook executed, double tolerance = 0) => [.. NotebookCheck.Compare(committed, executed, tolerance).Select(d => d.ToString())];

    [Fact]
    public void Equal_outputs_agree_whatever_pictures_hold_and_however_streams_mix()
    {
        var a = With(new StreamOutput("stdout", "a\nb\n"), new StreamOutput("stderr", "e"), Show("x", "text/html", "image/png"));
        var b = With(new StreamOutput("stdout", "a\n"), new StreamOutput("stderr", "e"), new StreamOutput("stdout", "b\r\n"), Show("x  \n", "image/png", "text/html"));
        b.Cells[0].ExecutionCount = 9;
        Assert.Empty(Compare(a, b));
    }

    [Fact]
    public void A_difference_names_the_cell_and_the_line_and_shows_both()
    {
        var a = With(new StreamOutput("stdout", "same\nmap 0.51\ntail"));
        var b = With(new StreamOutput("stdout", "same\nmap 0.52\ntail"));
        Assert.Equal(["cell 1 ('c1'), stdout, line 2:\n  - map 0.51\n  + map 0.52"], Compare(a, b));
        Assert.Equal(["cell 1 ('c1'), output 1 (text/plain), line 1:\n  - 1\n  + 2"], Compare(With(Show("1")), With(Show("2"))));
    }

    [Fact]
    public void Long_differences_are_shortened()
    {
        string text = Assert.Single(Compare(With(new StreamOutput("stdout", string.Join('\n', Enumerable.Range(0, 500)))), With()));
        Assert.Contains("(494 more)", text);
    }

    [Theory]
    [InlineData("map 0.5001", "map 0.5002", 0.001, true)]
    [InlineData("map 0.5001", "map 0.5002", 0, false)]
    [InlineData("map 0.50", "map 0.52", 0.001, false)]
    [InlineData("1000000", "1000900", 0.001, true)]
    [InlineData("1000000", "1001100", 0.001, false)]
    [InlineData("a  9.9 |", "a 10.0 |", 0.02, true)]
    [InlineData("1e-9 x", "-2e-9 x", 0.001, true)]
    [InlineData("conv1", "conv2", 0.9, false)]
    [InlineData("1 2", "1", 0.9, false)]
    [InlineData("1 a", "1 b", 0.9, false)]
    [InlineData("nan", "0", 0.9, false)]
    public void Numbers_may_differ_within_the_tolerance_and_words_never(string expected, string seen, double tolerance, bool agree) =>
        Assert.Equal(agree, Compare(With(Show(expected)), With(Show(seen)), tolerance).Length == 0);

    [Fact]
    public void Missing_extra_and_changed_outputs_are_named()
    {
        Assert.Contains("expected text/plain, seen nothing", Assert.Single(Compare(With(Show("x")), With())));
        Assert.Contains("expected nothing, seen text/plain", Assert.Single(Compare(With(), With(Show("x")))));
        Assert.Contains("expected image/png, text/plain, seen text/plain", Assert.Single(Compare(With(Show("x", "image/png")), With(Show("x")))));
        Assert.Contains("seen the error E: v", Assert.Single(Compare(With(Show("x")), With(new ErrorOutput("E", "v", [])))));
        Assert.Contains("- E: v\n", Assert.Single(Compare(With(new ErrorOutput("E", "v", ["t"])), With(new ErrorOutput("E", "w", ["t"])))));
        Assert.Empty(Compare(With(new ErrorOutput("E", "v", ["t1"])), With(new ErrorOutput("E", "v", ["t2"]))));
    }

    [Fact]
    public void Tagged_and_injected_cells_are_passed_over_and_unknown_cells_are_named()
    {
        var committed = new Notebook { Cells = [Make.Code("free", "x", "no-check"), Make.Code("gone", "y"), Make.Code("new-code", "old")] };
        committed.Cells[0].Outputs = [Show("1")];
        var executed = new Notebook { Cells = [Make.Code("free", "x", "no-check"), Make.Code("injected-parameters", "k = 1;", "injected-parameters"), Make.Code("more", "z"), Make.Code("new-code", "new")] };
        Assert.Equal(["cell 2 ('gone'): the executed notebook has no such cell", "cell 3 ('new-code'): the code differs, so the outputs are not compared; save the committed notebook with its new outputs", "the executed notebook has a cell 'more' that the committed one has not"],
            NotebookCheck.Compare(committed, executed).Select(d => d.ToString()));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void A_tolerance_must_be_a_number_of_0_or_more(double tolerance) => Assert.Throws<ArgumentOutOfRangeException>(() => NotebookCheck.Compare(With(), With(), tolerance));
}
