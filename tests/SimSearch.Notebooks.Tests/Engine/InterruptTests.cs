using System.Diagnostics;

namespace SimSearch.Notebooks.Tests;

public sealed class InterruptTests : IAsyncDisposable
{
    private readonly CellSession notebook = new();

    public ValueTask DisposeAsync() => notebook.DisposeAsync();

    [Theory]
    [InlineData("while (true) x++;")]
    [InlineData("void Spin() { while (true) x++; }\nSpin();")]
    [InlineData("await Task.Delay(-1);")]
    [InlineData("await Task.Delay(1); while (true) x++;")]
    [InlineData("Thread.Sleep(-1);")]
    [InlineData("new SemaphoreSlim(0).Wait();")]
    [InlineData("Task.Delay(-1).Wait();")]
    [InlineData("Parallel.For(0, 1_000_000, i => Thread.Sleep(5));")]
    [InlineData("lock (new object()) while (true) { try { Thread.Sleep(5); } catch { } }")]
    [InlineData("while (true) { try { x++; } finally { x--; } }")]
    [InlineData("await Task.Delay(-1, Cancellation);")]
    [InlineData("while (true) Cancellation.ThrowIfCancellationRequested();")]
    [InlineData("Console.ReadLine();")]
    [InlineData("IEnumerable<int> Slow() { while (true) { Thread.Sleep(1); x++; if (x < 0) yield return 1; } }\nSlow()")]
    [InlineData("Cancellation.Register(() => Thread.Sleep(-1)); while (true) x++;")]
    public async Task A_runaway_cell_stops_and_the_state_stays(string code)
    {
        await notebook.OkAsync("long x = 41; var before = \"kept\";");
        using var nobody = new ManualResetEventSlim();
        var output = new Recorder
        {
            Answer = (_, _) =>
            {
                nobody.Wait();
                return null;
            },
        };
        // The cell says that it has begun by what it writes.
        var running = notebook.RunAsync("var within = 5; Console.Error.Write(\"on\");\n" + code, output: output);
        Assert.True(SpinWait.SpinUntil(() => output.Err == "on", TimeSpan.FromMinutes(1)));
        var watch = Stopwatch.StartNew();
        notebook.Engine.Interrupt();
        notebook.Engine.Interrupt();
        var (result, _) = await running;
        Assert.Equal("Interrupted", result.Error!.Name);
        Assert.Equal(CellStatus.Error, result.Status);
        TestContext.Current.SendDiagnosticMessage($"{watch.ElapsedMilliseconds} ms: {code}");
        nobody.Set();
        Assert.Equal("kept5", await notebook.TextAsync("before + within"));
    }

    [Theory]
    [InlineData("Parallel.For(0, 4, i => { while (true) SimSearch.Notebooks.Tests.StopSign.Beat(); });")]
    [InlineData("Parallel.ForEach(Enumerable.Range(0, 4), i => { for (;;) SimSearch.Notebooks.Tests.StopSign.Beat(); });")]
    [InlineData("var other = new Thread(() => { try { do SimSearch.Notebooks.Tests.StopSign.Beat(); while (true); } catch (OperationCanceledException) { } }); other.Start(); await Task.Delay(-1);")]
    [InlineData("_ = Task.Run(() => { while (true) SimSearch.Notebooks.Tests.StopSign.Beat(); }); await Task.Delay(-1);")]
    [InlineData("static class Busy { public static void Work() { while (true) SimSearch.Notebooks.Tests.StopSign.Beat(); } static void Shape(this int n) { } }\nawait Task.WhenAll(Task.Run(Busy.Work), Task.Run(Busy.Work));")]
    public Task Threads_that_work_for_the_cell_stop_with_it(string code) => StopsAll(code);

    /// <summary>Runs a cell, interrupts it once it works, and waits until nothing works any more.</summary>
    private async Task StopsAll(string code)
    {
        await notebook.OkAsync($"#r \"{typeof(StopSign).Assembly.Location}\"");
        long before = StopSign.Beats;
        var running = notebook.RunAsync(code);
        Assert.True(SpinWait.SpinUntil(() => StopSign.Beats > before, TimeSpan.FromMinutes(1)));
        notebook.Engine.Interrupt();
        Assert.Equal("Interrupted", (await running).Result.Error!.Name);
        Assert.True(SpinWait.SpinUntil(() =>
        {
            long beats = StopSign.Beats;
            Thread.Sleep(100);
            return StopSign.Beats == beats;
        }, TimeSpan.FromMinutes(1)), "something computes on");
    }

    [Theory]
    [InlineData("void Work() { while (true) SimSearch.Notebooks.Tests.StopSign.Beat(); }")]
    [InlineData("void Work() { for (;;) { SimSearch.Notebooks.Tests.StopSign.Beat(); } }")]
    [InlineData("void Work() { do foreach (int i in new[] { 1, 2 }) SimSearch.Notebooks.Tests.StopSign.Beat(); while (true); /* for */ }")]
    public async Task Loops_of_a_loaded_file_stop_too(string file)
    {
        string path = Path.Combine(Directory.CreateTempSubdirectory("simsearch-load-").FullName, "work.csx");
        try
        {
            await File.WriteAllTextAsync(path, file);
            await StopsAll($"#load \"{path}\"\nvar one = new Thread(() => {{ try {{ Work(); }} catch (OperationCanceledException) {{ }} }}); one.Start(); await Task.Delay(-1);");
        }
        finally { Directory.Delete(Path.GetDirectoryName(path)!, recursive: true); }
    }

