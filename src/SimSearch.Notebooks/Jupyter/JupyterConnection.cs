using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace SimSearch.Notebooks;

/// <summary>Where a kernel listens and the key that signs its messages: what a Jupyter connection file says.</summary>
/// <param name="Address">A loopback address.</param>
/// <param name="ShellPort">Port of the requests; 0 takes a free one when the kernel starts, like the other four.</param>
/// <param name="ControlPort">Port of interrupt and shutdown.</param>
/// <param name="StdinPort">Port on which the kernel asks for input.</param>
/// <param name="IopubPort">Port on which the kernel tells what happens.</param>
/// <param name="HeartbeatPort">Port that answers with what it got.</param>
/// <param name="Key">The secret of the HMAC-SHA256 signatures; not empty.</param>
public sealed record JupyterConnection(IPAddress Address, int ShellPort, int ControlPort, int StdinPort, int IopubPort, int HeartbeatPort, string Key)
{
    private const int FileLimit = 64 << 10;

    /// <summary>A connection on 127.0.0.1 with free ports and a new random key of 256 bits.</summary>
    public static JupyterConnection CreateLocal() => new(IPAddress.Loopback, 0, 0, 0, 0, 0, Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32)));

    /// <summary>Reads a connection file.</summary>
    /// <param name="path">The file that the client wrote for the kernel ({connection_file} on its command line).</param>
    /// <exception cref="JupyterException">
    /// The file is missing or not JSON, a field is missing or wrong, the transport is not tcp, the address is not loopback, two ports are the same,
    /// the key is empty or the signature scheme is not hmac-sha256.
    /// </exception>
    public static JupyterConnection Read(string path)
    {
        byte[] content = ReadSmall(path);
        JsonElement root;
        try
        {
            root = JsonElement.Parse(content);
        }
        catch (JsonException error)
        {
            throw new JupyterException($"{path} is not JSON ({error.Message}); let the Jupyter client write it again", error);
        }
        if (root.ValueKind != JsonValueKind.Object) throw new JupyterException($"{path} holds JSON {root.ValueKind} instead of an object; let the Jupyter client write it again");

        string transport = Text(root, "transport", path, "tcp");
        if (transport != "tcp") throw new JupyterException($"transport='{transport}' in {path} is not known; start the client with tcp (its default)");
        string scheme = Text(root, "signature_scheme", path, "hmac-sha256");
        if (scheme != "hmac-sha256") throw new JupyterException($"signature_scheme='{scheme}' in {path} is not known; use hmac-sha256 (the default)");
        string key = Text(root, "key", path, null);
        if (key.Length == 0) throw new JupyterException($"key in {path} is empty, which would let every process of this machine run code; use a client that sets one");
        string ip = Text(root, "ip", path, null);
        IPAddress? address = ip == "localhost" ? IPAddress.Loopback : IPAddress.TryParse(ip, out IPAddress? parsed) ? parsed : null;
        if (address is null || !IPAddress.IsLoopback(address))
            throw new JupyterException($"ip='{ip}' in {path} is not a loopback address; the kernel listens on this machine only: use 127.0.0.1, and a tunnel to reach it from elsewhere");

        int[] ports = [Port(root, "shell_port", path), Port(root, "control_port", path), Port(root, "stdin_port", path), Port(root, "iopub_port", path), Port(root, "hb_port", path)];
        if (ports.Distinct().Count() < ports.Length) throw new JupyterException($"two of the five ports in {path} are the same; each channel needs its own");
        return new JupyterConnection(address, ports[0], ports[1], ports[2], ports[3], ports[4], key);
    }

    /// <summary>Writes a connection file by which a client finds the kernel; only its owner may read it, since the key lets one run code.</summary>
    /// <param name="path">The file to create or replace.</param>
    public void Write(string path)
    {
        var root = new JsonObject
        {
            ["transport"] = "tcp",
            ["ip"] = Address.ToString(),
            ["shell_port"] = ShellPort,
            ["control_port"] = ControlPort,
            ["stdin_port"] = StdinPort,
            ["iopub_port"] = IopubPort,
            ["hb_port"] = HeartbeatPort,
            ["key"] = Key,
            ["signature_scheme"] = "hmac-sha256",
        };
        JupyterJson.WriteFile(path, root, ownerOnly: true);
    }

    /// <summary>The addresses and ports; not the key, which has no place in a log.</summary>
    public override string ToString() => $"tcp://{Address} shell {ShellPort}, control {ControlPort}, stdin {StdinPort}, iopub {IopubPort}, heartbeat {HeartbeatPort}";

    private static byte[] ReadSmall(string path)
    {
        try
        {
            using FileStream file = File.OpenRead(path);
            byte[] content = new byte[FileLimit + 1];
            int length = file.ReadAtLeast(content, content.Length, throwOnEndOfStream: false);
            if (length > FileLimit) throw new JupyterException($"{path} is longer than {FileLimit} bytes, so it is not a connection file; pass the one the Jupyter client wrote");
            return content[..length];
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new JupyterException($"the connection file {path} cannot be read ({error.Message}); pass the one the Jupyter client wrote", error);
        }
    }

    private static string Text(JsonElement root, string name, string path, string? missing)
    {
        if (!root.TryGetProperty(name, out JsonElement value) && missing is not null) return missing;
        return JupyterJson.Text(value) ?? throw new JupyterException($"{name} in {path} is missing or no text; let the Jupyter client write the file again");
    }

    private static int Port(JsonElement root, string name, string path)
    {
        bool number = root.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Number;
        if (number && value.TryGetInt32(out int port) && port is >= 1 and <= 65535) return port;
        throw new JupyterException($"{name}={(number ? value.GetRawText() : "(missing or no number)")} in {path} must be a port from 1 to 65535");
    }
}
