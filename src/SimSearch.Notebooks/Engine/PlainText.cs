using System.Collections;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace SimSearch.Notebooks;

/// <summary>Values as text, bounded in every direction: items, depth, length.</summary>
internal sealed class PlainText(ValueFormatters formatters)
{
    private const int MostItems = 20;
    private const int MostDepth = 4;
    private const int MostLength = 20_000;

    private readonly StringBuilder text = new();

    /// <summary>A value as text: a string as it is, everything else as it would be written in C#.</summary>
    public static string Write(object? value, ValueFormatters formatters)
    {
        if (value is string whole) return whole;
        if (value is Exception error) return string.Join('\n', CellErrors.Trace(error));
        var writer = new PlainText(formatters);
        writer.Append(value, 0);
        return writer.text.ToString();
    }

    /// <summary>A value on one line, as it stands inside another one.</summary>
    public static string WriteNested(object? value, ValueFormatters formatters)
    {
        var writer = new PlainText(formatters);
        writer.Append(value, 1);
        return writer.text.ToString();
    }

    private void Append(object? value, int depth)
    {
        if (text.Length > MostLength) return;
        if (value is not null && formatters.CustomText(value) is { } custom) text.Append(custom);
        else if (value is string s) text.Append(Quote(s));
        else if (value is char c) text.Append('\'').Append(c).Append('\'');
        else if (value is Exception error) text.Append(TypeNames.Short(error.GetType())).Append(": ").Append(ValueShape.ScalarText(new Message(error)));
        else if (value is ITuple tuple) AppendItems("(", Items(tuple), ")", depth);
        else if (ValueShape.IsScalar(value)) text.Append(ValueShape.ScalarText(value));
        else if (depth >= MostDepth) text.Append(TypeNames.Short(value!.GetType())).Append(" { ... }");
        else if (value is Array { Rank: > 1 } array) AppendGrid(array, depth);
        else if (value is IEnumerable sequence) AppendSequence(sequence, depth);
        else AppendObject(value!, depth);
    }

    private void AppendSequence(IEnumerable sequence, int depth)
    {
        string name = TypeNames.Short(sequence is ValueShape.Snapshot snapshot ? snapshot.Type : sequence.GetType());
        long? count = ValueShape.Count(sequence);
        text.Append(sequence is Array ? name.Insert(name.IndexOf('[') + 1, count!.Value.ToString(CultureInfo.InvariantCulture)) : count is { } n ? $"{name}({n.ToString(CultureInfo.InvariantCulture)})" : name);
        var (items, more) = ValueShape.First(sequence, MostItems);
        AppendItems(items.Count == 0 ? " {" : " { ", items, more ? ", ... }" : " }", depth);
    }

    private void AppendGrid(Array array, int depth)
    {
        string name = TypeNames.Short(array.GetType().GetElementType()!);
        text.Append(name).Append('[').AppendJoin(", ", Enumerable.Range(0, array.Rank).Select(array.GetLength)).Append(']');
        var (items, more) = ValueShape.First(array, MostItems);
        AppendItems(" { ", items, more ? ", ... }" : " }", depth);
    }

    private void AppendObject(object value, int depth)
    {
        var members = ValueShape.Members(value.GetType());
        string name = TypeNames.Short(value.GetType());
        if (name != "(anonymous)") text.Append(name).Append(' ');
        text.Append(members.Count == 0 ? "{ }" : "{ ");
        for (int i = 0; i < members.Count && i < MostItems; i++)
        {
            text.Append(i > 0 ? ", " : "").Append(members[i].Name).Append(" = ");
            Append(members[i].Read(value), depth + 1);
        }
        if (members.Count > 0) text.Append(members.Count > MostItems ? ", ... }" : " }");
    }

    private void AppendItems(string open, IEnumerable<object?> items, string close, int depth)
    {
        text.Append(open);
        bool first = true;
        foreach (object? item in items)
        {
            if (!first) text.Append(", ");
            first = false;
            if (ValueShape.TryEntry(item, out object? key, out object? value))
            {
                text.Append('[');
                Append(key, depth + 1);
                text.Append("] = ");
                Append(value, depth + 1);
            }
            else Append(item, depth + 1);
        }
        text.Append(close);
    }

    private static IEnumerable<object?> Items(ITuple tuple) => Enumerable.Range(0, tuple.Length).Select(i => tuple[i]);

    private static string Quote(string s)
    {
        var quoted = new StringBuilder("\"", s.Length + 2);
        foreach (char c in s)
            _ = c switch { '"' => quoted.Append("\\\""), '\\' => quoted.Append("\\\\"), '\n' => quoted.Append("\\n"), '\r' => quoted.Append("\\r"), '\t' => quoted.Append("\\t"), _ => quoted.Append(c) };
        return quoted.Append('"').ToString();
    }

    private sealed class Message(Exception error)
    {
        public override string ToString() => error.Message;
    }
}
