using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace SimSearch.Onnx;

/// <summary>The ONNX Runtime library this process runs on. Loaded once, when first needed, and kept to the end of the process; every other type of this library loads it.</summary>
public static unsafe class OnnxRuntime
{
    /// <summary>What loading gave: the library's file and version, its function table, and the three objects that all sessions share.</summary>
    internal sealed record Native(string Path, string Version, nint Table, nint Environment, nint CpuMemory, nint Allocator);

    private static readonly Lazy<(Native? Native, OnnxNotInstalledException? Failure)> Library = new(() =>
    {
        try
        {
            return (Load(), null);
        }
        catch (OnnxNotInstalledException error)
        {
            return (null, error);
        }
    });

    internal static Native Loaded => Library.Value.Native ?? throw new OnnxNotInstalledException(Library.Value.Failure!.Message, Library.Value.Failure);

    /// <summary>Whether ONNX Runtime can be used here.</summary>
    /// <param name="reason">When it cannot: why not, with the command that mends it. Otherwise null.</param>
    public static bool IsAvailable([NotNullWhen(false)] out string? reason)
    {
        reason = Library.Value.Failure?.Message;
        return reason is null;
    }

    /// <summary>The library's version, such as "1.30.0".</summary>
    /// <exception cref="OnnxNotInstalledException">There is no library.</exception>
    public static string Version => Loaded.Version;

    /// <summary>The file the library was loaded from.</summary>
    /// <exception cref="OnnxNotInstalledException">There is no library.</exception>
    public static string LibraryPath => Loaded.Path;

    /// <summary>
    /// The execution providers compiled into the library, such as "CPUExecutionProvider". A name in this list need not work: it may want a driver or a further
    /// library.
    /// </summary>
    /// <exception cref="OnnxNotInstalledException">There is no library.</exception>
    public static IReadOnlyList<string> CompiledProviders
    {
        get
        {
            nint* names;
            int count;
            OrtApi.Check(((delegate* unmanaged<nint**, int*, nint>)OrtApi.Function(OrtApi.GetAvailableProviders))(&names, &count), "listing the providers");
            var list = new string[count];
            for (int i = 0; i < count; i++) list[i] = Marshal.PtrToStringUTF8(names[i]) ?? "";
            OrtApi.Check(((delegate* unmanaged<nint*, int, nint>)OrtApi.Function(OrtApi.ReleaseAvailableProviders))(names, count), "listing the providers");
            return list;
        }
    }

    private static Native Load()
    {
        var (path, api) = NativeLoader.Load();
        string version = Marshal.PtrToStringUTF8(((delegate* unmanaged<nint>)((nint*)api)[1])()) ?? "";
        nint table = ((delegate* unmanaged<uint, nint>)((nint*)api)[0])(OrtApi.Version);
        nint* functions = (nint*)table;
        nint environment, memory, allocator;
        const int fatalOnly = 4; // every other message comes back as a status, and as an exception; none belongs on the console
        fixed (byte* name = "simsearch\0"u8)
            Demand(((delegate* unmanaged<int, byte*, nint*, nint>)functions[OrtApi.CreateEnv])(fatalOnly, name, &environment));
        Demand(((delegate* unmanaged<nint, nint>)functions[OrtApi.DisableTelemetry])(environment));
        Demand(((delegate* unmanaged<int, int, nint*, nint>)functions[OrtApi.CreateCpuMemoryInfo])(0, 0, &memory));
        Demand(((delegate* unmanaged<nint*, nint>)functions[OrtApi.GetDefaultAllocator])(&allocator));
        return new Native(path, version, table, environment, memory, allocator);

        void Demand(nint status)
        {
            if (OrtApi.Failure(table, status) is { } error) throw new OnnxNotInstalledException($"{path} (ONNX Runtime {version}) does not start: {error}");
        }
    }
}
