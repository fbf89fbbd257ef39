using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace SimSearch.Notebooks;

/// <summary>A piece of a cell, run in order. Code keeps its lines: what was taken out of it is blank.</summary>
/// <param name="Kind">csharp, markdown, html, whos or lsmagic.</param>
/// <param name="Text">The code or content.</param>
internal sealed record CellSegment(string Kind, string Text);

/// <summary>A package asked for by <c>#r "nuget: Name, Version"</c>; any version when none was given.</summary>
internal readonly record struct PackageRequest(string Name, string Version);

/// <summary>
/// A cell taken apart: magics (<c>#!time</c>), references (<c>#r</c>) and the C# between them. Directives are found by the C# parser, so that
/// a line in a string or a comment that only looks like one stays what it is.
/// </summary>
internal sealed class CellSource
{
    /// <summary>The known magics and what they do.</summary>
    public static readonly IReadOnlyDictionary<string, string> Magics = new SortedDictionary<string, string>(StringComparer.Ordinal)
    {
        ["csharp"] = "what follows is C#",
        ["html"] = "what follows is shown as HTML",
        ["lsmagic"] = "lists the magics",
        ["markdown"] = "what follows is shown as Markdown",
        ["time"] = "shows how long the cell took",
        ["whos"] = "lists the variables with type, shape and size",
    };

    /// <summary>How cells are parsed.</summary>
    public static readonly CSharpParseOptions ScriptOptions = new(LanguageVersion.Preview, DocumentationMode.None, SourceCodeKind.Script);

    private const int MostNesting = 500;
    private const int MostMagics = 50;

    private CellSource(IReadOnlyList<CellSegment> segments, IReadOnlyList<string> references, IReadOnlyList<PackageRequest> packages, bool timed) =>
        (Segments, References, Packages, Timed) = (segments, references, packages, timed);

    /// <summary>What to run, in order.</summary>
    public IReadOnlyList<CellSegment> Segments { get; }

    /// <summary>Assemblies asked for by path or name.</summary>
    public IReadOnlyList<string> References { get; }

    /// <summary>Packages asked for.</summary>
    public IReadOnlyList<PackageRequest> Packages { get; }

    /// <summary>Whether the cell is to be timed.</summary>
    public bool Timed { get; }

