using System.Diagnostics;
using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace SimSearch.Notebooks;

/// <summary>What a kernel says of itself, and what it watches.</summary>
public sealed record JupyterKernelOptions
{
    /// <summary>The implementation's name in kernel_info.</summary>
    public string Implementation { get; init; } = "simsearch";

    /// <summary>The implementation's version in kernel_info; by default that of this library.</summary>
    public string Version { get; init; } = typeof(JupyterKernelOptions).Assembly.GetName().Version?.ToString(3) ?? "0.0.0";

    /// <summary>What a console shows before its first prompt.</summary>
    public string Banner { get; init; } = "C# 14 (SimSearch.Notebooks)";

    /// <summary>The process without which the kernel ends, as a Jupyter server passes it in JPY_PARENT_PID; null for none.</summary>
    public int? ParentProcessId { get; init; }

    /// <summary>Where the cells of each session are kept for the history of later ones, bounded and readable by their owner only; null keeps none.</summary>
    public string? HistoryFolder { get; init; }

    /// <summary>Receives a line for each message or connection that is dropped and for faults; from any thread. Nowhere by default.</summary>
    public Action<string> Log { get; init; } = _ => { };
}

/// <summary>
/// A Jupyter kernel: five sockets on loopback in front of a cell engine, for any number of clients at once (messaging protocol 5.3).
/// </summary>
/// <remarks>
/// Requests of the shell channel run one after the other in the order of their arrival; interrupt, shutdown and kernel_info on the control
/// channel and the heartbeat are served meanwhile. When a cell fails, the cells that the same client session has queued are aborted (its
/// stop_on_error); those of others run. Messages that are malformed, wrongly signed or repeated are dropped and logged; no bytes that a
/// stranger sends end the kernel. What the channels do runs on threads of its own, so cells that hold up the thread pool do not hold up them.
/// </remarks>
public sealed class JupyterKernel : IDisposable
{
    private const int DrainMilliseconds = 1_000, EndingCellMilliseconds = 1_000, ParentPollMilliseconds = 2_000;
    private static readonly ZmtpLimits Cells = new(64 << 20), Commands = new(1 << 20), Signals = new(64 << 10);

    private readonly ICellEngine _engine;
    private readonly JupyterKernelOptions _options;
    private readonly KernelLog _log;
    private readonly JupyterWire _wire;
    private readonly ZmtpServer _shell, _control, _stdin, _iopub, _heartbeat;
    private readonly KernelPublisher _publisher;
    private readonly KernelInput _input;
    private readonly HistoryStore? _store;
    private readonly KernelHistory _history;
    private readonly KernelQueue _shellQueue = new(), _controlQueue = new();
    private readonly ManualResetEventSlim _ended = new();
    private int _ending, _count;
    private bool _restart;
    private volatile CancellationTokenSource? _running;

    private JupyterKernel(JupyterConnection connection, ICellEngine engine, JupyterKernelOptions options)
    {
        (_engine, _options, _log) = (engine, options, new KernelLog(options.Log));
        _wire = new JupyterWire(connection.Key);
        _store = options.HistoryFolder is { } folder ? new HistoryStore(folder, _log.Write) : null;
        _history = new KernelHistory(_store);
        var open = new List<ZmtpServer>();
        ZmtpServer Open(ZmtpRole role, string name, int port, ZmtpLimits limits, Action<ZmtpPeer, IReadOnlyList<byte[]>>? received = null, Action<ZmtpPeer>? gone = null)
        {
            open.Add(new ZmtpServer(role, name, new IPEndPoint(connection.Address, port), limits, _log.Write, received, gone));
            return open[^1];
        }
        try
        {
            _shell = Open(ZmtpRole.Router, "shell", connection.ShellPort, Cells, (peer, message) => Receive("shell", _shellQueue, peer, message));
            _control = Open(ZmtpRole.Router, "control", connection.ControlPort, Commands, (peer, message) => Receive("control", _controlQueue, peer, message));
            _stdin = Open(ZmtpRole.Router, "stdin", connection.StdinPort, Commands, (peer, message) => _input!.Received(peer, message), peer => _input!.Gone(peer));
            _iopub = Open(ZmtpRole.Publisher, "iopub", connection.IopubPort, Signals);
            _heartbeat = Open(ZmtpRole.Echo, "hb", connection.HeartbeatPort, Signals);
        }
        catch
        {
            foreach (ZmtpServer server in open) server.Dispose();
            throw;
        }
        Connection = connection with
        {
            ShellPort = _shell.Port,
            ControlPort = _control.Port,
            StdinPort = _stdin.Port,
            IopubPort = _iopub.Port,
            HeartbeatPort = _heartbeat.Port,
        };
        _publisher = new KernelPublisher(_wire, _iopub);
        _input = new KernelInput(_wire, _stdin.Find, _log.Write);
    }

