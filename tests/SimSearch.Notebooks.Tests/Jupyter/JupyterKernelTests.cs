using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;

namespace SimSearch.Notebooks.Tests;

public sealed class JupyterKernelTests : IDisposable
{
    private readonly ToyEngine _engine = new();
    private readonly List<string> _log = [];
    private readonly JupyterKernel _kernel;
    private readonly JupyterClient _client;

    public JupyterKernelTests()
    {
        _kernel = JupyterKernel.Start(JupyterConnection.CreateLocal(), _engine, new JupyterKernelOptions { Log = line => { lock (_log) _log.Add(line); } });
        _client = new JupyterClient(_kernel.Connection);
    }

    private string Log { get { lock (_log) return string.Join("\n", _log); } }

    public void Dispose()
    {
        _client.Dispose();
        _kernel.Dispose();
    }

    [Fact]
    public void Kernel_info_says_what_clients_need_to_colour_and_save_cells()
    {
        JsonNode info = _client.Ask(_client.Shell, "kernel_info_request", []).Content;
        Assert.Equal("5.3", (string?)info["protocol_version"]);
        Assert.Equal("ok", (string?)info["status"]);
        Assert.Equal(("C#", ".cs", "text/x-csharp"), ((string?)info["language_info"]!["name"], (string?)info["language_info"]!["file_extension"], (string?)info["language_info"]!["mimetype"]));
    }

    [Fact]
    public void A_cell_is_echoed_and_its_outputs_come_in_order()
    {
        (Received reply, List<Received> said) = _client.Run("print one two\ncomplain three\nprint four\nshow image/png AAAA\nclear\nresult 42");
        Assert.Equal(["execute_input", "stream", "stream", "stream", "display_data", "clear_output", "execute_result"], said.Select(message => message.Type));
        Assert.Equal(("one two\n", "stdout"), (said[1].Text("text"), said[1].Text("name")));
        Assert.Equal(("three\n", "stderr"), (said[2].Text("text"), said[2].Text("name")));
        Assert.Equal("four\n", said[3].Text("text"));
        Assert.Equal(("AAAA", "shown"), ((string?)said[4].Content["data"]!["image/png"], (string?)said[4].Content["data"]!["text/plain"]));
        Assert.True((bool)said[5].Content["wait"]!);
        Assert.Equal((1, "42"), ((int)said[6].Content["execution_count"]!, (string?)said[6].Content["data"]!["text/plain"]));
        Assert.Equal(("ok", 1), (reply.Text("status"), (int)reply.Content["execution_count"]!));
        Assert.Equal(2, (int)_client.Run("print again").Reply.Content["execution_count"]!);
    }

    [Fact]
    public void Much_printed_text_arrives_whole()
    {
        const int Lines = 5_000;
        Assert.Equal(string.Concat(Enumerable.Repeat("all work and no play\n", Lines)), _client.Print($"flood {Lines}"));
    }

    [Fact]
    public void What_is_printed_is_seen_before_the_cell_ends()
    {
        string id = _client.SendCell("print early\ngate\nprint late");
        Received message;
        do message = _client.Receive(_client.Iopub);
        while (message.Type != "stream");
        Assert.Equal("early\n", message.Text("text"));
        _engine.OpenGate();
        Assert.Equal("late\n", _client.PublishedUntilIdle(id).Single(one => one.Type == "stream").Text("text"));
    }

    [Fact]
    public void A_display_can_be_updated_by_its_id_and_json_travels_as_json()
    {
        List<Received> said = _client.Run("named bar 10%\nupdate bar 90%\nshow application/vnd.x+json {\"a\":[1]}\nshow application/json {broken").Published;
        Assert.Equal(["display_data", "update_display_data", "display_data", "display_data"], said[1..].Select(message => message.Type));
        Assert.Equal(["bar", "bar"], said[1..3].Select(message => (string?)message.Content["transient"]!["display_id"]));
        Assert.Equal("90%", (string?)said[2].Content["data"]!["text/plain"]);
        Assert.Equal(1, (int)said[3].Content["data"]!["application/vnd.x+json"]!["a"]![0]!);
        Assert.Equal("{broken", (string?)said[4].Content["data"]!["application/json"]);
    }

