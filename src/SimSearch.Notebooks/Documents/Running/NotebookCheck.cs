using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace SimSearch.Notebooks;

/// <summary>One way in which the outputs of two notebooks differ.</summary>
/// <param name="Cell">Number of the cell in the committed notebook, counted from 1; 0 for a difference of the whole notebook.</param>
/// <param name="Id">The cell's id, or "".</param>
/// <param name="Where">The output: "stdout", "output 2 (text/plain)".</param>
/// <param name="Line">The first line that differs, counted from 1; 0 when the difference is not in a line.</param>
/// <param name="Message">What differs: a sentence, or the lines expected (-) and seen (+).</param>
public sealed record NotebookDifference(int Cell, string Id, string Where, int Line, string Message)
{
    /// <summary>The difference as text for a terminal.</summary>
    public override string ToString()
    {
        string place = string.Join(", ", new[] { Cell > 0 ? $"cell {Cell} ('{Id}')" : "", Where, Line > 0 ? $"line {Line}" : "" }.Where(p => p.Length > 0));
        return place.Length == 0 ? Message : $"{place}:{(Message.Contains('\n') ? "\n" : " ")}{Message}";
    }
}

/// <summary>
/// Compares what a run showed with what is committed: streams and text/plain line by line, errors by type and message, and which mime
/// types there are; pictures and HTML are not compared by content, execution counts not at all. Cells tagged <c>no-check</c> and cells with
/// injected parameters are passed over.
/// </summary>
public static partial class NotebookCheck
{
    private const int ShownLines = 6;

    /// <summary>Compares two notebooks.</summary>
    /// <param name="committed">The notebook with the outputs that are expected.</param>
    /// <param name="executed">The notebook after a run.</param>
    /// <param name="tolerance">
    /// How far a number may be from the expected one, as a fraction of the larger of 1 and the expected number's size; 0 (the default) compares
    /// text exactly. Above 0 the amount of white space between words may differ too, because columns move when a number gets longer.
    /// </param>
    /// <returns>The differences, in the order of the cells; empty when all agrees.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The tolerance is negative or not finite.</exception>
    public static IReadOnlyList<NotebookDifference> Compare(Notebook committed, Notebook executed, double tolerance = 0)
    {
        if (!(tolerance >= 0) || double.IsInfinity(tolerance)) throw new ArgumentOutOfRangeException(nameof(tolerance), tolerance, "must be 0 or more");
        var differences = new List<NotebookDifference>();
        var runs = executed.Cells.Where(Compared).ToDictionary(c => c.Id, StringComparer.Ordinal);
        for (int i = 0; i < committed.Cells.Count; i++)
        {
            var expected = committed.Cells[i];
            if (!Compared(expected) || expected.HasTag("no-check")) continue;
            if (!runs.Remove(expected.Id, out var seen)) differences.Add(new(i + 1, expected.Id, "", 0, "the executed notebook has no such cell"));
            else if (seen.Source != expected.Source) differences.Add(new(i + 1, expected.Id, "", 0, "the code differs, so the outputs are not compared; save the committed notebook with its new outputs"));
            else
                foreach (var (where, line, message) in Cell(expected, seen, tolerance)) differences.Add(new(i + 1, expected.Id, where, line, message));
        }
        foreach (var extra in runs.Values.Where(c => !c.HasTag("no-check"))) differences.Add(new(0, "", "", 0, $"the executed notebook has a cell '{extra.Id}' that the committed one has not"));
        return differences;
    }

    private static bool Compared(NotebookCell cell) => cell.Kind == NotebookCellKind.Code && !NotebookParameters.IsInjected(cell);

