using System.Buffers;

namespace SimSearch.Audio;

/// <summary>
/// Pulls frames from a decoder block by block, applies the channel policy, and resamples on the way, so that the signal at the file's own rate
/// never exists as a whole.
/// </summary>
internal sealed class SignalLoader
{
    /// <summary>Samples decoded at a time: they stay in the first two cache levels.</summary>
    private const int BlockSamples = 8192;

    private readonly FrameReader reader;
    private readonly AudioLoadOptions options;
    private readonly string name;
    private readonly int rate, channels;
    private readonly long start, wanted, maxSamples;

    public SignalLoader(FrameReader reader, long fileBytes, string name, AudioLoadOptions options)
    {
        (this.reader, this.options, this.name) = (reader, options, name);
        var info = reader.Info;
        rate = options.SampleRate ?? info.SampleRate;
        channels = options.Channels == ChannelPolicy.PerChannel ? info.Channels : 1;
        maxSamples = AudioLimits.MaxSamples(fileBytes);
        start = FramesOf(options.Start);
        if (start > info.Frames)
            throw new AudioFormatException(AudioFormatError.OutOfRange, $"{name}: start={options.Start} s is after the end at {info.Duration:F3} s; choose one before it");
        wanted = Math.Min(options.Duration is { } seconds ? FramesOf(seconds) : long.MaxValue, reader.LengthIsCertain ? info.Frames - start : long.MaxValue);
    }

    private long FramesOf(double seconds) => (long)Math.Min(Math.Round(seconds * reader.Info.SampleRate), long.MaxValue / 2);

    public AudioSignal Load(CancellationToken cancellation)
    {
        var info = reader.Info;
        long likely = Math.Min(wanted, info.Frames - start);
        var sinks = new ChannelSink[channels];
        if (reader.LengthIsCertain) Allow(likely);
        try
        {
            for (int i = 0; i < channels; i++) sinks[i] = new ChannelSink(info.SampleRate, rate, likely, reader.LengthIsCertain);
            reader.Seek(start);
            long frames = Pump(sinks, cancellation);
            if (frames == 0 && likely > 0)
                throw new AudioFormatException(AudioFormatError.Truncated, $"{name}: its header promises {info.Frames} frames, but none can be decoded; make or download it again");
            return Assemble(sinks);
        }
        finally
        {
            foreach (var sink in sinks) sink?.Dispose();
        }
    }

    private long Pump(ChannelSink[] sinks, CancellationToken cancellation)
    {
        int fileChannels = reader.Info.Channels, block = Math.Max(1, BlockSamples / fileChannels);
        // Decoding into place needs room beforehand, also for frames that may not come: only where they are certain.
        float[]? interleaved = fileChannels == 1 && reader.LengthIsCertain ? null : ArrayPool<float>.Shared.Rent(block * fileChannels);
        long done = 0;
        try
        {
            while (done < wanted)
            {
                cancellation.ThrowIfCancellationRequested();
                int frames = (int)Math.Min(block, wanted - done), got;
                if (interleaved is null)
                {
                    got = reader.Read(sinks[0].Reserve(frames));
                    if (got > 0) sinks[0].Advance(got);
                }
                else
                {
                    got = reader.Read(interleaved.AsSpan(0, frames * fileChannels));
                    if (got > 0) Share(interleaved.AsSpan(0, got * fileChannels), got, sinks);
                }
                if (got == 0) break;
                done += got;
                if (!reader.LengthIsCertain) Allow(done);
            }
            return done;
        }
        finally
        {
            if (interleaved is not null) ArrayPool<float>.Shared.Return(interleaved);
        }
    }

    private void Share(ReadOnlySpan<float> interleaved, int frames, ChannelSink[] sinks)
    {
        for (int i = 0; i < sinks.Length; i++)
        {
            var channel = sinks[i].Reserve(frames);
            if (options.Channels == ChannelPolicy.Mix) ChannelKernels.Mix(interleaved, reader.Info.Channels, channel);
            else ChannelKernels.Pick(interleaved, reader.Info.Channels, i, channel);
            sinks[i].Advance(frames);
        }
    }

    /// <summary>Refuses files that would yield more than their size can explain.</summary>
    private void Allow(long frames)
    {
        long samples = Resampler.OutputLength(frames, reader.Info.SampleRate, rate) * channels;
        long most = Math.Max(samples, frames * channels);
        if (most > maxSamples)
            throw new AudioFormatException(AudioFormatError.LimitExceeded, $"{name}: it yields {most} samples at {rate} Hz or more, over the limit of {maxSamples} for a file of its size; load it in parts with Start and Duration");
    }

    private AudioSignal Assemble(ChannelSink[] sinks)
    {
        foreach (var sink in sinks) sink.Finish();
        if (sinks.Length == 1) return new AudioSignal(sinks[0].ToArray(), rate);
        int frames = sinks[0].Samples.Length;
        var samples = GC.AllocateUninitializedArray<float>(frames * sinks.Length);
        for (int i = 0; i < sinks.Length; i++) sinks[i].Samples.CopyTo(samples.AsSpan(i * frames));
        return new AudioSignal(samples, rate, sinks.Length);
    }
}

/// <summary>Gathers one channel's samples, through a resampler where the rates differ.</summary>
internal sealed class ChannelSink : IDisposable
{
    private const int Block = 8192;

    /// <summary>Samples that a mere claim gets room for before anything is decoded.</summary>
    private const int Untested = 1 << 14;

    private readonly ResampleStream? stream;
    private readonly long expected;
    private float[] samples;
    private int count;

    /// <param name="from">Rate of what goes in.</param>
    /// <param name="to">Rate of what comes out.</param>
    /// <param name="frames">Inputs to expect; more is allowed.</param>
    /// <param name="certain">Whether they are certain to come.</param>
    public ChannelSink(int from, int to, long frames, bool certain)
    {
        if (from != to) stream = new ResampleStream(FilterBank.For(from, to), Block);
        expected = Math.Min(Resampler.OutputLength(frames, from, to), Array.MaxLength);
        samples = GC.AllocateUninitializedArray<float>((int)(certain ? expected : Math.Min(expected, Untested)));
    }

    public ReadOnlySpan<float> Samples => samples.AsSpan(0, count);

    /// <summary>Room for the next inputs, at most <see cref="Block"/>.</summary>
    public Span<float> Reserve(int frames)
    {
        if (stream is not null) return stream.Free[..frames];
        Grow(frames);
        return samples.AsSpan(count, frames);
    }

    /// <summary>Says how many inputs were written to what <see cref="Reserve"/> gave.</summary>
    public void Advance(int frames)
    {
        if (stream is null)
        {
            count += frames;
            return;
        }
        stream.Advance(frames);
        Grow(stream.Ready);
        count += stream.Drain(samples.AsSpan(count));
    }

    public void Finish()
    {
        if (stream is null) return;
        Grow(stream.Left);
        count += stream.Finish(samples.AsSpan(count));
    }

    public float[] ToArray() => count == samples.Length ? samples : Samples.ToArray();

    private void Grow(int more)
    {
        if (count + (long)more <= samples.Length) return;
        // Room is at most eight times what has really come: just what the header says once that is in sight.
        long length = samples.Length, next = length >= expected ? 2 * length : 8 * length >= expected ? expected : 4 * length;
        long size = Math.Min(Array.MaxLength, Math.Max(count + (long)more, next));
        var larger = GC.AllocateUninitializedArray<float>((int)size);
        Samples.CopyTo(larger);
        samples = larger;
    }

    public void Dispose() => stream?.Dispose();
}
