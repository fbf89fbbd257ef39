namespace SimSearch.Notebooks.Tests;

public sealed class MagicTests : IAsyncDisposable
{
    private readonly CellSession notebook = new();

    public ValueTask DisposeAsync() => notebook.DisposeAsync();

    [Fact]
    public async Task Time_shows_how_long_a_cell_took()
    {
        var output = await notebook.OkAsync("#!time\nvar x = 1;\nx");
        Assert.Equal("1", output.ResultText);
        Assert.Matches(@"^Wall time: \d+\.\d ms$", output.Displays.Last().Data["text/plain"]);
    }

    [Fact]
    public async Task Markdown_and_html_are_shown_as_they_stand()
    {
        Assert.Equal("# Title\n\n- {not} \"C#", Assert.Single((await notebook.OkAsync("#!markdown\n# Title\n\n- {not} \"C#")).Displays).Data["text/markdown"]);
        var output = await notebook.OkAsync("#!html\n<b>x</b>\n#!csharp\nint n = 4;\nn\n#!markdown\nend");
        Assert.Equal(["text/html", "text/plain", "text/markdown"], output.Displays.Select(d => d.Data.Keys.First()));
    }

    [Fact]
    public async Task Whos_lists_variables_with_type_shape_and_size()
    {
        var output = await notebook.OkAsync("var text = \"abc\"; var matrix = new float[10, 20]; List<int> list = [1, 2]; int n = 5; string nothing = null; var big = new byte[1 << 20];");
        output = await notebook.OkAsync("#!whos");
        string text = Assert.Single(output.Displays).Data["text/plain"];
        Assert.Contains("{ Name = \"matrix\", Type = \"float[,]\", Shape = \"10 × 20\", Size = \"800 B\" }", text);
        Assert.Contains("{ Name = \"list\", Type = \"List<int>\", Shape = \"2\", Size = \"\" }", text);
        Assert.Contains("{ Name = \"text\", Type = \"string\", Shape = \"3\", Size = \"6 B\" }", text);
        Assert.Contains("{ Name = \"nothing\", Type = \"string\", Shape = \"null\", Size = \"\" }", text);
        Assert.Contains("{ Name = \"big\", Type = \"byte[]\", Shape = \"1,048,576\", Size = \"1,024 KiB\" }", text);
        Assert.Contains("{ Name = \"n\", Type = \"int\", Shape = \"\", Size = \"4 B\" }", text);
        Assert.Contains("<table>", output.Displays.First().Data["text/html"]);
    }

    [Fact]
    public async Task Magics_are_listed_and_unknown_ones_named()
    {
        Assert.Contains("#!whos", Assert.Single((await notebook.OkAsync("#!lsmagic")).Displays).Data["text/plain"]);
        var error = await notebook.FailsAsync("Console.Write(1);\n#!tiem\n1");
        Assert.Equal("UnknownMagic", error.Name);
        Assert.Equal("#!tiem is not a magic of this kernel; known are #!csharp, #!html, #!lsmagic, #!markdown, #!time, #!whos", error.Message);
    }

    [Fact]
    public async Task What_looks_like_a_magic_in_a_text_or_comment_is_none()
    {
        Assert.Equal("\n#!tiem\n#r \"nuget: nothing\"\n", await notebook.TextAsync("/*\n#!nothing\n*/\nvar s = @\"\n#!tiem\n#r \"\"nuget: nothing\"\"\n\"; s"));
    }

    [Fact]
    public async Task References_are_loaded_where_the_host_has_its_own()
    {
        await notebook.OkAsync($"#r \"{typeof(SharedStatic).Assembly.Location}\"");
        SharedStatic.Value = 5;
        Assert.Equal("5", await notebook.TextAsync("SimSearch.Notebooks.Tests.SharedStatic.Value"));
        Assert.Equal("<a />", await notebook.TextAsync("#r \"System.Xml.Linq\"\nnew System.Xml.Linq.XElement(\"a\").ToString()"));
    }

    [Fact]
    public async Task Assemblies_that_only_a_signature_names_are_found()
    {
        // XDocument and its like are in assemblies that are not referenced from the start.
        await notebook.OkAsync($"#r \"{typeof(SharedStatic).Assembly.Location}\"");
        Assert.Equal("<x />", await notebook.TextAsync("SimSearch.Notebooks.Tests.SharedStatic.Xml().ToString()"));
        // ... and those to which an assembly that is referenced only points on.
        Assert.Equal("0", await notebook.TextAsync("new System.Data.DataTable().Rows.Count"));
    }

    [Fact]
    public async Task Queries_can_be_parallel_from_the_start() =>
        Assert.Equal("71071", await notebook.TextAsync("Enumerable.Range(0, 1000).AsParallel().Where(i => i % 7 == 0).Sum()"));

    [Fact]
    public async Task A_reference_added_later_does_not_tear_types_apart()
    {
        await notebook.OkAsync($"#r \"{typeof(SharedStatic).Assembly.Location}\"\nusing SimSearch.Notebooks.Tests; var thing = new SharedThing(); var list = new List<SharedThing>();");
        await notebook.OkAsync("#r \"System.Xml.Linq\"\n#r \"System.Collections.NonGeneric\"\nlist.Add(thing); SharedStatic.Take(thing);");
        Assert.Equal("1", await notebook.TextAsync("list.Select(t => t.Number).Sum()"));
    }

    [Fact]
    public async Task Loaded_files_run_in_the_cell_and_bring_their_references()
    {
        string folder = Directory.CreateTempSubdirectory("cells").FullName;
        try
        {
            await File.WriteAllTextAsync(Path.Combine(folder, "inner.csx"), "#r \"System.Xml.Linq\"\nint Inner(int n)\n{\n    return 10 / n;\n}");
            await File.WriteAllTextAsync(Path.Combine(folder, "outer.csx"), "#load \"inner.csx\"\nint Outer(int n) => Inner(n) + new System.Xml.Linq.XElement(\"a\").Nodes().Count();");
            Assert.Equal("5", await notebook.TextAsync($"#load \"{Path.Combine(folder, "outer.csx")}\"\nOuter(2)"));
            var error = await notebook.FailsAsync("Outer(0)");
            Assert.Contains(error.Trace, l => l.Contains("Inner in ", StringComparison.Ordinal) && l.EndsWith("inner.csx, line 4", StringComparison.Ordinal));
        }
        finally { Directory.Delete(folder, recursive: true); }
    }
}

public static class SharedStatic
{
    public static int Value { get; set; }

    public static System.Xml.Linq.XElement Xml() => new("x");

    public static void Take(SharedThing thing) => thing.Number++;
}

public sealed class SharedThing
{
    public int Number { get; set; }
}
