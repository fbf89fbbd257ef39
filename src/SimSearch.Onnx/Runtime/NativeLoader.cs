using System.Reflection;
using System.Runtime.InteropServices;

namespace SimSearch.Onnx;

/// <summary>
/// Finds ONNX Runtime's native library: the file (or the folder) that SIMSEARCH_ONNXRUNTIME names, then runtimes/&lt;rid&gt;/native beside the
/// application and beside this assembly and those folders themselves, then the npm package onnxruntime-node in a node_modules folder there or above, then
/// wherever the system's loader looks.
/// </summary>
internal static unsafe class NativeLoader
{
    internal const string EnvironmentName = "SIMSEARCH_ONNXRUNTIME";
    internal const string InstallCommand = "npm ci --ignore-scripts";

    /// <summary>linux-x64, osx-arm64, ...: the portable identifier, also on a distribution that reports its own.</summary>
    internal static string Rid { get; } = $"{(OperatingSystem.IsWindows() ? "win" : OperatingSystem.IsMacOS() ? "osx" : "linux")}-{RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant()}";

    /// <summary>Loads the first library that has the function table this binding needs.</summary>
    /// <exception cref="OnnxNotInstalledException">There is none; the message lists what was tried.</exception>
    internal static (string Path, nint Api) Load() => Load(Environment.GetEnvironmentVariable(EnvironmentName), Folders());

    internal static (string Path, nint Api) Load(string? named, IReadOnlyList<string> folders, bool system = true)
    {
        List<string> tried = [];
        // A file that somebody named is used or is an error: another library in its place would be a surprise.
        IEnumerable<string> candidates = named is { Length: > 0 } ? Named(named, tried) : folders.SelectMany(InApplication).Concat(folders.SelectMany(InNodeModules));
        foreach (string candidate in candidates)
        {
            if (TryLoad(candidate, tried) is { } found) return found;
        }
        if (system && named is not { Length: > 0 } && TryLoad(SystemName, tried) is { } there) return there;
        throw new OnnxNotInstalledException($"ONNX Runtime's native library was not found. Run '{InstallCommand}' in the project's folder, or name the library's file in {EnvironmentName}. " +
            $"Tried: {(tried.Count == 0 ? "nothing" : string.Join("; ", tried))}");
    }

    private static (string, nint)? TryLoad(string candidate, List<string> tried)
    {
        nint handle;
        try
        {
            handle = NativeLibrary.Load(candidate);
        }
        catch (Exception error) when (error is DllNotFoundException or BadImageFormatException)
        {
            // .NET's advice on strace and LD_DEBUG follows its first sentence.
            tried.Add($"{candidate} ({error.Message.Split('\n')[0].Split(" In order to help")[0].Trim()})");
            return null;
        }
        if (!NativeLibrary.TryGetExport(handle, "OrtGetApiBase", out nint export))
        {
            tried.Add($"{candidate} (has no OrtGetApiBase: not ONNX Runtime)");
            return null;
        }
        nint* api = (nint*)((delegate* unmanaged<nint>)export)();
        if (((delegate* unmanaged<uint, nint>)api[0])(OrtApi.Version) != 0) return (candidate, (nint)api);
        string version = Marshal.PtrToStringUTF8(((delegate* unmanaged<nint>)api[1])()) ?? "?";
        tried.Add($"{candidate} (version {version}, older than 1.{OrtApi.Version})");
        return null;
    }

    private static IEnumerable<string> Named(string named, List<string> tried)
    {
        if (Directory.Exists(named)) return Libraries(named);
        if (File.Exists(named)) return [Path.GetFullPath(named)];
        tried.Add($"{named} ({EnvironmentName} names it; absent)");
        return [];
    }

    private static List<string> Folders()
    {
        List<string> folders = [AppContext.BaseDirectory];
        // Loaded into another process (a notebook kernel), the library lies beside this assembly rather than beside the application.
#pragma warning disable IL3000 // empty in a single-file application, and then left out
        if (Path.GetDirectoryName(Assembly.GetExecutingAssembly().Location) is { Length: > 0 } own && !folders.Contains(own + Path.DirectorySeparatorChar)) folders.Add(own);
#pragma warning restore IL3000
        return folders;
    }

    private static IEnumerable<string> InApplication(string folder) => Libraries(Path.Combine(folder, "runtimes", Rid, "native")).Concat(Libraries(folder));

    private static IEnumerable<string> InNodeModules(string start)
    {
        string system = OperatingSystem.IsWindows() ? "win32" : OperatingSystem.IsMacOS() ? "darwin" : "linux", processor = RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant();
        for (var folder = new DirectoryInfo(start); folder is not null; folder = folder.Parent)
        {
            string bin = Path.Combine(folder.FullName, "node_modules", "onnxruntime-node", "bin");
            if (!Directory.Exists(bin)) continue;
            foreach (string napi in Directory.GetDirectories(bin, "napi-v*").OrderDescending(StringComparer.Ordinal))
                foreach (string library in Libraries(Path.Combine(napi, system, processor))) yield return library;
        }
    }

    private static string SystemName => OperatingSystem.IsWindows() ? "onnxruntime.dll" : OperatingSystem.IsMacOS() ? "libonnxruntime.dylib" : "libonnxruntime.so.1";

    /// <summary>The files of a folder that bear the library's name on this system, the plain name first.</summary>
    internal static IReadOnlyList<string> Libraries(string folder)
    {
        if (!Directory.Exists(folder)) return [];
        string pattern = OperatingSystem.IsWindows() ? "onnxruntime.dll" : OperatingSystem.IsMacOS() ? "libonnxruntime*.dylib" : "libonnxruntime.so*";
        // The providers' libraries (libonnxruntime_providers_cuda.so) are loaded by ONNX Runtime itself.
        return [.. Directory.GetFiles(folder, pattern).Where(f => !Path.GetFileName(f).Contains("providers", StringComparison.Ordinal)).OrderBy(f => f.Length).ThenBy(f => f, StringComparer.Ordinal)];
    }
}
