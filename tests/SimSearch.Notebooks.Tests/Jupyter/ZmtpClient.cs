using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace SimSearch.Notebooks.Tests;

/// <summary>The connecting side of ZMTP 3 as the RFC reads, written without the code under test; a read that takes 60 s fails.</summary>
internal sealed class ZmtpClient : IDisposable
{
    private readonly TcpClient _tcp = new() { NoDelay = true, ReceiveTimeout = 60_000, SendTimeout = 60_000 };

    public ZmtpClient(int port)
    {
        _tcp.Connect(IPAddress.Loopback, port);
        Stream = _tcp.GetStream();
    }

    public NetworkStream Stream { get; }

    public static ZmtpClient Connect(int port, string type, string identity = "")
    {
        var client = new ZmtpClient(port);
        client.Stream.Write(Greeting());
        client.Read(64);
        client.Stream.Write(Command("READY", [.. Property("Socket-Type", type), .. Property("Identity", identity)]));
        (int flags, byte[] body) = client.ReadFrame();
        Assert.Equal(4, flags);
        Assert.StartsWith("\x05READY", Encoding.ASCII.GetString(body));
        return client;
    }

    public static byte[] Greeting(byte major = 3, string mechanism = "NULL")
    {
        byte[] greeting = new byte[64];
        (greeting[0], greeting[9], greeting[10], greeting[11]) = (0xFF, 0x7F, major, 1);
        Encoding.ASCII.GetBytes(mechanism).CopyTo(greeting, 12);
        return greeting;
    }

    public static byte[] Property(string name, string value)
    {
        byte[] length = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(length, value.Length);
        return [(byte)name.Length, .. Encoding.ASCII.GetBytes(name), .. length, .. Encoding.ASCII.GetBytes(value)];
    }

    public static byte[] Command(string name, byte[] data) => Frame(4, [(byte)name.Length, .. Encoding.ASCII.GetBytes(name), .. data]);

    public static byte[] Frame(int flags, byte[] body)
    {
        if (body.Length < 256) return [(byte)flags, (byte)body.Length, .. body];
        byte[] length = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(length, body.Length);
        return [(byte)(flags | 2), .. length, .. body];
    }

    public void Send(params IReadOnlyList<byte[]> frames)
    {
        var bytes = new MemoryStream();
        for (int i = 0; i < frames.Count; i++) bytes.Write(Frame(i + 1 < frames.Count ? 1 : 0, frames[i]));
        Stream.Write(bytes.ToArray());
    }

    /// <summary>The next message; commands are passed over.</summary>
    public List<byte[]> Receive()
    {
        var message = new List<byte[]>();
        while (true)
        {
            (int flags, byte[] body) = ReadFrame();
            if ((flags & 4) != 0) continue;
            message.Add(body);
            if ((flags & 1) == 0) return message;
        }
    }

    /// <summary>Returns when the server has acted on all that was sent before.</summary>
    public void Settle()
    {
        Stream.Write(Command("PING", [0, 0, 7]));
        (int flags, byte[] body) = ReadFrame();
        Assert.Equal(4, flags);
        Assert.Equal("\x04PONG\x07", Encoding.ASCII.GetString(body));
    }

    public (int Flags, byte[] Body) ReadFrame()
    {
        int flags = Read(1)[0];
        long length = (flags & 2) == 0 ? Read(1)[0] : BinaryPrimitives.ReadInt64BigEndian(Read(8));
        return (flags & ~2, Read((int)length));
    }

    public byte[] Read(int count)
    {
        byte[] bytes = new byte[count];
        Stream.ReadExactly(bytes);
        return bytes;
    }

    /// <summary>Waits until the server closes the connection, ignoring what it still says; false when it does not within 60 s.</summary>
    public bool IsClosedByServer()
    {
        try
        {
            byte[] rest = new byte[4096];
            while (Stream.Read(rest) > 0) { }
            return true;
        }
        catch (IOException error)
        {
            return error.InnerException is not SocketException { SocketErrorCode: SocketError.TimedOut or SocketError.WouldBlock };
        }
    }

    public void Dispose() => _tcp.Dispose();
}
