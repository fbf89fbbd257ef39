namespace SimSearch.Notebooks.Tests;

public sealed class ErrorTests : IAsyncDisposable
{
    private readonly CellSession notebook = new();

    public ValueTask DisposeAsync() => notebook.DisposeAsync();

    [Fact]
    public async Task Compile_errors_have_code_line_and_caret()
    {
        var error = await notebook.FailsAsync("int a = 1;\n\tvar b = missing + a;");
        Assert.Equal("CompilationError", error.Name);
        Assert.StartsWith("CS0103: ", error.Message);
        Assert.Equal(["Cell [1](2,10): error CS0103: The name 'missing' does not exist in the current context", "    \tvar b = missing + a;", "    \t        ^~~~~~~"], error.Trace);
    }

    [Fact]
    public async Task Lines_are_those_of_the_cell_whatever_was_taken_out_of_it()
    {
        var error = await notebook.FailsAsync("#!time\n#r \"System.Xml.Linq\"\n\nwrong;");
        Assert.StartsWith("Cell [1](4,1): error CS", error.Trace[0]);
        error = await notebook.FailsAsync("#!markdown\n# Title\n#!csharp\nint x = 0;\nint y = 1 / x;");
        Assert.Equal(["System.DivideByZeroException: Attempted to divide by zero.", "   at Cell [2], line 5"], error.Trace);
    }

    [Fact]
    public async Task Traces_are_cut_to_the_cells_that_were_passed()
    {
        await notebook.OkAsync("int Half(int n)\n{\n    return n / int.Parse(\"0\");\n}\nclass Box { public int Open(Func<int> f) => f(); }\nasync Task<int> Later(int n) { await Task.Yield(); return Half(n); }");
        var error = await notebook.FailsAsync("var box = new Box();\nbox.Open(() => Half(3))");
        Assert.Equal("System.DivideByZeroException: Attempted to divide by zero.", error.Trace[0]);
        Assert.Contains("   at Half in Cell [1], line 3", error.Trace);
        Assert.Contains("   at a lambda in Cell [2], line 2", error.Trace);
        Assert.Contains("   at Cell [2], line 2", error.Trace);
        Assert.DoesNotContain(error.Trace, l => l.Contains("SimSearch.Notebooks") || l.Contains("MoveNext") || l.Contains("Submission"));

        error = await notebook.FailsAsync("await Later(1)");
        Assert.Contains("   at Later in Cell [1], line 6", error.Trace);
        Assert.Contains("   at Cell [3], line 1", error.Trace);
        error = await notebook.FailsAsync("int.Parse(\"x\")");
        Assert.Equal("System.FormatException", error.Name);
        Assert.Contains(error.Trace, l => l.Contains("at int.Parse", StringComparison.Ordinal) || l.Contains("Int32.Parse", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Where_the_line_is_not_known_no_wrong_one_is_named()
    {
        var error = await notebook.FailsAsync("int At(int[] list, int i)\n{\n    int twice = 2 * i;\n    return list[twice];\n}\nAt([1], 3)");
        Assert.Equal(["System.IndexOutOfRangeException: Index was outside the bounds of the array.", "   at At in Cell [1]", "   at Cell [1], line 6"], error.Trace);
        Assert.Equal("   at Cell [2]", (await notebook.FailsAsync("int[] none = [];\nnone[1]")).Trace[1]);
    }

    [Fact]
    public async Task Inner_exceptions_are_shown_and_their_number_is_bounded()
    {
        var error = await notebook.FailsAsync("throw new InvalidOperationException(\"outer\", new ArgumentException(\"inner\"));");
        Assert.Contains(" ---> System.ArgumentException: inner", error.Trace);
        error = await notebook.FailsAsync("Exception e = new Exception(\"0\"); for (int i = 1; i < 10_000; i++) e = new Exception($\"{i}\", e);\nthrow e;");
        Assert.InRange(error.Trace.Count, 2, 20);
        error = await notebook.FailsAsync("int Deep(int n) => n == 0 ? throw new Exception(new string('x', 100_000)) : 1 + Deep(n - 1);\nDeep(3000)");
        Assert.InRange(error.Trace.Sum(l => l.Length), 100, 20_000);
    }

    [Theory]
    [InlineData("{{{")]
    [InlineData("\"unclosed")]
    [InlineData("#r")]
    [InlineData("#r \"")]
    [InlineData("#r \"\"")]
    [InlineData("#r \"nuget:\"")]
    [InlineData("#r \"nuget: A, 1\\\" /> <Exec\"")]
    [InlineData("#r \"nuget: ../x\"")]
    [InlineData("#r \"/no/such/file.dll\"")]
    [InlineData("#load \"/no/such/file.csx\"")]
    [InlineData("#if")]
    [InlineData("#!")]
    [InlineData("#!nonsense")]
    [InlineData("\0\u0001\ud800")]
    [InlineData("return return;")]
    [InlineData("namespace N {")]
    [InlineData("await")]
    [InlineData("goto nowhere;")]
    public async Task Broken_cells_fail_with_an_error_and_the_next_one_works(string code)
    {
        var error = await notebook.FailsAsync(code);
        Assert.NotEmpty(error.Message);
        Assert.NotEmpty(error.Trace);
        Assert.Equal("2", await notebook.TextAsync("1 + 1"));
    }

    [Fact]
    public async Task A_file_that_is_no_assembly_is_refused()
    {
        string file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, "not an assembly");
            Assert.Contains("is not a .NET assembly", (await notebook.FailsAsync($"#r \"{file}\"")).Message);
        }
        finally { File.Delete(file); }
    }

    [Fact]
    public async Task Deeply_nested_source_is_an_error_and_no_crash()
    {
        var error = await notebook.FailsAsync(string.Concat(Enumerable.Repeat("(", 20_000)) + "1");
        Assert.NotEmpty(error.Message);
        foreach (string code in new[] { new string('-', 20_000).Replace("-", "- ") + "1", "1" + string.Concat(Enumerable.Repeat(" + x", 20_000)), string.Concat(Enumerable.Repeat("List<", 20_000)), string.Concat(Enumerable.Repeat("#!time\n", 3000)) })
        {
            Assert.NotEmpty((await notebook.FailsAsync(code)).Message);
            notebook.Engine.Complete(code, code.Length);
            notebook.Engine.Inspect(code, 10, 0);
            Assert.NotEmpty(notebook.Engine.IsComplete(code).Status);
        }
        Assert.Equal("2", await notebook.TextAsync("1 + 1"));
    }
}
