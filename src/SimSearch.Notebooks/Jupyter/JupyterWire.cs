using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Runtime.InteropServices;

namespace SimSearch.Notebooks;

/// <summary>A request whose signature was good.</summary>
/// <param name="Peer">Where it came from and where the reply goes.</param>
/// <param name="Route">The frames before the delimiter, to be repeated before the reply's.</param>
/// <param name="Header">The header as it was sent: the parent header of all that follows from it.</param>
/// <param name="Type">msg_type, such as execute_request.</param>
/// <param name="Session">The client's session.</param>
/// <param name="Content">The content, an object.</param>
internal sealed record JupyterRequest(ZmtpPeer Peer, IReadOnlyList<byte[]> Route, byte[] Header, string Type, string Session, JsonElement Content);

/// <summary>
/// Takes messages apart and puts them together (the Jupyter messaging protocol, version 5.3): frames of a route, a delimiter, a
/// signature, header, parent header, metadata and content. A message without a good signature, or one seen before, is nobody's.
/// </summary>
internal sealed class JupyterWire
{
    private const int Remembered = 1 << 16;
    private static readonly byte[] Delimiter = "<IDS|MSG>"u8.ToArray();
    private static readonly byte[] Empty = "{}"u8.ToArray();

    private readonly byte[] _key;
    private readonly string _session = Guid.NewGuid().ToString("N");
    private readonly HashSet<(UInt128, UInt128)> _seen = [];
    private readonly Queue<(UInt128, UInt128)> _order = new();

    /// <summary>A wire with a key.</summary>
    /// <exception cref="ArgumentException">The key is empty: messages that anyone can sign would run anyone's code.</exception>
    public JupyterWire(string key)
    {
        if (key.Length == 0) throw new ArgumentException("key must not be empty", nameof(key));
        _key = Encoding.UTF8.GetBytes(key);
    }

    /// <summary>Takes a message apart; null, and the reason in <paramref name="why"/>, when it is to be dropped.</summary>
    public JupyterRequest? Read(ZmtpPeer peer, IReadOnlyList<byte[]> frames, out string why)
    {
        int at = 0;
        while (at < frames.Count && !frames[at].AsSpan().SequenceEqual(Delimiter)) at++;
        if (frames.Count - at < 6) // further frames are raw buffers, which no request of ours uses
        {
            why = "it is no Jupyter message: the delimiter or one of the five frames after it is missing";
            return null;
        }
        (byte[] header, byte[] parent, byte[] metadata, byte[] content) = (frames[at + 2], frames[at + 3], frames[at + 4], frames[at + 5]);
        byte[] mac = Mac(header, parent, metadata, content);
        if (!CryptographicOperations.FixedTimeEquals(Hex(mac), frames[at + 1]))
        {
            why = "its signature is wrong";
            return null;
        }
        if (!FirstTime(mac))
        {
            why = "it has been seen before";
            return null;
        }
        try
        {
            JsonElement head = JupyterJson.Object(header), body = JupyterJson.Object(content);
            JupyterJson.Object(parent);
            JupyterJson.Object(metadata);
            if (head.Member("msg_type").Text() is not { Length: > 0 } type || head.Member("msg_id").Text() is null)
            {
                why = "its header has no msg_type or no msg_id";
                return null;
            }
            why = "";
            return new JupyterRequest(peer, [.. frames.Take(at)], header, type, head.Member("session").Text() ?? "", body);
        }
        catch (JsonException error)
        {
            why = $"one of its parts is malformed ({error.Message})";
            return null;
        }
    }

    /// <summary>Puts a message together and signs it.</summary>
    /// <param name="route">The frames before the delimiter: the request's route, or the topic of a publication.</param>
    /// <param name="type">msg_type.</param>
    /// <param name="parent">The header of the request that this follows from, or null.</param>
    /// <param name="content">The content.</param>
    public List<byte[]> Build(IReadOnlyList<byte[]> route, string type, byte[]? parent, JsonObject content)
    {
        var header = new JsonObject
        {
            ["msg_id"] = Guid.NewGuid().ToString("N"),
            ["session"] = _session,
            ["username"] = "kernel",
            ["date"] = DateTime.UtcNow.ToString("yyyy-MM-ddTHH:mm:ss.ffffffZ", CultureInfo.InvariantCulture),
            ["msg_type"] = type,
            ["version"] = "5.3",
        };
        byte[] head = JupyterJson.Bytes(header), above = parent ?? Empty, body = JupyterJson.Bytes(content);
        return [.. route, Delimiter, Hex(Mac(head, above, Empty, body)), head, above, Empty, body];
    }

    private byte[] Mac(byte[] header, byte[] parent, byte[] metadata, byte[] content)
    {
        using var mac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, _key);
        mac.AppendData(header);
        mac.AppendData(parent);
        mac.AppendData(metadata);
        mac.AppendData(content);
        return mac.GetHashAndReset();
    }

    private static byte[] Hex(byte[] mac) => Encoding.ASCII.GetBytes(Convert.ToHexStringLower(mac));

    // The newest signatures are remembered, as in Jupyter's own library; what is older than all of those may pass again.
    private bool FirstTime(byte[] mac)
    {
        (UInt128, UInt128) print = (MemoryMarshal.Read<UInt128>(mac), MemoryMarshal.Read<UInt128>(mac.AsSpan(16)));
        lock (_seen)
        {
            if (!_seen.Add(print)) return false;
            _order.Enqueue(print);
            if (_order.Count > Remembered) _seen.Remove(_order.Dequeue());
            return true;
        }
    }
}
