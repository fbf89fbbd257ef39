namespace SimSearch.Notebooks;

/// <summary>Requests in the order of their arrival, taken by one thread.</summary>
internal sealed class KernelQueue
{
    private readonly List<JupyterRequest> _requests = [];
    private bool _closed;

    /// <summary>How many wait.</summary>
    public int Count { get { lock (_requests) return _requests.Count; } }

    /// <summary>Adds a request at the end; after <see cref="Close"/> it goes nowhere.</summary>
    public void Add(JupyterRequest request)
    {
        lock (_requests)
        {
            if (_closed) return;
            _requests.Add(request);
            Monitor.Pulse(_requests);
        }
    }

    /// <summary>Waits for the first request and takes it; null after <see cref="Close"/>.</summary>
    public JupyterRequest? Take()
    {
        lock (_requests)
        {
            while (_requests.Count == 0 && !_closed) Monitor.Wait(_requests);
            if (_closed) return null;
            JupyterRequest first = _requests[0];
            _requests.RemoveAt(0);
            return first;
        }
    }

    /// <summary>Takes out the requests that match; the others keep their order.</summary>
    public IReadOnlyList<JupyterRequest> Remove(Predicate<JupyterRequest> match)
    {
        lock (_requests)
        {
            List<JupyterRequest> removed = _requests.FindAll(match);
            _requests.RemoveAll(match);
            return removed;
        }
    }

    /// <summary>Forgets what waits and takes nothing more.</summary>
    public void Close()
    {
        lock (_requests)
        {
            _closed = true;
            _requests.Clear();
            Monitor.PulseAll(_requests);
        }
    }
}
