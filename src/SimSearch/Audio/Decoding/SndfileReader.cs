using System.Runtime.InteropServices;

namespace SimSearch.Audio;

/// <summary>Reads through libsndfile: compressed WAV, AIFF, AU, CAF, FLAC, Ogg (Vorbis, Opus, FLAC) and MP3.</summary>
internal sealed unsafe class SndfileReader : FrameReader
{
    private readonly Sndfile library;
    private readonly SndfileInput input;
    private readonly string name;
    private readonly bool seekable;
    private GCHandle handle;
    private nint file;
    private long frame;

    /// <param name="library">libsndfile.</param>
    /// <param name="source">The file; disposed with the reader, but not when this constructor throws.</param>
    /// <param name="name">What to call the file in errors.</param>
    public SndfileReader(Sndfile library, ByteSource source, string name)
    {
        (this.library, this.name) = (library, name);
        input = new SndfileInput(source);
        handle = GCHandle.Alloc(input);
        try
        {
            SndfileInfo info = default;
            var io = SndfileInput.Callbacks;
            file = library.Open(&io, &info, GCHandle.ToIntPtr(handle));
            input.Rethrow();
            if (file == 0) throw CannotOpen(library.ErrorOf(0) ?? "unknown format");
            if (info.Channels is < 1 or > AudioLimits.MaxChannels)
                throw new AudioFormatException(AudioFormatError.LimitExceeded, $"{name}: channels={info.Channels} must be 1 to {AudioLimits.MaxChannels}");
            if (info.SampleRate is < 1 or > AudioLimits.MaxSampleRate)
                throw new AudioFormatException(AudioFormatError.LimitExceeded, $"{name}: sample rate={info.SampleRate} Hz must be 1 to {AudioLimits.MaxSampleRate}");
            seekable = info.Seekable != 0;
            Info = new AudioInfo(info.SampleRate, info.Channels, Math.Max(0, info.Frames), library.NameOf(info.Format));
        }
        catch
        {
            Release();
            throw;
        }
    }

    public override AudioInfo Info { get; }

    public override bool LengthIsCertain => false;

    public override void Seek(long to)
    {
        if (to == frame) return;
        if (seekable && library.Seek(file, to) == to) frame = to;
        else Skip(to);
        input.Rethrow();
    }

    /// <summary>Decodes and drops, for files in which libsndfile cannot seek.</summary>
    private void Skip(long to)
    {
        if (to < frame) throw Damaged("libsndfile cannot seek back in it; load it from the start");
        var dropped = new float[4096 * Info.Channels];
        while (frame < to)
            if (Read(dropped.AsSpan(0, (int)Math.Min(dropped.Length, (to - frame) * Info.Channels))) == 0) return;
    }

    public override int Read(Span<float> interleaved)
    {
        int frames = interleaved.Length / Info.Channels;
        if (frames == 0) return 0;
        int got;
        fixed (float* samples = interleaved) got = (int)Math.Clamp(library.Read(file, samples, frames), 0, frames);
        input.Rethrow();
        if (got < frames && library.ErrorOf(file) is { } error)
            throw Damaged($"after {frame + got} frames libsndfile says '{error.Trim()}'; make or download it again" + (frame + got > 0 ? $", or load only the first {(double)(frame + got) / Info.SampleRate:F3} s" : ""));
        int bad = SampleConverter.FirstUnsound(interleaved[..(got * Info.Channels)]);
        if (bad >= 0)
            throw new AudioFormatException(AudioFormatError.NonFiniteSample,
                $"{name}: sample {frame + bad / Info.Channels} of channel {bad % Info.Channels} is {interleaved[bad]}; samples must be finite and are nominally -1 to 1: write the file again without it");
        frame += got;
        return got;
    }

    private AudioFormatException CannotOpen(string error) => new(
        error.Contains("unimplemented", StringComparison.OrdinalIgnoreCase) || error.Contains("not supported", StringComparison.OrdinalIgnoreCase)
            ? AudioFormatError.UnsupportedCodec : AudioFormatError.Damaged,
        $"{name}: libsndfile {library.Version} cannot open it: '{error.Trim()}'; convert it to WAV, or make or download it again");

    private AudioFormatException Damaged(string what) => new(AudioFormatError.Damaged, $"{name}: {what}");

    public override void Dispose()
    {
        Release();
        input.Dispose();
    }

    private void Release()
    {
        if (file != 0) library.Close(file);
        file = 0;
        if (handle.IsAllocated) handle.Free();
    }
}

/// <summary>What libsndfile reads from. An exception must not pass through C, so it is kept and thrown again on this side.</summary>
internal sealed unsafe class SndfileInput(ByteSource source) : IDisposable
{
    private long position;
    private Exception? failure;

    public static VirtualIo Callbacks => new() { Length = &LengthOf, Seek = &SeekIn, Read = &ReadFrom, Write = &WriteTo, Tell = &Tell };

    /// <summary>Throws what a callback ran into, if anything.</summary>
    public void Rethrow()
    {
        if (failure is null) return;
        var caught = failure;
        failure = null;
        System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(caught);
    }

    private static SndfileInput Of(nint user) => (SndfileInput)GCHandle.FromIntPtr(user).Target!;

    [UnmanagedCallersOnly]
    private static long LengthOf(nint user) => Of(user).Length;

    private long Length => source.Length;

    [UnmanagedCallersOnly]
    private static long SeekIn(long offset, int whence, nint user)
    {
        var input = Of(user);
        long to = whence switch { 0 => offset, 1 => input.position + offset, _ => input.Length + offset };
        return input.position = Math.Clamp(to, 0, input.Length);
    }

    [UnmanagedCallersOnly]
    private static long ReadFrom(byte* destination, long count, nint user)
    {
        var input = Of(user);
        try { return input.Read(new Span<byte>(destination, (int)Math.Clamp(count, 0, int.MaxValue))); }
        catch (Exception e)
        {
            input.failure ??= e;
            return 0;
        }
    }

    private int Read(Span<byte> destination)
    {
        int got = source.ReadAt(position, destination);
        position += got;
        return got;
    }

    [UnmanagedCallersOnly]
    private static long WriteTo(byte* bytes, long count, nint user) => 0;

    [UnmanagedCallersOnly]
    private static long Tell(nint user) => Of(user).position;

    public void Dispose() => source.Dispose();
}
