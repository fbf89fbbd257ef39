using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text.Json;
using SimSearch.Storage;

namespace SimSearch.Learning;

/// <summary>
/// The state of a training between two epochs, in one file that is replaced by rename: whenever the program is killed, the last one is whole. Everything that decides how the training goes
/// on is in it or in the options, so a resumed training ends with the same bytes as one that was never interrupted.
/// </summary>
internal sealed record Checkpoint
{
    private static ReadOnlySpan<byte> Magic => "SimSearch training 1\n"u8;

    private const int MaxHeader = 1 << 26;

    /// <summary>Hash of options, clips and labels: another training's checkpoint is refused.</summary>
    public required string Fingerprint { get; init; }

    /// <summary>Steps done: a whole number of epochs.</summary>
    public required long Step { get; init; }

    /// <summary>Epochs so far.</summary>
    public required IReadOnlyList<LearningEpoch> History { get; init; }

    /// <summary>Parameters, their average and the optimiser's memory.</summary>
    public required byte[] State { get; init; }

    /// <summary>The model with the best validation MAP so far; empty when none is kept.</summary>
    public required byte[] Best { get; init; }

    private sealed record Header(string Fingerprint, long Step, IReadOnlyList<LearningEpoch> History, int State, int Best, string Hash);

    /// <summary>Writes the file.</summary>
    public void Save(string path)
    {
        byte[] header = JsonSerializer.SerializeToUtf8Bytes(new Header(Fingerprint, Step, History, State.Length, Best.Length, HashOf(State, Best)));
        AtomicFile.Write(path, stream =>
        {
            stream.Write(Magic);
            Span<byte> length = stackalloc byte[4];
            BinaryPrimitives.WriteInt32LittleEndian(length, header.Length);
            stream.Write(length);
            stream.Write(header);
            stream.Write(State);
            stream.Write(Best);
        });
    }

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file; null comes back when it does not exist.</param>
    /// <param name="fingerprint">Of the training that is to go on.</param>
    /// <exception cref="SimSearchException">The file is damaged or of another training.</exception>
    public static Checkpoint? Load(string path, string fingerprint)
    {
        if (!File.Exists(path)) return null;
        byte[] all = File.ReadAllBytes(path);
        var checkpoint = Parse(all) ?? throw new SimSearchException($"{path}: is not a whole checkpoint of a training; delete it and train from the beginning");
        if (checkpoint.Fingerprint != fingerprint)
            throw new SimSearchException($"{path}: is the checkpoint of a training with other sounds, labels or settings; resume with the same command as at first, or delete it and train from the beginning");
        return checkpoint;
    }

    /// <summary>Whether there is a whole checkpoint of this training.</summary>
    public static bool Exists(string path, string fingerprint) => File.Exists(path) && Parse(File.ReadAllBytes(path))?.Fingerprint == fingerprint;

    private static Checkpoint? Parse(ReadOnlySpan<byte> all)
    {
        if (!all.StartsWith(Magic) || all.Length < Magic.Length + 4) return null;
        all = all[Magic.Length..];
        int length = BinaryPrimitives.ReadInt32LittleEndian(all);
        all = all[4..];
        if (length is < 2 or > MaxHeader || length > all.Length) return null;
        Header? header;
        try { header = JsonSerializer.Deserialize<Header>(all[..length]); }
        catch (JsonException) { return null; }
        all = all[length..];
        if (header is not { State: >= 0, Best: >= 0, Fingerprint: not null, History: not null, Hash: not null } || (long)header.State + header.Best != all.Length) return null;
        byte[] state = all[..header.State].ToArray(), best = all[header.State..].ToArray();
        return HashOf(state, best) != header.Hash ? null : new Checkpoint { Fingerprint = header.Fingerprint, Step = header.Step, History = header.History, State = state, Best = best };
    }

    private static string HashOf(byte[] state, byte[] best)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(state);
        hash.AppendData(best);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
