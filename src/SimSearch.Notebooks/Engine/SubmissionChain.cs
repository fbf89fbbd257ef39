using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.Loader;
using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Emit;
using Microsoft.CodeAnalysis.Text;

namespace SimSearch.Notebooks;

/// <summary>
/// The cells run so far, each compiled as a script that sees the ones before it. A cell's variables are fields of its object, so they
/// are there for the next cell however this one ended.
/// </summary>
internal sealed class SubmissionChain(ReferenceSet references, IReadOnlyList<string> imports)
{
    /// <summary>How the name of a cell begins, as it stands in traces: <c>Cell [3]</c>.</summary>
    public const string CellPrefix = "Cell [";

    private static readonly Lock Binding = new();
    private static readonly ConditionalWeakTable<Assembly, string> Paths = [];
    private static int numbers;

    // The references that a compilation was given, or inherited.
    private readonly ConditionalWeakTable<CSharpCompilation, IReadOnlyCollection<MetadataReference>> bound = [];
    private CSharpCompilation? previous;
    private object?[] slots = new object?[16];
    private int used;

    /// <summary>Compiles a cell after those run so far, without running it.</summary>
    /// <param name="code">The cell.</param>
    /// <param name="path">Its name.</param>
    /// <param name="asWritten">Whether files that it loads stay as they are, without stop points: to say what is wrong with them.</param>
    public CSharpCompilation Compile(string code, string path, bool asWritten = false)
    {
        var tree = CSharpSyntaxTree.ParseText(SourceText.From(code, Encoding.UTF8), CellSource.ScriptOptions, path);
        if (path.StartsWith(CellPrefix, StringComparison.Ordinal)) tree = StopPoint.Insert(tree, code);
        string name = $"Submission#{Interlocked.Increment(ref numbers)}";
        string folder = Directory.GetCurrentDirectory();
        var options = new CSharpCompilationOptions(
            OutputKind.DynamicallyLinkedLibrary, scriptClassName: name, usings: imports, optimizationLevel: OptimizationLevel.Release, allowUnsafe: true,
            sourceReferenceResolver: new LoadResolver(folder, asWritten), metadataReferenceResolver: null);
        // Two compilations that read the references at the same moment would make two sets of the same types, and cells from both would not fit together.
        lock (Binding)
        {
            // A cell sees the references of the one before; given them once more, it would keep tables of its own of all their types (0.15 MB a cell) and fill them.
            var all = references.All;
            bool inherits = previous is not null && bound.TryGetValue(previous, out var known) && ReferenceEquals(known, all);
            var compilation = CSharpCompilation.CreateScriptCompilation($"SimSearch.Notebooks.{name}", tree, inherits ? null : all, options, previous, typeof(object));
            _ = compilation.Assembly;
            bound.Add(compilation, all);
            return compilation;
        }
    }

    /// <summary>Emits a compiled cell and loads it.</summary>
    /// <returns>Runs the cell, its value is that of the last expression; and puts it at the end of the chain, to be called however it ended.</returns>
    /// <exception cref="CompilationFailedException">It has errors.</exception>
    public (Func<Task<object?>> Run, Action Keep) Load(CSharpCompilation compilation, CancellationToken cancellation)
    {
        if (!HasCode(compilation))
        {
            // Usings alone make no class, and take no slot.
            CompilationFailedException.ThrowIfAny(compilation.GetDiagnostics(cancellation));
            return (() => Task.FromResult<object?>(null), () => previous = compilation);
        }
        var assembly = Emit(compilation, cancellation);
        var entry = compilation.GetEntryPoint(cancellation)!;
        var type = assembly.GetType(entry.ContainingType.MetadataName, throwOnError: true)!;
        var factory = type.GetMethod(entry.MetadataName, BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic)!.CreateDelegate<Func<object?[], Task<object?>>>();
        int slot = used + 1;
        if (slot >= slots.Length) Array.Resize(ref slots, 2 * slots.Length);
        object?[] states = slots;
        states[slot] = null;
        return (() => factory(states), () =>
        {
            // The object stands in its slot as soon as it exists; without it the cell has never begun.
            if (states[slot] is not null) (used, previous) = (slot, compilation);
        });
    }

