using System.Text.Json.Nodes;

namespace SimSearch.Notebooks;

/// <summary>Asks the client whose cell wants input, on the stdin channel, one question at a time.</summary>
internal sealed class KernelInput
{
    private const int ConnectMilliseconds = 5_000;

    private readonly JupyterWire _wire;
    private readonly Action<string> _log;
    private readonly Func<byte[], int, ZmtpPeer?> _find;
    private readonly object _gate = new();
    private ZmtpPeer? _asked;
    private string? _answer;
    private int _interrupts;

    /// <summary>Input over a wire.</summary>
    /// <param name="wire">Signs and reads messages.</param>
    /// <param name="find">Finds a connection to the stdin socket by its identity, waiting a while for it.</param>
    /// <param name="log">Receives why there could be no question or an answer was dropped.</param>
    public KernelInput(JupyterWire wire, Func<byte[], int, ZmtpPeer?> find, Action<string> log) => (_wire, _find, _log) = (wire, find, log);

    /// <summary>Asks for a line and waits for it.</summary>
    /// <returns>The line, or null when the client has no stdin channel or goes away.</returns>
    /// <exception cref="OperationCanceledException">The cell was interrupted.</exception>
    public string? Ask(JupyterRequest request, string prompt, bool password)
    {
        if (_find(request.Peer.Identity, ConnectMilliseconds) is not { } peer)
        {
            _log("stdin: the client that runs the cell has no stdin channel, so the cell reads the end of its input");
            return null;
        }
        lock (_gate)
        {
            int before = _interrupts;
            while (_asked is not null) Wait(before);
            try
            {
                (_asked, _answer) = (peer, null);
                peer.Post(_wire.Build(request.Route, "input_request", request.Header, new JsonObject { ["prompt"] = prompt, ["password"] = password }));
                while (_answer is null && peer.IsOpen) Wait(before);
                return _answer;
            }
            finally
            {
                _asked = null;
                Monitor.PulseAll(_gate);
            }
        }
    }

    /// <summary>Takes a message of the stdin channel.</summary>
    public void Received(ZmtpPeer peer, IReadOnlyList<byte[]> message)
    {
        if (_wire.Read(peer, message, out string why) is not { } reply)
        {
            _log($"stdin: a message is dropped: {why}");
            return;
        }
        string? value = reply.Content.Member("value").Text();
        lock (_gate)
        {
            if (reply.Type == "input_reply" && value is not null && peer == _asked) _answer = value;
            else _log($"stdin: a message is dropped: a {reply.Type} that answers no question");
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>A connection has ended; whoever waits for its answer gets null.</summary>
    public void Gone(ZmtpPeer peer)
    {
        lock (_gate) Monitor.PulseAll(_gate);
    }

    /// <summary>Ends every wait with an <see cref="OperationCanceledException"/>.</summary>
    public void Interrupt()
    {
        lock (_gate)
        {
            _interrupts++;
            Monitor.PulseAll(_gate);
        }
    }

    private void Wait(int before)
    {
        Monitor.Wait(_gate);
        if (_interrupts != before) throw new OperationCanceledException("The cell was interrupted while it waited for input.");
    }
}
