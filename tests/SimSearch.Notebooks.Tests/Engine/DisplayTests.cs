namespace SimSearch.Notebooks.Tests;

public sealed class DisplayTests : IAsyncDisposable
{
    private readonly CellSession notebook = new();

    public ValueTask DisposeAsync() => notebook.DisposeAsync();

    [Fact]
    public async Task A_shown_value_can_be_updated_from_a_later_cell()
    {
        var first = await notebook.OkAsync("var bar = display(\"0 %\"); var other = 5.Display();");
        var second = await notebook.OkAsync("bar.Update(\"100 %\");");
        var shown = first.Displays.First();
        var update = Assert.Single(second.Displays);
        Assert.Equal(("0 %", false, false), (shown.Data["text/plain"], shown.IsUpdate, shown.IsResult));
        Assert.Equal((shown.DisplayId, "100 %", true), (update.DisplayId, update.Data["text/plain"], update.IsUpdate));
        Assert.NotEqual(first.Displays.First().DisplayId, first.Displays.Last().DisplayId);
    }

    [Fact]
    public async Task Html_is_markup_only_when_it_says_so()
    {
        var output = await notebook.OkAsync("HTML(\"<b>bold</b>\").Display(); \"<b>bold</b>\".Display(); \"# Title\".DisplayAs(\"text/markdown\"); display(3, \"text/plain\");");
        Assert.Equal(["text/html=<b>bold</b>", "text/plain=<b>bold</b>", "text/markdown=# Title", "text/plain=3"], output.Displays.Select(d => string.Join(";", d.Data.Select(p => $"{p.Key}={p.Value}"))));
    }

    [Theory]
    [InlineData("1.5", "1.5")]
    [InlineData("0.1f + 0.2f", "0.3")]
    [InlineData("true", "true")]
    [InlineData("'c'", "'c'")]
    [InlineData("\"text\"", "text")]
    [InlineData("(string)null", "null")]
    [InlineData("double.NaN", "NaN")]
    [InlineData("DayOfWeek.Monday", "Monday")]
    [InlineData("typeof(List<int?>)", "System.Collections.Generic.List<int?>")]
    [InlineData("new DateTime(2026, 11, 21)", "2026-11-21")]
    [InlineData("TimeSpan.FromSeconds(90)", "00:01:30")]
    [InlineData("new[] { 1, 2, 3 }", "int[3] { 1, 2, 3 }")]
    [InlineData("new List<string> { \"a\\n\" }", "List<string>(1) { \"a\\n\" }")]
    [InlineData("new int[0]", "int[0] { }")]
    [InlineData("new int[2][]", "int[2][] { null, null }")]
    [InlineData("new double[2, 2]", "double[2, 2] { 0, 0, 0, 0 }")]
    [InlineData("(1, \"b\")", "(1, \"b\")")]
    [InlineData("new { A = 1, B = new[] { 2 } }", "{ A = 1, B = int[1] { 2 } }")]
    [InlineData("new Dictionary<string, int> { [\"k\"] = 1 }", "Dictionary<string, int>(1) { [\"k\"] = 1 }")]
    [InlineData("Enumerable.Range(0, 3).Select(i => i * i)", "IEnumerable<int> { 0, 1, 4 }")]
    [InlineData("async IAsyncEnumerable<int> Later() { await Task.Yield(); yield return 1; }\nLater()", "IAsyncEnumerable<int> (go through it with await foreach)")]
    public async Task Values_read_as_they_would_be_written(string code, string text) => Assert.Equal(text, await notebook.TextAsync(code));