    [Fact]
    public void An_error_is_told_in_the_reply_and_to_everybody()
    {
        (Received reply, List<Received> said) = _client.Run("print before\nfail on purpose\nprint after");
        Assert.Equal(["execute_input", "stream", "error"], said.Select(message => message.Type));
        foreach (Received told in new[] { reply, said[2] })
        {
            Assert.Equal(("System.InvalidOperationException", "on purpose"), (told.Text("ename"), told.Text("evalue")));
            Assert.Equal("\e[31mCell [1], line 1\e[0m", (string?)told.Content["traceback"]![0]);
        }
        Assert.Equal("error", reply.Text("status"));
        Assert.Equal("still\n", _client.Print("print still"));
    }

    [Fact]
    public void A_silent_cell_says_nothing_counts_for_nothing_and_is_not_remembered()
    {
        (Received reply, List<Received> said) = _client.Run("print x\nresult y\nset a 1", silent: true);
        Assert.Empty(said);
        Assert.Equal(("ok", 0), (reply.Text("status"), (int)reply.Content["execution_count"]!));
        (reply, said) = _client.Run("fail quietly", silent: true);
        Assert.Empty(said);
        Assert.Equal("quietly", reply.Text("evalue"));
        Assert.Equal("1\n", _client.Print("get a"));
        _client.Run("print unseen by history", storeHistory: false);
        Assert.Equal(["get a"], History("tail", new JsonObject { ["n"] = 10 }));
    }

    [Fact]
    public void After_an_error_the_queued_cells_of_this_client_are_aborted_and_those_of_others_run()
    {
        using var other = new JupyterClient(_kernel.Connection);
        string failing = _client.SendCell("gate\nfail now");
        Assert.True(_engine.Waits.Wait(60_000));
        string second = _client.SendCell("print never"), info = _client.Send(_client.Shell, "kernel_info_request", []), third = _client.SendCell("print nor this");
        string others = other.SendCell("print mine");
        Assert.True(SpinWait.SpinUntil(() => _kernel.Waiting == 4, 60_000));
        _engine.OpenGate();
        Dictionary<string, Received> replies = Enumerable.Range(0, 4).Select(_ => _client.Receive(_client.Shell)).ToDictionary(reply => reply.Parent!);
        Assert.Equal(["error", "aborted", "aborted", "ok"], new[] { failing, second, third, info }.Select(id => replies[id].Text("status")));
        Received theirs = other.Receive(other.Shell);
        Assert.Equal((others, "ok"), (theirs.Parent, theirs.Text("status")));
        Assert.Equal("one\n", _client.Print("print one")); // and the next cell is not aborted
    }

    [Fact]
    public void Without_stop_on_error_the_queue_goes_on()
    {
        string failing = _client.SendCell("gate\nfail now", stopOnError: false), next = _client.SendCell("print next");
        Assert.True(SpinWait.SpinUntil(() => _kernel.Waiting == 1, 60_000));
        _engine.OpenGate();
        Assert.Equal([(failing, "error"), (next, "ok")], Enumerable.Range(0, 2).Select(_ => _client.Receive(_client.Shell)).Select(reply => (reply.Parent!, reply.Text("status"))));
    }

    [Fact]
    public void Control_and_heartbeat_answer_while_a_cell_runs_and_an_interrupt_ends_it()
    {
        _client.Run("set kept yes");
        string id = _client.SendCell("wait");
        Assert.True(_engine.Waits.Wait(60_000));
        Assert.Equal("5.3", _client.Ask(_client.Control, "kernel_info_request", []).Text("protocol_version"));
        using (ZmtpClient heart = ZmtpClient.Connect(_kernel.Connection.HeartbeatPort, "REQ"))
        {
            heart.Send([], [1, 2, 3]);
            Assert.Equal([[], [1, 2, 3]], heart.Receive());
        }
        Assert.Equal("ok", _client.Ask(_client.Control, "interrupt_request", []).Text("status"));
        Received reply = _client.Receive(_client.Shell);
        Assert.Equal((id, "error", "Interrupted"), (reply.Parent, reply.Text("status"), reply.Text("ename")));
        Assert.Equal("yes\n", _client.Print("get kept"));
    }

    [Fact]
    public void A_cell_that_pours_out_more_than_is_read_can_be_interrupted()
    {
        string id = _client.SendCell("pour"); // nobody reads iopub, so the cell is held up soon
        Assert.True(_engine.Waits.Wait(60_000));
        _client.Ask(_client.Control, "interrupt_request", []);
        Assert.Equal("Interrupted", _client.Receive(_client.Shell).Text("ename"));
        Assert.Empty(Log); // in particular, no reader was given up
        Assert.InRange(_client.Published(id).Count(message => message.Type == "stream"), 50, 100);
    }

