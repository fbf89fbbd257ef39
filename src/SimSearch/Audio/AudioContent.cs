using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using SimSearch.Datasets;

namespace SimSearch.Audio;

/// <summary>What sounds are made of: hashes of decoded samples, and data sets whose items are stretches of sound files.</summary>
public static class AudioContent
{
    /// <summary>SHA-256 of a signal's rate, channels and samples, in lower-case hexadecimal: the same sound in another lossless container has the same hash.</summary>
    /// <param name="signal">The signal; one of 0 frames has a hash too.</param>
    public static string Hash(AudioSignal signal)
    {
        ArgumentNullException.ThrowIfNull(signal);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> header = stackalloc byte[8];
        BinaryPrimitives.WriteInt32LittleEndian(header, signal.SampleRate);
        BinaryPrimitives.WriteInt32LittleEndian(header[4..], signal.Channels);
        hash.AppendData(header);
        hash.AppendData(MemoryMarshal.AsBytes(signal.Samples.AsSpan()));
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary><see cref="Hash"/> of the stretch of sound an item stands for, with all its channels, at its own sample rate.</summary>
    /// <param name="dataset">The data set the item is of.</param>
    /// <param name="item">The item.</param>
    /// <exception cref="AudioFormatException">Its file cannot be read as sound.</exception>
    public static string HashOf(Dataset dataset, Item item) => Hash(dataset.Load(item, new AudioLoadOptions { Channels = ChannelPolicy.PerChannel }));

    extension(Dataset dataset)
    {
        /// <summary>Loads the stretch of sound an item stands for.</summary>
        /// <param name="item">The item; its start and duration say which part of its file.</param>
        /// <param name="options">Sample rate and channels. A start is counted from the item's own start; a duration cannot reach beyond the item's end.</param>
        /// <param name="cancellation">Looked at between blocks.</param>
        /// <exception cref="AudioFormatException">The file cannot be read as sound, or the stretch begins after its end.</exception>
        /// <exception cref="IOException">The file cannot be opened.</exception>
        public AudioSignal Load(Item item, AudioLoadOptions? options = null, CancellationToken cancellation = default)
        {
            options ??= new AudioLoadOptions();
            double? rest = item.Duration is { } d ? Math.Max(0, d - options.Start) : null;
            double? duration = rest is { } r && options.Duration is { } wanted ? Math.Min(r, wanted) : rest ?? options.Duration;
            return AudioFile.Load(dataset.PathOf(item), options with { Start = item.Start + options.Start, Duration = duration }, cancellation);
        }

        /// <summary>Length in seconds of the stretch of sound an item stands for, read from its file's header where the item does not say.</summary>
        /// <param name="item">The item.</param>
        /// <exception cref="AudioFormatException">The file cannot be read as sound.</exception>
        /// <exception cref="IOException">The file cannot be opened.</exception>
        public double DurationOf(Item item) => item.Duration ?? Math.Max(0, AudioFile.Info(dataset.PathOf(item)).Duration - item.Start);

        /// <summary>Cuts every item into stretches of one length; the lengths of files are read from their headers.</summary>
        /// <param name="seconds">Length of a segment, above 0.</param>
        /// <param name="overlap">Fraction of a segment that it shares with the next, 0 up to but not including 1. Default 0.</param>
        /// <param name="tail">What becomes of an end that does not fill a segment.</param>
        /// <exception cref="AudioFormatException">A file cannot be read as sound.</exception>
        /// <exception cref="IOException">A file cannot be opened.</exception>
        /// <seealso cref="Dataset.Segment(double, double, Func{Item, double}, SegmentTail)"/>
        public Dataset Segment(double seconds, double overlap = 0, SegmentTail tail = SegmentTail.Shift) =>
            dataset.Segment(seconds, overlap, item => AudioFile.Info(dataset.PathOf(item)).Duration, tail);
    }
}