    [Fact]
    public async Task Records_become_tables_with_shape_and_first_rows()
    {
        var output = await notebook.OkAsync("record Row(string Name, double Score);\nEnumerable.Range(0, 50).Select(i => new Row($\"<r{i}>\", i / 2.0)).ToArray()");
        string html = output.Result.Data["text/html"];
        Assert.Contains("<th style=\"cursor:pointer\">Name</th>", html);
        Assert.Contains("<td style=\"text-align:left\">&lt;r0&gt;</td><td style=\"text-align:right\">0</td>", html);
        Assert.Contains("first 20 of 50 rows × 2 columns", html);
        Assert.DoesNotContain("r20", html);
        Assert.StartsWith("Row[50] { Row { Name = \"<r0>\", Score = 0 }, ", output.ResultText);
        Assert.Contains("<td style=\"text-align:left\">Name</td>", (await notebook.OkAsync("new Row(\"a\", 1)")).Result.Data["text/html"]);
        Assert.Contains("1 entries", (await notebook.OkAsync("new Dictionary<string, int> { [\"k\"] = 1 }")).Result.Data["text/html"]);
        Assert.Contains("2 rows × 3 columns", (await notebook.OkAsync("new int[2, 3]")).Result.Data["text/html"]);
    }

    [Fact]
    public async Task Every_text_is_encoded_in_html()
    {
        const string Evil = "<script>alert(1)</script>\\\"'&\\u202e\\u0000\\ud800";
        foreach (string code in new[]
                 {
                     $"new[] {{ new {{ Text = \"{Evil}\" }} }}", $"new Dictionary<string, string> {{ [\"{Evil}\"] = \"{Evil}\" }}", $"new[,] {{ {{ \"{Evil}\" }} }}",
                     $"new {{ Text = \"{Evil}\" }}", $"new Exception(\"{Evil}\")", $"new[] {{ new {{ List = new[] {{ \"{Evil}\" }} }} }}",
                 })
        {
            string html = (await notebook.OkAsync(code)).Result.Data["text/html"];
            Assert.DoesNotContain("<script", html);
            Assert.Contains("&lt;script&gt;alert(1)&lt;/script&gt;", html);
            Assert.DoesNotContain('\u202e', html);
            Assert.DoesNotContain('\0', html);
            Assert.DoesNotContain('\ud800', html);
        }
    }

    [Fact]
    public async Task Hostile_values_are_shown_within_bounds()
    {
        await notebook.OkAsync("""
            class Thrower { public int Fine => 1; public int Bad => throw new Exception("no"); }
            class BadText { public override string ToString() => throw new Exception("no"); }
            class Loop { public Loop Self => this; public int[] Data => new int[1000]; }
            class BadMessage : Exception { public override string Message => throw new Exception("no"); }
            IEnumerable<int> Endless() { while (true) yield return 1; }
            """);
        Assert.Equal("Thrower { Fine = 1, Bad = (Exception) }", await notebook.TextAsync("new Thrower()"));
        Assert.Equal("(BadText: its text can't be had: Exception)", await notebook.TextAsync("new BadText()"));
        Assert.InRange((await notebook.TextAsync("new Loop()")).Length, 20, 20_000);
        Assert.InRange((await notebook.TextAsync("Endless()")).Length, 20, 200);
        Assert.Contains("can't be had", await notebook.TextAsync("new BadMessage()"));
        Assert.InRange((await notebook.TextAsync("new string('x', 10_000_000)")).Length, 1000, 20_000);
        Assert.Contains("its message can't be had", (await notebook.FailsAsync("throw new BadMessage();")).Message);
        var result = await notebook.FailsAsync("IEnumerable<int> Fails() { yield return 1; throw new InvalidOperationException(\"in the middle\"); }\nFails()");
        Assert.Equal("in the middle", result.Message);
    }

    [Fact]
    public async Task A_lazy_sequence_is_gone_through_once()
    {
        var output = await notebook.OkAsync("int calls = 0; Enumerable.Range(0, 3).Select(i => new { Call = ++calls })");
        Assert.Contains("3 rows × 1 columns", output.Result.Data["text/html"]);
        Assert.Equal("IEnumerable<(anonymous)> { { Call = 1 }, { Call = 2 }, { Call = 3 } }", output.ResultText);
        Assert.Equal("3", await notebook.TextAsync("calls"));
    }

