using System.Text.Json;
using System.Text.Json.Nodes;

namespace SimSearch.Notebooks;

/// <summary>
/// Turns the output of one cell into iopub messages that name the cell's request, also when a task prints after the cell has ended. A
/// cell that shows more than its readers take is held up here until they have caught up, or it is interrupted.
/// </summary>
/// <param name="publisher">Where messages go.</param>
/// <param name="input">Where input is asked for; null when the client takes no questions.</param>
/// <param name="request">The request that runs the cell.</param>
/// <param name="count">The cell's number, for its result.</param>
/// <param name="silent">Nothing is published.</param>
/// <param name="interrupted">The cell's interrupt: after it nothing waits for slow readers, so that the cell can end.</param>
internal sealed class KernelOutput(KernelPublisher publisher, KernelInput? input, JupyterRequest request, int count, bool silent, CancellationToken interrupted) : ICellOutput
{
    /// <summary>The result as plain text, for the history; null when there was none.</summary>
    public string? Result { get; private set; }

    /// <inheritdoc/>
    public void Stream(string name, string text) => Publish("stream", new JsonObject { ["name"] = name, ["text"] = text });

    /// <inheritdoc/>
    public void Display(CellDisplay display)
    {
        if (display.IsResult) Result = display.Data.GetValueOrDefault("text/plain");
        var data = new JsonObject();
        foreach ((string mime, string content) in display.Data) data[mime] = Content(mime, content);
        var message = new JsonObject { ["data"] = data, ["metadata"] = new JsonObject() };
        if (display.IsResult) message["execution_count"] = count;
        if (display.DisplayId is not null) message["transient"] = new JsonObject { ["display_id"] = display.DisplayId };
        Publish(display.IsUpdate ? "update_display_data" : display.IsResult ? "execute_result" : "display_data", message);
    }

    /// <inheritdoc/>
    public void Clear(bool wait) => Publish("clear_output", new JsonObject { ["wait"] = wait });

    /// <inheritdoc/>
    /// <exception cref="OperationCanceledException">The cell was interrupted while it waited.</exception>
    public string? ReadLine(string prompt, bool password) => input?.Ask(request, prompt, password);

    private void Publish(string type, JsonObject content)
    {
        if (silent) return;
        publisher.Publish(request, type, content);
        publisher.WaitForRoom(interrupted);
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
