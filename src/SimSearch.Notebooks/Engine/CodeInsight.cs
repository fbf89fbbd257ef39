using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace SimSearch.Notebooks;

/// <summary>What the compiler knows about a cell that is being written: completion, inspection, whether it is finished.</summary>
internal sealed class CodeInsight(SubmissionChain chain)
{
    private const int MostItems = 1000;

    private static readonly SymbolDisplayFormat Signature = new(
        SymbolDisplayGlobalNamespaceStyle.Omitted, SymbolDisplayTypeQualificationStyle.NameAndContainingTypes,
        SymbolDisplayGenericsOptions.IncludeTypeParameters | SymbolDisplayGenericsOptions.IncludeTypeConstraints,
        SymbolDisplayMemberOptions.IncludeParameters | SymbolDisplayMemberOptions.IncludeContainingType
            | SymbolDisplayMemberOptions.IncludeType | SymbolDisplayMemberOptions.IncludeRef | SymbolDisplayMemberOptions.IncludeConstantValue,
        SymbolDisplayDelegateStyle.NameAndSignature, SymbolDisplayExtensionMethodStyle.Default,
        SymbolDisplayParameterOptions.IncludeName | SymbolDisplayParameterOptions.IncludeType | SymbolDisplayParameterOptions.IncludeDefaultValue
            | SymbolDisplayParameterOptions.IncludeParamsRefOut | SymbolDisplayParameterOptions.IncludeExtensionThis,
        SymbolDisplayPropertyStyle.ShowReadWriteDescriptor, SymbolDisplayLocalOptions.IncludeType,
        SymbolDisplayKindOptions.IncludeTypeKeyword | SymbolDisplayKindOptions.IncludeNamespaceKeyword,
        SymbolDisplayMiscellaneousOptions.UseSpecialTypes | SymbolDisplayMiscellaneousOptions.IncludeNullableReferenceTypeModifier);

    /// <summary>Whether a cell can run as it stands, and how the next line is indented when not.</summary>
    public static (string Status, string Indent) IsComplete(string code)
    {
        code = CellSource.CodeOnly(code);
        var tree = CSharpSyntaxTree.ParseText(code, CellSource.ScriptOptions);
        if (SyntaxFactory.IsCompleteSubmission(tree))
            return (tree.GetDiagnostics().Any(d => d.Severity == DiagnosticSeverity.Error) ? "invalid" : "complete", "");
        int depth = 0;
        foreach (var token in tree.GetRoot().DescendantTokens().Where(t => !t.IsMissing))
            depth += token.Kind() is SyntaxKind.OpenBraceToken or SyntaxKind.OpenParenToken or SyntaxKind.OpenBracketToken ? 1
                : token.Kind() is SyntaxKind.CloseBraceToken or SyntaxKind.CloseParenToken or SyntaxKind.CloseBracketToken ? -1 : 0;
        return ("incomplete", new string(' ', 4 * Math.Clamp(depth, 0, 20)));
    }

