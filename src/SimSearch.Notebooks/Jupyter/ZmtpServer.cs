using System.Net;
using System.Net.Sockets;

namespace SimSearch.Notebooks;

/// <summary>What a listening socket puts up with.</summary>
/// <param name="MessageBytes">The longest message, all frames together.</param>
internal sealed record ZmtpLimits(int MessageBytes)
{
    /// <summary>The most frames of one message.</summary>
    public int Frames { get; init; } = 64;

    /// <summary>The most connections at once; two threads each.</summary>
    public int Peers { get; init; } = 64;

    /// <summary>The most subscriptions of one connection.</summary>
    public int Subscriptions { get; init; } = 256;

    /// <summary>How long a connection may take to open.</summary>
    public int HandshakeMilliseconds { get; init; } = 10_000;

    /// <summary>How many bytes may wait for one connection before senders wait too.</summary>
    public long QueuedBytes { get; init; } = 64 << 20;

    /// <summary>How long a connection may take nothing while senders wait for it.</summary>
    public int StalledMilliseconds { get; init; } = 30_000;
}

/// <summary>
/// A listening ZMTP socket over TCP. Every connection is served by threads of its own; one that breaks the protocol or a limit is
/// closed and logged, and the others notice nothing.
/// </summary>
internal sealed class ZmtpServer : IDisposable
{
    private const int Buffer = 1 << 16;
    private readonly ZmtpRole _role;
    private readonly string _name;
    private readonly ZmtpLimits _limits;
    private readonly Action<ZmtpPeer, IReadOnlyList<byte[]>> _received;
    private readonly Action<ZmtpPeer> _gone;
    private readonly Action<string> _log;
    private readonly Socket _listener;
    private readonly List<ZmtpPeer> _peers = [];
    private int _connections;
    private volatile bool _stopped;

    /// <summary>Binds and listens; connections are served after <see cref="Start"/>.</summary>
    /// <param name="role">Which end of which pattern.</param>
    /// <param name="name">The channel's name, for messages.</param>
    /// <param name="endpoint">A loopback address and a port; port 0 takes a free one.</param>
    /// <param name="limits">What is put up with.</param>
    /// <param name="log">Receives a line for each connection dropped and why.</param>
    /// <param name="received">Called for each message with the thread of its connection (router only).</param>
    /// <param name="gone">Called when a connection has ended.</param>
    /// <exception cref="JupyterException">The port cannot be had.</exception>
    public ZmtpServer(ZmtpRole role, string name, IPEndPoint endpoint, ZmtpLimits limits, Action<string> log,
        Action<ZmtpPeer, IReadOnlyList<byte[]>>? received = null, Action<ZmtpPeer>? gone = null)
    {
        if (!IPAddress.IsLoopback(endpoint.Address)) throw new ArgumentException($"endpoint={endpoint} must be a loopback address", nameof(endpoint));
        (_role, _name, _limits, _log) = (role, name, limits, log);
        _received = received ?? ((_, _) => { });
        _gone = gone ?? (_ => { });
        _listener = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        // On Windows another process could otherwise take the port over; elsewhere the same switch would keep a restarted kernel off its old ports.
        if (OperatingSystem.IsWindows()) _listener.ExclusiveAddressUse = true;
        try
        {
            _listener.Bind(endpoint);
            _listener.Listen(64);
        }
        catch (SocketException error)
        {
            _listener.Dispose();
            throw new JupyterException($"{name}_port={endpoint.Port} of {endpoint.Address} cannot be had ({error.Message}); start the kernel again, or end the process that holds the port", error);
        }
        Port = ((IPEndPoint)_listener.LocalEndPoint!).Port;
    }

    /// <summary>The port it listens on.</summary>
    public int Port { get; }

    /// <summary>Begins to serve connections.</summary>
    public void Start() => Run(Accept, "accept");

    /// <summary>Queues a message for every connection that subscribed to its first frame. Returns at once.</summary>
    public void Publish(IReadOnlyList<byte[]> message)
    {
        lock (_peers)
        {
            foreach (ZmtpPeer peer in _peers)
                if (peer.Subscribed(message[0])) peer.Post(message);
        }
    }

    /// <summary>Waits while any connection has too much queued; see <see cref="ZmtpPeer.WaitForRoom"/>.</summary>
    public void WaitForRoom(CancellationToken cancellation = default)
    {
        foreach (ZmtpPeer peer in Peers()) peer.WaitForRoom(cancellation);
    }

