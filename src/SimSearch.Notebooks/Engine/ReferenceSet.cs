using System.Collections.Concurrent;
using System.Reflection;
using Microsoft.CodeAnalysis;

namespace SimSearch.Notebooks;

/// <summary>What cells are compiled against: a short list of the framework's assemblies (each costs memory and time in every cell), and what cells add.</summary>
internal sealed class ReferenceSet
{
    private static readonly string[] Curated =
    [
        "System.Private.CoreLib", "System.Runtime", "System.Collections", "System.Collections.Concurrent", "System.Collections.Immutable", "System.Console",
        "System.Linq", "System.Linq.Expressions", "System.Linq.Parallel", "Microsoft.CSharp", "System.Memory", "System.Net.Http", "System.Net.Primitives", "System.Private.Uri",
        "System.Runtime.InteropServices", "System.Runtime.Numerics", "System.Text.Json", "System.Text.RegularExpressions", "System.Threading",
        "System.Threading.Tasks.Parallel", "System.ComponentModel.Primitives", "System.Diagnostics.Process", "netstandard",
    ];

    private static readonly string Framework = Path.GetDirectoryName(typeof(object).Assembly.Location)!;
    private static readonly ConcurrentDictionary<string, PortableExecutableReference> Files = new(StringComparer.Ordinal);

    private readonly Lock gate = new();
    private readonly Dictionary<string, MetadataReference> byName = new(StringComparer.OrdinalIgnoreCase);
    private volatile MetadataReference[] all = [];
    private bool changed;

    /// <summary>The framework's list, and this assembly for <c>display</c> and its like.</summary>
    public ReferenceSet()
    {
        foreach (string name in Curated) AddFile(Path.Combine(Framework, name + ".dll"));
        AddFile(typeof(ReferenceSet).Assembly.Location);
    }

    /// <summary>All of them, as they are now.</summary>
    public IReadOnlyCollection<MetadataReference> All => all;

    /// <summary>Whether files were added since this was last asked.</summary>
    public bool TakeChange() => Interlocked.Exchange(ref changed, false);

    private void AddFile(string path)
    {
        var reference = Files.GetOrAdd(path, Create);
        lock (gate)
            if (byName.GetValueOrDefault(Path.GetFileNameWithoutExtension(path)) == reference) return;
        changed = true;
        Set(Path.GetFileNameWithoutExtension(path), reference);
    }

    /// <summary>Adds or, with null, removes an assembly in memory.</summary>
    public void Set(string name, MetadataReference? reference)
    {
        lock (gate)
        {
            if (reference is null) byName.Remove(name);
            else byName[name] = reference;
            all = [.. byName.Values];
        }
    }

    /// <summary>Adds the assemblies an error says are missing, if they can be found.</summary>
    /// <returns>Whether there is something new to compile against.</returns>
    public bool AddMissing(Compilation compilation, IEnumerable<Diagnostic> errors)
    {
        bool added = false;
        foreach (string name in errors.SelectMany(e => compilation.GetUnreferencedAssemblyIdentities(e).Select(identity => identity.Name).Concat(Forwarded(e))))
        {
            if (Has(name) || Find(name) is not { } path) continue;
            AddWithForwards(path);
            added = true;
        }
        return added;
    }

    /// <summary>Adds what a cell asked for: a path, or the name of an assembly of the framework.</summary>
    /// <param name="reference">What stands in <c>#r</c>.</param>
    /// <param name="note">Receives what the person should know.</param>
    /// <exception cref="CellException">It does not exist, is no assembly, or can't be loaded beside another one.</exception>
    public void Add(string reference, Action<string> note)
    {
        string path = Path.GetFullPath(reference);
        if (!File.Exists(path))
            path = reference.IndexOfAny(['/', '\\']) < 0 && Find(reference) is { } found ? found
                : throw new CellException("ReferenceError", $"#r \"{reference}\": there is no file {path}");
        AddWithForwards(AssemblyStore.Load(path, note));
    }

    // Of the framework's assemblies, some hold nothing but the addresses of types in others, which are then needed too.
    private void AddWithForwards(string path)
    {
        AddFile(path);
        if (Path.GetDirectoryName(path) != Framework) return;
        var assembly = Assembly.Load(AssemblyName.GetAssemblyName(path));
        if (assembly.GetExportedTypes().Any(t => t.Assembly == assembly)) return;
        foreach (var next in assembly.GetReferencedAssemblies())
            if (!Has(next.Name!) && Find(next.Name!) is { } target) AddWithForwards(target);
    }

    // "The type name 'Trace' could not be found in the namespace 'System.Diagnostics'. This type has been forwarded to assembly 'System.Diagnostics.TraceSource, Version=..."
    private static IEnumerable<string> Forwarded(Diagnostic error)
    {
        if (error.Id is not ("CS1068" or "CS1069")) return [];
        string[] quoted = error.GetMessage(System.Globalization.CultureInfo.InvariantCulture).Split('\'');
        return quoted.Where(text => text.Contains(", Version=", StringComparison.Ordinal)).Select(text => text[..text.IndexOf(',')]);
    }

    private bool Has(string name)
    {
        lock (gate) return byName.ContainsKey(name);
    }

    // By simple name: a name from metadata is not trusted to be one.
    private static string? Find(string name)
    {
        if (name.Length == 0 || name.IndexOfAny(Path.GetInvalidFileNameChars()) >= 0) return null;
        string path = Path.Combine(Framework, name.EndsWith(".dll", StringComparison.OrdinalIgnoreCase) ? name : name + ".dll");
        return File.Exists(path) ? path : AssemblyStore.Find(name);
    }

    private static PortableExecutableReference Create(string path) =>
        MetadataReference.CreateFromFile(path, documentation: new XmlDocumentation(path));
}
