using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace SimSearch.Notebooks;

/// <summary>
/// Turns the output of one cell into iopub messages that name the cell's request, also when a task prints after the cell has ended.
/// An interrupt may abort the thread that calls us at any instruction; what must not be torn is done in finally blocks, where an
/// abort waits, and the only long wait, for slow readers, is outside of them.
/// </summary>
internal sealed class KernelOutput : ICellOutput
{
    private const int FlushLength = 1 << 14;

    private readonly KernelPublisher _publisher;
    private readonly KernelInput _input;
    private readonly JupyterRequest _request;
    private readonly bool _silent;
    private readonly bool _allowInput;
    private readonly int _count;
    private readonly Lock _gate = new();
    private readonly StringBuilder _text = new();
    private string _stream = "stdout";

    /// <summary>The output of one cell.</summary>
    /// <param name="publisher">Where messages go.</param>
    /// <param name="input">Where input is asked for.</param>
    /// <param name="request">The request that runs the cell.</param>
    /// <param name="count">The cell's number, for its result.</param>
    /// <param name="silent">Nothing is published.</param>
    /// <param name="allowInput">The client answers questions.</param>
    public KernelOutput(KernelPublisher publisher, KernelInput input, JupyterRequest request, int count, bool silent, bool allowInput)
    {
        (_publisher, _input, _request, _count, _silent, _allowInput) = (publisher, input, request, count, silent, allowInput);
    }

    /// <summary>The result as plain text, for the history; null when there was none.</summary>
    public string? Result { get; private set; }

    /// <inheritdoc/>
    public void Stream(string name, string text)
    {
        if (_silent || text.Length == 0) return;
        try
        {
        }
        finally
        {
            lock (_gate)
            {
                if (name != _stream) FlushText(whole: true);
                _stream = name;
                _text.Append(text);
                if (_text.Length >= FlushLength) FlushText(whole: false);
                if (_text.Length > 0) _publisher.FlushSoon(this);
            }
        }
        _publisher.WaitForRoom();
    }

    /// <inheritdoc/>
    public void Display(CellDisplay display)
    {
        if (display.IsResult && display.Data.TryGetValue("text/plain", out string? plain)) Result = plain;
        var data = new JsonObject();
        foreach ((string mime, string content) in display.Data) data[mime] = Content(mime, content);
        var message = new JsonObject { ["data"] = data, ["metadata"] = new JsonObject() };
        if (display.IsResult) message["execution_count"] = _count;
        if (display.DisplayId is not null) message["transient"] = new JsonObject { ["display_id"] = display.DisplayId };
        Publish(display.IsUpdate ? "update_display_data" : display.IsResult ? "execute_result" : "display_data", message);
    }

    /// <inheritdoc/>
    public void Clear(bool wait) => Publish("clear_output", new JsonObject { ["wait"] = wait });

    /// <inheritdoc/>
    /// <exception cref="OperationCanceledException">The cell was interrupted while it waited.</exception>
    public string? ReadLine(string prompt, bool password)
    {
        Flush();
        return _allowInput ? _input.Ask(_request, prompt, password) : null;
    }

    /// <summary>Publishes what was printed and waits for more.</summary>
    public void Flush()
    {
        try
        {
        }
        finally
        {
            lock (_gate) FlushText(whole: true);
        }
    }

    private void Publish(string type, JsonObject content)
    {
        if (_silent) return;
        try
        {
        }
        finally
        {
            lock (_gate)
            {
                FlushText(whole: true);
                _publisher.Publish(_request, type, content);
            }
        }
        _publisher.WaitForRoom();
    }

    // Half of a surrogate pair at the end waits for its other half, unless something else comes first.
    private void FlushText(bool whole)
    {
        int length = _text.Length;
        if (!whole && length > 0 && char.IsHighSurrogate(_text[length - 1])) length--;
        if (length == 0) return;
        string text = _text.ToString(0, length);
        _text.Remove(0, length);
        _publisher.Publish(_request, "stream", new JsonObject { ["name"] = _stream, ["text"] = text });
    }

    // JSON types travel as JSON and everything else as text; what claims to be JSON and is not stays visible as text.
    private static JsonNode Content(string mime, string content)
    {
        if (mime != "application/json" && !mime.EndsWith("+json", StringComparison.Ordinal)) return JsonValue.Create(content);
        try
        {
            return JsonNode.Parse(content) ?? JsonValue.Create(content);
        }
        catch (JsonException)
        {
            return JsonValue.Create(content);
        }
    }
}
