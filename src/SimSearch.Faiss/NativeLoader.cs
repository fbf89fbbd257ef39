using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace SimSearch.Faiss;

/// <summary>
/// Finds the shim: the file SIMSEARCH_FAISS names, then runtimes/&lt;rid&gt;/native beside the application, beside this assembly and, for a notebook that
/// uses the NuGet package where it was unpacked, at the package's root; then those folders themselves, then wherever the system's loader looks.
/// </summary>
internal static partial class NativeLoader
{
    internal const string BuildCommand = "src/SimSearch.Faiss/native/build.sh";

    private static readonly Lazy<(nint Handle, string? Path, string? Failure)> Loaded = new(Load);

    /// <summary>Where the library came from; throws when there is none.</summary>
    internal static string Path
    {
        get
        {
            EnsureLoaded();
            return Loaded.Value.Path!;
        }
    }

    internal static string? Failure => Loaded.Value.Failure;

#pragma warning disable CA2255 // the resolver must be in place before the first P/Invoke, whichever type makes it
    [ModuleInitializer]
    internal static void Register() => NativeLibrary.SetDllImportResolver(typeof(NativeLoader).Assembly, (name, _, _) =>
        name == NativeMethods.Library ? Loaded.Value.Handle : 0);
#pragma warning restore CA2255

    /// <summary>Called before anything native, so that a missing library is this error and not a DllNotFoundException.</summary>
    internal static void EnsureLoaded()
    {
        if (Loaded.Value.Failure is { } failure) throw new FaissNotInstalledException(failure);
    }

    private static (nint, string?, string?) Load()
    {
        PrepareThreading();
        return Find(Candidates(), NativeMethods.Library);
    }

    /// <summary>The first candidate that loads, then the name left to the system's loader; or a failure that says what was tried.</summary>
    internal static (nint Handle, string? Path, string? Failure) Find(IEnumerable<string> candidates, string systemName)
    {
        List<string> tried = [];
        foreach (string candidate in candidates)
        {
            if (!File.Exists(candidate))
            {
                tried.Add($"{candidate} (absent)");
                continue;
            }
            try
            {
                return Checked(NativeLibrary.Load(candidate), candidate);
            }
            catch (Exception error) when (error is DllNotFoundException or BadImageFormatException)
            {
                tried.Add($"{candidate} ({error.Message})");
            }
        }
        if (NativeLibrary.TryLoad(systemName, out nint handle)) return Checked(handle, systemName);
        string help = OperatingSystem.IsMacOS() ? "brew install cmake faiss libomp"
            : OperatingSystem.IsWindows() ? "vcpkg install faiss"
            : "apt-get install g++ cmake libfaiss-dev libblas-dev liblapack-dev libopenblas0-pthread";
        return (0, null, $"the FAISS shim (lib{NativeMethods.Library}) was not found. Install FAISS ({help}), run {BuildCommand}, then build again; " +
            $"or name the file in SIMSEARCH_FAISS. Tried: {string.Join("; ", tried)}");
    }

    private static (nint, string?, string?) Checked(nint handle, string path)
    {
        unsafe
        {
            int version = NativeLibrary.TryGetExport(handle, "ssf_abi_version", out nint export) ? ((delegate* unmanaged<int>)export)() : 0;
            return version == NativeMethods.AbiVersion
                ? (handle, path, null)
                : (0, null, $"{path} speaks version {version} of the shim's interface, this assembly version {NativeMethods.AbiVersion}; rebuild it with {BuildCommand}");
        }
    }

    private static IEnumerable<string> Candidates()
    {
        string file = OperatingSystem.IsWindows() ? $"{NativeMethods.Library}.dll"
            : OperatingSystem.IsMacOS() ? $"lib{NativeMethods.Library}.dylib"
            : $"lib{NativeMethods.Library}.so";
        if (Environment.GetEnvironmentVariable("SIMSEARCH_FAISS") is { Length: > 0 } named) yield return named;
        List<string> folders = [AppContext.BaseDirectory];
        // Loaded into another process (a notebook kernel), the library lies beside this assembly rather than beside the application.
#pragma warning disable IL3000 // empty in a single-file application, and then left out
        if (System.IO.Path.GetDirectoryName(Assembly.GetExecutingAssembly().Location) is { Length: > 0 } own && !folders.Contains(own + System.IO.Path.DirectorySeparatorChar))
        {
            folders.Add(own);
            // PACKAGE/lib/net10.0/SimSearch.Faiss.dll
            if (System.IO.Path.GetFileName(System.IO.Path.GetDirectoryName(own)) == "lib") folders.Add(System.IO.Path.GetFullPath(System.IO.Path.Combine(own, "..", "..")));
        }
#pragma warning restore IL3000
        foreach (string folder in folders)
        {
            yield return System.IO.Path.Combine(folder, "runtimes", Rid, "native", file);
            yield return System.IO.Path.Combine(folder, file);
        }
    }

    /// <summary>linux-x64, osx-arm64, ...: the portable identifier, also on a distribution that reports its own.</summary>
    internal static string Rid { get; } =
        (OperatingSystem.IsWindows() ? "win" : OperatingSystem.IsMacOS() ? "osx" : "linux") + "-" + RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant();

    // Read once by the OpenMP runtime and by OpenBLAS as they load, from the C environment, which .NET's own setter does not touch.
    // Passive waiting: idle OpenMP threads that spin slow the rest of a busy machine down. One BLAS thread: FAISS's own threads call it.
    private static void PrepareThreading()
    {
        if (OperatingSystem.IsWindows()) return;
        const int keepTheUsersChoice = 0;
        _ = SetEnvironment("OMP_WAIT_POLICY", "passive", keepTheUsersChoice);
        _ = SetEnvironment("OPENBLAS_NUM_THREADS", "1", keepTheUsersChoice);
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetEnvironment(string name, string value, int overwrite);
}
