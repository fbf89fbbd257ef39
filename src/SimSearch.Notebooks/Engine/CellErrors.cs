using System.Diagnostics;
using System.Reflection;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Text;

namespace SimSearch.Notebooks;

/// <summary>What a person is told when a cell fails: compile errors with a caret under the source, exceptions with the lines of cells they passed.</summary>
internal static partial class CellErrors
{
    private const int MostErrors = 10;
    private const int MostInner = 5;
    private const int MostFrames = 30;
    private const int LongestMessage = 8000;
    private const int LongestSourceLine = 160;
    private const string CheckHelpers = "Internal.Runtime.CompilerHelpers";

    /// <summary>Describes what a cell ended with.</summary>
    /// <param name="error">What was thrown.</param>
    /// <param name="code">The cell.</param>
    /// <param name="interrupted">Whether the cell was asked to stop.</param>
    public static CellError Describe(Exception error, string code, bool interrupted) => error switch
    {
        CellThread.AbandonedException => new CellError("Abandoned", error.Message, [error.Message]),
        _ when interrupted && IsInterruption(error) => new CellError("Interrupted", "the cell was interrupted", ["Interrupted: the cell was stopped; its variables are kept"]),
        CellException own => new CellError(own.Name, own.Message, own.Trace),
        CompilationFailedException failed => Compilation(failed.Errors, code),
        _ => new CellError(TypeNames.Full(error.GetType()), Message(error), [.. Trace(error)]),
    };

    /// <summary>The exception in short: type and message, the same for those inside it, and the lines of cells.</summary>
    public static IEnumerable<string> Trace(Exception error)
    {
        Exception? current = error;
        for (int depth = 0; current is not null && depth < MostInner; depth++)
        {
            string prefix = depth == 0 ? "" : " ---> ";
            yield return $"{prefix}{TypeNames.Full(current.GetType())}: {Message(current)}";
            foreach (string line in Frames(current)) yield return line;
            current = current is AggregateException { InnerExceptions: [var first, ..] } ? first : current.InnerException;
        }
    }

    private static bool IsInterruption(Exception error) => error switch
    {
        AggregateException many => many.InnerExceptions.All(IsInterruption),
        TargetInvocationException { InnerException: { } inner } => IsInterruption(inner),
        _ => error is OperationCanceledException or ThreadInterruptedException or ThreadAbortException,
    };

    private static CellError Compilation(IReadOnlyList<Diagnostic> errors, string code)
    {
        var trace = new List<string>();
        foreach (var error in errors.Take(MostErrors))
        {
            var span = error.Location.GetLineSpan();
            var start = span.StartLinePosition;
            trace.Add($"{(span.Path.Length > 0 ? span.Path : "Cell")}({start.Line + 1},{start.Character + 1}): error {error.Id}: {Text(error)}");
            trace.AddRange(Caret(span.Path.StartsWith(SubmissionChain.CellPrefix, StringComparison.Ordinal) ? SourceText.From(code) : error.Location.SourceTree?.GetText(), span));
        }
        if (errors.Count > MostErrors) trace.Add($"... and {errors.Count - MostErrors} more");
        return new CellError("CompilationError", $"{errors[0].Id}: {Text(errors[0])}", trace);
    }

    private static string Text(Diagnostic error)
    {
        string message = error.GetMessage(System.Globalization.CultureInfo.InvariantCulture);
        return error.Id is "CS1024" ? message + " (a magic begins with #! at the start of a line)" : message;
    }

