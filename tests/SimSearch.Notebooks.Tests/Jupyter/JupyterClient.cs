using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace SimSearch.Notebooks.Tests;

/// <summary>A message as a client sees it.</summary>
internal sealed record Received(string Type, string? Parent, JsonNode Content)
{
    public string Text(string name) => (string)Content[name]!;
}

/// <summary>A Jupyter client with its five sockets, for the tests of the kernel.</summary>
internal sealed class JupyterClient : IDisposable
{
    private readonly byte[] _key;

    public JupyterClient(JupyterConnection connection, string? stdinIdentity = null)
    {
        _key = Encoding.UTF8.GetBytes(connection.Key);
        Shell = ZmtpClient.Connect(connection.ShellPort, "DEALER", Session);
        Control = ZmtpClient.Connect(connection.ControlPort, "DEALER", Session);
        Stdin = ZmtpClient.Connect(connection.StdinPort, "DEALER", stdinIdentity ?? Session);
        Iopub = ZmtpClient.Connect(connection.IopubPort, "SUB");
        Iopub.Stream.Write(ZmtpClient.Command("SUBSCRIBE", []));
        Iopub.Settle();
    }

    public string Session { get; } = Guid.NewGuid().ToString("N");

    public ZmtpClient Shell { get; }

    public ZmtpClient Control { get; }

    public ZmtpClient Stdin { get; }

    public ZmtpClient Iopub { get; }

    /// <summary>Sends a request and returns its id.</summary>
    public string Send(ZmtpClient socket, string type, JsonObject content)
    {
        string id = Guid.NewGuid().ToString("N");
        socket.Send(Frames(id, type, content.ToJsonString()));
        return id;
    }

    /// <summary>The frames of a request.</summary>
    public List<byte[]> Frames(string id, string type, string content, string parent = "{}", string metadata = "{}")
    {
        string header = new JsonObject { ["msg_id"] = id, ["session"] = Session, ["username"] = "test", ["date"] = "2026-01-01T00:00:00Z", ["msg_type"] = type, ["version"] = "5.3" }.ToJsonString();
        return Sign([.. new[] { header, parent, metadata, content }.Select(Encoding.UTF8.GetBytes)]);
    }

    /// <summary>A delimiter and a good signature in front of four frames.</summary>
    public List<byte[]> Sign(byte[][] parts)
    {
        string signature = Convert.ToHexStringLower(HMACSHA256.HashData(_key, parts.SelectMany(part => part).ToArray()));
        return ["<IDS|MSG>"u8.ToArray(), Encoding.ASCII.GetBytes(signature), .. parts];
    }

    /// <summary>The next message of a socket, its signature checked.</summary>
    public Received Receive(ZmtpClient socket)
    {
        List<byte[]> frames = socket.Receive();
        int at = frames.FindIndex(frame => frame.AsSpan().SequenceEqual("<IDS|MSG>"u8));
        Assert.Equal(at + 6, frames.Count);
        byte[][] parts = [.. frames[(at + 2)..]];
        Assert.Equal(Sign(parts)[1], frames[at + 1]);
        return new Received((string)JsonNode.Parse(parts[0])!["msg_type"]!, (string?)JsonNode.Parse(parts[1])!["msg_id"], JsonNode.Parse(parts[3])!);
    }

    /// <summary>Sends a request and returns its reply, which must be the next message.</summary>
    public Received Ask(ZmtpClient socket, string type, JsonObject content)
    {
        string id = Send(socket, type, content);
        Received reply = Receive(socket);
        Assert.Equal(id, reply.Parent);
        Assert.Equal(type.Replace("_request", "_reply"), reply.Type);
        return reply;
    }

    /// <summary>Sends a cell and returns its id.</summary>
    public string SendCell(string code, bool silent = false, bool storeHistory = true, bool stopOnError = true, bool allowStdin = true) => Send(Shell, "execute_request", new JsonObject
    {
        ["code"] = code, ["silent"] = silent, ["store_history"] = storeHistory, ["stop_on_error"] = stopOnError, ["allow_stdin"] = allowStdin, ["user_expressions"] = new JsonObject(),
    });

    /// <summary>All that iopub says of a request, from busy to idle.</summary>
    public List<Received> Published(string id)
    {
        List<Received> messages = PublishedUntilIdle(id);
        Assert.Equal("busy", messages[0].Text("execution_state"));
        return messages[1..^1];
    }

    /// <summary>What iopub still says of a request, to idle.</summary>
    public List<Received> PublishedUntilIdle(string id)
    {
        var messages = new List<Received>();
        while (true)
        {
            Received message = Receive(Iopub);
            if (message.Parent != id) continue;
            messages.Add(message);
            if (message.Type == "status" && message.Text("execution_state") == "idle") return messages;
        }
    }

    /// <summary>Runs a cell; its reply and what it published.</summary>
    public (Received Reply, List<Received> Published) Run(string code, bool silent = false, bool storeHistory = true, bool stopOnError = true, bool allowStdin = true)
    {
        string id = SendCell(code, silent, storeHistory, stopOnError, allowStdin);
        Received reply = Receive(Shell);
        Assert.Equal(("execute_reply", id), (reply.Type, reply.Parent));
        return (reply, Published(id));
    }

    /// <summary>Runs a cell and returns what it printed.</summary>
    public string Print(string code) => string.Concat(Run(code).Published.Where(message => message.Type == "stream").Select(message => message.Text("text")));

    public void Dispose()
    {
        foreach (ZmtpClient socket in new[] { Shell, Control, Stdin, Iopub }) socket.Dispose();
    }
}
