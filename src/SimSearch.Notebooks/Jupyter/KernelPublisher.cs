using System.Text;
using System.Text.Json.Nodes;

namespace SimSearch.Notebooks;

/// <summary>Tells every client what happens, on iopub, in the order in which it is told.</summary>
/// <param name="wire">Builds and signs the messages.</param>
/// <param name="iopub">The socket.</param>
internal sealed class KernelPublisher(JupyterWire wire, ZmtpServer iopub)
{
    /// <summary>Publishes a message. Returns at once.</summary>
    /// <param name="cause">The request that it follows from, or null.</param>
    /// <param name="type">msg_type, which is also the topic.</param>
    /// <param name="content">The content.</param>
    public void Publish(JupyterRequest? cause, string type, JsonObject content) =>
        iopub.Publish(wire.Build([Encoding.ASCII.GetBytes(type)], type, cause?.Header, content));

    /// <summary>Publishes starting, busy or idle.</summary>
    public void Status(JupyterRequest? cause, string state) => Publish(cause, "status", new JsonObject { ["execution_state"] = state });

    /// <summary>Waits while readers are far behind, unless cancelled.</summary>
    public void WaitForRoom(CancellationToken cancellation) => iopub.WaitForRoom(cancellation);
}