    [Fact]
    public async Task What_is_wrong_in_a_loaded_file_is_said_as_it_is_written()
    {
        string path = Path.Combine(Directory.CreateTempSubdirectory("simsearch-load-").FullName, "wrong.csx");
        try
        {
            await File.WriteAllTextAsync(path, "int n = 0;\nwhile (n < 3) { n++; string s = n; }");
            var error = (await notebook.RunAsync($"#load \"{path}\"")).Result.Error!;
            string trace = string.Join('\n', error.Trace);
            Assert.Contains("wrong.csx(2,33): error CS0029", trace);
            Assert.DoesNotContain("StopPoint", trace);
        }
        finally { Directory.Delete(Path.GetDirectoryName(path)!, recursive: true); }
    }

    [Fact]
    public async Task Loops_look_at_the_interrupt_without_moving_a_line_or_a_caret()
    {
        const string code = "int sum = 0;\nfor (int i = 0; i < 3; i++) sum += i; foreach (var (a, b) in new[] { (1, 2) }) { sum += a; }\ndo sum++; while (sum < 10);\nwhile (sum < 20)\n    sum += 5;\n";
        Assert.Equal("20", await notebook.TextAsync(code + "sum"));
        Assert.Equal("   at Cell [2], line 3", (await notebook.FailsAsync("foreach (int n in new[] { 1 })\n{\n    int.Parse(\"x\" + n);\n}")).Trace[2]);
        var error = await notebook.FailsAsync("while (true) { int x = 1; x = \"text\"; }");
        Assert.Equal(["Cell [3](1,31): error CS0029: Cannot implicitly convert type 'string' to 'int'", "    while (true) { int x = 1; x = \"text\"; }", "                                  ^~~~~~"], error.Trace.Take(3));
        Assert.Equal("CS1733", (await notebook.FailsAsync("for (int i = 0; i < 3; i++)\n")).Message[..6]);
    }

    [Fact]
    public async Task A_cell_that_takes_the_hint_ends_as_it_likes()
    {
        var output = new Recorder();
        var running = notebook.RunAsync("Console.Error.Write(\"on\"); try { await Task.Delay(-1, Cancellation); } catch (OperationCanceledException) { Console.Write(\"tidied up\"); }\n7", output: output);
        Assert.True(SpinWait.SpinUntil(() => output.Err == "on", TimeSpan.FromMinutes(1)));
        notebook.Engine.Interrupt();
        var (result, _) = await running;
        Assert.Equal((CellStatus.Ok, "tidied up", "7"), (result.Status, output.Out, output.ResultText));
    }

    [Fact]
    public async Task Cancelling_the_cells_own_token_interrupts_it_only()
    {
        using var cancel = new CancellationTokenSource();
        var output = new Recorder();
        var running = notebook.Engine.ExecuteAsync("Console.Error.Write(\"on\"); while (true) ;", output, false, cancel.Token);
        var next = notebook.RunAsync("3");
        Assert.True(SpinWait.SpinUntil(() => output.Err == "on", TimeSpan.FromMinutes(1)));
        await cancel.CancelAsync();
        Assert.Equal("Interrupted", (await running).Error!.Name);
        Assert.Equal("3", (await next).Output.ResultText);
    }

    [Fact]
    public async Task Work_that_cannot_be_stopped_is_given_up_and_the_notebook_goes_on()
    {
        await using var notebook = new CellSession { Engine = new CSharpEngine() };
        await notebook.OkAsync($"#r \"{typeof(SharedStatic).Assembly.Location}\"\nint kept = 9;");
        var output = new Recorder();
        // A catch block is run to its end whatever happens, as native code is; and compiled code has no loops that look at the interrupt.
        var running = notebook.RunAsync("Console.Error.Write(\"on\"); try { throw new Exception(); } catch { SimSearch.Notebooks.Tests.StopSign.WaitFor(); }", output: output);
        Assert.True(SpinWait.SpinUntil(() => output.Err == "on", TimeSpan.FromMinutes(1)));
        notebook.Engine.Interrupt();
        var (result, _) = await running;
        StopSign.Shown = true;
        Assert.Equal("Abandoned", result.Error!.Name);
        Assert.Equal("9", await notebook.TextAsync("kept"));
    }

    [Fact]
    public async Task Interrupting_nothing_does_nothing()
    {
        notebook.Engine.Interrupt();
        Assert.Equal("2", await notebook.TextAsync("1 + 1"));
        notebook.Engine.Interrupt();
        Assert.Equal("2", await notebook.TextAsync("1 + 1"));
    }

    [Fact]
    public async Task A_cancellation_of_the_cells_own_is_an_exception_and_no_interruption()
    {
        var error = await notebook.FailsAsync("throw new OperationCanceledException(\"mine\");");
        Assert.Equal(("System.OperationCanceledException", "mine"), (error.Name, error.Message));
    }
}

public static class StopSign
{
    public static volatile bool Shown;

    public static void WaitFor()
    {
        while (!Shown) ;
    }

    private static long beats;

    public static long Beats => Interlocked.Read(ref beats);

    public static void Beat() => Interlocked.Increment(ref beats);
}
