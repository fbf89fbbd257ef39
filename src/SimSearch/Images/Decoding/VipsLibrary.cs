using System.Reflection;
using System.Runtime.InteropServices;

namespace SimSearch.Images;

/// <summary>
/// libvips' C functions, bound at run time: the library is optional. Looked for in the file (or the folder) that SIMSEARCH_VIPS names, and then nowhere else; otherwise in
/// runtimes/&lt;rid&gt;/native beside the application and beside this assembly and in those folders themselves, in the npm package @img/sharp-libvips-* of a node_modules folder there or above, and
/// where the system's loader looks.
/// </summary>
internal sealed unsafe class VipsLibrary
{
    internal const string EnvironmentName = "SIMSEARCH_VIPS";
    private const int OldestMinor = 13; // of version 8: the first that can block loaders

    private static readonly Lazy<(VipsLibrary? Library, string? Failure)> Shared = new(() => Load(Environment.GetEnvironmentVariable(EnvironmentName), Folders()));

    private readonly nint library;

    private VipsLibrary(nint library, string path)
    {
        (this.library, Path) = (library, path);
        ValueInit = (delegate* unmanaged<GValue*, nuint, void>)Export("g_value_init");
        ValueUnset = (delegate* unmanaged<GValue*, void>)Export("g_value_unset");
        ValueGetObject = (delegate* unmanaged<GValue*, nint>)Export("g_value_get_object");
        ValueSetObject = (delegate* unmanaged<GValue*, nint, void>)Export("g_value_set_object");
        ValueGetBoxed = (delegate* unmanaged<GValue*, nint>)Export("g_value_get_boxed");
        SetProperty = (delegate* unmanaged<nint, byte*, GValue*, void>)Export("g_object_set_property");
        GetProperty = (delegate* unmanaged<nint, byte*, GValue*, void>)Export("g_object_get_property");
        Unref = (delegate* unmanaged<nint, void>)Export("g_object_unref");
        Free = (delegate* unmanaged<void*, void>)Export("g_free");
        OperationNew = (delegate* unmanaged<byte*, nint>)Export("vips_operation_new");
        OperationBuild = (delegate* unmanaged<nint, nint>)Export("vips_cache_operation_build");
        UnrefOutputs = (delegate* unmanaged<nint, void>)Export("vips_object_unref_outputs");
        SetFromString = (delegate* unmanaged<nint, byte*, int>)Export("vips_object_set_from_string");
        ValueSetBlob = (delegate* unmanaged<GValue*, nint, void*, nuint, void>)Export("vips_value_set_blob");
        BlobGet = (delegate* unmanaged<nint, nuint*, void*>)Export("vips_blob_get");
        Width = (delegate* unmanaged<nint, int>)Export("vips_image_get_width");
        Height = (delegate* unmanaged<nint, int>)Export("vips_image_get_height");
        Bands = (delegate* unmanaged<nint, int>)Export("vips_image_get_bands");
        BandFormat = (delegate* unmanaged<nint, int>)Export("vips_image_get_format");
        Interpretation = (delegate* unmanaged<nint, int>)Export("vips_image_get_interpretation");
        Orientation = (delegate* unmanaged<nint, int>)Export("vips_image_get_orientation");
        WriteToMemory = (delegate* unmanaged<nint, nuint*, void*>)Export("vips_image_write_to_memory");
        NewFromMemoryCopy = (delegate* unmanaged<void*, nuint, int, int, int, int, nint>)Export("vips_image_new_from_memory_copy");
        ErrorCopy = (delegate* unmanaged<nint>)Export("vips_error_buffer_copy");
        ErrorClear = (delegate* unmanaged<void>)Export("vips_error_clear");
        TypeFind = (delegate* unmanaged<byte*, byte*, nuint>)Export("vips_type_find");
        VersionNumber = (delegate* unmanaged<int, int>)Export("vips_version");
    }

    /// <summary>The file it was loaded from.</summary>
    public string Path { get; }

    public nuint ImageType { get; private set; }
    public nuint BlobType { get; private set; }

