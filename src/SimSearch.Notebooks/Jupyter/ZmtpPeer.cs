using System.Net.Sockets;

namespace SimSearch.Notebooks;

/// <summary>
/// One connection: what it subscribed to and what waits to be sent to it. Sending never waits for the network: a thread of its own
/// writes. That thread and the one that reads are ordinary blocking threads, so a cell that starves the thread pool cannot silence
/// the heartbeat or keep an interrupt from being heard.
/// </summary>
internal sealed class ZmtpPeer
{
    private readonly Socket _socket;
    private readonly ZmtpLimits _limits;
    private readonly Action<string> _log;
    private readonly Queue<ZmtpFrame[]> _outgoing = new();
    private readonly List<byte[]> _subscriptions = [];
    private long _waitingBytes, _written;
    private bool _writing, _closing, _closed;

    /// <summary>Takes over a connected socket whose handshake is done.</summary>
    public ZmtpPeer(Socket socket, byte[] identity, ZmtpLimits limits, Action<string> log)
    {
        (_socket, Identity, _limits, _log) = (socket, identity, limits, log);
    }

    /// <summary>The name the peer gave itself; the same on each of a Jupyter client's sockets.</summary>
    public byte[] Identity { get; }

    /// <summary>Whether a message can still be sent to it.</summary>
    public bool IsOpen { get { lock (_outgoing) return !_closing; } }

    /// <summary>Queues a message; does nothing when the peer has gone. Returns at once.</summary>
    public void Post(IReadOnlyList<byte[]> message)
    {
        var frames = new ZmtpFrame[message.Count];
        for (int i = 0; i < frames.Length; i++) frames[i] = new ZmtpFrame(message[i], More: i + 1 < frames.Length);
        PostFrames(frames);
    }

    /// <summary>
    /// Waits while more is queued than the limit, so that a cell that prints without end is slowed to what its readers can take. A peer
    /// that takes nothing at all is disconnected: it must not hold up the others for ever.
    /// </summary>
    /// <param name="cancellation">Ends the wait (looked at ten times a second); what is queued stays queued.</param>
    public void WaitForRoom(CancellationToken cancellation = default)
    {
        lock (_outgoing)
        {
            (long written, long deadline) = (-1, 0);
            while (_waitingBytes > _limits.QueuedBytes && !_closing && !cancellation.IsCancellationRequested)
            {
                if (_written != written) (written, deadline) = (_written, Environment.TickCount64 + _limits.StalledMilliseconds);
                long left = deadline - Environment.TickCount64;
                if (left > 0)
                {
                    Monitor.Wait(_outgoing, (int)Math.Min(left, 100));
                    continue;
                }
                _log($"a client that takes nothing while {_waitingBytes} bytes wait for it is disconnected");
                Close();
            }
        }
    }

    /// <summary>Whether a message that starts with this frame is for the peer.</summary>
    public bool Subscribed(ReadOnlySpan<byte> topic)
    {
        lock (_subscriptions)
        {
            foreach (byte[] prefix in _subscriptions)
                if (topic.StartsWith(prefix)) return true;
            return false;
        }
    }

    /// <summary>Adds or removes a subscription. As in libzmq, one that was made twice must be cancelled twice.</summary>
    public void Subscribe(bool on, ReadOnlySpan<byte> topic)
    {
        lock (_subscriptions)
        {
            if (on)
            {
                if (_subscriptions.Count >= _limits.Subscriptions) throw new ZmtpException($"more than {_limits.Subscriptions} subscriptions");
                _subscriptions.Add(topic.ToArray());
                return;
            }
            for (int i = 0; i < _subscriptions.Count; i++)
            {
                if (!topic.SequenceEqual(_subscriptions[i])) continue;
                _subscriptions.RemoveAt(i);
                return;
            }
        }
    }

    /// <summary>Answers a command of the socket layer (RFC 37): PING, SUBSCRIBE, CANCEL; others mean nothing to us.</summary>
    public void Command(ReadOnlySpan<byte> body, ZmtpRole role)
    {
        if (body.Length == 0 || body.Length < 1 + body[0]) throw new ZmtpException("a command without a name");
        ReadOnlySpan<byte> name = body.Slice(1, body[0]), rest = body[(1 + body[0])..];
        if (name.SequenceEqual("PING"u8))
        {
            if (rest.Length < 2) throw new ZmtpException("PING is cut off");
            PostFrames([new ZmtpFrame([4, .. "PONG"u8, .. rest[2..]], IsCommand: true)]);
        }
        else if (role == ZmtpRole.Publisher && name.SequenceEqual("SUBSCRIBE"u8)) Subscribe(true, rest);
        else if (role == ZmtpRole.Publisher && name.SequenceEqual("CANCEL"u8)) Subscribe(false, rest);
        else if (name.SequenceEqual("ERROR"u8)) throw new ZmtpException("the peer reported an error");
    }

    /// <summary>Writes what is queued until the connection closes; the body of the peer's writing thread.</summary>
    public void WriteQueued(Stream stream)
    {
        try
        {
            while (Next() is { } frames)
            {
                foreach (ZmtpFrame frame in frames) frame.Write(stream);
                if (NothingQueued()) stream.Flush();
                lock (_outgoing)
                {
                    _writing = false;
                    _written++;
                    foreach (ZmtpFrame frame in frames) _waitingBytes -= frame.Body.Length;
                    Monitor.PulseAll(_outgoing);
                }
            }
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException or SocketException)
        {
            // The reading thread meets the same end and says so.
        }
        finally
        {
            Close();
        }
    }

    /// <summary>Takes no more messages and waits until those queued are written, at most until <paramref name="deadline"/> (<see cref="Environment.TickCount64"/>).</summary>
    public void Drain(long deadline)
    {
        lock (_outgoing)
        {
            _closing = true;
            Monitor.PulseAll(_outgoing);
            while ((_outgoing.Count > 0 || _writing) && !_closed)
            {
                long left = deadline - Environment.TickCount64;
                if (left <= 0 || !Monitor.Wait(_outgoing, (int)left)) return;
            }
        }
    }

    /// <summary>Closes the connection; both threads end. May be called often and from anywhere.</summary>
    public void Close()
    {
        lock (_outgoing)
        {
            if (_closed) return;
            _closed = _closing = true;
            _outgoing.Clear();
            Monitor.PulseAll(_outgoing);
        }
        try
        {
            _socket.Shutdown(SocketShutdown.Both); // ends a read or write that another thread is in
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // The other side, or the thread that reads, was faster.
        }
        _socket.Dispose();
    }

    private void PostFrames(ZmtpFrame[] frames)
    {
        lock (_outgoing)
        {
            if (_closing) return;
            _outgoing.Enqueue(frames);
            foreach (ZmtpFrame frame in frames) _waitingBytes += frame.Body.Length;
            Monitor.PulseAll(_outgoing);
        }
    }

    private bool NothingQueued()
    {
        lock (_outgoing) return _outgoing.Count == 0;
    }

    private ZmtpFrame[]? Next()
    {
        lock (_outgoing)
        {
            while (_outgoing.Count == 0)
            {
                if (_closing) return null;
                Monitor.Wait(_outgoing);
            }
            _writing = true;
            return _outgoing.Dequeue();
        }
    }
}
