namespace SimSearch.Notebooks.Tests;

public sealed class StreamTests : IAsyncDisposable
{
    private readonly CellSession notebook = new();

    public ValueTask DisposeAsync() => notebook.DisposeAsync();

    [Fact]
    public async Task Output_error_and_displays_keep_their_order()
    {
        var output = await notebook.OkAsync("Console.Write(\"a\"); Console.WriteLine(1.5); Console.Error.Write(\"e\"); display(\"d\"); Console.Write('b'); ClearOutput(wait: true); \"r\"");
        Assert.Equal(["stdout:a1.5\n", "stderr:e", "display:d", "stdout:b", "clear:True", "display:r"], output.Order);
    }

    [Fact]
    public async Task Background_tasks_write_to_the_cell_that_started_them()
    {
        var first = await notebook.OkAsync("""
            var go = new SemaphoreSlim(0); var done = new SemaphoreSlim(0);
            _ = Task.Run(async () => { await go.WaitAsync(); Console.Write("late"); display("late display"); done.Release(); });
            var thread = new Thread(() => Console.Write("thread")); thread.Start(); thread.Join();
            """);
        var second = await notebook.OkAsync("Console.Write(\"second\"); go.Release(); await done.WaitAsync();");
        // Output of a task is handed over soon, not at once.
        SpinWait.SpinUntil(() => first.Displays.Count == 1 && first.Out == "threadlate", TimeSpan.FromMinutes(1));
        Assert.Equal("threadlate", first.Out);
        Assert.Equal("late display", Assert.Single(first.Displays).Data["text/plain"]);
        Assert.Equal("second", second.Out);
    }

    [Fact]
    public async Task Many_threads_lose_no_line_and_tear_none()
    {
        var output = await notebook.OkAsync("Parallel.For(0, 2000, i => Console.WriteLine($\"line {i}\"));");
        var lines = output.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(Enumerable.Range(0, 2000).Select(i => $"line {i}").Order(StringComparer.Ordinal), lines.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_cell_that_writes_without_end_neither_fills_memory_nor_escapes_interruption()
    {
        using var written = new SemaphoreSlim(0);
        var output = new Flood(written);
        var running = notebook.Engine.ExecuteAsync("var line = new string('x', 10_000); while (true) Console.WriteLine(line);", output, false, CancellationToken.None);
        Assert.True(await written.WaitAsync(TimeSpan.FromMinutes(1)));
        notebook.Engine.Interrupt();
        var result = await running.WaitAsync(TimeSpan.FromMinutes(1));
        Assert.Equal("Interrupted", result.Error!.Name);
        Assert.InRange(output.Longest, 1, 3 << 20);
    }

    [Fact]
    public async Task A_line_is_asked_for_after_everything_written_before()
    {
        var output = new Recorder();
        string seen = "";
        output.Answer = (prompt, password) =>
        {
            seen = $"{output.Out}|{prompt}|{password}";
            return "Ada";
        };
        await notebook.RunAsync("Console.Write(\"Name? \"); Console.WriteLine(\"Hello \" + Console.ReadLine());", output: output);
        Assert.Equal("Name? ||False", seen);
        Assert.Equal("Name? Hello Ada\n", output.Out);
        await notebook.RunAsync("Input(\"Secret\", password: true)", output: output);
        Assert.EndsWith("|Secret|True", seen);
    }

    [Fact]
    public async Task A_host_that_throws_does_not_harm_the_cell()
    {
        var output = new Recorder { Answer = (_, _) => throw new InvalidOperationException("no stdin here") };
        var (result, _) = await notebook.RunAsync("Console.ReadLine()", output: output);
        Assert.Contains("no stdin here", string.Join('\n', result.Error!.Trace));
        Assert.Equal(CellStatus.Ok, (await notebook.Engine.ExecuteAsync("Console.Write(1)", new Broken(), false, CancellationToken.None)).Status);
    }

    [Fact]
    public void Outside_of_cells_the_console_is_what_it_was()
    {
        Assert.Null(CellRun.Current);
        Assert.Throws<InvalidOperationException>(() => CellFunctions.display(1));
        Assert.Throws<InvalidOperationException>(() => Formatter.Register<int>(_ => ""));
    }

    [Fact]
    public async Task What_the_host_writes_while_it_takes_output_is_not_the_cells()
    {
        var host = new Echo();
        Assert.Equal(CellStatus.Ok, (await notebook.Engine.ExecuteAsync("Console.Write(\"x\"); Console.ReadLine(); display(1); Console.Write(\"y\");", host, false, CancellationToken.None)).Status);
        Assert.Equal("xy", host.Text);
        Assert.True(host.OutsideOfCells);
    }

    private sealed class Echo : ICellOutput
    {
        public string Text { get; private set; } = "";
        public bool OutsideOfCells { get; private set; } = true;

        public void Stream(string name, string text)
        {
            Text += text;
            OutsideOfCells &= CellRun.Current is null;
        }

        public void Display(CellDisplay display) => OutsideOfCells &= CellRun.Current is null;

        public void Clear(bool wait) { }

        public string? ReadLine(string prompt, bool password)
        {
            OutsideOfCells &= CellRun.Current is null;
            return "";
        }
    }

    private sealed class Flood(SemaphoreSlim written) : ICellOutput
    {
        public int Longest { get; private set; }

        public void Stream(string name, string text)
        {
            Longest = Math.Max(Longest, text.Length);
            written.Release();
        }

        public void Display(CellDisplay display) { }

        public void Clear(bool wait) { }

        public string? ReadLine(string prompt, bool password) => null;
    }

    private sealed class Broken : ICellOutput
    {
        public void Stream(string name, string text) => throw new IOException();

        public void Display(CellDisplay display) => throw new IOException();

        public void Clear(bool wait) => throw new IOException();

        public string? ReadLine(string prompt, bool password) => throw new IOException();
    }
}
