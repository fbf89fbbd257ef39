using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Text;

namespace SimSearch.Notebooks;

/// <summary>
/// What a script can't hold: namespaces and extension classes. A cell with one of these has all its type declarations compiled as a library,
/// and the rest of it runs as a script that uses them.
/// </summary>
internal sealed class LibraryCells(ReferenceSet references, SubmissionChain chain, IReadOnlyList<string> imports)
{
    /// <summary>How the assemblies made here are called.</summary>
    public const string NamePrefix = "SimSearch.Notebooks.Library#";

    private static readonly CSharpParseOptions ParseOptions = new(LanguageVersion.Preview, DocumentationMode.None);
    private static int numbers;

    private readonly List<(string Name, MetadataReference Reference, HashSet<string> Types)> libraries = [];
    private readonly SortedSet<string> usings = new(StringComparer.Ordinal);

    /// <summary>Compiles what has to be a library.</summary>
    /// <returns>What remains to run, each character at its place; null when nothing does.</returns>
    /// <exception cref="CompilationFailedException">The library has errors.</exception>
    public string? Take(string code, string path, CancellationToken cancellation)
    {
        if (!code.Contains("namespace") && !code.Contains("this ") && !code.Contains("extension")) return code;
        var members = CSharpSyntaxTree.ParseText(code, CellSource.ScriptOptions).GetCompilationUnitRoot().Members;
        if (!members.Any(NeedsLibrary)) return code;

        var types = members.Where(m => m is BaseTypeDeclarationSyntax or DelegateDeclarationSyntax or BaseNamespaceDeclarationSyntax).ToArray();
        Compile(Without(code, members.Except(types)), path, cancellation);
        return members.Count == types.Length ? null : Without(code, types);
    }

    /// <summary>Lets later libraries see the usings of a script.</summary>
    public void Remember(CSharpCompilation script)
    {
        foreach (var tree in script.SyntaxTrees)
            foreach (var directive in tree.GetCompilationUnitRoot().Usings) usings.Add(directive.WithoutTrivia().ToFullString());
    }

    private static bool NeedsLibrary(MemberDeclarationSyntax member) =>
        member is BaseNamespaceDeclarationSyntax
        || member is ClassDeclarationSyntax type && type.Modifiers.Any(SyntaxKind.StaticKeyword)
            && type.Members.Any(m => m is ExtensionBlockDeclarationSyntax || m is MethodDeclarationSyntax { ParameterList.Parameters: [var first, ..] } && first.Modifiers.Any(SyntaxKind.ThisKeyword));

    private static string Without(string code, IEnumerable<MemberDeclarationSyntax> members)
    {
        var text = new StringBuilder(code);
        foreach (var member in members)
            for (int i = member.SpanStart; i < member.Span.End; i++)
                if (text[i] != '\n') text[i] = ' ';
        return text.ToString();
    }

    private void Compile(string code, string path, CancellationToken cancellation)
    {
        var written = CSharpSyntaxTree.ParseText(SourceText.From(code, Encoding.UTF8), ParseOptions, path);
        SyntaxTree tree = CSharpSyntaxTree.Create((CSharpSyntaxNode)new Publisher().Visit(written.GetRoot())!, ParseOptions, path, Encoding.UTF8);
        tree = StopPoint.Insert(tree, code);
        var own = written.GetCompilationUnitRoot().Usings.Select(u => u.WithoutTrivia().ToFullString()).ToHashSet();
        var global = imports.Select(i => i.EndsWith(".CellFunctions", StringComparison.Ordinal) ? $"using static {i};" : $"using {i};").Concat(usings)
            .Distinct().Where(u => !own.Contains(u)).Select(u => "global " + u);
        var implied = CSharpSyntaxTree.ParseText(string.Join('\n', global), ParseOptions, encoding: Encoding.UTF8);
        string name = NamePrefix + Interlocked.Increment(ref numbers);
        var options = new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, optimizationLevel: OptimizationLevel.Release, allowUnsafe: true);

        // A type declared again replaces the library that had it, in the compilation too: otherwise the name would mean both.
        var declared = tree.GetRoot().DescendantNodes(n => n is CompilationUnitSyntax or BaseNamespaceDeclarationSyntax)
            .Where(n => n is BaseTypeDeclarationSyntax or DelegateDeclarationSyntax).Select(QualifiedName).ToHashSet();
        var replaced = libraries.Where(l => l.Types.Overlaps(declared)).ToArray();
        var visible = references.All.Except(replaced.Select(l => l.Reference));
        var compilation = CSharpCompilation.Create(name, [tree, implied], visible, options);
        SubmissionChain.Emit(compilation, cancellation);

        foreach (var library in replaced)
        {
            libraries.Remove(library);
            references.Set(library.Name, null);
        }
        if (replaced.Length > 0) chain.Rebase(dropBroken: true);
        var reference = compilation.ToMetadataReference();
        libraries.Add((name, reference, declared));
        references.Set(name, reference);
    }

    private static string QualifiedName(SyntaxNode declaration)
    {
        string name = declaration is BaseTypeDeclarationSyntax type ? type.Identifier.ValueText : ((DelegateDeclarationSyntax)declaration).Identifier.ValueText;
        int arity = declaration.ChildNodes().OfType<TypeParameterListSyntax>().FirstOrDefault()?.Parameters.Count ?? 0;
        return string.Join('.', declaration.Ancestors().OfType<BaseNamespaceDeclarationSyntax>().Reverse().Select(n => n.Name.ToString()).Append(name)) + "`" + arity;
    }

    // In a script every cell sees a type that says nothing of who may; here it would be seen by its library only. The word takes no room, so all places stay what they are.
    private sealed class Publisher : CSharpSyntaxRewriter
    {
        private static readonly SyntaxToken Public = SyntaxFactory.Token(default, SyntaxKind.PublicKeyword, "", "", default);

        public override SyntaxNode? Visit(SyntaxNode? node) => node switch
        {
            BaseTypeDeclarationSyntax or DelegateDeclarationSyntax => Open((MemberDeclarationSyntax)node),
            CompilationUnitSyntax or BaseNamespaceDeclarationSyntax => base.Visit(node),
            _ => node, // what is inside of types follows the rules of C#
        };

        private static MemberDeclarationSyntax Open(MemberDeclarationSyntax type) =>
            type.Modifiers.Any(m => m.Kind() is SyntaxKind.PublicKeyword or SyntaxKind.InternalKeyword or SyntaxKind.PrivateKeyword or SyntaxKind.ProtectedKeyword or SyntaxKind.FileKeyword)
                ? type : type.WithModifiers(type.Modifiers.Insert(0, Public)); // in front: "partial" has to be the last
    }
}