    /// <summary>Where the kernel listens, with the ports it was given.</summary>
    public JupyterConnection Connection { get; }

    /// <summary>How many shell requests wait.</summary>
    internal int Waiting => _shellQueue.Count;

    /// <summary>Starts a kernel; it serves clients when this returns.</summary>
    /// <param name="connection">Where to listen; see <see cref="JupyterConnection.Read"/> and <see cref="JupyterConnection.CreateLocal"/>.</param>
    /// <param name="engine">Runs the cells; the caller disposes it after the kernel.</param>
    /// <param name="options">Names and the log; null for the defaults.</param>
    /// <exception cref="ArgumentException">The address is not loopback, or the key is empty.</exception>
    /// <exception cref="JupyterException">A port cannot be had.</exception>
    public static JupyterKernel Start(JupyterConnection connection, ICellEngine engine, JupyterKernelOptions? options = null)
    {
        var kernel = new JupyterKernel(connection, engine, options ?? new JupyterKernelOptions());
        foreach (ZmtpServer server in kernel.Servers) server.Start();
        kernel._publisher.Status(null, "starting");
        Run(() => kernel.Serve(kernel._shellQueue), "shell");
        Run(() => kernel.Serve(kernel._controlQueue), "control");
        if (kernel._options.ParentProcessId is { } parent) Run(() => kernel.WatchParent(parent), "parent");
        return kernel;
    }

    /// <summary>Blocks until a client has asked the kernel to end, its parent process has ended, or it was disposed.</summary>
    /// <returns>Whether the client will start it again.</returns>
    /// <exception cref="OperationCanceledException">Cancelled; the kernel goes on.</exception>
    public bool WaitForShutdown(CancellationToken cancellation = default)
    {
        _ended.Wait(cancellation);
        return _restart;
    }

    /// <summary>Interrupts the running cell, sends what is queued (for at most a second) and closes the sockets.</summary>
    public void Dispose() => End(restart: false);

    private ZmtpServer[] Servers => [_shell, _control, _stdin, _iopub, _heartbeat];

    private static void Run(Action body, string name) => new Thread(() => body()) { IsBackground = true, Name = $"jupyter {name}" }.Start();

    private void Receive(string channel, KernelQueue queue, ZmtpPeer peer, IReadOnlyList<byte[]> message)
    {
        if (_wire.Read(peer, message, out string why) is { } request) queue.Add(request);
        else _log.Write($"{channel}: a message is dropped: {why}");
    }

    private void Serve(KernelQueue queue)
    {
        while (queue.Take() is { } request)
        {
            // Before anybody hears "busy", so that the interrupt of who hears it is not lost.
            if (queue == _shellQueue) _running = new CancellationTokenSource();
            _publisher.Status(request, "busy");
            Action? after = null;
            try
            {
                after = queue == _controlQueue && request.Type is not ("kernel_info_request" or "interrupt_request" or "shutdown_request") ? Ignore(request) : Handle(request);
            }
            catch (Exception error)
            {
                // A request that we or the engine stumble over gets an answer: a client that waits for one would wait for ever.
                _log.Write($"{request.Type}: {error}");
                if (request.Type.EndsWith("_request", StringComparison.Ordinal)) ReplyError(request, new CellError(error.GetType().Name, error.Message, []));
            }
            if (queue == _shellQueue) _running = null;
            _publisher.Status(request, "idle");
            after?.Invoke();
        }
    }

    // Returns what is to be done after the request has been declared done.
    private Action? Handle(JupyterRequest request)
    {
        switch (request.Type)
        {
            case "execute_request":
                return Execute(request);
            case "kernel_info_request":
                Reply(request, KernelReplies.Info(_options));
                break;
            case "complete_request":
                Reply(request, KernelReplies.Complete(_engine, request.Content));
                break;
            case "inspect_request":
                Reply(request, KernelReplies.Inspect(_engine, request.Content));
                break;
            case "is_complete_request":
                Reply(request, KernelReplies.IsComplete(_engine, request.Content));
                break;
            case "history_request":
                Reply(request, _history.Answer(request.Content));
                break;
            case "comm_info_request":
                Reply(request, new JsonObject { ["comms"] = new JsonObject() });
                break;
            case "comm_open":
                // There are no comm targets here; the protocol's answer to an unknown one is to close it.
                _publisher.Publish(request, "comm_close", new JsonObject { ["comm_id"] = request.Content.Member("comm_id").Text() ?? "", ["data"] = new JsonObject() });
                break;
            case "comm_msg" or "comm_close":
                break;
            case "interrupt_request":
                Interrupt();
                Reply(request, []);
                break;
            case "shutdown_request":
                bool restart = request.Content.Member("restart").Flag(false);
                Reply(request, new JsonObject { ["restart"] = restart });
                _publisher.Publish(request, "shutdown_reply", new JsonObject { ["status"] = "ok", ["restart"] = restart }); // the other clients learn of it here
                return () => Run(() => End(restart), "end");
            default:
                return Ignore(request);
        }
        return null;
    }

