using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace SimSearch.Notebooks;

/// <summary>A value of a notebook that can be set from outside.</summary>
/// <param name="Name">Name of the variable.</param>
/// <param name="Type">Its C# type: int, long, float, double, decimal, bool, char or string; "" when it is no plain value and cannot be set.</param>
/// <param name="Value">Its default, as the notebook writes it.</param>
public sealed record NotebookParameter(string Name, string Type, string Value);

/// <summary>
/// The parameters of a notebook, by papermill's convention: the assignments of the cell tagged <c>parameters</c> (<c>var k = 5;</c>,
/// <c>int k = 5;</c>, <c>string name = "x";</c>) are the defaults, and other values are assigned in a cell tagged
/// <c>injected-parameters</c> right after it, so that one sees both. What the parameters cell computes from a parameter keeps the default:
/// compute in a later cell.
/// </summary>
public static class NotebookParameters
{
    private const string Tag = "parameters", InjectedTag = "injected-parameters";

    private static readonly string[] Types = ["int", "long", "float", "double", "decimal", "bool", "char", "string"];

    /// <summary>The parameters of a notebook, in order; none when no code cell is tagged <c>parameters</c>.</summary>
    public static IReadOnlyList<NotebookParameter> Of(Notebook notebook) => ParametersCell(notebook) is { } cell ? Declarations(cell.Source) : [];

    /// <summary>A copy of a notebook in which a cell after the parameters cell assigns other values; a cell injected earlier is replaced.</summary>
    /// <param name="notebook">The notebook; stays as it is.</param>
    /// <param name="values">Name to value, in the invariant culture: <c>5</c>, <c>0.25</c>, <c>true</c>, any text for a string. Empty gives a plain copy.</param>
    /// <exception cref="NotebookParameterException">There is no parameters cell, a name is not in it, or a value does not fit its type.</exception>
    public static Notebook Inject(Notebook notebook, IReadOnlyDictionary<string, string> values)
    {
        var copy = notebook.Clone();
        if (values.Count == 0) return copy;
        var cell = ParametersCell(copy) ?? throw new NotebookParameterException(
            $"the notebook has no code cell tagged '{Tag}', so '{values.Keys.First()}' cannot be set; tag the cell that assigns the defaults");
        var known = Declarations(cell.Source);
        foreach (string name in values.Keys.Order(StringComparer.Ordinal))
            if (known.All(p => p.Name != name))
                throw new NotebookParameterException($"the notebook has no parameter '{name}'; it has {(known.Count == 0 ? "none" : string.Join(", ", known.Select(p => $"{p.Name} ({p.Value})")))}");
        var code = new StringBuilder("// Set from outside; the cell above has the defaults.");
        foreach (var parameter in known)
            if (values.TryGetValue(parameter.Name, out string? value)) code.Append($"\n{parameter.Name} = {Literal(parameter, value)};");
        copy.Cells.RemoveAll(c => c.HasTag(InjectedTag));
        string id = InjectedTag;
        for (int i = 2; copy.Cells.Any(c => c.Id == id); i++) id = $"{InjectedTag}-{i}";
        copy.Cells.Insert(copy.Cells.IndexOf(cell) + 1, new NotebookCell(NotebookCellKind.Code, id, code.ToString()) { Metadata = new JsonObject { ["tags"] = new JsonArray(InjectedTag) } });
        return copy;
    }

    /// <summary>Whether a cell was made by <see cref="Inject"/>, here or by papermill.</summary>
    internal static bool IsInjected(NotebookCell cell) => cell.HasTag(InjectedTag);

    private static NotebookCell? ParametersCell(Notebook notebook) => notebook.Cells.FirstOrDefault(c => c.Kind == NotebookCellKind.Code && c.HasTag(Tag));

    /// <summary>Finds <c>type name = value;</c> outside of braces.</summary>
    private static List<NotebookParameter> Declarations(string code)
    {
        var found = new List<NotebookParameter>();
        var statement = new List<CSharpToken>();
        int depth = 0;
        bool assigns = false;
        foreach (var token in CSharpTokenizer.Tokens(code))
        {
            if (token.Kind is CSharpTokenKind.Space or CSharpTokenKind.Comment or CSharpTokenKind.Directive) continue;
            char mark = token.Kind == CSharpTokenKind.Mark ? code[token.Start] : '\0';
            depth += mark is '{' or '(' or '[' ? 1 : mark is '}' or ')' or ']' ? -1 : 0;
            assigns |= mark == '=' && depth == 0;
            // A brace ends a function or a block, but not an initialiser.
            if (mark == '}' && depth == 0 && !assigns)
            {
                statement.Clear();
                continue;
            }
            if (mark != ';' || depth > 0)
            {
                statement.Add(token);
                continue;
            }
            assigns = false;
            if (Declaration(code, statement) is { } parameter)
            {
                found.RemoveAll(p => p.Name == parameter.Name);
                found.Add(parameter);
            }
            statement.Clear();
        }
        return found;
    }

