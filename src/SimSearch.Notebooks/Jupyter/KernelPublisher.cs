using System.Text;
using System.Text.Json.Nodes;

namespace SimSearch.Notebooks;

/// <summary>Tells every client what happens, on iopub, in the order in which it is told.</summary>
internal sealed class KernelPublisher
{
    /// <summary>How long printed text may wait for more, so that a thousand lines are not a thousand messages.</summary>
    private const int FlushMilliseconds = 30;

    private readonly JupyterWire _wire;
    private readonly ZmtpServer _iopub;
    private readonly HashSet<KernelOutput> _late = [];
    private bool _stopped;

    /// <summary>A publisher on a socket.</summary>
    public KernelPublisher(JupyterWire wire, ZmtpServer iopub) => (_wire, _iopub) = (wire, iopub);

    /// <summary>Begins to flush printed text that waits.</summary>
    public void Start() => new Thread(FlushLate, 256 << 10) { IsBackground = true, Name = "jupyter flush" }.Start();

    /// <summary>Publishes a message. Returns at once.</summary>
    public void Publish(JupyterRequest? cause, string type, JsonObject content) =>
        _iopub.Publish(_wire.Build([Encoding.ASCII.GetBytes(type)], type, cause?.Header, content));

    /// <summary>Publishes starting, busy or idle.</summary>
    public void Status(JupyterRequest? cause, string state) => Publish(cause, "status", new JsonObject { ["execution_state"] = state });

    /// <summary>Waits while readers are far behind.</summary>
    public void WaitForRoom() => _iopub.WaitForRoom();

    /// <summary>Has an output flushed a moment later.</summary>
    public void FlushSoon(KernelOutput output)
    {
        lock (_late)
        {
            if (_late.Add(output) && _late.Count == 1) Monitor.PulseAll(_late);
        }
    }

    /// <summary>Ends the flushing.</summary>
    public void Stop()
    {
        lock (_late)
        {
            _stopped = true;
            Monitor.PulseAll(_late);
        }
    }

    private void FlushLate()
    {
        while (true)
        {
            lock (_late)
            {
                while (_late.Count == 0 && !_stopped) Monitor.Wait(_late);
                if (_stopped) return;
            }
            Thread.Sleep(FlushMilliseconds);
            KernelOutput[] outputs;
            lock (_late)
            {
                outputs = [.. _late];
                _late.Clear();
            }
            foreach (KernelOutput output in outputs) output.Flush();
        }
    }
}
