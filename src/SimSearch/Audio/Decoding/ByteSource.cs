using Microsoft.Win32.SafeHandles;

namespace SimSearch.Audio;

/// <summary>Bytes that can be read at any offset: of a file, of memory, or of a stream.</summary>
internal abstract class ByteSource : IDisposable
{
    /// <summary>Number of bytes.</summary>
    public abstract long Length { get; }

    /// <summary>Reads as many bytes as there are, up to the length of <paramref name="destination"/>; fewer only at the end.</summary>
    public abstract int ReadAt(long offset, Span<byte> destination);

    public virtual void Dispose() { }

    public static ByteSource OfFile(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        // The system would only say that access is denied.
        if (Directory.Exists(path)) throw new UnauthorizedAccessException($"'{path}' is a folder; name a sound file in it");
        var handle = File.OpenHandle(path);
        try { return new FileSource(handle); }
        catch (NotSupportedException) // a pipe or a terminal: it has no length and cannot seek
        {
            using var stream = new FileStream(handle, FileAccess.Read);
            return Buffer(stream, AudioLimits.MaxBufferedBytes, CancellationToken.None);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    public static ByteSource OfMemory(ReadOnlyMemory<byte> bytes) => new MemorySource(bytes);

    /// <summary>The rest of a stream, from its present position. A stream that cannot seek is buffered, up to <see cref="AudioLimits.MaxBufferedBytes"/>.</summary>
    public static ByteSource OfStream(Stream stream, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(stream);
        if (!stream.CanRead) throw new ArgumentException("the stream cannot be read; open it for reading", nameof(stream));
        return stream.CanSeek ? new StreamSource(stream) : Buffer(stream, AudioLimits.MaxBufferedBytes, cancellation);
    }

    internal static ByteSource Buffer(Stream stream, long limit, CancellationToken cancellation)
    {
        var buffer = new byte[1 << 16];
        int length = 0;
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            int got = stream.Read(buffer, length, buffer.Length - length);
            if (got == 0) return new MemorySource(buffer.AsMemory(0, length));
            length += got;
            if (length > limit)
                throw new AudioFormatException(AudioFormatError.LimitExceeded, $"the stream cannot seek and holds more than the {limit} bytes that are buffered; write it to a file first");
            if (length == buffer.Length) Array.Resize(ref buffer, (int)Math.Min(2L * length, Array.MaxLength));
        }
    }

    private sealed class FileSource(SafeFileHandle handle) : ByteSource
    {
        public override long Length { get; } = RandomAccess.GetLength(handle);

        public override int ReadAt(long offset, Span<byte> destination)
        {
            int done = 0;
            while (done < destination.Length)
            {
                int got = RandomAccess.Read(handle, destination[done..], offset + done);
                if (got == 0) break;
                done += got;
            }
            return done;
        }

        public override void Dispose() => handle.Dispose();
    }

    private sealed class MemorySource(ReadOnlyMemory<byte> bytes) : ByteSource
    {
        public override long Length => bytes.Length;

        public override int ReadAt(long offset, Span<byte> destination)
        {
            if (offset >= bytes.Length) return 0;
            var rest = bytes.Span[(int)offset..];
            if (rest.Length > destination.Length) rest = rest[..destination.Length];
            rest.CopyTo(destination);
            return rest.Length;
        }
    }

    /// <summary>A caller's stream; it stays open.</summary>
    private sealed class StreamSource(Stream stream) : ByteSource
    {
        private readonly long origin = stream.Position;

        public override long Length { get; } = Math.Max(0, stream.Length - stream.Position);

        public override int ReadAt(long offset, Span<byte> destination)
        {
            if (stream.Position != origin + offset) stream.Position = origin + offset;
            return stream.ReadAtLeast(destination, destination.Length, throwOnEndOfStream: false);
        }
    }
}

/// <summary>A stretch of another source, for sound inside a container.</summary>
internal sealed class SubSource(ByteSource whole, long offset, long length) : ByteSource
{
    public override long Length => length;

    public override int ReadAt(long at, Span<byte> destination)
    {
        if (at >= length) return 0;
        return whole.ReadAt(offset + at, destination.Length > length - at ? destination[..(int)(length - at)] : destination);
    }

    public override void Dispose() => whole.Dispose();
}