    [Fact]
    public void An_interrupt_with_nothing_to_interrupt_harms_no_later_cell()
    {
        Assert.Equal("ok", _client.Ask(_client.Control, "interrupt_request", []).Text("status"));
        Assert.Equal("fine\n", _client.Print("print fine"));
    }

    [Fact]
    public void Control_is_heard_while_cells_starve_the_thread_pool()
    {
        var release = new ManualResetEventSlim(); // not disposed: the last of the pool's threads may look at it later
        int blocked = 0, most = ThreadPool.ThreadCount + 64;
        for (int i = 0; i < most; i++)
        {
            ThreadPool.UnsafeQueueUserWorkItem(_ =>
            {
                Interlocked.Increment(ref blocked);
                release.Wait();
            }, null);
        }
        try
        {
            Assert.Equal("free\n", _client.Print("print free"));
            Assert.Equal("5.3", _client.Ask(_client.Control, "kernel_info_request", []).Text("protocol_version"));
            Assert.True(Volatile.Read(ref blocked) < most, "the pool must still have been starved for the test to mean anything");
        }
        finally
        {
            release.Set();
        }
    }

    [Fact]
    public void A_task_that_prints_after_its_cell_is_shown_under_that_cell()
    {
        string id = _client.SendCell("later finally");
        Assert.Equal("ok", _client.Receive(_client.Shell).Text("status"));
        _client.Published(id);
        string next = _client.SendCell("gate");
        _engine.OpenGate();
        Received message;
        do message = _client.Receive(_client.Iopub);
        while (message.Type != "stream");
        Assert.Equal((id, "finally\n"), (message.Parent, message.Text("text")));
        Assert.NotEqual(next, message.Parent);
    }

    [Fact]
    public void Input_is_asked_of_the_client_that_runs_the_cell()
    {
        using var other = new JupyterClient(_kernel.Connection);
        foreach ((string command, bool password) in new[] { ("ask", false), ("secret", true) })
        {
            string id = _client.SendCell($"print before\n{command} your name?");
            Received question = _client.Receive(_client.Stdin);
            Assert.Equal(("input_request", id, "your name?", password), (question.Type, question.Parent, question.Text("prompt"), (bool)question.Content["password"]!));
            other.Send(other.Stdin, "input_reply", new JsonObject { ["value"] = "intruder" });
            other.Stdin.Settle();
            _client.Send(_client.Stdin, "input_reply", new JsonObject { ["value"] = "Zoë" });
            Assert.Equal("ok", _client.Receive(_client.Shell).Text("status"));
            Assert.Equal("before\ngot Zoë\n", string.Concat(_client.Published(id)[1..].Select(message => message.Text("text"))));
        }
        Assert.True(SpinWait.SpinUntil(() => Log.Contains("answers no question", StringComparison.Ordinal), 60_000));
    }

    [Fact]
    public void A_cell_that_waits_for_input_can_be_interrupted_and_asks_again()
    {
        _client.SendCell("ask first");
        _client.Receive(_client.Stdin);
        _client.Ask(_client.Control, "interrupt_request", []);
        Assert.Equal("Interrupted", _client.Receive(_client.Shell).Text("ename"));
        string id = _client.SendCell("ask second");
        Assert.Equal("second", _client.Receive(_client.Stdin).Text("prompt"));
        _client.Send(_client.Stdin, "input_reply", new JsonObject { ["value"] = "2" });
        Assert.Equal("got 2\n", _client.Published(id)[1].Text("text"));
    }

    [Fact]
    public void A_client_that_goes_away_or_takes_no_questions_gives_the_end_of_input()
    {
        Assert.Equal("got nothing\n", _client.Run("ask x", allowStdin: false).Published[1].Text("text"));
        using (var leaving = new JupyterClient(_kernel.Connection))
        {
            leaving.SendCell("ask x");
            leaving.Receive(leaving.Stdin);
        }
        Received message;
        do message = _client.Receive(_client.Iopub);
        while (message.Type != "stream");
        Assert.Equal("got nothing\n", message.Text("text"));
    }

    [Fact]
    public void Cursor_positions_are_code_points_outside_and_utf16_inside()
    {
        const string Code = "\U0001F600\U0001F600 pri";
        JsonNode reply = _client.Ask(_client.Shell, "complete_request", new JsonObject { ["code"] = Code, ["cursor_pos"] = 6 }).Content;
        Assert.Equal(["print", "primes"], reply["matches"]!.AsArray().Select(match => (string?)match));
        Assert.Equal((3, 6), ((int)reply["cursor_start"]!, (int)reply["cursor_end"]!));
        Assert.Equal("keyword", (string?)reply["metadata"]!["_jupyter_types_experimental"]![0]!["type"]);
        foreach (int? position in new int?[] { null, -5, 0, int.MaxValue })
            Assert.Equal("ok", _client.Ask(_client.Shell, "complete_request", new JsonObject { ["code"] = Code, ["cursor_pos"] = position }).Text("status"));
    }

