using SimSearch.Notebooks;

namespace SimSearch.Notebooks.Tests;

public sealed class NotebookRunnerTests
{
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(100);

    private static async Task<NotebookRun> Run(Notebook notebook, NotebookRunOptions? options = null)
    {
        await using var engine = new FakeEngine();
        return await NotebookRunner.RunAsync(notebook, engine, options);
    }

    private static string[] Texts(NotebookCell cell) => [.. cell.Outputs.Select(o => o switch
    {
        StreamOutput s => $"{s.Name}:{s.Text}", DisplayOutput d => $"{(d.IsResult ? "result" : "show")}:{d.Text("text/plain")}", ErrorOutput e => $"error:{e.Name}", _ => "?",
    })];

    [Fact]
    public async Task Cells_run_in_order_and_what_they_show_is_collected()
    {
        var notebook = Make.Notebook("out a\\n\nout b\nerr c\nout d", "show x first\nresult 42");
        notebook.Cells.Insert(1, Make.Markdown("text"));
        notebook.Cells.Add(Make.Code("empty", "  \n"));
        var run = await Run(notebook);
        Assert.True(run.Succeeded);
        Assert.Equal((2, 2), (run.CellsRun, run.CellsToRun));
        Assert.Equal(["stdout:a\nb", "stderr:c", "stdout:d"], Texts(run.Notebook.Cells[0]));
        Assert.Equal(["show:first", "result:42"], Texts(run.Notebook.Cells[2]));
        Assert.Equal([1, null, 2, null], run.Notebook.Cells.Select(c => c.ExecutionCount));
        Assert.Equal(2, Assert.IsType<DisplayOutput>(run.Notebook.Cells[2].Outputs[1]).ExecutionCount);
        Assert.Empty(notebook.Cells[0].Outputs);
    }

    [Fact]
    public async Task An_update_changes_every_display_of_its_id_in_whichever_cell()
    {
        var run = await Run(Make.Notebook("show bar 10 %\nshow bar 10 %\nshow other same", "out x\nupdate bar 100 %\nupdate nobody lost"));
        Assert.Equal(["show:100 %", "show:100 %", "show:same"], Texts(run.Notebook.Cells[0]));
        Assert.Equal(["stdout:x"], Texts(run.Notebook.Cells[1]));
    }

    [Fact]
    public async Task Clearing_removes_at_once_or_with_the_next_output()
    {
        var run = await Run(Make.Notebook("out a\nclear\nout b", "out a\nclear wait", "out a\nclear wait\nout b", "show k 1\nclear\nshow k 2\nupdate k 3"));
        Assert.Equal(["stdout:b"], Texts(run.Notebook.Cells[0]));
        Assert.Equal(["stdout:a"], Texts(run.Notebook.Cells[1]));
        Assert.Equal(["stdout:b"], Texts(run.Notebook.Cells[2]));
        Assert.Equal(["show:3"], Texts(run.Notebook.Cells[3]));
    }

    [Theory]
    [InlineData("10%\r20%\r100%", "100%")]
    [InlineData("long line\rxy", "xyng line")]
    [InlineData("a\r\nb\r\n", "a\nb\n")]
    [InlineData("a\rb\nc\rd", "b\nd")]
    [InlineData("plain\n", "plain\n")]
    public void A_carriage_return_writes_over_the_line(string written, string shown) => Assert.Equal(shown, RunOutputs.Overwritten(written));

    [Fact]
    public async Task Background_output_goes_to_the_cell_that_started_it()
    {
        var run = await Run(Make.Notebook("out start\nlate |end", "out second"));
        Assert.Equal(["stdout:start|end"], Texts(run.Notebook.Cells[0]));
        Assert.Equal(["stdout:second"], Texts(run.Notebook.Cells[1]));
    }

    [Fact]
    public async Task The_first_failing_cell_stops_the_run_and_what_ran_is_kept()
    {
        string folder = Make.Folder(), path = Path.Combine(folder, "run.ipynb");
        try
        {
            var notebook = Make.Notebook("out one", "out before\nfail BadThing it broke", "out never");
            notebook.Cells[2].Outputs = [new StreamOutput("stdout", "stale")];
            var run = await Run(notebook, new NotebookRunOptions { SaveTo = path });
            Assert.False(run.Succeeded);
            var failure = Assert.Single(run.Failures);
            Assert.Equal((2, "c2", false), (failure.Number, failure.Cell.Id, failure.EngineLost));
            Assert.Equal("cell 2 ('c2') failed: BadThing: it broke\n  Cell [1], line 1", failure.ToString());
            Assert.Equal(["stdout:before", "error:BadThing"], Texts(run.Notebook.Cells[1]));
            Assert.Empty(run.Notebook.Cells[2].Outputs);
            Assert.Equal(run.Notebook.ToJson(), File.ReadAllText(path));
        }
        finally
        {
            Directory.Delete(folder, true);
        }
    }

    [Fact]
    public async Task Errors_can_be_allowed_for_all_cells_or_for_one()
    {
        var all = await Run(Make.Notebook("fail A a", "fail B b", "out c"), new NotebookRunOptions { AllowErrors = true });
        Assert.Equal((2, 3), (all.Failures.Count, all.CellsRun));
        Assert.False(all.Succeeded);
        var notebook = Make.Notebook("out c");
        notebook.Cells.Insert(0, Make.Code("may", "fail A a", "raises-exception"));
        notebook.Cells.Insert(1, Make.Code("skipped", "fail A a", "skip-execution"));
        var one = await Run(notebook);
        Assert.True(one.Succeeded);
        Assert.Equal(["error:A"], Texts(one.Notebook.Cells[0]));
        Assert.Equal(2, one.CellsRun);
    }