    public readonly delegate* unmanaged<GValue*, nuint, void> ValueInit;
    public readonly delegate* unmanaged<GValue*, void> ValueUnset;
    public readonly delegate* unmanaged<GValue*, nint> ValueGetObject, ValueGetBoxed;
    public readonly delegate* unmanaged<GValue*, nint, void> ValueSetObject;
    public readonly delegate* unmanaged<GValue*, nint, void*, nuint, void> ValueSetBlob;
    public readonly delegate* unmanaged<nint, byte*, GValue*, void> SetProperty, GetProperty;
    public readonly delegate* unmanaged<nint, void> Unref, UnrefOutputs;
    public readonly delegate* unmanaged<void*, void> Free;
    public readonly delegate* unmanaged<byte*, nint> OperationNew;
    public readonly delegate* unmanaged<nint, nint> OperationBuild;
    public readonly delegate* unmanaged<nint, byte*, int> SetFromString;
    public readonly delegate* unmanaged<nint, nuint*, void*> BlobGet, WriteToMemory;
    public readonly delegate* unmanaged<nint, int> Width, Height, Bands, BandFormat, Interpretation, Orientation;
    public readonly delegate* unmanaged<void*, nuint, int, int, int, int, nint> NewFromMemoryCopy;
    public readonly delegate* unmanaged<nint> ErrorCopy;
    public readonly delegate* unmanaged<void> ErrorClear;
    private readonly delegate* unmanaged<byte*, byte*, nuint> TypeFind;
    private readonly delegate* unmanaged<int, int> VersionNumber;

    /// <summary>The library, or null when it is not installed.</summary>
    public static VipsLibrary? Instance => Shared.Value.Library;

    /// <summary>Why there is no library, with the command that brings it; null when there is one.</summary>
    public static string? Failure => Shared.Value.Failure;

    /// <summary>The library.</summary>
    /// <exception cref="ImageFormatException">It is not installed.</exception>
    public static VipsLibrary Loaded => Instance ?? throw new ImageFormatException(ImageFormatError.LibraryMissing, Failure!);

    /// <summary>"8.18.7".</summary>
    public string Version => $"{VersionNumber(0)}.{VersionNumber(1)}.{VersionNumber(2)}";

    /// <summary>Whether it was built with an operation.</summary>
    public bool Has(string operation)
    {
        fixed (byte* root = "VipsOperation\0"u8, name = System.Text.Encoding.UTF8.GetBytes(operation + '\0')) return TypeFind(root, name) != 0;
    }

    /// <summary>Loads the first library that will do; otherwise says what was tried.</summary>
    internal static (VipsLibrary? Library, string? Failure) Load(string? named, IReadOnlyList<string> folders, bool system = true)
    {
        List<string> tried = [];
        // A file that somebody named is used or is an error: another library in its place would be a surprise.
        bool isNamed = named is { Length: > 0 };
        IEnumerable<string> candidates = isNamed ? Named(named!, tried) : [.. folders.SelectMany(InApplication), .. folders.SelectMany(InNodeModules), .. system ? SystemNames : []];
        foreach (string candidate in candidates)
            if (TryLoad(candidate, tried) is { } found) return (found, null);
        return (null, $"libvips, which reads images, was not found. Run 'npm ci --ignore-scripts' in the project's folder ({SystemCommand} brings it too), or name the library's file in {EnvironmentName}. " +
            $"Tried: {(tried.Count == 0 ? "nothing" : string.Join("; ", tried))}");
    }

    private static VipsLibrary? TryLoad(string candidate, List<string> tried)
    {
        nint handle;
        try { handle = NativeLibrary.Load(candidate); }
        catch (Exception error) when (error is DllNotFoundException or BadImageFormatException)
        {
            // .NET's advice on strace and LD_DEBUG follows its first sentence.
            tried.Add($"{candidate} ({error.Message.Split('\n')[0].Split(" In order to help")[0].Trim()})");
            return null;
        }
        try
        {
            var library = new VipsLibrary(handle, candidate);
            if (library.VersionNumber(0) != 8 || library.VersionNumber(1) < OldestMinor) throw new EntryPointNotFoundException($"version {library.Version}; 8.{OldestMinor} or later is needed");
            library.Start();
            return library;
        }
        catch (EntryPointNotFoundException error)
        {
            tried.Add($"{candidate} ({error.Message})"); // what was started cannot be unloaded safely, so it stays
            return null;
        }
    }

