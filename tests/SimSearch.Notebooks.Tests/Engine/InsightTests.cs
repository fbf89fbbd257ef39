namespace SimSearch.Notebooks.Tests;

public sealed class InsightTests : IAsyncDisposable
{
    private readonly CellSession notebook = new();

    public ValueTask DisposeAsync() => notebook.DisposeAsync();

    // The cursor is where the bar stands.
    private Completions Complete(string code) => notebook.Engine.Complete(code.Remove(code.IndexOf('|'), 1), code.IndexOf('|'));

    private string? Inspect(string code, int detail = 0) => notebook.Engine.Inspect(code.Remove(code.IndexOf('|'), 1), code.IndexOf('|'), detail)?["text/plain"];

    [Theory]
    [InlineData("Console.Wri|", "WriteLine", "method")]
    [InlineData("var text = \"abc\";\ntext.Le|", "Length", "property")]
    [InlineData("var text = \"abc\";\ntext?.Le|", "Length", "property")]
    [InlineData("new[] { 1 }.Sel|", "Select", "method")]
    [InlineData("live.Ad|", "Add", "method")]
    [InlineData("live|", "liveOnes", "variable")]
    [InlineData("Half|", "HalfOf", "method")]
    [InlineData("Poi|", "Point", "class")]
    [InlineData("System.Collections.Gen|", "Generic", "namespace")]
    [InlineData("using System.Thr|", "Threading", "namespace")]
    [InlineData("DayOfWeek.Mon|", "Monday", "field")]
    [InlineData("whi|", "while", "keyword")]
    [InlineData("disp|", "display", "method")]
    [InlineData("int Local(int parameter) { return par| }", "parameter", "parameter")]
    [InlineData("live.\nConsole.WriteLine(1);|", null, null)]
    [InlineData("live.|\nConsole.WriteLine(1);", "Add", "method")]
    [InlineData("#!time\nConsole.Wri|", "WriteLine", "method")]
    [InlineData("#!ti|", "#!time", "magic")]
    public async Task What_could_stand_at_the_cursor_is_offered(string code, string? expected, string? kind)
    {
        await notebook.OkAsync("var live = new List<int>(); var liveOnes = 1; int HalfOf(int n) => n / 2; record Point(int X);");
        var found = Complete(code);
        if (expected is not null) Assert.Contains(new CompletionItem(expected, kind!), found.Items);
        Assert.InRange(found.Start, 0, found.End);
    }

    [Fact]
    public async Task Only_what_fits_is_offered()
    {
        await notebook.OkAsync("var text = \"abc\";");
        var members = Complete("text.|").Items.Select(i => i.Text).ToArray();
        Assert.DoesNotContain("IsNullOrEmpty", members);
        Assert.DoesNotContain("get_Length", members);
        Assert.DoesNotContain("while", members);
        Assert.DoesNotContain("Length", Complete("string.|").Items.Select(i => i.Text));
        Assert.Equal((5, 7), (Complete("text.Le|").Start, Complete("text.Le|").End));
        Assert.Empty(Complete("var s = \"Consol|e\";").Items);
        Assert.Empty(Complete("// Consol|").Items);
        Assert.Empty(Complete("/* Consol| */").Items);
        Assert.NotEmpty(Complete("/* c */ Consol|").Items);
        Assert.NotEmpty(Complete("|").Items);
    }

    [Fact]
    public void Names_inside_references_are_offered()
    {
        string folder = Directory.CreateTempSubdirectory("cells").FullName;
        try
        {
            File.WriteAllText(Path.Combine(folder, "Library.dll"), "");
            File.WriteAllText(Path.Combine(folder, "Readme.txt"), "");
            Directory.CreateDirectory(Path.Combine(folder, "Inner"));
            Assert.Equal([new CompletionItem("Inner/", "folder"), new CompletionItem("Library.dll", "file")], Complete($"#r \"{folder}/|").Items);
            Assert.Equal([new CompletionItem("Library.dll", "file")], Complete($"#r \"{folder}/lib|").Items);
            Assert.Empty(Complete("#r \"/no/such/folder/|").Items);
            Assert.Empty(Complete("#r \"nuget: ../../|").Items);
        }
        finally { Directory.Delete(folder, recursive: true); }
    }

    [Fact]
    public async Task A_name_is_explained_by_signature_and_documentation()
    {
        await notebook.OkAsync("var live = new List<int>();");
        Assert.Equal("int Math.Max(int val1, int val2) (+ 12 overloads)", Inspect("Math.M|ax(1, 2)")!.Split('\n')[0]);
        Assert.Contains("List<int>", Inspect("liv|e"));
        Assert.Contains("Enumerable.Select", Inspect("live.Sele|ct(x => x)"));
        Assert.Contains("Math.Max", Inspect("Math.Max(|"));
        Assert.Null(Inspect("|"));
        Assert.Null(Inspect("\"Math.M|ax\""));
        Assert.Null(Inspect("nothing_of_that_na|me"));
        // Our own documentation lies beside our assembly.
        string text = Inspect("displ|ay(1)", detail: 1)!;
        Assert.Contains("Shows a value now.", text);
        Assert.Contains("value: Any value; null shows as \"null\".", text);
        Assert.Contains("InvalidOperationException: Not called from a cell.", text);
        Assert.DoesNotContain("value:", Inspect("displ|ay(1)"));
    }

    [Theory]
    [InlineData("var x = 1;", "complete", "")]
    [InlineData("x + 1", "complete", "")]
    [InlineData("", "complete", "")]
    [InlineData("#!time\n1", "complete", "")]
    [InlineData("for (int i = 0; i < 3; i++) {", "incomplete", "    ")]
    [InlineData("if (true) { while (true) {", "incomplete", "        ")]
    [InlineData("Math.Max(1,", "incomplete", "    ")]
    [InlineData("/* open", "incomplete", "")]
    [InlineData("var x = = 1;", "invalid", "")]
    public void It_is_known_whether_a_cell_is_finished(string code, string status, string indent) => Assert.Equal((status, indent), notebook.Engine.IsComplete(code));

    [Fact]
    public void Nonsense_harms_neither_completion_nor_inspection()
    {
        var random = new Random(1);
        const string Alphabet = "abc.(){}[]<>\"'\\/*#!r \n;:?$@=+-0\u202e\ud800";
        for (int i = 0; i < 150; i++)
        {
            string code = new([.. Enumerable.Range(0, random.Next(60)).Select(_ => Alphabet[random.Next(Alphabet.Length)])]);
            int cursor = random.Next(-1, 62);
            notebook.Engine.Complete(code, cursor);
            notebook.Engine.Inspect(code, cursor, 1);
            Assert.Contains(notebook.Engine.IsComplete(code).Status, (string[])["complete", "incomplete", "invalid"]);
        }
        string deep = new('(', 50_000);
        Assert.Empty(notebook.Engine.Complete(deep, 100).Items);
        Assert.Null(notebook.Engine.Inspect(deep, 100, 0));
        Assert.Equal("invalid", notebook.Engine.IsComplete(deep).Status);
    }
}