    /// <summary>What could stand at the cursor.</summary>
    public Completions Complete(string code, int cursor)
    {
        if (DirectiveCompletion.Complete(code, cursor) is { } directive) return directive;
        code = CellSource.CodeOnly(code);
        int start = cursor;
        while (start > 0 && SyntaxFacts.IsIdentifierPartCharacter(code[start - 1])) start--;
        string prefix = code[start..cursor];

        var compilation = chain.Compile(code, "");
        var tree = compilation.SyntaxTrees.First(t => t.FilePath.Length == 0);
        var root = tree.GetRoot();
        if (InTextOrComment(root, cursor)) return new Completions(cursor, cursor, []);
        var model = compilation.GetSemanticModel(tree);

        int dot = start - 1;
        while (dot >= 0 && char.IsWhiteSpace(code[dot])) dot--;
        bool member = dot >= 0 && code[dot] == '.' && (dot == 0 || code[dot - 1] != '.');
        var symbols = member ? Members(model, root, dot) : model.LookupSymbols(start);
        var items = symbols.Where(s => s.CanBeReferencedByName && s.Name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
            .GroupBy(s => s.Name).Select(g => new CompletionItem(g.Key, Kind(g.First())));
        if (!member && prefix.Length > 0)
            items = items.Concat(SyntaxFacts.GetKeywordKinds().Concat(SyntaxFacts.GetContextualKeywordKinds()).Select(SyntaxFacts.GetText)
                .Where(k => k.StartsWith(prefix, StringComparison.Ordinal)).Select(k => new CompletionItem(k, "keyword")));
        return new Completions(start, cursor, [.. items.DistinctBy(i => i.Text).OrderBy(i => i.Text, StringComparer.OrdinalIgnoreCase).ThenBy(i => i.Text, StringComparer.Ordinal).Take(MostItems)]);
    }

    /// <summary>Signature and documentation of the name at the cursor, or of the call it stands in.</summary>
    public IReadOnlyDictionary<string, string>? Inspect(string code, int cursor, int detail)
    {
        code = CellSource.CodeOnly(code);
        if (string.IsNullOrWhiteSpace(code)) return null;
        var compilation = chain.Compile(code, "");
        var tree = compilation.SyntaxTrees.First(t => t.FilePath.Length == 0);
        var model = compilation.GetSemanticModel(tree);
        var token = tree.GetRoot().FindToken(Math.Min(cursor, code.Length - 1));
        if (!token.IsKind(SyntaxKind.IdentifierToken) && cursor > 0) token = tree.GetRoot().FindToken(cursor - 1);
        if (InTextOrComment(tree.GetRoot(), cursor)) return null;
        if (Find(model, token) is not { } symbol) return null;

        int overloads = symbol is IMethodSymbol { ContainingType: { } owner } ? owner.GetMembers(symbol.Name).OfType<IMethodSymbol>().Count() - 1 : 0;
        var text = new StringBuilder(symbol.ToDisplayString(Signature));
        if (overloads > 0) text.Append(" (+ ").Append(overloads).Append(overloads == 1 ? " overload)" : " overloads)");
        string documentation = DocumentationText.Render(symbol.GetDocumentationCommentXml() ?? "", detail > 0);
        string signature = text.ToString();
        return new Dictionary<string, string>
        {
            ["text/plain"] = documentation.Length == 0 ? signature : signature + "\n\n" + documentation,
            ["text/html"] = $"<pre>{HtmlText.Encode(signature)}</pre><div style=\"white-space:pre-wrap\">{HtmlText.Encode(documentation)}</div>",
        };
    }

    private static ISymbol? Find(SemanticModel model, SyntaxToken token)
    {
        for (var node = token.Parent; node is not null; node = node.Parent)
        {
            // Inside of brackets that name nothing themselves, the call is meant.
            var target = node is ArgumentListSyntax && node.Parent is InvocationExpressionSyntax call ? call.Expression : node;
            var info = model.GetSymbolInfo(target);
            var symbol = info.Symbol ?? info.CandidateSymbols.FirstOrDefault() ?? (token.IsKind(SyntaxKind.IdentifierToken) ? model.GetDeclaredSymbol(node) : null);
            if (symbol is IMethodSymbol { ReducedFrom: { } extension }) symbol = extension;
            if (symbol is not null) return symbol;
            if (target != node || node is StatementSyntax or MemberDeclarationSyntax) return null;
        }
        return null;
    }

    private static IEnumerable<ISymbol> Members(SemanticModel model, SyntaxNode root, int dot)
    {
        var left = root.FindToken(dot).Parent switch
        {
            MemberAccessExpressionSyntax access => access.Expression,
            QualifiedNameSyntax name => name.Left,
            MemberBindingExpressionSyntax binding => binding.Ancestors().OfType<ConditionalAccessExpressionSyntax>().FirstOrDefault()?.Expression,
            _ => null,
        };
        if (left is null) return [];
        var info = model.GetSymbolInfo(left);
        var symbol = info.Symbol ?? info.CandidateSymbols.FirstOrDefault();
        if (symbol is IAliasSymbol alias) symbol = alias.Target;
        if (symbol is INamespaceSymbol space) return model.LookupNamespacesAndTypes(dot, space);
        if (symbol is ITypeSymbol type) return model.LookupSymbols(dot, type).Where(s => s.IsStatic || s is ITypeSymbol);
        return model.GetTypeInfo(left).Type is { } instance ? model.LookupSymbols(dot, instance, includeReducedExtensionMethods: true).Where(s => !s.IsStatic && s is not ITypeSymbol) : [];
    }

    private static bool InTextOrComment(SyntaxNode root, int cursor)
    {
        if (cursor == 0) return false;
        var trivia = root.FindTrivia(cursor - 1);
        if (trivia.Kind() is SyntaxKind.SingleLineCommentTrivia or SyntaxKind.MultiLineCommentTrivia && cursor > trivia.SpanStart
            && (cursor < trivia.Span.End || trivia.IsKind(SyntaxKind.SingleLineCommentTrivia))) return true;
        var token = root.FindToken(cursor - 1);
        return cursor > token.SpanStart && token.Kind() is SyntaxKind.StringLiteralToken or SyntaxKind.CharacterLiteralToken or SyntaxKind.InterpolatedStringTextToken
            or SyntaxKind.MultiLineRawStringLiteralToken or SyntaxKind.SingleLineRawStringLiteralToken or SyntaxKind.NumericLiteralToken
            && (cursor < token.Span.End || token.ContainsDiagnostics);
    }

    private static string Kind(ISymbol symbol) => symbol switch
    {
        INamespaceSymbol => "namespace",
        ITypeSymbol type => type.TypeKind.ToString().ToLowerInvariant(),
        IMethodSymbol => "method",
        IPropertySymbol => "property",
        // A variable of the notebook is a field to the compiler only.
        IFieldSymbol field => field.ContainingType?.IsScriptClass == true ? "variable" : "field",
        IEventSymbol => "event",
        IParameterSymbol => "parameter",
        ILocalSymbol => "variable",
        _ => symbol.Kind.ToString().ToLowerInvariant(),
    };
}