    /// <summary>Takes a cell apart.</summary>
    /// <param name="code">The cell.</param>
    /// <param name="folder">What the paths of <c>#load</c> are relative to.</param>
    /// <exception cref="CellException">A magic is unknown, or a reference is malformed.</exception>
    public static CellSource Parse(string code, string folder)
    {
        code = code.ReplaceLineEndings("\n");
        RefuseDeepNesting(code);
        var segments = new List<CellSegment>();
        var references = new List<string>();
        var packages = new List<PackageRequest>();
        bool timed = false;
        int begin = 0, magics = 0;
        while (begin < code.Length)
        {
            // Lines before the segment stay as blank lines, so that line numbers are those of the cell.
            string rest = BlankUpTo(code, begin);
            var magic = FirstMagic(rest);
            if (magic is not var (start, end, name))
            {
                AddCode(rest);
                break;
            }
            if (!Magics.ContainsKey(name))
                throw new CellException("UnknownMagic", $"#!{name} is not a magic of this kernel; known are {string.Join(", ", Magics.Keys.Select(m => "#!" + m))}");
            if (++magics > MostMagics) throw new CellException("TooManyMagics", $"a cell may have {MostMagics} magics; split it");
            if (name == "time")
            {
                timed = true;
                code = Blank(code, start, end);
                continue;
            }
            AddCode(rest[..start]);
            begin = end;
            if (name is "markdown" or "html")
            {
                begin = NextBlock(code, end);
                segments.Add(new CellSegment(name, code[end..begin].Trim('\n')));
            }
            else if (name is not "csharp") segments.Add(new CellSegment(name, ""));
        }
        return new CellSource(segments, references, packages, timed);

        void AddCode(string text)
        {
            string stripped = StripReferences(text, folder, references, packages, new HashSet<string>(StringComparer.Ordinal));
            if (!string.IsNullOrWhiteSpace(stripped)) segments.Add(new CellSegment("csharp", stripped));
        }
    }

    /// <summary>The cell with everything that is not C# blanked, every character at its place: what completion and inspection look at.</summary>
    /// <exception cref="CellException">It is nested too deeply to be parsed.</exception>
    public static string CodeOnly(string code)
    {
        RefuseDeepNesting(code);
        for (int magics = 0; magics < MostMagics && FirstMagic(code) is var (start, end, name); magics++)
            code = Blank(code, start, name is "markdown" or "html" ? NextBlock(code, end) : end);
        foreach (var directive in CSharpSyntaxTree.ParseText(code, ScriptOptions).GetCompilationUnitRoot().GetReferenceDirectives())
            code = Blank(code, directive.SpanStart, directive.Span.End);
        return code;
    }

    /// <summary>Blanks the references of a script and of the files it loads, and adds them to the lists.</summary>
    public static string StripReferences(string code, string folder, List<string> references, List<PackageRequest> packages, HashSet<string> visited)
    {
        if (!code.Contains('#')) return code;
        RefuseDeepNesting(code);
        var root = CSharpSyntaxTree.ParseText(code, ScriptOptions).GetCompilationUnitRoot();
        foreach (var directive in root.GetReferenceDirectives())
        {
            string target = directive.File.ValueText.Trim();
            if (target.StartsWith("nuget:", StringComparison.OrdinalIgnoreCase)) packages.Add(ParsePackage(target["nuget:".Length..]));
            else if (target.Length > 0) references.Add(target);
            else throw new CellException("ReferenceError", "#r needs a path or \"nuget: Name, Version\" in quotes");
            code = Blank(code, directive.SpanStart, directive.Span.End);
        }
        foreach (var directive in root.GetLoadDirectives())
        {
            string path = Path.GetFullPath(directive.File.ValueText, folder);
            if (!visited.Add(path) || !File.Exists(path)) continue; // the compiler reports the missing one, at its line
            StripReferences(File.ReadAllText(path), Path.GetDirectoryName(path)!, references, packages, visited);
        }
        return code;
    }

    // The parser goes down by recursion, for types without looking at the stack, and an overflow would end the process.
    private static void RefuseDeepNesting(string code)
    {
        if (code.Length <= MostNesting) return;
        int brackets = 0, angles = 0;
        foreach (var token in SyntaxFactory.ParseTokens(code, options: ScriptOptions))
        {
            var kind = token.Kind();
            brackets += kind is SyntaxKind.OpenParenToken or SyntaxKind.OpenBracketToken or SyntaxKind.OpenBraceToken ? 1
                : kind is SyntaxKind.CloseParenToken or SyntaxKind.CloseBracketToken or SyntaxKind.CloseBraceToken ? -1 : 0;
            angles = kind is SyntaxKind.LessThanToken ? angles + 1 : kind is SyntaxKind.SemicolonToken or SyntaxKind.OpenBraceToken or SyntaxKind.CloseBraceToken ? 0 : angles;
            if (brackets > MostNesting || angles > MostNesting)
                throw TooDeep();
        }
        // The compiler follows the tree by recursion too.
        var nodes = new Stack<(SyntaxNode Node, int Depth)>([(CSharpSyntaxTree.ParseText(code, ScriptOptions).GetRoot(), 0)]);
        while (nodes.TryPop(out var next))
        {
            if (next.Depth > 2 * MostNesting) throw TooDeep();
            foreach (var child in next.Node.ChildNodes()) nodes.Push((child, next.Depth + 1));
        }

        static CellException TooDeep() => new("CompilationError", "the cell's expressions or blocks are nested too deeply to be compiled; split them");
    }

    private static PackageRequest ParsePackage(string text)
    {
        var parts = text.Split(',', 2, StringSplitOptions.TrimEntries);
        string version = parts.Length > 1 ? parts[1] : "*";
        // Both end up in a project file and on a command line: only what names and versions are made of.
        bool good = parts[0].Length is > 0 and <= 100 && parts[0].All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_')
            && version.Length is > 0 and <= 64 && version.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '+' or '*' or '[' or ']' or '(' or ')' or ',');
        return good ? new PackageRequest(parts[0], version) : throw new CellException("ReferenceError",
            $"nuget:{text} is not a package; write #r \"nuget: Name\" or #r \"nuget: Name, 1.2.3\"");
    }

    private static (int Start, int End, string Name)? FirstMagic(string code)
    {
        if (!code.Contains("#!")) return null;
        var root = CSharpSyntaxTree.ParseText(code, ScriptOptions).GetRoot();
        foreach (var trivia in root.DescendantTrivia(descendIntoTrivia: false))
        {
            if (!trivia.IsDirective || !code.AsSpan(trivia.SpanStart).StartsWith("#!")) continue;
            int end = code.IndexOf('\n', trivia.SpanStart);
            end = end < 0 ? code.Length : end;
            var words = code[(trivia.SpanStart + 2)..end].Split(' ', 2, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            string name = words.Length > 0 ? words[0] : "";
            return (trivia.SpanStart, end, name is "c#" or "C#" ? "csharp" : name);
        }
        return null;
    }

    // Markdown and HTML go on until a line that begins another block.
    private static int NextBlock(string code, int from)
    {
        for (int line = code.IndexOf('\n', from); line >= 0; line = code.IndexOf('\n', line + 1))
        {
            var text = code.AsSpan(line + 1);
            foreach (string block in (ReadOnlySpan<string>)["#!csharp", "#!markdown", "#!html"])
                if (text.StartsWith(block) && (text.Length == block.Length || char.IsWhiteSpace(text[block.Length]))) return line + 1;
        }
        return code.Length;
    }

    private static string BlankUpTo(string code, int end) => Blank(code, 0, end);

    private static string Blank(string code, int start, int end)
    {
        var text = new StringBuilder(code);
        for (int i = start; i < end; i++)
            if (text[i] != '\n') text[i] = ' ';
        return text.ToString();
    }
}

/// <summary>Why a cell can't be run, said by the engine itself.</summary>
internal sealed class CellException(string name, string message, IReadOnlyList<string>? trace = null) : Exception(message)
{
    /// <summary>The kind of error.</summary>
    public string Name { get; } = name;

    /// <summary>What to show, the message when nothing else.</summary>
    public IReadOnlyList<string> Trace { get; } = trace ?? [$"{name}: {message}"];
}
