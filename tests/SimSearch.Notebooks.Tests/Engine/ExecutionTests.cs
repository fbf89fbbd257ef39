namespace SimSearch.Notebooks.Tests;

public sealed class ExecutionTests : IAsyncDisposable
{
    private readonly CellSession notebook = new();

    public ValueTask DisposeAsync() => notebook.DisposeAsync();

    [Fact]
    public async Task A_cell_sees_the_variables_functions_types_and_usings_of_those_before_it()
    {
        await notebook.OkAsync("using System.Numerics;\nint x = 20; int Twice(int n) => 2 * n; record Point(int X, int Y);");
        Assert.Equal("42", await notebook.TextAsync("Twice(x) + new Point(1, 2).Y + (int)Complex.Zero.Real"));
        await notebook.OkAsync("x = 1; int y = x + 1;");
        Assert.Equal("3", await notebook.TextAsync("x + y"));
    }

    [Fact]
    public async Task A_variable_declared_again_may_change_its_type()
    {
        await notebook.OkAsync("var v = 1;");
        await notebook.OkAsync("var v = \"text\";");
        Assert.Equal("4", await notebook.TextAsync("v.Length"));
    }

    [Fact]
    public async Task State_stays_after_an_exception_up_to_the_line_that_threw()
    {
        await notebook.OkAsync("int a = 1;");
        var error = await notebook.FailsAsync("a = 2;\nint b = 3;\nthrow new InvalidOperationException(\"stop\");\na = 99;");
        Assert.Equal("System.InvalidOperationException", error.Name);
        Assert.Equal("stop", error.Message);
        Assert.Equal("5", await notebook.TextAsync("a + b"));
    }

    [Fact]
    public async Task A_cell_that_does_not_compile_changes_nothing()
    {
        await notebook.OkAsync("int a = 1;");
        await notebook.FailsAsync("a = 2; int b = ;");
        Assert.Equal("1", await notebook.TextAsync("a"));
        await notebook.FailsAsync("b");
    }

    [Fact]
    public async Task Await_works_at_the_top_level_and_after_it_too()
    {
        Assert.Equal("7", await notebook.TextAsync("await Task.Delay(1); var t = await Task.Run(() => 7); await Task.Yield(); t"));
        Assert.Equal("7", await notebook.TextAsync("t"));
    }

    [Fact]
    public async Task Blocking_on_a_task_that_awaits_does_not_hang()
    {
        Assert.Equal("5", await notebook.TextAsync("async Task<int> Slow() { await Task.Delay(5); await Task.Yield(); return 5; }\nSlow().Result"));
        Assert.Equal("50", await notebook.TextAsync("Enumerable.Range(0, 10).Select(_ => Slow().GetAwaiter().GetResult()).Sum()"));
    }

    [Theory]
    [InlineData("1 + 1", true)]
    [InlineData("1.ToString();", false)]
    [InlineData("var x = 5;", false)]
    [InlineData("int n = 3; n", true)]
    [InlineData("Console.WriteLine(1)", false)]
    [InlineData("await Task.Delay(1)", false)]
    [InlineData("await Task.FromResult(1)", true)]
    [InlineData("(string)null", true)]
    [InlineData("display(1)", false)]
    [InlineData("", false)]
    [InlineData("// nothing", false)]
    [InlineData("using System.Net;", false)]
    public async Task The_last_expression_without_a_semicolon_is_the_result(string code, bool hasResult)
    {
        var output = await notebook.OkAsync(code);
        Assert.Equal(hasResult ? 1 : 0, output.Displays.Count(d => d.IsResult));
    }

    [Fact]
    public async Task Cells_count_and_silent_ones_neither_count_nor_show_a_result()
    {
        Assert.Equal(1, (await notebook.RunAsync("1")).Result.ExecutionCount);
        var (result, output) = await notebook.RunAsync("var s = 2; s", silent: true);
        Assert.Equal((1, 0), (result.ExecutionCount, output.Displays.Count));
        Assert.Equal(2, (await notebook.RunAsync("throw new Exception();")).Result.ExecutionCount);
        Assert.Equal(3, (await notebook.RunAsync("nonsense nonsense")).Result.ExecutionCount);
        Assert.Equal("2", await notebook.TextAsync("s"));
    }