    [Fact]
    public void Inspection_and_completeness_come_from_the_engine()
    {
        JsonNode reply = _client.Ask(_client.Shell, "inspect_request", new JsonObject { ["code"] = "print x", ["cursor_pos"] = 2, ["detail_level"] = 1 }).Content;
        Assert.Equal((true, "print TEXT at 2, detail 1"), ((bool)reply["found"]!, (string?)reply["data"]!["text/plain"]));
        reply = _client.Ask(_client.Shell, "inspect_request", new JsonObject { ["code"] = "x", ["cursor_pos"] = 0 }).Content;
        Assert.Equal((false, 0, "ok"), ((bool)reply["found"]!, reply["data"]!.AsObject().Count, (string?)reply["status"]));
        JsonNode Ask(string code) => _client.Ask(_client.Shell, "is_complete_request", new JsonObject { ["code"] = code }).Content;
        Assert.Equal("complete", (string?)Ask("print x")["status"]);
        Assert.Equal(("incomplete", "  "), ((string?)Ask("x\\")["status"], (string?)Ask("x\\")["indent"]));
        Assert.Equal("invalid", (string?)Ask("!")["status"]);
    }

    [Fact]
    public void History_is_found_by_tail_range_and_pattern()
    {
        foreach (string code in new[] { "print a", "result 7", "print b", "print a" }) _client.Run(code);
        Assert.Equal(["print b", "print a"], History("tail", new JsonObject { ["n"] = 2 }));
        Assert.Equal(["result 7", "print b"], History("range", new JsonObject { ["session"] = 0, ["start"] = 2, ["stop"] = 4 }));
        Assert.Empty(History("range", new JsonObject { ["session"] = 99, ["start"] = 0, ["stop"] = 4 }));
        Assert.Equal(["print a", "print b", "print a"], History("search", new JsonObject { ["pattern"] = "print *" }));
        Assert.Equal(["print b", "print a"], History("search", new JsonObject { ["pattern"] = "print ?", ["unique"] = true }));
        Assert.Equal(["print a"], History("search", new JsonObject { ["pattern"] = "p*", ["n"] = 1 }));
        Assert.Empty(History("search", new JsonObject { ["pattern"] = "print" }));
        Assert.Empty(History("unheard of", []));
        JsonNode with = _client.Ask(_client.Shell, "history_request", new JsonObject { ["hist_access_type"] = "range", ["output"] = true, ["start"] = 2, ["stop"] = 3 }).Content["history"]![0]!;
        Assert.Equal("""[1,2,["result 7","7"]]""", with.ToJsonString());
    }

    [Fact]
    public void A_fault_of_the_engine_is_answered_and_the_kernel_goes_on()
    {
        Received reply = _client.Ask(_client.Shell, "complete_request", new JsonObject { ["code"] = "break" });
        Assert.Equal(("error", "completion is broken"), (reply.Text("status"), reply.Text("evalue")));
        (reply, List<Received> said) = _client.Run("break down");
        Assert.Equal(("error", "down"), (reply.Text("status"), reply.Text("evalue")));
        Assert.Equal("error", said[^1].Type); // a person sees it, too
        reply = _client.Ask(_client.Shell, "execute_request", new JsonObject { ["code"] = 5 });
        Assert.Equal("error", reply.Text("status"));
        Assert.Equal("on\n", _client.Print("print on"));
    }

    [Fact]
    public void Unsigned_repeated_and_malformed_messages_do_nothing()
    {
        List<byte[]> good = _client.Frames("once", "execute_request", """{"code":"print once"}"""), unsigned = _client.Frames("never", "execute_request", """{"code":"print never"}""");
        unsigned[1] = Encoding.ASCII.GetBytes(new string('0', 64));
        _client.Shell.Send(good);
        _client.Shell.Send(good);
        _client.Shell.Send(unsigned);
        _client.Shell.Send([1], [2]);
        _client.Shell.Send(_client.Frames("x", "execute_request", "[]"));
        Assert.Equal("once", _client.Receive(_client.Shell).Parent);
        Assert.Equal("next\n", _client.Print("print next")); // whose reply is the very next message
        foreach (string why in new[] { "seen before", "signature is wrong", "delimiter", "malformed" }) Assert.Contains(why, Log);
    }

