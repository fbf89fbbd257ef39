using System.Runtime.InteropServices;

namespace SimSearch.Audio;

/// <summary>
/// libsndfile's C functions, bound at run time: the library is optional, and everything but plain WAV goes through it. Looked for under
/// the path in SIMSEARCH_SNDFILE (then nowhere else), or else by its usual names.
/// </summary>
internal sealed unsafe class Sndfile
{
    public const int ModeRead = 0x10, SeekSet = 0;

    private const int GetFormatInfo = 0x1028, FormatSubtypes = 0xFFFF, FormatContainers = 0x0FFF0000;

    private static readonly Lazy<Sndfile?> Shared = new(() => TryLoad(Candidates()));

    private readonly delegate* unmanaged<byte*> versionString;
    private readonly delegate* unmanaged<VirtualIo*, int, SndfileInfo*, nint, nint> openVirtual;
    private readonly delegate* unmanaged<nint, int> close, error;
    private readonly delegate* unmanaged<nint, byte*> strError;
    private readonly delegate* unmanaged<nint, long, int, long> seek;
    private readonly delegate* unmanaged<nint, float*, long, long> readFrames;
    private readonly delegate* unmanaged<nint, int, void*, int, int> command;

    private Sndfile(nint library)
    {
        versionString = (delegate* unmanaged<byte*>)NativeLibrary.GetExport(library, "sf_version_string");
        openVirtual = (delegate* unmanaged<VirtualIo*, int, SndfileInfo*, nint, nint>)NativeLibrary.GetExport(library, "sf_open_virtual");
        close = (delegate* unmanaged<nint, int>)NativeLibrary.GetExport(library, "sf_close");
        error = (delegate* unmanaged<nint, int>)NativeLibrary.GetExport(library, "sf_error");
        strError = (delegate* unmanaged<nint, byte*>)NativeLibrary.GetExport(library, "sf_strerror");
        seek = (delegate* unmanaged<nint, long, int, long>)NativeLibrary.GetExport(library, "sf_seek");
        readFrames = (delegate* unmanaged<nint, float*, long, long>)NativeLibrary.GetExport(library, "sf_readf_float");
        command = (delegate* unmanaged<nint, int, void*, int, int>)NativeLibrary.GetExport(library, "sf_command");
    }

    /// <summary>The library, or null when it is not installed.</summary>
    public static Sndfile? Instance => Shared.Value;

    /// <summary>The one command that installs it here.</summary>
    public static string InstallCommand =>
        OperatingSystem.IsMacOS() ? "brew install libsndfile"
        : OperatingSystem.IsWindows() ? "vcpkg install libsndfile (or put the path of sndfile.dll into SIMSEARCH_SNDFILE)"
        : "apt-get install -y libsndfile1";

    public string Version => Text(versionString());

    /// <summary>The first of some paths or names that loads as libsndfile, or null.</summary>
    public static Sndfile? TryLoad(IEnumerable<string> candidates)
    {
        foreach (string candidate in candidates)
        {
            if (!NativeLibrary.TryLoad(candidate, out nint library)) continue;
            try { return new Sndfile(library); }
            catch (EntryPointNotFoundException) { NativeLibrary.Free(library); }
        }
        return null;
    }

    private static string[] Candidates()
    {
        if (Environment.GetEnvironmentVariable("SIMSEARCH_SNDFILE") is { Length: > 0 } chosen) return [chosen];
        if (OperatingSystem.IsWindows()) return ["sndfile.dll", "libsndfile-1.dll", "libsndfile.dll"];
        if (OperatingSystem.IsMacOS()) return ["libsndfile.1.dylib", "libsndfile.dylib", "/opt/homebrew/lib/libsndfile.dylib", "/usr/local/lib/libsndfile.dylib"];
        return ["libsndfile.so.1", "libsndfile.so"];
    }

    public nint Open(VirtualIo* io, SndfileInfo* info, nint user) => openVirtual(io, ModeRead, info, user);

    public void Close(nint file) => close(file);

    /// <summary>The last error of a file (or of opening one, for 0), or null when there is none.</summary>
    public string? ErrorOf(nint file) => error(file) == 0 ? null : Text(strError(file));

    public long Seek(nint file, long frame) => seek(file, frame, SeekSet);

    public long Read(nint file, float* samples, long frames) => readFrames(file, samples, frames);

    /// <summary>"FLAC (Free Lossless Audio Codec) Signed 16 bit PCM" for a format number.</summary>
    public string NameOf(int format) => $"{Part(format & FormatContainers)} {Part(format & FormatSubtypes)}".Trim();

    private string Part(int format)
    {
        var info = new FormatInfo { Format = format };
        return command(0, GetFormatInfo, &info, sizeof(FormatInfo)) == 0 && info.Name != null ? Text(info.Name) : $"0x{format:x}";
    }

    private static string Text(byte* text) => Marshal.PtrToStringUTF8((nint)text) ?? "";

    [StructLayout(LayoutKind.Sequential)]
    private struct FormatInfo
    {
        public int Format;
        public byte* Name, Extension;
    }
}

/// <summary>SF_INFO.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct SndfileInfo
{
    public long Frames;
    public int SampleRate, Channels, Format, Sections, Seekable;
}

/// <summary>SF_VIRTUAL_IO: the five callbacks through which libsndfile reads.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct VirtualIo
{
    public delegate* unmanaged<nint, long> Length;
    public delegate* unmanaged<long, int, nint, long> Seek;
    public delegate* unmanaged<byte*, long, nint, long> Read;
    public delegate* unmanaged<byte*, long, nint, long> Write;
    public delegate* unmanaged<nint, long> Tell;
}
