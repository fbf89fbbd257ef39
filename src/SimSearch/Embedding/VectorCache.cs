using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace SimSearch.Embedding;

/// <summary>
/// Raw vectors kept from run to run, in one append-only file per embedder. Every record is equally long and carries a checksum, so a run that was
/// killed costs at most the record it was writing, and a damaged record costs only itself.
/// </summary>
/// <remarks>
/// File: a header of 64 bytes (the magic text, the dimension, the first 16 bytes of the embedder's raw fingerprint, a checksum of these), then records: key (32 bytes), vector
/// (4 * dimension bytes, little-endian), checksum (the first 16 bytes of the SHA-256 of both). The key is the SHA-256 of the file's bytes, start and duration.
/// </remarks>
internal sealed class VectorCache : IDisposable
{
    private const int HeaderBytes = 64, KeyBytes = 32, SumBytes = 16;

    private readonly FileStream stream;
    private readonly int vectorBytes;
    private readonly Dictionary<UInt128, long> offsets = [];
    private readonly Lock gate = new();
    private long end;

    private VectorCache(FileStream stream, int dimension) => (this.stream, vectorBytes) = (stream, 4 * dimension);

    private static ReadOnlySpan<byte> Magic => "SimSearch vectors 1\n"u8;

    private int RecordBytes => KeyBytes + vectorBytes + SumBytes;

    /// <summary>Number of vectors it holds.</summary>
    public int Count => offsets.Count;

    /// <summary>Opens or creates the file of an embedder. Damage is repaired and said in a message, never an error.</summary>
    /// <returns>The cache; null, with a message, when another process is using the file or the folder cannot be written to.</returns>
    public static VectorCache? Open(string folder, string rawFingerprint, int dimension, List<string> messages)
    {
        string path = Path.Combine(folder, $"vectors-{rawFingerprint[..32]}.cache");
        FileStream? stream = null;
        try
        {
            Directory.CreateDirectory(folder);
            // Sharing nothing makes this process the only writer.
            stream = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1 << 16);
            var cache = new VectorCache(stream, dimension);
            cache.Recover(path, rawFingerprint, messages);
            return cache;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            stream?.Dispose();
            messages.Add($"the cache {path} cannot be used ({e.Message}); this run goes without it");
            return null;
        }
    }

    /// <summary>The key of a stretch of a file.</summary>
    /// <param name="contentHash">SHA-256 of the file's bytes.</param>
    /// <param name="start">Where the stretch begins, in seconds.</param>
    /// <param name="duration">How long it is; null to the end.</param>
    public static byte[] KeyOf(ReadOnlySpan<byte> contentHash, double start, double? duration)
    {
        Span<byte> bytes = stackalloc byte[KeyBytes + 16];
        contentHash.CopyTo(bytes);
        BinaryPrimitives.WriteDoubleLittleEndian(bytes[KeyBytes..], start);
        BinaryPrimitives.WriteDoubleLittleEndian(bytes[(KeyBytes + 8)..], duration ?? -1);
        return SHA256.HashData(bytes);
    }

    /// <summary>Copies a vector out, when it is there and undamaged. Safe to call from several threads.</summary>
    public bool TryGet(ReadOnlySpan<byte> key, Span<float> vector)
    {
        long offset;
        lock (gate)
            if (!offsets.TryGetValue(Short(key), out offset)) return false;
        byte[] record = new byte[RecordBytes];
        if (RandomAccess.Read(stream.SafeFileHandle, record, offset) != record.Length) return false;
        // Looked at again: the disk may have changed its mind since the file was opened.
        if (!IsSound(record) || !record.AsSpan(0, KeyBytes).SequenceEqual(key)) return false;
        MemoryMarshal.Cast<byte, float>(record.AsSpan(KeyBytes, vectorBytes)).CopyTo(vector);
        return true;
    }

    /// <summary>Why vectors could not be added any more (the disk is full, say), or null. A cache is a help, never a reason to fail.</summary>
    public string? Failure { get; private set; }

    /// <summary>Adds a vector unless it is there. Safe to call from several threads; a kill afterwards does not lose it.</summary>
    public void Add(ReadOnlySpan<byte> key, ReadOnlySpan<float> vector)
    {
        byte[] record = new byte[RecordBytes];
        key.CopyTo(record);
        MemoryMarshal.AsBytes(vector).CopyTo(record.AsSpan(KeyBytes));
        Sum(record).CopyTo(record.AsSpan(KeyBytes + vectorBytes));
        lock (gate)
        {
            if (Failure is not null || offsets.ContainsKey(Short(key))) return;
            try
            {
                RandomAccess.Write(stream.SafeFileHandle, record, end);
                offsets.Add(Short(key), end);
                end += record.Length;
            }
            catch (IOException e)
            {
                Failure = $"the cache {stream.Name} cannot be written to ({e.Message}); the rest of this run is not kept";
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => stream.Dispose();

    private void Recover(string path, string rawFingerprint, List<string> messages)
    {
        byte[] header = Header(rawFingerprint), found = new byte[HeaderBytes];
        if (RandomAccess.Read(stream.SafeFileHandle, found, 0) is var got && (got < HeaderBytes || !found.AsSpan().SequenceEqual(header)))
        {
            // A kill while the header was being written leaves a beginning of it; everything else is damage.
            if (!header.AsSpan(0, got).SequenceEqual(found.AsSpan(0, got)))
                messages.Add($"the cache {path} is damaged at its beginning; it is built anew");
            stream.SetLength(0);
            RandomAccess.Write(stream.SafeFileHandle, header, 0);
            end = HeaderBytes;
            return;
        }
        long whole = (stream.Length - HeaderBytes) / RecordBytes, damaged = 0;
        var block = new byte[RecordBytes * Math.Max(1, (1 << 20) / RecordBytes)];
        for (long first = 0; first < whole;)
        {
            int count = (int)Math.Min(block.Length / RecordBytes, whole - first);
            long offset = HeaderBytes + first * RecordBytes;
            int read = RandomAccess.Read(stream.SafeFileHandle, block.AsSpan(0, count * RecordBytes), offset);
            count = Math.Max(1, read / RecordBytes);
            for (int i = 0; i < count; i++)
            {
                var record = block.AsSpan(i * RecordBytes, RecordBytes);
                if (IsSound(record)) offsets[Short(record)] = offset + (long)i * RecordBytes;
                else damaged++;
            }
            first += count;
        }
        end = HeaderBytes + whole * RecordBytes;
        stream.SetLength(end);
        if (damaged > 0) messages.Add(string.Create(CultureInfo.InvariantCulture, $"{damaged} of {whole} records of the cache {path} are damaged; their items are embedded again"));
    }

    private byte[] Header(string rawFingerprint)
    {
        var header = new byte[HeaderBytes];
        Magic.CopyTo(header);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(24), vectorBytes / 4);
        Convert.FromHexString(rawFingerprint.AsSpan(0, 32)).CopyTo(header.AsSpan(28));
        SHA256.HashData(header.AsSpan(0, 48)).AsSpan(0, SumBytes).CopyTo(header.AsSpan(48));
        return header;
    }

    private bool IsSound(ReadOnlySpan<byte> record) => Sum(record).SequenceEqual(record[(KeyBytes + vectorBytes)..]);

    private ReadOnlySpan<byte> Sum(ReadOnlySpan<byte> record) => SHA256.HashData(record[..(KeyBytes + vectorBytes)]).AsSpan(0, SumBytes);

    private static UInt128 Short(ReadOnlySpan<byte> key) => BinaryPrimitives.ReadUInt128LittleEndian(key);
}
