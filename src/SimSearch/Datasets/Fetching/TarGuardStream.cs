using System.Buffers.Binary;

namespace SimSearch.Datasets;

/// <summary>
/// Passes a tar stream through and looks at each header on the way: the descriptions that extend a header (long names, attributes) are read into
/// memory whole by .NET's reader, so one that claims gigabytes is refused before the reader sees it.
/// </summary>
internal sealed class TarGuardStream(Stream inner, Action<long> readInAll) : Stream
{
    private const int Block = 512;
    private const long MaxDescription = 1 << 20;

    private readonly byte[] header = new byte[Block];
    private readonly MemoryStream attributes = new();
    private int headerAt, headerLength;
    private long contentLeft, total;
    private bool inAttributes;

    public override int Read(Span<byte> buffer)
    {
        if (buffer.Length == 0) return 0;
        if (headerAt == headerLength && contentLeft == 0 && !NextHeader()) return 0;
        int count;
        if (headerAt < headerLength)
        {
            count = Math.Min(buffer.Length, headerLength - headerAt);
            header.AsSpan(headerAt, count).CopyTo(buffer);
            headerAt += count;
            return count;
        }
        count = inner.Read(buffer[..(int)Math.Min(buffer.Length, contentLeft)]);
        contentLeft = count == 0 ? 0 : contentLeft - count;
        readInAll(total += count);
        if (inAttributes) CheckAttributes(buffer[..count]);
        return count;
    }

    private bool NextHeader()
    {
        headerAt = 0;
        headerLength = inner.ReadAtLeast(header, Block, throwOnEndOfStream: false);
        readInAll(total += headerLength);
        if (headerLength < Block) return headerLength > 0;
        long size = SizeOf(header.AsSpan(124, 12));
        char type = (char)header[156];
        inAttributes = type is 'x' or 'X' or 'g';
        attributes.SetLength(0);
        if (type is 'x' or 'X' or 'g' or 'L' or 'K' && size > MaxDescription) throw new SimSearchException($"a header describes itself in {size} bytes, more than {MaxDescription}");
        // Links, folders and devices have no content, whatever size they claim.
        contentLeft = type is '1' or '2' or '3' or '4' or '5' or '6' ? 0 : (size + Block - 1) / Block * Block;
        return true;
    }

    /// <summary>An attribute "size" gives the next entry another size than its header, so reader and guard would part ways. Only files of 8 GiB need it.</summary>
    private void CheckAttributes(ReadOnlySpan<byte> part)
    {
        attributes.Write(part);
        if (attributes.GetBuffer().AsSpan(0, (int)attributes.Length).IndexOf(" size="u8) >= 0) throw new SimSearchException("an attribute changes the size of an entry");
    }

    /// <summary>The size field: octal digits between blanks, or a binary number when the highest bit is set. Anything else is refused, because readers differ on it.</summary>
    private static long SizeOf(ReadOnlySpan<byte> field)
    {
        if ((field[0] & 0x80) != 0)
        {
            long binary = BinaryPrimitives.ReadInt64BigEndian(field[4..]);
            if (field[..4] is [0x80, 0, 0, 0] && binary is >= 0 and < long.MaxValue - Block) return binary;
            throw new SimSearchException("an entry has a size that is no size");
        }
        long size = 0;
        foreach (byte digit in field.Trim(" \0"u8))
            size = digit is >= (byte)'0' and <= (byte)'7' ? size * 8 + digit - '0' : throw new SimSearchException("an entry has a size that is no size");
        return size;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Length => throw new NotSupportedException();
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }
    public override void Flush() { }
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing) inner.Dispose();
        base.Dispose(disposing);
    }
}
