using System.Buffers.Binary;
using System.Text;

namespace SimSearch.Notebooks;

/// <summary>Which end of which pattern a listening socket is.</summary>
internal enum ZmtpRole
{
    /// <summary>Answers many clients, each by its own connection.</summary>
    Router,

    /// <summary>Sends to whoever subscribed; receives subscriptions only.</summary>
    Publisher,

    /// <summary>Sends every message back where it came from: the heartbeat.</summary>
    Echo,
}

/// <summary>The opening of a ZMTP 3 connection: greetings, then READY commands (RFC 23), without authentication (mechanism NULL).</summary>
internal static class ZmtpHandshake
{
    private const int GreetingLength = 64, ReadyLimit = 4096;

    /// <summary>Runs the handshake as the listening side.</summary>
    /// <returns>The identity the peer chose, empty when it chose none.</returns>
    /// <exception cref="ZmtpException">The peer does not speak ZMTP 3, wants a security mechanism, or is a socket that does not fit ours.</exception>
    public static byte[] Accept(Stream input, Stream output, ZmtpRole role)
    {
        byte[] greeting = new byte[GreetingLength];
        (greeting[0], greeting[9], greeting[10], greeting[11]) = (0xFF, 0x7F, 3, 1);
        "NULL"u8.CopyTo(greeting.AsSpan(12));
        output.Write(greeting);

        // An older peer sends less and waits: look at the version before asking for the rest.
        byte[] theirs = new byte[GreetingLength];
        input.ReadExactly(theirs, 0, 11);
        if (theirs[0] != 0xFF || (theirs[9] & 1) == 0 || theirs[10] < 3) throw new ZmtpException("the peer does not speak ZMTP 3");
        input.ReadExactly(theirs, 11, GreetingLength - 11);
        ReadOnlySpan<byte> mechanism = theirs.AsSpan(12, 20).TrimEnd((byte)0);
        if (!mechanism.SequenceEqual("NULL"u8)) throw new ZmtpException($"the peer wants the security mechanism '{Printable(mechanism)}'; this socket offers NULL");

        new ZmtpFrame(Ready(role), IsCommand: true).Write(output);
        ZmtpFrame ready = ZmtpFrame.Read(input, ReadyLimit);
        if (!ready.IsCommand || !ready.Body.AsSpan().StartsWith("\x05READY"u8)) throw new ZmtpException("the peer did not send READY");
        (string type, byte[] identity) = ParseReady(ready.Body.AsSpan(6));
        bool fits = role switch
        {
            ZmtpRole.Router => type is "DEALER" or "REQ" or "ROUTER",
            ZmtpRole.Publisher => type is "SUB" or "XSUB",
            _ => type is "REQ" or "DEALER",
        };
        return fits ? identity : throw new ZmtpException($"a {Printable(Encoding.ASCII.GetBytes(type))} socket cannot talk to this one");
    }

    private static byte[] Ready(ZmtpRole role)
    {
        string type = role switch { ZmtpRole.Router => "ROUTER", ZmtpRole.Publisher => "PUB", _ => "REP" };
        byte[] name = Encoding.ASCII.GetBytes(type);
        return [5, .. "READY"u8, 11, .. "Socket-Type"u8, 0, 0, 0, (byte)name.Length, .. name];
    }

    private static (string Type, byte[] Identity) ParseReady(ReadOnlySpan<byte> metadata)
    {
        string type = "";
        byte[] identity = [];
        while (metadata.Length > 0)
        {
            int nameLength = metadata[0];
            if (metadata.Length < 1 + nameLength + 4) throw new ZmtpException("READY is cut off");
            string name = Encoding.ASCII.GetString(metadata.Slice(1, nameLength));
            uint valueLength = BinaryPrimitives.ReadUInt32BigEndian(metadata[(1 + nameLength)..]);
            metadata = metadata[(1 + nameLength + 4)..];
            if (valueLength > (uint)metadata.Length) throw new ZmtpException("READY is cut off");
            ReadOnlySpan<byte> value = metadata[..(int)valueLength];
            metadata = metadata[(int)valueLength..];
            if (name.Equals("Socket-Type", StringComparison.OrdinalIgnoreCase)) type = Encoding.ASCII.GetString(value);
            else if (name.Equals("Identity", StringComparison.OrdinalIgnoreCase)) identity = value.ToArray();
        }
        if (identity.Length > 255) throw new ZmtpException($"an identity of {identity.Length} bytes is longer than 255");
        return (type, identity);
    }

    // What a stranger sent goes into a log only as plain characters.
    private static string Printable(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder();
        foreach (byte value in bytes[..Math.Min(bytes.Length, 20)]) text.Append(value is > 0x20 and < 0x7F ? (char)value : '?');
        return text.ToString();
    }
}
