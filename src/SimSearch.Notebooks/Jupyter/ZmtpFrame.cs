using System.Buffers.Binary;

namespace SimSearch.Notebooks;

/// <summary>The peer broke the rules of ZMTP or a limit of ours; the connection is closed, nothing else happens.</summary>
internal sealed class ZmtpException(string message) : IOException(message);

/// <summary>One frame of ZMTP 3 (RFC 23): a flag octet, a length of one or eight octets, a body.</summary>
/// <param name="Body">The content.</param>
/// <param name="More">More frames of the same message follow.</param>
/// <param name="IsCommand">A command to the socket itself instead of a part of a message.</param>
internal readonly record struct ZmtpFrame(byte[] Body, bool More = false, bool IsCommand = false)
{
    private const byte MoreFlag = 1, LongFlag = 2, CommandFlag = 4;
    private const int Chunk = 1 << 16;

    /// <summary>Reads a frame. A body is allocated as it arrives, so a length that is only claimed costs nothing.</summary>
    /// <exception cref="ZmtpException">Reserved flags, a command with "more", or a body longer than <paramref name="limit"/>.</exception>
    /// <exception cref="EndOfStreamException">The peer closed the connection.</exception>
    public static ZmtpFrame Read(Stream input, long limit)
    {
        Span<byte> head = stackalloc byte[8];
        input.ReadExactly(head[..1]);
        byte flags = head[0];
        if ((flags & ~(MoreFlag | LongFlag | CommandFlag)) != 0 || (flags & (MoreFlag | CommandFlag)) == (MoreFlag | CommandFlag))
            throw new ZmtpException($"frame flags 0x{flags:x2} are reserved");
        ulong length;
        if ((flags & LongFlag) == 0)
        {
            input.ReadExactly(head[..1]);
            length = head[0];
        }
        else
        {
            input.ReadExactly(head);
            length = BinaryPrimitives.ReadUInt64BigEndian(head);
        }
        if (length > (ulong)limit) throw new ZmtpException($"a frame of {length} bytes is longer than the {limit} that are left for the message");
        return new ZmtpFrame(ReadBody(input, (int)length), (flags & MoreFlag) != 0, (flags & CommandFlag) != 0);
    }

    /// <summary>Writes the frame.</summary>
    public void Write(Stream output)
    {
        Span<byte> head = stackalloc byte[9];
        int flags = (More ? MoreFlag : 0) | (IsCommand ? CommandFlag : 0);
        if (Body.Length < 256)
        {
            head[0] = (byte)flags;
            head[1] = (byte)Body.Length;
            output.Write(head[..2]);
        }
        else
        {
            head[0] = (byte)(flags | LongFlag);
            BinaryPrimitives.WriteInt64BigEndian(head[1..], Body.Length);
            output.Write(head);
        }
        output.Write(Body);
    }

    private static byte[] ReadBody(Stream input, int length)
    {
        byte[] body = new byte[Math.Min(length, Chunk)];
        for (int have = 0; have < length;)
        {
            if (have == body.Length) Array.Resize(ref body, (int)Math.Min(length, 2L * body.Length));
            input.ReadExactly(body, have, body.Length - have);
            have = body.Length;
        }
        return body;
    }
}