    private void Start()
    {
        fixed (byte* name = "simsearch\0"u8, warning = "VIPS_WARNING\0"u8, one = "1\0"u8)
        {
            // Warnings come as errors where they matter; none belongs on the console.
            ((delegate* unmanaged<byte*, byte*, int, int>)Export("g_setenv"))(warning, one, 1);
            if (((delegate* unmanaged<byte*, int>)Export("vips_init"))(name) != 0) throw new EntryPointNotFoundException("vips_init fails");
        }
        ((delegate* unmanaged<int, void>)Export("vips_block_untrusted_set"))(1);
        ((delegate* unmanaged<int, void>)Export("vips_cache_set_max"))(0);
        // Images are read side by side; more threads in each would only wait for each other.
        ((delegate* unmanaged<int, void>)Export("vips_concurrency_set"))(1);
        ImageType = ((delegate* unmanaged<nuint>)Export("vips_image_get_type"))();
        BlobType = ((delegate* unmanaged<nuint>)Export("vips_blob_get_type"))();
    }

    private nint Export(string name) => NativeLibrary.TryGetExport(library, name, out nint address) ? address : throw new EntryPointNotFoundException($"has no {name}: not libvips, or one without it");

    private static IEnumerable<string> Named(string named, List<string> tried)
    {
        if (Directory.Exists(named)) return Libraries(named);
        if (File.Exists(named)) return [System.IO.Path.GetFullPath(named)];
        tried.Add($"{named} ({EnvironmentName} names it; absent)");
        return [];
    }

    private static List<string> Folders()
    {
        List<string> folders = [AppContext.BaseDirectory];
        // Loaded into another process (a notebook kernel), the library lies beside this assembly rather than beside the application.
        if (System.IO.Path.GetDirectoryName(Assembly.GetExecutingAssembly().Location) is { Length: > 0 } own && !folders.Contains(own + System.IO.Path.DirectorySeparatorChar)) folders.Add(own);
        return folders;
    }

    private static string Processor => RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant();

    private static IEnumerable<string> InApplication(string folder)
    {
        string rid = $"{(OperatingSystem.IsWindows() ? "win" : OperatingSystem.IsMacOS() ? "osx" : "linux")}-{Processor}";
        return Libraries(System.IO.Path.Combine(folder, "runtimes", rid, "native")).Concat(Libraries(folder));
    }

    private static IEnumerable<string> InNodeModules(string start)
    {
        string[] packages = OperatingSystem.IsWindows() ? [$"sharp-win32-{Processor}"] : OperatingSystem.IsMacOS() ? [$"sharp-libvips-darwin-{Processor}"] : [$"sharp-libvips-linux-{Processor}", $"sharp-libvips-linuxmusl-{Processor}"];
        for (var folder = new DirectoryInfo(start); folder is not null; folder = folder.Parent)
            foreach (string package in packages)
                foreach (string file in Libraries(System.IO.Path.Combine(folder.FullName, "node_modules", "@img", package, "lib"))) yield return file;
    }

    private static string[] SystemNames => OperatingSystem.IsWindows() ? ["libvips-42.dll"] : OperatingSystem.IsMacOS() ? ["libvips.42.dylib", "/opt/homebrew/lib/libvips.42.dylib", "/usr/local/lib/libvips.42.dylib"] : ["libvips.so.42"];

    private static string SystemCommand => OperatingSystem.IsWindows() ? "vcpkg install libvips" : OperatingSystem.IsMacOS() ? "brew install vips" : "apt-get install -y libvips42";

    /// <summary>The files of a folder that bear the library's name on this system, the plain name first.</summary>
    private static IReadOnlyList<string> Libraries(string folder)
    {
        if (!Directory.Exists(folder)) return [];
        string pattern = OperatingSystem.IsWindows() ? "libvips-42.dll" : OperatingSystem.IsMacOS() ? "libvips*.dylib" : "libvips*.so*";
        return [.. Directory.GetFiles(folder, pattern).OrderBy(f => f.Length).ThenBy(f => f, StringComparer.Ordinal)];
    }
}

/// <summary>GLib's GValue.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct GValue
{
    public nuint Type;
    public long First, Second;
}
