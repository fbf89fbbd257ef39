using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace SimSearch.Notebooks;

/// <summary>
/// What every loop of a cell passes: after an interrupt of the cell it throws. The thread of a cell can be stopped without it; the threads that work for the
/// cell (<c>Parallel.For</c>, <c>Task.Run</c>) can't, and would go on computing until the kernel is restarted. Put in by the engine; of no use to people.
/// </summary>
[System.ComponentModel.EditorBrowsable(System.ComponentModel.EditorBrowsableState.Never)]
public static class StopPoint
{
    private const int ArmedMilliseconds = 10_000;

    private static readonly StatementSyntax Call = Weightless(SyntaxFactory.ParseStatement("global::SimSearch.Notebooks.StopPoint.Pass();"));
    private static readonly SyntaxToken Open = Weightless(SyntaxFactory.Token(SyntaxKind.OpenBraceToken)), Close = Weightless(SyntaxFactory.Token(SyntaxKind.CloseBraceToken));

    // One word that is read where nothing was interrupted lately, which is nearly always.
    private static volatile bool armed;
    private static long since;

    /// <summary>Throws when the cell that this code belongs to is to stop.</summary>
    /// <exception cref="OperationCanceledException">It is.</exception>
    public static void Pass()
    {
        if (armed) Look();
    }

    /// <summary>A cell was interrupted: loops look closer from now on.</summary>
    internal static void Arm() => (since, armed) = (Environment.TickCount64, true);

    /// <summary>A cell begins: what was interrupted long ago has stopped, if it can.</summary>
    internal static void Begin()
    {
        if (armed && Environment.TickCount64 - since > ArmedMilliseconds) armed = false;
    }

    /// <summary>A cell whose loops pass here. What is put in takes no room: every place and line stays what it was.</summary>
    internal static SyntaxTree Insert(SyntaxTree tree, string code)
    {
        if (!code.Contains("for") && !code.Contains("while")) return tree; // "foreach" and "do ... while" among them
        var root = (CSharpSyntaxNode)new Rewriter().Visit(tree.GetRoot())!;
        return CSharpSyntaxTree.Create(root, (CSharpParseOptions)tree.Options, tree.FilePath, Encoding.UTF8);
    }

    /// <summary>
    /// The same for a file that a cell loads, which the compiler takes as text only. Lines stay what they are, columns behind the word that is put in do not: what is wrong with a file is to be said from
    /// the text as written. A file with errors is left alone.
    /// </summary>
    internal static string InsertText(string code)
    {
        if (!code.Contains("for") && !code.Contains("while")) return code;
        var tree = CSharpSyntaxTree.ParseText(code, CellSource.ScriptOptions);
        if (tree.GetDiagnostics().Any(d => d.Severity == DiagnosticSeverity.Error)) return code;
        const string call = "global::SimSearch.Notebooks.StopPoint.Pass();";
        var places = new List<(int At, string Word)>();
        foreach (var node in tree.GetRoot().DescendantNodes())
        {
            var body = node switch
            {
                WhileStatementSyntax loop => loop.Statement,
                DoStatementSyntax loop => loop.Statement,
                ForStatementSyntax loop => loop.Statement,
                CommonForEachStatementSyntax loop => loop.Statement,
                _ => null,
            };
            if (body is BlockSyntax block) places.Add((block.OpenBraceToken.Span.End, call));
            else if (body is not null) places.AddRange([(body.SpanStart, "{" + call), (body.Span.End, "}")]);
        }
        var text = new StringBuilder(code);
        foreach (var (at, word) in places.OrderByDescending(p => p.At)) text.Insert(at, word);
        return text.ToString();
    }

    private static void Look()
    {
        if (CellRun.Current is { Interrupted: true }) throw new OperationCanceledException("The cell was interrupted.");
    }

    private static StatementSyntax Weightless(StatementSyntax statement) => statement.ReplaceTokens(statement.DescendantTokens(), static (token, _) => Weightless(token));

    private static SyntaxToken Weightless(SyntaxToken token) => token.IsKind(SyntaxKind.IdentifierToken)
        ? SyntaxFactory.Identifier(default, SyntaxKind.IdentifierToken, "", token.ValueText, default)
        : SyntaxFactory.Token(default, token.Kind(), "", token.ValueText, default);

    // The call has to cover some text, or its place in the symbols would be none: it takes that of the word before the loop's body, which is left without.
    private sealed class Rewriter : CSharpSyntaxRewriter
    {
        private static readonly SyntaxToken Paren = Weightless(SyntaxFactory.Token(SyntaxKind.CloseParenToken)), Do = Weightless(SyntaxFactory.Token(SyntaxKind.DoKeyword));

        public override SyntaxNode? VisitWhileStatement(WhileStatementSyntax node) =>
            (WhileStatementSyntax)base.VisitWhileStatement(node)! is var loop && Body(loop.CloseParenToken, loop.Statement) is { } body ? loop.WithCloseParenToken(Paren).WithStatement(body) : loop;

        public override SyntaxNode? VisitDoStatement(DoStatementSyntax node) =>
            (DoStatementSyntax)base.VisitDoStatement(node)! is var loop && Body(loop.DoKeyword, loop.Statement) is { } body ? loop.WithDoKeyword(Do).WithStatement(body) : loop;

        public override SyntaxNode? VisitForStatement(ForStatementSyntax node) =>
            (ForStatementSyntax)base.VisitForStatement(node)! is var loop && Body(loop.CloseParenToken, loop.Statement) is { } body ? loop.WithCloseParenToken(Paren).WithStatement(body) : loop;

        public override SyntaxNode? VisitForEachStatement(ForEachStatementSyntax node) =>
            (ForEachStatementSyntax)base.VisitForEachStatement(node)! is var loop && Body(loop.CloseParenToken, loop.Statement) is { } body ? loop.WithCloseParenToken(Paren).WithStatement(body) : loop;

        public override SyntaxNode? VisitForEachVariableStatement(ForEachVariableStatementSyntax node) =>
            (ForEachVariableStatementSyntax)base.VisitForEachVariableStatement(node)! is var loop && Body(loop.CloseParenToken, loop.Statement) is { } body ? loop.WithCloseParenToken(Paren).WithStatement(body) : loop;

        private static BlockSyntax? Body(SyntaxToken before, StatementSyntax body)
        {
            if (before.IsMissing || body.IsMissing) return null;
            var first = Call.GetFirstToken(includeZeroWidth: true);
            var call = Call.ReplaceToken(first, SyntaxFactory.Token(before.LeadingTrivia, first.Kind(), before.Text, first.ValueText, before.TrailingTrivia));
            return SyntaxFactory.Block(Open, SyntaxFactory.List([call, body]), Close);
        }
    }
}