    private Action? Ignore(JupyterRequest request)
    {
        _log.Write($"a {JsonSerializer.SerializeToElement(request.Type).GetRawText()} message is not known here and is ignored");
        return null;
    }

    private Action? Execute(JupyterRequest request)
    {
        string code = KernelReplies.Code(request.Content);
        bool silent = request.Content.Member("silent").Flag(false);
        int count = _count + (silent ? 0 : 1);
        CancellationToken interrupt = _running!.Token;
        var output = new KernelOutput(_publisher, request.Content.Member("allow_stdin").Flag(true) ? _input : null, request, count, silent, interrupt);
        if (!silent) _publisher.Publish(request, "execute_input", new JsonObject { ["code"] = code, ["execution_count"] = count });

        CellResult result;
        try
        {
            result = _engine.ExecuteAsync(code, output, silent, interrupt).GetAwaiter().GetResult();
        }
        catch (Exception fault)
        {
            _log.Write($"the cell engine failed: {fault}");
            result = new CellResult(CellStatus.Error, count, new CellError(fault.GetType().Name, fault.Message, [$"The cell engine failed: {fault.Message}"]));
        }
        _count = result.ExecutionCount;
        if (!silent && request.Content.Member("store_history").Flag(true)) _history.Add(result.ExecutionCount, code, output.Result);

        if (result.Status == CellStatus.Ok)
        {
            Reply(request, new JsonObject { ["execution_count"] = result.ExecutionCount, ["payload"] = new JsonArray(), ["user_expressions"] = KernelReplies.UserExpressions(request.Content) });
            return null;
        }
        // Taken out before the client hears of the error: what it sends then, it sends knowing.
        IReadOnlyList<JupyterRequest> aborted = request.Content.Member("stop_on_error").Flag(true)
            ? _shellQueue.Remove(other => other.Type == "execute_request" && other.Session == request.Session)
            : [];
        if (result.Error is { } error)
        {
            if (!silent) _publisher.Publish(request, "error", KernelReplies.Error(error));
            ReplyError(request, error, result.ExecutionCount);
        }
        else Reply(request, new JsonObject { ["execution_count"] = result.ExecutionCount }, "aborted");
        return () => Abort(aborted);
    }

    private void Abort(IReadOnlyList<JupyterRequest> requests)
    {
        foreach (JupyterRequest request in requests)
        {
            _publisher.Status(request, "busy");
            Reply(request, new JsonObject { ["execution_count"] = _count }, "aborted");
            _publisher.Status(request, "idle");
        }
    }

    // By the token of the cell, so that an interrupt that comes late never meets the next one; on a thread of its own, because what hears of
    // the cancellation may take its time.
    private void Interrupt()
    {
        if (_running is not { } cell) return;
        Run(() =>
        {
            try
            {
                cell.Cancel();
            }
            catch (Exception error)
            {
                _log.Write($"interrupt: {error}");
            }
            _input.Interrupt(); // not before: a question that ends unasked for would look like an error of the cell
        }, "interrupt");
    }

    private void Reply(JupyterRequest request, JsonObject content, string status = "ok")
    {
        content.TryAdd("status", status); // is_complete has a status of its own
        string type = request.Type[..^"request".Length] + "reply";
        request.Peer.Post(_wire.Build(request.Route, type, request.Header, content));
        request.Peer.WaitForRoom();
    }

    private void ReplyError(JupyterRequest request, CellError error, int? count = null)
    {
        JsonObject content = KernelReplies.Error(error);
        if (request.Type == "execute_request") content["execution_count"] = count ?? _count;
        Reply(request, content, "error");
    }

    private void WatchParent(int parent)
    {
        while (!_ended.Wait(ParentPollMilliseconds))
        {
            try
            {
                using Process process = Process.GetProcessById(parent);
            }
            catch (ArgumentException)
            {
                _log.Write($"the parent process {parent} has ended, and so does the kernel");
                End(restart: false);
            }
        }
    }

    private void End(bool restart)
    {
        if (Interlocked.Exchange(ref _ending, 1) == 1)
        {
            _ended.Wait();
            return;
        }
        _restart = restart;
        _shellQueue.Close();
        _controlQueue.Close();
        Interrupt();
        SpinWait.SpinUntil(() => _running is null, EndingCellMilliseconds);
        long deadline = Environment.TickCount64 + DrainMilliseconds;
        foreach (ZmtpServer server in Servers) server.Drain(deadline);
        foreach (ZmtpServer server in Servers) server.Dispose();
        _store?.Dispose();
        _ended.Set();
    }
}