    /// <summary>
    /// Binds the cells run so far to the references there are now. A compilation sees whatever those before it saw, so a reference that was replaced would
    /// stay beside its replacement; and a new one can give types of other assemblies a new identity, which must then be the same in all cells.
    /// The code that runs is not touched.
    /// </summary>
    /// <param name="dropBroken">Forget cells that used what is gone, instead of leaving everything as it was.</param>
    public void Rebase(bool dropBroken)
    {
        var cells = new Stack<CSharpCompilation>();
        for (var cell = previous; cell is not null; cell = cell.ScriptCompilationInfo!.PreviousScriptCompilation) cells.Push(cell);
        var kept = new object?[slots.Length];
        var (slot, keptSlots) = (0, 0);
        CSharpCompilation? last = null;
        while (cells.TryPop(out var cell))
        {
            object? state = HasCode(cell) ? slots[++slot] : null;
            lock (Binding)
            {
                cell = cell.WithScriptCompilationInfo(cell.ScriptCompilationInfo!.WithPreviousScriptCompilation(last)).WithReferences(last is null ? references.All : []);
                _ = cell.Assembly;
            }
            if (HasErrors(cell))
            {
                if (!dropBroken) return;
                // Its usings stay, as long as there is still something to use.
                state = null;
                var own = cell.SyntaxTrees.First(t => t.FilePath.StartsWith(CellPrefix, StringComparison.Ordinal));
                cell = cell.RemoveAllSyntaxTrees().AddSyntaxTrees(own.WithRootAndOptions(own.GetCompilationUnitRoot().WithMembers(default), own.Options));
                if (HasErrors(cell)) continue;
            }
            last = cell;
            if (state is not null) kept[++keptSlots] = state;
        }
        if (last is not null) bound.AddOrUpdate(last, references.All);
        (previous, slots, used) = (last, kept, keptSlots);
    }

    /// <summary>The variables alive, the latest of each name, in order of declaration.</summary>
    public IEnumerable<(string Name, Type Type, object? Value)> Variables()
    {
        var latest = new Dictionary<string, (int Order, Type Type, object? Value)>(StringComparer.Ordinal);
        int order = 0;
        for (int slot = 1; slot <= used; slot++)
            foreach (var field in slots[slot]!.GetType().GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
                if (!field.Name.Contains('<')) latest[field.Name] = (order++, field.FieldType, field.GetValue(slots[slot]));
        return latest.OrderBy(v => v.Value.Order).Select(v => (v.Key, v.Value.Type, v.Value.Value));
    }

    /// <summary>Compiles to memory and loads; frames of the code know their lines.</summary>
    public static Assembly Emit(CSharpCompilation compilation, CancellationToken cancellation)
    {
        var (code, symbols) = (new MemoryStream(), new MemoryStream());
        var emitted = compilation.Emit(code, symbols, options: new EmitOptions(debugInformationFormat: DebugInformationFormat.PortablePdb), cancellationToken: cancellation);
        CompilationFailedException.ThrowIfAny(emitted.Diagnostics);
        code.Position = symbols.Position = 0;
        var assembly = AssemblyLoadContext.Default.LoadFromStream(code, symbols);
        if (compilation.SyntaxTrees.FirstOrDefault(t => t.FilePath.StartsWith(CellPrefix, StringComparison.Ordinal)) is { } cell) Paths.Add(assembly, cell.FilePath);
        return assembly;
    }

    /// <summary>The cell an assembly was made of, <c>Cell [3]</c>; null for others.</summary>
    public static string? PathOf(Assembly assembly) => Paths.TryGetValue(assembly, out string? path) ? path : null;

    private static bool HasErrors(CSharpCompilation compilation) => compilation.GetDiagnostics().Any(d => d.Severity == DiagnosticSeverity.Error);

    private static bool HasCode(CSharpCompilation compilation) => compilation.SyntaxTrees.Any(t => t.GetCompilationUnitRoot().Members.Count > 0);

    // Files that a cell loads may have references of their own; they are known by then (see CellSource) and blanked here.
    private sealed class LoadResolver(string folder, bool asWritten) : SourceFileResolver([], folder)
    {
        // A cell is no file: its name stands in traces as it is.
        public override string? NormalizePath(string path, string? baseFilePath) =>
            path.StartsWith(CellPrefix, StringComparison.Ordinal) ? path : base.NormalizePath(path, baseFilePath);

        public override SourceText ReadText(string resolvedPath)
        {
            string code = CellSource.StripReferences(File.ReadAllText(resolvedPath), Path.GetDirectoryName(resolvedPath)!, [], [], []);
            return SourceText.From(asWritten ? code : StopPoint.InsertText(code), Encoding.UTF8);
        }
    }
}

/// <summary>A cell with compile errors.</summary>
internal sealed class CompilationFailedException(IReadOnlyList<Diagnostic> errors) : Exception
{
    /// <summary>The errors, in order of their place.</summary>
    public IReadOnlyList<Diagnostic> Errors { get; } = errors;

    /// <summary>Throws when there are errors among the diagnostics.</summary>
    public static void ThrowIfAny(IEnumerable<Diagnostic> diagnostics)
    {
        var errors = diagnostics.Where(d => d.Severity == DiagnosticSeverity.Error).OrderBy(d => d.Location.SourceSpan.Start).ToArray();
        if (errors.Length > 0) throw new CompilationFailedException(errors);
    }
}