    [Fact]
    public async Task What_the_notebook_registers_wins_and_goes_into_tables()
    {
        await notebook.OkAsync("record Clip(string Name); Formatter.Register<Clip>(c => $\"<audio title='{c.Name}'>\", \"text/html\");");
        var output = await notebook.OkAsync("new Clip(\"dog\")");
        Assert.Equal("<audio title='dog'>", output.Result.Data["text/html"]);
        Assert.Equal("text/html", output.Result.Data.First().Key);
        Assert.Contains("<td style=\"text-align:left\"><audio title='dog'></td>", (await notebook.OkAsync("new[] { new { Clip = new Clip(\"dog\"), N = 1 } }")).Result.Data["text/html"]);
        await notebook.OkAsync("Formatter.Register<IFormattable>((v, w) => w.Write(\"number \" + v));");
        Assert.Equal("number 3", await notebook.TextAsync("3"));
        await notebook.OkAsync("Formatter.ResetToDefault();");
        Assert.Equal("3", await notebook.TextAsync("3"));
        Assert.Contains("wrong", (await notebook.FailsAsync("Formatter.Register<int>(i => throw new Exception(\"wrong\"));\n5")).Message);
    }

    [Fact]
    public async Task A_type_with_a_formatter_source_shows_itself_in_the_order_it_prefers()
    {
        await notebook.OkAsync($"#r \"{typeof(DisplayTests).Assembly.Location}\"\nusing SimSearch.Notebooks.Tests;");
        var output = await notebook.OkAsync("new Rich(\"hello\")");
        Assert.Equal(["image/svg+xml", "text/html", "text/plain"], output.Result.Data.Keys);
        Assert.Equal("<svg>hello</svg>", output.Result.Data["image/svg+xml"]);
        Assert.Equal("plain hello", output.ResultText);
        Assert.Equal(["text/html", "text/plain"], (await notebook.OkAsync("new Plain()")).Result.Data.Keys);
        Assert.Contains("<p>hello</p>", (await notebook.OkAsync("new[] { new { R = new Rich(\"hello\") } }")).Result.Data["text/html"]);
        Assert.Equal("<p>a</p>\n<p>b</p>", (await notebook.OkAsync("new[] { new Rich(\"a\"), new Rich(\"b\") }")).Result.Data["text/html"]);
        Assert.Contains("broken formatter", (await notebook.FailsAsync("new Rich(\"throw\")")).Message);
    }

    [Fact]
    public async Task Pictures_and_sounds_in_bytes_are_seen_and_heard()
    {
        Assert.StartsWith("iVBORw0KGgo", (await notebook.OkAsync("var png = new byte[] { 0x89, 0x50, 0x4E, 0x47, 13, 10, 26, 10, 0, 0 }; png")).Result.Data["image/png"]);
        Assert.Contains("src=\"data:audio/wav;base64,", (await notebook.OkAsync("Encoding.ASCII.GetBytes(\"RIFF....WAVE\")")).Result.Data["text/html"]);
        Assert.Contains("<img alt=\"\" src=\"data:image/png;base64,", (await notebook.OkAsync("new[] { new { Picture = png } }")).Result.Data["text/html"]);
        Assert.Equal("byte[2] { 1, 2 }", await notebook.TextAsync("new byte[] { 1, 2 }"));
    }
}

[AttributeUsage(AttributeTargets.Class)]
internal sealed class TypeFormatterSourceAttribute(Type source) : Attribute
{
    public Type FormatterSourceType { get; } = source;
    public string[] PreferredMimeTypes { get; set; } = [];
}

// A preferred type without a formatter must not be looked for without end.
[TypeFormatterSource(typeof(RichSource), PreferredMimeTypes = ["application/missing", "image/svg+xml", "text/html", "text/plain"])]
public sealed class Rich(string text)
{
    public string Text => text;
}

[TypeFormatterSource(typeof(RichSource))]
public sealed class Plain;

internal sealed class RichSource
{
    public IEnumerable<object> CreateTypeFormatters() =>
        [new RichFormatter("text/html", "<p>{0}</p>"), new RichFormatter("text/plain", "plain {0}"), new RichFormatter("image/svg+xml", "<svg>{0}</svg>"), new object()];
}

internal sealed class RichFormatter(string mimeType, string format)
{
    public string MimeType { get; } = mimeType;

    public bool Format(object value, TextWriter writer)
    {
        if (value is Rich { Text: "throw" }) throw new InvalidOperationException("broken formatter");
        if (value is Plain && MimeType == "text/plain") return false;
        writer.Write(format, value is Rich rich ? rich.Text : "plain");
        return true;
    }
}