    [Fact]
    public void Messages_nobody_here_knows_are_ignored()
    {
        _client.Send(_client.Shell, "debug_request\n", []);
        _client.Send(_client.Control, "execute_request", new JsonObject { ["code"] = "print not on control" });
        _client.Send(_client.Shell, "comm_msg", []);
        string open = _client.Send(_client.Shell, "comm_open", new JsonObject { ["comm_id"] = "c1", ["target_name"] = "jupyter.widget" });
        Assert.Empty(_client.Ask(_client.Shell, "comm_info_request", []).Content["comms"]!.AsObject());
        Received closed = Assert.Single(_client.Published(open));
        Assert.Equal(("comm_close", "c1"), (closed.Type, closed.Text("comm_id")));
        Assert.Contains("\"debug_request\\n\" message is not known", Log);
    }

    [Fact]
    public void Expressions_beside_a_cell_are_refused_by_name()
    {
        Received reply = _client.Ask(_client.Shell, "execute_request", new JsonObject { ["code"] = "print x", ["user_expressions"] = new JsonObject { ["a"] = "1 + 1" } });
        Assert.Equal("error", (string?)reply.Content["user_expressions"]!["a"]!["status"]);
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    public void Shutdown_is_answered_told_to_all_and_says_whether_a_restart_follows(bool restart, bool control)
    {
        using var other = new JupyterClient(_kernel.Connection);
        if (control) _client.SendCell("wait"); // a cell that runs does not hold it up
        Received reply = _client.Ask(control ? _client.Control : _client.Shell, "shutdown_request", new JsonObject { ["restart"] = restart });
        Assert.Equal((restart, "ok"), ((bool)reply.Content["restart"]!, reply.Text("status")));
        Assert.Equal(restart, _kernel.WaitForShutdown());
        Received message;
        do message = other.Receive(other.Iopub);
        while (message.Type != "shutdown_reply");
        Assert.Equal(restart, (bool)message.Content["restart"]!);
        Assert.True(other.Shell.IsClosedByServer());
        // Its ports are free again for the next kernel, which is what a restart is.
        using var next = JupyterKernel.Start(_kernel.Connection, new ToyEngine());
        using var client = new JupyterClient(next.Connection);
        Assert.Equal("anew\n", client.Print("print anew"));
    }

    [Fact]
    public void Waiting_for_the_end_can_be_cancelled()
    {
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        Assert.Throws<OperationCanceledException>(() => _kernel.WaitForShutdown(cancelled.Token));
        Assert.Equal("on\n", _client.Print("print on"));
    }

    [Fact]
    public void The_kernel_ends_with_its_parent_process()
    {
        using Process parent = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, "--version") { RedirectStandardOutput = true })!;
        int id = parent.Id;
        parent.StandardOutput.ReadToEnd();
        parent.WaitForExit();
        using var orphan = JupyterKernel.Start(JupyterConnection.CreateLocal(), new ToyEngine(), new JupyterKernelOptions { ParentProcessId = id });
        using var limit = new CancellationTokenSource(60_000);
        Assert.False(orphan.WaitForShutdown(limit.Token));
    }

    [Fact]
    public void Many_clients_at_once_get_their_own_answers_and_see_everything()
    {
        const int Clients = 12, Cells = 20;
        JupyterClient[] clients = [.. Enumerable.Range(0, Clients).Select(_ => new JupyterClient(_kernel.Connection))];
        try
        {
            var failures = new List<Exception>();
            Thread[] threads = [.. clients.Select((client, number) => new Thread(() =>
            {
                try
                {
                    for (int cell = 0; cell < Cells; cell++) Assert.Equal($"client {number} cell {cell}\n", client.Print($"print client {number} cell {cell}"));
                }
                catch (Exception error)
                {
                    lock (failures) failures.Add(error);
                }
            }))];
            foreach (Thread thread in threads) thread.Start();
            foreach (Thread thread in threads) thread.Join();
            Assert.Empty(failures);
            int seen = 0;
            while (seen < Clients * Cells)
                if (_client.Receive(_client.Iopub).Type == "stream") seen++;
        }
        finally
        {
            foreach (JupyterClient client in clients) client.Dispose();
        }
    }

    private List<string> History(string type, JsonObject request)
    {
        request["hist_access_type"] = type;
        return [.. _client.Ask(_client.Shell, "history_request", request).Content["history"]!.AsArray().Select(entry => (string)entry![2]!)];
    }
}