    private static IEnumerable<(string Where, int Line, string Message)> Cell(NotebookCell expected, NotebookCell seen, double tolerance)
    {
        // Two streams are written at once by different threads; only the order within each is a promise.
        foreach (string stream in (string[])["stdout", "stderr"])
            if (Lines(Stream(expected, stream), Stream(seen, stream), tolerance) is { } difference) yield return (stream, difference.Line, difference.Message);
        NotebookOutput[] wanted = [.. expected.Outputs.Where(o => o is DisplayOutput or ErrorOutput)], got = [.. seen.Outputs.Where(o => o is DisplayOutput or ErrorOutput)];
        for (int i = 0; i < Math.Max(wanted.Length, got.Length); i++)
        {
            string where = $"output {i + 1}";
            if (i >= got.Length) yield return (where, 0, $"expected {Describe(wanted[i])}, seen nothing");
            else if (i >= wanted.Length) yield return (where, 0, $"expected nothing, seen {Describe(got[i])}");
            else if (wanted[i] is DisplayOutput a && got[i] is DisplayOutput b)
            {
                if (!a.Data.Keys.ToHashSet().SetEquals(b.Data.Keys)) yield return (where, 0, $"expected {Describe(a)}, seen {Describe(b)}");
                else if (Lines(a.Text("text/plain") ?? "", b.Text("text/plain") ?? "", tolerance) is { } text) yield return ($"{where} (text/plain)", text.Line, text.Message);
            }
            else if (wanted[i] is ErrorOutput x && got[i] is ErrorOutput y)
            {
                if (Lines($"{x.Name}: {x.Message}", $"{y.Name}: {y.Message}", tolerance) is { } error) yield return ($"{where} (error)", error.Line, error.Message);
            }
            else yield return (where, 0, $"expected {Describe(wanted[i])}, seen {Describe(got[i])}");
        }
    }

    private static string Stream(NotebookCell cell, string name) => string.Concat(cell.Outputs.OfType<StreamOutput>().Where(s => s.Name == name).Select(s => s.Text));

    private static string Describe(NotebookOutput output) => output switch
    {
        DisplayOutput display => display.Data.Count == 0 ? "an empty display" : string.Join(", ", display.Data.Keys.Order(StringComparer.Ordinal)),
        ErrorOutput error => $"the error {error.Name}: {AnsiText.Plain(error.Message)}",
        _ => "nothing",
    };

    private static (int Line, string Message)? Lines(string expected, string seen, double tolerance)
    {
        if (expected == seen) return null;
        string[] a = Split(expected), b = Split(seen);
        int head = 0, tail = 0;
        while (head < Math.Min(a.Length, b.Length) && Same(a[head], b[head], tolerance)) head++;
        if (head == a.Length && head == b.Length) return null;
        while (tail < Math.Min(a.Length, b.Length) - head && Same(a[^(tail + 1)], b[^(tail + 1)], tolerance)) tail++;
        var message = new StringBuilder();
        Add('-', a.AsSpan(head..^tail));
        Add('+', b.AsSpan(head..^tail));
        return (head + 1, message.ToString().TrimEnd('\n'));

        void Add(char sign, ReadOnlySpan<string> lines)
        {
            foreach (string line in lines[..Math.Min(ShownLines, lines.Length)]) message.Append("  ").Append(sign).Append(' ').Append(line.Length <= 200 ? line : line[..200] + "...").Append('\n');
            if (lines.Length > ShownLines) message.Append(CultureInfo.InvariantCulture, $"  {sign} ({lines.Length - ShownLines} more)\n");
        }
    }

    // White space at the ends of lines and of the text is not seen by a reader.
    private static string[] Split(string text) => [.. text.ReplaceLineEndings("\n").TrimEnd().Split('\n').Select(l => l.TrimEnd())];

    private static bool Same(string expected, string seen, double tolerance)
    {
        if (expected == seen) return true;
        if (tolerance == 0) return false;
        var a = Number().Matches(expected);
        var b = Number().Matches(seen);
        if (a.Count != b.Count || Rest(expected) != Rest(seen)) return false;
        for (int i = 0; i < a.Count; i++)
        {
            double x = double.Parse(a[i].ValueSpan, CultureInfo.InvariantCulture), y = double.Parse(b[i].ValueSpan, CultureInfo.InvariantCulture);
            if (x != y && !(Math.Abs(x - y) <= tolerance * Math.Max(1, Math.Abs(x)))) return false;
        }
        return true;
    }

    private static string Rest(string line) => Spaces().Replace(Number().Replace(line, "#"), " ");

    // Not inside a name (Conv2d, x1), where a digit is no quantity.
    [GeneratedRegex(@"(?<![\w.])[-+]?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?(?![\w])", RegexOptions.CultureInvariant)]
    private static partial Regex Number();

    [GeneratedRegex(@"\s+", RegexOptions.CultureInvariant)]
    private static partial Regex Spaces();
}
