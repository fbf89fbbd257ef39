using System.Collections.Concurrent;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Loader;

namespace SimSearch.Notebooks;

/// <summary>
/// Assemblies that cells load. They go into the default load context, where the host's own are: a library referenced by a cell and by the
/// host is one library with one set of statics, and finds its native parts.
/// </summary>
internal static class AssemblyStore
{
    private static readonly ConcurrentDictionary<string, string> Managed = new(StringComparer.OrdinalIgnoreCase);
    private static readonly ConcurrentDictionary<string, string> Native = new(StringComparer.OrdinalIgnoreCase);
    private static readonly ConcurrentDictionary<string, byte> Folders = new(StringComparer.Ordinal);

    static AssemblyStore()
    {
        AssemblyLoadContext.Default.Resolving += (context, name) => Find(name.Name ?? "") is { } path ? context.LoadFromAssemblyPath(path) : null;
        AssemblyLoadContext.Default.ResolvingUnmanagedDll += (_, name) => FindNative(name) is { } path ? NativeLibrary.Load(path) : 0;
    }

    /// <summary>Loads an assembly, and lets those beside it be found.</summary>
    /// <param name="path">Its file.</param>
    /// <param name="note">Receives what the person should know.</param>
    /// <returns>The file that is in use: another one when the assembly was loaded already.</returns>
    /// <exception cref="CellException">It is no assembly, or another version is loaded.</exception>
    public static string Load(string path, Action<string> note)
    {
        try
        {
            var wanted = AssemblyName.GetAssemblyName(path);
            var loaded = AssemblyLoadContext.Default.Assemblies
                .FirstOrDefault(a => string.Equals(a.GetName().Name, wanted.Name, StringComparison.OrdinalIgnoreCase) && a.Location.Length > 0);
            if (loaded is null)
            {
                Folders.TryAdd(Path.GetDirectoryName(path)!, 0);
                AssemblyLoadContext.Default.LoadFromAssemblyPath(path);
                return path;
            }
            if (loaded.GetName().Version != wanted.Version)
                throw new CellException("ReferenceError",
                    $"{wanted.Name} {loaded.GetName().Version} is loaded already and {wanted.Version} can't be loaded beside it; restart the kernel and reference this one first");
            if (!string.Equals(loaded.Location, path, StringComparison.Ordinal) && !SameContent(loaded.Location, path))
                note($"{wanted.Name} is loaded already from {loaded.Location}; restart the kernel to use {path}\n");
            return loaded.Location;
        }
        catch (Exception e) when (e is BadImageFormatException or FileLoadException or IOException or UnauthorizedAccessException)
        {
            throw new CellException("ReferenceError", $"{path} can't be loaded: {(e is BadImageFormatException ? "it is not a .NET assembly for this machine" : e.Message)}");
        }
    }

    /// <summary>Lets an assembly of a package be found by its name.</summary>
    public static void Register(string path) => Managed.TryAdd(Path.GetFileNameWithoutExtension(path), path);

    /// <summary>Lets a native library of a package be found by its name.</summary>
    public static void RegisterNative(string path) => Native.TryAdd(Path.GetFileName(path), path);

    /// <summary>The file of an assembly that a cell made known, or null.</summary>
    public static string? Find(string name)
    {
        if (Managed.TryGetValue(name, out string? known)) return known;
        if (name.IndexOfAny(Path.GetInvalidFileNameChars()) >= 0) return null;
        return Folders.Keys.Select(folder => Path.Combine(folder, name + ".dll")).FirstOrDefault(File.Exists);
    }

    private static string? FindNative(string name)
    {
        if (name.IndexOfAny(Path.GetInvalidFileNameChars()) >= 0) return null;
        string[] names = [name, $"lib{name}.so", $"{name}.so", $"{name}.dll", $"lib{name}.dylib", $"{name}.dylib", $"lib{name}"];
        foreach (string candidate in names)
        {
            if (Native.TryGetValue(candidate, out string? known)) return known;
            foreach (string folder in Folders.Keys)
                foreach (string place in (ReadOnlySpan<string>)[folder, Path.Combine(folder, "runtimes", RuntimeInformation.RuntimeIdentifier, "native")])
                    if (File.Exists(Path.Combine(place, candidate))) return Path.Combine(place, candidate);
        }
        return null;
    }

    private static bool SameContent(string first, string second) =>
        new FileInfo(first).Length == new FileInfo(second).Length && File.ReadAllBytes(first).AsSpan().SequenceEqual(File.ReadAllBytes(second));
}