    private static IEnumerable<string> Caret(SourceText? source, FileLinePositionSpan span)
    {
        if (source is null || span.StartLinePosition.Line >= source.Lines.Count) yield break;
        string line = source.Lines[span.StartLinePosition.Line].ToString();
        int from = Math.Min(span.StartLinePosition.Character, line.Length);
        int to = span.EndLinePosition.Line == span.StartLinePosition.Line ? Math.Clamp(span.EndLinePosition.Character, from, line.Length) : line.Length;
        // Of a long line, the part around the error.
        int skip = line.Length <= LongestSourceLine ? 0 : Math.Clamp(from - LongestSourceLine / 2, 0, line.Length - LongestSourceLine);
        line = line.Substring(skip, Math.Min(LongestSourceLine, line.Length - skip));
        (from, to) = (from - skip, Math.Min(to - skip, line.Length));
        yield return "    " + line;
        // Tabs stay tabs, so that the caret stands below the error however wide they are shown.
        yield return "    " + string.Concat(line.Take(from).Select(c => c == '\t' ? '\t' : ' ')) + "^" + new string('~', Math.Max(0, to - from - 1));
    }

    private static string Message(Exception error)
    {
        string message;
        try { message = error.Message; }
        catch (Exception e) { message = $"(its message can't be had: {e.GetType().Name})"; }
        return message.Length <= LongestMessage ? message : message[..LongestMessage] + " ...";
    }

    // The user's own lines, and the call into a library that the exception came out of.
    private static IEnumerable<string> Frames(Exception error)
    {
        var frames = new StackTrace(error, fNeedFileInfo: true).GetFrames();
        int shown = 0;
        for (int i = 0; i < frames.Length && shown < MostFrames; i++)
        {
            bool ours = IsUsers(frames[i]);
            if (!ours && !(i + 1 < frames.Length && IsUsers(frames[i + 1]))) continue;
            if (Name(frames[i].GetMethod()) is not { } name) continue;
            shown++;
            // Where an index was out of range is known to the function only: all such checks of a function share one piece of machine code.
            bool exact = i == 0 || frames[i - 1].GetMethod()?.DeclaringType?.Namespace != CheckHelpers;
            string place = !ours ? "" : exact && frames[i].GetFileName() is { } file && frames[i].GetFileLineNumber() is > 0 and var line ? $"{file}, line {line}"
                : SubmissionChain.PathOf(frames[i].GetMethod()!.Module.Assembly) ?? "a cell";
            yield return name.Length == 0 ? $"   at {place}" : ours ? $"   at {name} in {place}" : $"   at {name}";
        }
    }

    private static bool IsUsers(StackFrame frame) =>
        frame.GetMethod()?.Module.Assembly.GetName().Name is { } name
        && (name.StartsWith("SimSearch.Notebooks.Submission#", StringComparison.Ordinal) || name.StartsWith(LibraryCells.NamePrefix, StringComparison.Ordinal));

    // What the compiler has mangled, as it was written: "" for the cell itself, null for its machinery.
    private static string? Name(MethodBase? method)
    {
        if (method is null || method.Name == "<Factory>") return null;
        if (method.DeclaringType is not { } type) return method.Name;
        if (type.Namespace is "System.Runtime.CompilerServices" or CheckHelpers || type == typeof(System.Runtime.ExceptionServices.ExceptionDispatchInfo)) return null;
        if (method.Name == "<Initialize>") return "";
        string text = method.Name == "MoveNext" && Mangled().Match(type.Name) is { Success: true } machine ? machine.Groups[1].Value : method.Name;
        if (text == "<Initialize>" || type.Name.StartsWith("<<Initialize>>d", StringComparison.Ordinal)) return "";
        if (LocalFunction().Match(text) is { Success: true } local) return local.Groups[1].Value;
        if (text.Contains(">b__", StringComparison.Ordinal)) return "a lambda";
        while (type.DeclaringType is { } outer && type.Name.Contains('<')) type = outer;
        return type.Name.StartsWith("Submission#", StringComparison.Ordinal) ? text : $"{TypeNames.Full(type)}.{(text == ".ctor" ? "constructor" : text)}";
    }

    [GeneratedRegex(@"^<(.+)>d__?\d*$")]
    private static partial Regex Mangled();

    [GeneratedRegex(@"g__(\w+)\|")]
    private static partial Regex LocalFunction();
}