    private static NotebookParameter? Declaration(string code, List<CSharpToken> statement)
    {
        string At(int i) => i < statement.Count ? code.Substring(statement[i].Start, statement[i].Length) : "";
        int equals = statement.FindIndex(t => t.Kind == CSharpTokenKind.Mark && code[t.Start] == '=');
        if (equals < 2 || equals + 1 >= statement.Count || At(equals + 1) is "=" or ">" || statement[equals - 1].Kind != CSharpTokenKind.Name) return null;
        if (statement[0].Kind is not (CSharpTokenKind.Name or CSharpTokenKind.Keyword)) return null;
        string name = At(equals - 1), declared = At(0);
        string value = code[statement[equals + 1].Start..(statement[^1].Start + statement[^1].Length)];
        int first = equals + 1 + (At(equals + 1) is "-" or "+" ? 1 : 0);
        bool plain = first == statement.Count - 1 && (equals == 2 || (equals == 3 && At(1) == "?"));
        string natural = plain ? NaturalType(statement[first].Kind, At(first)) : "";
        string type = natural.Length == 0 ? "" : declared == "var" ? natural : Types.Contains(declared) ? declared : "";
        return new NotebookParameter(name, type, value);
    }

    private static string NaturalType(CSharpTokenKind kind, string literal) => kind switch
    {
        CSharpTokenKind.Text => literal[0] == '\'' ? "char" : "string",
        CSharpTokenKind.Keyword => literal is "true" or "false" ? "bool" : literal is "null" ? "string" : "",
        CSharpTokenKind.Number when literal.StartsWith("0x", StringComparison.OrdinalIgnoreCase) || literal.StartsWith("0b", StringComparison.OrdinalIgnoreCase) => literal.Length <= 9 ? "int" : "long",
        CSharpTokenKind.Number => char.ToLowerInvariant(literal[^1]) switch
        {
            'f' => "float", 'd' => "double", 'm' => "decimal", 'l' => "long", 'u' => "",
            _ when literal.AsSpan().ContainsAny('.', 'e', 'E') => "double",
            _ => int.TryParse(literal.Replace("_", "", StringComparison.Ordinal), NumberStyles.None, CultureInfo.InvariantCulture, out _) ? "int" : "long",
        },
        _ => "",
    };

    private static string Literal(NotebookParameter parameter, string text)
    {
        var culture = CultureInfo.InvariantCulture;
        string? literal = parameter.Type switch
        {
            "int" => int.TryParse(text, NumberStyles.AllowLeadingSign, culture, out int i) ? i.ToString(culture) : null,
            "long" => long.TryParse(text, NumberStyles.AllowLeadingSign, culture, out long l) ? l.ToString(culture) + "L" : null,
            "float" => float.TryParse(text, NumberStyles.Float, culture, out float f) && float.IsFinite(f) ? f.ToString("R", culture) + "f" : null,
            "double" => double.TryParse(text, NumberStyles.Float, culture, out double d) && double.IsFinite(d) ? d.ToString("R", culture) + "d" : null,
            "decimal" => decimal.TryParse(text, NumberStyles.Float, culture, out decimal m) ? m.ToString(culture) + "m" : null,
            "bool" => text is "true" or "false" ? text : null,
            "char" => text.Length == 1 && !char.IsSurrogate(text[0]) ? $"'{(text == "'" ? "\\'" : text == "\"" ? "\"" : Escaped(text))}'" : null,
            "string" => $"\"{Escaped(text)}\"",
            _ => throw new NotebookParameterException($"parameter '{parameter.Name}' is no plain assignment of a number, a text or true/false (its default is {parameter.Value}), so it cannot be set from outside; write it as 'var {parameter.Name} = ...;'"),
        };
        return literal ?? throw new NotebookParameterException($"parameter '{parameter.Name}' is {Noun(parameter.Type)} (default {parameter.Value}) and '{text}' is none");
    }

    private static string Noun(string type) => type switch
    {
        "int" => "a whole number from -2147483648 to 2147483647", "long" => "a whole number", "bool" => "true or false", "char" => "one character", _ => "a finite number such as 0.25",
    };

    private static string Escaped(string text)
    {
        var escaped = new StringBuilder(text.Length + 8);
        foreach (char c in text)
            _ = c switch
            {
                '"' => escaped.Append("\\\""), '\\' => escaped.Append("\\\\"), '\n' => escaped.Append("\\n"), '\r' => escaped.Append("\\r"), '\t' => escaped.Append("\\t"),
                _ when char.IsControl(c) || c is '\u2028' or '\u2029' || char.GetUnicodeCategory(c) == UnicodeCategory.Format => escaped.Append($"\\u{(int)c:x4}"),
                _ => escaped.Append(c),
            };
        return escaped.ToString();
    }
}