    [Fact]
    public async Task Cells_sent_together_run_one_after_the_other()
    {
        await notebook.OkAsync("var order = new List<int>();");
        var cells = Enumerable.Range(0, 20).Select(i => notebook.RunAsync($"var before = order.Count; await Task.Yield(); order.Add(before == order.Count ? {i} : -1);")).ToArray();
        await Task.WhenAll(cells);
        Assert.Equal(string.Join(", ", Enumerable.Range(0, 20)), await notebook.TextAsync("string.Join(\", \", order)"));
    }

    [Fact]
    public async Task A_cell_cancelled_while_it_waits_is_never_started()
    {
        using var go = new SemaphoreSlim(0);
        var first = new Recorder { Answer = (_, _) => { go.Wait(TimeSpan.FromMinutes(1)); return ""; } };
        var running = notebook.RunAsync("Console.ReadLine();", output: first);
        using var cancel = new CancellationTokenSource();
        var waiting = notebook.Engine.ExecuteAsync("int never = 1;", new Recorder(), false, cancel.Token);
        await cancel.CancelAsync();
        Assert.Equal(CellStatus.Aborted, (await waiting).Status);
        go.Release();
        await running;
        await notebook.FailsAsync("never");
    }

    [Fact]
    public async Task Two_engines_share_nothing()
    {
        await using var other = new CellSession();
        await notebook.OkAsync("int mine = 1; Formatter.Register<int>(i => \"number\");");
        await other.FailsAsync("mine");
        Assert.Equal("3", await other.TextAsync("3"));
        Assert.Equal("number", await notebook.TextAsync("3"));
    }

    [Fact]
    public async Task After_disposal_nothing_is_run()
    {
        await notebook.DisposeAsync();
        Assert.Equal(CellStatus.Aborted, (await notebook.RunAsync("1")).Result.Status);
    }

    [Fact]
    public async Task Warming_up_leaves_no_trace()
    {
        notebook.Engine.WarmUp();
        await notebook.FailsAsync("x");
        Assert.Equal(2, (await notebook.RunAsync("1")).Result.ExecutionCount);
    }

    [Fact]
    public async Task Namespaces_and_extension_classes_work_and_can_be_run_again()
    {
        await notebook.OkAsync("namespace Shapes { public record Square(double Side); }\nint kept = 7;");
        Assert.Equal("9", await notebook.TextAsync("using Shapes;\npublic static class SquareMath { public static double Area(this Square s) => s.Side * s.Side; }\nnew Square(3).Area()"));
        Assert.Equal("18", await notebook.TextAsync("public static class SquareMath { public static double Area(this Shapes.Square s) => 2 * s.Side * s.Side; }\nnew Square(3).Area()"));
        Assert.Equal("7", await notebook.TextAsync("kept"));
        // As people write it, without a word on who may use it.
        Assert.Equal("BELL2", await notebook.TextAsync("record Note(string Name);\nstatic class Loud { internal static string Shout(this string s) => s.ToUpper() + 2; public static string Loudly(this Note n) => n.Name.Shout(); }\nnew Note(\"bell\").Loudly()"));
        Assert.Equal("RAIN2", await notebook.TextAsync("new Note(\"rain\").Loudly()"));
        Assert.Equal("5", await notebook.TextAsync("public record Pair(int A, int B);\npublic static class PairMath { extension(Pair p) { public int Sum => p.A + p.B; } }\nnew Pair(2, 3).Sum"));
    }

    [Fact]
    public async Task An_error_in_a_library_cell_names_its_line()
    {
        var error = await notebook.FailsAsync("int a = 1;\nnamespace N { class C { int F() => wrong; } }");
        Assert.Contains("Cell [1](2,36): error CS0103", error.Trace[0]);
        await notebook.OkAsync("namespace N { public class C { public static int F(int d) => 1 / d; } }");
        Assert.Contains("   at N.C.F in Cell [2], line 1", (await notebook.FailsAsync("N.C.F(0)")).Trace);
    }

    [Fact]
    public async Task Hundreds_of_cells_keep_memory_flat_within_reason()
    {
        for (int i = 0; i < 20; i++) await notebook.OkAsync($"int warm{i} = {i}; warm{i}");
        long before = GC.GetTotalMemory(forceFullCollection: true);
        for (int i = 0; i < 200; i++) await notebook.OkAsync($"int v{i} = {i}; int F{i}(int x) => x + v{i}; F{i}(1)");
        long perCell = (GC.GetTotalMemory(forceFullCollection: true) - before) / 200;
        TestContext.Current.SendDiagnosticMessage($"{perCell >> 10} KiB a cell");
        Assert.InRange(perCell, long.MinValue, 1 << 20);
        Assert.Equal("200", await notebook.TextAsync("v199 + v1"));
    }
}