    [Fact]
    public async Task A_cell_above_its_time_is_interrupted_and_named()
    {
        await using var engine = new FakeEngine();
        var run = await NotebookRunner.RunAsync(Make.Notebook("out partial\nwait", "out next"), engine, new NotebookRunOptions { CellTimeout = TimeSpan.FromSeconds(2.5), StopTimeout = TimeSpan.FromMinutes(5), AllowErrors = true });
        var failure = Assert.Single(run.Failures);
        Assert.Equal("CellTimeout", failure.Error.Name);
        Assert.Contains("2.5 s", failure.Error.Message);
        Assert.False(failure.EngineLost);
        Assert.Equal(1, engine.Interrupts);
        Assert.Equal(["stdout:partial", "error:CellTimeout"], Texts(run.Notebook.Cells[0]));
        Assert.Equal(["stdout:next"], Texts(run.Notebook.Cells[1]));
    }

    [Fact]
    public async Task A_cell_that_does_not_stop_ends_the_run_even_when_errors_are_allowed()
    {
        await using var engine = new FakeEngine();
        var run = await NotebookRunner.RunAsync(Make.Notebook("hang", "out next"), engine, new NotebookRunOptions { CellTimeout = Short, StopTimeout = Short, AllowErrors = true });
        Assert.True(Assert.Single(run.Failures).EngineLost);
        Assert.Equal(1, run.CellsRun);
        Assert.Single(engine.Ran);
    }

    [Fact]
    public async Task An_engine_that_throws_is_lost_and_the_run_says_so()
    {
        var run = await Run(Make.Notebook("break pipe closed", "out next"), new NotebookRunOptions { AllowErrors = true });
        var failure = Assert.Single(run.Failures);
        Assert.True(failure.EngineLost);
        Assert.Contains("pipe closed", failure.Error.Message);
    }

    [Fact]
    public async Task Cancelling_interrupts_the_cell_and_ends_the_run()
    {
        using var cancel = new CancellationTokenSource();
        await using var engine = new FakeEngine();
        var options = new NotebookRunOptions { Progress = p => { if (p.Number == 2) cancel.Cancel(); } };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => NotebookRunner.RunAsync(Make.Notebook("out a", "wait", "out b"), engine, options, cancel.Token));
        Assert.DoesNotContain("out b", engine.Ran);
    }

    [Fact]
    public async Task Progress_tells_start_and_end_of_each_cell()
    {
        var seen = new List<string>();
        var notebook = Make.Notebook("out a", "fail E e");
        notebook.Cells.Insert(0, Make.Markdown("x"));
        await Run(notebook, new NotebookRunOptions { Progress = p => seen.Add($"{p.Number} {p.Step}/{p.Steps} {p.Result?.Status.ToString() ?? "start"}") });
        Assert.Equal(["2 1/2 start", "2 1/2 Ok", "3 2/2 start", "3 2/2 Error"], seen);
    }

    [Fact]
    public async Task Equal_runs_make_equal_bytes_unless_times_are_asked_for()
    {
        var notebook = Make.Notebook("out a\nshow d 1", "json {\"b\":1,\"a\":[1,2]}", "json {broken", "json \"\\ud800\"");
        notebook.Cells[0].Metadata["execution"] = new System.Text.Json.Nodes.JsonObject { ["iopub.execute_input"] = "2020-01-01T00:00:00Z" };
        string first = (await Run(notebook)).Notebook.ToJson();
        Assert.Equal(first, (await Run(notebook)).Notebook.ToJson());
        Assert.Equal(first, (await Run(Make.Parse(first))).Notebook.ToJson());
        Assert.DoesNotContain("execution\":", first.Replace("execution_count", ""));
        Assert.Contains("\"application/json\": {\n       \"a\"", first);
        Assert.Contains("\"application/json\": \"{broken\"", first);
        Assert.Contains("shell.execute_reply", (await Run(notebook, new NotebookRunOptions { RecordTimes = true })).Notebook.ToJson());
    }

    [Fact]
    public async Task A_flood_of_output_is_cut_with_a_note()
    {
        var run = await Run(Make.Notebook("out 0123456789\nout 0123456789\nshow x 123\nout z", "out ok"), new NotebookRunOptions { MaxOutputChars = 15 });
        var texts = Texts(run.Notebook.Cells[0]);
        Assert.Equal("stdout:012345678901234", texts[0]);
        Assert.Contains("more than 15 characters", Assert.Single(texts.Skip(1)));
        Assert.Equal(["stdout:ok"], Texts(run.Notebook.Cells[1]));
    }

    [Fact]
    public async Task Reading_from_the_console_ends_at_once_when_nobody_is_there()
    {
        Assert.Equal(["stdout:(end)"], Texts((await Run(Make.Notebook("ask name?"))).Notebook.Cells[0]));
        Assert.Equal(["stdout:name?!"], Texts((await Run(Make.Notebook("ask name?"), new NotebookRunOptions { Input = prompt => prompt + "!" })).Notebook.Cells[0]));
    }

    [Fact]
    public async Task A_wrong_parameter_runs_nothing()
    {
        await using var engine = new FakeEngine();
        await Assert.ThrowsAsync<NotebookParameterException>(() => NotebookRunner.RunAsync(Make.Notebook("out a"), engine, new NotebookRunOptions { Parameters = new Dictionary<string, string> { ["k"] = "1" } }));
        Assert.Empty(engine.Ran);
    }
}