    /// <summary>The newest connection with an identity; waits for it as long as told, because a client's sockets connect one after the other.</summary>
    public ZmtpPeer? Find(byte[] identity, int waitMilliseconds)
    {
        if (identity.Length == 0) return null;
        long deadline = Environment.TickCount64 + waitMilliseconds;
        lock (_peers)
        {
            while (true)
            {
                ZmtpPeer? found = _peers.FindLast(peer => peer.Identity.AsSpan().SequenceEqual(identity));
                long left = deadline - Environment.TickCount64;
                if (found is not null || left <= 0 || _stopped) return found;
                Monitor.Wait(_peers, (int)left);
            }
        }
    }

    /// <summary>Lets what is queued go out, at most until <paramref name="deadline"/> (<see cref="Environment.TickCount64"/>).</summary>
    public void Drain(long deadline)
    {
        foreach (ZmtpPeer peer in Peers()) peer.Drain(deadline);
    }

    /// <summary>Stops listening and closes every connection.</summary>
    public void Dispose()
    {
        _stopped = true;
        _listener.Dispose();
        foreach (ZmtpPeer peer in Peers()) peer.Close();
        lock (_peers) Monitor.PulseAll(_peers);
    }

    private ZmtpPeer[] Peers()
    {
        lock (_peers) return [.. _peers];
    }

    private void Accept()
    {
        while (!_stopped)
        {
            Socket socket;
            try
            {
                socket = _listener.Accept();
            }
            catch (Exception error) when (error is SocketException or ObjectDisposedException)
            {
                if (_stopped) return;
                _log($"{_name}: a connection could not be accepted ({error.Message})");
                Thread.Sleep(100); // out of file handles, say: do not spin
                continue;
            }
            if (Interlocked.Increment(ref _connections) > _limits.Peers)
            {
                Interlocked.Decrement(ref _connections);
                socket.Dispose();
                _log($"{_name}: more than {_limits.Peers} connections at once; the newest is refused");
                continue;
            }
            Run(() => Serve(socket), "read");
        }
    }

    private void Serve(Socket socket)
    {
        ZmtpPeer? peer = null;
        try
        {
            socket.NoDelay = true;
            var network = new NetworkStream(socket);
            var input = new BufferedStream(network, Buffer);
            byte[] identity;
            // Disposing the socket ends a read that waits: a peer that says nothing, or one octet a minute, does not stay.
            using (new Timer(_ => socket.Dispose(), null, _limits.HandshakeMilliseconds, Timeout.Infinite))
                identity = ZmtpHandshake.Accept(input, network, _role);
            peer = new ZmtpPeer(socket, identity, _limits, text => _log($"{_name}: {text}"));
            ZmtpPeer writer = peer;
            Run(() => writer.WriteQueued(new BufferedStream(network, Buffer)), "write");
            lock (_peers)
            {
                _peers.Add(peer);
                Monitor.PulseAll(_peers);
            }
            if (_stopped) peer.Close(); // Dispose may have looked at the list just before
            while (true) Receive(peer, ReadMessage(peer, input));
        }
        catch (EndOfStreamException)
        {
            // The peer has gone, as every peer does.
        }
        catch (Exception error)
        {
            // Whatever a stranger's bytes lead to ends here, at the edge of its own connection.
            if (peer is null or { IsOpen: true } && !_stopped) _log($"{_name}: a connection is dropped: {error.Message}");
        }
        finally
        {
            if (peer is not null)
            {
                lock (_peers) _peers.Remove(peer);
                peer.Close();
                _gone(peer);
            }
            socket.Dispose();
            Interlocked.Decrement(ref _connections);
        }
    }

    private List<byte[]> ReadMessage(ZmtpPeer peer, Stream stream)
    {
        var message = new List<byte[]>();
        int left = _limits.MessageBytes;
        while (true)
        {
            ZmtpFrame frame = ZmtpFrame.Read(stream, left);
            if (frame.IsCommand)
            {
                peer.Command(frame.Body, _role);
                continue;
            }
            message.Add(frame.Body);
            if (!frame.More) return message;
            left -= frame.Body.Length;
            if (message.Count >= _limits.Frames) throw new ZmtpException($"a message of more than {_limits.Frames} frames");
        }
    }

    private void Receive(ZmtpPeer peer, List<byte[]> message)
    {
        switch (_role)
        {
            case ZmtpRole.Router:
                _received(peer, message);
                break;
            case ZmtpRole.Echo:
                peer.Post(message); // with the empty frame that a REQ puts in front, which it wants back
                peer.WaitForRoom();
                break;
            default:
                // ZMTP 3.0 subscribes by messages: 1 or 0, then the topic. Anything else said to a publisher has no meaning.
                if (message is [[0 or 1, ..] only]) peer.Subscribe(only[0] == 1, only.AsSpan(1));
                break;
        }
    }

    private void Run(Action body, string what) => new Thread(() => body(), 256 << 10) { IsBackground = true, Name = $"jupyter {_name} {what}" }.Start();
}
