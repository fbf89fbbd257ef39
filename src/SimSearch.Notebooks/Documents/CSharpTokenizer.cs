using System.Collections.Frozen;

namespace SimSearch.Notebooks;

/// <summary>What a stretch of C# is.</summary>
internal enum CSharpTokenKind { Space, Comment, Text, Number, Keyword, Name, Directive, Mark }

/// <summary>A stretch of C#.</summary>
internal readonly record struct CSharpToken(CSharpTokenKind Kind, int Start, int Length);

/// <summary>
/// Cuts C# into stretches for colouring and for finding the declarations of a parameters cell. It never fails: what it does not
/// understand is a mark. The stretches follow each other and cover the whole text.
/// </summary>
internal static class CSharpTokenizer
{
    private static readonly FrozenSet<string> Keywords = """
        abstract as async await base bool break byte case catch char checked class const continue decimal default delegate do double else enum event explicit extern
        false finally fixed float for foreach goto if implicit in int interface internal is lock long namespace new null object operator out override params private
        protected public readonly record ref required return sbyte sealed short sizeof stackalloc static string struct switch this throw true try typeof uint ulong
        unchecked unsafe ushort using var virtual void volatile when where while with yield init get set nint nuint and or not file scoped global nameof
        """.Split((char[])[' ', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries).ToFrozenSet(StringComparer.Ordinal);

    public static List<CSharpToken> Tokens(string code)
    {
        var tokens = new List<CSharpToken>();
        bool lineStart = true;
        for (int at = 0; at < code.Length;)
        {
            var (kind, end) = Next(code, at, lineStart);
            tokens.Add(new CSharpToken(kind, at, end - at));
            if (kind == CSharpTokenKind.Space) lineStart |= code.AsSpan(at, end - at).Contains('\n');
            else lineStart = code[end - 1] == '\n';
            at = end;
        }
        return tokens;
    }

    private static (CSharpTokenKind Kind, int End) Next(string code, int at, bool lineStart)
    {
        char c = code[at], next = at + 1 < code.Length ? code[at + 1] : '\0';
        if (char.IsWhiteSpace(c)) return (CSharpTokenKind.Space, While(code, at, char.IsWhiteSpace));
        if (c == '#' && lineStart) return (CSharpTokenKind.Directive, LineEnd(code, at));
        if (c == '/' && next == '/') return (CSharpTokenKind.Comment, LineEnd(code, at));
        if (c == '/' && next == '*') return (CSharpTokenKind.Comment, After(code, "*/", at + 2));
        // Not in a range: 1..2.
        if (char.IsAsciiDigit(c) || (c == '.' && char.IsAsciiDigit(next) && !(at > 0 && code[at - 1] == '.'))) return (CSharpTokenKind.Number, NumberEnd(code, at));
        if (c == '\'') return (CSharpTokenKind.Text, QuotedEnd(code, at + 1, '\''));
        if (TextStart(code, at) is { } quote) return (CSharpTokenKind.Text, TextEnd(code, at, quote));
        int name = c == '@' ? at + 1 : at;
        if (name < code.Length && (char.IsLetter(code[name]) || code[name] == '_'))
        {
            int end = While(code, name, x => char.IsLetterOrDigit(x) || x == '_');
            return (Keywords.Contains(code[at..end]) ? CSharpTokenKind.Keyword : CSharpTokenKind.Name, end);
        }
        return (CSharpTokenKind.Mark, at + 1);
    }

    /// <summary>Where the quote of a string is that starts here, with its prefixes $ and @; null when none does.</summary>
    private static int? TextStart(string code, int at)
    {
        int quote = While(code, at, c => c is '$' or '@');
        return quote < code.Length && code[quote] == '"' ? quote : null;
    }

    private static int TextEnd(string code, int start, int quote)
    {
        int dollars = code.AsSpan(start, quote - start).Count('$');
        bool verbatim = code.AsSpan(start, quote - start).Contains('@');
        int quotes = While(code, quote, c => c == '"') - quote;
        if (quotes >= 3 && !verbatim) return After(code, new string('"', quotes), quote + quotes);
        if (dollars == 0 && !verbatim) return QuotedEnd(code, quote + 1, '"');
        // Strings in the holes of an interpolated string are passed over; their own holes are found by depth alone.
        int depth = 0;
        for (int i = quote + 1; i < code.Length; i++)
        {
            char c = code[i];
            if (dollars > 0 && c == '{' && depth == 0 && i + 1 < code.Length && code[i + 1] == '{') i++;
            else if (dollars > 0 && c == '{') depth++;
            else if (c == '}' && depth > 0) depth--;
            else if (depth > 0 && c == '"') i = QuotedEnd(code, i + 1, '"') - 1;
            else if (depth > 0) continue;
            else if (verbatim && c == '"' && i + 1 < code.Length && code[i + 1] == '"') i++;
            else if (!verbatim && c == '\\') i++;
            else if (c == '"') return i + 1;
            else if (!verbatim && c == '\n') return i;
        }
        return code.Length;
    }

    private static int QuotedEnd(string code, int at, char quote)
    {
        for (; at < code.Length && code[at] != '\n'; at++)
            if (code[at] == '\\') at++;
            else if (code[at] == quote) return at + 1;
        return Math.Min(at, code.Length);
    }

    private static int NumberEnd(string code, int at)
    {
        bool hex = code[at] == '0' && at + 1 < code.Length && code[at + 1] is ('x' or 'X');
        for (; at < code.Length; at++)
        {
            char c = code[at];
            if (char.IsAsciiLetterOrDigit(c) || c == '_') continue;
            if (c == '.' && at + 1 < code.Length && char.IsAsciiDigit(code[at + 1])) continue;
            if (!hex && c is ('+' or '-') && code[at - 1] is ('e' or 'E')) continue;
            break;
        }
        return at;
    }

    private static int While(string code, int at, Func<char, bool> test)
    {
        while (at < code.Length && test(code[at])) at++;
        return at;
    }

    private static int LineEnd(string code, int at) => code.IndexOf('\n', at) is >= 0 and var end ? end : code.Length;

    private static int After(string code, string mark, int at) =>
        at <= code.Length && code.IndexOf(mark, at, StringComparison.Ordinal) is >= 0 and var end ? end + mark.Length : code.Length;
}
